import { count, type Input, structures, text } from '../input.ts'
import type { World } from '../world.ts'
import { evaluateComposites } from './composites.ts'
import { type AlarmState, enterState } from './history.ts'
import { findMetric } from './metrics.ts'
import { dimensionsOf } from './put-metric-data.ts'
import { told } from './reason.ts'
import { metricSeries, type Point, readQueries, type Series, seriesOf } from './series.ts'
import type { Alarm } from './state.ts'

/** Alarms on periods under a minute are evaluated this often; all others each minute. */
const shortMs = 10_000
const minuteMs = 60_000
/** CloudWatch looks at a few periods more than it needs, for those that are missing. */
const extraPeriods = 2

/** When alarms are to be evaluated next, in ms. */
export function nextEvaluation(world: World): number {
  return (Math.floor(world.cloudwatch.evaluated / shortMs) + 1) * shortMs
}

/** Evaluates the alarms that are due at this time. */
export function evaluateAlarms(world: World, due: number): void {
  world.cloudwatch.evaluated = due
  for (const alarm of world.cloudwatch.alarms.values()) {
    if (alarm.kind !== 'MetricAlarm') continue
    const watch = watchOf(alarm.input)
    if (due % (watch.periodMs < minuteMs ? shortMs : minuteMs) !== 0) continue
    const state = judge(world, alarm, watch, due)
    if (state && state.value !== alarm.value) enterState(world, alarm, state, due)
  }
  evaluateComposites(world, due)
}

/** What an alarm asks of its metric. */
export type Watch = {
  readonly periodMs: number
  /** N, of which M must breach. */
  readonly periods: number
  readonly toAlarm: number
  readonly threshold: number
  readonly comparison: string
  readonly missing: string
  readonly statistic: string | undefined
  readonly unit: string | undefined
  readonly explicit: boolean
}

function watchOf(input: Input): Watch {
  const metrics = structures(input, 'Metrics')
  const longest = Math.max(0, ...readQueries(metrics).map(query => query.periodMs))
  const periods = count(input, 'EvaluationPeriods') ?? 1
  return {
    periodMs: metrics.length > 0 ? longest : (count(input, 'Period') ?? 60) * 1000,
    periods,
    toAlarm: count(input, 'DatapointsToAlarm') ?? periods,
    explicit: count(input, 'DatapointsToAlarm') !== undefined,
    threshold: count(input, 'Threshold') ?? 0,
    comparison: text(input, 'ComparisonOperator') ?? '',
    missing: text(input, 'TreatMissingData') ?? 'missing',
    statistic: text(input, 'Statistic') ?? text(input, 'ExtendedStatistic'),
    unit: text(input, 'Unit'),
  }
}

/** A point of the evaluation; `age` is 1 for the latest complete period. */
export type Evaluated = Point & { readonly at: number; readonly age: number; readonly breaching: boolean }

/** The state that the data ask for, or undefined where the alarm keeps the one it has. */
function judge(world: World, alarm: Alarm, watch: Watch, due: number): AlarmState | undefined {
  const to = Math.floor(due / watch.periodMs) * watch.periodMs
  const from = to - (watch.periods + extraPeriods) * watch.periodMs
  const series = readSeries(world, alarm, watch, from, to)
  const recent: readonly Evaluated[] = [...series]
    .map(([at, point]) => ({
      ...point,
      at,
      age: (to - at) / watch.periodMs,
      breaching: breaches(watch, point.value),
    }))
    .sort((a, b) => b.at - a.at)
    .slice(0, watch.periods)
  if (recent.length === 0 && watch.missing === 'missing' && !everHadData(world, alarm)) return undefined
  const value = verdict(watch, recent)
  return value && told(watch, recent, value, { from: recent.at(-1)?.at ?? from, at: due })
}

/** M out of N, where missing points are treated as the alarm says. */
function verdict(watch: Watch, recent: readonly Evaluated[]): AlarmState['value'] | undefined {
  const { missing, periods, toAlarm } = watch
  const breaching = recent.filter(point => point.breaching).length
  const absent = periods - recent.length
  if (breaching >= toAlarm) return 'ALARM'
  if (missing === 'breaching') return breaching + absent >= toAlarm ? 'ALARM' : 'OK'
  if (missing === 'notBreaching' || absent === 0) return 'OK'
  if (recent.length === 0) return missing === 'missing' ? 'INSUFFICIENT_DATA' : undefined
  if (breaching < recent.length) return 'OK'
  // Only breaching points, and too few: an alarm all the same once the oldest is old enough.
  return missing === 'missing' && (recent.at(-1)?.age ?? 0) >= toAlarm ? 'ALARM' : undefined
}

function breaches({ comparison, threshold }: Watch, value: number): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold
    case 'LessThanThreshold':
      return value < threshold
    default:
      return value <= threshold
  }
}

function readSeries(world: World, alarm: Alarm, watch: Watch, from: number, to: number): Series {
  const queries = readQueries(structures(alarm.input, 'Metrics'))
  const returned = queries.find(query => query.returned)
  if (returned) return seriesOf(world, queries, returned, from, to)
  return metricSeries(world, alarm.input, watch.statistic ?? '', watch.unit, watch.periodMs, from, to)
}

/** An alarm on a metric that never was has nothing to be evaluated by, and keeps what SetAlarmState set. */
function everHadData(world: World, alarm: Alarm): boolean {
  const metrics = structures(alarm.input, 'Metrics')
  const names = metrics.length > 0 ? metrics.flatMap(metricOf) : [alarm.input]
  return names.some(
    input =>
      findMetric(world, {
        namespace: text(input, 'Namespace') ?? '',
        name: text(input, 'MetricName') ?? '',
        dimensions: dimensionsOf(input),
      }) !== undefined,
  )
}

function metricOf(query: Input): readonly Input[] {
  const stat = query.MetricStat as Input | undefined
  return stat ? [stat.Metric as Input] : []
}
