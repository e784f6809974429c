import { CallFailed, type Metrics, type Series, type Window } from '../../../src/ports.ts'
import type { Points } from '../../../src/rollout/minutes.ts'
import type { Routing } from '../../../src/rollout/routing.ts'
import type { Calls } from './calls.ts'
import { durationMs, type Time } from './time.ts'

/** A constant, or what it is at so many ms after the start of the story. */
type OverTime = number | ((elapsedMs: number) => number)

/** How a version does under traffic. */
type Behaviour = {
  /** The share of its invocations that fail. */
  readonly errorRate: OverTime
  /** What is throttled of it in a minute. */
  readonly throttles: OverTime
  /** The durations that its invocations have, in ms, each as often as any other. */
  readonly durations: readonly number[]
}

const usual: Behaviour = { errorRate: 0, throttles: 0, durations: [20] }

/** What an alias serves at an instant, epoch ms. */
export type RoutingAt = (name: string, at: number) => Routing | undefined

/** What CloudWatch counts of an alias's traffic. Nothing is left to chance: the router keeps to its weights exactly. */
export class SimMetrics implements Metrics {
  /** How often each alias is invoked in a minute. */
  perMinute: OverTime = 0
  /** How much later than it happened anything can be read. */
  late = '0s'
  /** The share that the candidate really gets at a weight. */
  split: (weight: number) => number = weight => weight
  /** Whether CloudWatch counts the invocations that last longer than so much: `TC(800:)`. */
  countsSlow = true
  /** Every series that was asked for: `8 Errors Sum`; without a version those of the alias. */
  readonly asked = new Set<string>()
  readonly #behaviours = new Map<string, Behaviour>()
  readonly #routingAt: RoutingAt
  readonly #time: Time
  readonly #calls: Calls

  constructor(routingAt: RoutingAt, time: Time, calls: Calls) {
    this.#routingAt = routingAt
    this.#time = time
    this.#calls = calls
  }

  /** A version does otherwise than the rest, which never fail and take 20 ms. */
  does(version: string, behaviour: Partial<Behaviour>): void {
    this.#behaviours.set(version, { ...usual, ...behaviour })
  }

  async read(series: readonly Series[], window: Window, cut?: AbortSignal): Promise<readonly Points[]> {
    return await this.#calls.make('read metrics', () => series.map(one => this.#pointsOf(one, window)), cut)
  }

  #pointsOf(series: Series, { from, to, periodS }: Window): Points {
    const { version, metric, stat } = series
    this.asked.add([version, metric, stat].filter(part => part !== undefined).join(' '))
    if (stat.startsWith('TC(') && !this.countsSlow) {
      throw new CallFailed('rejected', `could not read metrics: ${stat} is not supported`)
    }
    const points = new Map<number, number>()
    for (let at = from; at < to; at += periodS * 1_000) {
      const value = this.#valueOf(series, at, at + periodS * 1_000)
      if (value !== undefined) points.set(at, value)
    }
    return points
  }

  /** There is no point where nothing was invoked. */
  #valueOf(series: Series, from: number, until: number): number | undefined {
    const { errorRate, throttles, durations } = this.#behaviours.get(series.version ?? '') ?? usual
    const served = this.#count(series, from, until, 1)
    switch (series.metric) {
      case 'Throttles':
        return served === 0 ? undefined : Math.round(valueAt(throttles, from - this.#time.start))
      case 'Invocations':
        return served === 0 ? undefined : served
      case 'Errors':
        return served === 0 ? undefined : this.#count(series, from, until, errorRate)
      case 'Duration':
        return served === 0 ? undefined : statisticOf(durations, series.stat, served)
    }
  }

  /** This share of the invocations that began in a span of time, second by second, as far as they can be read by now. */
  #count({ functionName, alias, version }: Series, from: number, until: number, share: OverTime): number {
    const end = Math.min(until, this.#time.now() - durationMs(this.late))
    let sum = 0
    for (let at = from; at + 1_000 <= end; at += 1_000) {
      const elapsed = at - this.#time.start
      const routing = this.#routingAt(`${functionName}:${alias}`, at)
      const part = version === undefined ? 1 : this.#partOf(version, routing)
      sum += (valueAt(this.perMinute, elapsed) / 60) * part * valueAt(share, elapsed)
    }
    return Math.round(sum)
  }

  #partOf(version: string, routing: Routing | undefined): number {
    if (routing === undefined || routing.kind === 'whole') return routing?.version === version ? 1 : 0
    const share = this.split(routing.weight)
    return routing.candidate === version ? share : routing.stable === version ? 1 - share : 0
  }
}

function valueAt(value: OverTime, elapsedMs: number): number {
  return typeof value === 'number' ? value : value(elapsedMs)
}

function statisticOf(durations: readonly number[], stat: string, served: number): number {
  const sorted = [...durations].sort((a, b) => a - b)
  const [, cut] = /^TC\((\d+):\)$/.exec(stat) ?? []
  if (cut !== undefined) {
    return Math.round((served * sorted.filter(duration => duration > Number(cut)).length) / sorted.length)
  }
  if (stat === 'Average') return sorted.reduce((sum, duration) => sum + duration, 0) / sorted.length
  const rank = stat === 'Maximum' ? 1 : Number(stat.slice(1)) / 100
  return sorted[Math.ceil(rank * sorted.length) - 1] ?? 0
}
