import { count, type Input, structures, text, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { validationError } from './errors.ts'
import { page } from './paging.ts'
import { dimensionsOf } from './put-metric-data.ts'
import type { Alarm, AlarmKind } from './state.ts'

const kinds: readonly AlarmKind[] = ['MetricAlarm', 'CompositeAlarm', 'LogAlarm']

/** DescribeAlarms: without AlarmTypes metric alarms only, whatever is named; unknown names are passed over. */
export function describeAlarms(world: World, input: Input): Answer {
  const names = texts(input, 'AlarmNames')
  const prefix = text(input, 'AlarmNamePrefix')
  const asked = texts(input, 'AlarmTypes')
  if (names.length > 100) throw validationError('The collection AlarmNames must not have a size greater than 100.')
  if (names.length > 0 && prefix !== undefined) {
    throw validationError('AlarmNamePrefix and AlarmNames are mutually exclusive')
  }
  const strange = asked.filter(type => !kinds.includes(type as AlarmKind))
  if (strange.length > 0)
    throw validationError(`AlarmTypes must be of [${kinds.join(', ')}], not ${strange.join(', ')}`)
  const types = asked.length > 0 ? asked : ['MetricAlarm']
  const value = text(input, 'StateValue')
  const found = [...world.cloudwatch.alarms.values()]
    .filter(
      alarm =>
        types.includes(alarm.kind) &&
        (names.length === 0 || names.includes(alarm.name)) &&
        (prefix === undefined || alarm.name.startsWith(prefix)) &&
        (value === undefined || alarm.value === value),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const { items, ...more } = page(found, input)
  const shown = (kind: AlarmKind) => items.filter(alarm => alarm.kind === kind).map(showAlarm)
  return {
    body: {
      MetricAlarms: shown('MetricAlarm'),
      CompositeAlarms: shown('CompositeAlarm'),
      ...(types.includes('LogAlarm') && { LogAlarms: shown('LogAlarm') }),
      ...more,
    },
  }
}

/** DescribeAlarmsForMetric: those on exactly this metric; what else is named must match too. */
export function describeAlarmsForMetric(world: World, input: Input): Answer {
  const wanted = metricKey(input)
  const found = [...world.cloudwatch.alarms.values()].filter(
    ({ kind, input: own }) =>
      kind === 'MetricAlarm' &&
      metricKey(own) === wanted &&
      ['Statistic', 'ExtendedStatistic', 'Unit'].every(
        member => input[member] === undefined || input[member] === own[member],
      ) &&
      (count(input, 'Period') === undefined || count(input, 'Period') === count(own, 'Period')),
  )
  return { body: { MetricAlarms: found.map(showAlarm) } }
}

function metricKey(input: Input): string {
  const dimensions = dimensionsOf(input).map(({ Name, Value }) => [Name, Value])
  return JSON.stringify([input.Namespace, input.MetricName, dimensions.sort()])
}

function showAlarm(alarm: Alarm): Input {
  const { Tags: _tags, ...input } = alarm.input
  const single = alarm.kind === 'MetricAlarm' && structures(alarm.input, 'Metrics').length === 0
  return {
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    ...(single && { Dimensions: [] }),
    ...input,
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configured),
    StateValue: alarm.value,
    StateReason: alarm.reason,
    ...(alarm.reasonData && { StateReasonData: JSON.stringify(alarm.reasonData) }),
    StateUpdatedTimestamp: new Date(alarm.updated),
    StateTransitionedTimestamp: new Date(alarm.transitioned),
  }
}
