import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { CreateScheduleCommand } from '@aws-sdk/client-scheduler'
import { afterEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import type { Limits } from '../sandbox/sandbox.ts'

let rig: Rig

async function begin(limits: Limits = {}): Promise<void> {
  rig = await newRig({ limits })
  await rig.deploy('orders', 2)
  rig.pass(60_000)
}

afterEach(() => rig.close())

const FunctionName = 'orders'
const live = { FunctionName, Name: 'live' }
const getAlias = () => rig.lambda.send(new GetAliasCommand(live))
const getFunction = () => rig.lambda.send(new GetFunctionCommand({ FunctionName }))
const invoke = (InvocationType: 'RequestResponse' | 'Event' | 'DryRun' = 'RequestResponse') =>
  rig.lambda.send(new InvokeCommand({ FunctionName, Qualifier: 'live', InvocationType }))

describe("Lambda's control plane", () => {
  const refused = async (calls: number, call: () => Promise<unknown>) => {
    const ended = await Promise.allSettled(Array.from({ length: calls }, call))
    return ended.filter(({ status }) => status === 'rejected').length
  }

  test('takes any number of calls, unless it is said to be as AWS has it', async () => {
    await begin()
    expect(await refused(40, getAlias)).toBe(0)
  })

  test('takes so many calls a second and refuses the rest, saying when to come again', async () => {
    await begin({ controlPlanePerSecond: 15 })
    expect(await refused(20, getAlias)).toBe(5)
    await expect(getAlias()).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'CallerRateLimitExceeded',
      retryAfterSeconds: '1',
      $metadata: { httpStatusCode: 429 },
    })
    rig.pass(999)
    expect(await refused(1, getAlias)).toBe(1)
    rig.pass(1)
    expect(await refused(15, getAlias)).toBe(0)
  })

  test('counts GetFunction apart, and invocations not at all', async () => {
    await begin({ controlPlanePerSecond: 3, getFunctionPerSecond: 10 })
    expect(await refused(4, getAlias)).toBe(1)
    expect(await refused(12, getFunction)).toBe(2)
    expect(await refused(4, () => invoke('DryRun'))).toBe(0)
  })

  test('counts what Scheduler asks of it as well', async () => {
    await begin({ controlPlanePerSecond: 2 })
    const soon = new Date(rig.now() + 1000).toISOString().slice(0, 19)
    await rig.scheduler.send(
      new CreateScheduleCommand({
        Name: 'watch',
        ScheduleExpression: `at(${soon})`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateAlias',
          RoleArn: 'arn:aws:iam::111122223333:role/watchdog',
          Input: JSON.stringify({ ...live, Description: 'whole' }),
        },
      }),
    )
    rig.pass(500)
    await getAlias()
    await getAlias()
    rig.pass(500)
    expect(rig.sandbox.schedules.all[0]?.runs).toMatchObject([{ result: { error: 'TooManyRequestsException' } }])
    rig.pass(60_000)
    expect(await getAlias()).toMatchObject({ Description: 'whole' })
  })
})

describe('reserved concurrency', () => {
  const reserve = (ReservedConcurrentExecutions: number) =>
    rig.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }))
  const release = () => rig.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
  const shown = async () =>
    (await rig.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions
  const throttled = { name: 'TooManyRequestsException', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }

  test('is shown until it is taken away', async () => {
    await begin()
    expect(await shown()).toBeUndefined()
    expect((await getFunction()).Concurrency).toBeUndefined()
    await reserve(0)
    expect(await shown()).toBe(0)
    expect((await getFunction()).Concurrency).toEqual({ ReservedConcurrentExecutions: 0 })
    await release()
    expect(await shown()).toBeUndefined()
  })

  test('is taken from what the account has for others, of which some has to stay', async () => {
    await begin()
    await reserve(900)
    const { AccountLimit } = await rig.lambda.send(new GetAccountSettingsCommand({}))
    expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 100 })
    await expect(reserve(901)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('below its minimum value of [100]'),
    })
    await expect(reserve(-1)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('is no less than what is provisioned', async () => {
    await begin()
    const ProvisionedConcurrentExecutions = 5
    await rig.lambda.send(
      new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: 'live', ProvisionedConcurrentExecutions }),
    )
    await expect(reserve(4)).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
    await reserve(5)
  })

  test('of 0 lets no invocation through, until it is taken away', async () => {
    await begin()
    await reserve(0)
    await expect(invoke()).rejects.toMatchObject({ ...throttled, $metadata: { httpStatusCode: 429 } })
    expect((await invoke('Event')).StatusCode).toBe(202)
    expect((await invoke('DryRun')).StatusCode).toBe(204)
    await release()
    expect((await invoke()).StatusCode).toBe(200)
  })

  test('of 0 counts each request as a throttle, and as no invocation', async () => {
    await begin()
    await rig.lambda.send(new UpdateAliasCommand({ ...live, RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } } }))
    await reserve(0)
    rig.sandbox.traffic.add({ functionName: FunctionName, alias: 'live', perSecond: 2 })
    rig.pass(5 * 60_000)
    const sum = async (metric: string, version?: string) =>
      (await rig.points(metric, 'Sum', version)).reduce((total, value) => total + value, 0)
    expect(await sum('Throttles')).toBeGreaterThan(500)
    expect(await sum('Throttles', '2')).toBeGreaterThan(200)
    for (const metric of ['Invocations', 'Errors', 'Duration']) expect(await sum(metric)).toBe(0)
  })

  test('lets so many through at a time and no more', async () => {
    await begin()
    await reserve(1)
    rig.sandbox.traffic.add({
      functionName: FunctionName,
      alias: 'live',
      perSecond: 2,
      behaviour: () => ({ errorRate: 0, durationMs: 2000, spread: { sigma: 0 } }),
    })
    rig.pass(10 * 60_000)
    const invocations = await rig.points('Invocations', 'Sum')
    expect(Math.max(...invocations)).toBeLessThanOrEqual(30)
    expect(Math.min(...(await rig.points('Throttles', 'Sum')).slice(1, -1))).toBeGreaterThan(50)
  })
})
