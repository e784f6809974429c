import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CloudWatchAlarms } from '../../src/aws/alarms.ts'
import { LambdaAliases } from '../../src/aws/alias.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }

let account: Account

beforeEach(async () => {
  account = await newAccount()
})

afterEach(() => account.close())

/** The pauses that were made, each as the least it can be and the most. */
function expectPauses(...longest: readonly number[]): void {
  expect(account.clock.slept).toHaveLength(longest.length)
  for (const [i, most] of longest.entries()) {
    expect(account.clock.slept[i]).toBeGreaterThanOrEqual(most / 2)
    expect(account.clock.slept[i]).toBeLessThanOrEqual(most)
  }
}

test('what works at once makes no pause', async () => {
  await account.aliases.read(live)
  expectPauses()
})

test('throttled every second time, each call comes through', async () => {
  account.rig.sandbox.faults.add({ match: { operation: 'GetAlias' }, on: { every: 2 }, fault: { kind: 'throttle' } })
  for (let i = 0; i < 6; i++) expect(await account.aliases.read(live)).toBeDefined()
  expect(account.clock.slept).toHaveLength(5)
})

test('throttling is answered with pauses that double up to eight seconds, and six attempts in all', async () => {
  const limit = { kind: 'error', status: 429, name: 'TooManyRequestsException', message: 'Rate exceeded' } as const
  account.befall('GetAlias', limit)
  await expect(account.aliases.read(live)).rejects.toMatchObject({ kind: 'unavailable' })
  expectPauses(1_000, 2_000, 4_000, 8_000, 8_000)
  expect(account.requests('GetAlias')).toHaveLength(6)
})

test("a server's fault is answered with short pauses, six attempts in all", async () => {
  account.befall('GetAlias', { kind: 'error', status: 500, name: 'ServiceException', message: 'oh' })
  await expect(account.aliases.read(live)).rejects.toMatchObject({ kind: 'unavailable' })
  expectPauses(100, 200, 400, 800, 1_600)
})

test.each([500, 502, 503, 504])('an HTML page of status %i is a fault that passes', async status => {
  account.befall('GetAlias', { kind: 'html', status }, 1)
  expect(await account.aliases.read(live)).toMatchObject({ routing: { version: '1' } })
  expectPauses(100)
})

test('a connection that is lost is made again', async () => {
  account.befall('GetAlias', { kind: 'reset' }, 1)
  expect(await account.aliases.read(live)).toBeDefined()
  expectPauses(100)
})

test("CloudWatch's throttling, which has the status 400, is throttling", async () => {
  account.befall('DescribeAlarms', { kind: 'throttle' }, 1)
  await new CloudWatchAlarms(account.cloudwatch).read(['errors'])
  expectPauses(1_000)
})

test.each(['denied', 'expired'] as const)('what is %s is not tried again', async kind => {
  account.befall('GetAlias', { kind })
  await expect(account.aliases.read(live)).rejects.toMatchObject({ kind })
  expect(account.requests('GetAlias')).toHaveLength(1)
})

test.each([
  ['a wrong parameter', 400, 'InvalidParameterValueException'],
  ['a limit', 400, 'CodeStorageExceededException'],
  ['a request that is too large', 413, 'RequestEntityTooLargeException'],
])('%s is not tried again', async (_, status, name) => {
  account.befall('GetAlias', { kind: 'error', status, name, message: 'no' })
  await expect(account.aliases.read(live)).rejects.toMatchObject({ kind: 'rejected' })
  expect(account.requests('GetAlias')).toHaveLength(1)
})

describe('a cancel', () => {
  test('cuts the pause of a read short', async () => {
    const cut = new AbortController()
    const stuck = { now: () => 0, sleep: () => new Promise<void>(() => setImmediate(() => cut.abort())) }
    const { retryStrategy } = await import('../../src/aws/retry.ts')
    const lambda = new LambdaClient({ ...account.config, retryStrategy: retryStrategy(stuck) })
    account.befall('GetAlias', { kind: 'throttle' })
    await expect(new LambdaAliases(lambda).read(live, cut.signal)).rejects.toMatchObject({ name: 'AbortError' })
    expect(account.requests('GetAlias')).toHaveLength(1)
    lambda.destroy()
  })

  test('does not end the retries of a write', async () => {
    const seen = await account.aliases.read(live)
    account.befall('UpdateAlias', { kind: 'reset' }, 1)
    account.stop()
    const asked = { routing: { kind: 'whole', version: '2' }, description: '' } as const
    expect(await account.aliases.update(live, asked, seen?.revision ?? '')).toMatchObject({ kind: 'written' })
  })
})

describe('Retry-After', () => {
  test.each([
    ['2', 2_000],
    ['60', 5_000],
  ])('of %s s is kept to, up to five seconds', async (seconds, ms) => {
    const server = createServer((_, response) => {
      response.writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException', 'retry-after': seconds })
      response.end('{}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const lambda = new LambdaClient({ ...account.config, endpoint })
    await expect(new LambdaAliases(lambda).read(live)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(account.clock.slept[0]).toBeGreaterThan(ms - 500)
    expect(account.clock.slept[0]).toBeLessThanOrEqual(ms)
    lambda.destroy()
    server.closeAllConnections()
    server.close()
  })
})
