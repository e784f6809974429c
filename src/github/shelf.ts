import { formatBytes } from '../bytes.ts'
import type { Fact } from '../ports.ts'
import { folded, table } from './markdown.ts'
import { inline, inRanges } from './text.ts'

/** What was taken away, what stays and why, and the code storage that is used, as far as a run has to do with it. */
export function shelf(facts: readonly Fact[]): readonly string[] {
  return [...removed(facts), ...staying(facts), ...storage(facts)]
}

function removed(facts: readonly Fact[]): readonly string[] {
  const gone = facts.filter(fact => fact.kind === 'removed').map(({ what }) => what)
  const versions = gone.flatMap(what => /^version (\d+)$/.exec(what)?.[1] ?? [])
  const others = gone.filter(what => !/^version \d+$/.test(what))
  const lines = [...others, ...(versions.length === 0 ? [] : [inRanges(versions)])].map(what => `- ${inline(what)}`)
  return lines.length === 0 ? [] : [`### Removed\n\n${lines.join('\n')}`]
}

function staying(facts: readonly Fact[]): readonly string[] {
  const stays = facts.findLast(fact => fact.kind === 'retention')?.retention.stays ?? []
  if (stays.length === 0) return []
  const rows = stays.map(({ version, because }) => [inline(version), inline(because)])
  return folded(`Versions that stay (${rows.length})`, table(['Version', 'Because'], rows))
}

function storage(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'storage')
  if (fact === undefined) return []
  const { before, after } = fact
  const now = after === undefined ? '' : `, now ${formatBytes(after.used)}`
  return [
    `Code storage of the account in this region: ${formatBytes(before.used)} of ${formatBytes(before.limit)}${now}`,
  ]
}
