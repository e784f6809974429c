import { createCipheriv, createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { zipOf } from '../sandbox/rig.ts'
import type { StepResult } from '../support/runner.ts'
import { failed, succeeded } from './ends.ts'
import { minute, newStage } from './stage.ts'

const atOnce = { strategy: 'all-at-once' }

describe('Lambda', () => {
  test('may take its time over an update, and the log says so', async () => {
    const stage = await newStage()
    stage.sandbox.stall('orders', 75_000)
    const { end } = await stage.deploy(atOnce)
    expect(end).toEqual(succeeded('promoted', '2'))
    await stage.expectStory('settles-slowly')
  })

  test('is not waited for longer than `ready-timeout`', async () => {
    const stage = await newStage()
    stage.sandbox.stall('orders', 5 * minute)
    const { end } = await stage.deploy({ ...atOnce, 'ready-timeout': '20s' })
    expect(end).toEqual(failed('failed', '1'))
    await stage.expectStory('settles-too-slowly')
  })

  test('may fail an update', async () => {
    const stage = await newStage()
    const reason = 'The role defined for the function cannot be assumed by Lambda.'
    stage.sandbox.failNext('update', 'orders', { code: 'InsufficientRolePermissions', reason })
    const { end } = await stage.deploy(atOnce)
    expect(end).toEqual(failed('failed', '1'))
    await stage.expectStory('update-failed')
  })

  test('may fail a version', async () => {
    const stage = await newStage()
    stage.sandbox.failNext('version', 'orders', { code: 'FunctionError.InitTimeout', reason: 'Init took too long.' })
    const { end } = await stage.deploy(atOnce)
    expect(end).toEqual(failed('failed', '1'))
    await stage.expectStory('version-failed')
  })
})

test('a function that somebody else configures meanwhile is read again, and keeps what they set', async () => {
  const stage = await newStage()
  stage.at({ before: 'UpdateFunctionCode' }, async () => {
    const theirs = { FunctionName: 'orders', MemorySize: 256 }
    await stage.aws.lambda.send(new UpdateFunctionConfigurationCommand(theirs))
  })
  const { end } = await stage.deploy(atOnce)
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('function-changed-meanwhile')
})

describe('a function that does not exist', () => {
  const nothing = { orders: 'absent', live: 'absent' } as const

  test('is created where `configuration` names all that this takes', async () => {
    const stage = await newStage(nothing)
    const { end } = await stage.deploy({
      configuration: [
        'Role: arn:aws:iam::111122223333:role/orders',
        'Runtime: nodejs22.x',
        'Handler: index.handler',
        'Environment: { Variables: { STAGE: live } }',
      ].join('\n'),
    })
    expect(end).toEqual(succeeded('promoted', '1'))
    await stage.expectStory('function-created')
  })

  test('is refused where it does not, and what is missing is named', async () => {
    const stage = await newStage(nothing)
    const { end } = await stage.deploy({ configuration: 'Runtime: nodejs22.x\nHandler: index.handler' })
    expect(end).toEqual(failed('refused', 'nothing'))
    await stage.expectStory('function-missing')
  })
})

describe('an artifact', () => {
  test('that is too large to be sent directly is refused without `upload-bucket`', async () => {
    const stage = await newStage()
    writeFileSync(join(stage.workspace, 'app.zip'), largeZip())
    const { end } = await stage.deploy({ ...atOnce, artifact: 'app.zip' })
    expect(end).toEqual(failed('refused', '1'))
    await stage.expectStory('too-large')
  })

  test('that is too large to be sent directly goes by way of `upload-bucket`', async () => {
    const stage = await newStage()
    await stage.aws.s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }))
    const zip = largeZip()
    writeFileSync(join(stage.workspace, 'app.zip'), zip)
    const { end, main } = await stage.deploy({ ...atOnce, artifact: 'app.zip', 'upload-bucket': 'artifacts/lambda' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.outputs['code-sha256']).toBe(createHash('sha256').update(zip).digest('base64'))
    await stage.expectStory('upload-bucket')
  })

  test('may be one version of an object in S3', async () => {
    const stage = await newStage()
    await stage.aws.s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }))
    const [wanted] = await Promise.all(
      ['wanted', 'newer'].map(async text => {
        const Body = zipOf(`export const handler = async () => '${text}'\n`)
        return await stage.aws.s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'orders.zip', Body }))
      }),
    )
    const { end } = await stage.deploy({
      ...atOnce,
      artifact: `s3://artifacts/orders.zip?versionId=${wanted?.VersionId}`,
    })
    expect(end).toEqual(succeeded('promoted', '2'))
    await stage.expectStory('s3-version')
  })

  test('may not be an object in S3 that is not there', async () => {
    const stage = await newStage()
    const { end } = await stage.deploy({ ...atOnce, artifact: 's3://artifacts/orders.zip' })
    expect(end).toEqual(failed('refused', '1'))
    await stage.expectStory('s3-missing')
  })

  test('may be a container image', async () => {
    const repository = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders'
    const stage = await newStage({ orders: image(`${repository}:v1`) })
    const { end } = await stage.deploy({ ...atOnce, artifact: `${repository}:v2` })
    expect(end).toEqual(succeeded('promoted', '2'))
    await stage.expectStory('image')
  })

  test('may not be an image where the function is a zip', async () => {
    const stage = await newStage()
    const { end } = await stage.deploy({ artifact: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:v2' })
    expect(end).toEqual(failed('refused', '1'))
    await stage.expectStory('image-for-zip')
  })
})

describe('values of environment variables are told to Lambda and to nobody else', () => {
  const values = ['correct horse battery staple', 'postgres://orders:p%40ss@db/orders']
  const configuration = JSON.stringify({ Environment: { Variables: { PASSPHRASE: values[0], DATABASE: values[1] } } })

  test('when all goes well', async () => {
    const stage = await newStage()
    const { end, main, post } = await stage.deploy({ ...atOnce, configuration })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(allOf(main, post).filter(text => values.some(value => text.includes(value)))).toEqual([])
    await stage.expectStory('environment')
  })

  test('when AWS quotes them in an error', async () => {
    const stage = await newStage()
    const quoted = `{PASSPHRASE=${values[0]}, DATABASE=${values[1]}}`
    stage.weather.reject('UpdateFunctionConfiguration', `Value '${quoted}' at 'environment' is not valid`)
    const { end, main, post } = await stage.deploy({ ...atOnce, configuration })
    expect(end).toEqual(failed('refused', '1'))
    expect(allOf(main, post).filter(text => values.some(value => text.includes(value)))).toEqual([])
    await stage.expectStory('environment-quoted')
  })
})

/** Everything that a run leaves for people or for its post step to read. */
function allOf(...steps: readonly (StepResult | undefined)[]): readonly string[] {
  return steps.flatMap(step => {
    if (step === undefined) return []
    const { log, summary, outputs, state, annotations } = step
    return [log, summary, ...[outputs, state, annotations].map(part => JSON.stringify(part))]
  })
}

function image(uri: string) {
  return {
    PackageType: 'Image' as const,
    Code: { ImageUri: uri },
    Runtime: undefined,
    Handler: undefined,
  }
}

/** A zip of 55 MB that no compression makes smaller, and that is the same every time. */
function largeZip(): Uint8Array {
  const noise = createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16)).update(Buffer.alloc(55_000_000))
  return zipSync({ 'index.mjs': noise }, { level: 0, mtime: new Date(2026, 0, 1) })
}
