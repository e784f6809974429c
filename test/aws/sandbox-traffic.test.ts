import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'
import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'

const minutes = 60_000
let rig: Rig

beforeEach(async () => {
  rig = await newRig({ seed: 7 })
})

afterEach(() => rig.close())

test('a canary gets its share of the alias’s requests, and metrics tell the versions apart', async () => {
  await rig.deploy('orders', 2)
  await rig.lambda.send(shift('2', 0.1))
  rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 20 })
  rig.pass(10 * minutes)

  const stable = await sum('Invocations', '1')
  const candidate = await sum('Invocations', '2')
  expect(stable + candidate).toBe(await sum('Invocations'))
  expect(stable + candidate).toBeGreaterThan(11_000)
  expect(stable + candidate).toBeLessThan(13_000)
  expect(candidate / (stable + candidate)).toBeCloseTo(0.1, 1)
})

test('traffic follows the weights that are in force when it comes', async () => {
  await rig.deploy('orders', 2)
  rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 10 })
  rig.pass(2 * minutes)
  expect(await sum('Invocations', '2')).toBe(0)
  await rig.lambda.send(new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', FunctionVersion: '2' }))
  const before = await sum('Invocations', '1')
  rig.pass(2 * minutes)
  expect(await sum('Invocations', '1')).toBe(before)
  expect(await sum('Invocations', '2')).toBeGreaterThan(1000)
})

test('the same seed makes the same traffic', async () => {
  const seen: number[] = []
  for (let run = 0; run < 2; run += 1) {
    const other = await newRig({ seed: 3 })
    await other.deploy('orders')
    other.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 5 })
    other.pass(5 * minutes)
    seen.push(await sum('Invocations', undefined, other))
    await other.close()
  }
  expect(seen[0]).toBeGreaterThan(1000)
  expect(seen[1]).toBe(seen[0])
})

test('no traffic is no datapoint, and success is an Errors point of zero', async () => {
  await rig.deploy('orders')
  rig.pass(3 * minutes)
  expect(await values('Invocations', 'Sum')).toEqual([])
  rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 5 })
  rig.pass(2 * minutes)
  expect(new Set(await values('Errors', 'Sum'))).toEqual(new Set([0]))
})

test('durations have percentiles around the behaviour’s duration', async () => {
  await rig.deploy('orders')
  rig.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond: 20,
    behaviour: () => ({ errorRate: 0, durationMs: 200 }),
  })
  rig.pass(3 * minutes)
  for (const median of await values('Duration', 'p50')) {
    expect(median).toBeGreaterThan(180)
    expect(median).toBeLessThan(220)
  }
  const [p50 = 0] = await values('Duration', 'p50')
  const [p99 = 0] = await values('Duration', 'p99')
  expect(p99).toBeGreaterThan(1.5 * p50)
})

test('a failing canary raises the alarm on its version, and the roll-back lets it come back to OK', async () => {
  await rig.deploy('orders', 2)
  await rig.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'canary-errors',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: dimensions('2'),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  )
  rig.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond: 10,
    behaviour: version => ({ errorRate: version === '2' ? 0.5 : 0, durationMs: 20 }),
  })
  rig.pass(2 * minutes)
  expect(await stateOf('canary-errors')).toBe('OK')

  await rig.lambda.send(shift('2', 0.2))
  rig.pass(2 * minutes)
  expect(await stateOf('canary-errors')).toBe('ALARM')

  await rig.lambda.send(
    new UpdateAliasCommand({
      FunctionName: 'orders',
      Name: 'live',
      RoutingConfig: { AdditionalVersionWeights: {} },
    }),
  )
  rig.pass(5 * minutes)
  expect(await stateOf('canary-errors')).toBe('OK')

  const { AlarmHistoryItems = [] } = await rig.cloudwatch.send(
    new DescribeAlarmHistoryCommand({ AlarmName: 'canary-errors', HistoryItemType: 'StateUpdate' }),
  )
  expect(AlarmHistoryItems.map(item => item.HistorySummary)).toEqual([
    'Alarm updated from ALARM to OK',
    'Alarm updated from OK to ALARM',
    'Alarm updated from INSUFFICIENT_DATA to OK',
  ])
})

test('an alarm on a ratio of two metrics is evaluated by its expression', async () => {
  await rig.deploy('orders')
  const stat = (MetricName: string) => ({
    Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: dimensions() },
    Period: 60,
    Stat: 'Sum',
  })
  await rig.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'error-rate',
      Metrics: [
        { Id: 'rate', Expression: '100 * e / i', ReturnData: true },
        { Id: 'e', MetricStat: stat('Errors'), ReturnData: false },
        { Id: 'i', MetricStat: stat('Invocations'), ReturnData: false },
      ],
      EvaluationPeriods: 2,
      Threshold: 20,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  )
  let errorRate = 0.05
  rig.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond: 20,
    behaviour: () => ({ errorRate, durationMs: 20 }),
  })
  rig.pass(3 * minutes)
  expect(await stateOf('error-rate')).toBe('OK')
  errorRate = 0.4
  rig.pass(1 * minutes)
  expect(await stateOf('error-rate')).toBe('OK')
  rig.pass(2 * minutes)
  expect(await stateOf('error-rate')).toBe('ALARM')
})

function shift(version: string, weight: number): UpdateAliasCommand {
  return new UpdateAliasCommand({
    FunctionName: 'orders',
    Name: 'live',
    RoutingConfig: { AdditionalVersionWeights: { [version]: weight } },
  })
}

function dimensions(version?: string) {
  return [
    { Name: 'FunctionName', Value: 'orders' },
    { Name: 'Resource', Value: 'orders:live' },
    ...(version === undefined ? [] : [{ Name: 'ExecutedVersion', Value: version }]),
  ]
}

async function values(MetricName: string, Stat: string, version?: string, of = rig): Promise<readonly number[]> {
  const { MetricDataResults = [] } = await of.cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: {
            Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: dimensions(version) },
            Period: 60,
            Stat,
          },
        },
      ],
      StartTime: new Date(of.now() - 60 * minutes),
      EndTime: new Date(of.now() + minutes),
    }),
  )
  return MetricDataResults[0]?.Values ?? []
}

async function sum(metric: string, version?: string, of = rig): Promise<number> {
  return (await values(metric, 'Sum', version, of)).reduce((total, value) => total + value, 0)
}

async function stateOf(name: string): Promise<string | undefined> {
  const { MetricAlarms = [] } = await rig.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))
  return MetricAlarms[0]?.StateValue
}
