import type { getOctokit } from '@actions/github'
import { CallFailed, type Clock } from '../ports.ts'
import { oneLine, timeOfDay } from './text.ts'

/** Where GitHub's API is, who asks, and of which repository. */
export type GitHubConfig = {
  readonly baseUrl: string
  /** Empty where none was given. */
  readonly token: string
  /** `OWNER/REPO`. */
  readonly repository: string
}

/** What is being asked of GitHub, and what a message about it needs to be of use. */
export type Asking = {
  /** Goes after “could not”. */
  readonly what: string
  /** As under `permissions:` in a workflow. */
  readonly permission: `${'deployments' | 'pull-requests'}: ${'read' | 'write'}`
  /** Done twice there would be two: sent again only where it cannot have arrived. */
  readonly creates?: boolean
  /** It stands before what is to be done in AWS, so that a cancel ends it at once. */
  readonly cut?: boolean
}

/** What every call is made with, besides its own. */
export type Common = {
  readonly owner: string
  readonly repo: string
  readonly request: { readonly signal: AbortSignal }
}

type Octokit = ReturnType<typeof getOctokit>

/** How long an answer is waited for, and after a cancel, when the runner leaves 10 seconds in all. */
const patience = { thoroughMs: 10_000, quickMs: 5_000 }

const pausesMs = [500, 2_000]
const mostWaits = 3
const longestWaitMs = 60_000

/**
 * GitHub's REST API. Its client is loaded when it is first needed; retries are made here, since those of Octokit's
 * plugins sleep on timers of their own, which neither a cancel nor a simulated time can move.
 */
export class GitHubApi {
  readonly #config: GitHubConfig
  readonly #clock: Clock
  readonly #cancel: AbortSignal
  readonly #patience: typeof patience
  #loading: Promise<Octokit> | undefined

  constructor(config: GitHubConfig, clock: Clock, cancel: AbortSignal, waits = patience) {
    this.#config = config
    this.#clock = clock
    this.#cancel = cancel
    this.#patience = waits
  }

  /**
   * Makes a call and turns whatever becomes of it into an answer or a `CallFailed` that says what to do. Once the
   * workflow is cancelled a call is tried a single time, and quickly. `isWhole` looks at what is read of the answer:
   * its type is what GitHub documents, and not what came.
   */
  async asking<T extends object>(
    asking: Asking,
    call: (rest: Octokit['rest'], common: Common) => Promise<{ readonly data: T }>,
    isWhole: (data: T) => boolean = () => true,
  ): Promise<T> {
    const { rest } = await this.#octokit(asking)
    const [owner = '', repo = ''] = this.#config.repository.split('/')
    const tried = { pauses: 0, waits: 0 }
    for (;;) {
      const late = this.#cancel.aborted
      if (late && asking.cut) throw cancelled(asking)
      try {
        const { data } = await call(rest, { owner, repo, request: { signal: this.#signal() } })
        if (isObject(data) && isWhole(data)) return data
        throw new Garbled()
      } catch (error) {
        const trouble = troubleOf(error, this.#clock.now())
        if (trouble === undefined) throw error
        // What the cancel cut off was not given its time: it is tried once more, quickly, or is over.
        if (!late && isAbort(error) && (asking.cut || !asking.creates)) continue
        const pauseMs = pauseFor(trouble, asking, tried, this.#clock.now())
        if (pauseMs === undefined) throw this.#failed(asking, trouble, error)
        await this.#clock.sleep(pauseMs, this.#cancel)
        if (this.#cancel.aborted) throw this.#failed(asking, trouble, error)
      }
    }
  }

  #signal(): AbortSignal {
    const { thoroughMs, quickMs } = this.#patience
    if (this.#cancel.aborted) return AbortSignal.timeout(quickMs)
    return AbortSignal.any([AbortSignal.timeout(thoroughMs), this.#cancel])
  }

  async #octokit({ what, permission }: Asking): Promise<Octokit> {
    const { token } = this.#config
    if (token === '') {
      const said = `could not ${what}, because there is no token for GitHub`
      throw new CallFailed('denied', said, `give \`github-token\` one that has \`${permission}\``)
    }
    // As a header it would be refused with a message that repeats it.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      const said = `could not ${what}, because \`github-token\` has characters that no token has`
      throw new CallFailed('denied', said, `give \`github-token\` the token alone`)
    }
    this.#loading ??= this.#load()
    return await this.#loading
  }

  async #load(): Promise<Octokit> {
    const { getOctokit } = await import('@actions/github')
    const { baseUrl, token } = this.#config
    // A notice that a route is going out of use would stand between the lines of the log, and tell its reader nothing.
    return getOctokit(token, { baseUrl, userAgent: 'lambda-rollout', log: silent })
  }

  #failed({ what, permission }: Asking, trouble: Trouble, cause: unknown): CallFailed {
    const said = trouble.said.replaceAll(this.#config.token, '***')
    const failed = (kind: CallFailed['kind'], because: string, cure = '') =>
      new CallFailed(kind, `could not ${what}, because ${because}`, cure, cause)
    switch (trouble.kind) {
      case 'stranger':
        return failed(
          'denied',
          `GitHub does not accept the token (${said})`,
          `give \`github-token\` a valid one that has \`${permission}\``,
        )
      case 'denied':
        return failed('denied', `GitHub denies it (${said})`, permissionCure(permission))
      case 'limited':
        return failed('unavailable', `GitHub takes no more calls until ${timeOfDay(trouble.until)} (${said})`)
      case 'lost':
        return failed('unavailable', `GitHub could not be reached or has a fault (${said})`)
      case 'rejected':
        return failed('rejected', `GitHub rejects it (${said})`)
    }
  }
}

/** Whether a call failed because there is no such thing, or none that the token may see. */
export function isNotFound(error: unknown): boolean {
  return error instanceof CallFailed && error.kind === 'rejected' && answerOf(error.cause)?.status === 404
}

/** Whether it is a list, and each member one that can be read; for `isWhole`. */
export function isListOf<T extends object>(data: readonly T[], isWhole: (member: T) => boolean): boolean {
  return Array.isArray(data) && data.every(member => isObject(member) && isWhole(member))
}

/** Whether it is what GitHub knows a thing by; for `isWhole`. */
export function isId(id: unknown): id is number {
  return Number.isSafeInteger(id)
}

/** What went wrong with a call; undefined for a mistake of our own. */
type Trouble =
  | { readonly kind: 'stranger' | 'denied' | 'rejected'; readonly said: string }
  | { readonly kind: 'limited'; readonly said: string; readonly until: number }
  | { readonly kind: 'lost'; readonly said: string; readonly arrived: boolean }

/**
 * An answer that says yes and cannot be read: it was cut off, is of another kind, or comes from something on the way.
 */
class Garbled extends Error {}

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function ignore(): void {}

function troubleOf(error: unknown, now: number): Trouble | undefined {
  if (error instanceof Garbled) return { kind: 'lost', said: 'an answer that cannot be read', arrived: true }
  if (isAbort(error)) return { kind: 'lost', said: 'the workflow was cancelled meanwhile', arrived: true }
  if (!(error instanceof Error) || error.name !== 'HttpError') return undefined
  const answer = answerOf(error)
  if (answer === undefined) return { kind: 'lost', said: saidOfLoss(error), arrived: !hasNotArrived(error) }
  const { status } = answer
  const said = saidOf(answer)
  if (status === 401) return { kind: 'stranger', said }
  const until = limitedUntil(answer, now)
  if (until !== undefined) return { kind: 'limited', said, until }
  if (status === 403) return { kind: 'denied', said }
  return status >= 500 ? { kind: 'lost', said, arrived: true } : { kind: 'rejected', said }
}

type Refusal = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly data: unknown
}

/** What GitHub answered; undefined where there was no answer at all. */
function answerOf(error: unknown): Refusal | undefined {
  return (error as { readonly response?: Refusal } | undefined)?.response
}

/** When GitHub takes calls again, where it refused this one for being one too many. */
function limitedUntil({ status, headers, data }: Refusal, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const seconds = (name: string) => (headers[name] === undefined ? Number.NaN : Number(headers[name]))
  const retryAfter = seconds('retry-after')
  if (Number.isFinite(retryAfter)) return now + retryAfter * 1000
  const reset = seconds('x-ratelimit-reset')
  if (seconds('x-ratelimit-remaining') === 0 && Number.isFinite(reset)) return reset * 1000
  // GitHub asks for a minute where it names no time.
  // https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
  const secondary = /secondary-rate-limits/.test(text(data, 'documentation_url'))
  return status === 429 || secondary ? now + 60_000 : undefined
}

/** How long to wait before the next try; undefined where there is none. */
function pauseFor(
  trouble: Trouble,
  { creates = false }: Asking,
  tried: { pauses: number; waits: number },
  now: number,
): number | undefined {
  switch (trouble.kind) {
    case 'limited': {
      const waitMs = Math.max(1_000, trouble.until - now)
      return waitMs > longestWaitMs || tried.waits++ >= mostWaits ? undefined : waitMs
    }
    case 'lost':
      return creates && trouble.arrived ? undefined : pausesMs[tried.pauses++]
    case 'stranger':
    case 'denied':
    case 'rejected':
      return undefined
  }
}

function permissionCure(permission: Asking['permission']): string {
  const fork = permission.endsWith('write') ? ' (a pull request from a fork has a token that may only read)' : ''
  return `give the job the permission \`${permission}\`${fork}`
}

function cancelled({ what }: Asking): CallFailed {
  return new CallFailed('unavailable', `could not ${what}, because the workflow was cancelled`)
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** The connection was never made. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

function hasNotArrived(error: Error): boolean {
  return causes(error).some(({ code }) => code !== undefined && unconnected.has(code))
}

function saidOfLoss(error: Error): string {
  return causes(error).some(({ name }) => name === 'TimeoutError') ? 'no answer in time' : short(error.message)
}

type Cause = { readonly name?: string; readonly code?: string; readonly cause?: unknown }

function causes(error: Cause): readonly Cause[] {
  const { cause } = error
  return [error, ...(typeof cause === 'object' && cause !== null ? causes(cause) : [])]
}

/** GitHub's message with its status; a page that is for browsers says nothing. */
function saidOf({ status, data }: Refusal): string {
  const errors = isObject(data) && 'errors' in data ? data.errors : undefined
  const details = Array.isArray(errors) ? errors.map(detail).filter(said => said !== '') : []
  const message = text(data, 'message')
  return short([String(status), message, ...details].filter(said => said !== '').join(': '))
}

function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null
}

function detail(error: unknown): string {
  if (typeof error === 'string') return error
  const message = text(error, 'message')
  return message === '' ? `${text(error, 'field')} ${text(error, 'code')}`.trim() : message
}

function text(of: unknown, name: string): string {
  const value = isObject(of) ? (of as Readonly<Record<string, unknown>>)[name] : undefined
  return typeof value === 'string' ? value : ''
}

function short(said: string): string {
  const line = oneLine(said)
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}
