import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { showConcurrency } from './concurrency.ts'
import { showCode, showConfiguration } from './configuration.ts'
import { getReleaseOr404 } from './lookup.ts'
import { named } from './names.ts'

/** GetFunction: by name, version or alias; an alias shows its version's configuration under the alias's ARN. */
export function getFunction(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, input)
  const { fn, release } = getReleaseOr404(world, name, qualifier)
  return {
    body: {
      Configuration: showConfiguration(world, fn, release, qualifier),
      Code: showCode(world, fn, release.code),
      ...(fn.reserved !== undefined && { Concurrency: showConcurrency(fn) }),
      ...(Object.keys(fn.tags).length > 0 && { Tags: fn.tags }),
    },
  }
}

/** GetFunctionConfiguration: the same without the code. */
export function getFunctionConfiguration(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, input)
  const { fn, release } = getReleaseOr404(world, name, qualifier)
  return { body: showConfiguration(world, fn, release, qualifier) }
}
