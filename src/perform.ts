import { deploy } from './deploy.ts'
import { asDeployment } from './deployment.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './ports.ts'
import { preview } from './preview.ts'
import { promote } from './promote.ts'
import { prune } from './prune.ts'
import { retainAfterPromotion } from './retain.ts'
import { rollback } from './rollback.ts'
import { removeWatchdog } from './rolling/watchdog.ts'
import type { Run } from './rollout/journal.ts'
import { describeWhere, type Outcome, type Place } from './rollout/outcome.ts'

/**
 * Does what the step is asked for: one story a command, and around those that deploy something GitHub's record of it.
 */
export async function perform(inputs: Inputs, run: Run, world: World): Promise<Outcome> {
  switch (inputs.command) {
    case 'deploy':
      return await recorded(inputs, run, world, async () => afterwards(inputs, world, await deploy(inputs, run, world)))
    case 'promote':
      return await recorded(inputs, run, world, async () =>
        afterwards(inputs, world, await promote(inputs, run, world)),
      )
    case 'rollback':
      return await rollbackFirst(inputs, run, world)
    case 'preview': {
      const story = () => preview(inputs, run, world)
      return inputs.shows === undefined ? await story() : await recorded(inputs, run, world, story)
    }
    case 'prune':
      return await prune(inputs, run, world)
  }
}

/** In an incident nothing is waited for: GitHub is told once it is done. */
async function rollbackFirst(
  inputs: Extract<Inputs, { command: 'rollback' }>,
  run: Run,
  world: World,
): Promise<Outcome> {
  const outcome = await rollback(inputs, run, world)
  return await recorded(inputs, run, world, async () => outcome)
}

/** The functions, with an alias of each where it is about one, that a step is about. */
export function placesOf(inputs: Inputs): readonly Place[] {
  switch (inputs.command) {
    case 'deploy':
    case 'promote':
    case 'rollback':
      return inputs.targets.map(({ target }) => target)
    case 'preview':
      return [inputs.target]
    case 'prune':
      return [{ functionName: inputs.functionName, region: inputs.region }]
  }
}

/** The run as it signs: of a preview the commit that people know, and not the merge of it that the workflow runs on. */
export function writerOf(inputs: Inputs, run: Run): Run {
  return inputs.command === 'preview' ? { ...run, commit: inputs.pull.commit } : run
}

/** A deployment on GitHub, where an environment is named for it; a dry run deploys nothing. */
async function recorded(inputs: Inputs, run: Run, world: World, story: () => Promise<Outcome>): Promise<Outcome> {
  const { environment, command, dryRun } = inputs
  if (environment === undefined || dryRun) return await story()
  const wish = {
    environment,
    of: describeWhere(placesOf(inputs)),
    commit: run.commit,
    transient: command === 'preview',
    command,
  }
  return await asDeployment(wish, story, world)
}

/** Commands that roll something out. */
type Rolling = Extract<Inputs, { command: 'deploy' | 'promote' }>

async function afterwards(inputs: Rolling, world: World, outcome: Outcome): Promise<Outcome> {
  return await retaining(inputs, world, await withoutWatchdog(inputs, world, outcome))
}

/** What stands as it should is not to be undone by the watchdog of a run that died after it had promoted it. */
async function withoutWatchdog({ targets, dryRun }: Rolling, world: World, outcome: Outcome): Promise<Outcome> {
  if (outcome.result !== 'unchanged' || dryRun) return outcome
  await removeWatchdog(
    targets.map(({ target }) => target),
    world,
  )
  return outcome
}

/** After a promotion, the versions that are too many go. */
async function retaining({ keepVersions }: Rolling, world: World, outcome: Outcome): Promise<Outcome> {
  if (outcome.result !== 'promoted' || keepVersions === undefined) return outcome
  for (const { target, result, replaced } of outcome.targets ?? []) {
    if (result !== 'promoted' || world.cancel.aborted) continue
    await retainAfterPromotion(target, keepVersions, replaced, world)
  }
  return outcome
}
