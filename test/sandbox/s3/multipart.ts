import { createHash } from 'node:crypto'
import { count, type Input, text } from '../input.ts'
import { type Answer, ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import { bucketOr404 } from './buckets.ts'
import { checksumOf, etagOf, requireIntact, store } from './objects.ts'
import type { Part, Upload } from './state.ts'
import { result, unescapeXml } from './xml.ts'

const smallestPart = 5 * 2 ** 20

/** CreateMultipartUpload. */
export function createUpload(world: World, input: Input): Answer {
  const bucket = bucketOr404(world, input)
  const id = world.ids.uuid().replaceAll('-', '')
  const key = text(input, 'Key') ?? ''
  bucket.uploads.set(id, { key, parts: new Map() })
  return {
    body: result('InitiateMultipartUploadResult', { Bucket: text(input, 'Bucket') ?? '', Key: key, UploadId: id }),
  }
}

/** UploadPart: in any order; one that comes again replaces the first. */
export function uploadPart(world: World, input: Input): Answer {
  const { upload } = uploadOr404(world, input)
  const bytes = requireIntact(input)
  const part: Part = { bytes, etag: etagOf(bytes) }
  upload.parts.set(count(input, 'PartNumber') ?? 0, part)
  return { headers: { etag: part.etag, ...checksumOf(bytes) } }
}

/** CompleteMultipartUpload: the parts that it lists, in order, become one object. */
export function completeUpload(world: World, input: Input): Answer {
  const { upload, id } = uploadOr404(world, input)
  const parts = listed(input).map(({ number, etag }) => {
    const part = upload.parts.get(number)
    if (part?.etag.replaceAll('"', '') === etag.replaceAll('"', '')) return part
    throw new ApiError(400, 'InvalidPart', {
      message:
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    })
  })
  if (parts.slice(0, -1).some(part => part.bytes.length < smallestPart)) {
    throw new ApiError(400, 'EntityTooSmall', {
      message: 'Your proposed upload is smaller than the minimum allowed size',
    })
  }
  const digests = createHash('md5')
  for (const part of parts) digests.update(Buffer.from(part.etag.replaceAll('"', ''), 'hex'))
  const etag = `"${digests.digest('hex')}-${parts.length}"`
  const stored = store(world, input, Buffer.concat(parts.map(part => part.bytes)), etag)
  bucketOr404(world, input).uploads.delete(id)
  const [Bucket = '', Key = ''] = [text(input, 'Bucket'), text(input, 'Key')]
  return {
    headers: { 'x-amz-version-id': stored.versionId },
    body: result('CompleteMultipartUploadResult', { Location: `/${Bucket}/${Key}`, Bucket, Key, ETag: etag }),
  }
}

/** AbortMultipartUpload. */
export function abortUpload(world: World, input: Input): Answer {
  const { id } = uploadOr404(world, input)
  bucketOr404(world, input).uploads.delete(id)
  return { status: 204 }
}

function uploadOr404(world: World, input: Input): { upload: Upload; id: string } {
  const id = text(input, 'UploadId') ?? ''
  const upload = bucketOr404(world, input).uploads.get(id)
  if (upload && upload.key === text(input, 'Key')) return { upload, id }
  throw new ApiError(404, 'NoSuchUpload', {
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  })
}

function listed(input: Input): readonly { readonly number: number; readonly etag: string }[] {
  const xml = input.Body instanceof Uint8Array ? new TextDecoder().decode(input.Body) : ''
  return [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: unescapeXml(/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? ''),
  }))
}
