import type { AwsCredentialIdentity } from '@smithy/types'
import { CallFailed, type Clock, type Session } from '../ports.ts'
import type { SessionEnd } from '../rollout/session.ts'
import type { ClientConfig } from './client.ts'
import { doing } from './errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Credentials that do not tell their end count as good for so long, from when the process began: those that
 * aws-actions/configure-aws-credentials makes last an hour unless somebody asks for more.
 */
const assumedMs = 60 * 60_000

/** The credentials of the environment. Keys without a session token do not end; a session may tell when it does. */
export function environmentSession(env: Environment, clock: Clock): Session {
  const began = clock.now()
  // As an output of configure-aws-credentials it comes as JSON, in quotes.
  const told = Date.parse(env.AWS_CREDENTIAL_EXPIRATION?.replace(/^"(.*)"$/, '$1') ?? '')
  const isSession = (env.AWS_ACCESS_KEY_ID ?? '') !== '' && (env.AWS_SESSION_TOKEN ?? '') !== ''
  const end = !Number.isNaN(told)
    ? { at: told, known: true }
    : isSession
      ? { at: began + assumedMs, known: false }
      : undefined
  return { end: () => end }
}

/** New credentials are got this long before the old ones end; until those do, they serve on where that fails. */
const renewBeforeMs = 20 * 60_000
const pauseAfterFailureMs = 60_000
const sessionS = 3_600

/** The runner's proof of which job this is, as a token for an audience. Throws where there is none to be had. */
export type IdentityToken = (audience: string) => Promise<string>

/**
 * Credentials of a role that this job may assume over OIDC, renewed as long as the job lasts. One for all clients: each
 * would else assume the role for itself.
 */
export class AssumedRole implements Session {
  readonly #role: string
  readonly #name: string
  readonly #token: IdentityToken
  readonly #config: ClientConfig
  readonly #clock: Clock
  #current: { readonly credentials: AwsCredentialIdentity; readonly endsAt: number } | undefined
  #renewing: Promise<AwsCredentialIdentity> | undefined
  #failedAt = Number.NEGATIVE_INFINITY

  /** A look every so often renews them, which is tried for ten minutes before a rollout has to end for it. */
  readonly longestWaitMs = 8 * 60_000
  readonly #warn: (text: string) => void

  /** `name` is the session's, by which CloudTrail tells what it did; `warn` hears of each renewal that fails. */
  constructor(
    role: string,
    name: string,
    token: IdentityToken,
    config: ClientConfig,
    clock: Clock,
    warn: (text: string) => void = () => undefined,
  ) {
    this.#warn = warn
    this.#role = role
    this.#name = name.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
    this.#token = token
    this.#config = config
    this.#clock = clock
  }

  end(): SessionEnd | undefined {
    const { endsAt } = this.#current ?? {}
    // What can still be renewed does not end: it counts once renewing has failed for so long that little is left.
    return endsAt === undefined || endsAt - this.#clock.now() > renewBeforeMs ? undefined : { at: endsAt, known: true }
  }

  /** What the clients ask for before each call. */
  readonly credentials = async (): Promise<AwsCredentialIdentity> => {
    const current = this.#current
    const now = this.#clock.now()
    if (current !== undefined && now < current.endsAt - renewBeforeMs) return current.credentials
    if (current !== undefined && now < this.#failedAt + pauseAfterFailureMs) return current.credentials
    this.#renewing ??= this.#renew()
      .catch(error => this.#failed(error))
      .finally(() => {
        this.#renewing = undefined
      })
    try {
      return await this.#renewing
    } catch (error) {
      this.#failedAt = now
      if (current !== undefined && now < current.endsAt) return current.credentials
      throw error
    }
  }

  /** Told once, however many clients wait for it. Where there were none before, the call that asks fails. */
  #failed(error: unknown): never {
    if (this.#current !== undefined) {
      const end = new Date(this.#current.endsAt).toISOString().slice(11, 16)
      const why = error instanceof Error ? error.message : String(error)
      this.#warn(`The AWS credentials, which end at ${end}Z, were not renewed, trying again: ${why}`)
    }
    throw error
  }

  async #renew(): Promise<AwsCredentialIdentity> {
    const token = await this.#identity()
    const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('@aws-sdk/client-sts')
    const sts = new STSClient(this.#config)
    const call = {
      what: `assume the role ${this.#role}`,
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: `the role, to this job's \`token.actions.githubusercontent.com:sub\`, in its trust policy`,
      secrets: [token],
    }
    try {
      const { Credentials: got } = await doing(call, () =>
        sts.send(
          new AssumeRoleWithWebIdentityCommand({
            RoleArn: this.#role,
            RoleSessionName: this.#name,
            WebIdentityToken: token,
            DurationSeconds: sessionS,
          }),
        ),
      )
      if (got?.AccessKeyId === undefined || got.SecretAccessKey === undefined || got.SessionToken === undefined) {
        throw new CallFailed('unavailable', `could not ${call.what}, because STS answered without credentials`)
      }
      const endsAt = got.Expiration?.getTime() ?? this.#clock.now() + sessionS * 1_000
      const credentials = {
        accessKeyId: got.AccessKeyId,
        secretAccessKey: got.SecretAccessKey,
        sessionToken: got.SessionToken,
        // The SDK asks again when five minutes are left of what it is told.
        expiration: new Date(endsAt - renewBeforeMs + 5 * 60_000),
      }
      this.#current = { credentials, endsAt }
      return credentials
    } finally {
      sts.destroy()
    }
  }

  async #identity(): Promise<string> {
    try {
      return await this.#token('sts.amazonaws.com')
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      throw new CallFailed(
        'denied',
        `could not assume the role ${this.#role}, because GitHub gave this job no OIDC token (${said})`,
        'give the job the permission `id-token: write`',
        error,
      )
    }
  }
}
