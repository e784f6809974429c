import { describeRouting, type Routing } from './routing.ts'

/** What the action can be told to do. */
export type Command = 'deploy' | 'promote' | 'rollback' | 'preview' | 'prune'

/** The function and alias that a rollout moves. */
export type Target = { readonly functionName: string; readonly alias: string; readonly region: string }

/** A function, and one alias of it where a run is about one. */
export type Place = Omit<Target, 'alias'> & { readonly alias?: string | undefined }

/** How a run ended; the `result` output. */
export type Result =
  | 'promoted'
  | 'unchanged'
  | 'paused'
  | 'planned'
  | 'previewed'
  | 'removed'
  | 'pruned'
  | 'rolled-back'
  | 'held'
  | 'stood-aside'
  | 'refused'
  | 'failed'
  | 'part-way'

/** How a run ended and why, in one sentence. */
export type Outcome = {
  readonly result: Result
  readonly reason: string
  /** The command that mends what could not be made whole. */
  readonly cure?: string
  /** The version that a promotion has replaced. */
  readonly replaced?: string | undefined
  /** Each thing that was in the way, where there are several. */
  readonly problems?: readonly string[]
}

/** The end of a run that touched nothing. */
export function refused(all: readonly string[]): Outcome {
  const more = all.length - mostProblems
  const problems = more > 0 ? [...all.slice(0, mostProblems), `and ${more} more`] : all
  return { result: 'refused', reason: problems.join('; '), problems }
}

/** So many problems are told at once; whoever has more will not read them all. */
const mostProblems = 30

const goodEnds: ReadonlySet<Result> = new Set([
  ...(['promoted', 'unchanged', 'paused', 'planned', 'previewed', 'removed', 'pruned'] as const),
])

/** Whether the step succeeds. A roll-back is what `rollback` is asked for, and a failure for all others. */
export function succeeds(result: Result, command: Command): boolean {
  return goodEnds.has(result) || (result === 'rolled-back' && command === 'rollback')
}

/** `orders:live`, or `orders` where no alias is meant. */
export function describeTarget({ functionName, alias }: Place): string {
  return alias === undefined ? functionName : `${functionName}:${alias}`
}

/** `orders:live in eu-west-1`: what a deployment of GitHub's is of, apart from the same in other regions. */
export function describeWhere(place: Place): string {
  return `${describeTarget(place)} in ${place.region}`
}

/** The AWS CLI command that gives a version all of an alias's traffic. */
export function serveCommand({ functionName, alias, region }: Target, version: string): string {
  return `aws lambda update-alias --region ${region} --function-name ${functionName} --name ${alias} --function-version ${shellSafe(version)} --routing-config AdditionalVersionWeights={}`
}

/** The AWS CLI command that takes an alias away. */
export function deleteCommand({ functionName, alias, region }: Target): string {
  return `aws lambda delete-alias --region ${region} --function-name ${functionName} --name ${alias}`
}

/** The end of a run that could not leave the alias whole: how it stands, and the command that mends it. */
export function leftPartWay(target: Target, routing: Routing | undefined, because: string, cure: string): Outcome {
  const stands = routing === undefined ? 'its state could not be read' : `it serves ${describeRouting(routing)}`
  return {
    result: 'part-way',
    reason: `${describeTarget(target)} could not be made whole (${stands}): ${because}; run \`${cure}\``,
    cure,
  }
}

function shellSafe(version: string): string {
  return version === '$LATEST' ? `'$LATEST'` : version
}
