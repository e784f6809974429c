import { DeleteAliasCommand, GetFunctionCommand } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { failed, killed, succeeded } from './ends.ts'
import { type Deployed, minute, newStage, type Stage } from './stage.ts'

const quick = { 'bake-time': '2m', 'poll-interval': '1m' }
const rolling = 'lambda-rollout 1; candidate 2 rolling since 2026-11-23T09:58Z; octo/orders@0123abc run 9876543000.1'

describe('an alias that somebody else changes is left to them', () => {
  test('mid-bake', async () => {
    const stage = await newStage({ versions: 2 })
    stage.at({ before: 'GetAlias', from: minute }, () => stage.aws.move('2'))
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(failed('stood-aside', '2'))
    await stage.expectStory('stranger-mid-bake')
  })

  test('exactly between the look and the write that follows it', async () => {
    const stage = await newStage({ versions: 2 })
    stage.at({ before: 'UpdateAlias', nth: 2 }, () => stage.aws.move('2', ['1', 0.5]))
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(failed('stood-aside', '2, and 1 at 50 %'))
    await stage.expectStory('stranger-between-look-and-write')
  })

  test('exactly between the look and the roll-back that follows it', async () => {
    const stage = await newStage({ versions: 2 })
    await stage.aws.alarm('orders-errors')
    stage.at({ before: 'DescribeAlarms', from: minute }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.at({ before: 'UpdateAlias', nth: 2 }, () => stage.aws.move('2'))
    const { end } = await stage.deploy({ ...quick, alarms: 'orders-errors' })
    expect(end).toEqual(failed('stood-aside', '2'))
    await stage.expectStory('stranger-before-roll-back')
  })

  test('right after the roll-back', async () => {
    const stage = await newStage({ versions: 2 })
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.at({ after: 'UpdateAlias', nth: 2 }, () => stage.aws.move('2'))
    const { end } = await stage.deploy({ ...quick, alarms: 'orders-errors' })
    expect(end).toEqual(failed('stood-aside', '2'))
    await stage.expectStory('stranger-after-roll-back')
  })

  test('by creating it first', async () => {
    const stage = await newStage({ live: 'absent' })
    stage.at({ before: 'CreateAlias' }, () => stage.aws.alias('live', { version: '1' }))
    const { end } = await stage.deploy({ strategy: 'all-at-once' })
    expect(end).toEqual(failed('stood-aside', '1'))
    await stage.expectStory('stranger-creates')
  })

  test('by deleting it', async () => {
    const stage = await newStage()
    stage.at({ before: 'GetAlias', from: minute }, async () => {
      await stage.aws.lambda.send(new DeleteAliasCommand({ FunctionName: 'orders', Name: 'live' }))
    })
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(failed('stood-aside', 'nothing'))
    await stage.expectStory('stranger-deletes')
  })
})

test('an alias that is written again as it stands is nobody’s change: its revision is taken over', async () => {
  const stage = await newStage()
  stage.at({ before: 'UpdateAlias', nth: 2 }, () => stage.aws.move('1', ['2', 0.1]))
  const { end } = await stage.deploy(quick)
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('revision-moved-alone')
})

describe('a canary is refused', () => {
  test.each([
    ['paused', rolling.replace('rolling', 'paused')],
    ['foreign', rolling.replace('octo/orders', 'octo/other')],
    ['unknown', 'set by hand'],
  ])('that is %s', async (name, description) => {
    const stage = await newStage({ versions: 2, live: { canary: ['2', 0.1], description } })
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(failed('refused', '1, and 2 at 10 %'))
    await stage.expectStory(`canary-${name}`)
  })
})

test('a canary that a run holds is refused to the next one', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
  const first = await stage.deploy({ ...quick, alarms: 'orders-errors', 'on-failure': 'hold' })
  expect(first.end).toEqual(failed('held', '1, and 2 at 10 %'))
  const { end } = await stage.deploy(quick, { id: '9876543211' })
  expect(end).toEqual(failed('refused', '1, and 2 at 10 %'))
  await stage.expectStory('canary-held')
})

test('a canary that a dead run left is dropped for another artifact', async () => {
  const stage = await newStage()
  stage.kill({ before: 'GetAlias', from: minute })
  const first = await stage.deploy(quick, { lost: true })
  expect(first.end).toEqual(killed('1, and 2 at 10 %'))
  stage.build(`export const handler = async () => 'version 3'\n`)
  const { end } = await stage.deploy(quick, { id: '9876543211' })
  expect(end).toEqual(succeeded('promoted', '3'))
  await stage.expectStory('dead-run-dropped')
})

test('a canary that a dead run left is dropped even if the new rollout is refused', async () => {
  const stage = await newStage({ versions: 2, live: { canary: ['2', 0.1], description: rolling } })
  const { end } = await stage.deploy({ ...quick, alarms: 'no-such-alarm' })
  expect(end).toEqual(failed('rolled-back', '1'))
  await stage.expectStory('dead-run-dropped-then-refused')
})

test('a rerun carries on where the attempt before it died', async () => {
  const stage = await newStage()
  stage.kill({ before: 'GetAlias', from: 3 * minute })
  const steps = { strategy: '10% for 2m, 50% for 2m', 'poll-interval': '1m' }
  const first = await stage.deploy(steps, { lost: true })
  expect(first.end).toEqual(killed('1, and 2 at 50 %'))
  const { end } = await stage.deploy(steps, { attempt: 2 })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('rerun-carries-on')
})

describe('a run that a newer one has overtaken', () => {
  test('is refused', async () => {
    const stage = await newStage()
    await stage.deploy({ strategy: 'all-at-once' }, { id: '9876543219' })
    stage.build(`export const handler = async () => 'an older commit'\n`)
    const { end } = await stage.deploy(quick, { id: '9876543211' })
    expect(end).toEqual(failed('refused', '2'))
    await stage.expectStory('overtaken-refused')
  })

  test('goes ahead when a person runs it again', async () => {
    const stage = await newStage()
    await stage.deploy({ strategy: 'all-at-once' }, { id: '9876543219' })
    stage.build(`export const handler = async () => 'an older commit'\n`)
    const { end } = await stage.deploy({ strategy: 'all-at-once' }, { id: '9876543211', attempt: 2 })
    expect(end).toEqual(succeeded('promoted', '3'))
    await stage.expectStory('overtaken-run-again')
  })
})

test('a run whose canary a newer run has dropped stands aside', async () => {
  const stage = await newStage({ versions: 3 })
  stage.at({ before: 'GetAlias', from: minute }, async () => {
    const newer = await stage.deploy({ version: '3', strategy: 'all-at-once' }, { id: '9876543211' })
    expect(newer.end).toEqual(succeeded('promoted', '3'))
  })
  const { end } = await stage.deploy({ version: '2', ...quick })
  expect(end).toEqual(failed('stood-aside', '3'))
  await stage.expectStory('newer-takes-over')
})

describe('of two runs on one alias', () => {
  test('the one whose write comes second stands aside', async () => {
    const stage = await newStage({ versions: 3 })
    stage.at({ before: 'UpdateAlias' }, async () => {
      const winner = await stage.deploy({ version: '3', strategy: 'all-at-once' }, { id: '9876543211' })
      expect(winner.end).toEqual(succeeded('promoted', '3'))
    })
    const { end } = await stage.deploy({ version: '2', ...quick })
    expect(end).toEqual(failed('stood-aside', '3'))
    await stage.expectStory('two-runs')
  })

  test('at most one goes on, however they race', async () => {
    const stage = await newStage({ versions: 3 })
    stage.weather.together('GetAlias', 2)
    const runs = await Promise.all([
      stage.deploy({ version: '2', ...quick }),
      stage.deploy({ version: '3', ...quick }, { id: '9876543211' }),
    ])
    await expectOneWinner(stage, runs)
  })

  test('at most one goes on, and with its own code, when both bring an artifact', async () => {
    const stage = await newStage()
    stage.build(`export const handler = async () => 'one'\n`, 'one')
    stage.build(`export const handler = async () => 'two'\n`, 'two')
    stage.weather.together('GetFunction', 2)
    const runs = await Promise.all([
      stage.deploy({ artifact: 'one/', ...quick }),
      stage.deploy({ artifact: 'two/', ...quick }, { id: '9876543211' }),
    ])
    await expectOneWinner(stage, runs)
  })
})

/** One run has promoted its version and its code; the others have touched nothing that was not theirs. */
async function expectOneWinner(stage: Stage, runs: readonly Deployed[]): Promise<void> {
  const winners = runs.filter(({ main }) => main.outputs.result === 'promoted')
  expect(winners).toHaveLength(1)
  const served = await stage.aws.lambda.send(new GetFunctionCommand({ FunctionName: 'orders', Qualifier: 'live' }))
  expect(winners[0]?.main.outputs).toMatchObject({
    version: served.Configuration?.Version,
    'code-sha256': served.Configuration?.CodeSha256,
  })
  expect(await stage.aws.live()).toBe(served.Configuration?.Version)
  for (const { main, post } of runs.filter(run => run !== winners[0])) {
    expect(main.outputs.result).toMatch(/^(stood-aside|refused)$/)
    expect(post?.timeline).toEqual([])
  }
}
