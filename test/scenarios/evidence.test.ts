import { PutLogAlarmCommand, type PutLogAlarmCommandInput } from '@aws-sdk/client-cloudwatch'
import { CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { zipOf } from '../sandbox/rig.ts'
import { failed, killed, succeeded } from './ends.ts'
import { minute, newStage, type Stage } from './stage.ts'

const slowly = { 'poll-interval': '1m' }

describe('the candidate is compared with the version that it replaces', () => {
  test('and rolled back once it is worse, without any alarm', async () => {
    const stage = await newStage()
    stage.aws.traffic(5, { '1': 0.01, '2': 0.3 })
    const { end, main } = await stage.deploy({ 'poll-interval': '30s' })
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.outputs.reason).toContain('errors no worse than stable does not hold: candidate')
    await stage.expectStory('evidence-worse')
  })

  test('and rolled back minutes later where it is worse by little: the summary in the README', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.aws.traffic(4, { '1': 0.004, '2': 0.04 })
    const { end, main } = await stage.deploy({
      strategy: '5% for 5m, 20% for 10m, 50% for 10m',
      alarms: 'orders-errors',
      ...slowly,
    })
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.summary).toContain('20 %')
    await stage.expectStory('evidence-later')
  })

  test('and promoted when it is not, with what the bake could have shown', async () => {
    const stage = await newStage()
    stage.aws.traffic(20, { '1': 0.05, '2': 0.05 })
    const { end, main } = await stage.deploy(slowly)
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.outputs.reason).toMatch(/invocations beside stable would have shown an error rate of [\d.]+ % or more$/)
    await stage.expectStory('evidence-no-worse')
  })

  test('and promoted without evidence where there is no traffic, which is said', async () => {
    const stage = await newStage()
    const { end, main } = await stage.deploy(slowly)
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.outputs.reason).toContain('promoted without evidence')
    await stage.expectStory('evidence-none')
  })

  test('by its thresholds as well', async () => {
    const stage = await newStage()
    stage.aws.traffic(10, { '1': 0.2, '2': 0.2 })
    const { end, main } = await stage.deploy({
      checks: 'errors no worse than stable\nerror-rate < 5% for 2m',
      ...slowly,
    })
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.outputs.reason).toContain('error-rate < 5% for 2m does not hold')
  })

  test('by how long it takes, counted where stable’s own durations cut', async () => {
    const stage = await newStage()
    const durationMs = (version: string) => (version === '2' ? 140 : 100)
    stage.sandbox.traffic.add({
      functionName: 'orders',
      alias: 'live',
      perSecond: 10,
      behaviour: version => ({ errorRate: 0, durationMs: durationMs(version) }),
    })
    stage.pass(60 * minute)
    const { end, main } = await stage.deploy({ ...slowly, checks: 'duration no worse than stable' })
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.outputs.reason).toMatch(
      /duration no worse than stable does not hold: candidate \d+ slow invocations of/,
    )
  })

  test('beside an alarm that fires, to tell whose fault it is', async () => {
    const stage = await newStage()
    // The sandbox runs no queries, so that this alarm has none.
    await stage.aws.cloudwatch.send(new PutLogAlarmCommand({ AlarmName: 'panics' } as PutLogAlarmCommandInput))
    await stage.aws.set('panics', 'OK')
    stage.aws.traffic(20, { '1': 0.3, '2': 0.3 })
    stage.at({ before: 'DescribeAlarms', from: 3 * minute }, () => stage.aws.set('panics', 'ALARM', '99 panics'))
    const { end, main } = await stage.deploy({ ...slowly, alarms: 'panics' })
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.outputs.reason).toContain('99 panics (both versions: candidate')
  })

  test('unless metrics may not be read: nobody asked for the check, and it gives way', async () => {
    const stage = await newStage()
    stage.weather.deny('GetMetricData')
    const { end, main } = await stage.deploy(slowly)
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.log).toContain('allow cloudwatch:GetMetricData on *')
    await stage.expectStory('evidence-denied')
  })

  test('and what was asked for is not given up', async () => {
    const stage = await newStage()
    stage.weather.deny('GetMetricData')
    const { end } = await stage.deploy({ checks: 'errors no worse than stable' })
    expect(end).toEqual(failed('refused', '1'))
  })

  test('for longer, where too few requests have come', async () => {
    const stage = await newStage()
    stage.aws.traffic(0.5)
    const { end, main } = await stage.deploy({ ...slowly, 'min-invocations': '30' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.log).toContain('of the 30 invocations that `min-invocations` asks for')
  })

  test('with a share that suits its traffic', async () => {
    const stage = await newStage()
    stage.aws.traffic(5)
    stage.pass(60 * minute)
    const { end, main } = await stage.deploy({ ...slowly, 'canary-weight': 'auto' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.log).toMatch(/Plan: 2[5-6] % for 5m, then 100 %/)
  })
})

describe('the candidate is proved before it gets traffic', () => {
  test('by a smoke test that it passes', async () => {
    const stage = await newStage()
    stage.sandbox.invocations.set('orders', '2', payload => ({ payload: { statusCode: 200, echo: payload } }))
    const { end, main } = await stage.deploy({ ...slowly, 'smoke-test': '{"ping": true}' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.log).toContain('Passed: the smoke test of version 2 of orders')
  })

  test.each([
    ['statusCode 503', { payload: { statusCode: 503 } }],
    ['Unhandled', { payload: { errorMessage: 'no' }, functionError: 'Unhandled' as const, log: 'the last words' }],
  ])('by a smoke test that it fails: %s', async (why, answer) => {
    const stage = await newStage()
    stage.sandbox.invocations.set('orders', '2', () => answer)
    const { end, main } = await stage.deploy({ 'smoke-test': '{"ping": true}' })
    expect(end).toEqual(failed('failed', '1'))
    expect(main.outputs.reason).toContain(`the smoke test of version 2 of orders failed (${why})`)
  })

  test('by a hook that says no', async () => {
    const stage = await newStage()
    await hook(stage, 'orders-hook', () => ({ status: 'Failed' }))
    const { end } = await stage.deploy({ 'before-traffic': 'orders-hook' })
    expect(end).toEqual(failed('failed', '1'))
    await stage.expectStory('hook-before-traffic-failed')
  })
})

describe('a hook at 100 %', () => {
  test('that passes ends the rollout', async () => {
    const stage = await newStage()
    const told: unknown[] = []
    await hook(stage, 'orders-hook', payload => {
      told.push(payload)
      return {}
    })
    const { end } = await stage.deploy({ ...slowly, 'after-traffic': 'orders-hook' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(told).toEqual([{ function: 'orders', alias: 'live', stable: '1', candidate: '2' }])
  })

  test('that fails rolls back', async () => {
    const stage = await newStage()
    await hook(stage, 'orders-hook', () => ({ status: 'Failed' }))
    const { end } = await stage.deploy({ ...slowly, 'after-traffic': 'orders-hook' })
    expect(end).toEqual(failed('rolled-back', '1'))
    await stage.expectStory('hook-after-traffic-failed')
  })

  test('during which the run is killed is undone by the post step', async () => {
    const stage = await newStage()
    await hook(stage, 'orders-hook', () => ({}))
    stage.kill({ before: 'Invoke' })
    const { end } = await stage.deploy({ ...slowly, 'after-traffic': 'orders-hook' })
    expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 3 }))
  })
})

/** A function besides, which answers as it is told to. */
async function hook(stage: Stage, name: string, answer: (payload: unknown) => unknown): Promise<void> {
  await stage.aws.lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: 'arn:aws:iam::111122223333:role/hook',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: zipOf('export const handler = async () => 1') },
    }),
  )
  stage.pass(10_000)
  stage.sandbox.invocations.set(name, '*', payload => ({ payload: answer(payload) }))
}
