import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  ListFunctionUrlConfigsCommand,
  RemovePermissionCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
  await alias('pr-7')
  await alias('pr-8')
})

afterEach(() => rig.close())

const FunctionName = 'orders'
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
const of = (Qualifier?: string) => ({ FunctionName, ...(Qualifier && { Qualifier }) })
const alias = (Name: string) => rig.lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: '2' }))
const deleteAlias = (Name: string) => rig.lambda.send(new DeleteAliasCommand({ FunctionName, Name }))
const publicly = { Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true }
const add = (qualifier: string | undefined, StatementId: string, more: object = {}) =>
  rig.lambda.send(new AddPermissionCommand({ ...of(qualifier), ...publicly, StatementId, ...more }))
const remove = (qualifier: string | undefined, StatementId: string, more: object = {}) =>
  rig.lambda.send(new RemovePermissionCommand({ ...of(qualifier), StatementId, ...more }))
const policy = (qualifier?: string) => rig.lambda.send(new GetPolicyCommand(of(qualifier)))
const statements = async (qualifier?: string) =>
  JSON.parse((await policy(qualifier)).Policy ?? '').Statement as readonly {
    readonly Sid: string
    readonly Resource: string
  }[]
const addUrl = (qualifier: string) =>
  rig.lambda.send(new CreateFunctionUrlConfigCommand({ ...of(qualifier), AuthType: 'NONE' }))
const getUrl = (qualifier: string) => rig.lambda.send(new GetFunctionUrlConfigCommand(of(qualifier)))

const missing = (message: string) => ({
  name: 'ResourceNotFoundException',
  message,
  $metadata: expect.objectContaining({ httpStatusCode: 404 }),
})
const gone = missing('The resource you requested does not exist.')
const noAlias = missing(`Cannot find alias arn: ${arn}:pr-7`)

describe('permissions', () => {
  test('belong to their qualifier, each with a policy and a revision of its own', async () => {
    await add('pr-7', 'public')
    await add('pr-8', 'public')
    await add(undefined, 'function')
    await add('2', 'version')
    expect(await statements('pr-7')).toMatchObject([{ Sid: 'public', Resource: `${arn}:pr-7` }])
    expect(await statements('2')).toMatchObject([{ Sid: 'version', Resource: `${arn}:2` }])
    expect(await statements()).toMatchObject([{ Sid: 'function', Resource: arn }])
    const before = (await policy('pr-8')).RevisionId
    await add('pr-7', 'more')
    expect((await policy('pr-8')).RevisionId).toBe(before)
    expect((await policy('pr-7')).RevisionId).not.toBe(before)
    await expect(policy('1')).rejects.toMatchObject(gone)
  })

  test('change only under the revision that their policy has', async () => {
    await add('pr-7', 'public')
    const { RevisionId } = await policy('pr-7')
    await add('pr-7', 'second', { RevisionId })
    const stale = {
      name: 'PreconditionFailedException',
      message: expect.stringContaining('Call the GetPolicy API to retrieve the latest Revision Id'),
      $metadata: expect.objectContaining({ httpStatusCode: 412 }),
    }
    await expect(add('pr-7', 'third', { RevisionId })).rejects.toMatchObject(stale)
    await expect(remove('pr-7', 'public', { RevisionId })).rejects.toMatchObject(stale)
    await remove('pr-7', 'public', { RevisionId: (await policy('pr-7')).RevisionId })
    expect(await statements('pr-7')).toMatchObject([{ Sid: 'second' }])
  })

  test('that are there already, or not, are said to be', async () => {
    await expect(remove('pr-7', 'public')).rejects.toMatchObject(
      missing('No policy is associated with the given resource.'),
    )
    await add('pr-7', 'public')
    await expect(add('pr-7', 'public')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message:
        'The statement id (public) provided already exists. Please provide a new statement id, or remove the existing statement.',
      $metadata: { httpStatusCode: 409 },
    })
    await expect(remove('pr-7', 'other')).rejects.toMatchObject(
      missing('Statement other is not found in resource policy.'),
    )
    await remove('pr-7', 'public')
    await expect(policy('pr-7')).rejects.toMatchObject(gone)
  })

  test('have ids of a hundred characters at most, and none for $LATEST', async () => {
    await add('pr-7', 'x'.repeat(100))
    await expect(add('pr-7', 'x'.repeat(101))).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(add('$LATEST', 'latest')).rejects.toThrow('We currently do not support adding policies for $LATEST.')
  })

  test('fill a policy of 20 KB and no more', async () => {
    const fill = async () => {
      for (let index = 0; index < 100; index += 1) await add('pr-7', `${index}-`.padEnd(100, 'x'))
    }
    await expect(fill()).rejects.toMatchObject({
      name: 'PolicyLengthExceededException',
      message: expect.stringMatching(/^The final policy size \(20\d\d\d\) is bigger than the limit \(20480\)\.$/),
      $metadata: { httpStatusCode: 400 },
    })
    expect((await policy('pr-7')).Policy?.length).toBeLessThanOrEqual(20_480)
  })
})

describe('where public policies are blocked', () => {
  beforeEach(() => rig.sandbox.blockPublicPolicies(true))

  test('a permission for everybody is refused', async () => {
    await expect(add('pr-7', 'public')).rejects.toMatchObject({
      name: 'PublicPolicyException',
      message: expect.stringContaining('public access'),
      Type: 'User',
      $metadata: { httpStatusCode: 400 },
    })
    await expect(policy('pr-7')).rejects.toMatchObject(gone)
  })

  test('that is said under Message', async () => {
    const permission = { StatementId: 'public', Action: 'lambda:InvokeFunction', Principal: '*' }
    const { body } = await rig.sandbox.handle({
      method: 'POST',
      path: '/2015-03-31/functions/orders/policy?Qualifier=pr-7',
      headers: {},
      body: Buffer.from(JSON.stringify(permission)),
    })
    expect(Object.keys(JSON.parse(Buffer.from(body).toString())).toSorted()).toEqual(['Message', 'Type'])
  })

  test('one for a service is not, nor what comes when they are not blocked any more', async () => {
    await add('pr-7', 'events', { Principal: 'events.amazonaws.com', InvokedViaFunctionUrl: undefined })
    rig.sandbox.blockPublicPolicies(false)
    await add('pr-7', 'public')
    expect(await statements('pr-7')).toMatchObject([{ Sid: 'events' }, { Sid: 'public' }])
  })
})

describe('an alias that is deleted', () => {
  beforeEach(async () => {
    for (const name of ['pr-7', 'pr-8']) {
      await addUrl(name)
      await add(name, 'public')
    }
    await deleteAlias('pr-7')
  })

  test('has no URL any more', async () => {
    await expect(getUrl('pr-7')).rejects.toMatchObject(gone)
    await expect(rig.lambda.send(new DeleteFunctionUrlConfigCommand(of('pr-7')))).rejects.toMatchObject(gone)
    const update = new UpdateFunctionUrlConfigCommand({ ...of('pr-7'), AuthType: 'AWS_IAM' })
    await expect(rig.lambda.send(update)).rejects.toMatchObject(missing('Function does not exist'))
    await expect(addUrl('pr-7')).rejects.toMatchObject(missing('Function does not exist'))
  })

  test('has no policy any more', async () => {
    await expect(policy('pr-7')).rejects.toMatchObject(gone)
    await expect(remove('pr-7', 'public')).rejects.toMatchObject(noAlias)
    await expect(add('pr-7', 'public')).rejects.toMatchObject(noAlias)
  })

  test('takes nothing of the others along', async () => {
    await getUrl('pr-8')
    expect(await statements('pr-8')).toMatchObject([{ Sid: 'public' }])
    const { FunctionUrlConfigs } = await rig.lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }))
    expect(FunctionUrlConfigs?.map(({ FunctionArn }) => FunctionArn)).toEqual([`${arn}:pr-8`])
  })

  test('comes again with another URL and no permissions', async () => {
    const before = (await getUrl('pr-8')).FunctionUrl
    await deleteAlias('pr-8')
    await alias('pr-8')
    await expect(policy('pr-8')).rejects.toMatchObject(gone)
    expect((await addUrl('pr-8')).FunctionUrl).not.toBe(before)
  })

  test('can be deleted again', async () => {
    expect((await deleteAlias('pr-7')).$metadata.httpStatusCode).toBe(204)
  })
})

test('a URL that is deleted leaves the permissions', async () => {
  await addUrl('pr-7')
  await add('pr-7', 'public')
  await rig.lambda.send(new DeleteFunctionUrlConfigCommand(of('pr-7')))
  expect(await statements('pr-7')).toMatchObject([{ Sid: 'public' }])
})
