import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { s3Storage } from '../../src/aws/storage.ts'
import type { Fact } from '../../src/ports.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const mebibyte = 2 ** 20
const at = { bucket: 'builds', prefix: 'lambda/zips', name: 'orders/abc.zip' }
const key = 'lambda/zips/orders/abc.zip'

let account: Account
let scratch: string
let facts: Fact[]

beforeEach(async () => {
  account = await newAccount()
  scratch = mkdtempSync(join(tmpdir(), 'storage-'))
  facts = []
  await account.rig.s3.send(new CreateBucketCommand({ Bucket: 'builds' }))
})

afterEach(async () => {
  rmSync(scratch, { recursive: true })
  await account.close()
})

/** A file of so many bytes that no two parts of it are alike. */
function fileOf(bytes: number): { file: string; content: Buffer } {
  const content = Buffer.alloc(bytes)
  for (let i = 0; i + 4 <= bytes; i += 4096) content.writeUInt32BE(i, i)
  const file = join(scratch, 'orders.zip')
  writeFileSync(file, content)
  return { file, content }
}

function storage() {
  return s3Storage(account.config, true, account.clock, { tell: fact => facts.push(fact) })
}

async function stored(versionId?: string): Promise<Buffer> {
  const { Body } = await account.rig.s3.send(new GetObjectCommand({ Bucket: 'builds', Key: key, VersionId: versionId }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('a small zip is put as it is, and its version is named', async () => {
  const { file, content } = fileOf(1_000)
  const code = await storage().put(file, content.length, at)
  expect(code).toEqual({ kind: 's3', bucket: 'builds', key, versionId: expect.stringMatching(/./) })
  expect((await stored(code.versionId)).equals(content)).toBe(true)
})

test('a prefix that is none leaves no slash', async () => {
  const { file, content } = fileOf(1_000)
  expect(await storage().put(file, content.length, { ...at, prefix: '' })).toMatchObject({ key: 'orders/abc.zip' })
})

describe('a large zip', () => {
  test('is put in parts, and its version is named', async () => {
    const { file, content } = fileOf(12 * mebibyte + 1)
    account.forget()
    const code = await storage().put(file, content.length, at)
    expect(code.versionId).toMatch(/./)
    expect(account.requests('UploadPart')).toHaveLength(3)
    expect(account.requests('CompleteMultipartUpload')).toHaveLength(1)
    expect((await stored(code.versionId)).equals(content)).toBe(true)
  })

  test('tells how far it is, at the end at the latest', async () => {
    const { file, content } = fileOf(12 * mebibyte)
    await storage().put(file, content.length, at)
    expect(facts.at(-1)).toEqual({ kind: 'note', text: expect.stringMatching(/^Uploaded (\S+ \S+) of \1$/) })
  })

  test('tells no more than every five seconds in between', async () => {
    const { file, content } = fileOf(22 * mebibyte)
    await storage().put(file, content.length, at)
    expect(facts).toHaveLength(1)
  })

  test('survives a part that has to be sent again', async () => {
    const { file, content } = fileOf(12 * mebibyte)
    account.befall('UploadPart', { kind: 'throttle' }, 2)
    const code = await storage().put(file, content.length, at)
    expect((await stored(code.versionId)).equals(content)).toBe(true)
  })

  test('that fails is aborted, so that no parts are left to pay for', async () => {
    const { file, content } = fileOf(12 * mebibyte)
    account.befall('UploadPart', { kind: 'error', status: 400, name: 'BadDigest', message: 'no' }, 3)
    await expect(storage().put(file, content.length, at)).rejects.toMatchObject({ kind: 'rejected' })
    expect(account.requests('AbortMultipartUpload').map(request => request.status)).toEqual([204])
    expect(account.requests('CompleteMultipartUpload')).toEqual([])
  })
})

test('what is denied names the actions and the prefix', async () => {
  const { file, content } = fileOf(1_000)
  account.befall('PutObject', { kind: 'denied' })
  await expect(storage().put(file, content.length, at)).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining(
      'allow s3:PutObject and s3:AbortMultipartUpload on arn:aws:s3:::builds/lambda/zips/*',
    ),
  })
})

test('a bucket that does not exist is rejected by its name', async () => {
  const { file, content } = fileOf(1_000)
  await expect(storage().put(file, content.length, { ...at, bucket: 'nothing' })).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('s3://nothing/'),
  })
})
