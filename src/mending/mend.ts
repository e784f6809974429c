import { CallFailed, type Left, type LeftTarget, type World } from '../ports.ts'
import type { Asked } from '../rollout/decide.ts'
import { type Outcome, type Target, type TargetEnd, together } from '../rollout/outcome.ts'
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
  if (targets.length === 1 || targets.every(({ final, waited }) => final === undefined && waited === undefined)) {
    return targets
  }
  const stand = await Promise.all(targets.map(({ target }) => asItStands(target, world)))
  const [areDone, allWait] = [
    targets.every(({ final }, i) => wasApplied(final, stand[i])),
    targets.every(({ waited }, i) => wasApplied(waited, stand[i])),
  ]
  return targets.map(({ final, waited, ...rest }) => ({
    ...rest,
    ...(areDone && final && { final }),
    ...(allWait && waited && { waited }),
  }))
}

/** An alias as it stands; undefined for one that is not there, or that nobody may read. */
async function asItStands(target: Target, world: World): Promise<Asked | undefined> {
  try {
    return await patiently(() => world.aliases.read(target), world)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return undefined
  }
}

/**
 * Its words are there and its version serves; weights beside it would be those of AWS, which moves provisioned
 * concurrency.
 */
function wasApplied(end: Asked | undefined, seen: Asked | undefined): boolean {
  if (end === undefined || seen === undefined) return false
  return seen.description === end.description && primary(seen.routing) === primary(end.routing)
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
