import type { World } from '../world.ts'

/** GitHub's issuer of tokens for jobs, as far as AWS trusts it. */
export interface Oidc {
  /** A new token for an audience, good for five minutes; throws where a test has it fail. */
  token(audience: string, subject?: string): string
  /** Lets the next so many requests for a token fail. */
  failNext(times?: number): void
}

/** How long a token of GitHub's is good. */
export const tokenLifeMs = 5 * 60_000

/** The issuer of a world. What it gives out, and nothing else, STS takes. */
export function newOidc(world: World): Oidc {
  let failing = 0

  return {
    token: (audience, subject = 'repo:octo/orders:ref:refs/heads/main') => {
      if (failing > 0) {
        failing -= 1
        throw new Error('The issuer of tokens gives none')
      }
      const issuedAt = world.now()
      const expiresAt = issuedAt + tokenLifeMs
      const jwt = signed(world, {
        iss: 'https://token.actions.githubusercontent.com',
        aud: audience,
        sub: subject,
        jti: world.secrets.uuid(),
        iat: Math.floor(issuedAt / 1000),
        exp: Math.floor(expiresAt / 1000),
      })
      world.sts.tokens.set(jwt, { audience, subject, issuedAt, expiresAt })
      return jwt
    },
    failNext: (times = 1) => {
      failing = times
    },
  }
}

/** Looks like a JWT; nobody checks the signature of one that is known. */
function signed(world: World, claims: object): string {
  const header = { typ: 'JWT', alg: 'RS256', kid: 'sandbox' }
  const parts = [JSON.stringify(header), JSON.stringify(claims), world.secrets.uuid() + world.secrets.uuid()]
  return parts.map(part => Buffer.from(part).toString('base64url')).join('.')
}
