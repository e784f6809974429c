import { isLeft } from '../../src/aftermath.ts'
import type { Outcome, Result } from '../../src/rollout/outcome.ts'
import { describeRouting, routingOf } from '../../src/rollout/routing.ts'
import {
  type Account,
  type AliasState,
  type AliasWrite,
  secrets,
  sha256Of,
  type VersionState,
  zips,
} from './account.ts'
import { type End, noAlias, type Process } from './process.ts'
import type { Story } from './stories.ts'

/** One process of a trial: what there was before it, how it ended, and what there was then. */
export type Act = {
  readonly process: Process
  /** Main and post of one run are one; a re-run is another. */
  readonly who: string
  readonly part: 'main' | 'post'
  readonly end: End
  readonly before: AliasState
  readonly after: AliasState
  /** The versions that there were in the end. */
  readonly versions: readonly VersionState[]
  /** What was applied in its time, by anybody. */
  readonly writes: readonly AliasWrite[]
  readonly changes: Account['changes']
  readonly command: string
}

/** A trial that is over. */
export type Trial = {
  readonly story: Story
  readonly acts: readonly Act[]
  readonly writes: readonly AliasWrite[]
  readonly versionsBefore: readonly VersionState[]
  readonly versions: readonly VersionState[]
  readonly aliases: readonly { readonly name: string; readonly state: AliasState }[]
  /** Whose name a process acts under. */
  readonly whose: (by: string) => string
  /** What is expected of the re-run: a good end, or no more than the truth. */
  readonly rerun: 'ends well' | 'tells the truth'
  /** How long a run may go on after a signal; undefined where faults make it longer. */
  readonly quickMs: number | undefined
}

/** A way in which the promise was broken; `limit` is one that the design tells of. */
export type Breach = { readonly says: string; readonly limit?: true }

const longestMs = 3 * 60 * 60_000
const mostCalls = 600
const partWayResults: readonly Result[] = ['paused', 'held', 'part-way']

/** Every way in which a trial broke the promise; none is what is hoped for. */
export function breaches(trial: Trial): readonly Breach[] {
  return [
    ...trial.acts.flatMap(act => [...soundness(act), ...truth(act, trial), ...wholeness(act, trial)].map(says)),
    ...trial.acts.flatMap(act => aside(act, trial)),
    ...lostWrites(trial),
    ...servable(trial).map(says),
    ...twins(trial).map(says),
    ...goodEnd(trial).map(says),
  ]
}

function says(text: string): Breach {
  return { says: text }
}

/** It ends, in time, without an error of its own, and shows no secret. */
function soundness({ process, end, part, who }: Act): readonly string[] {
  const shown = process.shows()
  const told = secrets.filter(secret => shown.includes(secret))
  const tookMs = (process.ended ?? 0) - process.began
  return [
    ...told.map(secret => `${who}’s ${part} shows the secret “${secret}”`),
    ...(end.kind === 'ended' && end.surprise !== undefined
      ? [`${who}’s ${part} met an error of its own: ${end.surprise}`]
      : []),
    ...(tookMs > longestMs ? [`${who}’s ${part} went on for ${tookMs / 60_000} minutes`] : []),
    ...(process.calls.length > mostCalls ? [`${who}’s ${part} made ${process.calls.length} requests`] : []),
  ]
}

/** What it says of its end is so. */
function truth(act: Act, trial: Trial): readonly string[] {
  const { end, process, after, who, part, command } = act
  const before = found(act, trial)
  if (trial.quickMs !== undefined && process.signalled !== undefined && process.ended !== undefined) {
    const tookMs = process.ended - process.signalled
    if (tookMs > trial.quickMs) return [`${who} went on for ${tookMs} ms after it was cancelled`]
  }
  if (end.kind !== 'ended') return []
  const { result, reason } = end.outcome
  const lie = (why: string) => [`${who}’s ${part} says ${result} (${reason}), and ${why}`]
  const stands = describe(after)
  const own = act.writes.filter(({ by }) => trial.whose(by) === who)
  const strangers = act.writes.filter(({ by, alias }) => trial.whose(by) !== who && alias === trial.story.alias)
  const lastOwn = own.findLast(({ alias }) => alias === trial.story.alias)
  const unseen = strangers.some(
    write => lastOwn === undefined || act.writes.indexOf(write) > act.writes.indexOf(lastOwn),
  )
  const version = process.facts.findLast(fact => fact.kind === 'version')?.version
  switch (result) {
    case 'promoted':
    case 'previewed': {
      const code = trial.story.code
      const made = trial.versions.find(one => one.version === version)
      if (code !== undefined && made !== undefined && made.sha256 !== sha256Of(zips(code)))
        return lie(`version ${version} is another code`)
      if (unseen) return []
      return isWhole(after) && after?.version === version ? [] : lie(`the alias serves ${stands}`)
    }
    case 'rolled-back':
      if (unseen) return []
      if (command === 'rollback') return isWhole(after) ? [] : lie(`the alias serves ${stands}`)
      if (part === 'post') return isWhole(after) || after === undefined ? [] : lie(`the alias serves ${stands}`)
      return (isWhole(after) && after?.version === before?.version) || (before === undefined && after === undefined)
        ? []
        : lie(`the alias serves ${stands} and served ${describe(before)} before`)
    case 'failed':
      if (unseen || command === 'preview' || command === 'prune') return []
      return stands === describe(before) ? [] : lie(`the alias serves ${stands} and served ${describe(before)} before`)
    case 'refused': {
      const touched = [...own, ...act.changes.filter(({ by }) => by === process.name)].map(({ operation }) => operation)
      return touched.length === 0 ? [] : lie(`${touched.join(', ')} was applied`)
    }
    case 'unchanged':
      // Another run's canary may have been taken away before, as long as that is told.
      return own.length > 0 && !reason.includes('rolled back') ? lie('it wrote the alias') : []
    case 'paused':
    case 'held':
      if (unseen) return []
      return reason.includes(` serves ${stands}`) ? [] : lie(`the alias serves ${stands}`)
    case 'part-way':
      if (unseen) return []
      if (end.outcome.cure === undefined) return lie('there is no command that mends it')
      return reason.includes(stands) || reason.includes('could not be read') ? [] : lie(`the alias serves ${stands}`)
    case 'removed':
      return after === undefined || unseen ? [] : lie(`the alias serves ${stands}`)
    case 'stood-aside':
    case 'planned':
    case 'pruned':
      return []
  }
}

/** Who stands aside does it for somebody. One that may not read whether AWS moves an alias takes that for a stranger. */
function aside({ end, process, who, part }: Act, { story, writes, whose }: Trial): readonly Breach[] {
  if (end.kind !== 'ended' || end.outcome.result !== 'stood-aside') return []
  const others = writes.some(
    ({ at, by, alias }) => at <= (process.ended ?? 0) && by !== 'before' && alias === story.alias && whose(by) !== who,
  )
  if (others) return []
  const isTold = process.facts.some(
    fact => fact.kind === 'warning' && /its weights count as a stranger's.*denies/.test(fact.text),
  )
  const text = `${who}’s ${part} says stood-aside (${end.outcome.reason}), and nobody else wrote the alias`
  return [{ says: text, ...(isTold && { limit: true as const }) }]
}

/** The alias as the process found it: as it was first shown, where somebody wrote it right before that. */
function found({ process, before }: Act, { story, writes }: Trial): AliasState {
  const [first] = process.shown.get(story.alias) ?? []
  if (first === undefined || first === before?.revision) return before
  if (first === noAlias) return undefined
  return writes.find(({ alias, after }) => alias === story.alias && after?.revision === first)?.after ?? before
}

/** The alias is whole, or the end says that it is not. */
function wholeness(
  { end, after, who, part, process, writes }: Act,
  { story, whose, writes: all }: Trial,
): readonly string[] {
  if (end.kind === 'killed' || isWhole(after) || after === undefined) return []
  const result = end.kind === 'ended' ? end.outcome.result : undefined
  if (result !== undefined && partWayResults.includes(result)) return []
  // A pause that was applied is where the rollout was to go.
  if (part === 'post' && story.ends === 'paused' && after.description.includes(' paused since ')) return []
  const last = all.findLast(({ alias, at }) => alias === story.alias && at <= (process.ended ?? 0))
  const by = last === undefined ? 'before' : whose(last.by)
  const said = result === undefined ? 'ended with nothing to do' : `says ${result}`
  if (by === who) return [`${who}’s ${part} ${said}, and the alias that it wrote last serves ${describe(after)}`]
  // A dead run's canary is not to be left behind a second time, once it was seen.
  const isDead = after.description.includes(' rolling since ') && ['before', 'run'].includes(by)
  const wasSeen = process.shown.has(story.alias)
  return isDead && wasSeen && part === 'main' && writes.every(write => whose(write.by) === who)
    ? [`${who} ${said}, and a dead run’s canary is still there: the alias serves ${describe(after)}`]
    : []
}

/** Nobody else's write to an alias is written over, but by those who may. */
function lostWrites({ writes, acts, whose }: Trial): readonly Breach[] {
  return writes.flatMap((write, i) => {
    const act = acts.find(({ process }) => process.name === write.by)
    if (act === undefined || act.command === 'rollback') return []
    const lost = lastChange(writes.slice(0, i), write)
    if (lost === undefined || lost.by === 'before' || whose(lost.by) === act.who) return []
    const shown = act.process.shown.get(write.alias) ?? []
    const known = write.before?.revision ?? ''
    const hasWritten = writes.slice(0, i).some(({ by, alias }) => by === write.by && alias === write.alias)
    const sawFirst = contentOf(writes, shown[0], write.alias) === content(write.before)
    const mayDecideAnew = ['preview', 'prune'].includes(act.command) && shown.includes(known)
    if (mayDecideAnew || (sawFirst && !hasWritten && act.part === 'main')) return []
    const text = `${act.who}’s ${act.part} wrote ${describe(write.after)} (${write.operation}) over what ${lost.by} had written: ${describe(lost.after)} (“${lost.after?.description ?? ''}”)`
    // DeleteAlias and CreateAlias know no revision: what is written right before them, after the last look, cannot be seen.
    const isWindow =
      write.operation === 'CreateAlias'
        ? shown.slice(0, shown.indexOf(write.after?.revision ?? noAlias)).every(revision => revision === noAlias)
        : write.operation === 'DeleteAlias' && !shown.includes(lost.after?.revision ?? noAlias)
    return [{ says: text, ...(isWindow && { limit: true as const }) }]
  })
}

/** The last write before this one that changed anything of the alias. */
function lastChange(earlier: readonly AliasWrite[], { alias }: AliasWrite): AliasWrite | undefined {
  return earlier.findLast(write => write.alias === alias && content(write.before) !== content(write.after))
}

function contentOf(writes: readonly AliasWrite[], revision: string | undefined, alias: string): string | undefined {
  const states = writes.filter(write => write.alias === alias).flatMap(({ before, after }) => [before, after])
  const state = states.find(one => one?.revision === revision)
  return revision === undefined || revision === noAlias ? content(undefined) : state && content(state)
}

function content(state: AliasState): string {
  return state === undefined ? 'gone' : JSON.stringify([describe(state), state.description])
}

/** What an alias refers to is there, and so is what served when a process looked first. */
function servable(trial: Trial): readonly string[] {
  const { aliases, versions, acts, story } = trial
  const there = new Set(['$LATEST', ...versions.map(({ version }) => version)])
  const referred = aliases.flatMap(({ name, state }) =>
    state === undefined ? [] : [state.version, ...Object.keys(state.weights)].map(version => ({ name, version })),
  )
  const gone = acts.flatMap(act => {
    const served = story.alias === 'live' && act.command !== 'prune' ? found(act, trial)?.version : undefined
    return served === undefined || act.versions.some(({ version }) => version === served)
      ? []
      : [`version ${served}, which served when ${act.who} began, is gone`]
  })
  return [
    ...referred
      .filter(({ version }) => !there.has(version))
      .map(({ name, version }) => `${name} refers to version ${version}, which is gone`),
    ...gone,
  ]
}

/** Nothing was published twice. */
function twins({ versions, versionsBefore }: Trial): readonly string[] {
  const known = new Set(versionsBefore.map(({ version }) => version))
  const groups = Map.groupBy(versions, ({ same }) => same)
  return [...groups.values()]
    .filter(group => group.filter(({ version }) => !known.has(version)).length > 1)
    .map(group => `versions ${group.map(({ version }) => version).join(' and ')} are the same, published twice`)
}

/** A re-run brings it to a good end. */
function goodEnd({ acts, story, rerun }: Trial): readonly string[] {
  const last = acts.at(-1)
  if (last === undefined || last.who !== 'rerun' || rerun !== 'ends well') return []
  if (last.end.kind !== 'ended') return ['the re-run has no end']
  const { result, reason }: Outcome = last.end.outcome
  const isJustified = result === 'refused' && story.rerun.refusals?.test(reason)
  return isJustified || story.rerun.results.includes(result) ? [] : [`the re-run ended ${result}: ${reason}`]
}

export function isWhole(state: AliasState): boolean {
  return state !== undefined && routingOf(state.version, state.weights).kind === 'whole'
}

export function describe(state: AliasState): string {
  return state === undefined ? 'nothing' : describeRouting(routingOf(state.version, state.weights))
}

/** Whether the post step would have something to do. */
export function leavesWork({ kept }: Process): boolean {
  return isLeft(kept)
}
