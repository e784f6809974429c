import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CloudWatchAlarms } from '../../src/aws/alarms.ts'
import { LambdaAliases } from '../../src/aws/alias.ts'
import { doing, isNamed } from '../../src/aws/errors.ts'
import { whole } from '../../src/rollout/routing.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const everything = { routing: whole('2'), description: '' }

let account: Account

beforeEach(async () => {
  account = await newAccount()
})

afterEach(() => account.close())

describe('what AWS denies names the IAM action that it takes', () => {
  const calls: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['GetAlias', 'lambda:GetAlias', () => account.aliases.read(live)],
    ['CreateAlias', 'lambda:CreateAlias', () => account.aliases.create(live, everything)],
    ['UpdateAlias', 'lambda:UpdateAlias', () => account.aliases.update(live, everything, 'r')],
    ['DeleteAlias', 'lambda:DeleteAlias', () => account.aliases.remove(live)],
    ['GetProvisionedConcurrencyConfig', 'lambda:GetProvisionedConcurrencyConfig', () => account.aliases.moving(live)],
    ['GetFunction', 'lambda:GetFunction', () => account.functions.latest('orders')],
    ['PublishVersion', 'lambda:PublishVersion', () => account.functions.publish('orders', 'x', 'r', '')],
    [
      'UpdateFunctionConfiguration',
      'lambda:UpdateFunctionConfiguration',
      () => account.functions.configure('orders', {}, 'r'),
    ],
    ['DescribeAlarms', 'cloudwatch:DescribeAlarms', () => new CloudWatchAlarms(account.cloudwatch).read(['errors'])],
    [
      'DescribeAlarmHistory',
      'cloudwatch:DescribeAlarmHistory',
      () => new CloudWatchAlarms(account.cloudwatch).history('errors', 0),
    ],
  ]

  test.each(calls)('%s', async (operation, action, call) => {
    account.befall(operation, { kind: 'denied' })
    await expect(call()).rejects.toMatchObject({
      name: 'CallFailed',
      kind: 'denied',
      message: expect.stringContaining(`allow ${action} on`),
    })
  })
})

test('credentials that have expired are said to have', async () => {
  account.befall('GetAlias', { kind: 'expired' })
  await expect(account.aliases.read(live)).rejects.toMatchObject({
    kind: 'expired',
    message: expect.stringContaining('the AWS credentials have expired'),
  })
})

test('credentials that expire in CloudWatch, whose error has another name, are said to have', async () => {
  account.befall('DescribeAlarms', { kind: 'expired' })
  await expect(new CloudWatchAlarms(account.cloudwatch).read(['errors'])).rejects.toMatchObject({ kind: 'expired' })
})

test.each(['UnrecognizedClientException', 'InvalidSignatureException'])(
  'credentials that AWS does not know (%s) are no missing permission',
  async name => {
    account.befall('GetAlias', { kind: 'error', status: 403, name, message: 'The security token is invalid' })
    await expect(account.aliases.read(live)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('aws-actions/configure-aws-credentials'),
    })
  },
)

test('credentials that are nowhere to be found are no surprise', async () => {
  const lambda = new LambdaClient({
    ...account.config,
    credentials: async () => {
      throw Object.assign(new Error('Could not load credentials from any providers'), {
        name: 'CredentialsProviderError',
      })
    },
  })
  await expect(new LambdaAliases(lambda).read(live)).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining('aws-actions/configure-aws-credentials'),
  })
  lambda.destroy()
})

test('an AWS that cannot be reached is unavailable', async () => {
  const lambda = new LambdaClient({ ...account.config, endpoint: 'http://127.0.0.1:9' })
  await expect(new LambdaAliases(lambda).read(live)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(/^could not read the alias orders:live, because AWS could not be reached/),
  })
  lambda.destroy()
})

test('an answer that does not come in time is unavailable', async () => {
  const requestHandler = { ...account.config.requestHandler, requestTimeout: 20 }
  const lambda = new LambdaClient({ ...account.config, requestHandler })
  account.befall('GetAlias', { kind: 'delay', ms: 60 })
  await expect(new LambdaAliases(lambda).read(live)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(account.requests('GetAlias').length).toBeGreaterThan(1)
  lambda.destroy()
})

test('a page of HTML to the end is unavailable, not a mistake of our own', async () => {
  account.befall('GetAlias', { kind: 'html', status: 503 })
  await expect(account.aliases.read(live)).rejects.toMatchObject({ name: 'CallFailed', kind: 'unavailable' })
})

test('a page of HTML from a proxy that forbids is denied', async () => {
  account.befall('GetAlias', { kind: 'html', status: 403 })
  await expect(account.aliases.read(live)).rejects.toMatchObject({ name: 'CallFailed', kind: 'denied' })
})

test('what is rejected keeps the words and the cause', async () => {
  account.befall('GetAlias', { kind: 'error', status: 400, name: 'ValidationException', message: 'too long' })
  const failed = account.aliases.read(live)
  await expect(failed).rejects.toMatchObject({
    kind: 'rejected',
    message: 'could not read the alias orders:live, because AWS rejects it (ValidationException: too long)',
    cause: expect.objectContaining({ name: 'ValidationException' }),
  })
})

test('a mistake of our own stays what it is', async () => {
  const mistake = new Error('the course has no steps')
  const call = { what: 'read', action: 'lambda:GetAlias', resource: 'orders' }
  await expect(doing(call, () => Promise.reject(mistake))).rejects.toBe(mistake)
})

test('an answer that cannot be read is unavailable: what was asked for may well have been done', async () => {
  const unreadable = new TypeError('Versions is not iterable')
  const call = { what: 'list the versions', action: 'lambda:ListVersionsByFunction', resource: 'orders' }
  await expect(doing(call, () => Promise.reject(unreadable))).rejects.toMatchObject({
    kind: 'unavailable',
    message: "could not list the versions, because AWS's answer cannot be read (Versions is not iterable); re-run",
    cause: unreadable,
  })
})

test('errors are known by their names', () => {
  const error = Object.assign(new Error('whatever'), { name: 'ResourceNotFoundException' })
  expect(isNamed(error, 'ResourceConflictException', 'ResourceNotFoundException')).toBe(true)
  expect(isNamed('ResourceNotFoundException', 'ResourceNotFoundException')).toBe(false)
})
