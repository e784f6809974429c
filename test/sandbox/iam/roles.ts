import type { World } from '../world.ts'
import { type Policy, type PolicyDocument, readPolicy } from './policy.ts'

/** A role, as far as the sandbox asks: who may take it on, for how long, and what it may do then. */
export type RoleSpec = {
  /** Who may take it on; both where nothing is said. */
  readonly trusts?: readonly Principal[]
  /** What a session may last at most; AWS's own default is an hour. */
  readonly maxSessionSeconds?: number
  /** What it may do; without one it is held to the policy that callers are held to, if there is one. */
  readonly policy?: PolicyDocument
}

/** `scheduler` is EventBridge Scheduler, `oidc` is a workflow with a token of GitHub's. */
export type Principal = 'scheduler' | 'oidc'

export type Role = {
  readonly trusts: readonly Principal[]
  readonly maxSessionSeconds: number
  readonly policy?: Policy
}

/** The roles of the account by ARN. As long as none is set every role exists; from then on, only those that are. */
export interface Roles {
  set(arn: string, spec?: RoleSpec): void
  clear(): void
}

/** The roles of a world, in a test's hands. */
export function newRoles(roles: Map<string, Role>): Roles {
  return {
    set: (arn, spec = {}) => {
      roles.set(arn, roleOf(spec))
    },
    clear: () => roles.clear(),
  }
}

function roleOf({ trusts = ['scheduler', 'oidc'], maxSessionSeconds = 3600, policy }: RoleSpec): Role {
  return { trusts, maxSessionSeconds, ...(policy && { policy: readPolicy(policy) }) }
}

/** The role that this principal takes on by its ARN; undefined where it may not, or there is none. */
export function roleFor({ roles, account }: World, arn: string, principal: Principal): Role | undefined {
  const role = roles.size === 0 && arn.startsWith(`arn:aws:iam::${account}:role/`) ? roleOf({}) : roles.get(arn)
  return role?.trusts.includes(principal) ? role : undefined
}
