import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import type { Packed } from '../ports.ts'
import { refuseOversize } from './package.ts'
import { ArtifactProblem, errorCode, unreadable } from './problem.ts'

/**
 * Reads what a `.zip` is, which is sent byte for byte; only its central directory and its hash are read, as streams.
 * Throws an ArtifactProblem for what Lambda would refuse: no zip, a truncated or encrypted one, nothing in it, too
 * large.
 */
export async function inspectZip(file: string): Promise<Packed> {
  const zippedBytes = await sizeOf(file)
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: false }).catch(cause => {
    throw broken(file, cause)
  })
  try {
    const { unzippedBytes, entries } = await readDirectory(file, zip)
    refuseOversize(file, unzippedBytes)
    return { file, sha256: await hash(file), zippedBytes, unzippedBytes, entries }
  } finally {
    zip.close()
  }
}

async function sizeOf(file: string): Promise<number> {
  const stats = await stat(file).catch(cause => {
    if (errorCode(cause) !== 'ENOENT') throw unreadable(file, cause)
    throw new ArtifactProblem(`${JSON.stringify(file)} does not exist: check the path and that the build ran`, {
      cause,
    })
  })
  if (!stats.isFile())
    throw new ArtifactProblem(
      `${JSON.stringify(file)} is not a file: give a .zip, or the directory that the build made`,
    )
  if (stats.size === 0)
    throw new ArtifactProblem(`${JSON.stringify(file)} is empty: check that the build finished writing it`)
  return stats.size
}

async function readDirectory(file: string, zip: ZipFile): Promise<Pick<Packed, 'unzippedBytes' | 'entries'>> {
  let unzippedBytes = 0
  let files = 0
  for await (const entry of entriesOf(file, zip)) {
    if (entry.isEncrypted()) {
      throw new ArtifactProblem(
        `${JSON.stringify(file)} is encrypted, and Lambda cannot unzip it: make it without a password`,
      )
    }
    unzippedBytes += entry.uncompressedSize
    if (!isDirectory(entry)) files++
  }
  if (files === 0)
    throw new ArtifactProblem(`${JSON.stringify(file)} holds no files: check that the build put the code into it`)
  return { unzippedBytes, entries: zip.entryCount }
}

async function* entriesOf(file: string, zip: ZipFile): AsyncGenerator<Entry> {
  const entries = zip.eachEntry()
  for (;;) {
    const next = await entries.next().catch(cause => {
      throw broken(file, cause)
    })
    if (next.done) return
    yield next.value
  }
}

function isDirectory(entry: Entry): boolean {
  return entry.fileNameRaw.at(-1) === '/'.charCodeAt(0)
}

function broken(file: string, cause: unknown): ArtifactProblem {
  if (errorCode(cause) === 'EACCES' || errorCode(cause) === 'EPERM') return unreadable(file, cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ArtifactProblem(
    `${JSON.stringify(file)} cannot be read as a zip, or only in part (${why}): make it again`,
    { cause },
  )
}

async function hash(file: string): Promise<string> {
  const sha256 = createHash('sha256')
  await pipeline(createReadStream(file), sha256).catch(cause => {
    throw unreadable(file, cause)
  })
  return sha256.digest('base64')
}
