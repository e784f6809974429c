import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Compressor, joinedCrc32, type Part, partsOf } from '../../src/artifact/compress.ts'
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
