import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { atMost, conflict, matches, preconditionFailed, present, resourceNotFound, validate } from './errors.ts'
import { getAliasOr404, getFunctionOr404, lookUp } from './lookup.ts'
import { functionArn, namedUnqualified } from './names.ts'
import { page } from './paging.ts'
import { requireRoutable, type Target, weightsFrom, weightsInForce, weightViolations } from './routing.ts'
import type { Alias, LambdaFunction } from './state.ts'

const aliasPattern = '(?!^[0-9]+$)([a-zA-Z0-9-_]+)'
const versionPattern = '(\\$LATEST(\\.PUBLISHED)?|[0-9]+)'

/** CreateAlias: has no revision to guard it; a second one of the name is a conflict. */
export function createAlias(world: World, input: Input): Answer {
  const name = present(text(input, 'Name'), 'name')
  const version = present(text(input, 'FunctionVersion'), 'functionVersion')
  const weights = weightsFrom(input)
  validateAlias(name, version, input)
  const functionName = namedUnqualified(world, input)
  const fn = lookUp(world, functionName)
  requireRoutable(world, functionName, fn, { version, weights: weights ?? new Map() })
  if (!fn) throw resourceNotFound(`Function not found: ${functionArn(world, functionName, version)}`)
  if (fn.aliases.has(name)) throw conflict(`Alias already exists: ${functionArn(world, functionName, name)}`)
  const alias: Alias = {
    name,
    version,
    description: text(input, 'Description') ?? '',
    weights: weights ?? new Map(),
    revisionId: world.ids.uuid(),
  }
  fn.aliases.set(name, alias)
  return { body: showAlias(world, fn, alias) }
}

/** GetAlias: while its provisioned concurrency moves, with the weights that AWS has put there. */
export function getAlias(world: World, input: Input): Answer {
  const functionName = namedUnqualified(world, input)
  const name = present(text(input, 'Name'), 'name')
  const fn = lookUp(world, functionName)
  if (!fn) throw resourceNotFound(`Cannot find alias arn: ${functionArn(world, functionName, name)}`)
  return { body: showAlias(world, fn, getAliasOr404(world, fn, name)) }
}

/** UpdateAlias: what is left out stays; every update has a new revision, also one that changes nothing. */
export function updateAlias(world: World, input: Input): Answer {
  const name = present(text(input, 'Name'), 'name')
  validateAlias(name, text(input, 'FunctionVersion'), input)
  const functionName = namedUnqualified(world, input)
  const fn = lookUp(world, functionName)
  const alias = fn?.aliases.get(name)
  if (!fn || !alias) throw resourceNotFound(`Alias not found: ${functionArn(world, functionName, name)}`)
  const revision = text(input, 'RevisionId')
  if (revision !== undefined && revision !== alias.revisionId) throw preconditionFailed('GetFunction/GetAlias')
  const target: Target = {
    version: text(input, 'FunctionVersion') ?? alias.version,
    weights: weightsFrom(input) ?? alias.weights,
  }
  requireRoutable(world, functionName, fn, target)
  moveProvisioned(world, fn, alias, target)
  alias.version = target.version
  alias.weights = target.weights
  alias.description = text(input, 'Description') ?? alias.description
  alias.revisionId = world.ids.uuid()
  return { body: showAlias(world, fn, alias) }
}

/** AWS shifts provisioned concurrency to another version by weights of its own. Weights that the owner names end that. */
function moveProvisioned(world: World, fn: LambdaFunction, alias: Alias, target: Target): void {
  const provisioned = fn.provisioned.get(alias.name)
  if (!provisioned) return
  if (target.weights.size > 0) alias.move = undefined
  if (target.version === alias.version || alias.version === '$LATEST') return
  const until = world.now() + world.settle.provisioned
  fn.provisioned.set(alias.name, { ...provisioned, until })
  if (target.weights.size === 0 && until > world.now()) {
    alias.move = { from: alias.version, since: world.now(), until, weight: 1 }
  }
}

/** DeleteAlias: takes its URL, policy and provisioned concurrency along; an unknown one is as good as deleted. */
export function deleteAlias(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  const name = present(text(input, 'Name'), 'name')
  fn.aliases.delete(name)
  fn.policies.delete(name)
  fn.urls.delete(name)
  fn.provisioned.delete(name)
  return { status: 204 }
}

/** ListAliases: by name, 50 a page at most; `FunctionVersion` asks for those with this primary version. */
export function listAliases(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  const version = text(input, 'FunctionVersion')
  const aliases = [...fn.aliases.values()]
    .filter(alias => version === undefined || alias.version === version)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const { items, ...more } = page(aliases, input, 50)
  return { body: { Aliases: items.map(alias => showAlias(world, fn, alias)), ...more } }
}

function validateAlias(name: string, version: string | undefined, input: Input): void {
  validate(
    matches(name, 'name', aliasPattern) ?? atMost(128, name, 'name'),
    matches(version, 'functionVersion', versionPattern),
    atMost(256, text(input, 'Description'), 'description'),
    ...weightViolations(weightsFrom(input)),
  )
}

function showAlias(world: World, fn: LambdaFunction, alias: Alias): Input {
  const weights = weightsInForce(alias)
  return {
    AliasArn: functionArn(world, fn.name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(weights.size > 0 && { RoutingConfig: { AdditionalVersionWeights: Object.fromEntries(weights) } }),
  }
}
