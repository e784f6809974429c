import type { AliasSeen } from '../ports.ts'
import type { WatchedAlarm } from '../rollout/alarms.ts'
import type { ChecksReading, Watch } from '../rollout/checks.ts'
import type { Asked, Policy, Progress } from '../rollout/decide.ts'
import { formatJournal, type Run, type Waiting } from '../rollout/journal.ts'
import type { Minute, Shift } from '../rollout/minutes.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import type { Plan } from '../rollout/plan.ts'
import { partWay, whole } from '../rollout/routing.ts'
import { hookRounds } from '../rollout/session.ts'
import { actsFrom, type Guard } from '../rollout/watchdog.ts'

/** One alias of a rollout, as it was found. */
export type Mover = {
  readonly target: Target
  readonly candidate: string
  /** The version that serves and what served before it; undefined when the alias has to be created. */
  readonly stable:
    | { readonly version: string; readonly after: string | undefined; readonly alias: AliasSeen }
    | undefined
  /** What a roll-back writes; undefined: the alias is deleted. */
  readonly back: Asked | undefined
  /** The candidate already has traffic, left by an earlier run. */
  readonly carriesOn: boolean
  /** It was left there on purpose: what ends before the first write leaves it there. */
  readonly waits?: true
  /** Durations (ms) over which an invocation counts as slow: stable's own quantiles, where they are known. */
  readonly cuts?: readonly number[] | undefined
}

/** Everything that a rollout needs to know before its first write. */
export type Rollout = {
  readonly run: Run
  readonly plan: Plan
  readonly policy: Policy
  readonly movers: readonly Mover[]
  /**
   * Others of the same rollout that this wave does not move: those that earlier waves have promoted, and canaries that
   * a dead attempt left in later ones. They are watched over, and a failure takes them back with the rest.
   */
  readonly beside: readonly Moving[]
  /** Waves follow: the last step is not the end. */
  readonly goesOn: boolean
  /** The alarms as they were read before anything was touched. */
  readonly alarms: readonly WatchedAlarm[]
  /** Undefined: no metrics are read. */
  readonly watch: Watch | undefined
  /** The function that is invoked at 100 %, before its bake. */
  readonly afterTraffic: string | undefined
  /** Since when the candidate has waited at the first step's weight (epoch ms): all that time is judged. */
  readonly waitedSince?: number | undefined
}

/**
 * An alias on its way: what was asked last, what was asked and is in doubt, all that ever was, the revision seen last.
 */
export type Moving = Mover & {
  readonly asked: Asked
  readonly doubtful?: Asked | undefined
  readonly history: readonly Asked[]
  readonly revision: string
  /** Every revision that was ever seen here. */
  readonly revisions: readonly string[]
}

/** Where a rollout stands: everything that one turn of its loop hands to the next. */
export type Course = {
  /** Since when the candidate has had traffic, or is about to, epoch milliseconds; the journal says so. */
  readonly began: number
  readonly step: number
  readonly since: number
  /** How many looks there were: of a large fleet each reads some of the aliases, in turn. */
  readonly looks: number
  readonly unknownLooks: number
  readonly moving: readonly Moving[]
  readonly alarms: readonly WatchedAlarm[]
  /** Every weight that came into force, and when. */
  readonly shifts: readonly Shift[]
  /** What the last look saw of each target, minute by minute. */
  readonly minutes: readonly (readonly Minute[])[]
  /** How the checks stood then; undefined where there are none. */
  readonly checks: ChecksReading | undefined
  readonly splitWarned: boolean
  /** Whether the hook at 100 % has run; a text says why it failed. */
  readonly proven: boolean | string
  /** The promotion went ahead although there was nothing to judge by: why. */
  readonly withoutEvidence?: string | undefined
  /** The watchdog as it was set last, where there is one, and whether that was told. */
  readonly guard?: Guard | undefined
  readonly guardTold?: true
  /** A write was put off, since the watchdog could not be set for it. */
  readonly postponed?: true
  /** Refused writes in a row. */
  readonly conflicts: number
  readonly trouble?: string | undefined
}

/**
 * An alias that is still to be created counts as what this run makes of it: whoever else makes one first is a stranger.
 */
export function asFound(mover: Mover, run: Run): Moving {
  const asked = mover.stable?.alias ?? askFor(mover, 1, run, '')
  const revision = mover.stable?.alias.revision ?? ''
  return { ...mover, asked, history: [], revision, revisions: [revision] }
}

/** Whether an alias is not there yet, which is as it should be before its first write. */
export function isStillToCreate({ stable, revision }: Moving): boolean {
  return stable === undefined && revision === ''
}

/** What `decide` needs of it, and of those that are beside it. */
export function progressOf(
  { beside }: Pick<Rollout, 'beside'>,
  { step, since, unknownLooks, proven, moving, guard }: Course,
): Progress {
  const targets = [...moving, ...beside].map(({ target, asked, back, waits, history }) => ({
    name: describeTarget(target),
    asked,
    back,
    waits: waits === true && !history.includes(asked),
  }))
  return {
    step,
    since,
    unknownLooks,
    proven,
    targets,
    guardDue: actsFrom(guard),
    othersCarry: beside.length > 0,
    hookRounds: hookRounds(moving.length),
  }
}

/** What gives the candidate `weight`, in words that say whose it is and what was before. */
export function askFor(mover: Mover, weight: number, run: Run, at: string, state: Waiting['state'] = 'rolling'): Asked {
  const { candidate, stable } = mover
  if (stable === undefined)
    return { routing: whole(candidate), description: formatJournal({ version: candidate, run }) }
  if (weight === 1) {
    const after = numbered(stable.version)
    return { routing: whole(candidate), description: formatJournal({ version: candidate, ...after, run }) }
  }
  const after = stable.after === undefined ? {} : numbered(stable.after)
  const waiting = { version: candidate, state, since: at }
  return {
    routing: partWay(stable.version, candidate, weight),
    description: formatJournal({ version: stable.version, ...after, candidate: waiting, run }),
  }
}

/** `$LATEST` is no version that one could go back to, so the journal does not speak of it. */
function numbered(after: string): { after?: string } {
  return after === '$LATEST' ? {} : { after }
}

/** The alias as it is known once its revision has been seen. */
export function atRevision(mover: Moving, revision: string): Moving {
  const { revisions } = mover
  return { ...mover, revision, revisions: revisions.includes(revision) ? revisions : [...revisions, revision] }
}

/**
 * Whether what was read is older than what is known. Every write makes a new revision, so one that was seen before the
 * last comes from a replica that lags behind. That Lambda reads its own writes at once is not documented.
 */
export function isOutdated({ revision, revisions }: Moving, read: string): boolean {
  return read !== revision && revisions.includes(read)
}
