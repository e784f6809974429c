import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { Zip, type ZipInputFile } from 'fflate'

/** What a finished zip is; `sha256` in base64. */
export type Written = { readonly sha256: string; readonly zippedBytes: number }

/** An entry being written: compressed pieces in order, then the checksum and the size of what was compressed. */
export type OpenEntry = {
  push(piece: Uint8Array<ArrayBuffer>): void
  end(crc32: number, bytes: number): void
}

/**
 * A zip streamed to a file and hashed on its way. fflate writes the format, and takes data that was compressed
 * elsewhere; it adds no extra fields, and what it would take from the machine (time, system) is fixed here.
 */
export class ZipOutput {
  readonly #file: number
  readonly #hash = createHash('sha256')
  readonly #buffer = Buffer.allocUnsafe(256 * 1024)
  #buffered = 0
  #zippedBytes = 0
  readonly #zip = new Zip((error, piece) => {
    if (error) throw error
    this.#take(piece)
  })

  /** `file` is an open one's descriptor. */
  constructor(file: number) {
    this.#file = file
  }

  /** Begins an entry whose data comes deflated; it must end before the next begins. */
  deflated(path: string, mode: number): OpenEntry {
    return this.#begin(path, mode, 8)
  }

  /** Adds an entry whose data is small and kept as it is. */
  store(path: string, mode: number, data: Uint8Array<ArrayBuffer>): void {
    const entry = this.#begin(path, mode, 0)
    entry.push(data)
    entry.end(crc32(data), data.length)
  }

  /** Writes the central directory and what else waits. */
  end(): Written {
    this.#zip.end()
    this.#flush()
    return { sha256: this.#hash.digest('base64'), zippedBytes: this.#zippedBytes }
  }

  /** Copies a piece, so that nobody waits for its memory, and writes once that is worth it. */
  #take(piece: Uint8Array): void {
    for (let taken = 0; taken < piece.length; ) {
      if (this.#buffered === this.#buffer.length) this.#flush()
      const some = piece.subarray(taken, taken + this.#buffer.length - this.#buffered)
      this.#buffer.set(some, this.#buffered)
      this.#buffered += some.length
      taken += some.length
    }
  }

  #flush(): void {
    const data = this.#buffer.subarray(0, this.#buffered)
    this.#hash.update(data)
    for (let written = 0; written < data.length; ) written += writeSync(this.#file, data, written)
    this.#zippedBytes += data.length
    this.#buffered = 0
  }

  #begin(path: string, mode: number, compression: number): OpenEntry {
    const entry: ZipInputFile = {
      filename: path,
      compression,
      os: unix,
      attrs: mode * 0x10000, // the upper half of the external attributes
      mtime: new Date(1980, 0, 1, 12), // fflate writes local time, so this reads the same in every zone; none skips a noon
      crc: 0,
      size: 0,
    }
    this.#zip.add(entry)
    const emit = (data: Uint8Array<ArrayBuffer>, final: boolean) => entry.ondata?.(null, data, final)
    return {
      push: piece => emit(piece, false),
      end: (crc32, bytes) => {
        entry.crc = crc32
        entry.size = bytes
        emit(new Uint8Array(), true)
      },
    }
  }
}

const unix = 3
