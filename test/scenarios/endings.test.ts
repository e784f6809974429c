import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cancelled, failed, killed, succeeded } from './ends.ts'
import { minute, newStage } from './stage.ts'

const baking = { 'bake-time': '5m', 'poll-interval': '1m' }

describe('a run that is told to end rolls back by itself, within the 7.5 s that GitHub leaves', () => {
  test('by SIGINT, mid-bake', async () => {
    const stage = await newStage()
    stage.interrupt({ before: 'GetAlias', from: minute }, step => step.cancel())
    const { end, main } = await stage.deploy(baking)
    expect(end).toEqual(cancelled('rolled-back', '1'))
    expect(main.wallMs).toBeLessThan(7_500)
    await stage.expectStory('sigint-mid-bake')
  })

  test('by SIGTERM, mid-bake', async () => {
    const stage = await newStage()
    stage.interrupt({ before: 'GetAlias', from: minute }, step => step.kill('SIGTERM'))
    const { end, main } = await stage.deploy(baking)
    expect(end).toEqual(failed('rolled-back', '1'))
    expect(main.wallMs).toBeLessThan(7_500)
    await stage.expectStory('sigterm-mid-bake')
  })

  test('whatever `on-failure` says', async () => {
    const stage = await newStage()
    stage.interrupt({ before: 'GetAlias', from: minute }, step => step.cancel())
    const { end } = await stage.deploy({ ...baking, 'on-failure': 'hold' })
    expect(end).toEqual(cancelled('rolled-back', '1'))
    await stage.expectStory('sigint-hold')
  })

  test('and not before the answer to a write has come', async () => {
    const stage = await newStage()
    stage.at({ before: 'UpdateAlias' }, async step => {
      step.cancel()
      await sleep(500)
    })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(cancelled('rolled-back', '1'))
    await stage.expectStory('sigint-mid-write')
  })

  test('and before any traffic moved there is nothing to roll back', async () => {
    const stage = await newStage()
    stage.sandbox.stall('orders', minute)
    stage.interrupt({ before: 'GetFunction', nth: 7 }, step => step.cancel())
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(cancelled('failed', '1'))
    await stage.expectStory('sigint-settling')
  })

  test('also where AWS takes a second over each answer', async () => {
    const stage = await newStage()
    stage.interrupt({ before: 'GetAlias', from: minute }, step => step.cancel())
    stage.weather.slow(1_000, minute)
    const { end, main } = await stage.deploy(baking)
    expect(end).toEqual(cancelled('rolled-back', '1'))
    expect(main.wallMs).toBeLessThan(7_500)
    await stage.expectStory('sigint-slow-answers')
  })

  test('in real time, out of the sleep between two looks', async () => {
    const stage = await newStage({ clock: 'real', settle: { create: 0, update: 0 } })
    const inputs = { 'bake-time': '10m', 'poll-interval': '5m' }
    const { end, main } = await stage.deploy(inputs, { cancelOn: /10 % for .* next look in/ })
    expect(end).toEqual(cancelled('rolled-back', '1'))
    expect(main.wallMs).toBeLessThan(7_500)
  })
})

describe('a run that is killed', () => {
  test('mid-bake is made whole by its post step', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 3 }))
    await stage.expectStory('sigkill-mid-bake')
  })

  test('before the answer to its first shift came is made whole by its post step', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias' })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 3 }))
    await stage.expectStory('sigkill-first-shift')
  })

  test('before it touched the alias leaves its post step nothing to do', async () => {
    const stage = await newStage()
    stage.kill({ before: 'PublishVersion' })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(killed('1'))
    await stage.expectStory('sigkill-before-shift')
  })

  test('right after the promotion is left promoted by its post step', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias', nth: 2 })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(killed('2', { annotations: [], calls: 1 }))
    await stage.expectStory('sigkill-after-promotion')
  })

  // The weights that AWS has injected are taken for a part-way alias, and the promotion is rolled back.
  test('right after the promotion, also while AWS still moves provisioned concurrency', async () => {
    const stage = await newStage({ settle: { provisioned: minute } })
    await stage.aws.provision(5)
    stage.kill({ before: 'GetAlias', from: 90_000 })
    const { end } = await stage.deploy({ 'bake-time': '1m', 'poll-interval': '30s' })
    expect(end).toEqual(killed('2, and 1 at 50 %', { annotations: [], calls: 2 }))
    await stage.expectStory('sigkill-after-promotion-provisioned')
  })

  test('while 100 % bakes is rolled back by its post step', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: 3 * minute })
    const { end } = await stage.deploy({ strategy: '10% for 1m, 100% for 5m', 'poll-interval': '1m' })
    expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 3 }))
    await stage.expectStory('sigkill-watched-100')
  })

  test('after it rolled back leaves its post step nothing to do', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
    stage.kill({ after: 'UpdateAlias', nth: 2 })
    const { end } = await stage.deploy({ ...baking, alarms: 'orders-errors' })
    expect(end).toEqual(killed('1', { annotations: [], calls: 1 }))
    await stage.expectStory('sigkill-after-roll-back')
  })

  test('after it created the alias: the post step takes the alias away', async () => {
    const stage = await newStage({ live: 'absent' })
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy({ strategy: '100% for 5m', 'poll-interval': '1m' })
    expect(end).toEqual(killed('nothing', { annotations: ['warning rolled-back'], calls: 2 }))
    await stage.expectStory('sigkill-first-alias')
  })

  test('and whose canary somebody else has taken away since is left to them by its post step', async () => {
    const stage = await newStage({ versions: 2 })
    stage.at({ before: 'GetAlias', from: minute }, async step => {
      step.kill('SIGKILL')
      await step.done
      await stage.aws.move('2')
    })
    const { end } = await stage.deploy(baking)
    expect(end).toEqual(killed('2', { annotations: ['warning stood-aside'], calls: 1 }))
    await stage.expectStory('sigkill-stranger')
  })
})

test('after a run that came to its own end the post step asks nobody', async () => {
  const stage = await newStage()
  const { end, post } = await stage.deploy({ 'bake-time': '1m', 'poll-interval': '1m' })
  expect(end).toEqual(succeeded('promoted', '2'))
  expect(post).toMatchObject({ timeline: [], summary: '', outputs: {}, exitCode: 0 })
})
