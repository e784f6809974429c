import type { Conduct } from './conduct.ts'
import type { Course, Mover, Moving, Rollout } from './course.ts'
import { explain } from './explain.ts'
import type { FunctionSeen, World } from './ports.ts'
import { roll } from './roll.ts'
import { beginWatching } from './rollout/alarms.ts'
import type { Run } from './rollout/journal.ts'
import { describeTarget, type Outcome, type TargetEnd } from './rollout/outcome.ts'
import type { Plan } from './rollout/plan.ts'
import { dismissWatchdog } from './watchdog.ts'
import type { Watched } from './watched.ts'

/** An alias that is to move, and the version that is rolled out there. */
export type Entry = { readonly mover: Mover; readonly candidate: FunctionSeen }

/** What moves together, and how. */
export type Wave = { readonly plan: Plan; readonly entries: readonly Entry[] }

/** A rollout that may begin: everything is released and proven. */
export type Trial = {
  readonly run: Run
  readonly conduct: Conduct
  readonly watched: Watched
  readonly waves: readonly Wave[]
  /** What an earlier attempt of this run has promoted already: it goes back with the rest. */
  readonly settled: readonly Moving[]
  /** Since when candidates have had traffic (epoch ms), where that counts; and whether they have waited since then. */
  readonly since?: number | undefined
  readonly waited?: boolean
}

/** Rolls candidates out, wave by wave. Where that fails, the candidates' own logs tell what went wrong. */
export async function tryOut(trial: Trial, world: World): Promise<Outcome> {
  const { waves, since } = trial
  let { settled } = trial
  let alarms = beginWatching(trial.watched.alarms, since)
  let outcome: Outcome = { result: 'unchanged', reason: 'there was nothing to roll out' }
  for (const [i, wave] of waves.entries()) {
    const began = world.clock.now()
    const rollout = rolloutOf(trial, wave, settled, alarms, i < waves.length - 1)
    const targets = rollout.movers.map(({ target }) => target)
    if (waves.length > 1) world.reporter.tell({ kind: 'wave', at: began, number: i + 1, of: waves.length, targets })
    const rolled = await roll(rollout, world)
    // The aliases of a wave that is through are whole; what is to be done about them is no longer a watchdog's affair.
    outcome = await dismissWatchdog(rollout, rolled.course, rolled.outcome, world)
    if (outcome.result !== 'promoted') {
      const failed = outcome.result === 'rolled-back' || outcome.result === 'held'
      if (failed && !world.cancel.aborted) await explainAll(wave, rolled.course, since ?? began, world)
      return withTargets(outcome, notReached(waves.slice(i + 1), outcome))
    }
    settled = [...settled, ...rolled.course.moving]
    alarms = rolled.course.alarms
  }
  return outcome
}

function rolloutOf(
  { run, conduct, watched, since, waited }: Trial,
  { plan, entries }: Wave,
  settled: readonly Moving[],
  alarms: Rollout['alarms'],
  goesOn: boolean,
): Rollout {
  return {
    run,
    plan,
    policy: conduct.policy,
    movers: entries.map(({ mover }) => mover),
    settled,
    goesOn,
    alarms,
    watch: watched.watching.watch,
    afterTraffic: conduct.afterTraffic,
    waitedSince: waited === true ? since : undefined,
  }
}

/** So many candidates' logs are read. */
const mostExplained = 3

/** Tells what those candidates logged that failed, or had the most errors. */
async function explainAll({ entries }: Wave, course: Course, from: number, world: World): Promise<void> {
  const failing = new Set(
    course.checks?.readings.flatMap(({ verdict, target }) => (verdict === 'failing' ? [target] : [])),
  )
  const failed = entries.filter(({ mover }) => failing.has(describeTarget(mover.target)))
  const errorsOf = (entry: Entry) =>
    (course.minutes[entries.indexOf(entry)] ?? []).reduce((sum, { candidate }) => sum + candidate.errors, 0)
  const ranked = (failed.length > 0 ? failed : entries).toSorted((a, b) => errorsOf(b) - errorsOf(a))
  const suspects = ranked.slice(0, mostExplained)
  await Promise.all(suspects.map(({ mover, candidate }) => explain(mover.target, candidate, from, world)))
}

function notReached(waves: readonly Wave[], { reason }: Outcome): readonly TargetEnd[] {
  const entries = waves.flatMap(({ entries }) => entries)
  return entries.map(({ mover: { target } }) => ({
    target,
    result: 'failed',
    reason: `${describeTarget(target)} was not touched: ${reason}`,
  }))
}

/** The end, with what became of other targets. */
export function withTargets(outcome: Outcome, more: readonly TargetEnd[]): Outcome {
  return more.length === 0 ? outcome : { ...outcome, targets: [...(outcome.targets ?? []), ...more] }
}
