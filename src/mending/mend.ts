import { CallFailed, type Left, type LeftTarget, type World } from '../ports.ts'
import type { Asked } from '../rollout/decide.ts'
import { type Outcome, type TargetEnd, together } from '../rollout/outcome.ts'
import { primary } from '../rollout/routing.ts'
import { patiently } from './patience.ts'
import { outcomeOfRestore, restore } from './restore.ts'

/** The post step: makes whole what a main step left that was killed. Undefined when nothing was left to do. */
export async function mend(left: Left, world: World): Promise<Outcome | undefined> {
  if (left.over) return undefined
  const targets = await withoutHalfEnd(left.targets, world)
  const mended = await Promise.all(targets.map(target => mendOne(target, left.because, world)))
  const ends = mended.filter(end => end !== undefined)
  return ends.length === 0 ? undefined : together(ends)
}

/**
 * Where a run died between the last writes of several targets, those that were promoted already go back with the rest;
 * where it died between the first ones, so do the canaries that still wait.
 */
async function withoutHalfEnd(targets: readonly LeftTarget[], world: World): Promise<readonly LeftTarget[]> {
  if (targets.length === 1) return targets
  const areAll = async (end: (target: LeftTarget) => Asked | undefined) => {
    if (targets.every(target => end(target) === undefined)) return true
    const stand = await Promise.all(targets.map(one => standsAt(one.target, end(one), world)))
    return stand.every(stands => stands)
  }
  const [areDone, allWait] = [await areAll(({ final }) => final), await areAll(({ waited }) => waited)]
  return targets.map(({ final, waited, ...rest }) => ({
    ...rest,
    ...(areDone && final && { final }),
    ...(allWait && waited && { waited }),
  }))
}

/** Whether an alias stands as a write has asked. One that nobody may read is not known to. */
async function standsAt(target: LeftTarget['target'], end: Asked | undefined, world: World): Promise<boolean> {
  try {
    const seen = await patiently(() => world.aliases.read(target), world)
    return end !== undefined && seen !== undefined && wasApplied(end, seen)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return false
  }
}

/**
 * Its words are there and its version serves; weights beside it would be those of AWS, which moves provisioned
 * concurrency.
 */
function wasApplied(final: Asked, seen: Asked): boolean {
  return seen.description === final.description && primary(seen.routing) === primary(final.routing)
}

async function mendOne(
  { target, back, asked, final, waited }: LeftTarget,
  because = 'the action was ended before the rollout was over',
  world: World,
): Promise<TargetEnd | undefined> {
  const restoration = {
    target,
    back,
    ours: asked,
    finished: [final, waited].filter(end => end !== undefined),
    carried: true,
  }
  const restored = await restore(restoration, world)
  if (restored.kind === 'restored' && !restored.wrote) return undefined
  return { target, ...outcomeOfRestore(restoration, restored, because) }
}
