import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Code, FunctionSeen } from '../../src/ports.ts'
import { readiness, versionReadiness } from '../../src/rollout/readiness.ts'
import { zipOf } from '../sandbox/rig.ts'
import { type Account, newAccount } from '../support/world/account.ts'

let account: Account
let scratch: string

beforeEach(async () => {
  account = await newAccount()
  scratch = mkdtempSync(join(tmpdir(), 'functions-'))
})

afterEach(async () => {
  rmSync(scratch, { recursive: true })
  await account.close()
})

function zip(answer: string): Code & { kind: 'zip' } {
  const bytes = zipOf(`export const handler = async () => '${answer}'\n`)
  const file = join(scratch, `${answer}.zip`)
  writeFileSync(file, bytes)
  return { kind: 'zip', file, bytes: bytes.length }
}

async function latest(name = 'orders'): Promise<FunctionSeen> {
  const seen = await account.functions.latest(name)
  if (seen === undefined) throw new Error(`there is no function ${name}`)
  return seen
}

const settings = { Role: 'arn:aws:iam::111122223333:role/orders', Runtime: 'nodejs22.x', Handler: 'index.handler' }

describe('reading', () => {
  test('tells where nothing of a function is invoked, since its reserved concurrency is 0', async () => {
    expect((await latest()).throttled).toBeUndefined()
    for (const [reserved, is] of [
      [0, true],
      [5, undefined],
    ] as const) {
      await account.lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: 'orders', ReservedConcurrentExecutions: reserved }),
      )
      expect((await latest()).throttled).toBe(is)
    }
  })

  test('gives $LATEST with its configuration in the form in which a request sets it', async () => {
    expect(await latest()).toMatchObject({
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
      version: '$LATEST',
      packageType: 'Zip',
      state: 'Active',
      update: 'Successful',
      settings: { ...settings, MemorySize: 128, Timeout: 3, Architectures: ['x86_64'] },
    })
    expect((await latest()).settings).not.toHaveProperty('SnapStart.OptimizationStatus')
  })

  test('gives a version under its own ARN', async () => {
    expect(await account.functions.version('orders', '2')).toMatchObject({
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:2',
      version: '2',
    })
  })

  test('gives nothing for what does not exist', async () => {
    expect(await account.functions.latest('nothing')).toBeUndefined()
    expect(await account.functions.version('orders', '9')).toBeUndefined()
  })

  test('ends when the workflow is cancelled', async () => {
    account.stop()
    await expect(account.functions.latest('orders')).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('an upload', () => {
  test('changes the code, and gives its hash, once it has settled', async () => {
    const before = await latest()
    const uploaded = await account.functions.upload('orders', zip('new'), undefined, before.revision)
    expect(readiness(await latest())).toMatchObject({ kind: 'pending' })
    account.rig.pass(5_000)
    const after = await latest()
    expect(readiness(after)).toEqual({ kind: 'ready' })
    expect(uploaded).toEqual({ kind: 'done', codeSha256: after.codeSha256 })
    expect(after.codeSha256).not.toBe(before.codeSha256)
  })

  test('takes the architecture along', async () => {
    await account.functions.upload('orders', zip('new'), ['arm64'], (await latest()).revision)
    account.rig.pass(5_000)
    expect((await latest()).settings).toMatchObject({ Architectures: ['arm64'] })
  })

  test('takes an object in S3 by its version', async () => {
    await account.rig.s3.send(new CreateBucketCommand({ Bucket: 'builds' }))
    const put = new PutObjectCommand({ Bucket: 'builds', Key: 'orders.zip', Body: zipOf('export const a = 1\n') })
    const { VersionId: versionId } = await account.rig.s3.send(put)
    const code = { kind: 's3', bucket: 'builds', key: 'orders.zip', versionId } as const
    expect(await account.functions.upload('orders', code, undefined, (await latest()).revision)).toMatchObject({
      kind: 'done',
    })
    expect(account.requests('UpdateFunctionCode').at(-1)?.input).toMatchObject({
      S3Bucket: 'builds',
      S3Key: 'orders.zip',
      S3ObjectVersion: versionId,
    })
  })

  test('of an object that is not there is rejected, in S3’s words', async () => {
    const code = { kind: 's3', bucket: 'builds', key: 'orders.zip' } as const
    await expect(account.functions.upload('orders', code, undefined, (await latest()).revision)).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('NoSuchBucket'),
    })
  })

  test('during another update (409) finds the function moved', async () => {
    const { revision } = await latest()
    await account.functions.upload('orders', zip('new'), undefined, revision)
    expect(await account.functions.upload('orders', zip('newer'), undefined, (await latest()).revision)).toEqual({
      kind: 'moved',
    })
    expect(account.requests('UpdateFunctionCode').at(-1)).toMatchObject({ status: 409 })
  })

  test('on an old revision (412) finds the function moved', async () => {
    const { revision } = await latest()
    await account.functions.configure('orders', { Timeout: 30 }, revision)
    account.rig.pass(5_000)
    expect(await account.functions.upload('orders', zip('new'), undefined, revision)).toEqual({ kind: 'moved' })
    expect(account.requests('UpdateFunctionCode').at(-1)).toMatchObject({ status: 412 })
  })

  test('whose answer is lost finds the function moved: moved by itself', async () => {
    const { revision } = await latest()
    account.befall('UpdateFunctionCode', { kind: 'lose-answer' }, 1)
    expect(await account.functions.upload('orders', zip('new'), undefined, revision)).toEqual({ kind: 'moved' })
    expect(account.requests('UpdateFunctionCode')).toHaveLength(2)
  })
})

describe('a configuration', () => {
  test('changes what is named and keeps the rest', async () => {
    expect(await account.functions.configure('orders', { MemorySize: 512 }, (await latest()).revision)).toEqual({
      kind: 'done',
    })
    account.rig.pass(5_000)
    expect((await latest()).settings).toMatchObject({ ...settings, MemorySize: 512, Timeout: 3 })
  })

  test('is read back in the form in which it was set', async () => {
    const set = {
      Environment: { Variables: { STAGE: 'live' } },
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:111122223333:dead' },
      EphemeralStorage: { Size: 1024 },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '/aws/lambda/orders', ApplicationLogLevel: 'INFO' },
      TracingConfig: { Mode: 'Active' },
      SnapStart: { ApplyOn: 'PublishedVersions' },
    }
    await account.functions.configure('orders', set, (await latest()).revision)
    account.rig.pass(5_000)
    const seen = (await latest()).settings
    expect(seen).toMatchObject({
      Environment: set.Environment,
      DeadLetterConfig: set.DeadLetterConfig,
      EphemeralStorage: set.EphemeralStorage,
      TracingConfig: set.TracingConfig,
    })
    expect(seen.SnapStart).toEqual(set.SnapStart)
  })

  test('whose update fails ends Failed, with the reason, and the old one in force', async () => {
    account.rig.sandbox.failNext('update', 'orders', { reason: 'The key is gone', code: 'KMSKeyNotFound' })
    await account.functions.configure('orders', { MemorySize: 512 }, (await latest()).revision)
    account.rig.pass(5_000)
    const seen = await latest()
    expect(readiness(seen)).toEqual({
      kind: 'failed',
      because: 'LastUpdateStatus Failed (KMSKeyNotFound: The key is gone)',
    })
    expect(seen.settings).toMatchObject({ MemorySize: 128 })
  })

  test('that is rejected with its values in the message does not tell the secrets among them', async () => {
    account.befall('UpdateFunctionConfiguration', {
      kind: 'error',
      status: 400,
      name: 'ValidationException',
      message: "Value 'hunter2-very-secret' at 'environment' failed to satisfy constraint",
    })
    const set = { Environment: { Variables: { PASSWORD: 'hunter2-very-secret', EMPTY: '' } } }
    const failed = account.functions.configure('orders', set, (await latest()).revision)
    await expect(failed).rejects.toMatchObject({ kind: 'rejected', message: expect.stringContaining("Value '***'") })
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') })
  })

  test('that is denied does not tell the secrets either', async () => {
    account.befall('UpdateFunctionConfiguration', {
      kind: 'error',
      status: 403,
      name: 'AccessDeniedException',
      message: 'not with hunter2-very-secret',
    })
    const set = { Environment: { Variables: { PASSWORD: 'hunter2-very-secret' } } }
    const failed = account.functions.configure('orders', set, (await latest()).revision)
    await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') })
  })
})

describe('a version', () => {
  test('is published of the code and the revision that were seen, with its description', async () => {
    const { revision } = await latest()
    await account.functions.upload('orders', zip('new'), undefined, revision)
    account.rig.pass(5_000)
    const seen = await latest()
    expect(await account.functions.publish('orders', seen.codeSha256, seen.revision, 'by run 987.1')).toEqual({
      kind: 'done',
      version: '3',
    })
    expect(await account.functions.version('orders', '3')).toMatchObject({
      codeSha256: seen.codeSha256,
      settings: { Description: 'by run 987.1' },
    })
  })

  test('is not published of a revision that was seen before the update settled', async () => {
    const { revision } = await latest()
    await account.functions.upload('orders', zip('new'), undefined, revision)
    const unsettled = await latest()
    account.rig.pass(5_000)
    expect(await account.functions.publish('orders', unsettled.codeSha256, unsettled.revision, '')).toEqual({
      kind: 'moved',
    })
  })

  test('is not published of other code', async () => {
    const { revision } = await latest()
    await expect(account.functions.publish('orders', 'b3RoZXI=', revision, '')).rejects.toMatchObject({
      kind: 'rejected',
    })
  })

  test('is not published during an update', async () => {
    const { revision } = await latest()
    await account.functions.upload('orders', zip('new'), undefined, revision)
    const seen = await latest()
    expect(await account.functions.publish('orders', seen.codeSha256, seen.revision, '')).toEqual({ kind: 'moved' })
  })

  test('whose answer is lost is found by publishing once more', async () => {
    await account.functions.upload('orders', zip('new'), undefined, (await latest()).revision)
    account.rig.pass(5_000)
    const seen = await latest()
    account.befall('PublishVersion', { kind: 'lose-answer' }, 1)
    expect(await account.functions.publish('orders', seen.codeSha256, seen.revision, '')).toEqual({ kind: 'moved' })
    const again = await latest()
    expect(await account.functions.publish('orders', again.codeSha256, again.revision, '')).toMatchObject({
      version: '3',
    })
  })

  test('with SnapStart is pending until its snapshot is there', async () => {
    const set = { SnapStart: { ApplyOn: 'PublishedVersions' } }
    await account.functions.configure('orders', set, (await latest()).revision)
    account.rig.pass(5_000)
    const seen = await latest()
    expect(readiness(seen)).toEqual({ kind: 'ready' })
    await account.functions.publish('orders', seen.codeSha256, seen.revision, '')
    const version = async () => (await account.functions.version('orders', '3')) ?? {}
    expect(versionReadiness(await version())).toMatchObject({ kind: 'pending' })
    account.rig.pass(120_000)
    expect(versionReadiness(await version())).toEqual({ kind: 'ready' })
  })
})

describe('a creation', () => {
  test('makes the function, which is Pending at first', async () => {
    const code = zip('first')
    expect(await account.functions.create('fresh', code, { ...settings, MemorySize: 256 })).toMatchObject({
      kind: 'done',
    })
    expect(readiness(await latest('fresh'))).toMatchObject({ kind: 'pending' })
    account.rig.pass(10_000)
    expect(await latest('fresh')).toMatchObject({ state: 'Active', settings: { ...settings, MemorySize: 256 } })
  })

  test('takes an image', async () => {
    const uri = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1'
    await account.functions.create('fresh', { kind: 'image', uri }, { Role: settings.Role })
    account.rig.pass(60_000)
    expect(await latest('fresh')).toMatchObject({ packageType: 'Image', state: 'Active' })
  })

  test('of one that is there finds it moved', async () => {
    expect(await account.functions.create('orders', zip('first'), settings)).toEqual({ kind: 'moved' })
  })

  test('whose answer is lost finds it moved: made by itself', async () => {
    account.befall('CreateFunction', { kind: 'lose-answer' }, 1)
    expect(await account.functions.create('fresh', zip('first'), settings)).toEqual({ kind: 'moved' })
    expect(await latest('fresh')).toMatchObject({ settings })
  })

  test('does not tell the secrets of the environment', async () => {
    account.befall('CreateFunction', { kind: 'error', status: 400, name: 'ValidationException', message: 'no s3cr3t' })
    const created = account.functions.create('fresh', zip('first'), {
      ...settings,
      Environment: { Variables: { TOKEN: 's3cr3t' } },
    })
    await expect(created).rejects.toMatchObject({ message: expect.not.stringContaining('s3cr3t') })
  })
})
