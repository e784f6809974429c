import { randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Compressor } from './compress.ts'
import { type Package, refuseOversize } from './package.ts'
import { ArtifactProblem } from './problem.ts'
import { type Item, readTree } from './tree.ts'
import { type Written, ZipOutput } from './zip.ts'

/**
 * Packs a directory into a new zip in `scratch`. The same tree gives the same bytes on any machine: entries in byte
 * order, one fixed time, 0644 or (with any execute bit) 0755, no owners. Symbolic links stay links; directories are
 * stored only where they are empty, because the others come with their files. Throws an ArtifactProblem for a tree
 * that Lambda could not take, before anything is compressed where that can be known.
 */
export async function packDirectory(directory: string, scratch: string): Promise<Package> {
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
  try {
    const written = await writeZip(file, directory, items)
    return { file, ...written, unzippedBytes, entries: items.length }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

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

async function writeZip(file: string, directory: string, items: readonly Item[]): Promise<Written> {
  const output = await open(file, 'wx')
  try {
    const zip = new ZipOutput(output)
    const compressor = new Compressor()
    for (const item of items) {
      switch (item.kind) {
        case 'file': {
          const entry = zip.deflated(item.path, item.executable ? 0o100755 : 0o100644)
          const crc32 = await compressor.compress(join(directory, item.path), item.bytes, async piece => {
            entry.push(piece)
            await zip.flush()
          })
          entry.end(crc32, item.bytes)
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
    return await zip.end()
  } finally {
    await output.close()
  }
}
