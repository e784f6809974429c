import { setTimeout as sleep } from 'node:timers/promises'
import { recordInvocation } from './cloudwatch/lambda-metrics.ts'
import { execute, runningOf } from './lambda/invoke.ts'
import { lookUp, releaseOf } from './lambda/lookup.ts'
import { route } from './lambda/routing.ts'
import type { LambdaFunction, Release } from './lambda/state.ts'
import { isExecutable } from './runtime.ts'
import { notModelled } from './wire.ts'
import type { World } from './world.ts'

/** How a version behaves under traffic that is not really executed. */
export type Behaviour = { readonly errorRate: number; readonly durationMs: number }

/** Requests to an alias, as a Poisson process. With `execute` the version's own handler answers them. */
export type TrafficSpec = {
  readonly functionName: string
  readonly alias: string
  readonly perSecond: number
  readonly behaviour?: (version: string, codeSha256: string) => Behaviour
  readonly execute?: boolean
  readonly payload?: () => unknown
}

/** The traffic there is. Nothing runs by itself: `runUntil` makes what was due. */
export interface Traffic {
  add(spec: TrafficSpec): void
  clear(): void
  /** Sends all requests that were due before this time, in ms. */
  runUntil(time: number): void
  /** Resolves when the handlers that are running have answered, or when that takes too long. */
  settled(): Promise<void>
}

/** How long handlers are waited for, in real ms: one that calls the sandbox would else wait for itself. */
const patienceMs = 5000

const healthy: Behaviour = { errorRate: 0, durationMs: 50 }

/** No traffic, until some is added. */
export function newTraffic(world: World): Traffic {
  let streams: { readonly spec: TrafficSpec; next: number }[] = []
  const running = new Set<Promise<unknown>>()

  function send(spec: TrafficSpec, at: number): void {
    const fn = lookUp({ ...world, now: () => at }, spec.functionName)
    const alias = fn?.aliases.get(spec.alias)
    if (!fn || !alias) return
    const release = releaseOf(fn, route(alias, world.chance.next()))
    if (release?.state.kind !== 'active') return
    if (spec.execute) run(spec, fn, release, at)
    else behave(world, spec, fn, release, at)
  }

  function run(spec: TrafficSpec, fn: LambdaFunction, release: Release, at: number): void {
    if (!isExecutable(runningOf(release))) throw notModelled(`executed traffic for ${fn.name}:${release.version}`)
    const call = { fn, release, qualifier: spec.alias, payload: spec.payload?.() ?? {} }
    const execution = execute(world, call, at).finally(() => running.delete(execution))
    running.add(execution)
  }

  return {
    add: spec => {
      streams.push({ spec, next: world.now() + world.chance.exponential(spec.perSecond) * 1000 })
    },
    clear: () => {
      streams = []
    },
    runUntil: time => {
      for (const stream of streams) {
        while (stream.next < time) {
          send(stream.spec, stream.next)
          stream.next += world.chance.exponential(stream.spec.perSecond) * 1000
        }
      }
    },
    settled: async () => {
      if (running.size === 0) return
      const cut = new AbortController()
      const limit = sleep(patienceMs, undefined, { signal: cut.signal }).catch(() => undefined)
      await Promise.race([Promise.allSettled([...running]), limit])
      cut.abort()
    },
  }
}

/** Fails at its rate; lasts about its duration, a little more often short than long. */
function behave(world: World, spec: TrafficSpec, fn: LambdaFunction, release: Release, at: number): void {
  const { errorRate, durationMs } = spec.behaviour?.(release.version, runningOf(release).code.sha256) ?? healthy
  recordInvocation(world, {
    name: fn.name,
    qualifier: spec.alias,
    version: release.version,
    at,
    failed: world.chance.next() < errorRate,
    durationMs: durationMs * Math.exp(0.25 * world.chance.normal()),
  })
}
