import { createReadStream } from 'node:fs'
import { formatBytes } from '../bytes.ts'
import type { Clock, Reporter, Storage } from '../ports.ts'
import { type ClientConfig, uploadMs } from './client.ts'
import { doing } from './errors.ts'

const tellEveryMs = 5_000

/**
 * S3, for zips that are too large to send to Lambda directly; its client is loaded when it is needed.
 * An endpoint of one's own is asked in path style, since it has no name for each bucket.
 */
export function s3Storage(config: ClientConfig, forcePathStyle: boolean, clock: Clock, reporter: Reporter): Storage {
  return {
    async put(file, bytes, { bucket, prefix, name }) {
      const [{ S3Client }, { Upload }] = await Promise.all([
        import('@aws-sdk/client-s3'),
        import('@aws-sdk/lib-storage'),
      ])
      const requestHandler = { ...config.requestHandler, requestTimeout: uploadMs }
      const client = new S3Client({ ...config, requestHandler, forcePathStyle })
      const key = prefix === '' ? name : `${prefix}/${name}`
      const upload = new Upload({ client, params: { Bucket: bucket, Key: key, Body: createReadStream(file) } })
      tellProgress(upload, bytes, clock, reporter)
      const call = {
        what: `upload ${formatBytes(bytes)} to s3://${bucket}/${key}`,
        action: 's3:PutObject and s3:AbortMultipartUpload',
        resource: `arn:aws:s3:::${bucket}/${prefix === '' ? '' : `${prefix}/`}*`,
      }
      const { VersionId: versionId } = await doing(call, () => upload.done())
      return { kind: 's3', bucket, key, versionId }
    },
  }
}

type Uploading = { on(event: 'httpUploadProgress', listener: (progress: { loaded?: number }) => void): unknown }

function tellProgress(upload: Uploading, bytes: number, clock: Clock, reporter: Reporter): void {
  let told = clock.now()
  upload.on('httpUploadProgress', ({ loaded = 0 }) => {
    if (clock.now() - told < tellEveryMs && loaded < bytes) return
    told = clock.now()
    reporter.tell({ kind: 'note', text: `Uploaded ${formatBytes(loaded)} of ${formatBytes(bytes)}` })
  })
}
