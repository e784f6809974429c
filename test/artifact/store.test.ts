import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { isDense, stored } from '../../src/artifact/store.ts'
import { seeded } from '../sandbox/random.ts'

const random = seeded(1)

/** Bytes drawn from so many values. */
function drawn(bytes: number, values: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(values * random.next())))
}

const text = Buffer.from(Array.from({ length: 9_000 }, () => Math.floor(300 * random.next()).toString(36)).join(' '))

describe('a block', () => {
  test.each<[what: string, block: Buffer, dense: boolean]>([
    ['of chance', drawn(65_536, 256), true],
    ['of chance, and short', drawn(1_024, 256), true],
    ['too short to tell', drawn(1_023, 256), false],
    ['that is compressed', deflateRawSync(text), true],
    ['of text', text, false],
    ['of chance in base64', Buffer.from(drawn(30_000, 256).toString('base64')), false],
    ['whose bytes have few values', drawn(65_536, 200), false],
    ['half of which is zeros', Buffer.concat([drawn(32_768, 256), Buffer.alloc(32_768)]), false],
    ['of nothing', Buffer.alloc(0), false],
  ])('%s is called dense: %#', (_, block, dense) => {
    expect(isDense(block)).toBe(dense)
  })

  test.each([1, 32_768, 32_769, 65_536])('of %i bytes comes out of a deflate stream as it went in', bytes => {
    const block = drawn(bytes, 256)
    expect(inflateRawSync(stored(block, true)).equals(block)).toBe(true)
    const two = Buffer.concat([stored(block, false), stored(text.subarray(0, 100), true)])
    expect(inflateRawSync(two).equals(Buffer.concat([block, text.subarray(0, 100)]))).toBe(true)
  })

  test('that does not end the stream is followed by something', () => {
    expect(() => inflateRawSync(stored(text, false))).toThrow('unexpected end of file')
  })
})
