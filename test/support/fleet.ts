import type { DeployInputs } from '../../src/inputs.ts'
import type { Target } from '../../src/rollout/outcome.ts'
import { whole } from '../../src/rollout/routing.ts'
import { inputs, Killed, newWorld, type Sim, served, type Wish } from './world.ts'

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

/** The process is gone. */
export function kill(): never {
  throw new Killed()
}
