import { type AliasSeen, CallFailed, type World } from '../ports.ts'
import { type Asked, standsAs } from '../rollout/decide.ts'
import { parseJournal, versionBefore } from '../rollout/journal.ts'
import {
  deleteCommand,
  describeTarget,
  leftPartWay,
  type Outcome,
  serveCommand,
  type Target,
} from '../rollout/outcome.ts'
import { describeRouting, primary, type Routing, sameRouting, whole } from '../rollout/routing.ts'

/** An alias to make whole: what it goes back to (nothing: it is deleted), and how it may stand and be ours to touch. */
export type Restoration = {
  readonly target: Target
  readonly back: Asked | undefined
  readonly ours: readonly Asked[]
  /** What needs no mending: the promotion or the pause that ended the rollout, a canary that waits as it was found. */
  readonly finished?: readonly Asked[] | undefined
  /** A person asks for it, who outranks whoever wrote what stands there; but for what would make them ask for less. */
  readonly outranks?: (seen: Asked) => boolean
  /** It is known that the candidate had traffic here. */
  readonly carried: boolean
  /** Revisions that were seen before that one: an answer that shows one of them is outdated. */
  readonly revisions?: readonly string[]
  /** The revision last seen: a first write with it needs no reading before. */
  readonly revision?: string | undefined
}

/** What became of making an alias whole. */
export type Restored =
  | { readonly kind: 'restored'; readonly wrote: boolean }
  /** `after`: somebody has written over what was put back. */
  | { readonly kind: 'stood-aside'; readonly because: string; readonly after?: true }
  | {
      readonly kind: 'stuck'
      readonly because: string
      readonly routing: Routing | undefined
      /** AWS takes the request for a wrong one, which no second try changes. */
      readonly rejected: boolean
    }

/** How long a roll-back is tried while AWS is unavailable, and how far apart the tries are at most. */
const patienceMs = 10 * 60_000
const longestPauseMs = 10_000

/**
 * Makes an alias whole: one guarded write, read back. Tried longest of all that the action does, and never cut short.
 */
export async function restore(restoration: Restoration, world: World): Promise<Restored> {
  const { target, back } = restoration
  const { aliases, clock, reporter } = world
  const deadline = clock.now() + patienceMs
  let { revision } = restoration
  let attempted = false
  let inDoubt: string | undefined
  let refused: string | undefined
  let pauseMs = 500
  for (;;) {
    let trouble = 'AWS refuses every write as outdated, as if somebody else kept changing the alias'
    try {
      if (revision === undefined) {
        const seen = await aliases.read(target)
        // While a write with that revision is in doubt, an answer that shows it may be older than the write.
        if (seen !== undefined && seen.revision === inDoubt) revision = seen.revision
        else if (seen === undefined || !isOld(restoration, seen.revision, refused)) {
          const done = await settledAlready(restoration, seen, world)
          if (done?.kind === 'restored') return { ...done, wrote: attempted }
          if (done !== undefined) return done
          revision = seen?.revision
        }
      }
      if (back === undefined) {
        attempted = true
        await aliases.remove(target)
        reporter.tell({ kind: 'routed', at: clock.now(), target, routing: undefined })
        return { kind: 'restored', wrote: true }
      }
      if (revision !== undefined) {
        const isFirst = !attempted && revision === restoration.revision
        attempted = true
        inDoubt = revision
        const written = await aliases.update(target, back, revision)
        inDoubt = undefined
        if (written.kind === 'written') {
          reporter.tell({ kind: 'routed', at: clock.now(), target, routing: back.routing })
          const done = await readBack(restoration, revision, world)
          // The first write found the alias as it was before anything that is in doubt: that was never applied.
          return done.kind === 'restored' && isFirst && !restoration.carried ? { ...done, wrote: false } : done
        }
        // Once is a write of somebody else's in between, to be looked at right away; more than that takes time to pass.
        const isNew = refused === undefined
        refused = revision
        revision = undefined
        if (isNew) continue
      }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      if (error.kind !== 'unavailable') return await giveUp(restoration, error, attempted, world)
      trouble = error.said
    }
    if (clock.now() >= deadline) return await giveUp(restoration, { message: trouble }, attempted, world)
    reporter.tell({ kind: 'warning', text: `Roll-back not done yet, trying again: ${trouble}` })
    await clock.sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    revision = undefined
  }
}

/** What has a revision that a write was refused with, or an older one, is an outdated answer, whatever it says. */
function isOld({ revisions = [], revision }: Restoration, seen: string, refused: string | undefined): boolean {
  return seen === refused || (seen !== revision && revisions.includes(seen))
}

/** The end of a roll-back that cannot be made, unless what stands there needs none. */
async function giveUp(
  restoration: Restoration,
  { message, kind }: { readonly message: string; readonly kind?: CallFailed['kind'] },
  attempted: boolean,
  world: World,
): Promise<Restored> {
  const stuck = { kind: 'stuck', because: message, rejected: kind === 'rejected' } as const
  try {
    const seen = await world.aliases.read(restoration.target)
    const done = await settledAlready(restoration, seen, world)
    if (done === undefined) return { ...stuck, routing: seen?.routing }
    return done.kind === 'restored' ? { ...done, wrote: attempted } : done
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return { ...stuck, routing: undefined }
  }
}

/** What there is left to do on what stands there: nothing, because it is whole already or because it is not ours. */
async function settledAlready(
  { target, back, ours, finished = [], outranks }: Restoration,
  seen: AliasSeen | undefined,
  world: World,
): Promise<Restored | undefined> {
  if (seen === undefined) {
    if (back === undefined) return { kind: 'restored', wrote: false }
    return { kind: 'stood-aside', because: `somebody else deleted ${describeTarget(target)}` }
  }
  const known = versionsIn([...ours, ...(back === undefined ? [] : [back])])
  if (back !== undefined && sameRouting(seen.routing, back.routing)) return { kind: 'restored', wrote: false }
  if (back !== undefined && (await movedByAws(target, [back], known, seen, world)))
    return { kind: 'restored', wrote: false }
  if (outranks?.(seen) === true) return undefined
  if (finished.some(end => isFinished(end, seen)) || (await finishing(target, ours, finished, seen, world)))
    return { kind: 'restored', wrote: false }
  if (ours.some(asked => standsAs(asked, seen)) || (await movedByAws(target, ours, known, seen, world)))
    return undefined
  return {
    kind: 'stood-aside',
    because: `somebody else changed ${describeTarget(target)}: it serves ${describeRouting(seen.routing)}`,
  }
}

/** A pause has the routing of the step before it; its description tells them apart. */
function isFinished(finished: Asked, seen: Asked): boolean {
  if (!sameRouting(seen.routing, finished.routing)) return false
  return finished.routing.kind === 'whole' || seen.description === finished.description
}

/** Looks once more. What still has the revision that was written over is an outdated answer, not a stranger's write. */
async function readBack(restoration: Restoration, before: string | undefined, world: World): Promise<Restored> {
  const { target, back, ours } = restoration
  try {
    const seen = await world.aliases.read(target)
    if (seen === undefined || back === undefined || sameRouting(seen.routing, back.routing))
      return { kind: 'restored', wrote: true }
    if (seen.revision === before) return { kind: 'restored', wrote: true }
    if (await movedByAws(target, [back], versionsIn([...ours, back]), seen, world)) {
      const text = `AWS still moves provisioned concurrency back, and until then some traffic of ${describeTarget(target)} goes to the candidate`
      world.reporter.tell({ kind: 'warning', text })
      return { kind: 'restored', wrote: true }
    }
    return {
      kind: 'stood-aside',
      after: true,
      because: `somebody else changed ${describeTarget(target)} right after the roll-back: it serves ${describeRouting(seen.routing)}`,
    }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    world.reporter.tell({
      kind: 'warning',
      text: `The roll-back was written and could not be read back, so see how ${describeTarget(target)} stands: ${error.message}`,
    })
    return { kind: 'restored', wrote: true }
  }
}

/**
 * An alias without the weights that AWS itself injects while provisioned concurrency follows it to another version: the
 * version before, beside the one that the journal says it serves, and no canary that the journal knows of. Who may not
 * read whether AWS is at it takes them for AWS's all the same: no run of ours leaves an alias so.
 */
export async function withoutMove(target: Target, alias: AliasSeen, { aliases }: World): Promise<AliasSeen> {
  const { routing, description } = alias
  const journal = parseJournal(description)
  if (routing.kind === 'whole' || journal?.candidate !== undefined) return alias
  if (versionBefore(journal, routing.stable) !== routing.candidate) return alias
  return (await isMoving(target, aliases)) ? { ...alias, routing: whole(routing.stable) } : alias
}

async function isMoving(target: Target, aliases: World['aliases']): Promise<boolean> {
  try {
    return await aliases.moving(target)
  } catch (error) {
    if (error instanceof CallFailed && error.kind === 'denied') return true
    throw error
  }
}

/**
 * Whether the weights that stand there were injected by AWS while it moves provisioned concurrency: beside a version
 * that was asked for, and from one that this run knows. Who may not read that has to take them for a stranger's.
 */
export async function movedByAws(
  target: Target,
  asked: readonly Asked[],
  from: readonly (string | undefined)[],
  seen: AliasSeen,
  { aliases, reporter }: World,
): Promise<boolean> {
  const meant = asked.filter(
    ({ routing, description }) => primary(routing) === primary(seen.routing) && description === seen.description,
  )
  if (meant.length === 0) return false
  if (seen.routing.kind === 'part-way' && !from.includes(seen.routing.candidate)) return false
  try {
    if (await aliases.moving(target)) return true
    // It may have come to its end between the two reads: then the alias is by now as it was asked to be.
    const now = await aliases.read(target)
    return now !== undefined && now.revision !== seen.revision && meant.some(one => standsAs(one, now))
  } catch (error) {
    if (!(error instanceof CallFailed) || error.kind !== 'denied') throw error
    const text = `Whether AWS moves provisioned concurrency of ${describeTarget(target)} is not known, so that its weights count as a stranger's: ${error.message}`
    reporter.tell({ kind: 'warning', text })
    return false
  }
}

/** All versions that any of these routings names. */
function versionsIn(asked: readonly Asked[]): readonly string[] {
  return asked.flatMap(({ routing }) =>
    routing.kind === 'whole' ? routing.version : [routing.stable, routing.candidate],
  )
}

/** A promotion that ended the rollout, while AWS still moves provisioned concurrency after it. */
async function finishing(
  target: Target,
  ours: readonly Asked[],
  finished: readonly Asked[],
  seen: AliasSeen,
  world: World,
): Promise<boolean> {
  const promotions = ours.filter(
    ({ routing }) => routing.kind === 'whole' && finished.some(end => sameRouting(routing, end.routing)),
  )
  return await movedByAws(target, promotions, versionsIn(ours), seen, world)
}

/** How a run ends that had to take its candidate away. */
export function outcomeOfRestore(
  { target, back, ours, carried }: Restoration,
  restored: Restored,
  because: string,
): Outcome {
  switch (restored.kind) {
    case 'restored': {
      if (!restored.wrote && !carried)
        return { result: 'failed', reason: `${describeTarget(target)} was not touched: ${because}` }
      const name = describeTarget(target)
      const now = back === undefined ? `${name} deleted again` : `${name} serves version ${primary(back.routing)} alone`
      return { result: 'rolled-back', reason: `version ${candidateOf(ours)} was rolled back and ${now}: ${because}` }
    }
    case 'stood-aside':
      return { result: 'stood-aside', reason: `${restored.because}; this run was rolling back because ${because}` }
    case 'stuck': {
      const cure = back === undefined ? deleteCommand(target) : serveCommand(target, primary(back.routing))
      return leftPartWay(target, restored.routing, `${because}; the roll-back failed: ${restored.because}`, cure)
    }
  }
}

/** The version that was asked for beside or in place of stable, last. */
function candidateOf(ours: readonly Asked[]): string {
  const last = ours.findLast(({ routing }) => routing.kind === 'part-way') ?? ours.at(-1)
  if (last === undefined) return ''
  return last.routing.kind === 'part-way' ? last.routing.candidate : last.routing.version
}
