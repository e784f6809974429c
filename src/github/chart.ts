import { rate } from '../rollout/evidence.ts'
import { type Minute, minuteMs, type Sample } from '../rollout/minutes.ts'

/** A bar of the chart: from and until in epoch ms, what it says, and whether it stands out. */
type Bar = { readonly from: number; readonly until: number; readonly label: string; readonly loud: boolean }

/** So many bars at most stand beside each other and can still be read. */
const mostBars = 20

/**
 * The share of the candidate and both error rates over time, as a Mermaid gantt diagram: the one chart with a time axis
 * that is known to be drawn in job summaries. `shares` are the steps with their ends; a title has room for a dozen
 * letters.
 */
export function chart(
  shares: readonly { readonly from: number; readonly until: number; readonly weight: number }[],
  minutes: readonly Minute[],
  titles: { readonly stable: string; readonly candidate: string },
): string {
  const bins = binsOf(minutes)
  const sections = [
    ['Share', shares.map(({ from, until, weight }) => ({ from, until, label: percent(weight), loud: false }))],
    [titles.candidate, bins.flatMap(bin => errorBar(bin, minute => minute.candidate, true))],
    [titles.stable, bins.flatMap(bin => errorBar(bin, minute => minute.stable, false))],
  ] as const
  const body = sections.flatMap(([name, bars]) => (bars.length === 0 ? [] : [`  section ${name}`, ...bars.map(line)]))
  return [
    '```mermaid',
    '---',
    'displayMode: compact',
    '---',
    'gantt',
    '  dateFormat x',
    '  axisFormat %H:%M',
    `  tickInterval ${tick(widthOf(minutes))}`,
    '  todayMarker off',
    ...body,
    '```',
  ].join('\n')
}

/** Neighbours that one bar stands for; all are of about the same width. */
function binsOf(minutes: readonly Minute[]): readonly (readonly Minute[])[] {
  const wide = Math.ceil(widthOf(minutes) / mostBars)
  const bins: Minute[][] = []
  for (const minute of minutes) {
    const last = bins.at(-1)
    if (last !== undefined && widthOf(last) < wide) last.push(minute)
    else bins.push([minute])
  }
  return bins
}

/** In minutes. */
function widthOf(minutes: readonly Minute[]): number {
  return minutes.reduce((sum, { wide = 1 }) => sum + wide, 0)
}

/** Ten ticks or so, at whole minutes. */
function tick(minutes: number): string {
  const steps = [1, 2, 5, 10, 15, 30, 60]
  return `${steps.find(step => minutes / step <= 12) ?? 120}minute`
}

function errorBar(bin: readonly Minute[], side: (minute: Minute) => Sample, candidate: boolean): readonly Bar[] {
  const [first] = bin
  const served = bin.reduce((sum, minute) => sum + side(minute).invocations, 0)
  const bad = bin.reduce((sum, minute) => sum + side(minute).errors, 0)
  if (first === undefined || served === 0) return []
  return [
    {
      from: first.at,
      until: first.at + widthOf(bin) * minuteMs,
      label: percent(rate({ served, bad })),
      loud: candidate && bad > 0,
    },
  ]
}

/** A bar of no length would not be drawn, and a colon would end its label. */
function line({ from, until, label, loud }: Bar): string {
  return `  ${label} :${loud ? 'crit' : 'active'}, ${from}, ${Math.max(until, from + 1_000)}`
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(1))} %`
}
