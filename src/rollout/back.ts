import { formatJournal, parseJournal, type Run, sameWorkflow, versionBefore } from './journal.ts'
import { type Routing, whole } from './routing.ts'

type Seen = { readonly routing: Routing; readonly description: string }

/** Where an alias goes back to. `after` is what the journal goes on to say of that version. */
export type Back =
  | { readonly kind: 'drop'; readonly version: string; readonly canary: string; readonly after: string | undefined }
  | { readonly kind: 'go'; readonly version: string; readonly from: string }
  | { readonly kind: 'there'; readonly version: string }
  /** The alias does not tell what it served before. */
  | { readonly kind: 'unknown'; readonly because: string }

/**
 * A canary is dropped, and no more than that; without one the alias goes back to `named`, or to what it served before,
 * which the journal tells as long as it speaks of the version that is served. "One number less" would not do: a canary
 * that failed may lie between.
 */
export function backFrom(alias: Seen, named?: string): Back {
  const { routing, description } = alias
  const journal = parseJournal(description)
  if (routing.kind === 'part-way') {
    const { stable, candidate } = routing
    return { kind: 'drop', version: stable, canary: candidate, after: versionBefore(journal, stable) }
  }
  const { version: from } = routing
  const version = named ?? versionBefore(journal, from)
  if (version !== undefined) return version === from ? { kind: 'there', version } : { kind: 'go', version, from }
  return { kind: 'unknown', because: whyUnknown(from, description, journal?.version) }
}

/**
 * Whether one of several aliases without a canary is left as it is: as long as others have one, going back is to take
 * those away, and what the run that left them has promoted already. Others were never moved, or have gone back before.
 */
export function isSpared(alias: Seen, fleet: readonly Seen[]): boolean {
  const canaries = fleet.filter(isCanary)
  const own = parseJournal(alias.description)
  const isPart = canaries.some(({ description }) => {
    const run = parseJournal(description)?.run
    return own !== undefined && run !== undefined && sameWorkflow(own.run, run)
  })
  return canaries.length > 0 && !isPart
}

/** Weights that are not those which AWS injects while provisioned concurrency follows an alias. */
function isCanary({ routing, description }: Seen): boolean {
  if (routing.kind === 'whole') return false
  const journal = parseJournal(description)
  return journal?.candidate !== undefined || versionBefore(journal, routing.stable) !== routing.candidate
}

function whyUnknown(serves: string, description: string, told: string | undefined): string {
  if (told === undefined) return `its description says nothing of it (“${description}”)`
  if (told !== serves)
    return `its journal speaks of version ${told}, and it serves ${serves}: somebody else moved it since`
  return `its journal knows of nothing that it served before version ${serves}`
}

/** What is asked of an alias that goes back: that version alone. */
export function askForBack(back: Extract<Back, { kind: 'drop' | 'go' }>, run: Run) {
  const after = back.kind === 'drop' && back.after !== undefined ? { after: back.after } : {}
  return { routing: whole(back.version), description: formatJournal({ version: back.version, ...after, run }) }
}

/** What would be done, in the words of a plan. */
export function describeBack(back: Extract<Back, { kind: 'drop' | 'go' }>): string {
  return back.kind === 'drop'
    ? `the canary, version ${back.canary}, would be dropped and version ${back.version} serve alone`
    : `it would go back from version ${back.from} to version ${back.version}`
}
