import { endDeployment } from './deployment.ts'
import { mend } from './mending/mend.ts'
import { CallFailed, type Deployment, type Left, type Loan, type Started, type World } from './ports.ts'
import { giveBack } from './previewing/loan.ts'
import { removeOwnWatchdog } from './rolling/watchdog.ts'
import type { Outcome } from './rollout/outcome.ts'

/** What a main step has kept for the post step: what it set out to do, and what it has not brought to an end. */
export type Kept = {
  readonly started?: Started
  readonly left?: Left
  readonly deployment?: Deployment | undefined
  /** The end that the deployment came to, where only GitHub was not told yet. */
  readonly ended?: Outcome | undefined
  readonly loan?: Loan | undefined
}

/** Whether there may be something to bring to an end. */
export function isLeft({ left, deployment, loan }: Kept): boolean {
  return (left !== undefined && !left.over) || deployment !== undefined || loan !== undefined
}

/** Brings to an end what a main step left that was killed: the traffic first. Undefined when that needed no mending. */
export async function clearUp(kept: Kept, world: World): Promise<Outcome | undefined> {
  const { started, left, deployment, loan } = kept
  const outcome = left === undefined ? undefined : await mend(left, world)
  if (left !== undefined && outcome?.result !== 'part-way') {
    const targets = left.targets.map(({ target }) => target)
    await removeOwnWatchdog(targets, left.run, world)
  }
  if (loan !== undefined) await giveBack(loan, world)
  if (deployment === undefined) return outcome
  const ended = outcome ?? kept.ended ?? (await endOf(left, world))
  await endDeployment(deployment, ended, started?.command ?? 'deploy', world)
  return outcome
}

const cutShort: Outcome = { result: 'failed', reason: 'the action was ended before it was done' }

/** How a run ended that was killed: well, if its aliases stand as the last write of its rollout asked. */
async function endOf(left: Left | undefined, { aliases }: World): Promise<Outcome> {
  const [first] = left?.targets ?? []
  if (left === undefined || first?.final === undefined) return cutShort
  try {
    const seen = await Promise.all(left.targets.map(({ target }) => aliases.read(target)))
    const stand = left.targets.every(
      ({ final }, i) => final !== undefined && seen[i]?.description === final.description,
    )
    if (!stand) return cutShort
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return cutShort
  }
  const result = first.final.routing.kind === 'whole' ? 'promoted' : 'paused'
  return { result, reason: `it is ${result}, and the action was ended before it could say so` }
}
