/** A deflate stream's block that is not compressed holds so many bytes at most; half of what is read at a time fits. */
const storedBytes = 32 * 1024
const headerBytes = 5

/** Looked at are so many bytes of a block, evenly spread. Of much fewer nothing can be told. */
const sampled = 4096
const fewest = 1024

/**
 * So much less evenly than by pure chance bytes may fall: coding them would save a hundredth, and take its full time.
 */
const tolerance = 1.05

const counts = new Uint32Array(256)

/**
 * Whether a block is as if compressed already: an image, an archive, a font. All byte values are about as frequent
 * then. Counted in whole numbers, so that the answer is the same everywhere.
 */
export function isDense(block: Uint8Array): boolean {
  const stride = Math.max(1, Math.floor(block.length / sampled))
  const taken = Math.floor(block.length / stride)
  if (taken < fewest) return false
  counts.fill(0)
  for (let i = 0; i < taken; i++) {
    const byte = block[i * stride] ?? 0
    counts[byte] = (counts[byte] ?? 0) + 1
  }
  let squares = 0
  for (const count of counts) squares += count * count
  return squares <= tolerance * (taken + (taken * (taken - 1)) / 256)
}

/** A block as a deflate stream holds it uncompressed; `ends` that stream. It begins and ends at a full byte. */
export function stored(block: Uint8Array, ends: boolean): Uint8Array<ArrayBuffer> {
  const count = Math.ceil(block.length / storedBytes)
  const piece = Buffer.from(new ArrayBuffer(block.length + count * headerBytes))
  let at = 0
  for (let from = 0; from < block.length; from += storedBytes) {
    const some = block.subarray(from, from + storedBytes)
    at = piece.writeUInt8(ends && from + some.length === block.length ? 1 : 0, at)
    at = piece.writeUInt16LE(some.length, at)
    at = piece.writeUInt16LE(0xffff - some.length, at)
    piece.set(some, at)
    at += some.length
  }
  return piece
}
