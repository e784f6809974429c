import { closeSync, openSync, readSync } from 'node:fs'
import { scheduler } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { Deflater } from './deflate.ts'
import { errorCode } from './problem.ts'
import { isDense, stored } from './store.ts'

/** What is compressed at a time: a file, or a part of one that is large. */
export type Part = {
  readonly place: string
  readonly from: number
  readonly bytes: number
  readonly last: boolean
}

/** A part's deflated pieces in order, with the CRC-32 of what was in it; or why there are none. */
export type Compressed =
  | { readonly kind: 'compressed'; readonly pieces: readonly Uint8Array<ArrayBuffer>[]; readonly crc32: number }
  | { readonly kind: 'changed' }
  | { readonly kind: 'unreadable'; readonly code: string }

/** What compresses parts, several at a time if that is faster. */
export interface Compressing {
  /** Of so many bytes at a time it can make use. */
  readonly bytesAhead: number
  compress(part: Part): Promise<Compressed>
  close(): Promise<void>
}

const partBytes = 2 * 1024 * 1024
const blockBytes = 64 * 1024

/**
 * The parts of a file. Each is compressed by itself and not with what is before it in mind, so that two can be at work
 * on one file; that costs well under a thousandth of its size. The cuts are the same everywhere, as its bytes must be.
 */
export function partsOf(place: string, bytes: number): readonly Part[] {
  const count = Math.max(1, Math.ceil(bytes / partBytes))
  return Array.from({ length: count }, (_, i) => {
    const from = i * partBytes
    return { place, from, bytes: Math.min(partBytes, bytes - from), last: i === count - 1 }
  })
}

/**
 * The CRC-32 of two stretches of bytes, one after the other, from those of each; the second is no longer than a part.
 */
export function joinedCrc32(before: number, after: number, bytesAfter: number): number {
  if (before === 0) return after
  const nothing = zeros.subarray(0, bytesAfter)
  return (crc32(nothing, before) ^ crc32(nothing) ^ after) >>> 0
}

const zeros = Buffer.alloc(partBytes)

/** Compresses parts one after another, over the same memory. It waits for the disk and the processor. */
export class Compressor {
  readonly #deflater = new Deflater()
  readonly #block = Buffer.allocUnsafe(blockBytes)

  compress(part: Part): Compressed {
    try {
      const file = openSync(part.place, 'r')
      try {
        return this.#read(file, part)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      return { kind: 'unreadable', code: errorCode(error) }
    }
  }

  #read(file: number, { from, bytes, last }: Part): Compressed {
    const pieces: Uint8Array<ArrayBuffer>[] = []
    let checksum = 0
    let done = 0
    let isStored = true
    do {
      const block = this.#readBlock(file, from + done, Math.min(blockBytes, bytes - done))
      if (block === undefined) return { kind: 'changed' }
      done += block.length
      checksum = crc32(block, checksum)
      // Once something was deflated, what follows may refer to it.
      isStored &&= isDense(block)
      if (isStored) pieces.push(stored(block, last && done === bytes))
      else pieces.push(...this.#deflater.deflate(block, done < bytes ? 'more' : last ? 'file' : 'part'))
    } while (done < bytes)
    // It may have grown.
    if (last && readSync(file, this.#block, 0, 1, from + bytes) > 0) return { kind: 'changed' }
    return { kind: 'compressed', pieces, crc32: checksum }
  }

  /** So many bytes from there, however few the system returns at a time; undefined where the file ends before. */
  #readBlock(file: number, from: number, bytes: number): Buffer | undefined {
    let filled = 0
    while (filled < bytes) {
      const read = readSync(file, this.#block, filled, bytes - filled, from + filled)
      if (read === 0) return undefined
      filled += read
    }
    return this.#block.subarray(0, filled)
  }
}

/** Compresses where it is asked, without threads; between parts everything else has its turn, a cancel for one. */
export function compressingHere(): Compressing {
  const compressor = new Compressor()
  return {
    bytesAhead: 1,
    compress: async part => {
      await scheduler.yield()
      return compressor.compress(part)
    },
    close: async () => {},
  }
}
