import { PutCompositeAlarmCommand, PutLogAlarmCommand, type PutLogAlarmCommandInput } from '@aws-sdk/client-cloudwatch'
import { describe, expect, test } from 'vitest'
import { failed, succeeded } from './ends.ts'
import { minute, newStage } from './stage.ts'

const watched = { alarms: 'orders-errors', 'poll-interval': '1m' }

describe('an alarm ends the rollout', () => {
  test('when the candidate’s own errors set it off, mid-bake', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.aws.traffic(20, { '2': 0.5 })
    const { end } = await stage.deploy({ ...watched, 'poll-interval': '30s' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-mid-bake')
  })

  test('when it went to ALARM and back between two looks', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'UpdateAlias' }, async () => {
      await stage.aws.set('orders-errors', 'ALARM', '7 errors in a minute')
      stage.pass(20_000)
      await stage.aws.set('orders-errors', 'OK', '0 errors in a minute')
    })
    const { end } = await stage.deploy(watched)
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-flaps')
  })

  test('when it is a composite alarm', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    await stage.aws.cloudwatch.send(
      new PutCompositeAlarmCommand({ AlarmName: 'orders', AlarmRule: 'ALARM("orders-errors")' }),
    )
    stage.aws.traffic(20, { '2': 0.5 })
    const { end } = await stage.deploy({ ...watched, alarms: 'orders' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-composite')
  })

  test('when it is a log alarm', async () => {
    const stage = await newStage()
    // The sandbox runs no queries, so that this alarm has none.
    const alarm = { AlarmName: 'orders-panics' } as PutLogAlarmCommandInput
    await stage.aws.cloudwatch.send(new PutLogAlarmCommand(alarm))
    await stage.aws.set('orders-panics', 'OK')
    stage.at({ before: 'DescribeAlarms', from: minute }, () =>
      stage.aws.set('orders-panics', 'ALARM', '3 lines with “panic”'),
    )
    const { end } = await stage.deploy({ ...watched, alarms: 'orders-panics' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-log')
  })

  test('after the promotion, while 100 % bakes', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.aws.traffic(2, { '2': 0.5 })
    const { end } = await stage.deploy({ ...watched, strategy: '1% for 1m, 100% for 5m' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-after-promotion')
  })

  test('after the promotion, while AWS still moves provisioned concurrency', async () => {
    const stage = await newStage({ settle: { provisioned: minute } })
    await stage.aws.provision(5)
    await stage.aws.alarm('orders-errors')
    stage.at({ before: 'DescribeAlarms', from: 90_000 }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    const strategy = '10% for 1m, 100% for 5m'
    const { end } = await stage.deploy({ ...watched, strategy, 'poll-interval': '30s' })
    expect(end).toEqual(failed('rolled-back', '1'))
    stage.pass(minute)
    expect(await stage.aws.live()).toBe('1')
    await stage.expectStory('provisioned-concurrency-roll-back')
  })

  test('and takes an alias that it has created away again', async () => {
    const stage = await newStage({ live: 'absent' })
    await stage.aws.alarm('orders-errors')
    stage.at({ before: 'DescribeAlarms', from: minute }, () =>
      stage.aws.set('orders-errors', 'ALARM', '7 errors in a minute'),
    )
    const { end } = await stage.deploy({ ...watched, strategy: '100% for 5m' })
    expect(end).toEqual(failed('rolled-back', 'nothing'))
    await stage.expectStory('alarm-first-alias')
  })

  test('and leaves the canary where it is with `on-failure: hold`', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.aws.traffic(20, { '2': 0.5 })
    const { end } = await stage.deploy({ ...watched, 'on-failure': 'hold' })
    expect(end).toEqual(failed('held', '1, and 2 at 10 %'))
    await stage.expectStory('alarm-held')
  })
})

describe('an alarm that fires before anything is touched', () => {
  test('is a reason to refuse', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors', 'ALARM', '7 errors in a minute')
    const { end } = await stage.deploy(watched)
    expect(end).toEqual(failed('refused', '1'))
    await stage.expectStory('alarm-already-refused')
  })

  test('is ignored until it was OK, if so asked', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.aws.traffic(10, { '1': 0.2 })
    const { end } = await stage.deploy({
      ...watched,
      strategy: '50% for 3m, 100% for 3m',
      'already-in-alarm': 'ignore',
    })
    expect(end).toEqual(succeeded('promoted', '2'))
    await stage.expectStory('alarm-already-ignored')
  })

  test('counts again once it was OK', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors', 'ALARM', '7 errors in a minute')
    stage.at({ before: 'DescribeAlarms', from: minute }, () => stage.aws.set('orders-errors', 'OK'))
    stage.at({ before: 'DescribeAlarms', from: 3 * minute }, () => stage.aws.set('orders-errors', 'ALARM', '9 errors'))
    const { end } = await stage.deploy({ ...watched, 'already-in-alarm': 'ignore' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('alarm-already-fires-again')
  })
})

test('alarms that do not exist are refused by name, before anything is touched', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  const { end } = await stage.deploy({ ...watched, alarms: 'orders-errors\norders-latency\npayments-*' })
  expect(end).toEqual(failed('refused', '1'))
  await stage.expectStory('alarm-unknown')
})

test('alarms that can no longer be read fail the rollout after several looks in a row', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.weather.deny('DescribeAlarms', minute)
  const { end } = await stage.deploy({ ...watched, 'poll-interval': '30s' })
  expect(end).toEqual(failed('rolled-back', '1'))
  await stage.expectStory('alarms-unreadable')
})

test('an alarm without data at the end of a bake is waited for, if so asked', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors', 'INSUFFICIENT_DATA')
  const { end } = await stage.deploy({ ...watched, 'bake-time': '1m', 'insufficient-data': 'wait 3m' })
  expect(end).toEqual(failed('rolled-back', '1'))
  await stage.expectStory('alarm-without-data')
})
