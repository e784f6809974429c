import type { Watched } from './beginning/watched.ts'
import type { Conduct } from './inputs/conduct.ts'
import type { FunctionSeen, World } from './ports.ts'
import { roll } from './roll.ts'
import { asFound, type Course, type Mover, type Moving, type Rollout } from './rolling/course.ts'
import { explain } from './rolling/explain.ts'
import { untouched } from './rolling/retreat.ts'
import { dismissWatchdog } from './rolling/watchdog.ts'
import { beginWatching } from './rollout/alarms.ts'
import type { Run } from './rollout/journal.ts'
import { describeTarget, type Outcome, type TargetEnd, withTargets } from './rollout/outcome.ts'
import type { Plan } from './rollout/plan.ts'

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
  readonly promoted: readonly Moving[]
  /** Since when candidates have had traffic (epoch ms), where that counts; and whether they have waited since then. */
  readonly since?: number | undefined
  readonly waited?: boolean
}

/** Rolls candidates out, wave by wave. Where that fails, the candidates' own logs tell what went wrong. */
export async function tryOut(trial: Trial, world: World): Promise<Outcome> {
  const { waves, since } = trial
  let { promoted } = trial
  const blind: string[] = []
  let alarms = beginWatching(trial.watched.alarms, since)
  let outcome: Outcome = { result: 'unchanged', reason: 'there was nothing to roll out' }
  for (const [i, wave] of waves.entries()) {
    const began = world.clock.now()
    const later = waves.slice(i + 1)
    const beside = [...promoted, ...canariesIn(later, trial.run)]
    const rollout = rolloutOf(trial, wave, beside, alarms, later.length > 0)
    const targets = rollout.movers.map(({ target }) => target)
    if (waves.length > 1) world.reporter.tell({ kind: 'wave', at: began, number: i + 1, of: waves.length, targets })
    const rolled = await roll(rollout, world)
    // The aliases of a wave that is through are whole; what is to be done about them is no longer a watchdog's affair.
    outcome = await dismissWatchdog(rollout, rolled.course, rolled.outcome, world)
    if (outcome.result !== 'promoted') {
      const failed = outcome.result === 'rolled-back' || outcome.result === 'held'
      if (failed && !world.cancel.aborted) await explainAll(wave, rolled.course, since ?? began, world)
      const spoken = [...beside, ...rolled.course.moving].map(({ target }) => target)
      return withTargets(outcome, notReached(later, outcome), spoken)
    }
    promoted = [...promoted, ...rolled.course.moving]
    alarms = rolled.course.alarms
    const { withoutEvidence } = rolled.course
    if (withoutEvidence !== undefined && later.length > 0)
      blind.push(`wave ${i + 1} was promoted without evidence: ${withoutEvidence}`)
  }
  return { ...outcome, reason: [outcome.reason, ...blind].join('; ') }
}

/** What a dead attempt left with traffic in waves to come: it is not to stay there if they are never reached. */
function canariesIn(waves: readonly Wave[], run: Run): readonly Moving[] {
  const movers = waves.flatMap(({ entries }) => entries.map(({ mover }) => mover))
  return movers.filter(({ carriesOn, waits }) => carriesOn && waits !== true).map(mover => asFound(mover, run))
}

function rolloutOf(
  { run, conduct, watched, waves, since, waited }: Trial,
  { plan, entries }: Wave,
  beside: readonly Moving[],
  alarms: Rollout['alarms'],
  goesOn: boolean,
): Rollout {
  const { watch } = watched.watching
  // All waves together are to be as rarely wrong as one rollout: each has its functions' share of that.
  const share = entries.length / waves.reduce((sum, wave) => sum + wave.entries.length, 0)
  return {
    run,
    plan,
    policy: conduct.policy,
    movers: entries.map(({ mover }) => mover),
    beside,
    goesOn,
    alarms,
    watch: watch && { ...watch, falseAlarmRate: watch.falseAlarmRate * share },
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
  return waves.flatMap(({ entries }) => entries.map(({ mover }) => untouched(mover, reason)))
}
