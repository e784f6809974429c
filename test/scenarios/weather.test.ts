import { describe, expect, test } from 'vitest'
import { failed, succeeded } from './ends.ts'
import { minute, newStage } from './stage.ts'

const quick = { 'bake-time': '1m', 'poll-interval': '1m' }
const made = 'Role: arn:aws:iam::111122223333:role/orders\nRuntime: nodejs22.x\nHandler: index.handler'

describe('a write whose answer is lost counts once, and the rollout goes on', () => {
  test.each([
    ['CreateFunction', { orders: 'absent', live: 'absent' }, { configuration: made }, '1'],
    ['UpdateFunctionConfiguration', {}, { configuration: 'MemorySize: 512' }, '2'],
    ['UpdateFunctionCode', {}, {}, '2'],
    ['PublishVersion', {}, {}, '2'],
    ['CreateAlias', { live: 'absent' }, {}, '2'],
  ] as const)('%s', async (operation, setting, inputs, version) => {
    const stage = await newStage(setting)
    stage.weather.loseAnswer(operation)
    const { end } = await stage.deploy({ strategy: 'all-at-once', ...inputs })
    expect(end).toEqual(succeeded('promoted', version))
    await stage.expectStory(`lost-${operation}`)
  })

  test.each([
    ['shift', 1],
    ['promotion', 2],
  ])('UpdateAlias, the %s', async (name, nth) => {
    const stage = await newStage()
    stage.weather.loseAnswer('UpdateAlias', nth)
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(succeeded('promoted', '2'))
    await stage.expectStory(`lost-UpdateAlias-${name}`)
  })

  test('UpdateAlias, the roll-back', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.weather.loseAnswer('UpdateAlias', 2)
    const { end } = await stage.deploy({ ...quick, alarms: 'orders-errors' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('lost-UpdateAlias-roll-back')
  })

  test('DeleteAlias', async () => {
    const stage = await newStage({ live: 'absent' })
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'CreateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.weather.loseAnswer('DeleteAlias')
    const { end } = await stage.deploy({ strategy: '100% for 1m', alarms: 'orders-errors' })
    expect(end).toEqual(failed('rolled-back', 'nothing'))
    await stage.expectStory('lost-DeleteAlias')
  })
})

test('every third call is throttled, and the rollout takes longer', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.weather.throttleEvery(3)
  const { end } = await stage.deploy({ ...quick, alarms: 'orders-errors' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('throttled')
})

describe('a roll-back', () => {
  test('is tried on while AWS fails', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.weather.outage('UpdateAlias', 2, 15_000)
    const { end } = await stage.deploy({ ...quick, alarms: 'orders-errors' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('roll-back-in-outage')
  })

  test('that cannot be done ends part-way, with the command that does it', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.at({ before: 'DescribeAlarms', from: minute }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.weather.deny('UpdateAlias', minute)
    const { end, main, post } = await stage.deploy({ 'poll-interval': '1m', alarms: 'orders-errors' })
    expect(end).toEqual({
      ...failed('part-way', '1, and 2 at 10 %'),
      post: { annotations: ['error part-way'], calls: 3 },
    })
    const cure =
      'aws lambda update-alias --region eu-west-1 --function-name orders --name live --function-version 1 --routing-config AdditionalVersionWeights={}'
    for (const told of [main.outputs.reason, main.summary, post?.annotations[0]?.message, post?.summary]) {
      expect(told).toContain(cure)
    }
    await stage.expectStory('part-way')
  })
})

test('a shift that AWS denies fails the run, and traffic is as before', async () => {
  const stage = await newStage()
  stage.weather.deny('UpdateAlias')
  const { end } = await stage.deploy(quick)
  expect(end).toEqual(failed('failed', '1'))
  await stage.expectStory('shift-denied')
})

test('a connection that is reset, and an answer that is a web page, are tried again', async () => {
  const stage = await newStage()
  stage.weather.reset('UpdateAlias', 1)
  stage.weather.webPage('UpdateAlias', 3)
  const { end } = await stage.deploy(quick)
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('reset-and-web-page')
})
