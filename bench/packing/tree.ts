import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Random, seeded } from '../../test/sandbox/random.ts'

/** How large a tree is to be; the same numbers give the same tree, byte for byte. */
export type TreeSpec = { readonly files: number; readonly bytes: number; readonly seed: number }

/** What the build of a function with many dependencies is made of: a share of its files and one of its bytes. */
const groups = [
  { folder: 'text', ending: '.js', ofFiles: 0.9, ofBytes: 0.55, make: text },
  { folder: 'data', ending: '.bin', ofFiles: 0.0494, ofBytes: 0.05, make: binary },
  { folder: 'native', ending: '.node', ofFiles: 0.0006, ofBytes: 0.25, make: binary },
  { folder: 'compressed', ending: '.png', ofFiles: 0.05, ofBytes: 0.15, make: noise },
] as const

/** Files are cut from so much of their kind, in slices; nothing comes twice within what deflate looks back on. */
const poolBytes = 8_000_000
const sliceBytes = 3_000

/** Makes a tree: small files for the most part, of very unlike sizes, and a few large ones. */
export function makeTree(root: string, { files, bytes, seed }: TreeSpec): void {
  const random = seeded(seed)
  for (const { folder, ending, ofFiles, ofBytes, make } of groups) {
    const pool = make(random)
    const weights = Array.from({ length: Math.round(files * ofFiles) }, () => Math.exp(1.2 * random.normal()))
    const sum = weights.reduce((a, b) => a + b, 0)
    for (const [i, weight] of weights.entries()) {
      const file = join(root, folder, `package-${i % 97}`, `${i}${ending}`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, slicesOf(pool, Math.ceil((bytes * ofBytes * weight) / sum), random))
    }
  }
}

function slicesOf(pool: Buffer, bytes: number, random: Random): Buffer {
  const made = Buffer.allocUnsafe(bytes)
  for (let filled = 0; filled < bytes; filled += sliceBytes) {
    const from = Math.floor(random.next() * (pool.length - sliceBytes))
    pool.copy(made, filled, from, from + Math.min(sliceBytes, bytes - filled))
  }
  return made
}

/** Statements in words of which few are frequent and many are rare, as in any language. */
function text(random: Random): Buffer {
  const letters = 'etaoinsrhdlucmfypgwbvk'
  const word = () =>
    Array.from(
      { length: 2 + Math.floor(9 * random.next()) },
      () => letters[Math.floor(22 * random.next() ** 1.5)],
    ).join('')
  const words = Array.from({ length: 4_000 }, word)
  const some = () => words[Math.floor(words.length ** random.next()) - 1] ?? ''
  const statements = [
    () => `  const ${some()} = await this.${some()}.${some()}(${some()}, { ${some()}: ${some()}.${some()} })\n`,
    () =>
      `  if (${some()}.${some()} === undefined) throw new TypeError('${some()} ${some()} of ${some()} ${some()}')\n`,
    () =>
      `  return ${some()}.map(${some()} => ${some()}.${some()}(${some()}))\n}\n\nfunction ${some()}(${some()}, ${some()}) {\n`,
    () => `  // ${some()} ${some()} the ${some()} ${some()} ${some()} is ${some()}, ${some()} ${some()}\n`,
    () => `  exports.${some()} = ${Math.floor(10_000 * random.next())} + ${some()}[${some()}]\n`,
  ]
  const parts: string[] = []
  for (let length = 0; length < poolBytes; ) {
    const part = statements[Math.floor(statements.length * random.next())]?.() ?? ''
    parts.push(part)
    length += part.length
  }
  return Buffer.from(parts.join(''))
}

/** Something like machine code: few operations and registers, addresses near to one another, and constants. */
function binary(random: Random): Buffer {
  const made = Buffer.alloc(poolBytes)
  const operations = Array.from({ length: 60 }, () => Math.floor(256 * random.next()))
  for (let at = 0; at + 8 < poolBytes; ) {
    const operation = Math.floor(60 * random.next() ** 2)
    made[at++] = operations[operation] ?? 0
    made[at++] = 0xc0 + Math.floor(8 * random.next() ** 2)
    if (operation % 3 === 0) made[at++] = Math.floor(256 * random.next() ** 3)
    if (operation % 5 === 0) at = made.writeInt32LE(Math.floor(4_000 * random.normal()), at)
  }
  return made
}

function noise(random: Random): Buffer {
  const made = Buffer.alloc(poolBytes)
  for (let at = 0; at + 4 <= poolBytes; ) at = made.writeUInt32LE(Math.floor(2 ** 32 * random.next()), at)
  return made
}
