import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultRule, newFaults } from '../faults.ts'
import { describeInput } from '../input.ts'
import type { RequestRecord } from '../record.ts'
import { respond } from '../server.ts'
import { ApiError, ConnectionLost, encode, type WireReply, type WireRequest } from '../wire.ts'
import { type GitHubCall, readGitHubCall, writeGitHubAnswer, writeGitHubError } from './api.ts'
import { addComment } from './comments.ts'
import { type PullAction, pullRequestEvent } from './events.ts'
import { errorOf, type GitHubFault } from './faults.ts'
import { countCall, limitExceeded, limitHeaders } from './limits.ts'
import { closePull, openPull, type PullSpec, pullAt, pushTo } from './pulls.ts'
import { addRef, type RefSpec } from './refs.ts'
import { type Comment, type Deployment, defaultBranch, newRepository, type Pull, type User } from './state.ts'
import { newTokens, type Token, type TokenSpec } from './tokens.ts'

export type { PullAction } from './events.ts'
export type { GitHubFault } from './faults.ts'
export { mergeOf, type PullSpec } from './pulls.ts'
export type { RefSpec } from './refs.ts'
export type { Pull } from './state.ts'
export type { Access, Permission, Permissions, TokenSpec } from './tokens.ts'

export type GitHubOptions = {
  /** GitHub's time, in ms of the epoch; all its time comes from here. */
  readonly now?: () => number
  /** `owner/name` of the one repository that there is. */
  readonly repository?: string
}

/** What somebody else writes under a pull request. */
export type Remark = Partial<User> & { readonly body: string; readonly app?: boolean }

/** A deployment, in short: what it is of, and its statuses' states, oldest first. */
export type SeenDeployment = Pick<Deployment, 'id' | 'ref' | 'sha' | 'task' | 'environment' | 'payload'> & {
  readonly transient: boolean
  readonly production: boolean
  readonly description: string | null
  readonly statuses: readonly SeenStatus[]
}

export type SeenStatus = {
  readonly state: string
  readonly description: string
  readonly environmentUrl: string
  readonly logUrl: string
}

export type SeenComment = { readonly id: number; readonly login: string; readonly body: string }

/** The part of GitHub's REST API that this project uses, on loopback. A stand-in: what it does not model it refuses. */
export interface GitHub {
  /** Goes into GITHUB_API_URL. */
  readonly endpoint: string
  readonly requests: readonly RequestRecord[]
  readonly faults: { add(rule: FaultRule<GitHubFault>): void; clear(): void }
  /** Issues a token. */
  token(spec: TokenSpec): string
  readonly refs: { add(name: string, spec?: RefSpec): void }
  readonly pulls: {
    /** Opens a pull request, or one that was closed again, with what is said changed. */
    open(number: number, spec?: PullSpec): Pull
    push(number: number, sha?: string): Pull
    close(number: number, how: { readonly merged: boolean }): Pull
    /** What a workflow finds in GITHUB_EVENT_PATH when this has just been done by `sender`, a login. */
    event(number: number, action: PullAction, sender: string): object
  }
  /** What stands under a pull request, oldest first. */
  comments(number: number): readonly SeenComment[]
  /** Lets somebody else write under a pull request; gives the comment's id. */
  comment(number: number, remark: Remark): number
  /** All deployments, oldest first. */
  deployments(): readonly SeenDeployment[]
  close(): Promise<void>
}

/** Starts one on a port of 127.0.0.1, with the branch `main`. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const { now = Date.now, repository: fullName = 'octo/orders' } = options
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const repository = newRepository(now, endpoint, fullName)
  addRef(repository, defaultBranch)
  const tokens = newTokens()
  const requests: Writable<RequestRecord>[] = []
  const faults = newFaults<GitHubFault>()
  server.on('request', (incoming, response) => {
    void respond(handle, now, incoming, response)
  })

  async function handle(request: WireRequest): Promise<WireReply> {
    const call = readGitHubCall(repository, request)
    const record = begin(call, request)
    requests.push(record)
    const due = faults.due(record)
    if (due[0]) record.fault = due.map(fault => fault.kind).join(', ')
    for (const fault of due) {
      if (fault.kind === 'before') await fault.run(record)
      if (fault.kind === 'delay') await sleep(fault.ms)
    }
    const reply = answer(call, request, record, due)
    for (const fault of due) if (fault.kind === 'after') await fault.run(record)
    if (due.some(fault => fault.kind === 'lose-answer')) {
      record.status = 'none'
      throw new ConnectionLost('The answer was lost')
    }
    record.status = reply.status
    return reply
  }

  function begin({ operation, input }: GitHubCall, { headers }: WireRequest): Writable<RequestRecord> {
    const sequence = Number(headers['x-sequence'] ?? Number.NaN)
    return {
      seq: requests.length + 1,
      at: now(),
      service: 'GitHub',
      operation,
      input: describeInput(input),
      status: 'none',
      ...(Number.isFinite(sequence) && { sequence }),
    }
  }

  function answer(
    call: GitHubCall,
    request: WireRequest,
    record: Writable<RequestRecord>,
    due: readonly GitHubFault[],
  ): WireReply {
    let token: Token | undefined
    const headers = () => ({
      'x-github-request-id': requestId(record.seq),
      ...call.headers,
      ...limitHeaders(token, now()),
    })
    try {
      const lost = due.find(fault => fault.kind === 'reset')
      if (lost) throw new ConnectionLost('The connection was reset')
      const page = due.find(fault => fault.kind === 'html')
      if (page) return html(page.status)
      token = tokens.of(request.headers.authorization)
      if (countCall(token, now()) === 'beyond') throw limitExceeded(token, token.resets)
      for (const fault of due) {
        const error = errorOf(fault, token, now())
        if (error) throw error
      }
      return writeGitHubAnswer(call.run(token), headers())
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      record.error = error.name
      return writeGitHubError(error, call.documented, headers())
    }
  }

  return {
    endpoint,
    requests,
    faults,
    token: tokens.issue,
    refs: { add: (name, spec) => addRef(repository, name, spec) },
    pulls: {
      open: (number, spec) => openPull(repository, number, spec),
      push: (number, sha) => pushTo(repository, number, sha),
      close: (number, how) => closePull(repository, number, how),
      event: (number, action, sender) => pullRequestEvent(repository, pullAt(repository, number), action, sender),
    },
    comments: number => repository.comments.filter(comment => comment.number === number).map(seenComment),
    comment: (number, { login = 'octocat', type = 'User', app = false, body }) =>
      addComment(repository, number, body, { user: { login, type }, app }).id,
    deployments: () => repository.deployments.map(seenDeployment),
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function seenComment({ id, author, body }: Comment): SeenComment {
  return { id, login: author.user.login, body }
}

function seenDeployment(deployment: Deployment): SeenDeployment {
  const { id, ref, sha, task, environment, payload, transient, production, description } = deployment
  const statuses = deployment.statuses.map(status => {
    const { state, description, environmentUrl, logUrl } = status
    return { state, description, environmentUrl, logUrl }
  })
  return { id, ref, sha, task, environment, payload, transient, production, description, statuses }
}

function requestId(seq: number): string {
  return `0400:1A2B3C:${seq.toString(16).toUpperCase().padStart(6, '0')}`
}

function html(status: number): WireReply {
  const body = `<html><body><h1>${status}</h1></body></html>`
  return { status, headers: { 'content-type': 'text/html' }, body: encode(body) }
}
