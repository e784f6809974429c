import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionRecursionConfigCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListEventSourceMappingsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'

let rig: Rig

/** Takes seconds to make: here, where no connection waits that would be closed meanwhile. */
const tooLarge = zipSync({ 'large.bin': new Uint8Array(262_144_000) }, { level: 1 })

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
})

afterEach(() => rig.close())

const FunctionName = 'orders'
const publish = (more: object = {}) => rig.lambda.send(new PublishVersionCommand({ FunctionName, ...more }))
const getAlias = () => rig.lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }))
const updateAlias = (more: object) => rig.lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', ...more }))
const updateCode = (source: string, more: object = {}) =>
  rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zipOf(source), ...more }))
const get = async (Qualifier?: string) =>
  (await rig.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }))).Configuration ?? {}

describe('versions', () => {
  test('the same code again is no new version, older code again is one', async () => {
    const { CodeSha256 } = await get('1')
    expect((await publish()).Version).toBe('2')
    await rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: codeOf(1) }))
    rig.pass(5000)
    expect(await publish()).toMatchObject({ Version: '3', CodeSha256 })
  })

  test('numbers are never used again', async () => {
    await rig.lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '2' }))
    await updateCode('export const three = 3')
    rig.pass(5000)
    expect((await publish()).Version).toBe('3')
  })

  test('a publish moves $LATEST’s revision, so the one read before it is stale', async () => {
    await updateCode('export const three = 3')
    rig.pass(5000)
    const { RevisionId } = await get()
    await publish({ RevisionId })
    await expect(publish({ RevisionId })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      $metadata: { httpStatusCode: 412 },
    })
  })

  test('one that an alias refers to, even by weight alone, cannot be deleted', async () => {
    await updateAlias({ RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } })
    for (const Qualifier of ['1', '2']) {
      await expect(rig.lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }))).rejects.toMatchObject({
        name: 'ResourceConflictException',
        message: 'Unable to delete version because the following aliases reference it: [live]',
      })
    }
  })

  test('lists come in pages of fifty', async () => {
    for (let index = 0; index < 60; index += 1) {
      await updateCode(`export const n = ${index}`)
      rig.pass(2000)
      await publish()
    }
    const first = await rig.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))
    expect(first.Versions).toHaveLength(50)
    expect(first.Versions?.[0]).toMatchObject({ Version: '$LATEST' })
    expect(first.Versions?.[0]).not.toHaveProperty('State')
    const rest = await rig.lambda.send(new ListVersionsByFunctionCommand({ FunctionName, Marker: first.NextMarker }))
    expect(rest.Versions?.at(-1)?.Version).toBe('62')
    expect(rest.NextMarker).toBeUndefined()
  })

  test('with SnapStart a version is Pending until its snapshot is there', async () => {
    const SnapStart = { ApplyOn: 'PublishedVersions' } as const
    await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, SnapStart }))
    rig.pass(5000)
    expect(await publish()).toMatchObject({ State: 'Pending' })
    rig.pass(60_000)
    expect(await get('3')).toMatchObject({ State: 'Active', SnapStart: { ...SnapStart, OptimizationStatus: 'On' } })
    expect(await get()).toMatchObject({ SnapStart: { OptimizationStatus: 'Off' } })
  })
})

describe('an update', () => {
  test('has one revision while it is in progress and another when it is done', async () => {
    const before = await get()
    const during = await updateCode('export const three = 3')
    rig.pass(5000)
    const after = await get()
    expect(new Set([before.RevisionId, during.RevisionId, after.RevisionId]).size).toBe(3)
  })

  test('that is only a dry run changes nothing', async () => {
    const before = await get()
    const dry = await updateCode('export const three = 3', { DryRun: true })
    expect(dry.CodeSha256).not.toBe(before.CodeSha256)
    expect(await get()).toEqual(before)
  })

  test('replaces the members it names and leaves the others', async () => {
    const update = (more: object) => rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...more }))
    await update({ MemorySize: 512, Environment: { Variables: { A: '1', B: '2' } } })
    rig.pass(5000)
    await update({ Timeout: 9, Environment: { Variables: { A: '3' } } })
    rig.pass(5000)
    expect(await get()).toMatchObject({
      MemorySize: 512,
      Timeout: 9,
      Environment: { Variables: { A: '3' } },
      Runtime: 'nodejs22.x',
    })
    expect((await get()).Environment?.Variables).not.toHaveProperty('B')
  })

  test('refuses a qualified name, no code, and what is no zip', async () => {
    const refused = (more: object) => rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ...more }))
    await expect(refused({ FunctionName: 'orders:1', ZipFile: zipOf('') })).rejects.toThrow('other than $LATEST')
    await expect(refused({})).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
    await expect(refused({ ZipFile: Buffer.from('no zip') })).rejects.toThrow('Could not unzip')
  })
})

test('a function that is still Pending takes no change and no call', async () => {
  const create = (name: string) =>
    rig.lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: 'arn:aws:iam::111122223333:role/app',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Code: { ZipFile: codeOf(1) },
      }),
    )
  await create('fresh')
  const pending = {
    name: 'ResourceConflictException',
    message:
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  }
  const named = { FunctionName: 'fresh' }
  await expect(rig.lambda.send(new PublishVersionCommand(named))).rejects.toMatchObject(pending)
  await expect(rig.lambda.send(new InvokeCommand(named))).rejects.toMatchObject(pending)
  const change = new UpdateFunctionConfigurationCommand({ ...named, Timeout: 5 })
  await expect(rig.lambda.send(change)).rejects.toMatchObject(pending)
  await expect(create('fresh')).rejects.toMatchObject({ message: 'Function already exist: fresh' })
})

test('code that unpacks to more than Lambda takes is refused', async () => {
  const change = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: tooLarge })
  await expect(rig.lambda.send(change)).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: 'Unzipped size must be smaller than 262144000 bytes',
  })
}, 30_000)

test('a function of an image settles in its own time, its hash is the digest', async () => {
  const digest = 'ab'.repeat(32)
  const ImageUri = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:${digest}`
  const Role = 'arn:aws:iam::111122223333:role/app'
  await rig.lambda.send(
    new CreateFunctionCommand({ FunctionName: 'app', Role, PackageType: 'Image', Code: { ImageUri } }),
  )
  rig.pass(19_000)
  const state = async () => rig.lambda.send(new GetFunctionCommand({ FunctionName: 'app' }))
  expect((await state()).Configuration).toMatchObject({ State: 'Pending', CodeSha256: digest, PackageType: 'Image' })
  rig.pass(1000)
  expect((await state()).Configuration?.State).toBe('Active')
  expect((await state()).Code).toMatchObject({ RepositoryType: 'ECR', ImageUri, ResolvedImageUri: ImageUri })
})

describe('names', () => {
  test.each(['orders', '111122223333:function:orders', 'arn:aws:lambda:eu-west-1:111122223333:function:orders'])(
    '%s is the function',
    async name => {
      const found = await rig.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: 'live' }))
      expect(found.Configuration?.Version).toBe('1')
      const qualified = await rig.lambda.send(new GetFunctionCommand({ FunctionName: `${name}:live` }))
      expect(qualified.Configuration?.FunctionArn).toBe('arn:aws:lambda:eu-west-1:111122223333:function:orders:live')
    },
  )

  test('of another region cannot be reached', async () => {
    const elsewhere = 'arn:aws:lambda:us-east-1:111122223333:function:orders'
    await expect(rig.lambda.send(new GetFunctionCommand({ FunctionName: elsewhere }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
    })
  })
})

describe('an alias', () => {
  test('keeps its weights where an update says nothing of them', async () => {
    await updateAlias({ RoutingConfig: { AdditionalVersionWeights: { 2: 0.05 } } })
    const { RoutingConfig } = await updateAlias({ Description: 'still' })
    expect(RoutingConfig).toEqual({ AdditionalVersionWeights: { 2: 0.05 } })
  })

  test('cannot be promoted without clearing the weight of the same version', async () => {
    await updateAlias({ RoutingConfig: { AdditionalVersionWeights: { 2: 0.05 } } })
    await expect(updateAlias({ FunctionVersion: '2' })).rejects.toThrow('already included in routing configuration')
    const promoted = await updateAlias({ FunctionVersion: '2', RoutingConfig: { AdditionalVersionWeights: {} } })
    expect(promoted).toMatchObject({ FunctionVersion: '2' })
    expect(promoted.RoutingConfig).toBeUndefined()
  })

  test('cannot be shared by versions with different roles', async () => {
    const Role = 'arn:aws:iam::111122223333:role/other'
    await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Role }))
    rig.pass(5000)
    await publish()
    await expect(updateAlias({ RoutingConfig: { AdditionalVersionWeights: { 3: 0.1 } } })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    })
  })

  test('refuses a revision that is not its latest', async () => {
    const { RevisionId } = await getAlias()
    await updateAlias({ RevisionId })
    await expect(updateAlias({ RevisionId })).rejects.toMatchObject({ name: 'PreconditionFailedException' })
  })
})

describe('provisioned concurrency', () => {
  const provision = () =>
    rig.lambda.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName,
        Qualifier: 'live',
        ProvisionedConcurrentExecutions: 5,
      }),
    )
  const status = async () =>
    (await rig.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: 'live' }))).Status

  test('is ready when it has settled', async () => {
    await provision()
    expect(await status()).toBe('IN_PROGRESS')
    rig.pass(30_000)
    expect(await status()).toBe('READY')
  })

  test('moves with the alias, by weights that AWS puts there and takes away', async () => {
    await provision()
    rig.pass(30_000)
    await updateAlias({ FunctionVersion: '2' })
    const weights: (number | undefined)[] = []
    const revisions = new Set<string | undefined>()
    for (let step = 0; step < 4; step += 1) {
      const alias = await getAlias()
      weights.push(alias.RoutingConfig?.AdditionalVersionWeights?.['1'])
      revisions.add(alias.RevisionId)
      expect(alias.FunctionVersion).toBe('2')
      rig.pass(10_000)
    }
    expect(weights[0]).toBe(1)
    expect(weights.slice(0, 3)).toEqual([...weights.slice(0, 3)].sort().reverse())
    expect(weights[3]).toBeUndefined()
    expect(revisions.size).toBe(4)
    expect(await status()).toBe('READY')
  })

  test('cannot be put on an alias with weights', async () => {
    await updateAlias({ RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } })
    await expect(provision()).rejects.toThrow('Alias with weights can not be used with Provisioned Concurrency')
  })
})

test('an alias takes its URL, its policy and its provisioned concurrency along', async () => {
  const of = { FunctionName, Qualifier: 'live' }
  const url = await rig.lambda.send(new CreateFunctionUrlConfigCommand({ ...of, AuthType: 'NONE' }))
  expect(url.FunctionUrl).toMatch(/^https:\/\/[a-z0-9]+\.lambda-url\.eu-west-1\.on\.aws\/$/)
  await rig.lambda.send(
    new AddPermissionCommand({
      ...of,
      StatementId: 'public',
      Action: 'lambda:InvokeFunctionUrl',
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    }),
  )
  const { Policy } = await rig.lambda.send(new GetPolicyCommand(of))
  expect(JSON.parse(Policy ?? '').Statement).toEqual([
    {
      Sid: 'public',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:InvokeFunctionUrl',
      Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
    },
  ])
  await expect(rig.lambda.send(new GetPolicyCommand({ FunctionName }))).rejects.toThrow('does not exist')

  await rig.lambda.send(new DeleteAliasCommand({ FunctionName, Name: 'live' }))
  await rig.lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  await expect(rig.lambda.send(new GetFunctionUrlConfigCommand(of))).rejects.toThrow('does not exist')
  await expect(rig.lambda.send(new GetPolicyCommand(of))).rejects.toThrow('does not exist')
})

test('triggers are listed by exactly what they name', async () => {
  const EventSourceArn = 'arn:aws:sqs:eu-west-1:111122223333:queue'
  for (const name of ['orders', 'orders:live']) {
    await rig.lambda.send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn }))
  }
  const { EventSourceMappings } = await rig.lambda.send(new ListEventSourceMappingsCommand({ FunctionName }))
  expect(EventSourceMappings?.map(mapping => mapping.FunctionArn)).toEqual([
    'arn:aws:lambda:eu-west-1:111122223333:function:orders',
  ])
})

test('the account tells its limits', async () => {
  const { AccountLimit } = await rig.lambda.send(new GetAccountSettingsCommand({}))
  expect(AccountLimit).toMatchObject({ CodeSizeZipped: 52_428_800, CodeSizeUnzipped: 262_144_000 })
})

test('what is not modelled is refused, operations and members alike', async () => {
  const refused = { name: 'NotModelledBySandbox', $metadata: { httpStatusCode: 501 } }
  const recursion = new GetFunctionRecursionConfigCommand({ FunctionName })
  await expect(rig.lambda.send(recursion)).rejects.toMatchObject(refused)
  await expect(publish({ PublishTo: 'LATEST_PUBLISHED' })).rejects.toMatchObject({
    ...refused,
    message: "The sandbox does not model PublishTo of Lambda's PublishVersion.",
  })
})

function codeOf(version: number): Uint8Array {
  return zipOf(`export const handler = async () => ({ statusCode: 200, body: 'version ${version}' })\n`)
}
