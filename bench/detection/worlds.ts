import { type Minute, minuteMs, type Sample } from '../../src/rollout/minutes.ts'
import { Chance } from './chance.ts'

/** A rollout to simulate: how much traffic, how it is really split, and how both versions fail. */
export type WorldSpec = {
  readonly perSecond: number
  readonly weight: number
  readonly stableRate: number
  readonly candidateRate: number
  /** Both versions fail for 30 % of all requests in one minute of twenty. */
  readonly bursts?: boolean
  /** Each point may come up to three minutes late. */
  readonly late?: boolean
  /** The real share, drawn anew each minute from 12 to 30 % whatever was configured. */
  readonly skewed?: boolean
  /** Slow invocations are counted too, over stable's p50, p90 and p99, which both versions exceed alike. */
  readonly durations?: boolean
  /** Each failure brings four more on the same version: what the guarantee does not cover. */
  readonly pinned?: boolean
}

/** What is known after each minute: `looks[i]` holds the minutes 0 to i, as far as their points have come. */
export type Stream = { readonly minutes: readonly Counts[]; readonly looks: readonly (readonly Minute[])[] }

/** The truth of one minute. */
export type Counts = {
  readonly n0: number
  readonly e0: number
  readonly n1: number
  readonly e1: number
  /** Slow invocations of stable and of the candidate by cut, where they are counted. */
  readonly slow?: readonly [readonly number[], readonly number[]]
}

export const lookMinutes = 60
const burstChance = 0.05
const burstRate = 0.3
const clusterSize = 5
const latest = 3

/** One simulated rollout of an hour at one weight. */
export function simulate(spec: WorldSpec, seed: number): Stream {
  const chance = new Chance(seed)
  const minutes = Array.from({ length: lookMinutes }, () => minuteOf(spec, chance))
  const arrivals = minutes.map(counts => (spec.late ? spread(counts, chance) : [counts]))
  const settled = arrivals.map((parts, at) => visible(parts, latest, at, spec.weight))
  const looks = minutes.map((_, look) =>
    arrivals.slice(0, look + 1).map((parts, at) => {
      const known = look - at >= parts.length - 1 ? settled[at] : undefined
      return known ?? visible(parts, look - at, at, spec.weight)
    }),
  )
  return { minutes, looks }
}

function minuteOf(spec: WorldSpec, chance: Chance): Counts {
  const served = chance.poisson(spec.perSecond * 60)
  const share = spec.skewed ? 0.12 + 0.18 * chance.next() : spec.weight
  const n1 = chance.binomial(served, share)
  const n0 = served - n1
  const burst = spec.bursts === true && chance.next() < burstChance
  const e0 = failures(n0, burst ? burstRate : spec.stableRate, spec, chance)
  const e1 = failures(n1, burst ? burstRate : spec.candidateRate, spec, chance)
  if (!spec.durations) return { n0, e0, n1, e1 }
  return { n0, e0, n1, e1, slow: [slow(n0, chance), slow(n1, chance)] }
}

/** How many exceed the quantiles: one of a hundred, ten of a hundred, half; each counted among the next. */
function slow(served: number, chance: Chance): readonly number[] {
  const half = chance.binomial(served, 0.5)
  const tenth = chance.binomial(half, 0.2)
  return [half, tenth, chance.binomial(tenth, 0.1)]
}

function failures(served: number, rate: number, { pinned }: WorldSpec, chance: Chance): number {
  const causes = chance.binomial(served, pinned ? rate / clusterSize : rate)
  return Math.min(served, pinned ? causes * clusterSize : causes)
}

/** A minute's counts by how many minutes late they come. */
function spread(counts: Counts, chance: Chance): readonly Counts[] {
  const parts: Counts[] = []
  let left = counts
  for (let late = 0; late < latest; late++) {
    const share = 1 / (latest + 1 - late)
    const take = (n: number, e: number) => {
      const bad = chance.binomial(e, share)
      return [bad + chance.binomial(n - e, share), bad] as const
    }
    const [[n0, e0], [n1, e1]] = [take(left.n0, left.e0), take(left.n1, left.e1)]
    parts.push({ n0, e0, n1, e1 })
    left = { n0: left.n0 - n0, e0: left.e0 - e0, n1: left.n1 - n1, e1: left.e1 - e1 }
  }
  return [...parts, left]
}

function visible(parts: readonly Counts[], age: number, at: number, weight: number): Minute {
  const come = parts.slice(0, age + 1)
  const sum = (key: 'n0' | 'e0' | 'n1' | 'e1') => come.reduce((total, part) => total + part[key], 0)
  return {
    at: at * minuteMs,
    weight,
    mixed: false,
    stable: sample(sum('n0'), sum('e0'), come[0]?.slow?.[0]),
    candidate: sample(sum('n1'), sum('e1'), come[0]?.slow?.[1]),
  }
}

function sample(invocations: number, errors: number, slower: readonly number[] | undefined): Sample {
  return { invocations, errors, throttles: 0, durations: {}, slower }
}
