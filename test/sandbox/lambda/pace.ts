import { ApiError } from '../wire.ts'
import type { World } from '../world.ts'

/** How many calls a second the control plane takes of the whole account and region. */
export type Limits = {
  /** All calls together that have no limit of their own: 15 with AWS; no limit where nothing is said. */
  readonly controlPlanePerSecond?: number
  /** GetFunction's own, which is 100 with AWS. */
  readonly getFunctionPerSecond?: number
  /** GetPolicy's own, which is 15 with AWS. */
  readonly getPolicyPerSecond?: number
}

/** When calls were let through lately, in ms, by what they count against. */
export type Pace = Map<keyof Limits, readonly number[]>

/** Throws what Lambda says of a call that is one too many within a second; those that are refused do not count. */
export function requirePace({ limits, lambda, now }: World, operation: string): void {
  if (operation === 'Invoke') return
  const counted = own[operation] ?? 'controlPlanePerSecond'
  const most = limits[counted]
  if (most === undefined) return
  const lately = (lambda.pace.get(counted) ?? []).filter(at => at > now() - 1000)
  if (lately.length >= most) throw rateExceeded()
  lambda.pace.set(counted, [...lately, now()])
}

/** What Lambda says to callers that are too fast. */
export function rateExceeded(): ApiError {
  return new ApiError(
    429,
    'TooManyRequestsException',
    { message: 'Rate exceeded', Reason: 'CallerRateLimitExceeded', Type: 'User' },
    { 'retry-after': '1' },
  )
}

const own: Readonly<Record<string, keyof Limits>> = {
  GetFunction: 'getFunctionPerSecond',
  GetPolicy: 'getPolicyPerSecond',
}
