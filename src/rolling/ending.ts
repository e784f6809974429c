import { inParallel } from '../parallel.ts'
import type { World } from '../ports.ts'
import type { Asked } from '../rollout/decide.ts'
import { detectableRate } from '../rollout/evidence.ts'
import { journalTime, type Run } from '../rollout/journal.ts'
import {
  deleteCommand,
  describeTarget,
  describeTargets,
  manyTargets,
  type Outcome,
  serveCommand,
  type TargetEnd,
  together,
} from '../rollout/outcome.ts'
import { describeRouting, percent } from '../rollout/routing.ts'
import { askFor, type Course, type Moving, type Rollout } from './course.ts'
import { keep } from './keep.ts'
import { carries, untouched } from './retreat.ts'
import { ask, isDone, writeOver, writesAtOnce } from './shift.ts'

/** Every step has ended well, and the aliases serve the candidate; where waves follow, that is not the end yet. */
export function finish(rollout: Rollout, course: Course, world: World): Outcome {
  if (!rollout.goesOn) keep(rollout, course, world, { over: true })
  const all = [...rollout.beside, ...course.moving]
  const targets = all.map(promotedEnd)
  const isNew = all.every(mover => mover.stable === undefined)
  const steps = isNew ? 'the alias is new' : rollout.plan.name
  const evidence = describeEvidence(rollout, course, 'promoted')
  return {
    result: 'promoted',
    reason: `${describeEach(all, 'serve their candidates', mover => promotedEnd(mover).reason)} (${steps})${evidence}`,
    targets,
  }
}

/** What is so of each, where there are few of them; of all together where there are many. */
function describeEach(movers: readonly Moving[], all: string, one: (mover: Moving) => string): string {
  if (movers.length <= manyTargets) return movers.map(one).join(', ')
  return `${describeTargets(movers.map(({ target }) => target))} ${all}`
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
  const stands = describeStands(asked.moving, 'paused', weight)
  const next = 'until `command: promote` takes it on or `command: rollback` takes it away'
  const reason = `${stands} ${next}${describeEvidence(rollout, asked, 'paused')}`
  return { kind: 'ended', outcome: { result: 'paused', reason }, course: asked }
}

function describeStands(moving: readonly Moving[], state: 'paused' | 'held', weight: number): string {
  return describeEach(moving, `are ${state} at ${percent(weight)}`, ({ target, asked }) => {
    return `${describeTarget(target)} is ${state} and serves ${describeRouting(asked.routing)}`
  })
}

/** What there was to judge by at the end, or that there was nothing. */
function describeEvidence(rollout: Rollout, course: Course, end: 'promoted' | 'paused'): string {
  return course.withoutEvidence === undefined
    ? describePower(rollout, course)
    : `, ${end === 'paused' ? '' : 'promoted '}without evidence: ${course.withoutEvidence}`
}

/** What the bakes could have shown; nothing where nobody counted. */
function describePower({ watch }: Rollout, { checks, moving }: Course): string {
  const compared = checks?.readings.filter(({ evidence }) => evidence !== undefined) ?? []
  if (compared.length === 0) return ''
  const served = Math.min(...compared.map(({ candidate }) => candidate.served))
  const rate = detectableRate(served, (watch?.falseAlarmRate ?? 0.01) / moving.length)
  if (rate === undefined) return ''
  const whose = moving.length === 1 ? 'its' : 'even of the least busy'
  return `; ${whose} ${served} invocations beside stable would have shown an error rate of ${percent(rate)} or more`
}

/** Leaves the candidate where it is, and says so in the journal, so that no later run takes it for a dead one's. */
export async function hold(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const at = journalTime(world.clock.now())
  const promoted = rollout.beside.filter(isPromoted)
  const others = [...rollout.beside.filter(mover => !isPromoted(mover)), ...course.moving]
  const ends = await inParallel(others, writesAtOnce, mover => holdOne(mover, rollout.run, at, because, world))
  keep(rollout, course, world, { over: true })
  const outcome = together(ends)
  if (others.length + promoted.length === 1) return outcome
  const targets = [...promoted.map(promotedEnd), ...ends]
  if (outcome.result === 'stood-aside') return { ...outcome, targets }
  const held = others.filter((_, i) => ends[i]?.result === 'held')
  const stands =
    held.length === 0
      ? describeEach(promoted, 'keep their candidates', mover => promotedEnd(mover).reason)
      : describeStands(held, 'held', weightOf(held[0]?.asked))
  return { ...outcome, result: 'held', reason: `${stands}: ${because}`, targets }
}

/** Whether it is one that an earlier wave has brought to its end. */
function isPromoted({ asked }: Moving): boolean {
  return asked.routing.kind === 'whole'
}

function promotedEnd({ target, candidate, stable }: Moving): TargetEnd {
  const reason = `${describeTarget(target)} serves version ${candidate}`
  return { target, result: 'promoted', reason, replaced: stable?.version }
}

function weightOf(asked: Asked | undefined): number {
  return asked?.routing.kind === 'part-way' ? asked.routing.weight : 1
}

async function holdOne(mover: Moving, run: Run, at: string, because: string, world: World): Promise<TargetEnd> {
  const { target, asked, stable } = mover
  const name = describeTarget(target)
  if (!carries(mover)) return untouched(mover, because)
  const held = askFor(mover, weightOf(asked), run, at, 'held')
  const { mover: written, trouble } = await writeOver({ ...mover, doubtful: held }, held, world)
  if (written.doubtful !== undefined && trouble === undefined) {
    const reason = `somebody else changed ${name} while this run was to hold it: ${because}`
    return { target, result: 'stood-aside', reason }
  }
  if (trouble !== undefined) {
    world.reporter.tell({
      kind: 'warning',
      text: `The journal could not be set to held, so that the next rollout takes this canary for a dead run's and drops it: ${trouble}`,
    })
  }
  const cure = stable === undefined ? deleteCommand(target) : serveCommand(target, stable.version)
  return {
    target,
    result: 'held',
    reason: `${name} is held and serves ${describeRouting(asked.routing)}: ${because}`,
    cure,
  }
}
