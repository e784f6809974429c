import { movedByAws, outcomeOfRestore, type Restoration, restore } from '../mending/restore.ts'
import type { AliasSeen, LeftTarget, World } from '../ports.ts'
import type { Moving } from '../rolling/course.ts'
import { type Beginning, begin } from '../rollout/begin.ts'
import { type Asked, standsAs } from '../rollout/decide.ts'
import { describeRun, formatJournal, parseJournal, type Run, versionBefore } from '../rollout/journal.ts'
import { describeTarget, type Outcome, type Target, type TargetEnd, together } from '../rollout/outcome.ts'
import { describeRouting, whole } from '../rollout/routing.ts'
import type { Member } from './member.ts'
import type { Traces } from './traces.ts'

/** An alias as it was found, and how a run would begin there. */
export type Begun = {
  readonly target: Target
  readonly alias: AliasSeen | undefined
  readonly beginning: Beginning
}

/** `aliases` are those that were given, in their order, as they stand now. */
type Dropped =
  | { readonly kind: 'clear'; readonly aliases: readonly (AliasSeen | undefined)[] }
  | { readonly kind: 'ended'; readonly outcome: Outcome }

type Dead = Begun & { readonly alias: AliasSeen; readonly beginning: Extract<Beginning, { whose: Run }> }

/** How a run begins on an alias; `isOurs` tells whether a version is what it would roll out. */
export function beginOn(
  target: Target,
  alias: AliasSeen | undefined,
  run: Run,
  isOurs: (version: string) => boolean,
): Beginning {
  const seen = alias && {
    name: describeTarget(target),
    routing: alias.routing,
    journal: parseJournal(alias.description),
  }
  return begin(seen, run, isOurs)
}

/** What a member of a rollout has found and begins with. */
export function begun({ wish: { target }, found: { alias }, beginning }: Member): Begun {
  return { target, alias, beginning }
}

/**
 * Takes away what dead runs left with traffic, where it is not carried on; whatever is refused is refused after that.
 * `promoted` are what an earlier attempt of this run had promoted before it died: they go back with the rest of it.
 */
export async function dropDead(
  all: readonly Begun[],
  promoted: readonly Moving[],
  problems: readonly string[],
  run: Run,
  traces: Traces,
  world: World,
): Promise<Dropped> {
  const isSeveral = all.length + promoted.length > 1
  const dead = all.filter((one): one is Dead => isDropped(one) || (problems.length > 0 && isCarried(one)))
  const drops = [...dead.map(one => dropOf(one, run)), ...(problems.length > 0 ? promoted.map(promotedDrop) : [])]
  if (drops.length === 0) return { kind: 'clear', aliases: all.map(({ alias }) => alias) }
  const left = { run, because: drops[0]?.because ?? '', targets: drops.map(leftOf) }
  world.memory.keep({ ...left, over: false })
  traces.touched = true
  const restored = await Promise.all(drops.map(({ restoration }) => restore(restoration, world)))
  traces.clear = problems.length > 0 || isClear(all, promoted)
  if (restored.every(({ kind }) => kind !== 'stuck')) world.memory.keep({ ...left, over: true })
  const ends = drops.map(({ restoration, because }, i): TargetEnd => {
    const outcome = outcomeOfRestore(restoration, restored[i] as (typeof restored)[number], because)
    return { target: restoration.target, ...outcome }
  })
  const outcome: Outcome = { ...together(ends), ...(isSeveral && { targets: ends }) }
  if (restored.some(({ kind }) => kind !== 'restored')) return { kind: 'ended', outcome }
  const { dropped } = traces
  traces.dropped = {
    reason: dropped === undefined ? outcome.reason : `${dropped.reason}; ${outcome.reason}`,
    ends: [...(dropped?.ends ?? []), ...(isSeveral ? ends : [])],
  }
  world.reporter.tell({ kind: 'note', text: outcome.reason })
  return await readAllAfterDrop(all, drops, world)
}

/** Whether no dead run has left anything that is to be taken away if this run comes to nothing. */
export function isClear(all: readonly Begun[], promoted: readonly Moving[]): boolean {
  return promoted.length === 0 && all.every(({ beginning }) => beginning.kind !== 'carry-on')
}

function isDropped(one: Begun): one is Dead {
  return one.alias !== undefined && one.beginning.kind === 'drop'
}

function isCarried(one: Begun): one is Dead {
  return one.alias !== undefined && one.beginning.kind === 'carry-on'
}

/** What is taken away, why, and how the alias stood that it is on. */
type Drop = { readonly because: string; readonly found: Asked; readonly restoration: Restoration }

function dropOf({ target, alias, beginning }: Dead, run: Run): Drop {
  const because = `${describeRun(beginning.whose)} left its canary with traffic`
  return dropAs(because, target, alias, backOf(alias, beginning, run), alias.revision)
}

function promotedDrop({ target, asked, back, revision }: Moving): Drop {
  return dropAs('the attempt of this run that promoted it died before it was over', target, asked, back, revision)
}

function dropAs(because: string, target: Target, found: Asked, back: Asked | undefined, revision: string): Drop {
  return { because, found, restoration: { target, back, ours: [found], carried: true, revision } }
}

function leftOf({ found, restoration: { target, back } }: Drop): LeftTarget {
  return { target, back, asked: [found] }
}

/**
 * From here on what a dead attempt left is this run's: it is taken away where this run dies before its first write.
 */
export function keepCarried(all: readonly Begun[], promoted: readonly Moving[], run: Run, { memory }: World): void {
  const carried = all.filter(isCarried).map(one => dropOf(one, run))
  if (carried.length === 0) return
  memory.keep({ run, over: false, targets: [...carried, ...promoted.map(promotedDrop)].map(leftOf) })
}

async function readAllAfterDrop(all: readonly Begun[], drops: readonly Drop[], world: World): Promise<Dropped> {
  const read = await Promise.all(
    all.map(async ({ target, alias }) => {
      const drop = drops.find(({ restoration }) => restoration.target === target)
      return drop === undefined ? { kind: 'clear' as const, alias } : await readAfterDrop(drop, world)
    }),
  )
  const ended = read.find(one => one.kind === 'ended')
  if (ended !== undefined) return ended
  return { kind: 'clear', aliases: read.map(one => (one.kind === 'clear' ? one.alias : undefined)) }
}

type ReadAfter =
  | { readonly kind: 'clear'; readonly alias: AliasSeen | undefined }
  | { readonly kind: 'ended'; readonly outcome: Outcome }

/** The alias as the new rollout finds it: as the drop left it, or in somebody else's hands by now. */
async function readAfterDrop({ found, restoration }: Drop, world: World): Promise<ReadAfter> {
  const { target, back, revision } = restoration
  const seen = await world.aliases.read(target)
  const name = describeTarget(target)
  if (seen === undefined || back === undefined) {
    return { kind: 'ended', outcome: { result: 'stood-aside', reason: `somebody else deleted ${name}` } }
  }
  // An outdated answer, and weights that AWS moves, are not what the drop left: the next look tells more.
  const isOurs =
    standsAs(back, seen) ||
    seen.revision === revision ||
    (await movedByAws(target, [back], [beside(found)], seen, world))
  if (isOurs) return { kind: 'clear', alias: { ...seen, ...back } }
  const reason = `somebody else changed ${name} right after a dead run's canary was dropped: it serves ${describeRouting(seen.routing)}`
  return { kind: 'ended', outcome: { result: 'stood-aside', reason } }
}

function beside({ routing }: Asked): string | undefined {
  return routing.kind === 'part-way' ? routing.candidate : undefined
}

/** What a roll-back writes: the alias as it was found; of a canary's alias, what its journal says of stable. */
export function backOf(alias: AliasSeen | undefined, beginning: Beginning, run: Run): Asked | undefined {
  if (alias === undefined || beginning.kind === 'create' || beginning.kind === 'refuse') return undefined
  if (alias.routing.kind === 'whole') return { routing: alias.routing, description: alias.description }
  const after = versionBefore(parseJournal(alias.description), beginning.stable)
  const description = formatJournal({ version: beginning.stable, ...(after !== undefined && { after }), run })
  return { routing: whole(beginning.stable), description }
}
