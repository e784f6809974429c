import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { Deflater } from './deflate.ts'
import { changed, unreadable } from './problem.ts'

/** Compresses files one after another, over the same memory; nothing stands against having several at work. */
export class Compressor {
  readonly #deflater = new Deflater()
  readonly #block = Buffer.allocUnsafe(64 * 1024)

  /** Gives a file's deflated pieces in order and returns its CRC-32; an ArtifactProblem if it is not `bytes` long. */
  async compress(
    place: string,
    bytes: number,
    take: (piece: Uint8Array<ArrayBuffer>) => Promise<void>,
  ): Promise<number> {
    const file = await open(place).catch(cause => {
      throw unreadable(place, cause)
    })
    try {
      let checksum = 0
      let left = bytes
      for (let last = false; !last; ) {
        const block = await this.#readBlock(place, file)
        last = block.length < this.#block.length
        left -= block.length
        if (left < 0) break
        checksum = crc32(block, checksum)
        for (const piece of this.#deflater.deflate(block, last)) await take(piece)
      }
      if (left !== 0) throw changed(place)
      return checksum
    } finally {
      await file.close()
    }
  }

  /** The next block, full unless the file ends, however little the system returns at a time. */
  async #readBlock(place: string, file: FileHandle): Promise<Buffer> {
    let filled = 0
    while (filled < this.#block.length) {
      const { bytesRead } = await file.read(this.#block, filled).catch(cause => {
        throw unreadable(place, cause)
      })
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return this.#block.subarray(0, filled)
  }
}
