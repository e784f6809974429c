import type { Conduct } from './conduct.ts'
import { CallFailed, type Series, type World } from './ports.ts'
import type { Check, Watch } from './rollout/checks.ts'
import { detectableRate } from './rollout/evidence.ts'
import { minuteMs, minuteOf } from './rollout/minutes.ts'
import type { Target } from './rollout/outcome.ts'
import { type Plan, planMs } from './rollout/plan.ts'
import { percent } from './rollout/routing.ts'
import { slowerThan } from './rollout/series.ts'

/** The alias's traffic of the last hour, and stable's durations at which comparisons cut, where they were read. */
export type Traffic = {
  readonly perMinute: number
  readonly cuts: readonly number[] | undefined
}

const hourMs = 60 * minuteMs

/** Quantiles of stable's durations over which an invocation counts as slow. */
const quantiles = ['p50', 'p90', 'p99']

/** Reads what the alias did in the last hour. Throws `CallFailed` where metrics may not be read. */
export async function readTraffic(
  { functionName, alias }: Target,
  checks: readonly Check[],
  world: World,
): Promise<Traffic> {
  const to = minuteOf(world.clock.now())
  const series = (metric: Series['metric'], stat: string): Series => ({ functionName, alias, metric, stat })
  const comparesDuration = checks.some(check => check.kind === 'no-worse' && check.of === 'duration')
  const wanted = [
    series('Invocations', 'Sum'),
    ...(comparesDuration ? quantiles.map(stat => series('Duration', stat)) : []),
  ]
  const window = { from: Math.floor((to - hourMs) / hourMs) * hourMs, to, periodS: 3_600 }
  const [minutely, hourly] = await Promise.all([
    world.metrics.read(wanted.slice(0, 1), { from: to - hourMs, to, periodS: 60 }, world.cancel),
    comparesDuration ? world.metrics.read(wanted.slice(1), window, world.cancel) : [],
  ])
  const served = [...(minutely[0]?.values() ?? [])].reduce((sum, value) => sum + value, 0)
  const cuts = hourly.flatMap(points => [...points.values()].slice(-1)).map(Math.ceil)
  return {
    perMinute: served / 60,
    cuts: cuts.length === quantiles.length ? await usableCuts(cuts, series, to, world) : undefined,
  }
}

/** CloudWatch does not list Lambda among what it counts slow invocations of: it is asked once, before it is relied on. */
async function usableCuts(
  cuts: readonly number[],
  series: (metric: Series['metric'], stat: string) => Series,
  to: number,
  { metrics, cancel }: World,
): Promise<readonly number[] | undefined> {
  const counts = cuts.map(cut => series('Duration', slowerThan(cut).stat))
  try {
    await metrics.read(counts, { from: to - minuteMs, to, periodS: 60 }, cancel)
    return cuts
  } catch (error) {
    if (error instanceof CallFailed && error.kind === 'rejected') return undefined
    throw error
  }
}

/** What will be read of the metrics during the rollout, and what was read before it. */
export type Watching = {
  readonly watch: Watch | undefined
  readonly traffic: Traffic | undefined
  /** Why a check that nobody asked for is left out. */
  readonly warning?: string
  readonly problem?: string
}

/** What to watch by these inputs. The default check gives way where metrics may not be read; what was asked for does not. */
export async function readWatching(target: Target, inputs: Conduct, world: World): Promise<Watching> {
  const { checks, checksByDefault, falseAlarmRate, policy, shape, waited } = inputs
  const isAuto = shape.kind !== 'fixed' && shape.weight === 'auto'
  const bakes = waited || shape.kind !== 'fixed' || planMs(shape.plan) > 0
  const watches = bakes && (checks.length > 0 || policy.minInvocations > 0)
  if (!watches && !isAuto) return { watch: undefined, traffic: undefined }
  try {
    const traffic = await readTraffic(target, checks, world)
    return { watch: watches ? { checks, falseAlarmRate, cuts: traffic.cuts } : undefined, traffic }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const givesWay = error.kind === 'denied' && checksByDefault && policy.minInvocations === 0 && !isAuto
    if (!givesWay) return { watch: undefined, traffic: undefined, problem: error.message }
    const warning = `The candidate is not compared with stable: ${error.message}`
    return { watch: undefined, traffic: undefined, warning }
  }
}

/** What a rollout of this plan can show with the alias's traffic as it was, in words. */
export function describePower(plan: Plan, { perMinute }: Traffic, falseAlarmRate: number): string {
  const weighted = plan.steps.filter(step => step.weight < 1).reduce((sum, step) => sum + step.weight * step.bakeMs, 0)
  const expected = Math.floor((weighted / minuteMs) * perMinute)
  const rate = detectableRate(expected, falseAlarmRate)
  const traffic = `the alias served ${Number(perMinute.toPrecision(2))} invocations a minute in the last hour`
  if (rate === undefined) return `${traffic}, of which the candidate would get none to be judged by`
  return `${traffic}, of which the candidate would get about ${expected} before the promotion: enough to show an error rate of ${percent(rate)} or more`
}
