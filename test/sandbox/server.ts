import type { IncomingMessage, ServerResponse } from 'node:http'
import { ConnectionLost, type WireReply, type WireRequest } from './wire.ts'

type Handle = (request: WireRequest) => Promise<WireReply>

/** The longest body that is kept; of longer ones only the length is. */
const mostKept = 300 * 2 ** 20

/** Answers one HTTP request by `handle`; where it rejects with ConnectionLost the socket is destroyed. */
export async function respond(
  handle: Handle,
  now: () => number,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client holds its own clock against this header, so it tells the sandbox's time.
  response.setHeader('date', new Date(now()).toUTCString())
  try {
    const reply = await handle(await readRequest(incoming))
    response.writeHead(reply.status, { ...reply.headers, ...(reply.status !== 204 && lengthOf(reply)) })
    response.end(incoming.method === 'HEAD' ? undefined : reply.body)
  } catch (error) {
    if (error instanceof ConnectionLost) incoming.socket.destroy()
    else failLoudly(response, error)
  }
}

/** A HEAD's reply tells the length of what it does not carry. */
function lengthOf(reply: WireReply): Record<string, string | number> {
  return { 'content-length': reply.headers['content-length'] ?? reply.body.length }
}

function failLoudly(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ message: `The sandbox failed: ${message}` }))
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    length += chunk.length
    if (length <= mostKept) chunks.push(chunk)
    else chunks.length = 0
  }
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: Object.fromEntries(headers),
    body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
    length,
  }
}
