import { count, type Input, structures, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { evaluateComposites } from './composites.ts'
import { invalidParameterCombination, missingParameter, validationError } from './errors.ts'
import { initialReason, noteConfiguration } from './history.ts'
import { namesOf, parseRule } from './rule.ts'
import { readQueries, requirePeriod } from './series.ts'
import type { Alarm, AlarmKind } from './state.ts'
import { requireStatistic } from './statistics.ts'
import { requireAllTrimmable, requireTrimmable } from './trimmed.ts'

const comparisons = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
]
const missingDataPolicies = ['breaching', 'notBreaching', 'ignore', 'missing']

/** PutMetricAlarm: a new one has INSUFFICIENT_DATA; one that is changed keeps its state until it is evaluated. */
export function putMetricAlarm(world: World, input: Input): Answer {
  const name = nameOf(input)
  const periods = count(input, 'EvaluationPeriods')
  if (periods === undefined) throw missingParameter('The parameter EvaluationPeriods is required.')
  if ((count(input, 'DatapointsToAlarm') ?? 1) > periods) {
    throw validationError('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  }
  requireOneOf(input, 'ComparisonOperator', comparisons)
  if (input.TreatMissingData !== undefined) requireOneOf(input, 'TreatMissingData', missingDataPolicies)
  if (count(input, 'Threshold') === undefined) throw missingParameter('The parameter Threshold is required.')
  requireMetric(input)
  requireTrimmable(world, input.Namespace, text(input, 'ExtendedStatistic'))
  requireAllTrimmable(world, structures(input, 'Metrics'))
  put(world, 'MetricAlarm', name, input)
  return {}
}

/** PutCompositeAlarm: its state is worked out at once, and whenever an alarm that it names changes. */
export function putCompositeAlarm(world: World, input: Input): Answer {
  const name = nameOf(input)
  const rule = text(input, 'AlarmRule')
  if (rule === undefined) throw missingParameter('The parameter AlarmRule is required.')
  const unknown = namesOf(parseRule(rule)).filter(other => !world.cloudwatch.alarms.has(other))
  if (unknown.length > 0) {
    throw validationError(
      `Could not save the composite alarm as alarms [${unknown.join(', ')}] in the alarm rule do not exist`,
    )
  }
  put(world, 'CompositeAlarm', name, input)
  evaluateComposites(world, world.now())
  return {}
}

/** PutLogAlarm, to have such an alarm by name: no query is run, and only SetAlarmState changes its state. */
export function putLogAlarm(world: World, input: Input): Answer {
  put(world, 'LogAlarm', nameOf(input), input)
  return {}
}

function put(world: World, kind: AlarmKind, name: string, input: Input): void {
  const now = world.now()
  const existing = world.cloudwatch.alarms.get(name)
  if (existing && existing.kind !== kind) throw validationError(`An alarm of another type is already called ${name}`)
  if (existing) {
    existing.input = input
    existing.configured = now
    noteConfiguration(world, existing, 'Update')
    return
  }
  const alarm: Alarm = {
    kind,
    name,
    arn: `arn:aws:cloudwatch:${world.region}:${world.account}:alarm:${name}`,
    input,
    configured: now,
    value: 'INSUFFICIENT_DATA',
    reason: initialReason,
    reasonData: undefined,
    updated: now,
    transitioned: now,
  }
  world.cloudwatch.alarms.set(name, alarm)
  noteConfiguration(world, alarm, 'Create')
}

function nameOf(input: Input): string {
  const name = text(input, 'AlarmName')
  if (!name) throw missingParameter('The parameter AlarmName is required.')
  if (name.length > 255) throw validationError('The parameter AlarmName must be shorter than 256 characters.')
  return name
}

function requireOneOf(input: Input, member: string, allowed: readonly string[]): void {
  const value = text(input, member)
  if (value !== undefined && allowed.includes(value)) return
  throw validationError(`The value ${value ?? 'null'} for parameter ${member} must be one of [${allowed.join(', ')}]`)
}

/** An alarm is either on one metric or on an expression over several. */
function requireMetric(input: Input): void {
  const metrics = structures(input, 'Metrics')
  if (metrics.length > 0) {
    if (text(input, 'MetricName') !== undefined) {
      throw invalidParameterCombination('The parameters Metrics and MetricName are mutually exclusive.')
    }
    if (readQueries(metrics).filter(query => query.returned).length !== 1) {
      throw validationError('Exactly one element of the metrics list should return data.')
    }
    return
  }
  if (text(input, 'MetricName') === undefined) throw missingParameter('The parameter MetricName is required.')
  if (text(input, 'Namespace') === undefined) throw missingParameter('The parameter Namespace is required.')
  const period = count(input, 'Period')
  if (period === undefined) throw missingParameter('The parameter Period is required.')
  requirePeriod(period)
  const statistic = text(input, 'Statistic') ?? text(input, 'ExtendedStatistic')
  if (statistic === undefined) throw missingParameter('The parameter Statistic is required.')
  requireStatistic(statistic)
}
