import { CallFailed, type Deployment, type DeploymentState, type Standing, type World } from './ports.ts'
import { type Command, type Outcome, type Result, succeeds } from './rollout/outcome.ts'

/** What is deployed where, in GitHub's words. */
export type DeploymentWish = {
  readonly environment: string
  /** Such as `orders:live`: a success ends what stands of the same in the environment. */
  readonly of: string
  readonly commit: string
  /** The environment goes away with what is deployed in it, as a preview's does. */
  readonly transient: boolean
  readonly command: Command
}

/** What of the world it takes to tell GitHub. */
type Told = Pick<World, 'deployments' | 'memory' | 'reporter'>

/** How a story ended, and where what it deployed can be seen. */
export type Shown = Outcome & { readonly url?: string | undefined }

/**
 * Runs a story as a deployment of GitHub: its beginning is told before, its end after, roll-back included. Whatever
 * GitHub does not grant is a warning and changes nothing else. An error of the story is thrown on with the deployment
 * still kept: traffic is mended first, and then `endDeployment` tells the failure.
 */
export async function asDeployment<T extends Shown>(
  wish: DeploymentWish,
  story: () => Promise<T>,
  world: Told,
): Promise<T> {
  const deployment = await begin(wish, world)
  if (deployment === undefined) return await story()
  const outcome = await story()
  await end(deployment, outcome, wish.command, world)
  return outcome
}

/** Tells the end of a deployment that was left open, once what it had begun has been mended. */
export async function endDeployment(
  deployment: Deployment,
  outcome: Shown,
  command: Command,
  world: Told,
): Promise<void> {
  await end(deployment, outcome, command, world)
}

/** Sets all inactive that stand of the same in an environment, as when a preview is taken away. */
export async function retireDeployments(environment: string, of: string, because: string, world: Told): Promise<void> {
  await retire({ environment, of }, () => true, because, world)
}

async function begin(
  { environment, of, commit, transient, command }: DeploymentWish,
  world: Told,
): Promise<Deployment | undefined> {
  const { deployments, memory } = world
  const description = `${command} ${of}`
  const deployment = await granted(world, () => deployments.create({ environment, of, commit, transient, description }))
  if (deployment === undefined) return undefined
  memory.keepDeployment(deployment)
  await granted(world, () => deployments.tell(deployment, 'in_progress', description))
  return deployment
}

async function end(deployment: Deployment, outcome: Shown, command: Command, world: Told): Promise<void> {
  const { result, reason, url } = outcome
  const state = stateAfter(result, command)
  const description = result === 'paused' ? `waits for \`promote\` or \`rollback\`: ${reason}` : reason
  // Whoever finds this process gone from here on tells the end that the story has come to.
  world.memory.keepDeployment(deployment, outcome)
  const told = await granted(world, async () => {
    await world.deployments.tell(deployment, state, description, url)
    return true
  })
  if (told) world.memory.keepDeployment(undefined)
  const isOther = ({ id }: Standing) => id !== deployment.id
  if (told && state === 'success') await retire(deployment, isOther, 'superseded by a later deployment', world)
  // What waited to be taken on is gone with a roll-back; what was deployed before stands.
  const isGone = (standing: Standing) => isOther(standing) && standing.waits
  if (told && result === 'rolled-back') await retire(deployment, isGone, 'rolled back', world)
}

/** GitHub does this by itself neither in production nor in transient environments. */
async function retire(
  { environment, of }: Omit<Deployment, 'id'>,
  which: (standing: Standing) => boolean,
  because: string,
  world: Told,
): Promise<void> {
  const { deployments } = world
  await granted(world, async () => {
    for (const standing of await deployments.standing(environment, of)) {
      if (which(standing)) await deployments.tell(standing, 'inactive', because)
    }
  })
}

function stateAfter(result: Result, command: Command): DeploymentState {
  switch (result) {
    case 'paused':
      return 'in_progress'
    case 'removed':
    case 'planned':
      return 'inactive'
    case 'promoted':
    case 'unchanged':
    case 'previewed':
    case 'pruned':
    case 'rolled-back':
    case 'held':
    case 'stood-aside':
    case 'refused':
    case 'failed':
    case 'part-way':
      return succeeds(result, command) ? 'success' : 'failure'
  }
}

/** What GitHub gives; where it does not, a warning says why. */
async function granted<T>({ reporter }: Told, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    reporter.tell({ kind: 'warning', text: error.message })
    return undefined
  }
}
