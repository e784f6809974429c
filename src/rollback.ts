import { versionOf } from './found.ts'
import type { RollbackInputs } from './inputs.ts'
import { type AliasSeen, CallFailed, type World } from './ports.ts'
import { problemOf } from './problem.ts'
import { type Restored, restore } from './restore.ts'
import { askForBack, type Back, backFrom, describeBack } from './rollout/back.ts'
import type { Run } from './rollout/journal.ts'
import { describeTarget, leftPartWay, type Outcome, refused, serveCommand, type Target } from './rollout/outcome.ts'
import { primary } from './rollout/routing.ts'

/**
 * The alias → back to where it was. It needs nothing but the alias, so that it works when all else is broken; and it
 * outranks whoever is at work there, since a person asked for it.
 */
export async function rollback(inputs: RollbackInputs, run: Run, world: World): Promise<Outcome> {
  try {
    return await goBack(inputs, run, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return refused([problem])
  }
}

async function goBack({ target, version, dryRun }: RollbackInputs, run: Run, world: World): Promise<Outcome> {
  const name = describeTarget(target)
  const alias = await world.aliases.read(target)
  if (alias === undefined) return refused([`there is no alias ${name}; correct \`function-name\` or \`alias\``])
  world.reporter.tell({ kind: 'found', alias, stable: undefined })
  const named = version && (await versionOf(version, target, world))
  const back = backFrom(alias, named)
  if (back.kind === 'unknown') return refused([await unknown(target, back.because, world)])
  tellVersion(alias, back.version, world)
  if (back.kind === 'there')
    return { result: 'unchanged', reason: `${name} already serves version ${back.version} alone` }
  if (back.kind === 'drop' && named !== undefined && named !== back.version) {
    const text = `A canary was there, and dropping it is all that was done; run it once more to go back to version ${named}`
    world.reporter.tell({ kind: 'warning', text })
  }
  if (dryRun) return { result: 'planned', reason: `${name}: ${describeBack(back)}; nothing was changed` }
  return await write(target, alias, back, run, world)
}

async function write(
  target: Target,
  alias: AliasSeen,
  back: Extract<Back, { kind: 'drop' | 'go' }>,
  run: Run,
  world: World,
): Promise<Outcome> {
  const asked = askForBack(back, run)
  const restoration = {
    target,
    back: asked,
    ours: [alias],
    carried: true,
    revision: alias.revision,
    outranks: true as const,
  }
  const restored = await restore(restoration, world)
  return await outcomeOf(target, back, restored, world)
}

async function outcomeOf(
  target: Target,
  back: Extract<Back, { kind: 'drop' | 'go' }>,
  restored: Restored,
  world: World,
): Promise<Outcome> {
  const name = describeTarget(target)
  const from = back.kind === 'drop' ? back.canary : back.from
  switch (restored.kind) {
    case 'restored':
      return restored.wrote
        ? {
            result: 'rolled-back',
            reason: `version ${from} was taken away and ${name} serves version ${back.version} alone`,
          }
        : {
            result: 'unchanged',
            reason: `somebody else was faster: ${name} serves version ${back.version} alone already`,
          }
    case 'stood-aside':
      return { result: 'stood-aside', reason: restored.because }
    case 'stuck': {
      const { routing, because, rejected } = restored
      if (routing?.kind === 'whole') {
        // A version that is no longer there is the usual reason for AWS to reject going back to it.
        const cure = rejected ? `; ${await listed(target, world)}` : ''
        return refused([
          `${name} still serves version ${primary(routing)}, since it could not be moved: ${because}${cure}`,
        ])
      }
      return leftPartWay(target, routing, because, serveCommand(target, back.version))
    }
  }
}

async function unknown(target: Target, because: string, world: World): Promise<string> {
  return `${describeTarget(target)} has no canary, and which version it served before is not known: ${because}; give \`version\`: ${await listed(target, world)}`
}

/** The versions that there are, newest first, as far as they may be listed. */
async function listed({ functionName, region }: Target, { versions }: World): Promise<string> {
  try {
    const list = (await versions.list(functionName)) ?? []
    const newest = list.toReversed().slice(0, mostListed)
    const named = newest.map(({ version, description }) =>
      description === '' ? version : `${version} (${description})`,
    )
    const more = list.length > newest.length ? ` and ${list.length - newest.length} older ones` : ''
    return `the versions of ${functionName} are ${named.join(', ')}${more}`
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return `\`aws lambda list-versions-by-function --region ${region} --function-name ${functionName}\` lists those there are (${error.message})`
  }
}

const mostListed = 20

/** The version that will serve; nothing is read of it, since nothing is needed. */
function tellVersion(alias: AliasSeen, version: string, { reporter }: World): void {
  reporter.tell({ kind: 'version', version, arn: alias.arn.replace(/[^:]+$/, version), codeSha256: '' })
}
