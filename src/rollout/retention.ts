import { parseJournal, versionBefore } from './journal.ts'
import { isPreview } from './preview.ts'
import { percent, primary, type Routing } from './routing.ts'

/** A published version, as far as it matters for whether it is kept. */
export type Shelved = {
  readonly version: string
  readonly description: string
  readonly codeBytes: number
  /** It is one of a durable function, whose executions stay on the version that they began on. */
  readonly durable: boolean
}

/** Which versions may go, oldest first, and which stay, with the reason. */
export type Retention = {
  readonly goes: readonly Shelved[]
  readonly stays: readonly { readonly version: string; readonly because: string }[]
}

/** An alias as far as it holds on to versions. */
export type Holder = { readonly name: string; readonly routing: Routing; readonly description: string }

/** What is kept besides what aliases hold on to. */
export type Keeping = {
  /** So many of the newest, and whatever lies between them: versions of previews do not count. */
  readonly keep: number
  /** Those that have provisioned concurrency of their own. */
  readonly provisioned: readonly string[]
  /** The version that a promotion has just replaced, whatever the alias's journal says by now. */
  readonly replaced?: string | undefined
  /** Those of previews that are over: being new is no reason to keep them. */
  readonly over?: readonly string[]
}

/** Which of the versions may go: a version goes where no reason at all is found to keep it. */
export function retention(versions: readonly Shelved[], aliases: readonly Holder[], keeping: Keeping): Retention {
  const { keep, provisioned, replaced, over = [] } = keeping
  const sorted = versions.toSorted(byNumber)
  const counted = sorted.filter(({ version, description }) => !over.includes(version) && !isPreview(description))
  const oldest = counted.at(Math.max(0, counted.length - keep))
  const isNew = (shelved: Shelved) => keep > 0 && (oldest === undefined || byNumber(shelved, oldest) >= 0)
  const newest = sorted.filter(shelved => isNew(shelved) && !over.includes(shelved.version))
  const judged = sorted.map(shelved => {
    const [held] = aliases.flatMap(alias => holds(alias, shelved.version) ?? [])
    return {
      shelved,
      because:
        held ?? ownReason(shelved, provisioned, replaced) ?? newReason(shelved, newest, Math.min(keep, counted.length)),
    }
  })
  return {
    goes: judged.flatMap(({ shelved, because }) => (because === undefined ? [shelved] : [])),
    stays: judged.flatMap(({ shelved: { version }, because }) => (because === undefined ? [] : [{ version, because }])),
  }
}

/** Takes out of what goes those that something else holds on to, which is asked for these alone. */
export function keepHeld(
  { goes, stays }: Retention,
  held: readonly { readonly version: string; readonly by: readonly string[] }[],
): Retention {
  const reasons = held
    .filter(({ by }) => by.length > 0)
    .map(({ version, by }) => ({ version, because: `it has ${by.join(' and ')}` }))
  return {
    goes: goes.filter(({ version }) => !reasons.some(reason => reason.version === version)),
    stays: [...stays, ...reasons].toSorted(byNumber),
  }
}

/** Why an alias holds on to a version, the most urgent reason first. */
function holds({ name, routing, description }: Holder, version: string): string | undefined {
  if (primary(routing) === version) return `the alias ${name} serves it`
  if (routing.kind === 'part-way' && routing.candidate === version) {
    return `the alias ${name} gives it ${percent(routing.weight)} of its traffic`
  }
  const journal = parseJournal(description)
  if (journal?.candidate?.version === version) return `the alias ${name} names it as its candidate`
  return versionBefore(journal, primary(routing)) === version
    ? `the alias ${name} served it before, so that a roll-back goes back to it`
    : undefined
}

function ownReason(
  { version, durable }: Shelved,
  provisioned: readonly string[],
  replaced: string | undefined,
): string | undefined {
  if (version === replaced) return 'it was served until now'
  if (durable) return 'the function is durable, and its executions stay on the version that they began on'
  return provisioned.includes(version) ? 'it has provisioned concurrency of its own' : undefined
}

function newReason(shelved: Shelved, newest: readonly Shelved[], counted: number): string | undefined {
  if (!newest.includes(shelved)) return undefined
  return counted <= 1 ? 'it is the newest' : `it is one of the newest ${counted}`
}

/** 9 comes before 10. */
function byNumber(a: { readonly version: string }, b: { readonly version: string }): number {
  return Number(a.version) - Number(b.version)
}
