import { Failure } from '../failure.ts'
import type { Making } from '../inputs/making.ts'
import type { DeployTarget, VersionNamed } from '../inputs.ts'
import { withoutMove } from '../mending/restore.ts'
import type { AliasSeen, FunctionSeen, Packed, Triggers, World } from '../ports.ts'
import { sameVersion } from '../releasing/release.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import { describeRouting, primary } from '../rollout/routing.ts'
import { overlay, type Settings } from '../rollout/settings.ts'

/** So many functions are read at once: more would be no faster, as few calls a second as Lambda takes. */
export const readAtOnce = 20

/** Everything that is read of a target before anything is changed. */
export type Found = {
  readonly latest: FunctionSeen | undefined
  readonly alias: AliasSeen | undefined
  /** The version that the alias serves, and the one with the smaller share, if there is one. */
  readonly stable: FunctionSeen | undefined
  readonly canary: FunctionSeen | undefined
  /** The version that was named instead of an artifact. */
  readonly chosen: FunctionSeen | undefined
  /** What invokes `$LATEST`, which an artifact replaces at once. */
  readonly triggers: Triggers | undefined
  /** The configuration that the candidate will have, and the hash of its code where that is known. */
  readonly candidateSettings: Settings
  readonly knownSha256: string | undefined
  /** Whether a version is what this run would roll out. */
  readonly isOurs: (version: FunctionSeen) => boolean
  /** What cannot work, so far. */
  readonly problems: readonly string[]
}

/** Reads all of it, what can be read at once at once. Throws `Failure` for what makes no sense to go on from. */
export async function readFound(
  wish: DeployTarget,
  { configuration }: Pick<Making, 'configuration'>,
  packed: Packed | undefined,
  world: World,
  noting?: (alias: AliasSeen | undefined) => void,
): Promise<Found> {
  const { target, source } = wish
  const { functions } = world
  const byVersion = source.kind === 'version' || source.kind === 'version-of'
  const [latest, alias, chosen] = await Promise.all([
    functions.latest(target.functionName),
    readAlias(target, world).then(alias => {
      noting?.(alias)
      return alias
    }),
    byVersion ? readChosen(target, source, world) : undefined,
  ])
  checkFunction(wish, latest, configuration)
  const named = async (version: string | undefined) =>
    version === undefined ? undefined : await functions.version(target.functionName, version)
  const [stable, canary, triggers] = await Promise.all([
    named(alias && primary(alias.routing)),
    named(alias?.routing.kind === 'part-way' ? alias.routing.candidate : undefined),
    byVersion || latest === undefined ? undefined : functions.triggers(target.functionName),
  ])
  const candidateSettings = chosen?.settings ?? overlay(latest?.settings ?? {}, configuration)
  const knownSha256 = chosen?.codeSha256 ?? packed?.sha256 ?? digestOf(source)
  return {
    latest,
    alias,
    stable,
    canary,
    chosen,
    triggers,
    candidateSettings,
    knownSha256,
    isOurs: version =>
      chosen !== undefined
        ? chosen.version === version.version
        : version.version !== '$LATEST' &&
          knownSha256 !== undefined &&
          sameVersion({ codeSha256: knownSha256, settings: candidateSettings }, version),
    problems: stateProblems(target, byVersion ? undefined : latest),
  }
}

/** The alias as somebody has asked for it, whatever AWS makes of it for a while. */
export async function readAlias(target: Target, world: World): Promise<AliasSeen | undefined> {
  const alias = await world.aliases.read(target, world.cancel)
  return alias && (await withoutMove(target, alias, world))
}

/** The version that is named in place of an artifact: by its number or by an alias that serves it. Throws `Failure`. */
export async function readChosen(target: Target, source: VersionNamed, world: World): Promise<FunctionSeen> {
  const { functionName } = target
  const number = await versionOf(source, target, world)
  const version = await world.functions.version(functionName, number)
  if (version === undefined) {
    throw new Failure(
      `${functionName} has no version ${number}; \`aws lambda list-versions-by-function --region ${target.region} --function-name ${functionName}\` lists those it has`,
    )
  }
  if (source.kind === 'version-of') {
    const from = describeTarget({ ...target, alias: source.alias })
    const text = `${from} serves version ${number}, code sha256 ${version.codeSha256}: the very version to be rolled out on ${describeTarget(target)}`
    world.reporter.tell({ kind: 'note', text })
  }
  return version
}

/** The number of a version that is named, or of the one that another alias serves. Throws `Failure`. */
export async function versionOf(source: VersionNamed, target: Target, { aliases }: World): Promise<string> {
  if (source.kind === 'version') return source.version
  const from = { ...target, alias: source.alias }
  const alias = await aliases.read(from)
  if (alias === undefined)
    throw new Failure(
      `${target.functionName} has no alias ${source.alias}, whose version was to be taken; correct \`version\``,
    )
  if (alias.routing.kind === 'part-way' || alias.routing.version === '$LATEST') {
    throw new Failure(
      `${describeTarget(from)} serves ${describeRouting(alias.routing)}, and \`version\` needs an alias that is whole on a published version; give a version's number instead`,
    )
  }
  return alias.routing.version
}

/** A function is named by an ARN, and the credentials know another one of its name. */
export function anotherAccount(arn: string, leadTo: string): string {
  return `\`function-name\` is ${arn} and the credentials lead to ${leadTo}; use credentials of the function's account`
}

/** Refuses a function that is not there, is another account's, or cannot take such code. Throws `Failure`. */
export function checkFunction(
  { target, arn, source }: DeployTarget,
  latest: FunctionSeen | undefined,
  configuration: Settings,
): void {
  const { functionName, region } = target
  if (latest === undefined) {
    if (source.kind === 'version' || source.kind === 'version-of') {
      throw new Failure(
        `there is no function ${functionName} in ${region}; correct \`function-name\` or \`aws-region\``,
      )
    }
    const needed = source.kind === 'image' ? ['Role'] : ['Role', 'Runtime', 'Handler']
    const absent = needed.filter(name => !(name in configuration))
    if (absent.length === 0) return
    throw new Failure(
      `there is no function ${functionName} in ${region}; correct \`function-name\` or \`aws-region\`, or add ${absent.join(', ')} to \`configuration\` so that it can be created`,
    )
  }
  if (arn !== undefined && latest.arn !== arn) {
    throw new Failure(anotherAccount(arn, latest.arn))
  }
  const isImage = source.kind === 'image'
  if (source.kind !== 'version' && source.kind !== 'version-of' && isImage !== (latest.packageType === 'Image')) {
    throw new Failure(
      `${functionName} is a function of package type ${latest.packageType} and \`artifact\` is ${isImage ? 'an image' : 'a zip'}; Lambda cannot change the type, so give ${isImage ? 'a zip or directory' : 'an image'}`,
    )
  }
}

/** What keeps a function from being updated in the state that it is in. */
export function stateProblems({ functionName }: Target, latest: FunctionSeen | undefined): readonly string[] {
  const state = latest?.state
  if (latest === undefined || state === undefined || state === 'Active' || state === 'Pending') return []
  const why = [latest.stateReasonCode, latest.stateReason].filter(Boolean).join(': ')
  return [
    `${functionName} is ${state}${why === '' ? '' : ` (${why})`} and cannot be updated; ${state === 'Inactive' ? 'invoke it once to wake it up' : 'mend or recreate it'}, then re-run`,
  ]
}

/** An image named by its digest tells its hash before Lambda has it; one named by a tag does not. */
export function digestOf(source: DeployTarget['source']): string | undefined {
  return source.kind === 'image' ? /@sha256:([0-9a-f]{64})$/.exec(source.uri)?.[1] : undefined
}
