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
  /** How it ended for each target, where that is known of each. */
  readonly targets?: readonly TargetEnd[]
  /** Each thing that was in the way, where there are several. */
  readonly problems?: readonly string[]
}

/** How a run ended for one of its targets. */
export type TargetEnd = {
  readonly target: Target
  readonly result: Result
  readonly reason: string
  /** The command that mends what could not be made whole. */
  readonly cure?: string
  /** The version that a promotion has replaced. */
  readonly replaced?: string | undefined
}

const goodEnds: readonly Result[] = ['paused', 'planned', 'promoted', 'previewed', 'removed', 'pruned', 'unchanged']
const badEnds: readonly Result[] = ['part-way', 'stood-aside', 'held', 'rolled-back', 'failed', 'refused']

/** From the end that needs somebody most to the one that needs nobody. */
const severity: readonly Result[] = [...badEnds, ...goodEnds]

/**
 * The end of a run over several targets: what the worst of them came to, for all that came to it. Every command that
 * mends one of them is told.
 */
export function together(ends: readonly TargetEnd[]): Outcome {
  const [first] = ends.toSorted((a, b) => severity.indexOf(a.result) - severity.indexOf(b.result))
  if (first === undefined) return { result: 'unchanged', reason: 'there was nothing to do' }
  if (ends.length === 1) {
    const { target: _, replaced: __, ...outcome } = first
    return outcome
  }
  const { result } = first
  const same = ends.filter(end => end.result === result)
  const cures = same.flatMap(({ cure }) => cure ?? [])
  const others = ends.length - same.length
  const told = same.slice(0, manyTargets).map(({ reason }) => reason)
  const more = same.length > manyTargets ? [`and ${same.length - manyTargets} more that ended ${result}`] : []
  const rest = others === 0 ? [] : [describeRest(ends.filter(end => end.result !== result))]
  return {
    result,
    reason: [...told, ...more, ...rest].join('; '),
    ...(cures.length > 0 && { cure: cures.join('\n') }),
    targets: ends,
  }
}

/** Of more targets than this not each is told of in a sentence: it would not be read. */
export const manyTargets = 3

/** `orders:live, billing:live ended rolled-back`. */
function describeRest(ends: readonly TargetEnd[]): string {
  const groups = Map.groupBy(ends, ({ result }) => result)
  return [...groups]
    .map(([result, some]) => `${describeTargets(some.map(({ target }) => target))} ended ${result}`)
    .join('; ')
}

/**
 * The end, with what became of those targets in `more` that it does not tell of itself. Where it does not tell its
 * targets apart, it is the end of each in `spoken`.
 */
export function withTargets(outcome: Outcome, more: readonly TargetEnd[], spoken: readonly Target[] = []): Outcome {
  const { result, reason, cure } = outcome
  const ends =
    outcome.targets ?? spoken.map(target => ({ target, result, reason, ...(cure !== undefined && { cure }) }))
  const told = new Set(ends.map(({ target }) => describeTarget(target)))
  const others = more.filter(({ target }) => !told.has(describeTarget(target)))
  return others.length === 0 ? outcome : { ...outcome, targets: [...ends, ...others] }
}

/** The end of a run that touched nothing. */
export function refused(all: readonly string[]): Outcome {
  const more = all.length - mostProblems
  const problems = more > 0 ? [...all.slice(0, mostProblems), `and ${more} more`] : all
  return { result: 'refused', reason: problems.join('; '), problems }
}

/** So many problems are told at once; whoever has more will not read them all. */
const mostProblems = 30

/** Whether the step succeeds. A roll-back is what `rollback` is asked for, and a failure for all others. */
export function succeeds(result: Result, command: Command): boolean {
  return goodEnds.includes(result) || (result === 'rolled-back' && command === 'rollback')
}

/** `orders:live`, or `orders` where no alias is meant. */
export function describeTarget({ functionName, alias }: Place): string {
  return alias === undefined ? functionName : `${functionName}:${alias}`
}

/** `orders:live`, or `orders:live, billing:live and 28 more`. */
export function describeTargets(places: readonly Place[]): string {
  const names = places.map(describeTarget)
  return names.length <= manyTargets ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

/** `orders:live in eu-west-1`: what a deployment of GitHub's is of, apart from the same in other regions. */
export function describeWhere(places: readonly Place[]): string {
  return `${places.map(describeTarget).join(', ')} in ${places[0]?.region ?? ''}`
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
