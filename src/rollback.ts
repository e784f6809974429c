import { anotherAccount, versionOf } from './beginning/found.ts'
import type { Named, RollbackInputs } from './inputs.ts'
import { patiently } from './mending/patience.ts'
import { type Restored, restore, withoutMove } from './mending/restore.ts'
import { type AliasSeen, CallFailed, type World } from './ports.ts'
import { problemOf } from './problem.ts'
import { askForBack, type Back, backFrom, describeBack, isSpared } from './rollout/back.ts'
import type { Asked } from './rollout/decide.ts'
import type { Run } from './rollout/journal.ts'
import {
  describeTarget,
  leftPartWay,
  type Outcome,
  refused,
  serveCommand,
  type Target,
  type TargetEnd,
  together,
} from './rollout/outcome.ts'
import { describeRouting, primary } from './rollout/routing.ts'

/**
 * The alias → back to where it was; of several each by itself, since no canary is to wait for another alias. It needs
 * nothing but the alias, so that it works when all else is broken; and it outranks whoever is at work there, since a
 * person asked for it.
 */
export async function rollback(inputs: RollbackInputs, run: Run, world: World): Promise<Outcome> {
  const looks = inputs.targets.map(({ target }) => patiently(() => world.aliases.read(target), world))
  const fleet = Promise.allSettled(looks).then(all => ({
    read: all.flatMap(look => ('value' in look ? (look.value ?? []) : [])),
    unread: all.filter(({ status }) => status === 'rejected').length,
  }))
  const ends = await Promise.all(
    inputs.targets.map(async (named, i): Promise<TargetEnd> => {
      return { target: named.target, ...(await goBackOrSay(named, looks[i], fleet, inputs, run, world)) }
    }),
  )
  return together(ends)
}

/** The alias as it was found first, and those of all targets, as far as they can be read. */
type Look = Promise<AliasSeen | undefined> | undefined
type Fleet = Promise<{ readonly read: readonly AliasSeen[]; readonly unread: number }>

async function goBackOrSay(
  named: Named,
  look: Look,
  fleet: Fleet,
  inputs: RollbackInputs,
  run: Run,
  world: World,
): Promise<Outcome> {
  try {
    return await goBack(named, look, fleet, inputs, run, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return refused([problem])
  }
}

/** So often at most is it decided anew because somebody has written what makes less of a roll-back do. */
const triesAllowed = 5

async function goBack(
  { target, arn }: Named,
  look: Look,
  fleet: Fleet,
  { version, dryRun }: RollbackInputs,
  run: Run,
  world: World,
): Promise<Outcome> {
  const name = describeTarget(target)
  const named = version && (await versionOf(version, target, world))
  for (let tries = 1; ; tries++) {
    const found = await (tries === 1 ? look : patiently(() => world.aliases.read(target), world))
    if (found === undefined && tries > 1) return { result: 'stood-aside', reason: `somebody else deleted ${name}` }
    if (found === undefined) return refused([`there is no alias ${name}; correct \`function-name\` or \`alias\``])
    if (arn !== undefined && found.arn !== `${arn}:${target.alias}`) return refused([anotherAccount(arn, found.arn)])
    const alias = await withoutMove(target, found, world)
    if (tries === 1) world.reporter.tell({ kind: 'found', target, alias, stable: undefined })
    const back = backFrom(alias, named)
    const others = named === undefined && tries === 1 && back.kind !== 'drop' ? await fleet : { read: [], unread: 0 }
    if (others.unread > 0) {
      const because = `${name} has no canary, and whether the others have one is not known, since not all can be read`
      return refused([`${because}; it was not taken back, give \`version\` to do so all the same`])
    }
    if (isSpared(alias, others.read)) {
      const reason = `${name} serves ${describeRouting(alias.routing)}; the canaries of the others are what is taken away first`
      return { result: 'unchanged', reason }
    }
    if (back.kind === 'unknown') return refused([await unknown(target, back.because, world)])
    if (back.kind === 'there' || dryRun) tellVersion(target, alias, back.version, world)
    if (back.kind === 'there')
      return { result: 'unchanged', reason: `${name} already serves version ${back.version} alone` }
    if (dryRun) return { result: 'planned', reason: `${name}: ${describeBack(back)}; nothing was changed` }
    const restored = await write(target, found, back, run, world)
    const isLess = restored.kind === 'stood-aside' && !restored.after && tries < triesAllowed
    if (isLess) continue
    if (back.kind === 'drop' && named !== undefined && named !== back.version) tellRest(named, world)
    if (restored.kind === 'restored') tellVersion(target, alias, back.version, world)
    return await outcomeOf(target, back, restored, world)
  }
}

function tellRest(named: string, { reporter }: World): void {
  const text = `A canary was there, and dropping it is all that was done; run it once more to go back to version ${named}`
  reporter.tell({ kind: 'warning', text })
}

/**
 * Whatever stands there is written over, but for a canary beside the version that was to be left: the read that this
 * came from was outdated, or somebody has just begun, and to drop the canary is all that is asked for then.
 */
async function write(
  target: Target,
  alias: AliasSeen,
  back: Extract<Back, { kind: 'drop' | 'go' }>,
  run: Run,
  world: World,
): Promise<Restored> {
  const asked = askForBack(back, run)
  const outranks = ({ routing }: Asked) =>
    back.kind === 'drop' ||
    alias.routing.kind === 'part-way' ||
    routing.kind === 'whole' ||
    routing.stable !== back.from
  return await restore({ target, back: asked, ours: [alias], carried: true, revision: alias.revision, outranks }, world)
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
  return `${describeTarget(target)} has no canary, and does not tell what it served before (${because}); give \`version\`; ${await listed(target, world)}`
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
function tellVersion(target: Target, alias: AliasSeen, version: string, { reporter }: World): void {
  reporter.tell({ kind: 'version', target, version, arn: alias.arn.replace(/[^:]+$/, version), codeSha256: '' })
}
