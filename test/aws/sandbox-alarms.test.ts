import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetMetricDataCommand,
  PutCompositeAlarmCommand,
  PutLogAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'

const minutes = 60_000
let rig: Rig

beforeEach(async () => {
  rig = await newRig()
})

afterEach(() => rig.close())

/** Points by minute, oldest first, as CloudWatch's guide draws them: 0 is fine, X breaches, - is missing. */
const table: readonly (readonly [string, number, Record<string, string>])[] = [
  ['0-X-X', 3, { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
  ['----0', 3, { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
  ['0XX-X', 3, { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
  ['--X--', 3, { missing: 'ALARM', ignore: 'INSUFFICIENT_DATA', breaching: 'ALARM', notBreaching: 'OK' }],
  ['0-X-X', 2, { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
  ['00X0X', 2, { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
  ['0-X--', 2, { missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' }],
  ['---X-', 2, { missing: 'ALARM', ignore: 'INSUFFICIENT_DATA', breaching: 'ALARM', notBreaching: 'OK' }],
]

describe('missing data', () => {
  for (const [points, toAlarm, expected] of table) {
    for (const [policy, state] of Object.entries(expected)) {
      test(`${points}, ${toAlarm} of 3, treated as ${policy}: ${state}`, async () => {
        for (const [index, point] of [...points].entries()) {
          if (point !== '-') await put(point === 'X' ? 10 : 0, rig.now() + index * minutes)
        }
        await rig.sandbox.handle(noop) // nothing is evaluated before the alarm exists
        rig.pass(4 * minutes + 30_000)
        await alarm('a', { EvaluationPeriods: 3, DatapointsToAlarm: toAlarm, TreatMissingData: policy })
        rig.pass(30_000)
        expect(await stateOf('a')).toBe(state)
      })
    }
  }

  test('all of it missing, an alarm that had data has insufficient data', async () => {
    await put(0, rig.now())
    await alarm('a', {})
    rig.pass(1 * minutes)
    expect(await stateOf('a')).toBe('OK')
    rig.pass(4 * minutes)
    expect(await stateOf('a')).toBe('INSUFFICIENT_DATA')
  })

  test('an alarm on a metric that never was stays as it was set', async () => {
    await alarm('a', {})
    await set('a', 'ALARM')
    rig.pass(10 * minutes)
    expect(await stateOf('a')).toBe('ALARM')
  })
})

test('what SetAlarmState sets lasts until the next evaluation', async () => {
  await put(0, rig.now())
  await put(0, rig.now() + 1 * minutes)
  await alarm('a', {})
  rig.pass(1 * minutes)
  await set('a', 'ALARM')
  expect(await stateOf('a')).toBe('ALARM')
  rig.pass(1 * minutes)
  expect(await stateOf('a')).toBe('OK')
})

test('an alarm that is put again keeps its state', async () => {
  await alarm('a', {})
  await set('a', 'ALARM')
  await alarm('a', { Threshold: 9 })
  expect(await stateOf('a')).toBe('ALARM')
})

test('StateTransitionedTimestamp moves with the state only', async () => {
  await alarm('a', {})
  await set('a', 'OK')
  const before = await describeAlarm('a')
  rig.pass(10_000)
  await set('a', 'OK')
  const after = await describeAlarm('a')
  expect(after?.StateTransitionedTimestamp).toEqual(before?.StateTransitionedTimestamp)
  expect(after?.StateUpdatedTimestamp?.getTime()).toBe(rig.now())
})

describe('a composite alarm', () => {
  test('follows the alarms that its rule names', async () => {
    await alarm('errors', {})
    await alarm('latency', {})
    await composite('both', 'ALARM("errors") AND NOT (OK(latency) OR FALSE)')
    expect(await compositeState('both')).toBe('OK')
    await set('errors', 'ALARM')
    expect(await compositeState('both')).toBe('ALARM')
    await set('latency', 'OK')
    expect(await compositeState('both')).toBe('OK')
  })

  test('may name composites', async () => {
    await alarm('errors', {})
    await composite('inner', 'ALARM(errors)')
    await composite('outer', 'ALARM(inner)')
    await set('errors', 'ALARM')
    expect(await compositeState('outer')).toBe('ALARM')
  })

  test('is not described unless its type is asked for', async () => {
    await composite('always', 'TRUE')
    const { CompositeAlarms, MetricAlarms } = await rig.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: ['always'] }),
    )
    expect([CompositeAlarms, MetricAlarms]).toEqual([[], []])
    expect(await compositeState('always')).toBe('ALARM')
  })

  test('cannot name an alarm that does not exist, nor have a rule that cannot be read', async () => {
    await expect(composite('bad', 'ALARM(ghost)')).rejects.toMatchObject({ message: expect.stringContaining('ghost') })
    await expect(composite('bad', 'ALARM(')).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
  })
})

test('a log alarm is described where its type is asked for, in the state that it was set to', async () => {
  await rig.cloudwatch.send(
    new PutLogAlarmCommand({
      AlarmName: 'log',
      ScheduledQueryConfiguration: undefined,
      QueryResultsToEvaluate: 1,
      QueryResultsToAlarm: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  )
  await set('log', 'ALARM')
  rig.pass(5 * minutes)
  const named = { AlarmNames: ['log'] }
  const without = await rig.cloudwatch.send(new DescribeAlarmsCommand(named))
  expect(without.LogAlarms).toBeUndefined()
  const { LogAlarms } = await rig.cloudwatch.send(new DescribeAlarmsCommand({ ...named, AlarmTypes: ['LogAlarm'] }))
  expect(LogAlarms).toMatchObject([{ AlarmName: 'log', StateValue: 'ALARM', StateReason: 'a test says so' }])
})

test('alarms are found by prefix and by state, page by page', async () => {
  for (const name of ['orders-a', 'orders-b', 'orders-c', 'payments']) await alarm(name, {})
  await set('orders-b', 'ALARM')
  const names: (string | undefined)[] = []
  for (let NextToken: string | undefined; ; ) {
    const page = await rig.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'orders-', MaxRecords: 2, NextToken }),
    )
    names.push(...(page.MetricAlarms ?? []).map(found => found.AlarmName))
    NextToken = page.NextToken
    if (NextToken === undefined) break
  }
  expect(names).toEqual(['orders-a', 'orders-b', 'orders-c'])
  const firing = await rig.cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }))
  expect(firing.MetricAlarms?.map(found => found.AlarmName)).toEqual(['orders-b'])
})

test('actions can be switched off and on, and states go on changing', async () => {
  await alarm('a', {})
  await rig.cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames: ['a', 'ghost'] }))
  await set('a', 'ALARM')
  expect(await describeAlarm('a')).toMatchObject({ ActionsEnabled: false, StateValue: 'ALARM' })
  await rig.cloudwatch.send(new EnableAlarmActionsCommand({ AlarmNames: ['a'] }))
  expect(await describeAlarm('a')).toMatchObject({ ActionsEnabled: true })
})

test('another protocol than JSON is refused by name', async () => {
  const reply = await rig.sandbox.handle({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from('Action=DescribeAlarms&Version=2010-08-01'),
  })
  expect(reply.status).toBe(501)
  expect(rig.sandbox.requests.at(-1)).toMatchObject({ service: 'cloudwatch', error: 'NotModelledBySandbox' })
})

test('an unknown alarm cannot be set or deleted', async () => {
  const notFound = { name: expect.stringMatching(/^ResourceNotFound/), $metadata: { httpStatusCode: 404 } }
  await expect(set('ghost', 'OK')).rejects.toMatchObject(notFound)
  await expect(rig.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['ghost'] }))).rejects.toMatchObject(notFound)
})

test('metric data come gzipped or not, are paged, and in the order that is asked for', async () => {
  const MetricData = Array.from({ length: 300 }, (_, index) => ({
    MetricName: 'latency',
    Value: index,
    Timestamp: new Date(rig.now() + index * 1000),
    Dimensions: [{ Name: 'a-long-dimension-name-to-make-it-large', Value: 'one' }],
  }))
  await rig.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'app', MetricData }))
  const read = (more: object) =>
    rig.cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(rig.now()),
        EndTime: new Date(rig.now() + 5 * minutes),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'top',
            MetricStat: {
              Metric: { Namespace: 'app', MetricName: 'latency', Dimensions: MetricData[0]?.Dimensions },
              Period: 60,
              Stat: 'Maximum',
            },
          },
        ],
        ...more,
      }),
    )
  expect((await read({})).MetricDataResults?.[0]?.Values).toEqual([59, 119, 179, 239, 299])
  expect((await read({ ScanBy: 'TimestampDescending' })).MetricDataResults?.[0]?.Values?.[0]).toBe(299)
  const first = await read({ MaxDatapoints: 3 })
  expect(first.MetricDataResults?.[0]).toMatchObject({ Values: [59, 119, 179], StatusCode: 'PartialData' })
  const second = await read({ MaxDatapoints: 3, NextToken: first.NextToken })
  expect(second.MetricDataResults?.[0]).toMatchObject({ Values: [239, 299], StatusCode: 'Complete' })
  await expect(read({ EndTime: new Date(rig.now() - 1000) })).rejects.toThrow()
})

const noop = {
  method: 'POST',
  path: '/',
  headers: { 'x-amz-target': 'GraniteServiceVersion20100801.DescribeAlarms' },
  body: new Uint8Array(),
}

async function put(Value: number, at: number): Promise<void> {
  await rig.cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'app',
      MetricData: [{ MetricName: 'failures', Value, Timestamp: new Date(at) }],
    }),
  )
}

async function alarm(AlarmName: string, more: object): Promise<void> {
  await rig.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'app',
      MetricName: 'failures',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      ...more,
    }),
  )
}

async function composite(AlarmName: string, AlarmRule: string): Promise<void> {
  await rig.cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule }))
}

async function set(AlarmName: string, StateValue: 'OK' | 'ALARM'): Promise<void> {
  await rig.cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'a test says so' }))
}

async function describeAlarm(name: string) {
  const found = await rig.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))
  return found.MetricAlarms?.[0]
}

async function stateOf(name: string): Promise<string | undefined> {
  return (await describeAlarm(name))?.StateValue
}

async function compositeState(name: string): Promise<string | undefined> {
  const found = await rig.cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['CompositeAlarm'] }),
  )
  return found.CompositeAlarms?.[0]?.StateValue
}
