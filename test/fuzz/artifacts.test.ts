import { Buffer } from 'node:buffer'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { openPromise } from 'yauzl'
import { inspectZip } from '../../src/artifact/inspect.ts'
import { packDirectory } from '../../src/artifact/pack.ts'
import { Failure } from '../../src/failure.ts'
import { temporary, tree, unzip } from '../artifact/trees.ts'
import { seeded } from './arbitraries.ts'

/** What comes of an attempt: what it gives, or the one sentence with which it is refused; all else is thrown on. */
async function outcome<T>(attempt: Promise<T>): Promise<T | string> {
  try {
    return await attempt
  } catch (error) {
    if (!(error instanceof Failure) || /[\r\n]/.test(error.message)) throw error
    return error.message
  }
}

type Entry = { readonly name: string | Buffer; readonly data?: Buffer; readonly says?: number; readonly mode?: number }

/** A zip by hand, in which entries may be called anything, say any size, and stand twice. */
function zipOf(entries: readonly Entry[], count = entries.length): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, data = Buffer.from('x'), says = data.length, mode = 0o100644 } of entries) {
    const [raw, packed] = [Buffer.from(name), deflateRawSync(data)]
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(says, 18)
    common.writeUInt16LE(raw.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, raw, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(mode * 0x10000, 6)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, rest, raw]))
    files.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(Math.min(count, 0xffff), 4)
  end.writeUInt16LE(Math.min(count, 0xffff), 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  const big = count < 0xffff ? Buffer.alloc(0) : zip64End(count, central.length, offset)
  return Buffer.concat([...files, central, big, Buffer.from('PK\x05\x06'), end])
}

/** The end of a zip with more entries than two bytes can count. */
function zip64End(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(76)
  end.write('PK\x06\x06', 0, 'latin1')
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(45, 12)
  end.writeUInt16LE(45, 14)
  for (const [at, value] of [
    [24, count],
    [32, count],
    [40, bytes],
    [48, offset],
  ] as const)
    end.writeBigUInt64LE(BigInt(value), at)
  end.write('PK\x06\x07', 56, 'latin1')
  end.writeBigUInt64LE(BigInt(offset + bytes), 64)
  end.writeUInt32LE(1, 72)
  return end
}

async function inspected(bytes: Uint8Array) {
  const file = join(await temporary(), 'app.zip')
  await writeFile(file, bytes)
  return await outcome(inspectZip(file))
}

/** How much more memory is held at most meanwhile, in bytes. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 5)
  await work()
  clearInterval(watch)
  return Math.max(most, process.memoryUsage.rss()) - before
}

const MiB = 1024 * 1024

describe('a zip', () => {
  const names = [
    ...[
      '/etc/passwd',
      '../../../climbing',
      'a/../../b',
      'C:\\x',
      '\\\\host\\x',
      '',
      '.',
      '..',
      '/',
      'a\u0000b',
      'a\nb',
      '__proto__',
    ],
    ...[Buffer.from([0xff, 0xfe, 0x2f, 0x80]), Buffer.alloc(60_000, 'n')],
  ]

  test.each(names.map(name => ({ called: name.toString().slice(0, 12), name })))(
    'with an entry called $called is taken whole or refused in one sentence',
    async ({ name }) => {
      const found = await inspected(zipOf([{ name: 'index.js' }, { name }, { name }]))
      expect(typeof found === 'string' ? found : found.entries).toBe(typeof found === 'string' ? found : 3)
    },
  )

  test('with a link out of it is for Lambda to judge, and nothing is read through it here', async () => {
    const link = { name: 'secrets', data: Buffer.from('/etc/shadow'), mode: 0o120777 }
    expect(await inspected(zipOf([{ name: 'index.js' }, link]))).toMatchObject({ entries: 2 })
  })

  test('that unzips to more than Lambda takes is refused before it is unzipped', async () => {
    const bomb = zipOf([{ name: 'index.js' }, { name: 'zeros', data: Buffer.alloc(300 * MiB) }])
    expect(bomb.length).toBeLessThan(MiB)
    let found: unknown
    expect(
      await peakOf(async () => {
        found = await inspected(bomb)
      }),
    ).toBeLessThan(64 * MiB)
    expect(found).toContain('Lambda takes at most 262,144,000')
  })

  test('that says it is small, and is not, is not unzipped at all', async () => {
    const liar = zipOf([{ name: 'zeros', data: Buffer.alloc(300 * MiB), says: 10 }])
    expect(await peakOf(() => inspected(liar))).toBeLessThan(64 * MiB)
  })

  test('of 70,000 entries is counted, and of which there are fewer than it says is refused', async () => {
    const entries = Array.from({ length: 70_000 }, (_, i) => ({ name: `f${i}` }))
    expect(await inspected(zipOf(entries))).toMatchObject({ entries: 70_000, unzippedBytes: 70_000 })
    expect(await inspected(zipOf([{ name: 'index.js' }], 70_000))).toMatch(/cannot be read as a zip/)
    expect(await inspected(zipOf([{ name: 'index.js' }], 60_000))).toMatch(/cannot be read as a zip/)
  })

  test('that is cut off, or has some bits turned, is taken or refused in one sentence', async () => {
    const packed = await packDirectory(
      await tree({ 'index.js': 'x'.repeat(5_000), 'lib/a.js': 'y', l: { link: 'lib' } }),
      await temporary(),
    )
    const sound = [
      await readFile(packed.file),
      Buffer.from(zipSync({ a: strToU8('1'), 'b/c': strToU8('22') })),
      zipOf([{ name: 'a' }]),
    ]
    const folder = await temporary()
    const damage = fc.record({
      of: fc.constantFrom(...sound),
      end: fc.double({ min: 0, max: 1, noNaN: true }),
      isCut: fc.boolean(),
      bits: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999_999, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
        maxLength: 6,
      }),
      tail: fc.uint8Array({ maxLength: 30 }),
    })
    let taken = 0
    let case_ = 0
    await fc.assert(
      fc.asyncProperty(damage, async ({ of, end, isCut, bits, tail }) => {
        const bytes = Buffer.concat([isCut ? of.subarray(0, Math.floor(of.length * end)) : of, tail])
        // The directory stands at the end: half of the damage goes there.
        for (const [i, [at, turned]] of bits.entries()) {
          const place = Math.floor(bytes.length * (i % 2 === 0 ? at : 1 - (1 - at) / 4))
          bytes[place] = (bytes[place] ?? 0) ^ turned
        }
        const file = join(folder, `${case_++}.zip`)
        await writeFile(file, bytes)
        const found = await outcome(inspectZip(file))
        if (typeof found !== 'string') taken++
      }),
      seeded(700),
    )
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(case_)
  })
})

describe('a directory', () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...[
        'a',
        'A',
        '__proto__',
        'constructor',
        '-rf',
        ' ',
        'a b',
        'é',
        'e\u0301',
        '💥',
        'a\nb',
        'a\tb',
        '"',
        '$(id)',
        '...',
        '\ufeff',
        'back\\slash',
      ].map(text => Buffer.from(text)),
      ...[[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x61, 0x80]].map(bytes => Buffer.from(bytes)),
      Buffer.alloc(255, 'n'),
    ),
    fc.string({ minLength: 1, maxLength: 20 }).map(text => Buffer.from(text.replace(/[/\0]/g, '_'))),
  )
  const link = fc.constantFrom(
    'a',
    '.',
    '..',
    '../dist/a',
    '/etc/passwd',
    '../../../etc',
    'self',
    'nowhere',
    './a/../a',
    'a/b/c',
    '//a',
    'a\nb',
  )
  const node = fc.oneof(
    { weight: 4, arbitrary: fc.record({ file: fc.uint8Array({ maxLength: 200 }) }) },
    { weight: 1, arbitrary: fc.record({ link }) },
    { weight: 1, arbitrary: fc.constant({ directory: true as const }) },
  )
  const nodes = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), node), { minLength: 1, maxLength: 6 })

  test('of any names and links is packed as it is, or refused in one sentence', async () => {
    const root = mkdtempSync(join(tmpdir(), 'fuzz-artifacts-'))
    let [packed, refused, case_] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(nodes, async made => {
        const directory = join(root, String(case_++), 'dist')
        mkdirSync(directory, { recursive: true })
        for (const [path, what] of made) make(directory, path, what)
        const found = await outcome(packDirectory(directory, join(root, 'scratch')))
        if (typeof found === 'string') {
          refused++
          return
        }
        packed++
        const paths = await pathsIn(found.file)
        expect(paths.length).toBe(found.entries)
        expect(new Set(paths).size).toBe(paths.length)
        expect(paths.filter(path => /^\/|(^|\/)\.\.(\/|$)|\\/.test(path))).toEqual([])
        rmSync(found.file)
      }),
      seeded(400),
    )
    rmSync(root, { recursive: true })
    expect(Math.min(packed, refused)).toBeGreaterThan(20)
  })

  async function pathsIn(file: string): Promise<readonly string[]> {
    const zip = await openPromise(file, { lazyEntries: true, decodeStrings: false })
    const paths: string[] = []
    for await (const { fileNameRaw } of zip.eachEntry()) paths.push(fileNameRaw.toString())
    return paths
  }

  type Node = { readonly file: Uint8Array } | { readonly link: string } | { readonly directory: true }

  /** Makes it, unless something else has this name or the file system does not take it. */
  function make(directory: string, path: readonly Buffer[], what: Node): void {
    const slash = Buffer.from('/')
    const at = Buffer.concat([Buffer.from(directory), ...path.flatMap(part => [slash, part])])
    try {
      mkdirSync(at.subarray(0, at.length - (path.at(-1)?.length ?? 0) - 1), { recursive: true })
      if ('file' in what) writeFileSync(at, what.file)
      else if ('link' in what) symlinkSync(what.link, at)
      else mkdirSync(at)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }

  test('that changes while it is packed is packed or refused in one sentence, and leaves nothing half-made', async () => {
    const changes: readonly ((place: string) => void)[] = [
      place => appendFileSync(place, 'more'),
      place => truncateSync(place, 10),
      place => rmSync(place, { recursive: true }),
      place => renameSync(place, `${place}.moved`),
      place => {
        rmSync(place)
        mkdirSync(place)
      },
      place => {
        rmSync(place)
        symlinkSync('/etc/passwd', place)
      },
      place => writeFileSync(place, 'another'),
    ]
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d${i % 3}/f${i}`, 'x'.repeat(20_000 + i)]))
    const seen = new Set<string>()
    const cases = fc.record({
      change: fc.constantFrom(...changes),
      file: fc.constantFrom(...Object.keys(files)),
      turns: fc.integer({ min: 0, max: 250 }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ change, file, turns }) => {
        const [directory, scratch] = [await tree(files), await temporary()]
        const packing = outcome(packDirectory(directory, scratch))
        for (let turned = 0; turned < turns; turned++) await turn()
        change(join(directory, file))
        const found = await packing
        seen.add(typeof found === 'string' ? 'refused' : 'packed')
        if (typeof found === 'string') return
        expect(await inspectZip(found.file)).toEqual(found)
        // Whoever unzips it finds as many bytes as it says, or throws.
        expect((await unzip(found.file)).length).toBe(found.entries)
      }),
      seeded(60),
    )
    expect(seen).toEqual(new Set(['packed', 'refused']))
  })

  test('of 70,000 files is refused in one sentence, before anything is compressed', async () => {
    const directory = join(await temporary(), 'dist')
    for (let i = 0; i < 70; i++) {
      mkdirSync(join(directory, `d${i}`), { recursive: true })
      for (let j = 0; j < 1_000; j++) writeFileSync(join(directory, `d${i}`, `${j}`), '')
    }
    let found: unknown
    const held = await peakOf(async () => {
      found = await outcome(packDirectory(directory, await temporary()))
    })
    expect(found).toMatch(/holds 70000 files, and the zips made here at most 65535/)
    expect(held).toBeLessThan(256 * MiB)
  })
})
