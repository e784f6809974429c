import { count, type Input, text } from '../input.ts'
import { type Answer, ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import { lambdaTime } from './configuration.ts'
import { atLeastOne, conflict, invalidParameter, present, validate } from './errors.ts'
import { getFunctionOr404, releaseOf, requireQualifier } from './lookup.ts'
import { functionArn, isNumber, named } from './names.ts'
import { page } from './paging.ts'
import { weightsInForce } from './routing.ts'
import type { LambdaFunction, Provisioned } from './state.ts'

/** PutProvisionedConcurrencyConfig: on a version, or on an alias without weights; ready when it has settled. */
export function putProvisioned(world: World, input: Input): Answer {
  const { fn, qualifier } = ownerOf(world, input)
  const requested = present(count(input, 'ProvisionedConcurrentExecutions'), 'provisionedConcurrentExecutions')
  validate(atLeastOne(requested, 'provisionedConcurrentExecutions'))
  requireFree(fn, qualifier)
  const until = world.now() + world.settle.provisioned
  const provisioned: Provisioned = { requested, modified: world.now(), until }
  fn.provisioned.set(qualifier, provisioned)
  const release = releaseOf(fn, qualifier)
  if (release) release.revisionId = world.ids.uuid()
  return {
    body: {
      RequestedProvisionedConcurrentExecutions: requested,
      AvailableProvisionedConcurrentExecutions: 0,
      AllocatedProvisionedConcurrentExecutions: 0,
      Status: 'IN_PROGRESS',
      LastModified: lambdaTime(provisioned.modified),
    },
  }
}

/** GetProvisionedConcurrencyConfig. */
export function getProvisioned(world: World, input: Input): Answer {
  const { fn, qualifier } = ownerOf(world, input)
  return { body: show(world, provisionedOr404(fn, qualifier)) }
}

/** DeleteProvisionedConcurrencyConfig. */
export function deleteProvisioned(world: World, input: Input): Answer {
  const { fn, qualifier } = ownerOf(world, input)
  provisionedOr404(fn, qualifier)
  fn.provisioned.delete(qualifier)
  const alias = fn.aliases.get(qualifier)
  if (alias) alias.move = undefined
  return { status: 204 }
}

/** ListProvisionedConcurrencyConfigs. */
export function listProvisioned(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, named(world, input).name)
  const { items, ...more } = page([...fn.provisioned], input, 50)
  const shown = items.map(([qualifier, provisioned]) => ({
    FunctionArn: functionArn(world, fn.name, qualifier),
    ...show(world, provisioned),
  }))
  return { body: { ProvisionedConcurrencyConfigs: shown, ...more } }
}

function ownerOf(world: World, input: Input): { fn: LambdaFunction; qualifier: string } {
  const { name, qualifier } = named(world, input)
  if (qualifier === '$LATEST') throw unpublished()
  const fn = getFunctionOr404(world, name)
  const asked = present(qualifier ?? text(input, 'Qualifier'), 'qualifier')
  requireQualifier(world, fn, asked)
  return { fn, qualifier: asked }
}

function unpublished() {
  return invalidParameter('Provisioned Concurrency Configs cannot be applied to unpublished function versions.')
}

/** A version has one such configuration, its own or that of one alias. */
function requireFree(fn: LambdaFunction, qualifier: string): void {
  const alias = fn.aliases.get(qualifier)
  if (alias?.version === '$LATEST') throw unpublished()
  if (alias && weightsInForce(alias).size > 0) {
    throw invalidParameter('Alias with weights can not be used with Provisioned Concurrency')
  }
  if (alias && fn.provisioned.has(alias.version)) {
    throw conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
  }
  const version = alias?.version ?? qualifier
  const others = [...fn.aliases.values()].filter(
    other => other.name !== qualifier && other.version === version && fn.provisioned.has(other.name),
  )
  if (isNumber(qualifier) && others.length > 0) throw conflict('Version is pointed by a Provisioned Concurrency alias')
}

function provisionedOr404(fn: LambdaFunction, qualifier: string): Provisioned {
  const provisioned = fn.provisioned.get(qualifier)
  if (provisioned) return provisioned
  throw new ApiError(404, 'ProvisionedConcurrencyConfigNotFoundException', {
    Type: 'User',
    message: 'No Provisioned Concurrency Config found for this function',
  })
}

function show(world: World, { requested, modified, until }: Provisioned): Input {
  const ready = until <= world.now()
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: ready ? requested : 0,
    AllocatedProvisionedConcurrentExecutions: ready ? requested : 0,
    Status: ready ? 'READY' : 'IN_PROGRESS',
    LastModified: lambdaTime(modified),
  }
}
