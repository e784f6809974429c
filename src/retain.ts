import { type AliasListed, CallFailed, type CodeStorage, type World } from './ports.ts'
import { problemOf } from './problem.ts'
import type { Place } from './rollout/outcome.ts'
import { keepHeld, type Retention, retention, type Shelved } from './rollout/retention.ts'

/**
 * Deletes what a promotion leaves too many of, but for the version that it has `replaced`. The rollout is over by now:
 * whatever goes wrong is a warning.
 */
export async function retainAfterPromotion(
  { functionName }: Place,
  keep: number,
  replaced: string | undefined,
  outside: World,
): Promise<void> {
  const { world, removed } = remembering(outside)
  try {
    const shelf = await readShelf(functionName, world)
    if (shelf === undefined) return
    const { versions, aliases, provisioned } = shelf
    const judged = await spareHeld(functionName, retention(versions, aliases, { keep, provisioned, replaced }), world)
    world.reporter.tell({ kind: 'retention', retention: judged })
    if (judged.goes.length === 0) return
    const before = await readStorage(world)
    await removeVersions(functionName, judged.goes, world)
    if (before !== undefined) world.reporter.tell({ kind: 'storage', before, after: await readStorage(world) })
  } catch (error) {
    const why = problemOf(error, world, '') ?? String(error)
    const text = `Versions of ${functionName} that \`keep-versions\` does not keep were left in place: ${soFar(removed)}${why}`
    world.reporter.tell({ kind: 'warning', text })
  }
}

/**
 * Deletes those of the versions that nothing holds on to, oldest first, and gives back their numbers. `aliases` are the
 * aliases that there still are. Throws `CallFailed`.
 */
export async function deleteUnheld(
  functionName: string,
  versions: readonly Shelved[],
  aliases: readonly AliasListed[],
  provisioned: readonly string[],
  world: World,
): Promise<readonly string[]> {
  const judged = await spareHeld(functionName, retention(versions, aliases, { keep: 0, provisioned }), world)
  for (const { version, because } of judged.stays) {
    world.reporter.tell({ kind: 'note', text: `Version ${version} was kept: ${because}` })
  }
  return await removeVersions(functionName, judged.goes, world)
}

/** All that a function has of what matters for which versions stay. */
export type Shelf = {
  readonly versions: readonly Shelved[]
  readonly aliases: readonly AliasListed[]
  readonly provisioned: readonly string[]
}

/** Reads it; undefined where there is no such function. Throws `CallFailed`. */
export async function readShelf(functionName: string, { versions }: World): Promise<Shelf | undefined> {
  const list = await versions.list(functionName)
  if (list === undefined) return undefined
  // The aliases come last: what one of them came to refer to while the versions were read is seen.
  const provisioned = await versions.provisioned(functionName)
  return { versions: list, aliases: await versions.aliases(functionName), provisioned }
}

/** Asks for what else holds on to a version, of those alone that would go. Throws `CallFailed`. */
export async function spareHeld(functionName: string, judged: Retention, { versions }: World): Promise<Retention> {
  const held: { readonly version: string; readonly by: readonly string[] }[] = []
  for (const { version } of judged.goes) held.push({ version, by: await versions.holders(functionName, version) })
  return keepHeld(judged, held)
}

/**
 * Deletes versions one at a time and gives back the numbers of those that are gone. A cancel ends it between two of
 * them, as an abort. Throws `CallFailed`.
 */
export async function removeVersions(
  functionName: string,
  goes: readonly Shelved[],
  { versions, reporter, cancel }: World,
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const { version } of goes) {
    cancel.throwIfAborted()
    if ((await versions.remove(functionName, version)) === 'removed') {
      removed.push(version)
      reporter.tell({ kind: 'removed', what: `version ${version}` })
    } else {
      reporter.tell({ kind: 'note', text: `Version ${version} was kept: an alias came to refer to it meanwhile` })
    }
  }
  return removed
}

/** The code storage that is used; where it cannot be read a warning says so, and the run goes on. */
export async function readStorage({ versions, reporter }: World): Promise<CodeStorage | undefined> {
  try {
    return await versions.storage()
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    reporter.tell({ kind: 'warning', text: `How much code storage is used is not shown: ${error.message}` })
    return undefined
  }
}

/** The same world, and whatever it is told of as removed, in that order: what was done when a run ends early. */
export function remembering(world: World): { readonly world: World; readonly removed: readonly string[] } {
  const removed: string[] = []
  const reporter: World['reporter'] = {
    tell: fact => {
      if (fact.kind === 'removed') removed.push(fact.what)
      world.reporter.tell(fact)
    },
  }
  return { world: { ...world, reporter }, removed }
}

/** So many removed things are named one by one. */
const mostNamed = 10

/** The beginning of a sentence that goes on with why a run ended early; empty where nothing was removed. */
export function soFar(removed: readonly string[]): string {
  if (removed.length === 0) return ''
  const more = removed.length > mostNamed ? ` and ${removed.length - mostNamed} more` : ''
  return `${removed.slice(0, mostNamed).join(', ')}${more} had been deleted, then: `
}
