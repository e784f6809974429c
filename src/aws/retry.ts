import type { RetryErrorInfo, RetryStrategyV2, StandardRetryToken } from '@smithy/types'
import type { Clock } from '../ports.ts'

/** How often a call is tried in all, and how long the pauses between are: doubled each time, up to a limit. */
const attempts = 6
const pauses = {
  THROTTLING: { firstMs: 1_000, longestMs: 8_000 },
  TRANSIENT: { firstMs: 100, longestMs: 3_000 },
} as const

/**
 * Retries by kind of error, as the SDK classifies them, on our own clock. The SDK's own strategies sleep on timers that
 * neither a cancel nor a simulated time can move. Half of each pause is random, so that runs do not retry in step.
 */
export function retryStrategy(clock: Clock, kinds: readonly Kind[] = ['THROTTLING', 'TRANSIENT']): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(last, failure) {
      const count = last.getRetryCount() + 1
      const kind = kindOf(failure)
      if (kind === undefined || !kinds.includes(kind) || count >= attempts) throw new Error('no retry')
      const { firstMs, longestMs } = pauses[kind]
      const pauseMs = Math.min(firstMs * 2 ** (count - 1), longestMs)
      await clock.sleep(Math.max(pauseMs * (0.5 + Math.random() / 2), askedMs(failure)))
      return token(count)
    },
    recordSuccess: () => undefined,
  }
}

/** The SDK takes even these for transient when it has just corrected for a clock that is wrong. */
const settledStatuses = new Set([404, 409, 412])

/** Kinds of errors that pass. */
export type Kind = keyof typeof pauses

/**
 * Undefined for what would fail the same way again. A server's fault is transient even when its body is no JSON, and so
 * is a success that cannot be read: a write that was applied comes back as a conflict, which is read back.
 */
function kindOf({ errorType, error }: RetryErrorInfo): Kind | undefined {
  if (errorType === 'THROTTLING') return 'THROTTLING'
  const { $response, $metadata } = (error ?? {}) as {
    $response?: { statusCode?: number }
    $metadata?: { httpStatusCode?: number }
  }
  const status = $response?.statusCode ?? $metadata?.httpStatusCode ?? 0
  if (settledStatuses.has(status)) return undefined
  const isGarbled = status >= 200 && status < 300
  return errorType === 'TRANSIENT' || errorType === 'SERVER_ERROR' || status >= 500 || isGarbled
    ? 'TRANSIENT'
    : undefined
}

/**
 * How long the answer's Retry-After asks to wait, as far as that is a few seconds; the SDK reckons it from Date.now.
 */
function askedMs({ retryAfterHint }: RetryErrorInfo): number {
  return retryAfterHint === undefined ? 0 : Math.min(retryAfterHint.getTime() - Date.now(), 5_000)
}

function token(count: number): StandardRetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0, getRetryCost: () => undefined }
}
