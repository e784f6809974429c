import { askFor, atRevision, type Course, leftOf, type Mover, type Moving, progressOf, type Rollout } from './course.ts'
import { look } from './look.ts'
import { CallFailed, type World } from './ports.ts'
import { runHook } from './prove.ts'
import { outcomeOfRestore, type Restoration, restore } from './restore.ts'
import { type Asked, decide, standsAs } from './rollout/decide.ts'
import { detectableRate } from './rollout/evidence.ts'
import type { Health } from './rollout/health.ts'
import { journalTime, type Run } from './rollout/journal.ts'
import { minuteMs, minuteOf } from './rollout/minutes.ts'
import { describeTarget, type Outcome } from './rollout/outcome.ts'
import { endsAtOnce } from './rollout/plan.ts'
import { describeRouting, percent } from './rollout/routing.ts'

/** After so many refused writes in a row without anybody's routing in between, the rollout gives up. */
const conflictsAllowed = 5

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

/** The course before the first look. A dead run's canary is taken over by a journal that says so, and baked anew. */
async function open(rollout: Rollout, world: World): Promise<Course> {
  const moving = rollout.movers.map(mover => asFound(mover, rollout.run))
  const began = world.clock.now()
  const course: Course = {
    began,
    step: -1,
    since: began,
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

/** Brings a step into force on every alias; what cannot be written is kept as data for the next decision. */
async function shift(rollout: Rollout, course: Course, { step }: { step: number }, world: World): Promise<Course> {
  const { plan, run } = rollout
  const weight = plan.steps[step]?.weight ?? 1
  const at = journalTime(course.began)
  const asking = course.moving.map(mover => {
    const doubtful = askFor(mover, weight, run, at)
    return { ...mover, doubtful, history: [...mover.history, doubtful] }
  })
  const isLast = endsAtOnce(plan, step) && rollout.afterTraffic === undefined
  keep(rollout, { ...course, moving: asking }, world, { final: isLast })
  const writes = await Promise.all(asking.map(mover => write(mover, mover.doubtful, world)))
  const moving = writes.map(({ mover }) => mover)
  const trouble = writes.find(({ trouble }) => trouble !== undefined)?.trouble
  if (trouble !== undefined) return { ...course, moving, trouble }
  if (writes.every(({ mover }) => mover.doubtful === undefined)) {
    const since = world.clock.now()
    const shifts = [...course.shifts, { at: evidenceFrom(rollout, course, since), weight }]
    return { ...course, moving, step, since, shifts, conflicts: 0 }
  }
  const conflicts = course.conflicts + 1
  // Once is a write of somebody else's in between; more than that takes time to pass.
  if (conflicts > 1) await world.clock.sleep(Math.min(500 * 2 ** conflicts, 10_000), world.cancel)
  const hopeless =
    conflicts > conflictsAllowed ? { trouble: `AWS refused ${conflicts} writes in a row as outdated` } : {}
  return { ...course, moving, conflicts, ...hopeless }
}

/**
 * From when on a shift's traffic counts as evidence. Where a canary is carried on, evidence begins anew with the next
 * minute: the one that runs holds what was there before.
 */
function evidenceFrom({ movers }: Rollout, { shifts }: Course, since: number): number {
  const begunBefore = shifts.length === 0 && movers.some(mover => mover.carriesOn)
  return begunBefore ? minuteOf(since) + minuteMs : since
}

type Write = { readonly mover: Moving; readonly trouble?: string }

async function write(mover: Moving, asked: Asked, { aliases, clock, reporter }: World): Promise<Write> {
  try {
    const isNew = mover.stable === undefined && mover.revision === ''
    const written = isNew
      ? await aliases.create(mover.target, asked)
      : await aliases.update(mover.target, asked, mover.revision)
    if (written.kind === 'conflict') return { mover }
    const { doubtful: _, ...known } = mover
    reporter.tell({ kind: 'routed', at: clock.now(), target: mover.target, routing: asked.routing })
    return { mover: atRevision({ ...known, asked }, written.alias.revision) }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    if (error.kind === 'unavailable') return { mover, trouble: error.message }
    const { doubtful: _, ...known } = mover
    return { mover: known, trouble: error.message }
  }
}

/** A write that a revision which moved alone does not keep from being made. */
async function writeOver(mover: Moving, asked: Asked, world: World): Promise<Write> {
  let done = await write(mover, asked, world)
  try {
    for (let tries = 0; tries < conflictsAllowed && isRefused(done); tries++) {
      const seen = await world.aliases.read(mover.target)
      const ours = [mover.asked, ...mover.history]
      if (seen === undefined || !ours.some(asked => standsAs(asked, seen))) return done
      done = await write(atRevision(mover, seen.revision), asked, world)
    }
    return isRefused(done) ? { mover, trouble: 'AWS refuses every write as outdated' } : done
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return { mover, trouble: error.message }
  }
}

function isRefused({ mover, trouble }: Write): boolean {
  return mover.doubtful !== undefined && trouble === undefined
}

type Now = { readonly over?: boolean; readonly final?: boolean; readonly because?: string }

/** Says to the post step what it would have to do if this process were gone from now on. */
function keep({ run }: Rollout, { moving }: Course, { memory }: World, now: Now): void {
  const targets = moving.map(mover => leftOf(mover, now.final === true ? mover.doubtful : undefined))
  memory.keep({ run, over: now.over ?? false, targets, ...(now.because !== undefined && { because: now.because }) })
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

/** What the bakes could have shown; nothing where nobody counted. */
function describePower({ watch }: Rollout, { checks }: Course): string {
  const compared = checks?.readings.find(({ evidence }) => evidence !== undefined)
  const rate = compared && detectableRate(compared.candidate.served, watch?.falseAlarmRate ?? 0.01)
  if (compared === undefined || rate === undefined) return ''
  return `; its ${compared.candidate.served} invocations beside stable would have shown an error rate of ${percent(rate)} or more`
}

function finish(rollout: Rollout, course: Course, world: World): Outcome {
  keep(rollout, course, world, { over: true })
  const served = course.moving.map(({ target, candidate }) => `${describeTarget(target)} serves version ${candidate}`)
  const steps = course.moving.some(mover => mover.stable === undefined) ? 'the alias is new' : rollout.plan.name
  const evidence =
    course.unproven === undefined ? describePower(rollout, course) : `, promoted without evidence: ${course.unproven}`
  return { result: 'promoted', reason: `${served.join(', ')} (${steps})${evidence}` }
}

/** Leaves the candidate where it is, and says so in the journal, so that no later run takes it for a dead one's. */
async function hold(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const weight = rollout.plan.steps[course.step]?.weight ?? 1
  const at = journalTime(course.began)
  const ask = (mover: Moving) => askFor(mover, weight, rollout.run, at, 'held')
  const writes = await Promise.all(
    course.moving.map(mover => writeOver({ ...mover, doubtful: ask(mover) }, ask(mover), world)),
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
async function rollBack(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const touched = course.moving.filter(mover => carries(mover) || mover.doubtful !== undefined)
  if (touched.length === 0) {
    keep(rollout, course, world, { over: true })
    const untouched = course.moving.map(({ target }) => describeTarget(target)).join(', ')
    return { result: 'failed', reason: `${untouched} was not touched: ${because}` }
  }
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
