import type { Input } from '../input.ts'
import { signatureOf } from '../signature.ts'
import { type Answer, ApiError, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { userArn } from './sessions.ts'

/** GetCallerIdentity: whose keys signed this; nobody needs a permission for that. */
export function getCallerIdentity(world: World, _input: Input, request: WireRequest): Answer {
  const signature = signatureOf(request)
  if (!signature) {
    throw new ApiError(403, 'MissingAuthenticationToken', { message: 'Request is missing Authentication Token' })
  }
  const session = world.sts.sessions.get(signature.accessKeyId)
  const UserId = `AROASANDBOX:${session?.name ?? 'session'}`
  return { body: { UserId, Account: world.account, Arn: userArn(world, session) } }
}
