import {
  describeRun,
  earlierAttempt,
  type Journal,
  leftAt,
  newerRun,
  type Run,
  sameWorkflow,
  type Waiting,
} from './journal.ts'
import { minuteMs } from './minutes.ts'
import { describeRouting, type Routing } from './routing.ts'

/** An alias as it is found. */
export type FoundAlias = { readonly name: string; readonly routing: Routing; readonly journal?: Journal | undefined }

/** How a rollout starts on what it finds. */
export type Beginning =
  | { readonly kind: 'create' }
  | { readonly kind: 'fresh'; readonly stable: string }
  | {
      readonly kind: 'carry-on'
      readonly stable: string
      readonly weight: number
      readonly whose: Run
      /** Since when the candidate has had traffic (epoch ms), where that counts. */
      readonly since?: number | undefined
    }
  | { readonly kind: 'drop'; readonly stable: string; readonly canary: string; readonly whose: Run }
  | TakingOn
  | {
      readonly kind: 'refuse'
      readonly because: string
      /** It was paused by an earlier attempt of this very run, which carries on what others of it are still rolling. */
      readonly resumes?: Extract<Beginning, { kind: 'carry-on' }>
    }

/** A canary that waits on the alias: left by whom and since when (epoch ms), as far as that is known. */
export type TakingOn = {
  readonly kind: 'take-on'
  readonly stable: string
  readonly canary: string
  readonly weight: number
  readonly whose: Run | undefined
  readonly since: number | undefined
}

/**
 * What to make of the alias before anything is touched. `isOurs` tells whether a version is the artifact and the
 * configuration that this run would roll out.
 */
export function begin(alias: FoundAlias | undefined, run: Run, isOurs: (version: string) => boolean): Beginning {
  if (alias === undefined) return { kind: 'create' }
  const { name, routing, journal } = alias
  if (routing.kind === 'whole') {
    if (journal?.version === routing.version && overtaken(run, journal.run)) {
      return refuse(
        `a newer run (${describeRun(journal.run)}) has already promoted version ${routing.version} on ${name}; re-run this one if it should go ahead all the same`,
      )
    }
    return { kind: 'fresh', stable: routing.version }
  }
  const { stable, candidate: canary, weight } = routing
  const waiting = waitingOn(routing, journal)
  if (journal === undefined || waiting === undefined || journal.run.repository !== run.repository) {
    return refuse(
      `${name} is part-way (${describeRouting(routing)}) and not by this repository's runs${describeOwner(journal)}; finish it where it was started, take its canary on with \`command: promote\` and \`version: ${canary}\`, or away with \`command: rollback\``,
    )
  }
  if (waiting.state !== 'rolling') {
    const isPaused = waiting.state === 'paused' && earlierAttempt(journal.run, run)
    const resumes = { kind: 'carry-on', stable, weight, whose: journal.run } as const
    return {
      ...refuse(
        `version ${canary} is ${waiting.state} on ${name} (${describeRouting(routing)}) by ${describeRun(journal.run)} since ${waiting.since}; take it on with \`command: promote\` or away with \`command: rollback\``,
      ),
      ...(isPaused && isOurs(canary) && { resumes }),
    }
  }
  if (overtaken(run, journal.run)) {
    return refuse(
      `a newer run (${describeRun(journal.run)}) is rolling out version ${canary} on ${name}; re-run this one if it should go ahead all the same`,
    )
  }
  if (isOurs(canary)) return { kind: 'carry-on', stable, weight, whose: journal.run }
  return { kind: 'drop', stable, canary, whose: journal.run }
}

/**
 * What a promotion finds to go on with, or that the alias serves it already. Where nothing waits, `left` tells for one
 * of several whether this workflow run has left it so: not touched at all, with a new alias, or moved by an earlier
 * attempt.
 */
export type Waits =
  | Extract<Beginning, { kind: 'carry-on' | 'take-on' | 'refuse' }>
  | { readonly kind: 'served' }
  | { readonly kind: 'none'; readonly because: string; readonly left: 'alone' | 'new' | 'moved' | 'unknown' }

/**
 * The canary that a run may take on: the one that its own workflow run has left, or the one that is named. What another
 * run is still rolling out is left to it.
 */
export function beginPromotion({ name, routing, journal }: FoundAlias, run: Run, named: string | undefined): Waits {
  const isOurs = journal !== undefined && sameWorkflow(journal.run, run)
  if (routing.kind === 'whole') {
    const { version } = routing
    if (named === version) return { kind: 'served' }
    const own = isOurs && journal.version === version ? ', as this workflow run has left it' : ''
    const because = `no canary waits on ${name}, which serves version ${version} alone${own}; a \`strategy\` that ends in \`pause\` leaves one`
    return { kind: 'none', because, left: leftBy(run, version, journal) }
  }
  const { stable, candidate: canary, weight } = routing
  if (named !== undefined && named !== canary) {
    return refuse(
      `\`version\` is ${named}, and the canary on ${name} is version ${canary} (${describeRouting(routing)}); correct \`version\``,
    )
  }
  const waiting = waitingOn(routing, journal)
  const whose = waiting && journal?.run
  if (whose !== undefined && waiting?.state === 'rolling') {
    if (earlierAttempt(whose, run)) {
      return { kind: 'carry-on', stable, weight, whose, since: leftAt(waiting) }
    }
    return refuse(
      `version ${canary} is being rolled out on ${name} by ${describeRun(whose)}; wait until that run has ended, or take the canary away with \`command: rollback\``,
    )
  }
  if (named === undefined && (whose === undefined || !isOurs)) {
    const left = whose === undefined ? 'by no run that its description names' : `by ${describeRun(whose)}`
    return refuse(
      `the canary on ${name}, version ${canary}, was left ${left} and not by this workflow run; name it with \`version: ${canary}\` to take it on all the same, or take it away with \`command: rollback\``,
    )
  }
  return { kind: 'take-on', stable, canary, weight, whose, since: waiting && waitsSince(waiting) }
}

/** What this workflow run has made of an alias that serves one version alone, as far as its journal tells. */
function leftBy(run: Run, version: string, journal: Journal | undefined): 'alone' | 'new' | 'moved' | 'unknown' {
  if (journal === undefined) return 'alone'
  if (journal.version !== version || journal.candidate !== undefined) return 'unknown'
  if (journal.run.repository !== run.repository || newerRun(journal.run, run)) return 'unknown'
  if (!sameWorkflow(journal.run, run)) return 'alone'
  return journal.after === undefined ? 'new' : 'moved'
}

/** What made a run hold a canary happened in the minute that its journal names, and was known when it was held. */
function waitsSince(waiting: Waiting): number | undefined {
  const at = leftAt(waiting)
  return at === undefined || waiting.state !== 'held' ? at : at + minuteMs
}

/** What the journal says of the canary that is there, if it speaks of this one. */
function waitingOn({ stable, candidate }: Extract<Routing, { kind: 'part-way' }>, journal: Journal | undefined) {
  const waiting = journal?.candidate
  return journal?.version === stable && waiting?.version === candidate ? waiting : undefined
}

/** A re-run is a decision and goes ahead; only a first attempt may have been overtaken. */
export function overtaken(run: Run, other: Run): boolean {
  return run.attempt === 1 && newerRun(other, run)
}

function describeOwner(journal: Journal | undefined): string {
  return journal === undefined ? '' : ` (its journal names ${describeRun(journal.run)})`
}

function refuse(because: string): Extract<Beginning, { kind: 'refuse' }> {
  return { kind: 'refuse', because }
}
