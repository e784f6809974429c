import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  ListAliasesCommand,
  type ListAliasesCommandInput,
  ListEventSourceMappingsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
})

afterEach(() => rig.close())

const FunctionName = 'orders'
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
const alias = (Name: string, FunctionVersion: string, weights: Record<string, number> = {}) =>
  rig.lambda.send(
    new CreateAliasCommand({
      FunctionName,
      Name,
      FunctionVersion,
      RoutingConfig: { AdditionalVersionWeights: weights },
    }),
  )
const remove = (Qualifier: string, name = FunctionName) =>
  rig.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier }))
const listAliases = (more: Partial<ListAliasesCommandInput> = {}) =>
  rig.lambda.send(new ListAliasesCommand({ FunctionName, ...more }))
const listVersions = (more: object = {}) =>
  rig.lambda.send(new ListVersionsByFunctionCommand({ FunctionName, ...more }))
const numbers = async () => (await listVersions()).Versions?.map(({ Version }) => Version)

describe('versions', () => {
  test('are listed with what tells them apart and without states', async () => {
    await rig.deploy('orders', 1)
    rig.pass(60_000)
    await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }))
    rig.pass(5000)
    await rig.lambda.send(new PublishVersionCommand({ FunctionName, Description: 'preview OWNER/REPO#7: fix' }))
    const { Versions = [] } = await listVersions()
    expect(Versions.map(({ FunctionArn }) => FunctionArn)).toEqual([`${arn}:$LATEST`, `${arn}:1`, `${arn}:2`])
    expect(Versions[2]).toMatchObject({
      Version: '2',
      Description: 'preview OWNER/REPO#7: fix',
      CodeSize: zipOf(source(1)).length,
      LastModified: '2026-11-23T10:01:10.000+0000',
      Timeout: 9,
    })
    for (const member of ['State', 'LastUpdateStatus', 'DurableConfig']) {
      expect(Versions.filter(version => member in version)).toEqual([])
    }
  })

  test('come in pages as small as they are wanted, and no smaller', async () => {
    await rig.deploy('orders', 3)
    const first = await listVersions({ MaxItems: 3 })
    expect(first.Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2'])
    const rest = await listVersions({ MaxItems: 3, Marker: first.NextMarker })
    expect(rest.Versions?.map(({ Version }) => Version)).toEqual(['3'])
    expect(rest.NextMarker).toBeUndefined()
    await expect(listVersions({ MaxItems: 0 })).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('aliases', () => {
  beforeEach(() => rig.deploy('orders', 3))

  test('come in pages', async () => {
    await alias('a', '1')
    await alias('b', '1')
    const first = await listAliases({ MaxItems: 2 })
    expect(first.Aliases?.map(({ Name }) => Name)).toEqual(['a', 'b'])
    const rest = await listAliases({ MaxItems: 2, Marker: first.NextMarker })
    expect(rest.Aliases?.map(({ Name }) => Name)).toEqual(['live'])
    expect(rest.NextMarker).toBeUndefined()
  })

  test('come fifty at a time where more are wanted', async () => {
    for (let number = 1; number <= 55; number += 1) await alias(`pr-${number}`, '1')
    const first = await listAliases({ MaxItems: 1000 })
    expect(first.Aliases).toHaveLength(50)
    expect((await listAliases({ Marker: first.NextMarker })).Aliases).toHaveLength(6)
  })

  test('are found by the version that they point at first, not by a weight', async () => {
    await alias('canary', '2', { 3: 0.1 })
    const of = async (version: string) =>
      (await listAliases({ FunctionVersion: version })).Aliases?.map(({ Name }) => Name)
    expect(await of('2')).toEqual(['canary'])
    expect(await of('3')).toEqual([])
  })
})

test('provisioned concurrency comes fifty at a time, each under its qualifier', async () => {
  await rig.deploy('orders', 52)
  for (let version = 1; version <= 51; version += 1) {
    const of = { FunctionName, Qualifier: String(version) }
    await rig.lambda.send(new PutProvisionedConcurrencyConfigCommand({ ...of, ProvisionedConcurrentExecutions: 1 }))
  }
  const list = (Marker?: string) =>
    rig.lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName, Marker }))
  const first = await list()
  expect(first.ProvisionedConcurrencyConfigs).toHaveLength(50)
  const rest = await list(first.NextMarker)
  expect(rest.ProvisionedConcurrencyConfigs).toMatchObject([{ FunctionArn: `${arn}:51` }])
  expect(rest.NextMarker).toBeUndefined()
})

test('triggers come a hundred at a time, of the function or of one version', async () => {
  await rig.deploy('orders', 1)
  const trigger = (name: string, queue: number) => {
    const EventSourceArn = `arn:aws:sqs:eu-west-1:111122223333:queue-${queue}`
    return rig.lambda.send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn }))
  }
  for (let queue = 0; queue < 101; queue += 1) await trigger('orders:1', queue)
  await trigger('orders', 0)
  const list = (name: string, Marker?: string) =>
    rig.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: name, Marker }))
  const first = await list('orders:1')
  expect(first.EventSourceMappings).toHaveLength(100)
  const rest = await list('orders:1', first.NextMarker)
  expect(rest.EventSourceMappings).toMatchObject([{ FunctionArn: `${arn}:1` }])
  expect((await list('orders')).EventSourceMappings).toMatchObject([{ FunctionArn: arn }])
  await expect(list('orders:7')).rejects.toThrow(`Function not found: ${arn}:7`)
})

describe('a version is deleted', () => {
  beforeEach(() => rig.deploy('orders', 3))

  test('with its policy and provisioned concurrency, and its number never comes again', async () => {
    const of = { FunctionName, Qualifier: '3' }
    const Principal = 'events.amazonaws.com'
    await rig.lambda.send(new AddPermissionCommand({ ...of, StatementId: 'a', Action: 'lambda:Invoke', Principal }))
    await rig.lambda.send(new PutProvisionedConcurrencyConfigCommand({ ...of, ProvisionedConcurrentExecutions: 1 }))
    expect((await remove('3')).$metadata.httpStatusCode).toBe(204)
    expect(await numbers()).toEqual(['$LATEST', '1', '2'])
    await expect(rig.lambda.send(new GetPolicyCommand(of))).rejects.toThrow('does not exist')
    const list = new ListProvisionedConcurrencyConfigsCommand({ FunctionName })
    expect((await rig.lambda.send(list)).ProvisionedConcurrencyConfigs).toEqual([])
    expect((await rig.lambda.send(new PublishVersionCommand({ FunctionName }))).Version).toBe('4')
  })

  test('also where it is not there', async () => {
    expect((await remove('7')).$metadata.httpStatusCode).toBe(204)
    await remove('2')
    expect((await remove('2')).$metadata.httpStatusCode).toBe(204)
  })

  test('not while an alias refers to it, and all that do are named', async () => {
    await alias('staging', '2', { 1: 0.2 })
    await expect(remove('1')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: 'Unable to delete version because the following aliases reference it: [live, staging]',
      $metadata: { httpStatusCode: 409 },
    })
    await rig.lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }))
    const RoutingConfig = { AdditionalVersionWeights: {} }
    await rig.lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'staging', RoutingConfig }))
    await remove('1')
    expect(await numbers()).toEqual(['$LATEST', '2', '3'])
  })

  test.each([
    ['live', 400, 'Deletion of aliases is not currently supported.'],
    ['$LATEST', 400, '$LATEST version cannot be deleted without deleting the function.'],
  ])('but %s is not', async (qualifier, httpStatusCode, message) => {
    await expect(remove(qualifier)).rejects.toMatchObject({ message, $metadata: { httpStatusCode } })
    expect(await numbers()).toEqual(['$LATEST', '1', '2', '3'])
  })

  test('of no function that there is not', async () => {
    await expect(remove('1', 'ghost')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    })
  })
})

test('code is stored once for $LATEST and once for each version, until it is deleted', async () => {
  const stored = async () =>
    (await rig.lambda.send(new GetAccountSettingsCommand({}))).AccountUsage?.TotalCodeSize ?? Number.NaN
  expect(await stored()).toBe(0)
  await rig.deploy('orders', 3, version => 'x'.repeat(version))
  const [one, two, three] = [1, 2, 3].map(version => zipOf('x'.repeat(version)).length) as [number, number, number]
  expect(await stored()).toBe(one + two + three + three)
  await remove('2')
  expect(await stored()).toBe(one + three + three)
  await rig.lambda.send(new DeleteFunctionCommand({ FunctionName }))
  expect(await stored()).toBe(0)
})

test('a durable function says so, itself and in each of its versions', async () => {
  const DurableConfig = { ExecutionTimeout: 3600, RetentionPeriodInDays: 14 }
  const created = await rig.lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: 'arn:aws:iam::111122223333:role/app',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: zipOf(source(1)) },
      DurableConfig,
    }),
  )
  expect(created).toMatchObject({ DurableConfig })
  rig.pass(5000)
  expect(await rig.lambda.send(new PublishVersionCommand({ FunctionName }))).toMatchObject({ DurableConfig })
  const { Configuration } = await rig.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: '1' }))
  expect(Configuration).toMatchObject({ DurableConfig })
  expect((await listVersions()).Versions).toMatchObject([{ DurableConfig }, { DurableConfig }])
})

function source(version: number): string {
  return `export const handler = async () => ({ statusCode: 200, body: 'version ${version}' })\n`
}
