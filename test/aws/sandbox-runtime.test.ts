import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { InvokeCommand, UpdateAliasCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'
import { newExecutor } from '../sandbox/runtime.ts'

const source = (version: number) => `
let calls = 0
export const handler = async (event, context) => {
  calls += 1
  console.log('handling', event.name)
  if (event.fail) throw new RangeError('cannot do ' + event.fail)
  if (event.exit) process.exit(3)
  if (event.hang) await new Promise(resolve => setTimeout(resolve, 60_000))
  if (${version} === 2 && event.traffic) throw new Error('version 2 is bad')
  return {
    hello: event.name,
    version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    arn: context.invokedFunctionArn,
    greeting: process.env.GREETING,
    home: process.env.HOME,
    calls,
  }
}
`

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2, source)
})

afterEach(() => rig.close())

async function invoke(payload: object, more: object = {}) {
  const answer = await rig.lambda.send(
    new InvokeCommand({ FunctionName: 'orders', Qualifier: 'live', Payload: JSON.stringify(payload), ...more }),
  )
  return { ...answer, payload: answer.Payload?.length ? JSON.parse(answer.Payload.transformToString()) : undefined }
}

test('a handler runs under its version, and its process is kept warm', async () => {
  const first = await invoke({ name: 'Ann' })
  expect(first).toMatchObject({ StatusCode: 200, ExecutedVersion: '1' })
  expect(first.payload).toEqual({
    hello: 'Ann',
    version: '1',
    arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
    calls: 1,
  })
  expect((await invoke({ name: 'Bea' })).payload.calls).toBe(2)
  expect((await invoke({ name: 'Cyd' }, { Qualifier: '2' })).payload).toMatchObject({ version: '2', calls: 1 })
})

test('a thrown error is a function error, and the log’s tail comes along', async () => {
  const { FunctionError, LogResult, payload } = await invoke({ name: 'Ann', fail: 'it' }, { LogType: 'Tail' })
  expect(FunctionError).toBe('Unhandled')
  expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'cannot do it' })
  const log = Buffer.from(LogResult ?? '', 'base64').toString()
  expect(log).toMatch(/^START RequestId: \S+ Version: 1\nhandling Ann\nEND RequestId: \S+\nREPORT RequestId: /)
})

test('a process that dies or hangs is an error too, and the next call gets a new one', async () => {
  expect((await invoke({ exit: true })).payload).toMatchObject({ errorType: 'Runtime.ExitError' })
  await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'orders', Timeout: 1 }))
  rig.pass(5000)
  const hung = await invoke({ hang: true }, { Qualifier: '$LATEST' })
  expect(hung.payload.errorMessage).toContain('Task timed out after 1.00 seconds')
  expect((await invoke({ name: 'Ann' })).payload.calls).toBe(1)
})

test('a function sees its own environment', async () => {
  const Environment = { Variables: { GREETING: 'Hi' } }
  await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'orders', Environment }))
  rig.pass(5000)
  const { payload } = await invoke({ name: 'Ann' }, { Qualifier: undefined })
  expect(payload).toMatchObject({ greeting: 'Hi', version: '$LATEST' })
  expect(payload).not.toHaveProperty('home')
})

test('a dry run runs nothing, an event is taken and answered at once', async () => {
  expect(await invoke({}, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 })
  expect(await invoke({ name: 'Ann' }, { InvocationType: 'Event' })).toMatchObject({ StatusCode: 202 })
  expect((await invoke({ name: 'Bea' })).payload.calls).toBe(2)
})

test('executed traffic fails where the handler does', async () => {
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } }
  await rig.lambda.send(new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', RoutingConfig }))
  rig.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond: 0.5,
    execute: true,
    payload: () => ({ traffic: true }),
  })
  rig.pass(120_000)
  expect(await sum('Errors', '1')).toBe(0)
  expect(await sum('Errors', '2')).toBe(await sum('Invocations', '2'))
  expect(await sum('Invocations', '2')).toBeGreaterThan(10)
})

async function sum(MetricName: string, version: string): Promise<number> {
  const Dimensions = [
    { Name: 'FunctionName', Value: 'orders' },
    { Name: 'Resource', Value: 'orders:live' },
    { Name: 'ExecutedVersion', Value: version },
  ]
  const { MetricDataResults = [] } = await rig.cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: { Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions }, Period: 60, Stat: 'Sum' },
        },
      ],
      StartTime: new Date(rig.now() - 3_600_000),
      EndTime: new Date(rig.now() + 60_000),
    }),
  )
  return (MetricDataResults[0]?.Values ?? []).reduce((total, value) => total + value, 0)
}

test('events that wait for their turn when the sandbox closes start no process any more', async () => {
  const executor = newExecutor()
  const execution = (n: number) => ({
    functionName: 'orders',
    version: '1',
    arn: 'arn',
    code: { kind: 'zip' as const, bytes: zipOf(source(1)), sha256: 'x', size: 0 },
    handler: 'index.handler',
    environment: {},
    region: 'eu-west-1',
    memory: 128,
    requestId: String(n),
    timeoutMs: 3_000,
    payload: { name: 'late' },
  })
  expect((await executor.run(execution(0))).kind).toBe('success')
  const waiting = [1, 2, 3].map(n => executor.run(execution(n)))
  await executor.close()
  const last = (await Promise.all(waiting)).at(-1)
  expect(last).toMatchObject({ kind: 'error', payload: expect.stringContaining('the sandbox is closed') })
})
