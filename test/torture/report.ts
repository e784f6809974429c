import { markdownTable } from 'markdown-table'
import type { Case } from './cases.ts'

/** How many trials of a kind there were, and how many of them broke the promise. */
export type Count = {
  readonly kind: string
  readonly variant: string
  readonly runs: number
  readonly broken: number
  readonly limits: number
}

/** A way in which the promise was broken, however often: each trial that shows it. */
export type Finding = { readonly says: string; readonly ids: readonly string[] }

export type Report = {
  readonly counts: readonly Count[]
  readonly findings: readonly Finding[]
  readonly limits: readonly Finding[]
}

/** Tries cases, one after the other. `watch` is told of each that is over. */
export async function judgeAll(cases: readonly Case[], watch: (one: Case) => void = () => undefined): Promise<Report> {
  const reports: Report[] = []
  for (const one of cases) {
    const { kind, variant, id, runs } = one
    const { breaches } = await one.run()
    const broken = breaches.filter(({ limit }) => limit !== true)
    const limits = breaches.filter(({ limit }) => limit === true)
    const counts = [{ kind, variant, runs, broken: broken.length > 0 ? 1 : 0, limits: limits.length > 0 ? 1 : 0 }]
    const told = (list: typeof breaches) => list.map(({ says }) => ({ says, ids: [id] }))
    reports.push({ counts, findings: told(broken), limits: told(limits) })
    watch(one)
  }
  return merge(reports)
}

/** One report out of several. */
export function merge(reports: readonly Report[]): Report {
  const counts = new Map<string, Count>()
  for (const count of reports.flatMap(({ counts }) => counts)) {
    const key = `${count.kind}/${count.variant}`
    const { runs, broken, limits } = counts.get(key) ?? { runs: 0, broken: 0, limits: 0 }
    counts.set(key, { ...count, runs: runs + count.runs, broken: broken + count.broken, limits: limits + count.limits })
  }
  const all = (of: 'findings' | 'limits') => alike(reports.flatMap(report => report[of]))
  return { counts: [...counts.values()], findings: all('findings'), limits: all('limits') }
}

/** What differs in numbers alone is one finding. */
function alike(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding>()
  for (const { says, ids } of findings) {
    const [kind = ''] = (ids[0] ?? '').split('/')
    const key = `${kind} ${says.replace(/\d+/g, '#').slice(0, 140)}`
    const known = groups.get(key)
    groups.set(key, { says: known?.says ?? says, ids: [...(known?.ids ?? []), ...ids] })
  }
  return [...groups.values()].sort((a, b) => b.ids.length - a.ids.length)
}

/** The report as people read it. */
export function describeReport({ counts, findings, limits }: Report): string {
  const sum = (of: 'runs' | 'broken' | 'limits') => counts.reduce((total, count) => total + count[of], 0)
  const rows = counts.map(({ kind, variant, runs, broken, limits }) => [
    kind,
    variant,
    String(runs),
    String(broken),
    String(limits),
  ])
  const table = markdownTable(
    [
      ['kind', 'what', 'runs', 'broke the promise', 'met a limit'],
      ...rows,
      ['all', '', String(sum('runs')), String(sum('broken')), String(sum('limits'))],
    ],
    { align: ['l', 'l', 'r', 'r', 'r'] },
  )
  return [
    table,
    ...findings.map(one => describeFinding('BROKEN', one)),
    ...limits.map(one => describeFinding('limit', one)),
  ].join('\n\n')
}

function describeFinding(what: string, { says, ids }: Finding): string {
  const [first = ''] = ids
  return `${what}, ${ids.length} times: ${says}\n  npm run torture -- --only '${first}'`
}
