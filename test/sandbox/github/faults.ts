import type { Fault } from '../faults.ts'
import type { ApiError } from '../wire.ts'
import { gitHubError, notAccessible } from './errors.ts'
import { limitExceeded, secondaryLimitExceeded } from './limits.ts'
import type { Token } from './tokens.ts'

/** How GitHub is to misbehave. */
export type GitHubFault =
  | Exclude<Fault, { readonly kind: 'throttle' | 'expired' | 'error' }>
  /** The hour's calls are used up; for so many ms, where that is said, and else until the hour is over. */
  | { readonly kind: 'rate-limit'; readonly resetsInMs?: number; readonly status?: 403 | 429 }
  | { readonly kind: 'secondary-rate-limit'; readonly retryAfterS: number; readonly status?: 403 | 429 }
  | { readonly kind: 'error'; readonly status: number; readonly message: string }

/** The error that a fault makes GitHub answer with; undefined for faults that are none. */
export function errorOf(fault: GitHubFault, token: Token, now: number): ApiError | undefined {
  switch (fault.kind) {
    case 'rate-limit':
      return limitExceeded(token, fault.resetsInMs === undefined ? token.resets : now + fault.resetsInMs, fault.status)
    case 'secondary-rate-limit':
      return secondaryLimitExceeded(fault.retryAfterS, fault.status)
    case 'denied':
      return notAccessible(token.kind)
    case 'error':
      return gitHubError(fault.status, fault.message)
    case 'delay':
    case 'lose-answer':
    case 'reset':
    case 'html':
    case 'before':
    case 'after':
      return undefined
  }
}
