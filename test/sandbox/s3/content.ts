import type { WireRequest } from '../wire.ts'

/** The bytes that a body carries: as they are, or out of the chunks that a stream is sent in (`aws-chunked`). */
export function readContent(request: WireRequest): Uint8Array {
  const encoding = request.headers['content-encoding'] ?? ''
  const streaming = request.headers['x-amz-content-sha256']?.startsWith('STREAMING-') ?? false
  return streaming || encoding.includes('aws-chunked') ? dechunk(view(request.body)) : request.body
}

/** Chunks are `<hex>[;extension]\r\n<data>\r\n`; one of size 0 ends them, trailers follow. */
function dechunk(body: Buffer): Uint8Array {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const size = end < 0 ? 0 : Number.parseInt(body.subarray(at, end).toString(), 16)
    if (!(size > 0)) return Buffer.concat(pieces)
    pieces.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
