import { GetMetricDataCommand, PutMetricAlarmCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import type { SandboxOptions } from '../sandbox/sandbox.ts'

let rig: Rig

afterEach(() => rig.close())

/** The statistic of what was put at one time: 100, 200, 300 and 400. */
async function statistic(Stat: string): Promise<number | undefined> {
  rig = await newRig()
  await put()
  return await read(Stat)
}

async function put(): Promise<void> {
  const MetricData = [{ MetricName: 'latency', Values: [100, 200, 300, 400], Timestamp: new Date(rig.now()) }]
  await rig.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'own', MetricData }))
}

async function read(Stat: string): Promise<number | undefined> {
  const { MetricDataResults = [] } = await rig.cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        { Id: 'm', MetricStat: { Metric: { Namespace: 'own', MetricName: 'latency' }, Period: 60, Stat } },
      ],
      StartTime: new Date(rig.now()),
      EndTime: new Date(rig.now() + 60_000),
    }),
  )
  return MetricDataResults[0]?.Values?.[0]
}

describe('of values above the one bound, up to and with the other', () => {
  for (const [Stat, value] of [
    ['TC(200:300)', 1],
    ['TC(:200)', 2],
    ['TC(200:)', 2],
    ['TC(400:)', 0],
    ['PR(:300)', 75],
    ['PR(100:300)', 50],
    ['TM(100:300)', 250],
    ['TM(0.5:100.5)', 100],
    ['TM(400:)', undefined],
  ] as const) {
    test(`${Stat} of 100, 200, 300, 400 is ${value ?? 'nothing'}`, async () => {
      expect(await statistic(Stat)).toBe(value)
    })
  }
})

for (const Stat of ['TC(:)', 'TC(10%:90%)', 'tc90', 'XX(1:2)', 'TC(-1:2)']) {
  test(`${Stat} is not to be had`, async () => {
    await expect(statistic(Stat)).rejects.toMatchObject({ name: 'ValidationException' })
  })
}

test('a set of statistics has lost the values that they need', async () => {
  rig = await newRig()
  const StatisticValues = { SampleCount: 2, Sum: 300, Minimum: 100, Maximum: 200 }
  const MetricData = [{ MetricName: 'latency', StatisticValues, Timestamp: new Date(rig.now()) }]
  await rig.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'own', MetricData }))
  expect(await read('TC(:150)')).toBeUndefined()
})

describe('of Lambda they are', () => {
  async function invoked(trimmed?: NonNullable<SandboxOptions['metrics']>['trimmed']): Promise<void> {
    rig = await newRig(trimmed && { metrics: { trimmed } })
    await rig.deploy('orders')
    rig.sandbox.invocations.set('orders', '*', () => ({ payload: null, durationMs: 850 }))
    await rig.lambda.send(new InvokeCommand({ FunctionName: 'orders', Qualifier: 'live' }))
  }

  test('given, unless the sandbox is told otherwise', async () => {
    await invoked()
    expect(await rig.points('Duration', 'TC(800:)')).toEqual([1])
    expect(await rig.points('Duration', 'PR(:800)')).toEqual([0])
  })

  test('refused, where it is told so, to alarms too; all others are given', async () => {
    await invoked('refused')
    await expect(rig.points('Duration', 'TC(800:)')).rejects.toMatchObject({ name: 'ValidationException' })
    const alarm = new PutMetricAlarmCommand({
      AlarmName: 'slow',
      Namespace: 'AWS/Lambda',
      MetricName: 'Duration',
      ExtendedStatistic: 'PR(:800)',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 99,
      ComparisonOperator: 'LessThanThreshold',
    })
    await expect(rig.cloudwatch.send(alarm)).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await rig.points('Duration', 'p99')).toEqual([850])
    await put()
    expect(await read('TC(:200)')).toBe(2)
  })

  test('absent, where it is told so: no datapoints, and no error', async () => {
    await invoked('absent')
    expect(await rig.points('Duration', 'TC(800:)')).toEqual([])
    expect(await rig.points('Duration', 'p99')).toEqual([850])
  })
})
