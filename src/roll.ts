import { askFor, type Course, type Mover, type Moving, progressOf, type Rollout } from './course.ts'
import { finish, hold, pause, rollBack } from './ending.ts'
import { look } from './look.ts'
import type { World } from './ports.ts'
import { runHook } from './prove.ts'
import { decide } from './rollout/decide.ts'
import type { Health } from './rollout/health.ts'
import type { Run } from './rollout/journal.ts'
import type { Outcome } from './rollout/outcome.ts'
import { keep, shift } from './shift.ts'

/** Moves the traffic step by step: look, decide, act, until it is over. Always leaves traffic whole, or says how not. */
export async function roll(rollout: Rollout, world: World): Promise<Outcome> {
  let course = await open(rollout, world)
  for (;;) {
    const [looked, seen] = await look(rollout, course, world)
    const decision = decide(rollout.plan, rollout.policy, progressOf(looked), seen)
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
        await world.clock.sleep(decision.until - world.clock.now(), world.cancel)
        break
      case 'shift':
      case 'promote':
        course = await shift(rollout, noteEvidence(course, seen.health), decision, world)
        break
      case 'prove':
        course = { ...course, proven: await prove(rollout, course, world), since: world.clock.now() }
        break
      case 'finish':
        return finish(rollout, endsBake(rollout, course) ? noteEvidence(course, seen.health) : course, world)
      case 'pause': {
        const paused = await pause(rollout, noteEvidence(course, seen.health), world)
        if (paused.kind === 'ended') return paused.outcome
        course = paused.course
        break
      }
      case 'hold':
        return await hold(rollout, course, decision.because, world)
      case 'roll-back':
        return await rollBack(rollout, course, decision.because, world)
      case 'stand-aside':
        keep(rollout, course, world, { over: true })
        return { result: 'stood-aside', reason: decision.because }
    }
  }
}

/** The course before the first look. A canary that is there already is taken over by a journal that says so. */
async function open(rollout: Rollout, world: World): Promise<Course> {
  const moving = rollout.movers.map(mover => asFound(mover, rollout.run))
  const now = world.clock.now()
  const course: Course = {
    began: rollout.waitedSince ?? now,
    step: -1,
    since: now,
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
  return rollout.movers.some(mover => mover.carriesOn) ? await shift(rollout, course, { step: 0 }, world) : course
}

/** An alias that is still to be created counts as what this run makes of it: whoever else makes one first is a stranger. */
function asFound(mover: Mover, run: Run): Moving {
  const asked = mover.stable?.alias ?? askFor(mover, 1, run, '')
  const revision = mover.stable?.alias.revision ?? ''
  return { ...mover, asked, history: [], revision, revisions: [revision] }
}

/** Whether the last step was one that is watched. */
function endsBake({ plan }: Rollout, { step }: Course): boolean {
  return (plan.steps[step]?.bakeMs ?? 0) > 0
}

/** Keeps that a step was left although there was nothing to judge it by. */
function noteEvidence(course: Course, health: Health): Course {
  return course.step < 0
    ? course
    : { ...course, unproven: health.verdict === 'inconclusive' ? health.because : undefined }
}

/** Runs the hook at 100 % on every target; true, or why it failed. */
async function prove({ afterTraffic }: Rollout, { moving }: Course, world: World): Promise<true | string> {
  if (afterTraffic === undefined) return true
  for (const { target, stable, candidate } of moving) {
    const versions = { stable: stable?.version, candidate }
    const problem = await runHook(afterTraffic, 'after-traffic', target, versions, world)
    if (problem !== undefined) return problem
  }
  return true
}
