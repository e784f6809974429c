import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { GetFunctionCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'

const Bucket = 'artifacts'
let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.s3.send(new CreateBucketCommand({ Bucket }))
})

afterEach(() => rig.close())

const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
  rig.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const read = async (Key: string, VersionId?: string) =>
  (await rig.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString()

test('each put is a version of its own', async () => {
  const first = await put('orders/app (1).zip', 'one')
  const second = await put('orders/app (1).zip', 'two')
  expect(first.VersionId).not.toBe(second.VersionId)
  expect(await read('orders/app (1).zip')).toBe('two')
  expect(await read('orders/app (1).zip', first.VersionId)).toBe('one')
  const head = await rig.s3.send(new HeadObjectCommand({ Bucket, Key: 'orders/app (1).zip' }))
  expect(head).toMatchObject({ ContentLength: 3, VersionId: second.VersionId })
})

test('a stream is stored without the chunks that it came in', async () => {
  const body = randomBytes(300_000)
  const Body = Readable.from([body.subarray(0, 100_000), body.subarray(100_000)])
  await rig.s3.send(new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: body.length }))
  const stored = await rig.s3.send(new GetObjectCommand({ Bucket, Key: 'stream' }))
  expect(Buffer.compare(Buffer.from((await stored.Body?.transformToByteArray()) ?? []), body)).toBe(0)
})

test('an upload in parts becomes one object', async () => {
  const body = randomBytes(11 * 2 ** 20)
  const upload = new Upload({ client: rig.s3, params: { Bucket, Key: 'large', Body: body } })
  const { VersionId } = await upload.done()
  expect(VersionId).toBeTruthy()
  expect(rig.sandbox.requests.filter(request => request.operation === 'UploadPart')).toHaveLength(3)
  const stored = await rig.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }))
  const bytes = (await stored.Body?.transformToByteArray()) ?? new Uint8Array()
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
})

test('an upload that is aborted is gone', async () => {
  rig.sandbox.faults.add({
    match: { operation: 'UploadPart' },
    on: { nth: 2 },
    fault: { kind: 'error', status: 403, name: 'AccessDenied', message: 'Access Denied' },
  })
  const Body = randomBytes(11 * 2 ** 20)
  const upload = new Upload({ client: rig.s3, queueSize: 1, params: { Bucket, Key: 'large', Body } })
  await expect(upload.done()).rejects.toMatchObject({ name: 'AccessDenied' })
  expect(rig.sandbox.requests.at(-1)).toMatchObject({ operation: 'AbortMultipartUpload', status: 204 })
  await expect(read('large')).rejects.toMatchObject({ name: 'NoSuchKey' })
})

test('a part of an unknown upload, a damaged body and a second first put are refused', async () => {
  await rig.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }))
  const part = new UploadPartCommand({ Bucket, Key: 'a', UploadId: 'ghost', PartNumber: 1, Body: 'x' })
  await expect(rig.s3.send(part)).rejects.toMatchObject({ name: 'NoSuchUpload' })
  await expect(put('a', 'x', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
  await put('once', 'x', { IfNoneMatch: '*' })
  await expect(put('once', 'y', { IfNoneMatch: '*' })).rejects.toMatchObject({
    name: 'PreconditionFailed',
    $metadata: { httpStatusCode: 412 },
  })
})

test('a bucket tells its region, one that is not there is NotFound', async () => {
  expect(await rig.s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: 'eu-west-1' })
  await expect(rig.s3.send(new HeadBucketCommand({ Bucket: 'ghost' }))).rejects.toMatchObject({ name: 'NotFound' })
  await expect(rig.s3.send(new HeadObjectCommand({ Bucket, Key: 'ghost' }))).rejects.toMatchObject({ name: 'NotFound' })
})

test('what is not modelled is refused', async () => {
  await expect(rig.s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({
    name: 'NotModelledBySandbox',
    $metadata: { httpStatusCode: 501 },
  })
})

test('Lambda takes code from a bucket, and repeats S3’s words where it cannot', async () => {
  await rig.deploy('orders')
  const { VersionId } = await put('app.zip', zipOf('export const two = 2'))
  await put('app.zip', 'a later version that is no zip')
  const update = (S3Key: string, more: object = {}) =>
    rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders', S3Bucket: Bucket, S3Key, ...more }))
  const { CodeSha256 } = await update('app.zip', { S3ObjectVersion: VersionId })
  expect(CodeSha256).toBe(createHash('sha256').update(zipOf('export const two = 2')).digest('base64'))
  rig.pass(5000)
  await expect(update('ghost.zip')).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message:
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
  })
  const { Configuration } = await rig.lambda.send(new GetFunctionCommand({ FunctionName: 'orders' }))
  expect(Configuration?.LastUpdateStatus).toBe('Successful')
})
