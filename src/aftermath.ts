import { endDeployment } from './deployment.ts'
import { giveBack } from './loan.ts'
import { mend } from './mend.ts'
import type { Deployment, Left, Loan, Started, World } from './ports.ts'
import type { Outcome } from './rollout/outcome.ts'

/** What a main step has kept for the post step: what it set out to do, and what it has not brought to an end. */
export type Kept = {
  readonly started?: Started
  readonly left?: Left
  readonly deployment?: Deployment | undefined
  readonly loan?: Loan | undefined
}

/** Whether there may be something to bring to an end. */
export function isLeft({ left, deployment, loan }: Kept): boolean {
  return (left !== undefined && !left.over) || deployment !== undefined || loan !== undefined
}

/** Brings to an end what a main step left that was killed: the traffic first. Undefined when that needed no mending. */
export async function clearUp({ left, deployment, loan }: Kept, world: World): Promise<Outcome | undefined> {
  const outcome = left === undefined ? undefined : await mend(left, world)
  if (loan !== undefined) await giveBack(loan, world)
  const ended: Outcome = outcome ?? { result: 'failed', reason: 'the action was ended before it was done' }
  if (deployment !== undefined) await endDeployment(deployment, ended, world)
  return outcome
}
