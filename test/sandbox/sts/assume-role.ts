import { roleFor } from '../iam/roles.ts'
import { count, type Input, text } from '../input.ts'
import { atMost, detected, matches, type Violation } from '../lambda/errors.ts'
import { type Answer, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import { expiredIdentityToken, invalidIdentityToken, notAuthorized, validationError } from './errors.ts'
import { userArn } from './sessions.ts'
import type { IssuedToken, Session } from './state.ts'

const audience = 'sts.amazonaws.com'

/** AssumeRoleWithWebIdentity: a token of the issuer's, still good, gets keys that are good for so many seconds. */
export function assumeRoleWithWebIdentity(world: World, input: Input): Answer {
  const role = text(input, 'RoleArn')
  const name = text(input, 'RoleSessionName')
  const token = text(input, 'WebIdentityToken')
  const seconds = input.DurationSeconds === undefined ? 3600 : (count(input, 'DurationSeconds') ?? Number.NaN)
  validate(
    sized(role, 'roleArn', 20, 2048),
    matches(name, 'roleSessionName', '[\\w+=,.@-]*') ?? sized(name, 'roleSessionName', 2, 64),
    sized(token, 'webIdentityToken', 4, 20_000),
    within(seconds, 'durationSeconds', 900, 43_200),
  )
  if (role === undefined || name === undefined || token === undefined) throw new Error('Validated, and not there')
  if (input.Policy !== undefined) throw notModelled("the Policy of STS's AssumeRoleWithWebIdentity")

  const issued = requireGood(world, token)
  const found = roleFor(world, role, 'oidc')
  if (!found) throw notAuthorized()
  if (seconds > found.maxSessionSeconds) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const session = begin(world, { role, name, expiresAt: world.now() + seconds * 1000 })
  return { body: show(world, session, issued) }
}

/** A token that the issuer gave for STS, and that is not too old. */
function requireGood(world: World, token: string): IssuedToken {
  const issued = world.sts.tokens.get(token)
  if (!issued) {
    throw invalidIdentityToken(
      "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    )
  }
  if (issued.audience !== audience) throw invalidIdentityToken('Incorrect token audience')
  if (issued.expiresAt <= world.now()) throw expiredIdentityToken(world.now(), issued.expiresAt)
  return issued
}

type Begun = Required<Session> & { readonly secret: string }

function begin(world: World, of: Pick<Required<Session>, 'role' | 'name' | 'expiresAt'>): Begun {
  const letters = () => world.secrets.uuid().replaceAll('-', '').toUpperCase()
  const session = { ...of, accessKeyId: `ASIA${letters().slice(0, 16)}`, token: `IQoJ${letters()}${letters()}` }
  world.sts.sessions.set(session.accessKeyId, session)
  return { ...session, secret: letters() + letters().slice(0, 8) }
}

function show(world: World, session: Begun, issued: IssuedToken): Input {
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secret,
      SessionToken: session.token,
      // STS gives whole seconds, and not more than it was asked for.
      Expiration: `${new Date(session.expiresAt).toISOString().slice(0, 19)}Z`,
    },
    SubjectFromWebIdentityToken: issued.subject,
    AssumedRoleUser: { AssumedRoleId: `AROASANDBOX:${session.name}`, Arn: userArn(world, session) },
    Provider: `arn:aws:iam::${world.account}:oidc-provider/token.actions.githubusercontent.com`,
    Audience: issued.audience,
  }
}

function validate(...violations: readonly (Violation | undefined)[]): void {
  const message = detected(violations)
  if (message !== undefined) throw validationError(message)
}

function sized(value: string | undefined, at: string, least: number, most: number): Violation | undefined {
  if (value === undefined) return { value: 'null', at, constraint: 'Member must not be null' }
  if (value.length >= least) return atMost(most, value, at)
  return { value, at, constraint: `Member must have length greater than or equal to ${least}` }
}

function within(value: number, at: string, least: number, most: number): Violation | undefined {
  if (!(value >= least)) {
    return { value: String(value), at, constraint: `Member must have value greater than or equal to ${least}` }
  }
  if (value <= most) return undefined
  return { value: String(value), at, constraint: `Member must have value less than or equal to ${most}` }
}
