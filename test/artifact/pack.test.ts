import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { appendFile, chmod, mkdir, open, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { packDirectory } from '../../src/artifact/pack.ts'
import { contents, type Made, refusal, temporary, tree, unzip } from './trees.ts'

const sample: Readonly<Record<string, Made>> = {
  'index.mjs': 'export const handler = async () => "ok"\n',
  'lib/b.js': 'b'.repeat(100_000),
  'lib.js': 'a file that sorts before lib/ in byte order\n',
  'bin/run': { script: '#!/bin/sh\nexec node index.mjs\n' },
  '.env': 'STAGE=live\n',
  'node_modules/.bin/run': { link: '../../bin/run' },
  latest: { link: 'lib' },
  'empty-file': '',
  'tmp/keep': { directory: true },
  'naïve ✓.txt': 'names are UTF-8\n',
  '\u{ff5e}.txt': 'after the basic plane in UTF-16, before it in bytes\n',
  '\u{1f680}.txt': 'rocket\n',
  'noise.bin': noise(200_000),
}

/** Root may read everything, so that as root the child must be somebody else. */
const stranger = process.getuid?.() === 0 ? { uid: 65534 } : {}

test('a known tree has a known hash, on any machine and any version of Node', async () => {
  const { file, ...packed } = await packDirectory(await tree(sample), await temporary())
  expect(packed).toEqual({
    sha256: 'D1KQwB+1sMuXM83wQEjjwvWdm85EefLDvBgM1QGHjVo=',
    zippedBytes: 201_834,
    unzippedBytes: 300_216,
    entries: 13,
  })
  expect(
    createHash('sha256')
      .update(await readFile(file))
      .digest('base64'),
  ).toBe(packed.sha256)
})

test('the same tree made another way, at another time, under another umask, gives the same bytes', async () => {
  const once = await packDirectory(await tree(sample), await temporary())
  const umask = process.umask(0o077)
  onTestFinished(() => void process.umask(umask))
  const copy = await tree(Object.fromEntries(Object.entries(sample).reverse()))
  await utimes(join(copy, 'index.mjs'), 1, 1)
  await chmod(join(copy, 'bin/run'), 0o500)
  expect((await packDirectory(copy, await temporary())).sha256).toBe(once.sha256)
})

test('the same tree gives the same bytes in every time zone', async () => {
  const directory = await tree({ 'index.js': 'x' })
  const scratch = await temporary()
  const zone = process.env.TZ
  onTestFinished(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  const hashes = new Set<string>()
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    process.env.TZ = zone
    hashes.add((await packDirectory(directory, scratch)).sha256)
  }
  expect(hashes.size).toBe(1)
})

test('everything is packed, in byte order, with one mode for programs and one for the rest', async () => {
  const { file } = await packDirectory(await tree({ ...sample, 'lib/b.js': 'b', 'noise.bin': 'n' }), await temporary())
  const packed = await contents(file)
  expect(Object.entries(packed)).toEqual([
    ['.env', '100644 STAGE=live\n'],
    ['bin/run', '100755 #!/bin/sh\nexec node index.mjs\n'],
    ['empty-file', '100644 '],
    ['index.mjs', '100644 export const handler = async () => "ok"\n'],
    ['latest', '120777 lib'],
    ['lib.js', '100644 a file that sorts before lib/ in byte order\n'],
    ['lib/b.js', '100644 b'],
    ['naïve ✓.txt', '100644 names are UTF-8\n'],
    ['node_modules/.bin/run', '120777 ../../bin/run'],
    ['noise.bin', '100644 n'],
    ['tmp/keep/', '40755 '],
    ['\u{ff5e}.txt', '100644 after the basic plane in UTF-16, before it in bytes\n'],
    ['\u{1f680}.txt', '100644 rocket\n'],
  ])
})

test.each([0o777, 0o744, 0o654, 0o645])('any execute bit makes a program (%o)', async mode => {
  const directory = await tree({ run: 'x' })
  await chmod(join(directory, 'run'), mode)
  expect(await contents((await packDirectory(directory, await temporary())).file)).toEqual({ run: '100755 x' })
})

test('blocks of every length come out as they went in', async () => {
  const block = 64 * 1024
  const sizes = [1, block - 1, block, block + 1, 2 * block, 3 * block + 7]
  const made = Object.fromEntries(sizes.map(size => [`${size}`, noise(size)]))
  const { file } = await packDirectory(await tree(made), await temporary())
  for (const { path, data } of await unzip(file)) expect(made[path]?.equals(data), path).toBe(true)
})

test.skipIf(!installed('unzip'))("Info-ZIP's unzip makes the same tree of it, links and modes included", async () => {
  const directory = await tree(sample)
  const packed = await packDirectory(directory, await temporary())
  const unpacked = await temporary()
  execFileSync('unzip', ['-q', packed.file, '-d', unpacked], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  expect((await packDirectory(unpacked, await temporary())).sha256).toBe(packed.sha256)
})

test('a directory that is not there, or none, is refused', async () => {
  const scratch = await temporary()
  const missing = join(scratch, 'dist')
  expect(await refusal(packDirectory(missing, scratch))).toBe(
    `"${missing}" does not exist: check the path and that the build ran`,
  )
  await writeFile(missing, 'x')
  expect(await refusal(packDirectory(missing, scratch))).toBe(
    `"${missing}" is not a directory: give the directory that the build made, or a .zip`,
  )
})

test('a directory without a file anywhere in it is refused', async () => {
  const directory = await tree({ 'lib/deep': { directory: true }, self: { link: 'lib' } })
  expect(await refusal(pack(directory))).toBe(`"${directory}" holds no files: check that the build ran and wrote there`)
})

test('a link that leads out is refused', async () => {
  const directory = await tree({ 'index.js': 'x', 'lib/secret': { link: '../../dist/index.js' } })
  expect(await refusal(pack(directory))).toBe(
    `"${directory}/lib/secret" is a symbolic link to "../../dist/index.js", out of "${directory}", and would be broken on Lambda: put a copy in its place`,
  )
})

test('a dangling link is refused', async () => {
  const directory = await tree({ 'index.js': 'x', old: { link: 'gone.js' } })
  expect(await refusal(pack(directory))).toBe(
    `"${directory}/old" is a symbolic link to "gone.js", where there is nothing: remove the link or build what it points at`,
  )
})

test('names that would come out differently are refused', async () => {
  const backslash = await tree({ 'lib\\index.js': 'x' })
  expect(await refusal(pack(backslash))).toBe(
    `${JSON.stringify(join(backslash, 'lib\\index.js'))} has a backslash in its name, which unzips differently from tool to tool: rename it`,
  )
  const latin1 = await tree({ 'index.js': 'x' })
  await writeFile(Buffer.concat([Buffer.from(`${latin1}/caf`), Buffer.from([0xe9])]), 'x')
  expect(await refusal(pack(latin1))).toBe(
    `"${latin1}/caf\ufffd" has a name that is not valid UTF-8, which would come out differently on Lambda: rename it`,
  )
})

test('what is neither file, directory nor link is refused', async () => {
  const withFifo = await tree({ 'index.js': 'x' })
  execFileSync('mkfifo', [join(withFifo, 'pipe')])
  expect(await refusal(pack(withFifo))).toBe(
    `"${withFifo}/pipe" is a FIFO, which a zip cannot carry: remove it from the build's output`,
  )
  const withSocket = await tree({ 'index.js': 'x' })
  const server = createServer().listen(join(withSocket, 's'))
  onTestFinished(() => void server.close())
  await new Promise(resolve => server.once('listening', resolve))
  expect(await refusal(pack(withSocket))).toContain('/s" is a socket')
})

test('large trees are packed by threads, and come out just as without', async () => {
  const large = Object.fromEntries(['a', 'b', 'c'].map((name, i) => [`${name}.bin`, noise(2_500_000 * (i + 1))]))
  const directory = await tree({ ...sample, ...large })
  const { file, ...here } = await packDirectory(directory, await temporary())
  const { file: other, ...byThreads } = await packDirectory(directory, await temporary(), thread)
  expect(byThreads).toEqual(here)
  const packed = new Map((await unzip(other)).map(({ path, data }) => [path, data]))
  for (const [path, data] of Object.entries(large)) expect(packed.get(path)?.equals(data), path).toBe(true)
})

test('threads that find a file changed or gone say so, and nothing is left behind', async () => {
  const directory = await tree({ 'a.bin': noise(9_000_000), 'z.js': 'xyz' })
  const scratch = await temporary()
  const packing = refusal(packDirectory(directory, scratch, thread))
  while ((await readdir(scratch)).length === 0) await new Promise(setImmediate)
  await truncate(join(directory, 'z.js'), 1)
  expect(await packing).toContain('z.js" changed while it was being packed')
  expect(await readdir(scratch)).toEqual([])
})

test('a thread that cannot start fails the packing', async () => {
  const directory = await tree({ 'a.bin': noise(5_000_000) })
  await expect(packDirectory(directory, await temporary(), new URL('file:///nowhere.js'))).rejects.toThrow('nowhere')
})

test('a tree over the limit is refused before anything is written', async () => {
  const directory = await tree({ 'index.js': 'x', 'model.bin': '' })
  const scratch = await temporary()
  await truncate(join(directory, 'model.bin'), 262_144_000)
  expect(await refusal(packDirectory(directory, scratch))).toBe(
    `"${directory}" is 262,144,001 bytes unzipped and Lambda takes at most 262,144,000: leave out what the function does not need at run time, or deploy it as a container image`,
  )
  expect(await readdir(scratch)).toEqual([])
})

test('more files than a zip can count are refused', async () => {
  const directory = await tree({})
  for (let i = 0; i < 65_536; i++) closeSync(openSync(`${directory}/${i}`, 'w'))
  expect(await refusal(pack(directory))).toBe(
    `"${directory}" holds 65536 files, and the zips made here at most 65535: bundle the function's code into fewer files, or make the .zip in the build`,
  )
})

test('a file that grows, shrinks or vanishes while being packed is refused, and nothing is left behind', async () => {
  const changes: Record<string, (file: string) => Promise<void>> = {
    grows: file => appendFile(file, 'x'),
    shrinks: file => truncate(file, 1),
    vanishes: file => rm(file),
  }
  for (const [name, change] of Object.entries(changes)) {
    const directory = await tree({ 'a.bin': noise(8_000_000), 'z.js': 'xyz' })
    const scratch = await temporary()
    const packing = refusal(packDirectory(directory, scratch))
    while ((await readdir(scratch)).length === 0) await new Promise(setImmediate)
    await change(join(directory, 'z.js'))
    expect(await packing, name).toBe(
      `"${directory}/z.js" changed while it was being packed: let the build finish before this step starts`,
    )
    expect(await readdir(scratch), name).toEqual([])
  }
})

test.skipIf(runInChild([], stranger).status !== 0)('what may not be read is refused', async () => {
  const directory = await tree({ 'index.js': 'x', 'secret.js': 'x' })
  await chmod(join(directory, '..'), 0o755)
  await chmod(join(directory, 'secret.js'), 0)
  const scratch = await temporary()
  await chmod(scratch, 0o777)
  expect(JSON.parse(runInChild([directory, scratch], stranger).stdout).problem).toBe(
    `"${directory}/secret.js" may not be read by the user that runs this step: give that user read permission`,
  )
})

test('a large tree does not need large memory', async () => {
  const directory = await tree({})
  const chunk = noise(64 * 1024)
  const file = await open(join(directory, 'model.bin'), 'w')
  for (let i = 0; i < 160; i++) await file.write(chunk)
  await file.truncate(60_000_000)
  await file.close()
  for (let d = 0; d < 60; d++) {
    await mkdir(join(directory, `${d}`))
    for (let i = 0; i < 20; i++) await writeFile(join(directory, `${d}/${i}.js`), chunk.subarray(0, 50_000))
  }
  const { unzippedBytes, grownMegabytes } = JSON.parse(runInChild([directory, await temporary()]).stdout)
  expect(unzippedBytes).toBe(120_000_000)
  expect(grownMegabytes).toBeLessThan(80)
})

const thread = new URL('../../src/artifact/thread.ts', import.meta.url)

const pack = async (directory: string) => packDirectory(directory, await temporary())

/** Bytes that no compressor shrinks, the same on every run. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

function runInChild(args: readonly string[], options: { readonly uid?: number } = {}) {
  const script = fileURLToPath(new URL('./pack-child.ts', import.meta.url))
  return spawnSync(process.execPath, [script, ...args], { ...options, encoding: 'utf8' })
}

function installed(program: string): boolean {
  return spawnSync(program, ['-v']).status === 0
}
