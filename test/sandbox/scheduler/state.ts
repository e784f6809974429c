import type { Input } from '../input.ts'

/** How Scheduler does what AWS leaves open, or leaves to chance. */
export type SchedulerOptions = {
  /** How long after its time a schedule is run, in ms: AWS says within the minute. */
  readonly lateMs: number
  /** Whether an empty map in a target's input reaches the target. Nobody has told; dropped is the worse case. */
  readonly emptyMaps: 'kept' | 'dropped'
  /** What becomes of a schedule whose time is past when it is made: AWS takes it, and what then is not known. */
  readonly past: 'run' | 'never run'
  /** The schedule groups that there are. */
  readonly groups: readonly string[]
}

/** What a run of a schedule came to. */
export type RunResult =
  | { readonly kind: 'applied' }
  | { readonly kind: 'failed'; readonly status: number; readonly error: string; readonly message: string }

/** One call of a schedule's target, at a time in ms; the first attempt is 1. */
export type Run = { readonly at: number; readonly attempt: number; readonly result: RunResult }

/** Run anew so often, and not when the schedule's time is longer ago than that. */
export type RetryPolicy = { readonly MaximumEventAgeInSeconds: number; readonly MaximumRetryAttempts: number }

/** What its owner says of a schedule; all of it is replaced by an update. */
export type Settings = {
  readonly expression: string
  readonly timezone: string
  /** The time that the two make, in ms of the epoch. */
  readonly at: number
  readonly state: 'ENABLED' | 'DISABLED'
  readonly afterCompletion: 'NONE' | 'DELETE'
  readonly description: string | undefined
  readonly role: string
  readonly targetArn: string
  readonly input: string | undefined
  readonly retryPolicy: RetryPolicy
  /** Members that a one-time schedule keeps and does not heed. */
  readonly dates: Input
}

export type Schedule = {
  readonly name: string
  readonly group: string
  readonly created: number
  modified: number
  settings: Settings
  /** When its target is called next, in ms; undefined where nothing is due. */
  next: number | undefined
  attempt: number
  readonly runs: Run[]
  removed: 'after its run' | 'by a call' | undefined
}

/** What a call with a client token was, so that the same again is not done twice. */
export type Remembered = { readonly call: string; readonly body: Input }

/** A failure that a test has ordered for the next call of a target. */
export type TargetFailure =
  | { readonly kind: 'throttle' }
  | { readonly kind: 'error'; readonly status: number; readonly name: string; readonly message: string }

export type SchedulerState = {
  /** By group and name: those that are there. */
  readonly schedules: Map<string, Schedule>
  /** All that ever were, oldest first. */
  readonly all: Schedule[]
  readonly tokens: Map<string, Remembered>
  failures: readonly TargetFailure[]
}

export function newScheduler(): SchedulerState {
  return { schedules: new Map(), all: [], tokens: new Map(), failures: [] }
}
