import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import {
  atMost,
  conflict,
  invalidParameter,
  matches,
  policyTooLong,
  preconditionFailed,
  present,
  publicPolicy,
  resourceNotFound,
  validate,
} from './errors.ts'
import { getFunctionOr404, lookUp, requireQualifier } from './lookup.ts'
import { functionArn, named } from './names.ts'
import type { LambdaFunction, Policy } from './state.ts'

const statementPattern = '([a-zA-Z0-9-_]+)'
const longestPolicy = 20 * 2 ** 10
const actionPattern = '(lambda:[*]|lambda:[a-zA-Z]+|[*])'

/** AddPermission: a statement in the policy of the function, or of one version or alias. */
export function addPermission(world: World, input: Input): Answer {
  const sid = present(text(input, 'StatementId'), 'statementId')
  const action = present(text(input, 'Action'), 'action')
  const principal = showPrincipal(present(text(input, 'Principal'), 'principal'))
  validate(
    matches(sid, 'statementId', statementPattern) ?? atMost(100, sid, 'statementId'),
    matches(action, 'action', actionPattern),
  )
  const { name, qualifier } = named(world, input)
  if (qualifier === '$LATEST') throw invalidParameter('We currently do not support adding policies for $LATEST.')
  if (!principal) {
    throw invalidParameter('The provided principal was invalid. Please check the principal and try again.')
  }
  const fn = getFunctionOr404(world, name)
  if (qualifier !== undefined) requireQualifier(world, fn, qualifier)
  const existing = fn.policies.get(qualifier ?? '')
  requireRevision(fn, qualifier, existing, input)
  if (existing?.statements.has(sid)) {
    throw conflict(
      `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    )
  }
  if (principal === '*' && world.lambda.publicPolicies === 'blocked') throw publicPolicy()
  const statement = {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal,
    Action: action,
    Resource: functionArn(world, name, qualifier),
    ...showCondition(input),
  }
  const policy: Policy = existing ?? { statements: new Map(), revisionId: '' }
  const size = showPolicy([...policy.statements.values(), statement]).length
  if (size > longestPolicy) throw policyTooLong(size, longestPolicy)
  policy.statements.set(sid, statement)
  policy.revisionId = world.ids.uuid()
  fn.policies.set(qualifier ?? '', policy)
  return { body: { Statement: JSON.stringify(statement) } }
}

/** RemovePermission: the policy is gone with its last statement. */
export function removePermission(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, input)
  const sid = present(text(input, 'StatementId'), 'statementId')
  const fn = lookUp(world, name)
  if (!fn) throw resourceNotFound(`No policy found for: ${functionArn(world, name, qualifier)}`)
  if (qualifier !== undefined) requireQualifier(world, fn, qualifier)
  const policy = fn.policies.get(qualifier ?? '')
  if (!policy) throw resourceNotFound('No policy is associated with the given resource.')
  requireRevision(fn, qualifier, policy, input)
  if (!policy.statements.delete(sid)) throw resourceNotFound(`Statement ${sid} is not found in resource policy.`)
  policy.revisionId = world.ids.uuid()
  if (policy.statements.size === 0) fn.policies.delete(qualifier ?? '')
  return { status: 204 }
}

/** GetPolicy: the statements of exactly this qualifier, as JSON text. */
export function getPolicy(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, input)
  const policy = lookUp(world, name)?.policies.get(qualifier ?? '')
  if (!policy) throw resourceNotFound('The resource you requested does not exist.')
  return { body: { Policy: showPolicy([...policy.statements.values()]), RevisionId: policy.revisionId } }
}

function showPolicy(statements: readonly Input[]): string {
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })
}

/** A policy has its own revision; before there is one, the revision of what it is going to be attached to counts. */
function requireRevision(fn: LambdaFunction, qualifier: string | undefined, policy: Policy | undefined, input: Input) {
  const given = text(input, 'RevisionId')
  if (given === undefined) return
  const owner = qualifier === undefined ? fn.latest : (fn.aliases.get(qualifier) ?? fn.versions.get(qualifier))
  if (given !== (policy ?? owner)?.revisionId) throw preconditionFailed('GetPolicy')
}

function showPrincipal(principal: string): Input | string | undefined {
  if (principal === '*') return principal
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  if (/^arn:aws[a-z-]*:(iam|sts)::\d{12}:.+$/.test(principal)) return { AWS: principal }
  if (/^([a-z0-9-]+\.)+(amazonaws|amazon)\.com(\.cn)?$/.test(principal)) return { Service: principal }
  return undefined
}

function showCondition(input: Input): Input {
  const equals = {
    ...keyed('AWS:SourceAccount', input.SourceAccount),
    ...keyed('lambda:EventSourceToken', input.EventSourceToken),
    ...keyed('lambda:FunctionUrlAuthType', input.FunctionUrlAuthType),
    ...keyed('aws:PrincipalOrgID', input.PrincipalOrgID),
  }
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(input.SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': input.SourceArn } }),
    ...(input.InvokedViaFunctionUrl === true && { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }),
  }
  return Object.keys(condition).length > 0 ? { Condition: condition } : {}
}

function keyed(key: string, value: unknown): Input {
  return value === undefined ? {} : { [key]: value }
}
