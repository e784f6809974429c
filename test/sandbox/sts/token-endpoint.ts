import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Oidc } from './oidc.ts'

/** Where a job on GitHub's runner gets its tokens, on loopback. */
export interface TokenEndpoint {
  /** What the runner tells the steps of a job that may have tokens. */
  readonly env: {
    readonly ACTIONS_ID_TOKEN_REQUEST_URL: string
    readonly ACTIONS_ID_TOKEN_REQUEST_TOKEN: string
  }
  /** Each that came, whatever came of it. */
  readonly requests: readonly TokenRequest[]
  /** Lets the next so many requests fail in this way. */
  failNext(failure: TokenFailure, times?: number): void
  close(): Promise<void>
}

/** `status` is 200 for a token; `none` where the connection was lost. */
export type TokenRequest = { readonly audience: string | undefined; readonly status: number | 'none' }

/** An HTTP status, the connection lost, or an answer with no token in it. */
export type TokenFailure = number | 'reset' | 'no value'

const bearer = 'the-token-that-asks-for-tokens'

/** Starts one on a port of 127.0.0.1 that gives out this issuer's tokens. */
export async function startTokenEndpoint(oidc: Oidc): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = []
  let failures: TokenFailure[] = []

  function answer(request: IncomingMessage): { readonly status: number | 'none'; readonly body: object } {
    const failure = failures[0]
    failures = failures.slice(1)
    if (failure === 'reset') return { status: 'none', body: {} }
    if (typeof failure === 'number') return { status: failure, body: { message: 'failed by the sandbox' } }
    if (request.headers.authorization !== `Bearer ${bearer}`) return { status: 401, body: { message: 'Unauthorized' } }
    if (failure === 'no value') return { status: 200, body: { count: 0 } }
    try {
      return { status: 200, body: { count: 1, value: oidc.token(audienceOf(request) ?? 'https://github.com/octo') } }
    } catch (error) {
      return { status: 500, body: { message: error instanceof Error ? error.message : String(error) } }
    }
  }

  const server = createServer((request, response) => {
    const { status, body } = answer(request)
    requests.push({ audience: audienceOf(request), status })
    if (status === 'none') request.socket.destroy()
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
    },
    requests,
    failNext: (failure, times = 1) => {
      failures = [...failures, ...Array.from({ length: times }, () => failure)]
    },
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function audienceOf(request: IncomingMessage): string | undefined {
  return new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('audience') ?? undefined
}
