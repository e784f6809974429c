import type { AliasSeen } from '../ports.ts'
import type { Moving } from '../rolling/course.ts'
import { type Outcome, refused, type TargetEnd } from '../rollout/outcome.ts'

/** What a run has done so far; it decides what its end is called when something goes wrong. */
export type Traces = {
  touched: boolean
  /** Something of a function was changed, or is about to be. */
  released: boolean
  /** What was taken away before anything else, in a sentence, and of which aliases. */
  dropped?: { readonly reason: string; readonly ends: readonly TargetEnd[] }
  /** The aliases as they were seen first, by function and name. */
  readonly seen: Map<string, AliasSeen>
  /** What an earlier attempt of this run has promoted before it died, once that is known. */
  promoted: readonly Moving[]
  /** It is known that no dead run's canary is on any alias, or that it is dealt with. */
  clear: boolean
}

/** Those of a run that has done nothing yet. */
export function noTraces(): Traces {
  return { touched: false, released: false, clear: false, promoted: [], seen: new Map() }
}

/** The end of a run that something was in the way of, after what it has done so far. */
export function endOf({ touched, dropped }: Pick<Traces, 'touched' | 'dropped'>, problems: readonly string[]): Outcome {
  if (!touched) return refused(problems)
  const because = problems.join('; ')
  return dropped === undefined
    ? { result: 'failed', reason: because, problems }
    : {
        result: 'rolled-back',
        reason: `${dropped.reason}; then: ${because}`,
        ...(dropped.ends.length > 0 && { targets: dropped.ends }),
      }
}

/**
 * The end of a run that had dropped a dead run's canary before: it has touched the alias, whatever it did after that.
 */
export function afterDrop(outcome: Outcome, { dropped }: Traces): Outcome {
  if (dropped === undefined) return outcome
  const reason = `${dropped.reason}; then: ${outcome.reason}`
  const isDropped = ({ target }: TargetEnd) => dropped.ends.some(end => end.target === target)
  switch (outcome.result) {
    case 'failed': {
      const targets = outcome.targets?.map(end => (isDropped(end) ? { ...end, result: 'rolled-back' as const } : end))
      return { ...outcome, result: 'rolled-back', reason, ...(targets && { targets }) }
    }
    case 'unchanged':
      return { ...outcome, reason }
    default:
      return outcome
  }
}
