import type { Outcome } from './lambda/outcome.ts'
import type { World } from './world.ts'

/** How a version behaves under traffic that is not really executed. */
export type Behaviour = {
  /** The share of invocations that fail, 0 to 1. */
  readonly errorRate: number
  /** The median of the durations, which are lognormal. */
  readonly durationMs: number
  /** How far durations lie apart; a sigma of 0.25 where nothing is said. */
  readonly spread?: Spread
  readonly coldStart?: ColdStart
  /** In this share of the minutes, the same for all versions, at least so many invocations fail. */
  readonly outage?: { readonly share: number; readonly errorRate: number }
  /** Once an invocation fails, so do the next so many of this version: a poisoned batch that comes back. */
  readonly alsoFail?: number
  /** In which ways invocations fail, by weight; without it each throws an `Error`. */
  readonly errors?: readonly Failing[]
}

/** The standard deviation of a duration's logarithm, or the 99th percentile that it has to lead to. */
export type Spread = { readonly sigma: number } | { readonly p99Ms: number }

/** What the first invocation of an execution environment costs. */
export type ColdStart = {
  /** Longer by this much, under the metric Duration too. */
  readonly extraMs: number
  /** Loading the code beforehand: AWS tells it in the REPORT line, and leaves it out of Duration. */
  readonly initMs?: number
  /** The chance that an invocation gets a new environment though one is idle. */
  readonly probability?: number
}

/** One way to fail; `weight` is 1 where it is left out. */
export type Failing =
  | { readonly kind: 'thrown'; readonly weight?: number; readonly errorType: string; readonly errorMessage: string }
  | { readonly kind: 'exit'; readonly weight?: number; readonly status: number }
  /** Lasts as long as the function may. */
  | { readonly kind: 'timeout'; readonly weight?: number }

/** How many invocations are still to fail because one did. */
export type Streak = { left: number }

/** What one invocation comes to. */
export type Drawn = { readonly outcome: Outcome; readonly durationMs: number; readonly initMs?: number }

/** An invocation that chance is to decide: when it is, what it meets there and how long it may last. */
export type Draw = { readonly at: number; readonly cold: boolean; readonly timeoutMs: number; readonly streak: Streak }

/** Lets chance decide what an invocation comes to. */
export function draw(world: World, behaviour: Behaviour, { at, cold, timeoutMs, streak }: Draw): Drawn {
  // A plain behaviour takes these two draws of the traffic's chance, and so does any other.
  const unlucky = world.chance.next() < errorRateAt(world, behaviour, at)
  const usualMs = behaviour.durationMs * Math.exp(sigmaOf(behaviour) * world.chance.normal())
  const outcome = fails(unlucky, behaviour, streak) ? failureOf(world, behaviour) : success
  const durationMs = usualMs + (cold ? (behaviour.coldStart?.extraMs ?? 0) : 0)
  const initMs = cold ? behaviour.coldStart?.initMs : undefined
  return {
    outcome,
    durationMs: outcome.kind === 'timeout' ? timeoutMs : durationMs,
    ...(initMs !== undefined && { initMs }),
  }
}

/** Whether chance gives an invocation a new environment, whatever is idle. */
export function isRenewed(world: World, { coldStart }: Behaviour): boolean {
  return coldStart?.probability !== undefined && world.whims.next() < coldStart.probability
}

const success: Outcome = { kind: 'success' }

/** The standard normal's 99th percentile. */
const z99 = 2.3263478740408408

function sigmaOf({ spread, durationMs }: Behaviour): number {
  if (spread === undefined) return 0.25
  return 'sigma' in spread ? spread.sigma : Math.log(spread.p99Ms / durationMs) / z99
}

/** A minute is one of an outage or not by its own chance, so that it does not matter who asks, or in which order. */
function errorRateAt(world: World, { errorRate, outage }: Behaviour, at: number): number {
  if (outage === undefined) return errorRate
  const isOut = world.chanceOf(Math.floor(at / 60_000)).next() < outage.share
  return isOut ? Math.max(errorRate, outage.errorRate) : errorRate
}

function fails(unlucky: boolean, { alsoFail = 0 }: Behaviour, streak: Streak): boolean {
  if (streak.left > 0) {
    streak.left -= 1
    return true
  }
  if (unlucky) streak.left = alsoFail
  return unlucky
}

const usualErrors: readonly Failing[] = [{ kind: 'thrown', errorType: 'Error', errorMessage: 'failed by the sandbox' }]

function failureOf(world: World, { errors = usualErrors }: Behaviour): Outcome {
  const failing = errors.length > 1 ? pick(errors, world.whims.next()) : errors[0]
  switch (failing?.kind) {
    case 'timeout':
      return { kind: 'timeout' }
    case 'exit':
      return { kind: 'exit', how: `with error: exit status ${failing.status}` }
    case 'thrown':
    case undefined: {
      const { errorType = 'Error', errorMessage = '' } = failing ?? {}
      const stack = [`${errorType}: ${errorMessage}`, '    at handler (file:///var/task/index.mjs:1:1)']
      return { kind: 'thrown', errorType, errorMessage, stack }
    }
  }
}

function pick(errors: readonly Failing[], draw: number): Failing | undefined {
  const total = errors.reduce((sum, { weight = 1 }) => sum + weight, 0)
  let upTo = 0
  return errors.find(({ weight = 1 }) => {
    upTo += weight / total
    return draw < upTo
  })
}
