import { setTimeout as sleep } from 'node:timers/promises'
import { type Behaviour, draw, isRenewed, type Streak } from './behaviour.ts'
import { isFull, recordThrottle } from './lambda/concurrency.ts'
import { timeoutMs } from './lambda/configuration.ts'
import { placeOf } from './lambda/environments.ts'
import { execute, isRunnable } from './lambda/invoke.ts'
import { lookUp, releaseOf, runningOf } from './lambda/lookup.ts'
import { route } from './lambda/routing.ts'
import type { LambdaFunction, Release } from './lambda/state.ts'
import { leaveTraces } from './lambda/traces.ts'
import { guid } from './random.ts'
import { notModelled } from './wire.ts'
import type { World } from './world.ts'

/** Requests to an alias, as a Poisson process. With `execute` the version's own handler answers them. */
export type TrafficSpec = {
  readonly functionName: string
  readonly alias: string
  readonly perSecond: number
  /** Asked for each invocation, at its time in ms, so that it may change. */
  readonly behaviour?: (version: string, codeSha256: string, at: number) => Behaviour
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

/** A spec at work: when its next request comes, and what fails in a row, by version. */
type Stream = { readonly spec: TrafficSpec; next: number; readonly streaks: Map<string, Streak> }

const healthy: Behaviour = { errorRate: 0, durationMs: 50 }

/** No traffic, until some is added. */
export function newTraffic(world: World): Traffic {
  let streams: Stream[] = []
  const running = new Set<Promise<unknown>>()

  function send(stream: Stream, at: number): void {
    const { spec } = stream
    const fn = lookUp({ ...world, now: () => at }, spec.functionName)
    const alias = fn?.aliases.get(spec.alias)
    if (!fn || !alias) return
    const release = releaseOf(fn, route(alias, world.chance.next()))
    if (release?.state.kind !== 'active') return
    if (isFull(world, fn, at)) recordThrottle(world, { fn, qualifier: spec.alias, version: release.version }, at)
    else if (spec.execute) run(spec, fn, release, at)
    else behave(world, stream, fn, release, at)
  }

  function run(spec: TrafficSpec, fn: LambdaFunction, release: Release, at: number): void {
    if (!isRunnable(world, fn, release)) throw notModelled(`executed traffic for ${fn.name}:${release.version}`)
    const call = { fn, release, qualifier: spec.alias, payload: spec.payload?.() ?? {} }
    const execution = execute(world, call, at).finally(() => running.delete(execution))
    running.add(execution)
  }

  return {
    add: spec => {
      streams.push({ spec, next: world.now() + world.chance.exponential(spec.perSecond) * 1000, streaks: new Map() })
    },
    clear: () => {
      streams = []
    },
    runUntil: time => {
      for (const stream of streams) {
        while (stream.next < time) {
          send(stream, stream.next)
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

/** Lets a version behave as it is said to, and leaves the traces of that. */
function behave(world: World, { spec, streaks }: Stream, fn: LambdaFunction, release: Release, at: number): void {
  const { version } = release
  const behaviour = spec.behaviour?.(version, runningOf(release).code.sha256, at) ?? healthy
  const { environment, cold } = placeOf(world, fn, release, at, isRenewed(world, behaviour) ? 'new' : 'idle')
  const streak = streaks.get(version) ?? { left: 0 }
  streaks.set(version, streak)
  leaveTraces(world, {
    ...draw(world, behaviour, { at, cold, timeoutMs: timeoutMs(release), streak }),
    fn,
    release,
    qualifier: spec.alias,
    environment,
    requestId: uuid(guid(world.logChance)),
    at,
    output: [],
  })
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
