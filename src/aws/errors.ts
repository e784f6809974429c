import { CallFailed } from '../ports.ts'

/** What was being done, to what, and the IAM action it takes: what a message needs to be of use. */
export type Doing = {
  readonly what: string
  readonly action: string
  readonly resource: string
  /** Texts that were sent and must not be repeated: AWS's messages quote what they do not like. */
  readonly secrets?: readonly string[]
}

const expiredNames = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'])
const deniedNames = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden'])
const credentialNames = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'CredentialsProviderError',
  'MissingAuthenticationTokenException',
])
const throttledNames = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
])

/** Whether an error has one of these names; AWS's messages are for people and change. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}

/**
 * Runs a call and turns whatever it throws into a `CallFailed` that says what to do; a cancelled read stays an abort.
 */
export async function doing<T>({ what, action, resource, secrets = [] }: Doing, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (isUnreadable(error)) {
      throw new CallFailed(
        'unavailable',
        `could not ${what}, because AWS's answer cannot be read (${error.message})`,
        're-run',
        error,
      )
    }
    if (!(error instanceof Error) || !isFromSdk(error)) throw error
    const said = `${error.name}: ${hide(secrets, wordsOf(error))}`
    switch (kindOf(error)) {
      case 'expired':
        throw new CallFailed(
          'expired',
          `could not ${what}, because the AWS credentials have expired (${said})`,
          're-run with a session that lasts longer (`role-duration-seconds` of configure-aws-credentials), or set `role-to-assume`, which renews it',
          error,
        )
      case 'credentials':
        throw new CallFailed(
          'denied',
          `could not ${what}, because AWS does not accept the credentials (${said})`,
          'run aws-actions/configure-aws-credentials before this step',
          error,
        )
      case 'denied':
        throw new CallFailed(
          'denied',
          `could not ${what}, because AWS denies it (${said})`,
          `allow ${action} on ${resource}`,
          error,
        )
      case 'unavailable':
        throw new CallFailed(
          'unavailable',
          `could not ${what}, because AWS could not be reached or was too busy (${said}), after retries`,
          're-run',
          error,
        )
      case 'rejected':
        throw new CallFailed('rejected', `could not ${what}, because AWS rejects it (${said})`, '', error)
    }
  }
}

/** An error's message is whatever the answer holds at that place, and need not be a text. */
function wordsOf({ message }: { readonly message: unknown }): string {
  return typeof message === 'string' ? message : 'without a message'
}

function hide(secrets: readonly string[], message: string): string {
  return secrets.filter(secret => secret !== '').reduce((text, secret) => text.replaceAll(secret, '***'), message)
}

function kindOf(error: Error): CallFailed['kind'] | 'credentials' {
  const status = statusOf(error)
  if (expiredNames.has(error.name)) return 'expired'
  if (credentialNames.has(error.name)) return 'credentials'
  if (deniedNames.has(error.name) || status === 403) return 'denied'
  if (throttledNames.has(error.name) || status === 429) return 'unavailable'
  // An answer of success that cannot be read says nothing of what was done: it may well have been.
  return status === undefined || status >= 500 || status < 400 ? 'unavailable' : 'rejected'
}

/**
 * An answer whose members are of another kind than the API's: what reads them fails, as it would on a mistake of ours.
 */
function isUnreadable(error: unknown): error is Error {
  const kinds = [TypeError, SyntaxError, RangeError]
  return kinds.some(kind => error instanceof kind) && !('$metadata' in (error as Error))
}

/** The SDK marks what it throws for a call; anything else is a cancel or a mistake of our own. */
function isFromSdk(error: Error): boolean {
  return error.name !== 'AbortError' && ('$metadata' in error || credentialNames.has(error.name))
}

/** The HTTP status of the answer; undefined when there was none. */
function statusOf(error: Error): number | undefined {
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number }
  }
  return $metadata?.httpStatusCode ?? $response?.statusCode
}
