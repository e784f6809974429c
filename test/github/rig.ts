import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GitHubApi } from '../../src/github/api.ts'
import type { CallFailed } from '../../src/ports.ts'
import { type GitHub, type GitHubFault, startGitHub, type TokenSpec } from '../sandbox/github/github.ts'
import { commitOf } from '../sandbox/github/state.ts'
import { Time } from '../support/world/time.ts'

/** A repository on the sandbox's GitHub, spoken to by the adapters in simulated time. */
export type Hub = {
  readonly github: GitHub
  readonly clock: Time
  /** As whom nothing else is said: a job's own token that may do everything. */
  readonly api: GitHubApi
  as(spec: TokenSpec, patience?: ConstructorParameters<typeof GitHubApi>[3]): GitHubApi
  withToken(token: string, baseUrl?: string): GitHubApi
  /** Lets calls of an operation go wrong: so many of them, from now on. */
  befall(operation: string, fault: GitHubFault, times?: number): void
  /** Which operations were called, in order. */
  called(): readonly string[]
  stop(): void
  close(): Promise<void>
}

export const repository = 'octo/orders'

/** A commit that the repository has. */
export const commit = commitOf('main')

/** Starts it, with pull request 7 open. */
export async function newHub(): Promise<Hub> {
  const clock = new Time()
  const github = await startGitHub({ now: () => clock.now(), repository })
  github.pulls.open(7)
  const cancelling = new AbortController()
  const withToken: Hub['withToken'] = (token, baseUrl = github.endpoint) =>
    new GitHubApi({ baseUrl, token, repository }, clock, cancelling.signal)
  return {
    github,
    clock,
    api: withToken(github.token({ kind: 'installation' })),
    as: (spec, patience) =>
      new GitHubApi(
        { baseUrl: github.endpoint, token: github.token(spec), repository },
        clock,
        cancelling.signal,
        patience,
      ),
    withToken,
    befall: (operation, fault, times) =>
      github.faults.add({ match: { operation }, fault, ...(times !== undefined && { on: { times } }) }),
    called: () => github.requests.map(({ operation }) => operation),
    stop: () => cancelling.abort(),
    close: () => github.close(),
  }
}

/** Something on the way to GitHub that says yes to all, with JSON. */
export type Impostor = {
  readonly api: GitHubApi
  /** What was asked, in order: `GET /user`. */
  called(): readonly string[]
  close(): void
}

/** Starts one that answers each call with what `answer` gives for it. */
export async function newImpostor(answer: (asked: string) => unknown): Promise<Impostor> {
  const called: string[] = []
  const server = createServer((request, response) => {
    const asked = `${request.method} ${request.url?.replace(/\?.*/, '')}`
    called.push(asked)
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(asked)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    api: new GitHubApi({ baseUrl, token: 'ghs_token', repository }, new Time(), new AbortController().signal),
    called: () => called,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** How a call failed. */
export async function failureOf(call: Promise<unknown>): Promise<CallFailed> {
  return await call.then(
    answer => {
      throw new Error(`it did not fail: ${JSON.stringify(answer)}`)
    },
    (error: CallFailed) => error,
  )
}
