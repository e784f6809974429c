import { CallFailed, type World } from '../ports.ts'
import { parseJournal, type Run, sameRun } from '../rollout/journal.ts'
import type { Outcome, Target } from '../rollout/outcome.ts'
import { type Guard, isDue, movedOn, nextDue, tendAt } from '../rollout/watchdog.ts'
import type { Course, Rollout } from './course.ts'

/** Makes sure, before anything is touched, that watchdogs can be set; says why not. Nothing where none is asked for. */
export async function prepareWatchdog(targets: readonly Target[], world: World): Promise<string | undefined> {
  const { watchdog } = world
  if (watchdog === undefined) return undefined
  return await granted(world, () => Promise.all(targets.map(target => watchdog.prepare(target))))
}

/** Before a write: if this run is gone after it, the candidate's weight is taken away, and nothing else. */
export async function guardWrite(course: Course, world: World): Promise<Course> {
  const { watchdog, clock, cancel, reporter } = world
  const guarded = course.moving.filter(({ back }) => back !== undefined)
  if (watchdog === undefined || guarded.length === 0) return course
  const due = nextDue(clock.now())
  const problem = await granted(world, () =>
    Promise.all(guarded.map(({ target, candidate }) => watchdog.set(target, { kind: 'drop', candidate }, due, cancel))),
  )
  const { guard } = course
  const set = { ...course, guard: movedOn(guard, due, [], clock.now()) }
  if (problem === undefined) return set
  // Some of several may have been set.
  if (guard === undefined) return { ...set, trouble: problem }
  if (!stillGuards(guard, clock.now())) return { ...course, trouble: problem }
  reporter.tell({ kind: 'warning', text: `The watchdog was not set for the next step, trying again: ${problem}` })
  await clock.sleep(retryMs, cancel)
  return { ...course, postponed: true }
}

const retryMs = 5_000

/** What was set for the aliases as they stand guards them for a while: only when it is about to act is a run over. */
function stillGuards(guard: Guard, now: number): boolean {
  return guard.revisions.length > 0 && !isDue(guard, now)
}

/**
 * After a write: if this run is gone, the alias goes back as it was, unless somebody else has written it by then. With
 * `until` it is set for something that lasts so long, and that is not to begin without it.
 */
export async function guardStanding(course: Course, world: World, until?: number): Promise<Course> {
  const { watchdog, clock, reporter, cancel } = world
  if (watchdog === undefined || course.moving.every(({ back }) => back === undefined) || cancel.aborted) return course
  const due = until ?? nextDue(clock.now())
  const problem = await granted(world, () =>
    Promise.all(
      course.moving.map(async ({ target, candidate, back, revision }) => {
        if (back !== undefined) await watchdog.set(target, { kind: 'restore', candidate, back, revision }, due, cancel)
      }),
    ),
  )
  const { guard } = course
  if (problem === undefined) {
    const revisions = course.moving.map(({ revision }) => revision)
    if (!course.guardTold) reporter.tell({ kind: 'watchdog', state: 'set' })
    return { ...course, guardTold: true, guard: movedOn(guard, due, revisions, clock.now()) }
  }
  if (cancel.aborted) return course
  if (guard !== undefined && until === undefined && stillGuards(guard, clock.now())) {
    reporter.tell({ kind: 'warning', text: `The watchdog was not moved on, trying again: ${problem}` })
    return course
  }
  return { ...course, trouble: problem }
}

/** While the run waits: moves it on where that is due, or where it does not know the aliases as they stand. */
export async function tend(rollout: Rollout, course: Course, world: World): Promise<Course> {
  const { guard, moving } = course
  if (guard === undefined || rollout.movers.length === 0 || world.cancel.aborted) return course
  const isCurrent = moving.every(({ revision }, i) => revision === guard.revisions[i])
  return isCurrent && !(world.clock.now() >= tendAt(guard)) ? course : await guardStanding(course, world)
}

/** Takes it away at the end of a rollout, whichever end that is but one: an alias left part-way may still need it. */
export async function dismissWatchdog(
  rollout: Rollout,
  course: Course,
  outcome: Outcome,
  world: World,
): Promise<Outcome> {
  const { guard, moving } = course
  if (guard === undefined || outcome.result === 'part-way') return outcome
  const targets = moving.map(({ target }) => target)
  const mayBeTheirs = outcome.result === 'stood-aside' && guard.revisions.length > 0
  const stays = mayBeTheirs
    ? await removeOwnWatchdog(targets, rollout.run, world, guard.due)
    : await removeWatchdog(targets, world, guard.due)
  return stays === undefined ? outcome : { ...outcome, reason: `${outcome.reason}; ${stays}` }
}

/**
 * Removes watchdogs as `removeWatchdog` does, but for those of aliases on which another run of this action is at work
 * by now: the schedule has one name an alias, and is that run's.
 */
export async function removeOwnWatchdog(
  targets: readonly Target[],
  run: Run,
  world: World,
  due = 0,
): Promise<string | undefined> {
  if (world.watchdog === undefined) return undefined
  const theirs = await takenOver(targets, run, world)
  return await removeWatchdog(
    targets.filter(target => !theirs.includes(target)),
    world,
    due,
  )
}

async function takenOver(targets: readonly Target[], run: Run, { aliases }: World): Promise<readonly Target[]> {
  const taken = await Promise.all(
    targets.map(async target => {
      try {
        const journal = parseJournal((await aliases.read(target))?.description ?? '')
        return journal !== undefined && journal.candidate !== undefined && !sameRun(journal.run, run)
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error
        return false
      }
    }),
  )
  return targets.filter((_, i) => taken[i])
}

const retryRemovalMs = 10_000

/**
 * Removes watchdogs, or switches them off where that is refused. What can do neither acts at `due` (epoch ms) all the
 * same, so it is tried until then. Gives back what is to be told of one that stays.
 */
export async function removeWatchdog(targets: readonly Target[], world: World, due = 0): Promise<string | undefined> {
  const { watchdog, reporter, clock, cancel } = world
  if (watchdog === undefined || targets.length === 0) return undefined
  let left = targets
  let wasThere = false
  for (;;) {
    const problems = await Promise.all(
      left.map(target =>
        granted(world, async () => {
          if (await watchdog.remove(target)) wasThere = true
        }),
      ),
    )
    const problem = problems.find(text => text !== undefined)
    left = left.filter((_, i) => problems[i] !== undefined)
    if (problem === undefined) {
      if (wasThere) reporter.tell({ kind: 'watchdog', state: 'removed' })
      return undefined
    }
    const armed = await Promise.all(left.map(target => granted(world, () => watchdog.disarm(target))))
    left = left.filter((_, i) => armed[i] !== undefined)
    if (left.length === 0) {
      reporter.tell({ kind: 'warning', text: `The watchdog was not removed, but is switched off: ${problem}` })
      return undefined
    }
    if (cancel.aborted || clock.now() + retryRemovalMs >= due) {
      const at = due === 0 ? 'when it is due' : `at ${new Date(due).toISOString().slice(11, 19)}Z`
      const cure = left.map(target => `\`${watchdog.removal(target)}\``).join(' and ')
      const text = `its watchdog could not be removed and acts ${at}; run ${cure} before`
      reporter.tell({ kind: 'warning', text: `The watchdog was not removed: ${problem}; ${text}` })
      return text
    }
    await clock.sleep(retryRemovalMs, cancel)
  }
}

async function granted({ cancel }: World, call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (cancel.aborted && error instanceof Error && error.name === 'AbortError') return 'the workflow was cancelled'
    if (!(error instanceof CallFailed)) throw error
    return error.message
  }
}
