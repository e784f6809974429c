import { recordInvocation } from '../cloudwatch/lambda-metrics.ts'
import { count, type Input } from '../input.ts'
import { visibleFrom } from '../late.ts'
import { type Answer, ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidParameter, present, validate } from './errors.ts'
import { getFunctionOr404 } from './lookup.ts'
import { namedUnqualified } from './names.ts'
import type { LambdaFunction } from './state.ts'

/** What an account runs at a time, and how much of that has to stay for functions without a share of their own. */
export const mostConcurrent = 1000
const leastUnreserved = 100

/** PutFunctionConcurrency: so many invocations at a time and no more; 0 lets none through. */
export function putFunctionConcurrency(world: World, input: Input): Answer {
  const name = namedUnqualified(world, input)
  const reserved = present(count(input, 'ReservedConcurrentExecutions'), 'reservedConcurrentExecutions')
  validate(
    reserved >= 0
      ? undefined
      : {
          value: String(reserved),
          at: 'reservedConcurrentExecutions',
          constraint: 'Member must have value greater than or equal to 0',
        },
  )
  const fn = getFunctionOr404(world, name)
  const others = [...world.lambda.functions.values()].filter(other => other !== fn)
  if (mostConcurrent - reservedBy(others) - reserved < leastUnreserved) {
    throw invalidParameter(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${leastUnreserved}].`,
    )
  }
  const provisioned = [...fn.provisioned.values()].reduce((sum, { requested }) => sum + requested, 0)
  if (provisioned > reserved) {
    throw invalidParameter(
      `ReservedConcurrentExecutions  ${reserved} should not be lower than function's total provisioned concurrency [${provisioned}].`,
    )
  }
  fn.reserved = reserved
  return { body: { ReservedConcurrentExecutions: reserved } }
}

/** GetFunctionConcurrency: says nothing where nothing is reserved. */
export function getFunctionConcurrency(world: World, input: Input): Answer {
  return { body: showConcurrency(getFunctionOr404(world, namedUnqualified(world, input))) }
}

/** DeleteFunctionConcurrency. */
export function deleteFunctionConcurrency(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  fn.reserved = undefined
  return { status: 204 }
}

/** What a function has reserved, as calls show it. */
export function showConcurrency({ reserved }: LambdaFunction): Input {
  return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved }
}

/** What is reserved by these functions together. */
export function reservedBy(functions: readonly LambdaFunction[]): number {
  return functions.reduce((sum, { reserved = 0 }) => sum + reserved, 0)
}

/** Whether as many invocations of a function are under way at a time, in ms, as it may have. */
export function isFull(world: World, fn: LambdaFunction, at: number): boolean {
  if (fn.reserved === undefined) return false
  const environments = [...(world.lambda.environments.get(fn)?.values() ?? [])].flat()
  return environments.filter(({ busyUntil }) => busyUntil > at).length >= fn.reserved
}

/** Counts an invocation that was not let through. That its version shows it too is not confirmed. */
export function recordThrottle(
  world: World,
  {
    fn,
    qualifier,
    version,
  }: { readonly fn: LambdaFunction; readonly qualifier: string | undefined; readonly version: string },
  at: number,
): void {
  recordInvocation(
    world,
    { name: fn.name, qualifier, version, at, failed: false, durationMs: 0, throttled: true },
    visibleFrom(world, at),
  )
}

/** What Lambda says of an invocation that a function's reserve does not let through. */
export function reserveExceeded(): ApiError {
  return new ApiError(429, 'TooManyRequestsException', {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    Type: 'User',
    message: 'Rate Exceeded.',
  })
}
