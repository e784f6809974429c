import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { showListed } from './configuration.ts'
import { getFunctionOr404 } from './lookup.ts'
import { named } from './names.ts'
import { page } from './paging.ts'

/** ListVersionsByFunction: `$LATEST` first, then by number, 50 a page at most, without states. */
export function listVersionsByFunction(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, named(world, input).name)
  const { items, ...more } = page([fn.latest, ...fn.versions.values()], input, 50)
  return { body: { Versions: items.map(release => showListed(world, fn, release, release.version)), ...more } }
}

/** ListFunctions: `$LATEST` of each function by name. */
export function listFunctions(world: World, input: Input): Answer {
  const functions = [...world.lambda.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const { items, ...more } = page(functions, input, 50)
  return { body: { Functions: items.map(fn => showListed(world, fn, fn.latest)), ...more } }
}
