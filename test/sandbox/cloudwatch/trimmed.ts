import { type Input, structure, text } from '../input.ts'
import type { World } from '../world.ts'
import { validationError } from './errors.ts'
import type { Datum } from './state.ts'

/** A statistic of the values above one bound, up to and with another: `TC(800:)`, `PR(:300)`, `TM(150:1000)`. */
export type Trimmed = { readonly kind: 'TC' | 'PR' | 'TM'; readonly above: number; readonly upTo: number }

/** Reads one with absolute bounds, either of which may be left out; undefined where it is none. Those in % are none. */
export function trimmedOf(statistic: string): Trimmed | undefined {
  const [, kind, above, upTo] = /^(TC|PR|TM)\((\d+(?:\.\d{1,10})?)?:(\d+(?:\.\d{1,10})?)?\)$/.exec(statistic) ?? []
  if (kind !== 'TC' && kind !== 'PR' && kind !== 'TM') return undefined
  if (above === undefined && upTo === undefined) return undefined
  return {
    kind,
    above: above === undefined ? Number.NEGATIVE_INFINITY : Number(above),
    upTo: upTo === undefined ? Number.POSITIVE_INFINITY : Number(upTo),
  }
}

/** The count of these values, their share in percent, or their mean; undefined where it cannot be had. */
export function trim({ values, count }: Datum, { kind, above, upTo }: Trimmed): number | undefined {
  if (!values) return undefined
  const within = [...values].filter(([value]) => value > above && value <= upTo)
  const number = within.reduce((sum, [, times]) => sum + times, 0)
  switch (kind) {
    case 'TC':
      return number
    case 'PR':
      return (100 * number) / count
    case 'TM':
      return number === 0 ? undefined : within.reduce((sum, [value, times]) => sum + value * times, 0) / number
  }
}

/** Refuses one on a metric of Lambda, where the sandbox is told to; `stat` has the members of a MetricStat. */
export function requireTrimmable(world: World, namespace: unknown, statistic: string | undefined): void {
  if (world.metrics.trimmed !== 'refused' || !isOfLambda(namespace, statistic)) return
  throw validationError(`The value ${statistic} for parameter Stat is not supported.`)
}

/** The same for all that a call's queries name. */
export function requireAllTrimmable(world: World, queries: readonly Input[]): void {
  for (const query of queries) {
    const stat = structure(query, 'MetricStat') ?? {}
    requireTrimmable(world, structure(stat, 'Metric')?.Namespace, text(stat, 'Stat'))
  }
}

/** Whether the sandbox is told to have no datapoints of such a statistic. */
export function isTrimmedAway(world: World, namespace: unknown, statistic: string): boolean {
  return world.metrics.trimmed === 'absent' && isOfLambda(namespace, statistic)
}

function isOfLambda(namespace: unknown, statistic: string | undefined): boolean {
  return namespace === 'AWS/Lambda' && statistic !== undefined && trimmedOf(statistic) !== undefined
}
