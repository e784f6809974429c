import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownTable } from 'markdown-table'
import { expectAtMost, publish } from '../page.ts'
import { describeSpread, spreadOf } from '../spread.ts'
import { deployThroughS3 } from './action.ts'
import { makeTree, type TreeSpec } from './tree.ts'

/**
 * `npm run bench:packing`: packing a directory, beside Info-ZIP's `zip -6` on the same tree. Another action than this
 * one's folder may be given, whose memory is measured while it does so and more.
 */

const rounds = 5
const limits = { time: 1, megabytes: 150, size: 1.02 }
const trees: readonly TreeSpec[] = [
  { files: 8_000, bytes: 240_000_000, seed: 1 },
  { files: 1_300, bytes: 40_000_000, seed: 2 },
]

const root = fileURLToPath(new URL('../../', import.meta.url))
const action = resolve(process.argv[2] ?? root)

type Packed = {
  readonly sha256: string
  readonly zippedBytes: number
  readonly ms: number
  readonly peakMegabytes: number
}

if (spawnSync('zip', ['-v']).status !== 0) {
  console.log('Packing is not measured, because there is no `zip` to compare with: install it (`apt-get install zip`).')
} else {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'bench-'))
  try {
    compile(folder)
    const measured: Measured[] = []
    for (const spec of trees) measured.push(await measure(spec, folder))
    report(measured)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * As in the bundle: plain JavaScript, since what strips types takes 30 MB of memory in each thread. Of its memory Linux
 * tells; what Node.js tells in its place begins with what this process has.
 */
function compile(folder: string): void {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'lib')], {
    cwd: root,
  })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'pack.js'),
    `import { readFileSync } from 'node:fs'
import { packDirectory } from './lib/artifact/pack.js'
const [directory, scratch] = process.argv.slice(2)
const startedAt = performance.now()
const packed = await packDirectory(directory, scratch, new URL('./lib/artifact/thread.js', import.meta.url))
const ms = performance.now() - startedAt
const [, kilobytes] = /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
console.log(JSON.stringify({ ...packed, ms, peakMegabytes: kilobytes / 1024 }))
`,
  )
}

type Measured = Awaited<ReturnType<typeof measure>>

async function measure(spec: TreeSpec, folder: string) {
  const tree = join(folder, 'tree')
  const scratch = join(folder, 'scratch')
  makeTree(tree, spec)
  const ratios: number[] = []
  const packs: Packed[] = []
  let zippedBytes = 0
  for (let round = 0; round <= rounds; round++) {
    mkdirSync(scratch)
    const zip = join(scratch, 'zip.zip')
    const startedAt = performance.now()
    execFileSync('zip', ['-6', '-q', '-r', zip, '.'], { cwd: tree })
    const zipMs = performance.now() - startedAt
    zippedBytes = statSync(zip).size
    const packed: Packed = JSON.parse(
      execFileSync(process.execPath, [join(folder, 'pack.js'), tree, scratch], { encoding: 'utf8' }),
    )
    rmSync(scratch, { recursive: true })
    // The first round only brings the tree into the disk's cache.
    if (round > 0) {
      ratios.push(packed.ms / zipMs)
      packs.push(packed)
    }
  }
  const throughS3 = spec === trees[0] ? await deployThroughS3(action, tree) : undefined
  rmSync(tree, { recursive: true })
  return { spec, ratios, packs, zippedBytes, throughS3 }
}

function report(measured: readonly Measured[]): void {
  const rows = measured.map(({ spec, ratios, packs, zippedBytes }, i) => {
    const name = `${spec.files.toLocaleString('en')} files, ${spec.bytes / 1e6} MB`
    const time = spreadOf(ratios)
    const megabytes = Math.max(...packs.map(({ peakMegabytes }) => peakMegabytes))
    const size = (packs[0]?.zippedBytes ?? 0) / zippedBytes
    const hashes = new Set(packs.map(({ sha256 }) => sha256)).size
    expectAtMost(`the time to pack ${name}, beside zip's,`, time.median, limits.time)
    if (i === 0) expectAtMost(`the memory in MB to pack ${name}`, megabytes, limits.megabytes)
    expectAtMost(`the size of ${name}, beside zip's,`, size, limits.size)
    expectAtMost(`the number of hashes that ${name} come out with`, hashes, 1)
    return [
      name,
      describeSpread(time),
      `${megabytes.toFixed(0)} MB`,
      size.toFixed(3),
      hashes === 1 ? 'the same' : 'differ',
    ]
  })
  const throughS3 = measured.flatMap(({ throughS3 }) =>
    throughS3 === undefined
      ? []
      : [
          `The action that deploys the large one through S3 has a process of ${throughS3.toFixed(0)} MB at its peak: Node.js, what is loaded, the packing, and the parts that are uploaded at a time.`,
        ],
  )
  const limit = [
    'at most',
    String(limits.time),
    `${limits.megabytes} MB (the large one)`,
    String(limits.size),
    'the same',
  ]
  publish(
    'packing',
    [
      `Trees of text, programs and files that are compressed already, which the bench makes from a seed. Beside Info-ZIP's \`zip -6\`: the median of ${rounds} pairs, run in turn, with the middle half of them.`,
      markdownTable([
        ['Tree', "Times zip's time", 'Peak memory', "Times zip's size", 'Bytes of each run'],
        ...rows,
        limit,
      ]),
      ...throughS3,
    ].join('\n\n'),
  )
}
