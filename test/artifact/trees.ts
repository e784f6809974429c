import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { openPromise } from 'yauzl'

/** What a tree in a test is made of, by path. */
export type Made =
  | string
  | Uint8Array
  | { readonly script: string }
  | { readonly link: string }
  | { readonly directory: true }

/** A directory for one test, gone after it. */
export async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'artifact-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Makes a tree on disk, in the order given, and returns its directory. */
export async function tree(made: Readonly<Record<string, Made>>): Promise<string> {
  const directory = join(await temporary(), 'dist')
  await mkdir(directory)
  for (const [path, what] of Object.entries(made)) {
    const place = join(directory, path)
    await mkdir(dirname(place), { recursive: true })
    if (typeof what === 'string' || what instanceof Uint8Array) await writeFile(place, what)
    else if ('link' in what) await symlink(what.link, place)
    else if ('directory' in what) await mkdir(place)
    else {
      await writeFile(place, what.script)
      await chmod(place, 0o755)
    }
  }
  return directory
}

/** Every entry of a zip as `mode content`, by path and in the order in which they stand. */
export async function contents(file: string): Promise<Record<string, string>> {
  const entries = await unzip(file)
  return Object.fromEntries(entries.map(({ path, mode, data }) => [path, `${mode.toString(8)} ${data}`]))
}

/** Every entry of a zip with its data, in the order in which they stand. */
export async function unzip(file: string): Promise<{ path: string; mode: number; data: Buffer }[]> {
  const zip = await openPromise(file, { lazyEntries: true })
  const entries = []
  for await (const entry of zip.eachEntry()) {
    const data = await buffer(await zip.openReadStreamPromise(entry))
    entries.push({ path: entry.fileName, mode: entry.externalFileAttributes >>> 16, data })
  }
  return entries
}

/** The sentence with which something is refused. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof Error && error.name === 'ArtifactProblem') return error.message
    throw error
  }
  throw new Error('was not refused')
}
