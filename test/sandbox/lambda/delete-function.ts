import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { conflict, invalidParameter } from './errors.ts'
import { getFunctionOr404 } from './lookup.ts'
import { isNumber, named } from './names.ts'

/** DeleteFunction: one version that no alias refers to (an unknown one is as good as deleted), or everything. */
export function deleteFunction(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, input)
  const fn = getFunctionOr404(world, name)
  if (qualifier === undefined) {
    world.lambda.functions.delete(name)
    return { status: 204 }
  }
  if (qualifier === '$LATEST') {
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.')
  }
  if (!isNumber(qualifier)) throw invalidParameter('Deletion of aliases is not currently supported.')
  const referring = [...fn.aliases.values()].filter(
    alias => alias.version === qualifier || alias.weights.has(qualifier) || alias.move?.from === qualifier,
  )
  if (referring.length > 0) {
    const names = referring.map(alias => alias.name).join(', ')
    throw conflict(`Unable to delete version because the following aliases reference it: [${names}]`)
  }
  fn.versions.delete(qualifier)
  fn.policies.delete(qualifier)
  fn.provisioned.delete(qualifier)
  return { status: 204 }
}
