import type { Trial } from './evidence.ts'

/** What one version did in one minute. `durations` by statistic (`p99`), in ms; `slower` counts per cut point. */
export type Sample = {
  readonly invocations: number
  readonly errors: number
  readonly throttles: number
  readonly durations: Readonly<Record<string, number>>
  readonly slower: readonly number[] | undefined
}

/** One minute of a rollout, from `at` (epoch ms), booked under the largest weight that was in force during it. */
export type Minute = {
  readonly at: number
  readonly weight: number
  /** The weight moved within it. */
  readonly mixed: boolean
  /** It stands for so many minutes in a row, which are settled: their sums. */
  readonly wide?: number
  readonly stable: Sample
  readonly candidate: Sample
}

/** A shift of traffic: the candidate's weight from `at` (epoch ms) on. */
export type Shift = { readonly at: number; readonly weight: number }

/** The points of one series by the start of their minute, epoch ms. */
export type Points = ReadonlyMap<number, number>

/** All series of one version. `slower` has one series for each cut point; undefined where CloudWatch gives none. */
export type SidePoints = {
  readonly invocations: Points
  readonly errors: Points
  readonly throttles: Points
  readonly durations: Readonly<Record<string, Points>>
  readonly slower: readonly Points[] | undefined
}

export const minuteMs = 60_000

/** The start of the minute that an instant lies in. */
export function minuteOf(at: number): number {
  return Math.floor(at / minuteMs) * minuteMs
}

/**
 * The minutes since the first shift, or those from `from` on. A minute in which the weight moved is booked under the
 * larger one, which only weakens the evidence. Where there is no point there was no traffic; where Errors are missing
 * there were none.
 */
export function minutesOf(
  shifts: readonly Shift[],
  stable: SidePoints,
  candidate: SidePoints,
  now: number,
  from = Number.NEGATIVE_INFINITY,
): readonly Minute[] {
  const [first] = shifts
  if (first === undefined) return []
  const begin = Math.max(minuteOf(first.at), from)
  const count = Math.max(0, Math.floor((now - begin) / minuteMs) + 1)
  return Array.from({ length: count }, (_, i) => begin + i * minuteMs).map(at => ({
    at,
    weight: weightDuring(shifts, at),
    mixed: shifts.some(shift => shift.at > at && shift.at < at + minuteMs),
    stable: sampleAt(stable, at),
    candidate: sampleAt(candidate, at),
  }))
}

function weightDuring(shifts: readonly Shift[], at: number): number {
  const before = shifts.findLast(shift => shift.at <= at)?.weight ?? 0
  const within = shifts.filter(shift => shift.at > at && shift.at < at + minuteMs).map(shift => shift.weight)
  return Math.max(before, ...within)
}

function sampleAt(points: SidePoints, at: number): Sample {
  const durations = Object.entries(points.durations).flatMap(([stat, series]) => {
    const value = series.get(at)
    return value === undefined ? [] : [[stat, value] as const]
  })
  return {
    invocations: points.invocations.get(at) ?? 0,
    errors: points.errors.get(at) ?? 0,
    throttles: points.throttles.get(at) ?? 0,
    durations: Object.fromEntries(durations),
    slower: points.slower?.map(series => Math.round(series.get(at) ?? 0)),
  }
}

/** So many stretches at most are kept of what has long been settled, beside those that a shift cuts. */
const mostStretches = 40

/**
 * The same minutes in bounded room: neighbours of one weight that are over by `until` are kept as their sums, in
 * stretches that are the wider the longer it lasts. All that is summed over minutes stays what it was.
 */
export function condense(minutes: readonly Minute[], until: number): readonly Minute[] {
  const [first] = minutes
  if (first === undefined) return []
  const settled = (until - first.at) / minuteMs
  const wide = 2 ** Math.max(0, Math.ceil(Math.log2(settled / mostStretches)))
  const stretchOf = ({ at }: Minute) => Math.floor((at - first.at) / (wide * minuteMs))
  const condensed: Minute[] = []
  for (const minute of minutes) {
    const last = condensed.at(-1)
    const isOne = last !== undefined && last.weight === minute.weight && last.mixed === minute.mixed
    if (isOne && minute.at + minuteMs <= until && stretchOf(last) === stretchOf(minute))
      condensed[condensed.length - 1] = joined(last, minute)
    else condensed.push(minute)
  }
  return condensed
}

function joined(a: Minute, b: Minute): Minute {
  return {
    ...a,
    wide: (a.wide ?? 1) + (b.wide ?? 1),
    stable: addUp(a.stable, b.stable),
    candidate: addUp(a.candidate, b.candidate),
  }
}

/** Durations do not add up: the last ones say that there were some. */
function addUp(a: Sample, b: Sample): Sample {
  return {
    invocations: a.invocations + b.invocations,
    errors: a.errors + b.errors,
    throttles: a.throttles + b.throttles,
    durations: { ...a.durations, ...b.durations },
    slower: a.slower?.map((count, i) => count + (b.slower?.[i] ?? 0)),
  }
}

/** The minutes while both versions had traffic, gathered by weight; `bad` counts what is bad of a sample. */
export function trialsOf(minutes: readonly Minute[], bad: (sample: Sample) => number): readonly Trial[] {
  const trials = new Map<number, Trial>()
  for (const { weight, stable, candidate } of minutes) {
    if (weight <= 0 || weight >= 1) continue
    const sum = trials.get(weight) ?? { weight, stable: { served: 0, bad: 0 }, candidate: { served: 0, bad: 0 } }
    trials.set(weight, {
      weight,
      stable: { served: sum.stable.served + stable.invocations, bad: sum.stable.bad + bad(stable) },
      candidate: { served: sum.candidate.served + candidate.invocations, bad: sum.candidate.bad + bad(candidate) },
    })
  }
  return [...trials.values()]
}
