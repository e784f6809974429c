import { formatBytes } from '../bytes.ts'
import { Failure } from '../failure.ts'
import type { Making } from '../inputs/making.ts'
import type { DeployTarget } from '../inputs.ts'
import type { Code, Packed, World } from '../ports.ts'

/**
 * Zips larger than this are not taken directly
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const directUploadBytes = 52_428_800

/** The zips of all artifacts, in the order of the targets; one that several share is made once. Throws `Failure`. */
export async function packAll(
  { targets, uploadBucket }: Pick<Making, 'uploadBucket'> & { readonly targets: readonly DeployTarget[] },
  world: World,
): Promise<readonly (Packed | undefined)[]> {
  const made = new Map<string, Packed | undefined>()
  const packed: (Packed | undefined)[] = []
  for (const { source } of targets) {
    const key = JSON.stringify(source)
    if (!made.has(key)) made.set(key, await pack({ source, uploadBucket }, world))
    packed.push(made.get(key))
  }
  return packed
}

/** The zip of an artifact that lies here; undefined where Lambda takes it from elsewhere. Throws `Failure`. */
export async function pack(
  { source, uploadBucket }: Pick<DeployTarget, 'source'> & Pick<Making, 'uploadBucket'>,
  world: World,
): Promise<Packed | undefined> {
  if (source.kind !== 'directory' && source.kind !== 'zip') return undefined
  const packed = await world.artifacts.pack({ kind: source.kind, path: source.path })
  const { zippedBytes, unzippedBytes, entries, sha256 } = packed
  const sizes = `${formatBytes(unzippedBytes)} in ${entries} ${entries === 1 ? 'entry' : 'entries'}, ${formatBytes(zippedBytes)} zipped`
  world.reporter.tell({ kind: 'note', text: `Artifact ${source.path}: ${sizes}, sha256 ${sha256}` })
  if (zippedBytes > directUploadBytes && uploadBucket === undefined) {
    throw new Failure(
      `\`artifact\` ${source.path} is ${formatBytes(zippedBytes)} zipped and Lambda takes at most ${formatBytes(directUploadBytes)} directly; set \`upload-bucket\` to a bucket in the function's region`,
    )
  }
  return packed
}

/**
 * The code, brought to where Lambda takes it from when it is first asked for, and once; `touching` is called when
 * something was stored for it.
 */
export function codeOf(...given: Parameters<typeof bring>): () => Promise<Code> {
  let code: Promise<Code> | undefined
  return () => (code ??= bring(...given))
}

async function bring(
  source: DeployTarget['source'],
  functionName: string,
  packed: Packed | undefined,
  bucket: Making['uploadBucket'],
  touching: () => void,
  { storage }: World,
): Promise<Code> {
  if (source.kind === 's3' || source.kind === 'image') return source
  if (packed === undefined) throw new Error('there is no artifact to upload')
  const { file, zippedBytes, sha256 } = packed
  if (zippedBytes <= directUploadBytes || bucket === undefined) return { kind: 'zip', file, bytes: zippedBytes }
  const name = `${functionName}/${Buffer.from(sha256, 'base64').toString('hex')}.zip`
  const stored = await storage.put(file, zippedBytes, { ...bucket, name })
  // It stays in the bucket, whatever Lambda says to it.
  touching()
  return stored
}
