import { askFor, type Course, type Moving, type Rollout } from './course.ts'
import type { World } from './ports.ts'
import { outcomeOfRestore, type Restoration, restore } from './restore.ts'
import { detectableRate } from './rollout/evidence.ts'
import { journalTime } from './rollout/journal.ts'
import { describeTarget, type Outcome } from './rollout/outcome.ts'
import { describeRouting, percent } from './rollout/routing.ts'
import { ask, isDone, keep, writeOver } from './shift.ts'

/** Every step has ended well, and the aliases serve the candidate. */
export function finish(rollout: Rollout, course: Course, world: World): Outcome {
  keep(rollout, course, world, { over: true })
  const served = course.moving.map(({ target, candidate }) => `${describeTarget(target)} serves version ${candidate}`)
  const steps = course.moving.some(mover => mover.stable === undefined) ? 'the alias is new' : rollout.plan.name
  return {
    result: 'promoted',
    replaced: course.moving[0]?.stable?.version,
    reason: `${served.join(', ')} (${steps})${describeEvidence(rollout, course, 'promoted')}`,
  }
}

/** Leaves the candidate where it is, and says so in the journal, for a later run to take on. */
export async function pause(
  rollout: Rollout,
  course: Course,
  world: World,
): Promise<
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly course: Course }
  | { readonly kind: 'goes-on'; readonly course: Course }
> {
  const weight = rollout.plan.steps[course.step]?.weight ?? 1
  const asked = await ask(rollout, course, { weight, at: world.clock.now(), state: 'paused', ends: true }, world)
  if (!isDone(asked)) return { kind: 'goes-on', course: asked }
  keep(rollout, asked, world, { over: true })
  const stands = asked.moving.map(
    ({ target, asked }) => `${describeTarget(target)} is paused at ${describeRouting(asked.routing)}`,
  )
  const next = 'until `command: promote` takes it on or `command: rollback` takes it away'
  return {
    kind: 'ended',
    outcome: { result: 'paused', reason: `${stands.join(', ')} ${next}${describeEvidence(rollout, asked, 'paused')}` },
    course: asked,
  }
}

/** What there was to judge by at the end, or that there was nothing. */
function describeEvidence(rollout: Rollout, course: Course, end: 'promoted' | 'paused'): string {
  return course.unproven === undefined
    ? describePower(rollout, course)
    : `, ${end === 'paused' ? '' : 'promoted '}without evidence: ${course.unproven}`
}

/** What the bakes could have shown; nothing where nobody counted. */
function describePower({ watch }: Rollout, { checks }: Course): string {
  const compared = checks?.readings.find(({ evidence }) => evidence !== undefined)
  const rate = compared && detectableRate(compared.candidate.served, watch?.falseAlarmRate ?? 0.01)
  if (compared === undefined || rate === undefined) return ''
  return `; its ${compared.candidate.served} invocations beside stable would have shown an error rate of ${percent(rate)} or more`
}

/** Leaves the candidate where it is, and says so in the journal, so that no later run takes it for a dead one's. */
export async function hold(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const weight = rollout.plan.steps[course.step]?.weight ?? 1
  const at = journalTime(world.clock.now())
  const held = (mover: Moving) => askFor(mover, weight, rollout.run, at, 'held')
  const writes = await Promise.all(
    course.moving.map(mover => writeOver({ ...mover, doubtful: held(mover) }, held(mover), world)),
  )
  keep(rollout, course, world, { over: true })
  const troubles = writes.flatMap(({ trouble }) => trouble ?? [])
  const changed = writes.find(({ mover, trouble }) => mover.doubtful !== undefined && trouble === undefined)
  if (changed !== undefined) {
    const name = describeTarget(changed.mover.target)
    return { result: 'stood-aside', reason: `somebody else changed ${name} while this run was to hold it: ${because}` }
  }
  for (const trouble of troubles) {
    world.reporter.tell({ kind: 'warning', text: `The journal could not be set to held: ${trouble}` })
  }
  const stands = course.moving.map(
    ({ target, asked }) => `${describeTarget(target)} is held at ${describeRouting(asked.routing)}`,
  )
  return { result: 'held', reason: `${stands.join(', ')}: ${because}` }
}

/** Takes the candidate away everywhere. Where it never had traffic there is nothing to take away. */
export async function rollBack(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const touched = course.moving.filter(mover => isTouched(mover) || mover.doubtful !== undefined)
  if (touched.length === 0) {
    keep(rollout, course, world, { over: true })
    const untouched = course.moving.map(({ target }) => describeTarget(target)).join(', ')
    const waits = course.moving.some(mover => mover.waits)
    return {
      result: waits ? 'refused' : 'failed',
      reason: `${untouched} was not touched${waits ? ', and the canary still waits there' : ''}: ${because}`,
    }
  }
  // From here on no earlier promise of an end counts: what is in doubt is to be taken away, by the post step too.
  keep(rollout, course, world, { because })
  const restorations = touched.map(restorationOf)
  const ends = await Promise.all(restorations.map(restoration => restore(restoration, world)))
  const outcomes = ends.map((end, i) => outcomeOfRestore(restorations[i] as Restoration, end, because))
  const worst =
    outcomes.find(({ result }) => result === 'part-way') ?? outcomes.find(({ result }) => result === 'stood-aside')
  const outcome = worst ?? (outcomes[0] as Outcome)
  const isOver = outcome.result !== 'part-way'
  keep(rollout, course, world, { over: isOver, ...(!isOver && { because }) })
  return outcome
}

/** This run has something to take away here: what it gave the candidate, or what a dead run left. */
function isTouched(mover: Moving): boolean {
  return (mover.carriesOn && !mover.waits) || mover.history.includes(mover.asked)
}

/** It is known that the candidate has had traffic here. */
function carries(mover: Moving): boolean {
  return mover.carriesOn || mover.history.includes(mover.asked)
}

/**
 * What is in doubt is written over with the revision from before it. If that goes through, the write in doubt never
 * was applied; if it is refused, it may have been, whatever a read that lags behind says.
 */
function restorationOf(mover: Moving): Restoration {
  const ours = [...mover.history, mover.asked]
  const revision = mover.back === undefined ? undefined : mover.revision
  return { target: mover.target, back: mover.back, ours, carried: carries(mover), revisions: mover.revisions, revision }
}
