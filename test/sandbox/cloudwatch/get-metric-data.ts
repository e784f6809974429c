import { count, type Input, structures, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidNextToken, validationError } from './errors.ts'
import { readQueries, seriesOf } from './series.ts'
import { requireAllTrimmable } from './trimmed.ts'

const mostDatapoints = 100_800

type Row = { readonly query: number; readonly at: number; readonly value: number }

/** GetMetricData: from the start, rounded down to a minute, up to but without the end; newest first unless asked. */
export function getMetricData(world: World, input: Input): Answer {
  const queries = readQueries(structures(input, 'MetricDataQueries'))
  requireAllTrimmable(world, structures(input, 'MetricDataQueries'))
  const { from, to } = readTimes(input)
  const ascending = text(input, 'ScanBy') === 'TimestampAscending'
  const returned = queries.filter(query => query.returned)
  const rows: readonly Row[] = returned.flatMap((query, index) => {
    const start = Math.floor(from / query.periodMs) * query.periodMs
    const points = [...seriesOf(world, queries, query, start, to)].map(([at, { value }]) => ({
      query: index,
      at,
      value,
    }))
    return ascending ? points : points.reverse()
  })
  const start = readToken(text(input, 'NextToken'), rows.length)
  const end = start + Math.min(count(input, 'MaxDatapoints') ?? mostDatapoints, mostDatapoints)
  const shown = rows.slice(start, end)
  const results = returned.map(({ id, label }, index) => {
    const own = shown.filter(row => row.query === index)
    const cut = rows.slice(end).some(row => row.query === index)
    return {
      Id: id,
      Label: label,
      Timestamps: own.map(row => new Date(row.at)),
      Values: own.map(row => row.value),
      StatusCode: cut ? 'PartialData' : 'Complete',
    }
  })
  return { body: { MetricDataResults: results, Messages: [], ...(end < rows.length && { NextToken: String(end) }) } }
}

function readTimes(input: Input): { from: number; to: number } {
  const from = count(input, 'StartTime')
  const to = count(input, 'EndTime')
  if (from === undefined) throw validationError('The parameter StartTime is required.')
  if (to === undefined) throw validationError('The parameter EndTime is required.')
  if (from === to) {
    throw validationError('The parameter StartTime must not equal parameter EndTime.')
  }
  if (from > to) throw validationError('The parameter EndTime must be greater than StartTime.')
  return { from: Math.floor(from / 60) * 60_000, to: to * 1000 }
}

function readToken(token: string | undefined, rows: number): number {
  if (token === undefined) return 0
  if (!/^\d+$/.test(token) || Number(token) >= rows) throw invalidNextToken()
  return Number(token)
}
