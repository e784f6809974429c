import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Compressor, joinedCrc32, type Part, partsOf } from '../../src/artifact/compress.ts'
import { stored } from '../../src/artifact/store.ts'
import { seeded } from '../sandbox/random.ts'
import { temporary } from './trees.ts'

const megabyte = 1024 * 1024

test('a file is cut where every other is: at each two megabytes', () => {
  const cuts = (bytes: number) => partsOf('x', bytes).map(({ from, bytes, last }) => [from, bytes, last])
  expect(cuts(0)).toEqual([[0, 0, true]])
  expect(cuts(2 * megabyte)).toEqual([[0, 2 * megabyte, true]])
  expect(cuts(4 * megabyte + 1)).toEqual([
    [0, 2 * megabyte, false],
    [2 * megabyte, 2 * megabyte, false],
    [4 * megabyte, 1, true],
  ])
})

test('parts put together are the file, and so are their checksums', async () => {
  const file = join(await temporary(), 'file')
  const content = words(5_000_000, 1)
  await writeFile(file, content)
  const compressor = new Compressor()
  const parts = partsOf(file, content.length).map(part => ({ part, ...compressed(compressor, part) }))
  expect(parts).toHaveLength(3)
  expect(inflateRawSync(Buffer.concat(parts.map(({ data }) => data))).equals(content)).toBe(true)
  const checksum = parts.reduce((before, { part, crc32 }) => joinedCrc32(before, crc32, part.bytes), 0)
  expect(checksum).toBe(crc32(content))
})

test.each<[what: string, stretches: readonly (readonly [of: 'words' | 'noise', bytes: number])[], kept: number]>([
  ['is dense', [['noise', 5_000_000]], 5_000_000],
  [
    'begins dense',
    [
      ['noise', 3_000_000],
      ['words', 1_000_000],
    ],
    2_900_000,
  ],
  [
    'ends dense',
    [
      ['words', 1_000_000],
      ['noise', 3_000_000],
    ],
    3_000_000,
  ],
  ['is dense and short', [['noise', 20_000]], 20_000],
  [
    'is dense up to a short rest',
    [
      ['noise', 65_536],
      ['words', 500],
    ],
    65_536,
  ],
])('a file that %s comes out as it went in, and hardly larger', async (_, stretches, kept) => {
  const file = join(await temporary(), 'file')
  const content = Buffer.concat(stretches.map(([of, bytes]) => (of === 'words' ? words : noise)(bytes, 1)))
  await writeFile(file, content)
  const used = new Compressor()
  compressed(used, { place: file, from: 0, bytes: content.length, last: true })
  const data = Buffer.concat(partsOf(file, content.length).map(part => compressed(used, part).data))
  expect(inflateRawSync(data).equals(content)).toBe(true)
  expect(data.length).toBeGreaterThan(kept)
  expect(data.length).toBeLessThan(kept + 0.6 * (content.length - kept) + content.length / 3_000 + 10)
})

test('a file that is compressed already is kept as it is', async () => {
  const file = join(await temporary(), 'file')
  const content = noise(200_000, 1)
  await writeFile(file, content)
  const { data } = compressed(new Compressor(), { place: file, from: 0, bytes: content.length, last: true })
  const blocks = [0, 65_536, 131_072, 196_608].map(at => stored(content.subarray(at, at + 65_536), at === 196_608))
  expect(data.equals(Buffer.concat(blocks))).toBe(true)
})

test('what was compressed before leaves no trace', async () => {
  const folder = await temporary()
  const used = new Compressor()
  for (let i = 0; i < 200; i++) {
    const file = join(folder, `${i}`)
    const content = words(3_000 + 617 * i, i)
    await writeFile(file, content)
    for (const part of partsOf(file, content.length)) {
      expect(compressed(used, part).data.equals(compressed(new Compressor(), part).data), `${i}`).toBe(true)
    }
  }
})

test('a file that is shorter or longer than it was is told of, and one that is gone', async () => {
  const file = join(await temporary(), 'file')
  await writeFile(file, 'abc')
  const compress = (bytes: number, place = file) =>
    partsOf(place, bytes).map(part => new Compressor().compress(part))[0]
  expect(compress(3)).toMatchObject({ kind: 'compressed' })
  expect(compress(2)).toEqual({ kind: 'changed' })
  expect(compress(4)).toEqual({ kind: 'changed' })
  expect(compress(3, `${file}-gone`)).toEqual({ kind: 'unreadable', code: 'ENOENT' })
})

function compressed(compressor: Compressor, part: Part) {
  const answer = compressor.compress(part)
  if (answer.kind !== 'compressed') throw new Error(answer.kind)
  return { data: Buffer.concat(answer.pieces), crc32: answer.crc32 }
}

/** Text that shrinks, the same on every run. */
function words(bytes: number, seed: number): Buffer {
  let state = seed + 1
  const next = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const parts: string[] = []
  for (let length = 0; length < bytes; length += 9) parts.push(`${(next(300) ** 2).toString(36).padStart(8, 'x')} `)
  return Buffer.from(parts.join('')).subarray(0, bytes)
}

function noise(bytes: number, seed: number): Buffer {
  const random = seeded(seed)
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(256 * random.next())))
}
