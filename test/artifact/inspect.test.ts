import { createHash } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { inspectZip } from '../../src/artifact/inspect.ts'
import { packDirectory } from '../../src/artifact/pack.ts'
import { refusal, temporary, tree } from './trees.ts'

const bundle = zipSync({
  'index.js': strToU8('exports.handler = 1\n'),
  'lib/x.js': strToU8('x'),
  'empty/': strToU8(''),
})

test('a zip is taken as it is: its own hash, its sizes, every entry', async () => {
  const file = await zip(bundle)
  expect(await inspectZip(file)).toEqual({
    file,
    sha256: createHash('sha256').update(bundle).digest('base64'),
    zippedBytes: bundle.length,
    unzippedBytes: 21,
    entries: 3,
  })
})

test('what was packed here reads back as it was reported', async () => {
  const packed = await packDirectory(await tree({ 'index.js': 'x', a: { link: 'index.js' } }), await temporary())
  expect(await inspectZip(packed.file)).toEqual(packed)
})

test('zip64 sizes and counts are read', async () => {
  const file = await zip(zip64('index.js', 5_000_000_000))
  expect(await refusal(inspectZip(file))).toBe(
    `"${file}" is 5,000,000,000 bytes unzipped and Lambda takes at most 262,144,000: leave out what the function does not need at run time, or deploy it as a container image`,
  )
  const small = await zip(zip64('index.js', 7))
  expect(await inspectZip(small)).toMatchObject({ unzippedBytes: 7, entries: 1 })
})

test('the limit itself still fits', async () => {
  expect(await inspectZip(await zip(zip64('index.js', 262_144_000)))).toMatchObject({ unzippedBytes: 262_144_000 })
  expect(await refusal(inspectZip(await zip(zip64('index.js', 262_144_001))))).toContain('262,144,001 bytes unzipped')
})

test('an encrypted zip is refused', async () => {
  const locked = Uint8Array.from(bundle)
  const flags = Buffer.from(locked.buffer).indexOf('PK\x01\x02') + 8
  locked[flags] = (locked[flags] ?? 0) | 1
  const file = await zip(locked)
  expect(await refusal(inspectZip(file))).toBe(
    `"${file}" is encrypted, and Lambda cannot unzip it: make it without a password`,
  )
})

test('a zip without a file in it is refused', async () => {
  for (const hollow of [zipSync({}), zipSync({ 'lib/': strToU8('') })]) {
    const file = await zip(hollow)
    expect(await refusal(inspectZip(file))).toBe(`"${file}" holds no files: check that the build put the code into it`)
  }
})

test('an empty file is no zip', async () => {
  const file = await zip(new Uint8Array())
  expect(await refusal(inspectZip(file))).toBe(`"${file}" is empty: check that the build finished writing it`)
})

test('a file of another kind and a truncated zip are refused', async () => {
  const other = await zip(strToU8('<html>404</html>'.repeat(9)))
  expect(await refusal(inspectZip(other))).toMatch(
    /^"[^"]+" cannot be read as a zip, or only in part \(.+\): make it again$/,
  )
  const cut = await zip(bundle)
  await truncate(cut, bundle.length - 30)
  expect(await refusal(inspectZip(cut))).toContain('cannot be read as a zip')
  const beheaded = await zip(bundle.subarray(10))
  expect(await refusal(inspectZip(beheaded))).toContain('cannot be read as a zip')
})

test('a missing file and a directory are refused', async () => {
  const directory = await temporary()
  const missing = join(directory, 'app.zip')
  expect(await refusal(inspectZip(missing))).toBe(`"${missing}" does not exist: check the path and that the build ran`)
  expect(await refusal(inspectZip(directory))).toBe(
    `"${directory}" is not a file: give a .zip, or the directory that the build made`,
  )
})

async function zip(bytes: Uint8Array): Promise<string> {
  const file = join(await temporary(), 'app.zip')
  await writeFile(file, bytes)
  return file
}

/** A zip whose one entry, and whose end, keep their numbers in zip64 records; the data itself is not there. */
function zip64(name: string, bytes: number): Buffer {
  const unset = 0xffffffff
  const entry = Buffer.alloc(46 + name.length + 20)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(unset, 24)
  entry.writeUInt16LE(name.length, 28)
  entry.writeUInt16LE(12, 30)
  entry.write(name, 46)
  entry.writeUInt16LE(1, 46 + name.length)
  entry.writeUInt16LE(8, 48 + name.length)
  entry.writeBigUInt64LE(BigInt(bytes), 50 + name.length)
  const directory = entry.subarray(0, 46 + name.length + 12)
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeBigUInt64LE(1n, 24)
  end64.writeBigUInt64LE(1n, 32)
  end64.writeBigUInt64LE(BigInt(directory.length), 40)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(directory.length), 8)
  locator.writeUInt32LE(1, 16)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(0xffff, 8)
  end.writeUInt16LE(0xffff, 10)
  end.writeUInt32LE(unset, 12)
  end.writeUInt32LE(unset, 16)
  return Buffer.concat([directory, end64, locator, end])
}
