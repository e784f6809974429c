import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Account, newAccount } from '../support/world/account.ts'

const queue = 'arn:aws:sqs:eu-west-1:111122223333:orders'

let account: Account

beforeEach(async () => {
  account = await newAccount()
})

afterEach(() => account.close())

async function mapping(functionName: string, source = queue): Promise<void> {
  await account.rig.lambda.send(
    new CreateEventSourceMappingCommand({ FunctionName: functionName, EventSourceArn: source }),
  )
}

test('a function without any has none', async () => {
  expect(await account.functions.triggers('orders')).toEqual({ found: [], unreadable: [] })
})

test('the policy, the event sources and the URL of the function itself are found', async () => {
  await account.rig.lambda.send(
    new AddPermissionCommand({
      FunctionName: 'orders',
      StatementId: 'rule',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: 'arn:aws:events:eu-west-1:111122223333:rule/nightly',
    }),
  )
  await account.rig.lambda.send(
    new AddPermissionCommand({
      FunctionName: 'orders',
      StatementId: 'other-account',
      Action: 'lambda:InvokeFunction',
      Principal: '444455556666',
    }),
  )
  await mapping('orders')
  await account.rig.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: 'orders', AuthType: 'AWS_IAM' }))
  const { found, unreadable } = await account.functions.triggers('orders')
  expect(unreadable).toEqual([])
  expect(found).toEqual([
    'events.amazonaws.com may invoke it for arn:aws:events:eu-west-1:111122223333:rule/nightly',
    'arn:aws:iam::444455556666:root may invoke it',
    `event source mapping of ${queue}`,
    expect.stringMatching(/^function URL https:/),
  ])
})

test('what is bound to the alias is not among them', async () => {
  const alias = { FunctionName: 'orders', Qualifier: 'live' }
  await account.rig.lambda.send(
    new AddPermissionCommand({
      ...alias,
      StatementId: 'api',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }),
  )
  await mapping('orders:live')
  await account.rig.lambda.send(new CreateFunctionUrlConfigCommand({ ...alias, AuthType: 'AWS_IAM' }))
  expect(await account.functions.triggers('orders')).toEqual({ found: [], unreadable: [] })
})

test('event sources are listed to the last page', async () => {
  for (let i = 0; i < 105; i++) await mapping('orders', `${queue}-${i}`)
  expect((await account.functions.triggers('orders')).found).toHaveLength(105)
})

test('what may not be listed is named with its permission, and the rest is listed', async () => {
  await mapping('orders')
  account.befall('GetPolicy', { kind: 'denied' })
  account.befall('GetFunctionUrlConfig', { kind: 'denied' })
  expect(await account.functions.triggers('orders')).toEqual({
    found: [`event source mapping of ${queue}`],
    unreadable: [expect.stringContaining('lambda:GetPolicy'), expect.stringContaining('lambda:GetFunctionUrlConfig')],
  })
})
