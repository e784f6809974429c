import type { Left, LeftTarget, World } from './ports.ts'
import { outcomeOfRestore, restore } from './restore.ts'
import type { Outcome } from './rollout/outcome.ts'

/** The post step: makes whole what a main step left that was killed. Undefined when nothing was left to do. */
export async function mend(left: Left, world: World): Promise<Outcome | undefined> {
  if (left.over) return undefined
  const outcomes = await Promise.all(left.targets.map(target => mendOne(target, left.because, world)))
  const bySeverity = ['part-way', 'stood-aside', 'rolled-back'].map(result =>
    outcomes.find(end => end?.result === result),
  )
  return bySeverity.find(outcome => outcome !== undefined)
}

async function mendOne(
  { target, back, asked, final, waited }: LeftTarget,
  because = 'the action was ended before the rollout was over',
  world: World,
): Promise<Outcome | undefined> {
  const restoration = {
    target,
    back,
    ours: asked,
    finished: [final, waited].filter(end => end !== undefined),
    carried: true,
  }
  const restored = await restore(restoration, world)
  if (restored.kind === 'restored' && !restored.wrote) return undefined
  return outcomeOfRestore(restoration, restored, because)
}
