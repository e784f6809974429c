import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type Input, text } from '../input.ts'
import { type Answer, ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import { bucketOr404 } from './buckets.ts'
import { findObject, type ObjectVersion } from './state.ts'

/** PutObject: a new version; with IfNoneMatch `*` only where there is none yet. */
export function putObject(world: World, input: Input): Answer {
  const bytes = requireIntact(input)
  const stored = store(world, input, bytes, etagOf(bytes))
  return {
    headers: { etag: stored.etag, 'x-amz-version-id': stored.versionId, ...checksumOf(bytes) },
  }
}

/** GetObject: the latest version or the one that is named. */
export function getObject(world: World, input: Input): Answer {
  const found = objectOr404(world, input)
  return { headers: headersOf(found), body: found.bytes }
}

/** HeadObject: GetObject without the bytes. */
export function headObject(world: World, input: Input): Answer {
  const found = objectOr404(world, input)
  return { headers: { ...headersOf(found), 'content-length': String(found.bytes.length) } }
}

/** Puts bytes under a key, as its latest version. */
export function store(world: World, input: Input, bytes: Uint8Array, etag: string): ObjectVersion {
  const bucket = bucketOr404(world, input)
  const key = text(input, 'Key') ?? ''
  const versions = bucket.objects.get(key) ?? []
  if (text(input, 'IfNoneMatch') === '*' && versions.length > 0) {
    throw new ApiError(412, 'PreconditionFailed', {
      message: 'At least one of the pre-conditions you specified did not hold',
    })
  }
  const versionId = world.ids.uuid().replaceAll('-', '')
  const stored: ObjectVersion = { versionId, bytes, etag, modified: world.now() }
  bucket.objects.set(key, [...versions, stored])
  return stored
}

/** A part or an object is known by its MD5. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** The CRC32 that clients want to see again. */
export function checksumOf(bytes: Uint8Array): Record<string, string> {
  return { 'x-amz-checksum-crc32': crc(bytes) }
}

/** The body, where it is what its checksum says; BadDigest where it is not. */
export function requireIntact(input: Input): Uint8Array {
  const bytes = input.Body instanceof Uint8Array ? input.Body : new Uint8Array()
  const told = text(input, 'ChecksumCRC32')
  if (told !== undefined && told !== crc(bytes)) {
    throw new ApiError(400, 'BadDigest', { message: 'The CRC32 you specified did not match the calculated checksum.' })
  }
  return bytes
}

function crc(bytes: Uint8Array): string {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(crc32(bytes))
  return buffer.toString('base64')
}

function objectOr404(world: World, input: Input): ObjectVersion {
  const object = findObject(world.s3, text(input, 'Bucket') ?? '', text(input, 'Key') ?? '', text(input, 'VersionId'))
  if ('found' in object) return object.found
  throw new ApiError(404, object.missing.code, { message: object.missing.message })
}

function headersOf({ versionId, etag, modified }: ObjectVersion): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    etag,
    'x-amz-version-id': versionId,
    'last-modified': new Date(modified).toUTCString(),
  }
}
