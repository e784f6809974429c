import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'
import { type Node, whereItLeads } from './links.ts'
import { ArtifactProblem, errorCode, unreadable } from './problem.ts'

/** One thing to pack; `path` is relative to the directory, with `/` between names. */
export type Item =
  | { readonly kind: 'file'; readonly path: string; readonly bytes: number; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string }

/**
 * What there is to pack in a directory, in the byte order of the paths; of the directories in it only the empty ones,
 * because the others come with what they hold. Hidden files, `.git`, caches: all of it is what the build made, and a
 * rule that drops some of it would one day drop what a function needs. Throws an ArtifactProblem for what a zip cannot
 * carry to Lambda.
 */
export async function readTree(directory: string): Promise<readonly Item[]> {
  await requireDirectory(directory)
  const items = await readAll(directory)
  if (!items.some(item => item.kind === 'file')) {
    throw new ArtifactProblem(`${JSON.stringify(directory)} holds no files: check that the build ran and wrote there`)
  }
  requireLinksInside(directory, items)
  const parents = new Set(items.map(item => posix.dirname(item.path)))
  return inByteOrder(items.filter(item => item.kind !== 'directory' || !parents.has(item.path)))
}

/**
 * The order of JavaScript's strings differs, for characters beyond the basic plane; that of a locale differs by
 * machine.
 */
function inByteOrder(items: readonly Item[]): readonly Item[] {
  const keyed = items.map(item => ({ item, key: Buffer.from(item.path) }))
  return keyed.sort((a, b) => a.key.compare(b.key)).map(({ item }) => item)
}

async function requireDirectory(directory: string): Promise<void> {
  const stats = await stat(directory).catch(cause => {
    if (errorCode(cause) !== 'ENOENT') throw unreadable(directory, cause)
    throw new ArtifactProblem(`${JSON.stringify(directory)} does not exist: check the path and that the build ran`, {
      cause,
    })
  })
  if (!stats.isDirectory()) {
    throw new ArtifactProblem(
      `${JSON.stringify(directory)} is not a directory: give the directory that the build made, or a .zip`,
    )
  }
}

/** One directory at a time: a large tree read all at once would take more memory than packing it. */
async function readAll(directory: string): Promise<readonly Item[]> {
  const items: Item[] = []
  const ahead = ['']
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    for (const item of await readOne(directory, path)) {
      items.push(item)
      if (item.kind === 'directory') ahead.push(item.path)
    }
  }
  return items
}

async function readOne(directory: string, path: string): Promise<readonly Item[]> {
  const parent = join(directory, path)
  const names = await readdir(parent, { encoding: 'buffer' }).catch(cause => {
    throw unreadable(parent, cause)
  })
  return Promise.all(names.map(name => readItem(directory, posix.join(path, readName(parent, name)))))
}

async function readItem(directory: string, path: string): Promise<Item> {
  const place = join(directory, path)
  const stats = await lstat(place).catch(cause => {
    throw unreadable(place, cause)
  })
  if (stats.isFile()) return { kind: 'file', path, bytes: stats.size, executable: (stats.mode & 0o111) !== 0 }
  if (stats.isSymbolicLink()) return { kind: 'link', path, target: await readTarget(place) }
  if (stats.isDirectory()) return { kind: 'directory', path }
  throw new ArtifactProblem(
    `${JSON.stringify(place)} is ${special(stats)}, which a zip cannot carry: remove it from the build's output`,
  )
}

async function readTarget(place: string): Promise<string> {
  const target = await readlink(place, { encoding: 'buffer' }).catch(cause => {
    throw unreadable(place, cause)
  })
  if (!isUtf8(target)) {
    throw new ArtifactProblem(
      `the target of the symbolic link ${JSON.stringify(place)} is not valid UTF-8: rename what it points at`,
    )
  }
  return target.toString().replaceAll(sep, '/')
}

function readName(parent: string, bytes: Buffer): string {
  const name = bytes.toString()
  if (!isUtf8(bytes)) {
    throw new ArtifactProblem(
      `${JSON.stringify(join(parent, name))} has a name that is not valid UTF-8, which would come out differently on Lambda: rename it`,
    )
  }
  // Some unpackers take it for a separator, so that the file lands elsewhere.
  if (name.includes('\\')) {
    throw new ArtifactProblem(
      `${JSON.stringify(join(parent, name))} has a backslash in its name, which unzips differently from tool to tool: rename it`,
    )
  }
  return name
}

function special(stats: Stats): string {
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

function requireLinksInside(directory: string, items: readonly Item[]): void {
  const tree = new Map<string, Node>(items.map(item => [item.path, item]))
  for (const item of items) {
    if (item.kind !== 'link') continue
    const link = `${JSON.stringify(join(directory, item.path))} is a symbolic link to ${JSON.stringify(item.target)}`
    switch (whereItLeads(item.path, tree)) {
      case 'inside':
        break
      case 'outside':
        throw new ArtifactProblem(
          `${link}, out of ${JSON.stringify(directory)}, and would be broken on Lambda: put a copy in its place`,
        )
      case 'nowhere':
        throw new ArtifactProblem(`${link}, where there is nothing: remove the link or build what it points at`)
    }
  }
}
