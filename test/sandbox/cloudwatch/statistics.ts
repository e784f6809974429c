import { validationError } from './errors.ts'
import type { Datum } from './state.ts'
import { trim, trimmedOf } from './trimmed.ts'

/** A statistic of a period's data, or undefined where the data do not allow it (percentiles and the like of sets of statistics). */
export function statisticOf(datum: Datum, statistic: string): number | undefined {
  switch (statistic) {
    case 'SampleCount':
      return datum.count
    case 'Sum':
      return datum.sum
    case 'Average':
      return datum.sum / datum.count
    case 'Minimum':
      return datum.minimum
    case 'Maximum':
      return datum.maximum
  }
  const trimmed = trimmedOf(statistic)
  return trimmed ? trim(datum, trimmed) : percentile(datum, percentOf(statistic))
}

/** Refuses a statistic that is not modelled; those that are: the five plain ones, `pNN`, and TC, PR, TM of values. */
export function requireStatistic(statistic: string): void {
  const isPlain = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'].includes(statistic)
  if (!isPlain && !trimmedOf(statistic)) percentOf(statistic)
}

function percentOf(statistic: string): number {
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(statistic)?.[1] ?? Number.NaN)
  if (!(percent >= 0 && percent <= 100))
    throw validationError(`The value ${statistic} for parameter Stat is not supported.`)
  return percent
}

/** Between neighbouring values, as CloudWatch does it. */
function percentile(datum: Datum, percent: number): number | undefined {
  if (!datum.values) return undefined
  const sorted = [...datum.values].sort(([a], [b]) => a - b)
  const rank = (percent / 100) * (datum.count - 1)
  const below = valueAt(sorted, Math.floor(rank))
  const above = valueAt(sorted, Math.ceil(rank))
  return below + (above - below) * (rank - Math.floor(rank))
}

function valueAt(sorted: readonly (readonly [number, number])[], index: number): number {
  let seen = 0
  for (const [value, times] of sorted) {
    seen += times
    if (index < seen) return value
  }
  return sorted.at(-1)?.[0] ?? Number.NaN
}
