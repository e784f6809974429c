import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LambdaUrls } from '../../src/aws/urls.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const missing = { ...live, alias: 'pr-7' }
const qualified = { FunctionName: 'orders', Qualifier: 'live' }

let account: Account
let urls: LambdaUrls

beforeEach(async () => {
  account = await newAccount()
  urls = new LambdaUrls(account.lambda)
})

afterEach(() => account.close())

/** The statements of a policy, the alias's unless the function's own is asked for. */
async function statements(of: { FunctionName: string; Qualifier?: string } = qualified): Promise<readonly unknown[]> {
  try {
    const { Policy = '{}' } = await account.rig.lambda.send(new GetPolicyCommand(of))
    return (JSON.parse(Policy) as { Statement: readonly unknown[] }).Statement
  } catch {
    return []
  }
}

describe('a URL', () => {
  test('that there is none of is not there, with the alias or without', async () => {
    expect(await urls.read(live)).toBeUndefined()
    expect(await urls.read(missing)).toBeUndefined()
  })

  test('is made for the alias, and is read as it was made', async () => {
    const made = await urls.create(live, 'AWS_IAM')
    expect(made).toEqual({
      url: expect.stringMatching(/^https:\/\/.+\.lambda-url\.eu-west-1\.on\.aws\/$/),
      auth: 'AWS_IAM',
    })
    expect(await urls.read(live)).toEqual(made)
    expect(await account.functions.triggers('orders')).toEqual({ found: [], unreadable: [] })
  })

  test('that is there already is given back as it stands', async () => {
    const made = await urls.create(live, 'AWS_IAM')
    expect(await urls.create(live, 'NONE')).toEqual(made)
  })

  test('whose creation loses its answer is found, and is not made twice', async () => {
    account.befall('CreateFunctionUrlConfig', { kind: 'lose-answer' }, 1)
    expect(await urls.create(live, 'NONE')).toMatchObject({ auth: 'NONE' })
    expect(account.requests('CreateFunctionUrlConfig').map(({ status }) => status)).toEqual(['none', 409])
  })

  test('keeps its address and all else when who may call it changes', async () => {
    const cors = { AllowOrigins: ['https://example.com'] }
    await account.rig.lambda.send(
      new CreateFunctionUrlConfigCommand({
        ...qualified,
        AuthType: 'AWS_IAM',
        InvokeMode: 'RESPONSE_STREAM',
        Cors: cors,
      }),
    )
    const before = await urls.read(live)
    expect(await urls.update(live, 'NONE')).toEqual({ url: before?.url, auth: 'NONE' })
    const whole = await account.rig.lambda.send(new GetFunctionUrlConfigCommand(qualified))
    expect(whole).toMatchObject({ InvokeMode: 'RESPONSE_STREAM', Cors: cors })
  })

  test('is removed, and is gone where it was already', async () => {
    await urls.create(live, 'NONE')
    await urls.remove(live)
    await urls.remove(live)
    await urls.remove(missing)
    expect(await urls.read(live)).toBeUndefined()
  })

  test('of an alias that is not there is rejected', async () => {
    await expect(urls.create(missing, 'NONE')).rejects.toMatchObject({ kind: 'rejected' })
  })
})

describe('a URL that is open to everybody', () => {
  const forUrl = { Action: 'lambda:InvokeFunctionUrl', Principal: '*', Sid: 'lambda-rollout-url' }
  const forFunction = { Action: 'lambda:InvokeFunction', Principal: '*', Sid: 'lambda-rollout-invoke' }

  test('has both permissions, each for calls by way of the URL alone', async () => {
    expect(await urls.open(live)).toBe('open')
    expect(await statements()).toEqual([
      expect.objectContaining({
        ...forUrl,
        Resource: expect.stringMatching(/:orders:live$/),
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
      }),
      expect.objectContaining({
        ...forFunction,
        Resource: expect.stringMatching(/:orders:live$/),
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      }),
    ])
    expect(await statements({ FunctionName: 'orders' })).toEqual([])
  })

  test('is opened where the first permission is there already, as after a death between the two', async () => {
    const { Sid: StatementId, ...first } = forUrl
    await account.rig.lambda.send(
      new AddPermissionCommand({ ...qualified, StatementId, ...first, FunctionUrlAuthType: 'NONE' }),
    )
    expect(await urls.open(live)).toBe('open')
    expect(await statements()).toHaveLength(2)
  })

  test('is opened once, however often it is asked for and whatever answer is lost', async () => {
    account.befall('AddPermission', { kind: 'lose-answer' }, 1)
    expect(await urls.open(live)).toBe('open')
    expect(await urls.open(live)).toBe('open')
    expect(await statements()).toHaveLength(2)
  })

  test('is closed, and what others may do stays', async () => {
    const theirs = {
      ...qualified,
      StatementId: 'api',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }
    await account.rig.lambda.send(new AddPermissionCommand(theirs))
    await urls.open(live)
    await urls.close(live)
    expect(await statements()).toEqual([expect.objectContaining({ Sid: 'api' })])
  })

  test('is closed where it was never open, and where there is no alias', async () => {
    await urls.close(live)
    await urls.close(missing)
    expect(await statements()).toEqual([])
  })

  test('is not to be had where public policies are blocked', async () => {
    account.rig.sandbox.blockPublicPolicies(true)
    expect(await urls.open(live)).toBe('blocked')
    expect(await statements()).toEqual([])
  })
})

test.each([
  ['GetFunctionUrlConfig', () => urls.read(live)],
  ['CreateFunctionUrlConfig', () => urls.create(live, 'NONE')],
  ['UpdateFunctionUrlConfig', () => urls.update(live, 'NONE')],
  ['DeleteFunctionUrlConfig', () => urls.remove(live)],
  ['AddPermission', () => urls.open(live)],
  ['RemovePermission', () => urls.close(live)],
])('%s that is denied is told with the permission that it takes', async (operation, call) => {
  account.befall(operation, { kind: 'denied' })
  await expect(call()).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining(`allow lambda:${operation} on`),
  })
})
