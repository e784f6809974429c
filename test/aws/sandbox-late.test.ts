import { DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, test } from 'vitest'
import { dimensions, newRig, type Rig } from '../sandbox/rig.ts'
import type { SandboxOptions } from '../sandbox/sandbox.ts'

const minutes = 60_000
let rig: Rig

afterEach(() => rig.close())

async function begin(metrics: SandboxOptions['metrics'], errorRate = 0): Promise<void> {
  rig = await newRig({ seed: 7, ...(metrics && { metrics }) })
  await rig.deploy('orders')
  rig.pass(minutes - (rig.now() % minutes))
  rig.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond: 10,
    behaviour: () => ({ errorRate, durationMs: 20 }),
  })
}

const invocations = () => rig.points('Invocations', 'Sum')

test('a point is not there before its delay is over', async () => {
  await begin({ delayMs: 90_000 })
  rig.pass(90_000)
  expect(await invocations()).toEqual([])
  rig.pass(1 * minutes)
  expect(await invocations()).toHaveLength(1)
})

test('the newest minutes are provisional: they grow from read to read, and then stand', async () => {
  await begin({ delayMs: 30_000, spreadMs: 150_000 })
  const reads: number[] = []
  for (let read = 0; read < 10; read += 1) {
    rig.pass(30_000)
    reads.push((await invocations())[0] ?? 0)
  }
  expect(reads.toSorted((a, b) => a - b)).toEqual(reads)
  expect(new Set(reads).size).toBeGreaterThan(4)
  expect(reads.at(-1)).toBe(reads.at(-2))
  expect(reads.at(-1)).toBeGreaterThan(500)
})

test('what is late is lost to nobody: in the end the numbers are those of a sandbox without delay', async () => {
  const seen: unknown[] = []
  for (const metrics of [undefined, { delayMs: 60_000, spreadMs: 60_000 }]) {
    await begin(metrics, 0.1)
    rig.pass(5 * minutes)
    rig.sandbox.traffic.clear()
    rig.pass(10 * minutes)
    seen.push([await invocations(), await rig.points('Errors', 'Sum'), await rig.points('Duration', 'p90')])
    if (metrics === undefined) await rig.close()
  }
  expect(seen[1]).toEqual(seen[0])
})

test('a timeout shows last: its delay begins when it is over', async () => {
  rig = await newRig({ metrics: { delayMs: 1 } })
  await rig.deploy('orders')
  rig.sandbox.invocations.set('orders', '1', () => ({ payload: null, durationMs: 10 * minutes }))
  await rig.lambda.send(new InvokeCommand({ FunctionName: 'orders', Qualifier: 'live' }))
  rig.pass(10 * minutes)
  expect(await invocations()).toEqual([])
  rig.pass(1000)
  expect(await invocations()).toEqual([1])
})

test('alarms are evaluated on what can be seen', async () => {
  await begin({ delayMs: 90_000 }, 1)
  await rig.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'errors',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: dimensions(),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  )
  const states: (string | undefined)[] = []
  for (let minute = 1; minute <= 3; minute += 1) {
    rig.pass(1 * minutes)
    const { MetricAlarms } = await rig.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }))
    states.push(MetricAlarms?.[0]?.StateValue)
  }
  expect(states).toEqual(['OK', 'ALARM', 'ALARM'])
})

test('log lines are as late as points', async () => {
  await begin({ delayMs: 90_000 }, 1)
  const lines = async () =>
    (await rig.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/orders' }))).events ?? []
  rig.pass(1 * minutes)
  expect(await lines()).toEqual([])
  rig.pass(1 * minutes)
  const [first] = await lines()
  expect((first?.ingestionTime ?? 0) - (first?.timestamp ?? 0)).toBeGreaterThan(90_000)
})
