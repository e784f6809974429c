import { signatureOf } from '../signature.ts'
import type { WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import type { Session } from './state.ts'

/** The sessions there are, in a test's hands. */
export interface Sessions {
  /** All that were ever begun, by AssumeRoleWithWebIdentity and by `add`, oldest first. */
  readonly all: readonly Session[]
  /** Lets these keys be good until a time, in ms of the epoch. */
  add(session: Session): void
  /** Ends a session now. */
  end(accessKeyId: string): void
  /** Whether keys of no session are refused; they are accepted until a test asks for that. */
  strict(strict: boolean): void
}

/** The sessions of a world. */
export function newSessions({ sts, now }: World): Sessions {
  return {
    get all() {
      return [...sts.sessions.values()]
    },
    add: session => {
      sts.sessions.set(session.accessKeyId, session)
    },
    end: accessKeyId => {
      const session = sts.sessions.get(accessKeyId)
      if (!session) throw new Error(`There is no session ${accessKeyId} to end`)
      sts.sessions.set(accessKeyId, { ...session, expiresAt: now() })
    },
    strict: strict => {
      sts.unknownKeys = strict ? 'refused' : 'accepted'
    },
  }
}

/** Who makes a request: nobody that is known, a session, or one that is not to be let in. */
export type Caller =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' }

/** Finds who makes a request, by the key that signed it. */
export function callerOf({ sts, now }: World, request: WireRequest): Caller {
  const signature = signatureOf(request)
  if (!signature) return { kind: 'unknown' }
  const session = sts.sessions.get(signature.accessKeyId)
  if (!session) return { kind: sts.unknownKeys === 'refused' ? 'invalid' : 'unknown' }
  const { token, expiresAt } = session
  if (token !== undefined && request.headers['x-amz-security-token'] !== token) return { kind: 'invalid' }
  return expiresAt <= now() ? { kind: 'expired' } : { kind: 'session', session }
}

/** The ARN under which a caller acts. */
export function userArn({ account }: Pick<World, 'account'>, session?: Pick<Session, 'role' | 'name'>): string {
  const role = session?.role?.split('/').at(-1) ?? 'sandbox'
  return `arn:aws:sts::${account}:assumed-role/${role}/${session?.name ?? 'session'}`
}
