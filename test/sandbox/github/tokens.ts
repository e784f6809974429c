import type { ApiError } from '../wire.ts'
import { gitHubError } from './errors.ts'
import type { Author } from './state.ts'

export type Permission = 'deployments' | 'issues' | 'pull-requests'

export type Access = 'none' | 'read' | 'write'

/** As under `permissions:` in a workflow: where any is listed, those that are not are none. */
export type Permissions = Readonly<Partial<Record<Permission, Access>>>

export const everything: Permissions = { deployments: 'write', issues: 'write', 'pull-requests': 'write' }

export type TokenSpec = {
  /** A job's GITHUB_TOKEN is an installation's. */
  readonly kind: 'installation' | 'personal'
  /** Whose doing its doing is; `github-actions[bot]`, or `octocat`, where nothing is said. */
  readonly login?: string
  /** Everything, where nothing is said. */
  readonly permissions?: Permissions
  /** The token itself, where it has to be a certain one. */
  readonly value?: string
}

export type Token = {
  readonly kind: TokenSpec['kind']
  readonly author: Author
  readonly permissions: Permissions
  readonly limit: number
  used: number
  /** When the count begins anew, in ms. */
  resets: number
}

/** What has been issued; issuing a token again changes what it may do. */
export interface Tokens {
  issue(spec: TokenSpec): string
  /** Throws what GitHub says of a header that is missing or names no token. */
  of(authorization: string | undefined): Token
}

export function newTokens(): Tokens {
  const issued = new Map<string, Token>()

  return {
    issue: spec => {
      const { kind, permissions = everything } = spec
      const value =
        spec.value ?? `${kind === 'installation' ? 'ghs' : 'ghp'}_sandbox${String(issued.size).padStart(29, '0')}`
      const before = issued.get(value)
      const { used = 0, resets = 0 } = before ?? {}
      issued.set(value, { kind, permissions, author: authorOf(spec), limit: limits[kind], used, resets })
      return value
    },
    of: authorization => {
      if (authorization === undefined) throw unauthorized('Requires authentication')
      const [, value = ''] = /^(?:token|bearer) +(\S+)$/i.exec(authorization) ?? []
      const token = issued.get(value)
      if (token === undefined) throw unauthorized('Bad credentials')
      return token
    },
  }
}

function authorOf({ kind, login }: TokenSpec): Author {
  if (kind === 'personal') return { user: { login: login ?? 'octocat', type: 'User' }, app: false }
  return { user: { login: login ?? 'github-actions[bot]', type: 'Bot' }, app: true }
}

/** Calls an hour. https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const limits = { installation: 1000, personal: 5000 } as const

function unauthorized(message: string): ApiError {
  return gitHubError(401, message, { documentation_url: 'https://docs.github.com/rest' })
}

/** What an operation needs; one of several is enough. */
export type Need = readonly [Permission, Exclude<Access, 'none'>]

/** Whether a token may; operations that need nothing are for persons only, of which there is one. */
export function mayUse({ kind, permissions }: Token, needs: readonly Need[]): boolean {
  if (needs.length === 0) return kind === 'personal'
  return needs.some(([permission, access]) => {
    const granted = permissions[permission] ?? 'none'
    return granted === 'write' || granted === access
  })
}

/** How GitHub tells in a header what an operation needs. */
export function needsTold(needs: readonly Need[]): string {
  return needs.map(([permission, access]) => `${permission.replaceAll('-', '_')}=${access}`).join('; ')
}
