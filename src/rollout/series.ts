import type { Check } from './checks.ts'
import type { Points, SidePoints } from './minutes.ts'

/** One thing to ask of each version: a metric and a statistic of it, as CloudWatch names them. */
export type Asking = { readonly metric: 'Invocations' | 'Errors' | 'Throttles' | 'Duration'; readonly stat: string }

/**
 * What has to be asked of each version for these checks; `cuts` are durations (ms) over which an invocation is slow.
 */
export function askings(checks: readonly Check[], cuts: readonly number[] | undefined): readonly Asking[] {
  const throttles = checks.some(check => check.kind === 'limit' && check.measure.kind === 'throttles')
  return [
    { metric: 'Invocations', stat: 'Sum' },
    { metric: 'Errors', stat: 'Sum' },
    ...(throttles ? [{ metric: 'Throttles', stat: 'Sum' } as const] : []),
    ...statsOf(checks).map(stat => ({ metric: 'Duration', stat }) as const),
    ...(cuts ?? []).map(slowerThan),
  ]
}

/** How often an invocation lasted longer than `ms`: the trimmed count, whose lower bound is excluded. */
export function slowerThan(ms: number): Asking {
  return { metric: 'Duration', stat: `TC(${ms}:)` }
}

/** The answers to `askings` for one version, put where they belong. */
export function answers(
  checks: readonly Check[],
  cuts: readonly number[] | undefined,
  points: readonly Points[],
): SidePoints {
  const asked = askings(checks, cuts)
  const find = (metric: string, stat: string) =>
    points[asked.findIndex(one => one.metric === metric && one.stat === stat)] ?? new Map()
  return {
    invocations: find('Invocations', 'Sum'),
    errors: find('Errors', 'Sum'),
    throttles: find('Throttles', 'Sum'),
    durations: Object.fromEntries(statsOf(checks).map(stat => [stat, find('Duration', stat)])),
    slower: cuts?.map(cut => find('Duration', slowerThan(cut).stat)),
  }
}

function statsOf(checks: readonly Check[]): readonly string[] {
  const stats = checks.flatMap(check =>
    check.kind === 'limit' && check.measure.kind === 'duration' ? [check.measure.stat] : [],
  )
  return [...new Set(stats)]
}
