import type { Conduct } from '../inputs/conduct.ts'
import { CallFailed, type Series, type World } from '../ports.ts'
import type { Check, Watch } from '../rollout/checks.ts'
import { detectableRate } from '../rollout/evidence.ts'
import { minuteMs, minuteOf, type Points } from '../rollout/minutes.ts'
import type { Target } from '../rollout/outcome.ts'
import { type Plan, planMs } from '../rollout/plan.ts'
import { percent } from '../rollout/routing.ts'
import { slowerThan } from '../rollout/series.ts'

/** The alias's traffic of the last hour, and stable's durations at which comparisons cut, where they were read. */
export type Traffic = {
  readonly perMinute: number
  readonly cuts: readonly number[] | undefined
}

const hourMs = 60 * minuteMs

/** Quantiles of stable's durations over which an invocation counts as slow. */
const quantiles = ['p50', 'p90', 'p99']

/** Reads what the aliases did in the last hour, all in one. Throws `CallFailed` where metrics may not be read. */
async function readTraffic(
  targets: readonly Target[],
  checks: readonly Check[],
  world: World,
): Promise<readonly Traffic[]> {
  const to = minuteOf(world.clock.now())
  const comparesDuration = checks.some(check => check.kind === 'no-worse' && check.of === 'duration')
  const window = { from: Math.floor((to - hourMs) / hourMs) * hourMs, to, periodS: 3_600 }
  const invocations = targets.map(target => seriesOf(target, 'Invocations', 'Sum'))
  const durations = targets.flatMap(target => quantiles.map(stat => seriesOf(target, 'Duration', stat)))
  const [minutely, hourly] = await Promise.all([
    world.metrics.read(invocations, { from: to - hourMs, to, periodS: 60 }, world.cancel),
    comparesDuration ? world.metrics.read(durations, window, world.cancel) : [],
  ])
  const cuts = targets.map((_, i) => cutsOf(hourly.slice(i * quantiles.length, (i + 1) * quantiles.length)))
  const usable = await areUsable(targets, cuts, to, world)
  return targets.map((_, i) => {
    const served = [...(minutely[i]?.values() ?? [])].reduce((sum, value) => sum + value, 0)
    return { perMinute: served / 60, cuts: usable ? cuts[i] : undefined }
  })
}

function seriesOf({ functionName, alias }: Target, metric: Series['metric'], stat: string): Series {
  return { functionName, alias, metric, stat }
}

/** Stable's own quantiles; undefined where they are not all known. */
function cutsOf(hourly: readonly Points[]): readonly number[] | undefined {
  // The first is of a whole hour; the one that has just begun may hold a minute's traffic.
  const cuts = hourly.flatMap(points => [...points.values()].slice(0, 1)).map(Math.ceil)
  return cuts.length === quantiles.length ? cuts : undefined
}

/**
 * CloudWatch does not list Lambda among what it counts slow invocations of: it is asked once, before it is relied on.
 */
async function areUsable(
  targets: readonly Target[],
  cuts: readonly (readonly number[] | undefined)[],
  to: number,
  { metrics, cancel }: World,
): Promise<boolean> {
  const counts = targets.flatMap((target, i) =>
    (cuts[i] ?? []).map(cut => seriesOf(target, 'Duration', slowerThan(cut).stat)),
  )
  if (counts.length === 0) return false
  try {
    await metrics.read(counts, { from: to - minuteMs, to, periodS: 60 }, cancel)
    return true
  } catch (error) {
    if (error instanceof CallFailed && error.kind === 'rejected') return false
    throw error
  }
}

/** What the alias with the least traffic served a minute: what shows there shows everywhere. */
export function leastTraffic(traffic: readonly Traffic[]): number {
  return traffic.length === 0 ? 0 : Math.min(...traffic.map(({ perMinute }) => perMinute))
}

/** What will be read of the metrics during the rollout, and what was read before it. */
export type Watching = {
  readonly watch: Watch | undefined
  /** Of each target, in their order; nothing where it was not read. */
  readonly traffic: readonly Traffic[]
  /** Why a check that nobody asked for is left out. */
  readonly warning?: string
  readonly problem?: string
}

/**
 * What to watch by these inputs. The default check gives way where metrics may not be read; what was asked for does
 * not.
 */
export async function readWatching(targets: readonly Target[], inputs: Conduct, world: World): Promise<Watching> {
  const { checks, checksByDefault, falseAlarmRate, policy, shape, waited } = inputs
  const isAuto = shape.kind !== 'fixed' && shape.weight === 'auto'
  const bakes = waited || shape.kind !== 'fixed' || planMs(shape.plan) > 0
  const watches = bakes && (checks.length > 0 || policy.minInvocations > 0)
  if (!watches && !isAuto) return { watch: undefined, traffic: [] }
  try {
    const traffic = await readTraffic(targets, checks, world)
    return { watch: watches ? { checks, falseAlarmRate } : undefined, traffic }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const givesWay = error.kind === 'denied' && checksByDefault && policy.minInvocations === 0 && !isAuto
    if (!givesWay) return { watch: undefined, traffic: [], problem: error.message }
    const warning = `The candidate is not compared with stable: ${error.message}`
    return { watch: undefined, traffic: [], warning }
  }
}

/** What a rollout of this plan can show with the aliases' traffic as it was, in words. */
export function describePower(plan: Plan, all: readonly Traffic[], falseAlarmRate: number): string {
  const perMinute = leastTraffic(all)
  const weighted = plan.steps.filter(step => step.weight < 1).reduce((sum, step) => sum + step.weight * step.bakeMs, 0)
  const expected = Math.floor((weighted / minuteMs) * perMinute)
  // The evidence of all of them is averaged, so that one alone has to bring more.
  const rate = detectableRate(expected, falseAlarmRate / Math.max(1, all.length))
  const which = all.length === 1 ? 'the alias' : 'the least busy alias'
  const traffic = `${which} served ${Number(perMinute.toPrecision(2))} invocations a minute in the last hour`
  if (rate === undefined) return `${traffic}, of which the candidate would get none to be judged by`
  return `${traffic}, of which the candidate would get about ${expected} before the promotion: enough to show an error rate of ${percent(rate)} or more`
}
