import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'
import type { PolicyStatement } from '../sandbox/sandbox.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
})

afterEach(() => rig.close())

const FunctionName = 'orders'
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
const role = 'arn:aws:iam::111122223333:role/app'
const live = { FunctionName, Qualifier: 'live' }
const zip = { Bucket: 'artifacts', Key: 'orders/app.zip' }

function allow(Action: string | readonly string[], Resource: string | readonly string[], more: object = {}) {
  return { Effect: 'Allow', Action, Resource, ...more } satisfies PolicyStatement
}

function enforce(...statements: readonly PolicyStatement[]): void {
  rig.sandbox.enforce({ Version: '2012-10-17', Statement: statements })
}

const getAlias = () => rig.lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }))
const getTwo = () => rig.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: '2' }))

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'allowed',
    (error: Error) => error.name,
  )

describe('a policy', () => {
  test('that is taken away again allows everything', async () => {
    enforce()
    await expect(getAlias()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    rig.sandbox.enforce(undefined)
    await getAlias()
  })

  test.each([
    ['lambda:GetAlias', arn, 'allowed'],
    ['lambda:getalias', arn, 'allowed'],
    ['lambda:Get*', arn, 'allowed'],
    ['lambda:?etAlias', arn, 'allowed'],
    ['*', '*', 'allowed'],
    ['lambda:GetAlia', arn, 'AccessDeniedException'],
    ['lambda:GetAlias?', arn, 'AccessDeniedException'],
    ['s3:*', '*', 'AccessDeniedException'],
    ['lambda:GetAlias', 'arn:aws:lambda:*:111122223333:function:or*', 'allowed'],
    ['lambda:GetAlias', 'arn:aws:lambda:*:function:orders', 'AccessDeniedException'],
    ['lambda:GetAlias', `${arn}:*`, 'AccessDeniedException'],
    ['lambda:GetAlias', `${arn}:live`, 'AccessDeniedException'],
    ['lambda:GetAlias', arn.replace('orders', 'Orders'), 'AccessDeniedException'],
    ['lambda:GetAlias', [arn.replace('orders', 'other'), arn], 'allowed'],
    [['lambda:GetPolicy', 'lambda:GetAlias'], arn, 'allowed'],
  ] as const)('with %s on %s: GetAlias is %s', async (action, resource, expected) => {
    enforce(allow(action, resource))
    expect(await outcome(getAlias())).toBe(expected)
  })

  test.each([
    [arn, 'AccessDeniedException'],
    [`${arn}:*`, 'allowed'],
    [`${arn}*`, 'allowed'],
    [`${arn}:3`, 'AccessDeniedException'],
  ])('for %s: a call on version 2 is %s', async (resource, expected) => {
    enforce(allow('lambda:GetFunction', resource))
    expect(await outcome(getTwo())).toBe(expected)
  })

  test('that denies wins over all that allow, and is told apart', async () => {
    enforce(allow('*', '*'), { Effect: 'Deny', Action: 'lambda:*Alias', Resource: '*' }, allow('lambda:*', arn))
    await expect(getAlias()).rejects.toMatchObject({
      message: expect.stringMatching(/on resource: \S+ with an explicit deny in an identity-based policy$/),
    })
    await getTwo()
  })

  test.each([
    ['StringEquals', 'lambda:FunctionUrlAuthType', 'NONE', 'allowed'],
    ['StringEquals', 'lambda:functionurlauthtype', ['AWS_IAM', 'NONE'], 'allowed'],
    ['StringEquals', 'lambda:FunctionUrlAuthType', 'AWS_IAM', 'AccessDeniedException'],
    ['StringEquals', 'lambda:FunctionUrlAuthType', 'N*', 'AccessDeniedException'],
    ['StringLike', 'lambda:FunctionUrlAuthType', 'N*', 'allowed'],
    ['StringEquals', 'lambda:Principal', '*', 'allowed'],
    ['StringEquals', 'lambda:Principal', 's3.amazonaws.com', 'AccessDeniedException'],
    ['StringEquals', 'iam:PassedToService', 'lambda.amazonaws.com', 'AccessDeniedException'],
    ['Bool', 'lambda:InvokedViaFunctionUrl', 'false', 'AccessDeniedException'],
  ] as const)('where %s %s is %s: a public AddPermission is %s', async (operator, key, value, expected) => {
    enforce(allow('lambda:AddPermission', '*', { Condition: { [operator]: { [key]: value } } }))
    const Action = 'lambda:InvokeFunctionUrl'
    const permission = new AddPermissionCommand({
      ...live,
      StatementId: 'public',
      Principal: '*',
      Action,
      FunctionUrlAuthType: 'NONE',
    })
    expect(await outcome(rig.lambda.send(permission))).toBe(expected)
  })

  test.each([
    [`${arn}:pr-*`, 'AccessDeniedException'],
    [`${arn}:l*`, 'allowed'],
    ['arn:aws:lambda:*:*:function:*', 'allowed'],
    ['*', 'AccessDeniedException'],
  ])('where ArnLike lambda:FunctionArn is %s: the URL of live is %s', async (value, expected) => {
    const condition = {
      ArnLike: { 'lambda:FunctionArn': value },
      StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' },
    }
    const create = new CreateFunctionUrlConfigCommand({ ...live, AuthType: 'AWS_IAM' })
    enforce(allow('lambda:CreateFunctionUrlConfig', '*', { Condition: condition }))
    expect(await outcome(rig.lambda.send(create))).toBe(expected)
  })

  test.each([
    ['lambda.amazonaws.com', 'allowed'],
    ['ec2.amazonaws.com', 'AccessDeniedException'],
  ])('that lets roles be passed to %s: a function’s own is %s', async (service, expected) => {
    const Condition = { StringEquals: { 'iam:PassedToService': service } }
    enforce(allow('lambda:*', '*'), allow('iam:PassRole', role, { Condition }))
    const change = new UpdateFunctionConfigurationCommand({ FunctionName, Role: role })
    expect(await outcome(rig.lambda.send(change))).toBe(expected)
  })

  test.each([
    ['an unknown condition key', { Condition: { StringEquals: { 'aws:SourceIp': '10.0.0.1' } } }, 'aws:SourceIp'],
    ['an unknown operator', { Condition: { StringNotEquals: { 'lambda:Principal': '*' } } }, 'StringNotEquals'],
    ['an element that turns it round', { NotAction: 'lambda:GetAlias' }, 'NotAction'],
    ['an action without a service', { Action: 'GetAlias' }, 'Action GetAlias'],
    ['a resource that is no ARN', { Resource: 'orders' }, 'Resource orders'],
    ['a variable', { Resource: `arn:aws:s3:::artifacts/\${aws:username}` }, 'Resource arn:aws:s3'],
    ['another effect', { Effect: 'Permit' }, 'Effect Permit'],
  ])('with %s throws where it is enforced', (_what, change, told) => {
    const statement = { ...allow('lambda:GetAlias', arn), ...change } as PolicyStatement
    expect(() => enforce(statement)).toThrow(told)
  })

  test('without a resource throws, as does one of another version', () => {
    const { Resource: _resource, ...rest } = allow('lambda:GetAlias', arn)
    expect(() => enforce(rest as PolicyStatement)).toThrow('without Resource')
    expect(() => rig.sandbox.enforce({ Version: '2008-10-17', Statement: [] } as never)).toThrow('2008-10-17')
  })
})

describe('a denial is told as', () => {
  test('Lambda tells it, before it looks whether there is such a function', async () => {
    enforce(allow('lambda:GetAlias', arn))
    const { status, headers, body } = await rig.sandbox.handle({
      method: 'GET',
      path: '/2015-03-31/functions/ghost?Qualifier=7',
      headers: {},
      body: new Uint8Array(),
    })
    expect({ status, type: headers['x-amzn-errortype'], body: JSON.parse(Buffer.from(body).toString()) }).toEqual({
      status: 403,
      type: 'AccessDeniedException',
      body: {
        Message:
          'User: arn:aws:sts::111122223333:assumed-role/sandbox/session is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:ghost:7 because no identity-based policy allows the lambda:GetFunction action',
      },
    })
    expect(rig.sandbox.requests.at(-1)).toMatchObject({ status: 403, error: 'AccessDeniedException' })
  })

  test('Lambda tells what S3 told it', async () => {
    await rig.s3.send(new CreateBucketCommand({ Bucket: zip.Bucket }))
    await rig.s3.send(new PutObjectCommand({ ...zip, Body: zipOf('export {}') }))
    enforce(allow('lambda:*', '*'))
    const code = { FunctionName, S3Bucket: zip.Bucket, S3Key: zip.Key }
    await expect(rig.lambda.send(new UpdateFunctionCodeCommand(code))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'Your access has been denied by S3, please make sure your request credentials have permission to GetObject for artifacts/orders/app.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied',
    })
  })

  test('the other services tell it', async () => {
    enforce()
    await expect(rig.cloudwatch.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('perform: cloudwatch:DescribeAlarms on resource: arn:aws:cloudwatch:'),
    })
    await expect(rig.s3.send(new GetObjectCommand(zip))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'Access Denied',
    })
    const filter = new FilterLogEventsCommand({ logGroupName: '/aws/lambda/orders' })
    await expect(rig.logs.send(filter)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('perform: logs:FilterLogEvents on resource: arn:aws:logs:'),
    })
  })

  test('nothing, where what it takes is not modelled', async () => {
    enforce(allow('*', '*'))
    const request = { method: 'PUT', path: '/2019-09-30/functions/orders/nothing', headers: {}, body: new Uint8Array() }
    const { status, body } = await rig.sandbox.handle(request)
    expect(status).toBe(501)
    expect(Buffer.from(body).toString()).toContain('The sandbox does not model the permissions that')
  })
})

test('what is denied is not done', async () => {
  enforce(allow('lambda:Get*', '*'))
  await expect(rig.lambda.send(new DeleteAliasCommand({ FunctionName, Name: 'live' }))).rejects.toThrow(
    'lambda:DeleteAlias',
  )
  await rig.lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }))
})
