import { deploy } from '../../src/deploy.ts'
import { outputsOf } from '../../src/github/outputs.ts'
import type { DeployInputs, VersionNamed } from '../../src/inputs.ts'
import { promote } from '../../src/promote.ts'
import { rollback } from '../../src/rollback.ts'
import type { Run } from '../../src/rollout/journal.ts'
import type { Outcome, Target } from '../../src/rollout/outcome.ts'
import { whole } from '../../src/rollout/routing.ts'
import { inputs, Killed, newWorld, run, type Sim, served, type Wish } from './world.ts'

/** A world of functions that each serve version 7, as their journals say, and an alarm that is OK. */
export function fleetWorld(...names: readonly string[]): Sim {
  const world = newWorld()
  world.alarms.is('errors', 'OK')
  for (const name of names) {
    world.functions.has(name, { 5: {}, 7: {} })
    world.aliases.points(`${name}:live`, whole('7'), served)
  }
  return world
}

export function named(functionName: string): Target {
  return { functionName, alias: 'live', region: 'eu-west-1' }
}

/** `f1`, `f2`, … */
export function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `f${i + 1}`)
}

/** The directory `code of 8` on all of them: 10 % for five minutes, with an alarm. */
export function wish(names: readonly string[], { source, ...change }: Wish = {}): DeployInputs {
  const all = source ?? { kind: 'directory', path: 'code of 8' }
  const targets = names.map(name => ({ target: named(name), source: all }))
  return { ...inputs({ alarms: ['errors'], ...change }), targets }
}

/** Rolls all of them out, as `wish` says. */
export function deployTo(world: Sim, names: readonly string[], change: Wish = {}, by: Run = run): Promise<Outcome> {
  return deploy(wish(names, change), by, world)
}

/** Takes on what waits on all of them. */
export function promoteOn(
  world: Sim,
  names: readonly string[],
  change: Wish = {},
  by: Run = run,
  version?: VersionNamed,
): Promise<Outcome> {
  const { targets: _, waves: __, ...conduct } = wish(names, change)
  const targets = names.map(name => ({ target: named(name) }))
  return promote({ ...conduct, waited: true, targets, version }, by, world)
}

/** Takes all of them back, as another workflow run unless it is said whose. */
export function rollBackOn(world: Sim, names: readonly string[], by: Run = { ...run, id: '999' }): Promise<Outcome> {
  const targets = names.map(name => ({ target: named(name) }))
  return rollback({ targets, version: undefined, dryRun: false }, by, world)
}

/** What the `targets` output says of each. */
export function toldOf(world: Sim, names: readonly string[], outcome: Outcome): Record<string, string> {
  const started = { kind: 'started', command: 'deploy', targets: names.map(named), run, dryRun: false } as const
  const outputs = outputsOf([started, ...world.facts, { kind: 'ended', at: 0, outcome }])
  const list = JSON.parse(outputs.targets ?? '[]') as Record<string, string>[]
  return Object.fromEntries(list.map(one => [one['function-name'], one.result ?? '']))
}

/** The process is gone. */
export function kill(): never {
  throw new Killed()
}
