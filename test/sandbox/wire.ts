/** A request as it came over the wire; header names are lower-case, `path` carries the query. */
export type WireRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** How long the body was, where it was too long to be kept. */
  readonly length?: number
}

/** An answer as it goes over the wire. */
export type WireReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** An answer in the terms of a service; how it is encoded is the service's affair. */
export type Answer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object | string | Uint8Array
}

/** An error that a service answers with. `body` is what the service says beside its code. */
export class ApiError extends Error {
  override readonly name: string
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    body: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(String(body.message ?? body.Message ?? code))
    this.name = code
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** The connection is gone before an answer: what a caller in the same process gets in place of a dead socket. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'
}

/** What the sandbox says of anything it does not model; never an invented success. */
export function notModelled(what: string): ApiError {
  return new ApiError(501, 'NotModelledBySandbox', { message: `The sandbox does not model ${what}.` })
}

const encoder = new TextEncoder()

/** Puts bytes on the wire: text as it is, objects as JSON. */
export function encode(body: object | string | Uint8Array | undefined): Uint8Array {
  if (body === undefined) return new Uint8Array()
  if (body instanceof Uint8Array) return body
  return encoder.encode(typeof body === 'string' ? body : JSON.stringify(body))
}
