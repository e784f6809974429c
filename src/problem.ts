import { Failure } from './failure.ts'
import { CallFailed, type World } from './ports.ts'

/**
 * What AWS, GitHub or a person has ended a run with; undefined for a mistake of our own. `when` is said of a cancel.
 */
export function problemOf(
  error: unknown,
  { cancel }: Pick<World, 'cancel'>,
  when = 'before any traffic moved',
): string | undefined {
  if (cancel.aborted && error instanceof Error && error.name === 'AbortError') {
    return `the workflow was cancelled ${when}`.trimEnd()
  }
  return error instanceof Failure || error instanceof CallFailed ? error.message : undefined
}

/**
 * Whether a change that failed may have been made all the same: what AWS denies or rejects was not, a lost answer tells
 * nothing.
 */
export function mayBeDone(error: unknown): boolean {
  return !(error instanceof CallFailed) || error.kind === 'unavailable'
}
