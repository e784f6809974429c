import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetAliasCommand,
  GetFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'
import { ConnectionLost, type Fault } from '../sandbox/sandbox.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
})

afterEach(() => rig.close())

const getAlias = () => rig.lambda.send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }))
const describeTo = (text: string) =>
  rig.lambda.send(new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', Description: text }))
const onGet = (fault: Fault) => rig.sandbox.faults.add({ match: { operation: 'GetAlias' }, fault })

describe('a fault', () => {
  test('throttle is a 429 that says when to come again', async () => {
    onGet({ kind: 'throttle' })
    await expect(getAlias()).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'CallerRateLimitExceeded',
      retryAfterSeconds: '1',
      $metadata: { httpStatusCode: 429 },
    })
  })

  test('throttle is a 400 in CloudWatch', async () => {
    rig.sandbox.faults.add({ match: { service: 'cloudwatch' }, fault: { kind: 'throttle' } })
    await expect(rig.cloudwatch.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({
      name: 'Throttling',
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('denied names the action and the resource', async () => {
    onGet({ kind: 'denied' })
    await expect(getAlias()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        /lambda:GetAlias on resource: arn:aws:lambda:eu-west-1:111122223333:function:orders/,
      ),
    })
  })

  test('expired is what a session gets that is over', async () => {
    onGet({ kind: 'expired' })
    await expect(getAlias()).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      $metadata: { httpStatusCode: 403 },
    })
  })

  test('error is any error that a test names', async () => {
    onGet({ kind: 'error', status: 500, name: 'ServiceException', message: 'Something is wrong' })
    await expect(getAlias()).rejects.toMatchObject({ name: 'ServiceException', message: 'Something is wrong' })
  })

  test('html is no JSON, as a proxy answers', async () => {
    onGet({ kind: 'html', status: 502 })
    await expect(getAlias()).rejects.toMatchObject({ $metadata: { httpStatusCode: 502 } })
  })

  test('delay answers normally, later', async () => {
    onGet({ kind: 'delay', ms: 60 })
    const began = performance.now()
    expect((await getAlias()).FunctionVersion).toBe('1')
    expect(performance.now() - began).toBeGreaterThan(55)
  })

  test('lose-answer has applied the call', async () => {
    rig.sandbox.faults.add({ match: { operation: 'UpdateAlias' }, fault: { kind: 'lose-answer' } })
    await expect(describeTo('moved')).rejects.toThrow()
    expect((await getAlias()).Description).toBe('moved')
    expect(rig.sandbox.requests.at(-2)).toMatchObject({
      operation: 'UpdateAlias',
      status: 'none',
      fault: 'lose-answer',
    })
  })

  test('reset has not', async () => {
    rig.sandbox.faults.add({ match: { operation: 'UpdateAlias' }, fault: { kind: 'reset' } })
    await expect(describeTo('moved')).rejects.toThrow()
    expect((await getAlias()).Description).toBe('')
  })

  test('before lets a stranger write first, and the revision that was read is stale', async () => {
    const { RevisionId } = await getAlias()
    rig.sandbox.faults.add({
      match: { operation: 'UpdateAlias' },
      on: { nth: 1 },
      fault: {
        kind: 'before',
        run: async () => {
          await describeTo('a stranger')
        },
      },
    })
    const ours = new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', Description: 'ours', RevisionId })
    await expect(rig.lambda.send(ours)).rejects.toMatchObject({ name: 'PreconditionFailedException' })
    expect((await getAlias()).Description).toBe('a stranger')
  })

  test('after sees the call applied, before its answer', async () => {
    let seen: string | undefined
    rig.sandbox.faults.add({
      match: { operation: 'UpdateAlias' },
      fault: {
        kind: 'after',
        run: async () => {
          seen = (await getAlias()).Description
        },
      },
    })
    await describeTo('ours')
    expect(seen).toBe('ours')
  })
})

describe('a rule picks', () => {
  const outcomes = async (calls: number) => {
    const seen: string[] = []
    for (let call = 0; call < calls; call += 1)
      seen.push(
        await getAlias().then(
          () => '.',
          () => 'x',
        ),
      )
    return seen.join('')
  }

  test('the nth matching call', async () => {
    rig.sandbox.faults.add({ match: { operation: 'GetAlias' }, on: { nth: 2 }, fault: { kind: 'denied' } })
    await describeTo('not a match')
    expect(await outcomes(4)).toBe('.x..')
  })

  test('every so many, so many times', async () => {
    rig.sandbox.faults.add({ match: { service: 'lambda' }, on: { every: 2, times: 2 }, fault: { kind: 'denied' } })
    expect(await outcomes(7)).toBe('.x.x...')
  })

  test('a stretch of the sandbox’s time', async () => {
    const from = rig.now() + 1000
    rig.sandbox.faults.add({ on: { from, until: from + 1000 }, fault: { kind: 'denied' } })
    expect(await outcomes(1)).toBe('.')
    rig.pass(1500)
    expect(await outcomes(1)).toBe('x')
    rig.pass(1000)
    expect(await outcomes(1)).toBe('.')
  })

  test('what a condition says, until the rules are cleared', async () => {
    rig.sandbox.faults.add({ on: { when: ({ operation }) => operation === 'GetAlias' }, fault: { kind: 'denied' } })
    expect(await outcomes(2)).toBe('xx')
    rig.sandbox.faults.clear()
    expect(await outcomes(1)).toBe('.')
  })
})

test('in the same process a lost connection is an error that says so', async () => {
  rig.sandbox.faults.add({ fault: { kind: 'reset' } })
  const path = '/2015-03-31/functions/orders'
  const request = { method: 'GET', path, headers: {}, body: new Uint8Array() }
  await expect(rig.sandbox.handle(request)).rejects.toBeInstanceOf(ConnectionLost)
})

test('the log has each request with its decoded input, blobs described', async () => {
  await rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders', ZipFile: zipOf('export {}') }))
  await getAlias()
  await rig.lambda.send(new GetFunctionCommand({ FunctionName: 'ghost', Qualifier: 'live' })).catch(() => undefined)
  expect(rig.sandbox.requests.slice(-3)).toMatchObject([
    {
      service: 'lambda',
      operation: 'UpdateFunctionCode',
      input: { FunctionName: 'orders', ZipFile: expect.stringMatching(/^<\d+ bytes sha256:.{44}>$/) },
      status: 200,
    },
    { operation: 'GetAlias', input: { FunctionName: 'orders', Name: 'live' }, at: rig.now() },
    {
      operation: 'GetFunction',
      input: { FunctionName: 'ghost', Qualifier: 'live' },
      status: 404,
      error: 'ResourceNotFoundException',
    },
  ])
})

describe('a change that a test has ordered', () => {
  const update = (source: string) =>
    rig.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders', ZipFile: zipOf(source) }))
  const latest = async () =>
    (await rig.lambda.send(new GetFunctionCommand({ FunctionName: 'orders' }))).Configuration ?? {}

  test('to fail ends Failed, and the code before stays', async () => {
    const before = await latest()
    rig.sandbox.failNext('update', 'orders', { reason: 'No network interface', code: 'EniLimitExceeded' })
    expect((await update('export {}')).LastUpdateStatus).toBe('InProgress')
    rig.pass(5000)
    expect(await latest()).toMatchObject({
      CodeSha256: before.CodeSha256,
      State: 'Active',
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReason: 'No network interface',
      LastUpdateStatusReasonCode: 'EniLimitExceeded',
    })
    await update('export {}')
    rig.pass(5000)
    expect((await latest()).LastUpdateStatus).toBe('Successful')
  })

  test('to fail as a version leaves a version that never gets Active', async () => {
    await update('export {}')
    rig.pass(5000)
    rig.sandbox.failNext('version', 'orders', { reason: 'Snapshot failed', code: 'FunctionError' })
    const published = await rig.lambda.send(new PublishVersionCommand({ FunctionName: 'orders' }))
    expect(published).toMatchObject({ Version: '3', State: 'Pending' })
    const version = new GetFunctionCommand({ FunctionName: 'orders', Qualifier: '3' })
    expect((await rig.lambda.send(version)).Configuration).toMatchObject({
      State: 'Failed',
      StateReason: 'Snapshot failed',
      StateReasonCode: 'FunctionError',
    })
  })

  test('to fail as an update leaves nothing to publish', async () => {
    rig.sandbox.failNext('update', 'orders', { reason: 'No network interface', code: 'EniLimitExceeded' })
    await update('export {}')
    rig.pass(5000)
    await expect(rig.lambda.send(new PublishVersionCommand({ FunctionName: 'orders' }))).rejects.toMatchObject({
      name: 'ResourceConflictException',
    })
  })

  test('to stall takes its time, and refuses others meanwhile', async () => {
    rig.sandbox.stall('orders', 60_000)
    await update('export {}')
    rig.pass(50_000)
    await expect(update('export const a = 1')).rejects.toMatchObject({ name: 'ResourceConflictException' })
    rig.pass(10_000)
    expect((await latest()).LastUpdateStatus).toBe('Successful')
  })
})
