import { CreateFunctionCommand, InvokeCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
})

afterEach(() => rig.close())

async function invoke(Qualifier: string, payload: unknown = {}, FunctionName = 'orders') {
  const {
    $metadata: _,
    Payload,
    LogResult,
    ...answer
  } = await rig.lambda.send(
    new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(payload), LogType: 'Tail' }),
  )
  return {
    ...answer,
    payload: JSON.parse(Payload?.transformToString() ?? ''),
    log: Buffer.from(LogResult ?? '', 'base64').toString(),
  }
}

test('a version answers what a test has set, and others what their code does', async () => {
  rig.sandbox.invocations.set('orders', '2', payload => ({ payload: { statusCode: 500, payload } }))
  expect(await invoke('2', { order: 7 })).toMatchObject({
    StatusCode: 200,
    ExecutedVersion: '2',
    payload: { statusCode: 500, payload: { order: 7 } },
  })
  expect((await invoke('1')).payload).toEqual({ statusCode: 200, body: 'version 1' })
})

test('a version’s own answer comes before that of all, and none is left when they are cleared', async () => {
  rig.sandbox.invocations.set('orders', '*', () => ({ payload: 'all' }))
  rig.sandbox.invocations.set('orders', '2', () => ({ payload: 'two' }))
  expect([(await invoke('1')).payload, (await invoke('2')).payload]).toEqual(['all', 'two'])
  rig.sandbox.invocations.clear()
  expect((await invoke('2')).payload).toEqual({ statusCode: 200, body: 'version 2' })
})

test('a function error has its kind, its payload, and the tail of its log', async () => {
  rig.sandbox.invocations.set('orders', '2', () => ({
    payload: { errorType: 'TypeError', errorMessage: 'no price' },
    functionError: 'Unhandled',
    log: 'pricing\n',
    durationMs: 12,
  }))
  const { FunctionError, payload, log, StatusCode } = await invoke('2')
  expect({ FunctionError, payload, StatusCode }).toEqual({
    StatusCode: 200,
    FunctionError: 'Unhandled',
    payload: { errorType: 'TypeError', errorMessage: 'no price' },
  })
  const id = /^START RequestId: (\S+)/.exec(log)?.[1]
  expect(log.split('\n')).toEqual([
    `START RequestId: ${id} Version: 2`,
    'pricing',
    expect.stringMatching(/^2026-11-23T10:\d\d:\d\d\.012Z\t\S+\tERROR\tInvoke Error \t\{"errorType":"TypeError",/),
    `END RequestId: ${id}`,
    `REPORT RequestId: ${id}\tDuration: 12.00 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t`,
    '',
  ])
})

test('of a long log the last 4 KB come along', async () => {
  rig.sandbox.invocations.set('orders', '2', () => ({ payload: null, log: 'long line\n'.repeat(1000) }))
  const { log } = await invoke('2')
  expect(log).toHaveLength(4096)
  expect(log).toMatch(/Max Memory Used: 72 MB\t\n$/)
})

test('what an answer throws is the function’s error', async () => {
  rig.sandbox.invocations.set('orders', '2', async () => {
    throw new RangeError('too many')
  })
  expect(await invoke('2')).toMatchObject({
    FunctionError: 'Unhandled',
    payload: { errorType: 'RangeError', errorMessage: 'too many', trace: expect.any(Array) },
  })
})

test('code that the sandbox cannot run answers too, once a test has set what', async () => {
  await rig.lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'image',
      Role: 'arn:aws:iam::111122223333:role/orders',
      PackageType: 'Image',
      Code: { ImageUri: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:7' },
    }),
  )
  rig.pass(30_000)
  await expect(invoke('$LATEST', {}, 'image')).rejects.toMatchObject({ name: 'NotModelledBySandbox' })
  rig.sandbox.invocations.set('image', '*', () => ({ payload: 'fine' }))
  expect((await invoke('$LATEST', {}, 'image')).payload).toBe('fine')
})

test('an alias, executed traffic and metrics go by what was set', async () => {
  await rig.lambda.send(
    new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', FunctionVersion: '2', RoutingConfig: {} }),
  )
  rig.sandbox.invocations.set('orders', '2', () => ({ payload: null, functionError: 'Unhandled', durationMs: 321 }))
  expect((await invoke('live')).FunctionError).toBe('Unhandled')
  rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 1, execute: true })
  rig.pass(120_000)
  const sum = async (metric: string) => (await rig.points(metric, 'Sum', '2')).reduce((a, b) => a + b, 0)
  expect(await sum('Errors')).toBe(await sum('Invocations'))
  expect(await sum('Invocations')).toBeGreaterThan(60)
  expect(new Set(await rig.points('Duration', 'p99', '2'))).toEqual(new Set([321]))
})
