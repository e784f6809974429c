import { randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Packed } from '../ports.ts'
import { type Compressed, type Compressing, compressingHere, joinedCrc32, type Part, partsOf } from './compress.ts'
import { refuseOversize } from './package.ts'
import { ArtifactProblem, changed, unreadable } from './problem.ts'
import { Threads } from './threads.ts'
import { type Item, readTree } from './tree.ts'
import { type Written, ZipOutput } from './zip.ts'

/**
 * Packs a directory into a new zip in `scratch`. The same tree gives the same bytes on any machine: entries in byte
 * order, one fixed time, 0644 or (with any execute bit) 0755, no owners. Symbolic links stay links; directories are
 * stored only where they are empty, because the others come with their files. Throws an ArtifactProblem for a tree
 * that Lambda could not take, before anything is compressed where that can be known. A large tree is compressed by
 * threads that run `entry`, if it is given.
 */
export async function packDirectory(directory: string, scratch: string, entry?: URL): Promise<Packed> {
  const items = await readTree(directory)
  const unzippedBytes = items.reduce((sum, item) => sum + contentBytes(item), 0)
  refuseOversize(directory, unzippedBytes)
  if (items.length > mostEntries) {
    throw new ArtifactProblem(
      `${JSON.stringify(directory)} holds ${items.length} files, and the zips made here at most ${mostEntries}: bundle the function's code into fewer files, or make the .zip in the build`,
    )
  }
  await mkdir(scratch, { recursive: true })
  const file = join(scratch, `${randomUUID()}.zip`)
  const compressing =
    entry === undefined || unzippedBytes < worthThreads ? compressingHere() : new Threads(entry, threadsAtMost)
  try {
    const written = await writeZip(file, directory, items, compressing)
    return { file, ...written, unzippedBytes, entries: items.length }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await compressing.close()
  }
}

/** Smaller trees are packed before threads have started. */
const worthThreads = 4_000_000

/** More would not be faster: what they give has to be hashed and written, one after the other. */
const threadsAtMost = Math.min(4, availableParallelism())

/** More would take zip64, which fflate does not write. */
const mostEntries = 65_535

function contentBytes(item: Item): number {
  switch (item.kind) {
    case 'file':
      return item.bytes
    case 'link':
      return Buffer.byteLength(item.target)
    case 'directory':
      return 0
  }
}

async function writeZip(
  file: string,
  directory: string,
  items: readonly Item[],
  compressing: Compressing,
): Promise<Written> {
  const output = await open(file, 'wx')
  try {
    const zip = new ZipOutput(output.fd)
    const compressed = inTurn(filesOf(directory, items), compressing)
    for (const item of items) {
      switch (item.kind) {
        case 'file': {
          const entry = zip.deflated(item.path, item.executable ? 0o100755 : 0o100644)
          let checksum = 0
          for (const part of partsOf(join(directory, item.path), item.bytes)) {
            const { pieces, crc32 } = await compressed()
            checksum = joinedCrc32(checksum, crc32, part.bytes)
            for (const piece of pieces) {
              entry.push(piece)
              // Its memory is free at once, and not when somebody collects it.
              piece.buffer.transfer(0)
            }
          }
          entry.end(checksum, item.bytes)
          break
        }
        case 'link':
          zip.store(item.path, 0o120777, Buffer.from(item.target))
          break
        case 'directory':
          zip.store(`${item.path}/`, 0o40755, Buffer.alloc(0))
          break
      }
    }
    return zip.end()
  } finally {
    await output.close()
  }
}

function filesOf(directory: string, items: readonly Item[]): readonly Part[] {
  return items.flatMap(item => (item.kind === 'file' ? partsOf(join(directory, item.path), item.bytes) : []))
}

type Done = Extract<Compressed, { kind: 'compressed' }>

/** Gives what becomes of the parts, one a call in their order, while those after it are being compressed already. */
function inTurn(parts: readonly Part[], compressing: Compressing): () => Promise<Done> {
  const begun: { readonly part: Part; readonly compressed: Promise<Compressed> }[] = []
  let next = 0
  let bytesAhead = 0
  return async () => {
    for (let part = parts[next]; part !== undefined && bytesAhead < compressing.bytesAhead; part = parts[++next]) {
      const compressed = compressing.compress(part)
      // One that fails before its turn comes is told of in its turn.
      compressed.catch(() => {})
      begun.push({ part, compressed })
      bytesAhead += part.bytes + eachBytes
    }
    const first = begun.shift()
    if (first === undefined) throw new Error('there are no more parts')
    const { place, bytes } = first.part
    const compressed = await first.compressed
    bytesAhead -= bytes + eachBytes
    switch (compressed.kind) {
      case 'compressed':
        return compressed
      case 'changed':
        throw changed(place)
      case 'unreadable':
        throw unreadable(place, compressed.code)
    }
  }
}

/** What a part takes besides what is in it. */
const eachBytes = 64 * 1024
