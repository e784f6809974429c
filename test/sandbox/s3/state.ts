/** One version of an object. */
export type ObjectVersion = {
  readonly versionId: string
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modified: number
}

export type Part = { readonly bytes: Uint8Array; readonly etag: string }

export type Upload = { readonly key: string; readonly parts: Map<number, Part> }

/** A bucket is versioned from the start. */
export type Bucket = { readonly objects: Map<string, ObjectVersion[]>; readonly uploads: Map<string, Upload> }

export type S3State = { readonly buckets: Map<string, Bucket> }

export function newS3(): S3State {
  return { buckets: new Map() }
}

/** Why an object cannot be had, in S3's own words; Lambda repeats them. */
export type Missing = { readonly code: string; readonly message: string }

/** One version of an object, the latest where none is named, or why there is none. */
export function findObject(
  state: S3State,
  bucket: string,
  key: string,
  versionId: string | undefined,
): { readonly found: ObjectVersion } | { readonly missing: Missing } {
  const objects = state.buckets.get(bucket)?.objects
  if (!objects) return { missing: { code: 'NoSuchBucket', message: 'The specified bucket does not exist' } }
  const versions = objects.get(key)
  if (!versions) return { missing: { code: 'NoSuchKey', message: 'The specified key does not exist.' } }
  const found = versionId === undefined ? versions.at(-1) : versions.find(version => version.versionId === versionId)
  if (!found) return { missing: { code: 'NoSuchVersion', message: 'The specified version does not exist.' } }
  return { found }
}
