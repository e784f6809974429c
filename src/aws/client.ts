import type { AwsCredentialIdentity, AwsCredentialIdentityProvider, RetryStrategyV2 } from '@smithy/types'
import type { Clock } from '../ports.ts'
import { retryStrategy } from './retry.ts'

/** What every client of this action is made with. */
export type ClientConfig = {
  readonly region: string
  readonly retryStrategy: RetryStrategyV2
  readonly customUserAgent: string
  /** Those of the environment where none are given. */
  readonly credentials?: AwsCredentialIdentity | AwsCredentialIdentityProvider
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly throwOnRequestTimeout: true
  }
}

/**
 * How long an answer is waited for. Most calls are quick, and a roll-back on a cancel has 7.5 seconds in all; Lambda
 * takes longer over a call that makes or moves code.
 */
const quickMs = 5_000
export const thoroughMs = 60_000
export const uploadMs = 300_000

/** Credentials and endpoint come from the environment, as the SDK finds them. */
export function clientConfig(region: string, clock: Clock): ClientConfig {
  return {
    region,
    retryStrategy: retryStrategy(clock),
    customUserAgent: 'lambda-rollout',
    requestHandler: { connectionTimeout: 3_000, requestTimeout: quickMs, throwOnRequestTimeout: true },
  }
}

/** The options of one call: the signal that cuts it short and the time its answer may take. */
export function callOptions(cut?: AbortSignal, requestTimeout?: number) {
  return { ...(cut && { abortSignal: cut }), ...(requestTimeout !== undefined && { requestTimeout }) }
}
