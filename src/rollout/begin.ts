import { describeRun, type Journal, newerRun, type Run } from './journal.ts'
import { describeRouting, type Routing } from './routing.ts'

/** An alias as it is found. */
export type FoundAlias = { readonly name: string; readonly routing: Routing; readonly journal?: Journal | undefined }

/** How a rollout starts on what it finds. */
export type Beginning =
  | { readonly kind: 'create' }
  | { readonly kind: 'fresh'; readonly stable: string }
  | { readonly kind: 'carry-on'; readonly stable: string; readonly weight: number; readonly whose: Run }
  | { readonly kind: 'drop'; readonly stable: string; readonly canary: string; readonly whose: Run }
  | { readonly kind: 'refuse'; readonly because: string }

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
  const waiting = journal?.candidate
  const described = journal?.version === stable && waiting?.version === canary
  if (!described || journal.run.repository !== run.repository) {
    return refuse(
      `${name} is part-way (${describeRouting(routing)}) and not by this repository's runs${describeOwner(journal)}; finish it where it was started, or take its canary away with \`command: rollback\``,
    )
  }
  if (waiting.state !== 'rolling') {
    return refuse(
      `version ${canary} is ${waiting.state} on ${name} (${describeRouting(routing)}) by ${describeRun(journal.run)} since ${waiting.since}; take it on with \`command: promote\` or away with \`command: rollback\``,
    )
  }
  if (overtaken(run, journal.run)) {
    return refuse(
      `a newer run (${describeRun(journal.run)}) is rolling out version ${canary} on ${name}; re-run this one if it should go ahead all the same`,
    )
  }
  if (isOurs(canary)) return { kind: 'carry-on', stable, weight, whose: journal.run }
  return { kind: 'drop', stable, canary, whose: journal.run }
}

/** A re-run is a decision and goes ahead; only a first attempt may have been overtaken. */
function overtaken(run: Run, other: Run): boolean {
  return run.attempt === 1 && newerRun(other, run)
}

function describeOwner(journal: Journal | undefined): string {
  return journal === undefined ? '' : ` (its journal names ${describeRun(journal.run)})`
}

function refuse(because: string): Beginning {
  return { kind: 'refuse', because }
}
