import { type Input, structure } from '../input.ts'
import { ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidParameter, resourceNotFound, type Violation } from './errors.ts'
import { functionArn } from './names.ts'
import type { Alias, LambdaFunction } from './state.ts'

/** Where an alias sends its traffic. */
export type Target = { readonly version: string; readonly weights: ReadonlyMap<string, number> }

/** The weights that a call names, or undefined where it says nothing of them. */
export function weightsFrom(input: Input): ReadonlyMap<string, number> | undefined {
  const routing = structure(input, 'RoutingConfig')
  if (!routing) return undefined
  return new Map(Object.entries(structure(routing, 'AdditionalVersionWeights') ?? {}).map(([v, w]) => [v, Number(w)]))
}

/** What the validator in front of Lambda says of weights. */
export function weightViolations(weights: ReadonlyMap<string, number> | undefined): readonly (Violation | undefined)[] {
  if (!weights) return []
  const value = `{${[...weights].map(([version, weight]) => `${version}=${javaDouble(weight)}`).join(', ')}}`
  const at = 'routingConfig.additionalVersionWeights'
  return [
    [...weights.keys()].every(version => /^[0-9]{1,1024}$/.test(version))
      ? undefined
      : { value, at, constraint: keyConstraint },
    [...weights.values()].every(weight => weight >= 0 && weight <= 1)
      ? undefined
      : { value, at, constraint: valueConstraint },
  ]
}

const keyConstraint =
  'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]'
const valueConstraint =
  'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]'

function javaDouble(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

/** Refuses what an alias cannot point at, in the order and the words recorded. */
export function requireRoutable(world: World, name: string, fn: LambdaFunction | undefined, target: Target): void {
  const { version, weights } = target
  if (weights.size > 1) {
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1')
  }
  if (version === '$LATEST' && weights.size > 0) {
    throw new ApiError(400, 'InvalidParameterValueException', {
      message: '$LATEST is not supported for an alias pointing to more than 1 version',
    })
  }
  if (weights.has(version)) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    )
  }
  for (const wanted of [version, ...weights.keys()]) {
    if (fn && (wanted === '$LATEST' || fn.versions.has(wanted))) continue
    throw resourceNotFound(`Function not found: ${functionArn(world, name, wanted)}`)
  }
  if (fn) requireAlike(fn, [version, ...weights.keys()])
}

/** Versions that share an alias run under one role and one dead-letter configuration. */
function requireAlike(fn: LambdaFunction, versions: readonly string[]): void {
  const [first, ...others] = versions.map(version => (fn.versions.get(version) ?? fn.latest).configuration)
  for (const other of others) {
    if (other.Role !== first?.Role) {
      throw invalidParameter('The versions that an alias points to must have the same execution role')
    }
    if (other.DeadLetterConfig?.TargetArn !== first?.DeadLetterConfig?.TargetArn) {
      throw invalidParameter('The versions that an alias points to must have the same dead-letter queue configuration')
    }
  }
}

/** The weights in force: the owner's, or those of AWS while provisioned concurrency moves. */
export function weightsInForce(alias: Alias): ReadonlyMap<string, number> {
  return alias.move ? new Map([[alias.move.from, alias.move.weight]]) : alias.weights
}

/** The version that serves one request; `draw` is uniform in [0, 1). */
export function route(alias: Alias, draw: number): string {
  let upTo = 0
  for (const [version, weight] of weightsInForce(alias)) {
    upTo += weight
    if (draw < upTo) return version
  }
  return alias.version
}
