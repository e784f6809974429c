import { count, type Input, isInput, structure, text } from '../input.ts'
import type { World } from '../world.ts'
import { validationError } from './errors.ts'
import { evaluate, idsOf, parseExpression } from './expression.ts'
import { byPeriod, findMetric } from './metrics.ts'
import { dimensionsOf } from './put-metric-data.ts'
import { requireStatistic, statisticOf } from './statistics.ts'
import { isTrimmedAway } from './trimmed.ts'

/** A value of one period. */
export type Point = { readonly value: number; readonly samples: number }

/** Values by the start of their period, in ms. */
export type Series = ReadonlyMap<number, Point>

/** One of GetMetricData's queries or of an alarm's metrics. */
export type Query = {
  readonly id: string
  readonly label: string
  readonly returned: boolean
  readonly periodMs: number
  readonly input: Input
}

/** Reads the queries of a call; throws ValidationError on what CloudWatch refuses. */
export function readQueries(inputs: readonly Input[]): readonly Query[] {
  if (inputs.length > 500) {
    throw validationError('The collection MetricDataQueries must not have a size greater than 500.')
  }
  const queries = inputs.map(readQuery)
  const ids = queries.map(query => query.id)
  if (new Set(ids).size < ids.length) {
    throw validationError('The values for parameter id in MetricDataQueries must be unique.')
  }
  for (const { input } of queries) {
    const expression = text(input, 'Expression')
    for (const id of expression === undefined ? [] : idsOf(parseExpression(expression))) {
      if (!ids.includes(id)) throw validationError(`Error in expression: undefined variable '${id}'`)
    }
  }
  return queries
}

function readQuery(input: Input): Query {
  const id = text(input, 'Id') ?? ''
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id)) {
    throw validationError(
      `The value ${id} for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$`,
    )
  }
  const stat = structure(input, 'MetricStat')
  const expression = text(input, 'Expression')
  if ((stat === undefined) === (expression === undefined)) {
    throw validationError(
      `Exactly one of the parameters Expression or MetricStat must be specified for the query ${id}.`,
    )
  }
  const metric = structure(stat ?? {}, 'Metric')
  const period = count(stat ?? input, 'Period') ?? (stat ? 0 : 60)
  if (stat) {
    requirePeriod(period)
    requireStatistic(text(stat, 'Stat') ?? '')
  }
  const label = text(input, 'Label') ?? text(metric ?? {}, 'MetricName') ?? id
  return { id, label, returned: input.ReturnData !== false, periodMs: period * 1000, input }
}

/** Periods are 1, 5, 10, 20, 30 or a multiple of 60 seconds. */
export function requirePeriod(period: number): void {
  if ([1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0)) return
  throw validationError(`The value ${period} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.`)
}

/** The values of a query within [from, to), in ms; expressions are worked out from the other queries. */
export function seriesOf(world: World, queries: readonly Query[], query: Query, from: number, to: number): Series {
  const expression = text(query.input, 'Expression')
  if (expression === undefined) return statSeries(world, query, from, to)
  const parsed = parseExpression(expression)
  const of = new Map(
    idsOf(parsed).map(id => {
      const other = queries.find(other => other.id === id)
      return [id, other ? seriesOf(world, queries, other, from, to) : new Map<number, Point>()] as const
    }),
  )
  const times = [...new Set([...of.values()].flatMap(series => [...series.keys()]))].sort((a, b) => a - b)
  const points = times.map(time => [time, evaluate(parsed, id => of.get(id)?.get(time)?.value)] as const)
  return new Map(points.flatMap(([time, value]) => (value === undefined ? [] : [[time, { value, samples: 1 }]])))
}

function statSeries(world: World, query: Query, from: number, to: number): Series {
  const stat = structure(query.input, 'MetricStat') ?? {}
  const metric = stat.Metric
  if (!isInput(metric)) throw validationError('The parameter MetricStat.Metric is required.')
  return metricSeries(world, metric, text(stat, 'Stat') ?? '', text(stat, 'Unit'), query.periodMs, from, to)
}

/** A statistic of a metric by period, within [from, to), in ms. */
export function metricSeries(
  world: World,
  metric: Input,
  statistic: string,
  unit: string | undefined,
  periodMs: number,
  from: number,
  to: number,
): Series {
  const name = {
    namespace: text(metric, 'Namespace') ?? '',
    name: text(metric, 'MetricName') ?? '',
    dimensions: dimensionsOf(metric),
  }
  if (isTrimmedAway(world, name.namespace, statistic)) return new Map()
  const periods = [...byPeriod(findMetric(world, name), unit, periodMs, from, to)].sort(([a], [b]) => a - b)
  return new Map(
    periods.flatMap(([start, datum]) => {
      const value = statisticOf(datum, statistic)
      return value === undefined ? [] : [[start, { value, samples: datum.count }]]
    }),
  )
}
