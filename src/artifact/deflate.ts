import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
} from 'pako'

/**
 * Raw deflate of one file after another, over the same memory. It is pako and not node:zlib, because Node's is
 * Chromium's, whose output depends on the CPU's instructions and on the version of Node; this is plain JavaScript,
 * the same everywhere. Blocks must be cut the same way each time, since zlib's output may depend on the cuts.
 */
export class Deflater {
  readonly #stream = new ZStream()

  constructor() {
    expect(zlibDeflateInit2(this.#stream, level, deflated, rawWindowBits, memoryLevel, Z_DEFAULT_STRATEGY), Z_OK)
    this.#stream.output = new Uint8Array(pieceBytes)
  }

  /**
   * The compressed pieces that a block gives; after the last block of a file, or of a part of one, anything may begin.
   */
  *deflate(block: Uint8Array, ends: 'file' | 'part' | 'more'): Generator<Uint8Array<ArrayBuffer>> {
    const stream = this.#stream
    stream.input = block
    stream.next_in = 0
    stream.avail_in = block.length
    let status: number
    do {
      stream.next_out = 0
      stream.avail_out = pieceBytes
      status = zlibDeflate(stream, flush[ends])
      if (stream.next_out > 0) yield stream.output.slice(0, stream.next_out)
    } while (stream.avail_out === 0)
    if (ends === 'more') return
    expect(status, ends === 'file' ? Z_STREAM_END : Z_OK)
    expect(zlibDeflateReset(stream), Z_OK)
    // It looks a byte beyond what it was given, where a reset leaves what was compressed before.
    stream.state.window.fill(0)
  }
}

/** A part that is not a file's last ends at a full byte, where the next one is put. */
const flush = { more: Z_NO_FLUSH, part: Z_SYNC_FLUSH, file: Z_FINISH }

/** Takes four fifths of the time of zlib's usual 6, for a result that is one or two percent larger. */
const level = 5
const deflated = 8
const rawWindowBits = -15
const memoryLevel = 8
const pieceBytes = 64 * 1024

function expect(status: number, wanted: number): void {
  if (status !== wanted) throw new Error(`deflate ended with status ${status}`)
}
