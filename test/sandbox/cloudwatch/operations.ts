import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { disableAlarmActions, enableAlarmActions } from './alarm-actions.ts'
import { deleteAlarms } from './delete-alarms.ts'
import { describeAlarms, describeAlarmsForMetric } from './describe-alarms.ts'
import { getMetricData } from './get-metric-data.ts'
import { describeAlarmHistory } from './history.ts'
import { putCompositeAlarm, putLogAlarm, putMetricAlarm } from './put-alarms.ts'
import { putMetricData } from './put-metric-data.ts'
import { setAlarmState } from './set-alarm-state.ts'

/** An operation of CloudWatch, and the members of its input that are modelled. */
export type Operation = {
  readonly members: readonly string[]
  readonly run: (world: World, input: Input) => Answer
}

const alarmMembers = 'AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions Tags'
const metricMembers =
  'MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator TreatMissingData Metrics'

const logMembers =
  'ScheduledQueryConfiguration QueryResultsToEvaluate QueryResultsToAlarm Threshold ComparisonOperator TreatMissingData'

/** All that is modelled of CloudWatch. */
export const operations: Readonly<Record<string, Operation>> = {
  PutMetricAlarm: operation(`${alarmMembers} ${metricMembers}`, putMetricAlarm),
  PutCompositeAlarm: operation(`${alarmMembers} AlarmRule`, putCompositeAlarm),
  PutLogAlarm: operation(`${alarmMembers} ${logMembers}`, putLogAlarm),
  DescribeAlarms: operation('AlarmNames AlarmNamePrefix AlarmTypes StateValue MaxRecords NextToken', describeAlarms),
  DescribeAlarmsForMetric: operation(
    'MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit',
    describeAlarmsForMetric,
  ),
  DescribeAlarmHistory: operation(
    'AlarmName AlarmTypes HistoryItemType StartDate EndDate MaxRecords NextToken ScanBy',
    describeAlarmHistory,
  ),
  SetAlarmState: operation('AlarmName StateValue StateReason StateReasonData', setAlarmState),
  EnableAlarmActions: operation('AlarmNames', enableAlarmActions),
  DisableAlarmActions: operation('AlarmNames', disableAlarmActions),
  DeleteAlarms: operation('AlarmNames', deleteAlarms),
  PutMetricData: operation('Namespace MetricData', putMetricData),
  GetMetricData: operation('MetricDataQueries StartTime EndTime NextToken ScanBy MaxDatapoints', getMetricData),
}

function operation(members: string, run: Operation['run']): Operation {
  return { members: members.split(' '), run }
}
