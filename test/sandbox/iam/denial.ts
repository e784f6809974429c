import type { ServiceName } from '../record.ts'
import type { ServiceCall } from '../service.ts'
import { userArn } from '../sts/sessions.ts'
import { ApiError, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import { needs } from './needs.ts'
import type { Need, Policy, Ruling } from './policy.ts'

/** What a call has to be allowed, in the order in which it is asked for; refuses to guess at calls not in the table. */
export function needsOf({ service, operation, input }: ServiceCall, world: World): readonly Need[] {
  const found = needs[service][operation]
  if (!found) throw notModelled(`the permissions that ${operation} takes`)
  return found(world, input)
}

/** The first thing that a policy does not let a call do, and whether it does so in so many words. */
export function refusedBy(
  policy: Policy,
  call: ServiceCall,
  world: World,
): { readonly need: Need; readonly ruling: Exclude<Ruling, 'allowed'> } | undefined {
  for (const need of needsOf(call, world)) {
    const ruling = policy.rule(need)
    if (ruling !== 'allowed') return { need, ruling }
  }
  return undefined
}

/** A denial as the service words it that the call went to. */
export function denial(
  service: ServiceName,
  need: Need,
  world: World,
  ruling: Exclude<Ruling, 'allowed'> = 'not allowed',
): ApiError {
  return denialTo(userArn(world), service, need, ruling)
}

/** The same to somebody in particular, named by ARN. */
export function denialTo(
  user: string,
  service: ServiceName,
  { action, resource }: Need,
  ruling: Exclude<Ruling, 'allowed'>,
): ApiError {
  if (service === 's3') return new ApiError(403, 'AccessDenied', { message: 'Access Denied' })
  if (service === 'lambda' && action.startsWith('s3:')) {
    return new ApiError(403, 'AccessDeniedException', { Message: deniedByS3(action, resource) })
  }
  const why = ruling === 'denied' ? 'with an explicit deny in an identity-based policy' : becauseOf(action)
  const told = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`
  switch (service) {
    case 'lambda':
    case 'scheduler':
      return new ApiError(403, 'AccessDeniedException', { Message: told })
    case 'cloudwatch':
    case 'sts':
      return new ApiError(403, 'AccessDenied', { message: told })
    case 'logs':
      return new ApiError(400, 'AccessDeniedException', { message: told })
  }
}

function becauseOf(action: string): string {
  return `because no identity-based policy allows the ${action} action`
}

/** Lambda repeats what S3 told it, and S3 names no action. */
function deniedByS3(action: string, resource: string): string {
  const asked = `${action.replace('s3:', '')} for ${resource.replace('arn:aws:s3:::', '')}`
  return `Your access has been denied by S3, please make sure your request credentials have permission to ${asked}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied`
}
