import type { Fact, Started } from '../ports.ts'
import { type Command, describeTarget, type Outcome, type Place, type Result } from '../rollout/outcome.ts'
import { primary } from '../rollout/routing.ts'
import { functionLink } from './console.ts'
import { folded, table } from './markdown.ts'
import { code, inline, link } from './text.ts'
import { originOf } from './web.ts'

/** How each end is called where people read it. */
export const titles: Readonly<Record<Result, string>> = {
  promoted: '✅ Promoted',
  unchanged: '✅ Unchanged',
  paused: '⏸️ Paused',
  previewed: '🔎 Previewed',
  removed: '🧹 Removed',
  pruned: '🧹 Pruned',
  planned: '📝 Planned',
  'rolled-back': '↩️ Rolled back',
  held: '⏸️ Held',
  'stood-aside': '✋ Stood aside',
  refused: '⛔ Refused',
  failed: '❌ Failed',
  'part-way': '🚨 Part-way',
}

/** What the version that a run is about is to the alias. */
const versionTitles: Readonly<Record<Command, string>> = {
  deploy: 'Candidate',
  promote: 'Candidate',
  rollback: 'Version now',
  preview: 'Version',
  prune: 'Version',
}

/** What the run was about and whose it was: in a row where that is one target, else in a row a target. */
export function overview(facts: readonly Fact[], outcome: Outcome, serverUrl: string): readonly string[] {
  const started = facts.find(fact => fact.kind === 'started')
  const [first] = started?.targets ?? []
  if (started === undefined || first === undefined) return []
  return started.targets.length === 1 ? one(first, facts, started, serverUrl) : many(facts, started, outcome, serverUrl)
}

function one(target: Place, facts: readonly Fact[], started: Started, serverUrl: string): readonly string[] {
  const version = facts.findLast(fact => fact.kind === 'version')
  const cells = [
    ['Function', link(target.functionName, functionLink(target))],
    ['Alias', target.alias && inline(target.alias)],
    ['Version before', before(facts.find(fact => fact.kind === 'found'))],
    [versionTitles[started.command], version && inline(version.version)],
    ...originOf(serverUrl, started.run),
  ] as const
  const known = cells.filter((cell): cell is readonly [(typeof cell)[0], string] => cell[1] !== undefined)
  const row = known.map(([, value]) => value)
  const sha256 = version?.codeSha256 ?? ''
  const what = versionTitles[started.command].toLowerCase()
  const hash = sha256 === '' ? [] : [`Code SHA-256 of the ${what}: ${code(sha256)}`]
  return [
    table(
      known.map(([name]) => name),
      [row],
    ),
    ...hash,
  ]
}

/** Of more targets than this the table is folded away, under how many came to which end. */
const mostUnfolded = 12

function many(facts: readonly Fact[], started: Started, outcome: Outcome, serverUrl: string): readonly string[] {
  const waves = facts.filter(fact => fact.kind === 'wave')
  const ends = new Map(outcome.targets?.map(({ target, result }) => [describeTarget(target), result]))
  const resultOf = (place: Place) => ends.get(describeTarget(place)) ?? outcome.result
  const rows = started.targets.map(place => {
    const isOf = ({ target }: { readonly target: Place }) => describeTarget(target) === describeTarget(place)
    const version = facts.filter(fact => fact.kind === 'version').findLast(isOf)
    const wave = waves.find(({ targets }) => targets.some(target => isOf({ target })))
    return [
      link(place.functionName, functionLink(place)),
      inline(place.alias ?? ''),
      before(facts.filter(fact => fact.kind === 'found').find(isOf)) ?? '',
      inline(version?.version ?? ''),
      ...(waves.length > 0 ? [wave === undefined ? '' : String(wave.number)] : []),
      titles[resultOf(place)],
    ]
  })
  const head = [
    'Function',
    'Alias',
    'Before',
    versionTitles[started.command],
    ...(waves.length > 0 ? ['Wave'] : []),
    'End',
  ]
  const counts = [...Map.groupBy(started.targets, resultOf)].map(([result, some]) => `${some.length} ${result}`)
  const all = `${started.targets.length} functions: ${counts.join(', ')}`
  const run = originOf(serverUrl, started.run)
  return [
    table(
      run.map(([name]) => name),
      [run.map(([, value]) => value)],
    ),
    ...(rows.length > mostUnfolded ? folded(all, table(head, rows)) : [table(head, rows)]),
  ]
}

function before(found: Extract<Fact, { kind: 'found' }> | undefined): string | undefined {
  return found && (found.alias === undefined ? 'none' : inline(primary(found.alias.routing)))
}
