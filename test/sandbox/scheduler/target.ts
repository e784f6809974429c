import { denialTo } from '../iam/denial.ts'
import { needs } from '../iam/needs.ts'
import { roleFor } from '../iam/roles.ts'
import { type Input, isInput } from '../input.ts'
import { updateAlias } from '../lambda/aliases.ts'
import { requirePace } from '../lambda/pace.ts'
import { userArn } from '../sts/sessions.ts'
import { ApiError, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import type { RunResult, Settings, TargetFailure } from './state.ts'

const updateAliasTarget = /^arn:aws[a-z-]*:scheduler:::aws-sdk:lambda:updateAlias$/
const members = ['FunctionName', 'Name', 'FunctionVersion', 'Description', 'RoutingConfig', 'RevisionId']

/** Refuses any target but the universal one that calls Lambda's UpdateAlias. */
export function requireTarget(arn: string, input: string | undefined): void {
  if (!updateAliasTarget.test(arn)) throw notModelled(`the target ${arn} of a schedule`)
  if (input?.includes('<aws.scheduler.')) throw notModelled("what Scheduler puts into a target's Input")
}

/** Calls a schedule's target in the name of its role, at the time of this world. */
export function callTarget(world: World, settings: Settings): RunResult {
  try {
    const [failure, ...others] = world.scheduler.failures
    if (failure) {
      world.scheduler.failures = others
      throw errorOf(failure)
    }
    const input = inputOf(world, settings)
    requireAllowed(world, settings.role, input)
    requirePace(world, 'UpdateAlias')
    updateAlias(world, input)
    return { kind: 'applied' }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { kind: 'failed', status: error.status, error: error.name, message: error.message }
  }
}

function errorOf(failure: TargetFailure): ApiError {
  if (failure.kind === 'error') return new ApiError(failure.status, failure.name, { message: failure.message })
  return new ApiError(429, 'TooManyRequestsException', { message: 'Rate exceeded', Reason: 'CallerRateLimitExceeded' })
}

/** The members of UpdateAlias that stand in a target's Input. */
function inputOf({ scheduling }: World, { input = '{}' }: Settings): Input {
  const parsed = parse(input)
  if (!isInput(parsed)) throw new ApiError(400, 'ValidationException', { message: 'The Input is not JSON' })
  const strange = Object.keys(parsed).filter(member => !members.includes(member))
  if (strange.length > 0) throw notModelled(`${strange.join(', ')} of Lambda's UpdateAlias`)
  return scheduling.emptyMaps === 'kept' ? parsed : withoutEmpty(parsed)
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return undefined
  }
}

/** A structure with nothing in it but an empty map is gone as well: what is left says nothing of weights. */
function withoutEmpty(input: Input): Input {
  const members = Object.entries(input).map(([name, value]) => [name, isInput(value) ? withoutEmpty(value) : value])
  return Object.fromEntries(members.filter(([, value]) => !isInput(value) || Object.keys(value).length > 0))
}

/** Throws where the role may not be taken on any more, or has a policy that does not allow the call. */
function requireAllowed(world: World, arn: string, input: Input): void {
  const session = { role: arn, name: 'scheduler' }
  const role = roleFor(world, arn, 'scheduler')
  if (!role) throw new ApiError(403, 'AccessDenied', { message: `Scheduler may not assume ${arn}` })
  for (const need of needs.lambda.UpdateAlias?.(world, input) ?? []) {
    const ruling = role.policy?.rule(need) ?? 'allowed'
    if (ruling !== 'allowed') throw denialTo(userArn(world, session), 'lambda', need, ruling)
  }
}
