import { describeRouting, type Routing } from './routing.ts'

/** The function and alias that a rollout moves. */
export type Target = { readonly functionName: string; readonly alias: string; readonly region: string }

/** How a run ended; the `result` output. */
export type Result =
  | 'promoted'
  | 'unchanged'
  | 'planned'
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
  /** Each thing that was in the way, where there are several. */
  readonly problems?: readonly string[]
}

/** The end of a run that touched nothing. */
export function refused(problems: readonly string[]): Outcome {
  return { result: 'refused', reason: problems.join('; '), problems }
}

/** Whether the step succeeds. */
export function succeeds(result: Result): boolean {
  return result === 'promoted' || result === 'unchanged' || result === 'planned'
}

/** `orders:live`. */
export function describeTarget({ functionName, alias }: Target): string {
  return `${functionName}:${alias}`
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
