import {
  difference,
  errorRatios,
  eValue,
  rate,
  slownessRatios,
  splitIsOff,
  type Tally,
  type Trial,
  total,
} from './evidence.ts'
import { type Minute, minuteMs, type Sample, trialsOf } from './minutes.ts'
import { percent } from './routing.ts'

/** What a threshold is set on: a count or a share in a minute, or a statistic of the duration in ms. */
export type Measure =
  | { readonly kind: 'errors' | 'throttles' | 'error-rate' }
  | { readonly kind: 'duration'; readonly stat: string }

/** Where a threshold lies: at a value (a count, a fraction, ms) or at a multiple of what stable shows. */
export type Limit =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'of-stable'; readonly factor: number }

/** One check, as it was written. */
export type Check =
  | { readonly kind: 'no-worse'; readonly text: string; readonly of: 'errors' | 'duration' }
  | {
      readonly kind: 'limit'
      readonly text: string
      readonly measure: Measure
      readonly limit: Limit
      readonly minutes: number
    }

/** What is read of the metrics, and what it is judged by. */
export type Watch = { readonly checks: readonly Check[]; readonly falseAlarmRate: number }

/** How one check stands. `evidence` is its e-value, where it has one. */
export type CheckReading = {
  /** The alias that it is about, where there are several. */
  readonly target?: string
  readonly text: string
  readonly verdict: 'ok' | 'failing' | 'no-data' | 'report-only'
  readonly because: string
  readonly stable: Tally
  readonly candidate: Tally
  readonly evidence?: number
}

/** How all checks stand over all targets; `evidence` is the mean of their e-values, held against 1/`falseAlarmRate`. */
export type ChecksReading = {
  readonly verdict: 'ok' | 'failing' | 'no-data'
  readonly because: string
  readonly readings: readonly CheckReading[]
  readonly evidence: number
  readonly falseAlarmRate: number
}

/** A candidate whose rate is not larger than stable's by so much is not rolled back, however certain it is. */
const smallestDifference = 0.001

/** Judges every check on the minutes of every target; `names` are theirs, where there are several. */
export function judgeChecks(
  checks: readonly Check[],
  targets: readonly (readonly Minute[])[],
  falseAlarmRate: number,
  now: number,
  names: readonly string[] = [],
): ChecksReading {
  const readings = targets.flatMap((minutes, i) => {
    const name = targets.length > 1 ? names[i] : undefined
    return checks.map(check => ({ ...readCheck(check, minutes, now), ...(name !== undefined && { target: name }) }))
  })
  const values = readings.flatMap(({ evidence }) => evidence ?? [])
  const evidence = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
  const judged = evidence >= 1 / falseAlarmRate ? readings.map(reading => convict(reading, evidence)) : readings
  const failing = judged.filter(({ verdict }) => verdict === 'failing')
  const told = { readings: judged, evidence, falseAlarmRate }
  if (failing.length > 0) return { verdict: 'failing', because: describeFailing(failing), ...told }
  const silent = judged.every(({ verdict }) => verdict === 'no-data')
  return { verdict: silent ? 'no-data' : 'ok', because: describeReadings(checks, judged), ...told }
}

/** Of more failing checks than this not each is told of. */
const mostToldFailing = 3

function describeFailing(failing: readonly CheckReading[]): string {
  const worst = failing.toSorted((a, b) => (b.evidence ?? 0) - (a.evidence ?? 0)).slice(0, mostToldFailing)
  const told = worst.map(({ target, because }) => (target === undefined ? because : `${target}: ${because}`))
  const more = failing.length - worst.length
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** How each check stands; of several targets, one sentence a check for all of them. */
function describeReadings(checks: readonly Check[], readings: readonly CheckReading[]): string {
  if (readings.length === checks.length) return readings.map(({ because }) => because).join('; ')
  return checks.map((check, i) => describePooled(check, everyNth(readings, checks.length, i))).join('; ')
}

/** One sentence on a check over all targets: what they counted together. */
function describePooled(check: Check, readings: readonly CheckReading[]): string {
  const known = readings.filter(({ verdict }) => verdict !== 'no-data')
  const [first] = known
  if (first === undefined) return readings[0]?.because ?? ''
  const over = known.length === readings.length ? `${known.length}` : `${known.length} of ${readings.length}`
  if (check.kind === 'limit') return `${first.because} on ${over} functions`
  const what = check.of === 'errors' ? 'errors' : 'slow invocations'
  const sum = (side: 'candidate' | 'stable') => pool(known.map(reading => reading[side]))
  return `${describeTally('candidates', sum('candidate'), what)}, ${describeTally('stable', sum('stable'), what)} on ${over} functions`
}

function pool(tallies: readonly Tally[]): Tally {
  return tallies.reduce((a, b) => ({ served: a.served + b.served, bad: a.bad + b.bad }))
}

function everyNth<T>(items: readonly T[], n: number, from: number): readonly T[] {
  return items.filter((_, i) => i % n === from)
}

/** Once the evidence of all comparisons together suffices, those fail that carry it and show a real difference. */
function convict(reading: CheckReading, mean: number): CheckReading {
  const { evidence = 0, candidate, stable } = reading
  const worse = rate(candidate) - rate(stable) >= smallestDifference
  if (evidence < mean || !worse) return reading
  return { ...reading, verdict: 'failing', because: `${reading.text} does not hold: ${reading.because}` }
}

function readCheck(check: Check, minutes: readonly Minute[], now: number): CheckReading {
  if (check.kind === 'limit') return readLimit(check, minutes, now)
  return check.of === 'errors' ? readErrors(check.text, minutes) : readDuration(check.text, minutes)
}

function readErrors(text: string, minutes: readonly Minute[]): CheckReading {
  return compare(text, [trialsOf(minutes, sample => sample.errors)], errorRatios, 'errors')
}

/** Slowness is compared where stable's own quantiles cut: as many invocations of each should be slower than that. */
function readDuration(text: string, minutes: readonly Minute[]): CheckReading {
  const cuts = minutes.find(({ candidate }) => candidate.slower !== undefined)?.candidate.slower?.length ?? 0
  if (cuts === 0) {
    const { stable, candidate } = totals(trialsOf(minutes, () => 0))
    return {
      text,
      verdict: 'report-only',
      because: `${text}: stable had no traffic to compare durations by, or CloudWatch gives no counts of slow invocations`,
      stable,
      candidate,
    }
  }
  const trials = Array.from({ length: cuts }, (_, i) => trialsOf(minutes, ({ slower }) => slower?.[i] ?? 0))
  return compare(text, trials, slownessRatios, 'slow invocations')
}

/** The mean of the e-values of several ways to count what is bad; the numbers shown are those of the telling one. */
function compare(
  text: string,
  ways: readonly (readonly Trial[])[],
  ratios: readonly number[],
  what: string,
): CheckReading {
  const values = ways.map(trials => eValue(trials, ratios))
  const telling = ways[values.indexOf(Math.max(...values))] ?? []
  const { stable, candidate } = totals(telling)
  const evidence = values.reduce((sum, value) => sum + value, 0) / values.length
  const because = `${describeTally('candidate', candidate, what)}, ${describeTally('stable', stable, what)}`
  if (candidate.served === 0)
    return {
      text,
      verdict: 'no-data',
      because: 'nothing of the candidate beside stable yet',
      stable,
      candidate,
      evidence,
    }
  return { text, verdict: 'ok', because, stable, candidate, evidence }
}

function totals(trials: readonly Trial[]): { stable: Tally; candidate: Tally } {
  return { stable: total(trials, 'stable'), candidate: total(trials, 'candidate') }
}

/** `candidate 3 errors of 120 (2.5 %)`. */
export function describeTally(who: string, tally: Tally, what: string): string {
  const counted = tally.bad === 1 ? what.replace(/s$/, '') : what
  return `${who} ${tally.bad} ${counted} of ${tally.served} (${percent(rate(tally))})`
}

/** A threshold fails once it was exceeded in so many complete minutes in a row. */
function readLimit(
  { text, measure, limit, minutes: inARow }: Check & { kind: 'limit' },
  minutes: readonly Minute[],
  now: number,
): CheckReading {
  const complete = minutes.filter(({ at, weight }) => weight > 0 && at + minuteMs <= now)
  const { stable, candidate } = totals(trialsOf(minutes, sample => sample.errors))
  const values = complete.map(minute => exceeds(minute, measure, limit))
  const known = values.filter(value => value !== undefined)
  if (known.length === 0) return { text, verdict: 'no-data', because: `${text}: no data`, stable, candidate }
  if (!lasts(values, inARow)) return { text, verdict: 'ok', because: `${text} holds`, stable, candidate }
  const { value, bound } = known.findLast(({ exceeded }) => exceeded) ?? { value: 0, bound: 0 }
  const seen = `${describeValue(measure, value)} where ${describeValue(measure, bound)} is the limit`
  const lasted = inARow === 1 ? '' : ` for ${inARow} minutes`
  return { text, verdict: 'failing', because: `${text} does not hold: ${seen}${lasted}`, stable, candidate }
}

type Exceeding = { readonly value: number; readonly bound: number; readonly exceeded: boolean }

/** Of minutes that are kept as their sums, none belongs to a run that can still become long enough. */
function exceeds({ stable, candidate, wide }: Minute, measure: Measure, limit: Limit): Exceeding | undefined {
  const value = shownBy(candidate, measure)
  const bound = limit.kind === 'value' ? limit.value : scaled(shownBy(stable, measure), limit.factor)
  if (value === undefined || bound === undefined) return undefined
  return { value, bound, exceeded: wide === undefined && value >= bound && isMoreThanOne(candidate, measure) }
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor
}

/** What a version shows in a minute; undefined where it had no traffic. */
function shownBy(sample: Sample, measure: Measure): number | undefined {
  switch (measure.kind) {
    case 'errors':
      return sample.invocations === 0 ? undefined : sample.errors
    case 'throttles':
      return sample.invocations + sample.throttles === 0 ? undefined : sample.throttles
    case 'error-rate':
      return sample.invocations === 0 ? undefined : sample.errors / sample.invocations
    case 'duration':
      return sample.durations[measure.stat]
  }
}

/** A single error, throttle or invocation says nothing. */
function isMoreThanOne(sample: Sample, measure: Measure): boolean {
  if (measure.kind === 'throttles') return sample.throttles > 1
  return measure.kind === 'duration' ? sample.invocations > 1 : sample.errors > 1
}

/** Whether so many minutes in a row exceeded the threshold. */
function lasts(values: readonly (Exceeding | undefined)[], inARow: number): boolean {
  let run = 0
  return values.some(value => {
    run = value?.exceeded === true ? run + 1 : 0
    return run >= inARow
  })
}

function describeValue({ kind }: Measure, value: number): string {
  if (kind === 'error-rate') return percent(value)
  return kind === 'duration' ? `${Math.round(value)} ms` : String(Number(value.toFixed(2)))
}

/** A minute's points are settled when it has been over for so long: later ones are rare and small. */
export const settledAfterMs = 2 * minuteMs

/** How many minutes in a row a check looks at one by one, at most. */
export function longestRun(checks: readonly Check[]): number {
  return Math.max(1, ...checks.map(check => (check.kind === 'limit' ? check.minutes : 1)))
}

/** How many invocations the candidate has served in minutes whose points are settled. */
export function servedSettled(minutes: readonly Minute[], now: number): number {
  const settled = minutes.filter(({ at }) => at + minuteMs + settledAfterMs <= now)
  return settled.reduce((sum, { candidate }) => sum + candidate.invocations, 0)
}

/** Whether the traffic was split otherwise than configured, as far as minutes of one weight and settled points tell. */
export function splitWarning(minutes: readonly Minute[], now: number): string | undefined {
  const told = minutes.filter(({ at, mixed }) => !mixed && at + minuteMs + settledAfterMs <= now)
  const trials = trialsOf(told, sample => sample.errors)
  if (!splitIsOff(trials)) return undefined
  const { stable, candidate } = totals(trials)
  const share = candidate.served / (candidate.served + stable.served)
  const weights = trials.map(({ weight }) => percent(weight)).join(' and ')
  return `The traffic is not split as configured: the candidate got ${Number((share * 100).toFixed(1))} % of it at ${weights}; look for throttling, for provisioned concurrency that spills over, or for another hand on the alias`
}

/** Both versions' errors beside each other, and whose they are. */
export function compareErrors(minutes: readonly Minute[]): string {
  const trials = trialsOf(minutes, sample => sample.errors)
  const { stable, candidate } = totals(trials)
  if (candidate.served + stable.served === 0) return 'no metrics to compare the versions by yet'
  return `${attribute(trials)}: ${describeTally('candidate', candidate, 'errors')}, ${describeTally('stable', stable, 'errors')}`
}

/** Whether what an alarm complains of is the candidate's own, as the comparison of errors shows it. */
export function attribute(trials: readonly Trial[]): 'the candidate only' | 'both versions' | 'cannot tell whose' {
  const { stable, candidate } = totals(trials)
  if (eValue(trials) >= 20 && difference(trials) >= smallestDifference) return 'the candidate only'
  return stable.bad > 0 && candidate.bad > 0 ? 'both versions' : 'cannot tell whose'
}
