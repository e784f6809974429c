import type { Course, Moving, Rollout } from './course.ts'
import { CallFailed, type World } from './ports.ts'
import type { Target } from './rollout/outcome.ts'
import { isDue, nextDue, preparedMs, tendAt } from './rollout/watchdog.ts'

/** Makes sure, before anything is touched, that a watchdog can be set; says why not. Nothing where none is asked for. */
export async function prepareWatchdog(targets: readonly Target[], world: World): Promise<string | undefined> {
  const { watchdog, clock } = world
  if (watchdog === undefined) return undefined
  const at = clock.now() + preparedMs
  return await granted(() => Promise.all(targets.map(target => watchdog.prepare(target, at))))
}

/** Before a write: if this run is gone after it, the candidate's weight is taken away, and nothing else. */
export async function guardWrite(moving: readonly Moving[], world: World): Promise<string | undefined> {
  const { watchdog, clock } = world
  if (watchdog === undefined) return undefined
  const due = nextDue(clock.now())
  const guarded = moving.filter(({ back }) => back !== undefined)
  return await granted(() =>
    Promise.all(guarded.map(({ target, candidate }) => watchdog.set(target, { kind: 'drop', candidate }, due))),
  )
}

/** After a write: if this run is gone, the alias goes back as it was, unless somebody else has written it by then. */
export async function guardStanding(course: Course, world: World, until?: number): Promise<Course> {
  const { watchdog, clock, reporter } = world
  if (watchdog === undefined) return course
  const due = until ?? nextDue(clock.now())
  const problem = await granted(() =>
    Promise.all(
      course.moving.map(async ({ target, candidate, back, revision }) => {
        if (back !== undefined) await watchdog.set(target, { kind: 'restore', candidate, back, revision }, due)
      }),
    ),
  )
  const revisions = course.moving.map(({ revision }) => revision)
  if (problem === undefined) {
    if (course.guard === undefined) reporter.tell({ kind: 'watchdog', state: 'set' })
    return { ...course, guard: { due, revisions } }
  }
  const { guard } = course
  // What is set already still guards for a while: only when it is about to act is this run over.
  if (guard !== undefined && !isDue(guard, clock.now())) {
    reporter.tell({ kind: 'warning', text: `The watchdog was not moved on, trying again: ${problem}` })
    return course
  }
  return { ...course, trouble: problem }
}

/** Moves it on where that is due, or where the revisions that it knows are no longer those of the aliases. */
export async function tend(rollout: Rollout, course: Course, world: World): Promise<Course> {
  const { guard, moving } = course
  if (guard === undefined || rollout.movers.length === 0 || world.cancel.aborted) return course
  const isCurrent = moving.every(({ revision }, i) => revision === guard.revisions[i])
  return isCurrent && !(world.clock.now() >= tendAt(guard)) ? course : await guardStanding(course, world)
}

/** Takes it away at the end of a run, whichever end that is. A watchdog that stays acts on nothing but a dead canary. */
export async function removeWatchdog(targets: readonly Target[], { watchdog, reporter }: World): Promise<void> {
  if (watchdog === undefined) return
  const problem = await granted(() => Promise.all(targets.map(target => watchdog.remove(target))))
  if (problem === undefined) reporter.tell({ kind: 'watchdog', state: 'removed' })
  else reporter.tell({ kind: 'warning', text: `The watchdog was not removed, and does no harm: ${problem}` })
}

async function granted(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return error.message
  }
}
