import { inParallel } from './parallel.ts'
import type { World } from './ports.ts'
import { runHook } from './releasing/prove.ts'
import { asFound, type Course, progressOf, type Rollout } from './rolling/course.ts'
import { finish, hold, pause } from './rolling/ending.ts'
import { look } from './rolling/look.ts'
import { rollBack, standAside } from './rolling/retreat.ts'
import { shift } from './rolling/shift.ts'
import { guardStanding, tend } from './rolling/watchdog.ts'
import { decide } from './rollout/decide.ts'
import type { Health } from './rollout/health.ts'
import type { Outcome } from './rollout/outcome.ts'
import { hookRounds, hooksAtOnce } from './rollout/session.ts'
import { tendAt } from './rollout/watchdog.ts'

/** How a rollout ended, and where it stood by then. */
export type Rolled = { readonly outcome: Outcome; readonly course: Course }

/**
 * Moves the traffic step by step: look, decide, act, until it is over. Always leaves traffic whole, or says how not.
 */
export async function roll(rollout: Rollout, world: World): Promise<Rolled> {
  let course = await open(rollout, world)
  for (;;) {
    const [looked, seen] = await look(rollout, course, world)
    const decision = decide(rollout.plan, rollout.policy, progressOf(rollout, looked), seen)
    const { step, since, alarms, minutes, checks } = looked
    world.reporter.tell({
      kind: 'looked',
      at: seen.now,
      step,
      since,
      health: seen.health,
      alarms,
      minutes,
      checks,
      decision,
    })
    course = looked
    switch (decision.kind) {
      case 'wait':
        course = await tend(rollout, course, world)
        await world.clock.sleep(wakeAt(course, decision.until, world) - world.clock.now(), world.cancel)
        break
      case 'shift':
      case 'promote':
        course = await shift(rollout, noteEvidence(course, seen.health), decision.step, world)
        break
      case 'prove':
        course = await guardStanding(course, world, world.clock.now() + longestHooksMs(rollout))
        if (course.trouble !== undefined) break
        course = { ...course, proven: await prove(rollout, course, world), since: world.clock.now() }
        course = await guardStanding(course, world)
        break
      case 'finish': {
        if (endsBake(rollout, course)) course = noteEvidence(course, seen.health)
        return { outcome: finish(rollout, course, world), course }
      }
      case 'pause': {
        const paused = await pause(rollout, noteEvidence(course, seen.health), world)
        course = paused.course
        if (paused.kind === 'ended') return { outcome: paused.outcome, course }
        break
      }
      case 'hold':
        return { outcome: await hold(rollout, course, decision.because, world), course }
      case 'roll-back':
        return { outcome: await rollBack(rollout, course, decision.because, world), course }
      case 'stand-aside':
        return { outcome: await standAside(rollout, course, decision, world), course }
    }
  }
}

/** A hook may take as long as Lambda lets a function run, 15 minutes, and nobody moves the watchdog on meanwhile. */
function longestHooksMs({ movers }: Rollout): number {
  return hookRounds(movers.length) * 20 * 60_000
}

const retryTendingMs = 5_000

/**
 * No wait goes past the time at which the watchdog is to be moved on; one that could not be is tried soon again. Nor is
 * any longer than credentials allow that are renewed when they are used.
 */
function wakeAt({ guard }: Course, until: number, { clock, session }: World): number {
  const now = clock.now()
  const soon = Math.min(until, now + (session.longestWaitMs ?? Number.POSITIVE_INFINITY))
  if (guard === undefined) return soon
  return Math.min(soon, now < tendAt(guard) ? tendAt(guard) : now + retryTendingMs)
}

/** The course before the first look. A canary that is there already is taken over by a journal that says so. */
async function open(rollout: Rollout, world: World): Promise<Course> {
  const moving = rollout.movers.map(mover => asFound(mover, rollout.run))
  const now = world.clock.now()
  const course: Course = {
    began: rollout.waitedSince ?? now,
    step: -1,
    since: now,
    looks: 0,
    unknownLooks: 0,
    moving,
    alarms: rollout.alarms,
    shifts: [],
    minutes: moving.map(() => []),
    checks: undefined,
    splitWarned: false,
    proven: false,
    conflicts: 0,
  }
  return rollout.movers.some(mover => mover.carriesOn) ? await shift(rollout, course, 0, world) : course
}

/** Whether the last step was one that is watched. */
function endsBake({ plan }: Rollout, { step }: Course): boolean {
  return (plan.steps[step]?.bakeMs ?? 0) > 0
}

/** Keeps that a step was left although there was nothing to judge it by. */
function noteEvidence(course: Course, health: Health): Course {
  return course.step < 0
    ? course
    : { ...course, withoutEvidence: health.verdict === 'inconclusive' ? health.because : undefined }
}

/** Runs the hook at 100 % on every target; true, or why it failed. */
async function prove({ afterTraffic }: Rollout, { moving }: Course, world: World): Promise<true | string> {
  if (afterTraffic === undefined) return true
  const problems = await inParallel(moving, hooksAtOnce, async ({ target, stable, candidate }) => {
    const versions = { stable: stable?.version, candidate }
    return await runHook(afterTraffic, 'after-traffic', target, versions, world)
  })
  return problems.find(problem => problem !== undefined) ?? true
}
