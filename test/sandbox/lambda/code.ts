import { createHash } from 'node:crypto'
import { unzipSync } from 'fflate'
import { type Input, text } from '../input.ts'
import { findObject } from '../s3/state.ts'
import type { World } from '../world.ts'
import { invalidParameter, requestTooLarge } from './errors.ts'
import type { Code } from './state.ts'

const mostZipped = 52_428_800
const mostUnzipped = 262_144_000

/** The code that a call brings or points at; throws what Lambda says where it cannot be had or is too large. */
export function codeFrom(world: World, input: Input): Code {
  const uri = text(input, 'ImageUri')
  if (uri !== undefined) return image(uri)
  if (input.ZipFile instanceof Uint8Array) {
    if (input.ZipFile.length >= mostZipped) {
      throw requestTooLarge(`Zipped size must be smaller than ${mostZipped} bytes`)
    }
    return zip(input.ZipFile)
  }
  const bucket = text(input, 'S3Bucket')
  const key = text(input, 'S3Key')
  if (bucket === undefined || key === undefined) throw invalidParameter('Please provide a source for function code.')
  const object = findObject(world.s3, bucket, key, text(input, 'S3ObjectVersion'))
  if ('found' in object) return zip(object.found.bytes)
  const { code, message } = object.missing
  throw invalidParameter(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`)
}

function zip(bytes: Uint8Array): Code {
  const unzipped = unzippedSize(bytes)
  if (unzipped === undefined) {
    throw invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.')
  }
  if (unzipped >= mostUnzipped) throw invalidParameter(`Unzipped size must be smaller than ${mostUnzipped} bytes`)
  return { kind: 'zip', bytes, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('base64') }
}

/** What a zip says that it holds, without unpacking it; undefined where it is no zip. */
function unzippedSize(bytes: Uint8Array): number | undefined {
  let size = 0
  try {
    unzipSync(bytes, {
      filter: file => {
        size += file.originalSize
        return false
      },
    })
    return size
  } catch {
    return undefined
  }
}

/** A tag is resolved once, here; there is no registry, so its digest is made from its name. */
function image(uri: string): Code {
  const [repository = uri, digest] = uri.split('@sha256:')
  const sha256 = digest ?? createHash('sha256').update(uri).digest('hex')
  const untagged = digest === undefined ? uri.replace(/:[^:/]+$/, '') : repository
  return { kind: 'image', sha256, uri, resolvedUri: `${untagged}@sha256:${sha256}` }
}
