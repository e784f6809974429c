import { text } from '../input.ts'
import { guid } from '../random.ts'
import type { World } from '../world.ts'
import { runningOf } from './lookup.ts'
import type { ExecutionEnvironment, LambdaFunction, Release } from './state.ts'

/** An environment that takes an invocation; `cold` where it is its first. */
export type Place = { readonly environment: ExecutionEnvironment; readonly cold: boolean }

/** Which environment an invocation gets: one that is idle, or a new one though one is idle, or the latest one. */
export type Wanted = 'idle' | 'new' | 'latest'

/** Finds the environment for an invocation of a release at a time, in ms; makes one where there is none. */
export function placeOf(world: World, fn: LambdaFunction, release: Release, at: number, wanted: Wanted): Place {
  const pool = poolOf(world, fn, release)
  const index = wanted === 'latest' ? pool.length - 1 : pool.findIndex(({ busyUntil }) => busyUntil <= at)
  const found = pool[index]
  if (found && wanted !== 'new') return { environment: found, cold: false }
  if (found) pool.splice(index, 1)
  const environment = { stream: streamName(world, fn, release, at), busyUntil: at }
  pool.push(environment)
  return { environment, cold: true }
}

/** The group that a release logs to. */
export function groupOf(fn: LambdaFunction, release: Release): string {
  return text(runningOf(release).configuration.LoggingConfig, 'LogGroup') ?? usualGroup(fn)
}

function usualGroup(fn: LambdaFunction): string {
  return `/aws/lambda/${fn.name}`
}

/** Other code, or another place for its logs, is run by other environments. */
function poolOf(world: World, fn: LambdaFunction, release: Release): ExecutionEnvironment[] {
  const { environments } = world.lambda
  const pools = environments.get(fn) ?? new Map<string, ExecutionEnvironment[]>()
  environments.set(fn, pools)
  const key = [release.version, runningOf(release).code.sha256, groupOf(fn, release)].join(' ')
  const pool = pools.get(key) ?? []
  pools.set(key, pool)
  return pool
}

/** A stream keeps the day of its beginning; in a group that functions may share it says whose it is. */
function streamName(world: World, fn: LambdaFunction, release: Release, at: number): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/')
  const owner = groupOf(fn, release) === usualGroup(fn) ? '' : fn.name
  return `${day}/${owner}[${release.version}]${guid(world.logChance)}`
}
