import {
  PutCompositeAlarmCommand,
  PutLogAlarmCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CloudWatchAlarms } from '../../src/aws/alarms.ts'
import { type Account, newAccount } from '../support/world/account.ts'

let account: Account
let alarms: CloudWatchAlarms

beforeEach(async () => {
  account = await newAccount()
  alarms = new CloudWatchAlarms(account.cloudwatch)
})

afterEach(() => account.close())

async function metricAlarm(name: string): Promise<void> {
  await account.rig.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: name,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  )
}

async function set(name: string, state: StateValue, reason = `${name} is ${state}`): Promise<void> {
  await account.rig.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: reason }),
  )
}

function arnOf(name: string): string {
  return `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`
}

const names = (found: readonly { name: string }[]) => found.map(({ name }) => name).sort()

describe('a read', () => {
  test('gives name, ARN, state, reason and when the state changed', async () => {
    await metricAlarm('errors')
    account.rig.pass(30_000)
    await set('errors', 'ALARM', '5 errors')
    expect(await alarms.read(['errors'])).toEqual([
      {
        name: 'errors',
        arn: arnOf('errors'),
        state: 'ALARM',
        reason: '5 errors',
        transitionedAt: account.rig.now(),
      },
    ])
  })

  test('finds alarms of every kind in one request', async () => {
    await metricAlarm('errors')
    await account.rig.cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: 'any', AlarmRule: 'ALARM(errors)' }))
    await account.rig.cloudwatch.send(
      new PutLogAlarmCommand({ AlarmName: 'logs' } as unknown as ConstructorParameters<typeof PutLogAlarmCommand>[0]),
    )
    account.forget()
    expect(names(await alarms.read(['errors', 'any', 'logs']))).toEqual(['any', 'errors', 'logs'])
    expect(account.requests('DescribeAlarms')).toHaveLength(1)
  })

  test('leaves out what does not exist', async () => {
    await metricAlarm('errors')
    expect(names(await alarms.read(['errors', 'nothing']))).toEqual(['errors'])
  })

  test('of nothing asks nothing', async () => {
    account.forget()
    expect(await alarms.read([])).toEqual([])
    expect(account.requests('DescribeAlarms')).toEqual([])
  })

  test('of more than a hundred names asks in chunks of a hundred', async () => {
    const many = Array.from({ length: 230 }, (_, i) => `alarm-${String(i).padStart(3, '0')}`)
    for (const name of many) await metricAlarm(name)
    account.forget()
    expect(names(await alarms.read(many))).toEqual(many)
    const asked = account.requests('DescribeAlarms').map(({ input }) => (input as { AlarmNames: string[] }).AlarmNames)
    expect(asked.map(chunk => chunk.length).sort()).toEqual([100, 100, 30])
  })

  test('ends with the signal', async () => {
    const cut = new AbortController()
    account.befall('DescribeAlarms', { kind: 'before', run: () => cut.abort() })
    await expect(alarms.read(['errors'], cut.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('what is named in the input', () => {
  beforeEach(async () => {
    for (const name of ['orders-errors', 'orders-latency', 'payments', 'odd:name']) await metricAlarm(name)
  })

  test('can be a name', async () => {
    const { alarms: found, unknown } = await alarms.find(['payments'])
    expect([names(found), unknown]).toEqual([['payments'], []])
  })

  test('can be an ARN, also of an alarm whose name has a colon', async () => {
    const { alarms: found, unknown } = await alarms.find([arnOf('payments'), arnOf('odd:name')])
    expect([names(found), unknown]).toEqual([['odd:name', 'payments'], []])
  })

  test('can be a prefix', async () => {
    const { alarms: found, unknown } = await alarms.find(['orders-*'])
    expect([names(found), unknown]).toEqual([['orders-errors', 'orders-latency'], []])
  })

  test('can be the same alarm twice, which counts once', async () => {
    const { alarms: found } = await alarms.find(['orders-*', 'orders-errors', arnOf('orders-errors')])
    expect(names(found)).toEqual(['orders-errors', 'orders-latency'])
  })

  test('is unknown where nothing of it exists, as it was written', async () => {
    const elsewhere = 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:payments'
    const { unknown } = await alarms.find(['nothing', 'nobody-*', arnOf('gone'), elsewhere, 'payments'])
    expect(unknown.toSorted()).toEqual(['nobody-*', 'nothing', arnOf('gone'), elsewhere].toSorted())
  })

  test('can be a prefix of more alarms than a page has', async () => {
    for (let i = 0; i < 105; i++) await metricAlarm(`many-${i}`)
    account.forget()
    const { alarms: found } = await alarms.find(['many-*'])
    expect(found).toHaveLength(105)
    expect(account.requests('DescribeAlarms').length).toBeGreaterThan(1)
  })
})

describe('the history', () => {
  test('gives the changes of state since a moment, that one included, oldest first', async () => {
    await metricAlarm('errors')
    await set('errors', 'OK')
    account.rig.pass(10_000)
    const since = account.rig.now()
    await set('errors', 'ALARM', 'five')
    account.rig.pass(7_000)
    await set('errors', 'OK', 'none')
    expect(await alarms.history('errors', since)).toEqual([
      { at: since, to: 'ALARM', reason: 'five' },
      { at: since + 7_000, to: 'OK', reason: 'none' },
    ])
  })

  test('of a composite alarm is found as well', async () => {
    await metricAlarm('errors')
    await account.rig.cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: 'any', AlarmRule: 'ALARM(errors)' }))
    const since = account.rig.now()
    account.rig.pass(1_000)
    await set('errors', 'ALARM')
    expect((await alarms.history('any', since)).map(({ to }) => to)).toContain('ALARM')
  })

  test('is read to its last page, in order', async () => {
    await metricAlarm('errors')
    const since = account.rig.now()
    const states: StateValue[] = []
    for (let i = 0; i < 120; i++) {
      const state = i % 2 === 0 ? 'ALARM' : 'OK'
      account.rig.pass(100)
      await set('errors', state)
      states.push(state)
    }
    account.forget()
    const changes = await alarms.history('errors', since)
    expect(changes.map(({ to }) => to)).toEqual(states)
    expect(changes.map(({ at }) => at)).toEqual(changes.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(account.requests('DescribeAlarmHistory')).toHaveLength(2)
  })
})
