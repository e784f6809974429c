import { outcomeOfRestore, type Restoration, restore } from '../mending/restore.ts'
import type { World } from '../ports.ts'
import type { Stranger } from '../rollout/decide.ts'
import {
  describeTarget,
  describeTargets,
  type Outcome,
  type Target,
  type TargetEnd,
  together,
  withTargets,
} from '../rollout/outcome.ts'
import type { Course, Mover, Moving, Rollout } from './course.ts'
import { keep } from './keep.ts'

/**
 * Takes the candidate away everywhere, of earlier waves too. Where it never had traffic there is nothing to take away.
 */
export async function rollBack(rollout: Rollout, course: Course, because: string, world: World): Promise<Outcome> {
  const touched = touchedBy(rollout, course)
  if (touched.length === 0) {
    keep(rollout, course, world, { over: true })
    const untouched = describeTargets(course.moving.map(({ target }) => target))
    const waits = course.moving.some(mover => mover.waits)
    const was = course.moving.length > 1 ? 'were' : 'was'
    return {
      result: waits ? 'refused' : 'failed',
      reason: `${untouched} ${was} not touched${waits ? ', and the canary still waits there' : ''}: ${because}`,
    }
  }
  return await restoreAll(rollout, course, touched.map(restorationOf), because, world)
}

/**
 * Leaves to a stranger what the stranger has changed. The others go back, so that all serve what they served before;
 * each is looked at first, since there may be more of the stranger's.
 */
export async function standAside(
  rollout: Rollout,
  course: Course,
  { name, because, byRun }: Stranger,
  world: World,
): Promise<Outcome> {
  const touched = touchedBy(rollout, course)
  const all = [...rollout.beside, ...course.moving]
  // Whoever is overtaken by another run need not be told to come back.
  const cure = byRun ? '' : '; find out who moves it, and re-run once nobody else does'
  const isTheirs = ({ target }: { readonly target: Target }) => describeTarget(target) === name
  if (all.length === 1 || touched.length === 0) {
    keep(rollout, course, world, { over: true })
    const outcome = { result: 'stood-aside', reason: `${because}${cure}` } as const
    if (all.length === 1) return outcome
    const ends = all.map(mover => (isTheirs(mover) ? { target: mover.target, ...outcome } : untouched(mover, because)))
    return { ...outcome, targets: ends }
  }
  const restorations = touched.map(mover => {
    const before = mover.revisions.filter(revision => revision !== mover.revision)
    return { ...restorationOf(mover), revision: undefined, revisions: before }
  })
  const outcome = await restoreAll(rollout, course, restorations, because, world)
  const targets = (outcome.targets ?? []).map(end =>
    isTheirs(end) && end.result === 'failed' ? { ...end, result: 'stood-aside' as const, reason: because } : end,
  )
  if (outcome.result === 'part-way') return { ...outcome, targets }
  const back = targets.filter(({ result }) => result === 'rolled-back')
  const others = back.length === 0 ? '' : `; ${describeTargets(back.map(({ target }) => target))} rolled back`
  return { ...outcome, result: 'stood-aside', reason: `${because}${others}${cure}`, targets }
}

async function restoreAll(
  rollout: Rollout,
  course: Course,
  restorations: readonly Restoration[],
  because: string,
  world: World,
): Promise<Outcome> {
  // From here on no earlier promise of an end counts: what is in doubt is to be taken away, by the post step too.
  keep(rollout, course, world, { because })
  const ends = await Promise.all(
    restorations.map(async (restoration): Promise<TargetEnd> => {
      const restored = await restore(restoration, world)
      return { target: restoration.target, ...outcomeOfRestore(restoration, restored, because) }
    }),
  )
  const outcome = describeAll(ends, because)
  const isOver = outcome.result !== 'part-way'
  keep(rollout, course, world, { over: isOver, ...(!isOver && { because }) })
  const others = [...rollout.beside, ...course.moving].map(mover => untouched(mover, because))
  const spoken = restorations.map(({ target }) => target)
  return withTargets(outcome, others, spoken)
}

/** What several came to that all went back is one sentence. */
function describeAll(ends: readonly TargetEnd[], because: string): Outcome {
  const outcome = together(ends)
  if (ends.length === 1 || outcome.result !== 'rolled-back') return outcome
  const names = describeTargets(ends.map(({ target }) => target))
  return { ...outcome, reason: `${names} serve again what they served before: ${because}` }
}

/** The end of one that never had any of the candidate, though one may be published for it by now. */
export function untouched({ target }: Pick<Mover, 'target'>, because: string): TargetEnd {
  return { target, result: 'failed', reason: `${describeTarget(target)} was not touched: ${because}` }
}

/** Where this run has something to take away, or may have; of canaries that waited all, once one was touched. */
function touchedBy({ beside }: Rollout, { moving }: Course): readonly Moving[] {
  const isMeant = (mover: Moving) => isTouched(mover) || mover.doubtful !== undefined
  const isBegun = beside.length > 0 || moving.some(isMeant)
  return [...beside, ...moving.filter(mover => isMeant(mover) || (isBegun && mover.waits))]
}

/** This run has something to take away here: what it gave the candidate, or what a dead run left. */
function isTouched(mover: Moving): boolean {
  return (mover.carriesOn && !mover.waits) || mover.history.includes(mover.asked)
}

/** It is known that the candidate has had traffic here. */
export function carries(mover: Moving): boolean {
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
