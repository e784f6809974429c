import { beforeEach, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, newWorld, run, type Sim } from './support/world.ts'

// Each of these once ended wrong: a stranger or a read that lags behind at the worst moment.

const dead = 'lambda-rollout 7; candidate 5 rolling since 2026-11-23T09:00Z; octo/orders@abc1234 run 900.1'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {}, 9: {} })
  world.alarms.is('errors', 'OK')
})

function rollOut(changes: Parameters<typeof inputs>[0] = {}) {
  return deploy(inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], ...changes }), run, world)
}

test('an alarm that fires while the hook at 100 % runs still rolls back', async () => {
  world.invoker.answers('hook', { takes: '2m' })
  world.clock.at('6m', () => world.alarms.is('errors', 'ALARM'))
  const policy = { ...inputs().policy, afterTraffic: true }
  const outcome = await rollOut({ afterTraffic: 'hook', strategy: '10% for 5m', policy })
  expect(outcome.result).toBe('rolled-back')
  expect(world.aliases.serves('orders:live')).not.toBe('8')
})

test('what somebody else writes right after a dead canary was dropped is left to them', async () => {
  world.aliases.points('orders:live', partWay('7', '5', 0.1), dead)
  const stranger = () => world.aliases.points('orders:live', whole('9'), 'by hand')
  world.calls.befall('read alias', { before: stranger }, { nth: 3 })
  expect((await rollOut()).result).toBe('stood-aside')
  expect(world.aliases.serves('orders:live')).toBe('9')
})

test('reads that lag behind a drop show no stranger', async () => {
  world.aliases.points('orders:live', partWay('7', '5', 0.1), dead)
  const lag = () => {
    world.aliases.laggingReads = 2
  }
  world.calls.befall('update alias', { after: lag }, { nth: 1 })
  expect((await rollOut()).result).toBe('promoted')
  expect(world.aliases.serves('orders:live')).toBe('8')
})

test('a revision that moves while reads lag behind leaves nothing part-way that is called whole', async () => {
  const meddle = () => {
    world.aliases.touches('orders:live')
    world.aliases.laggingReads = 7
  }
  world.calls.befall('update alias', { before: meddle }, { nth: 2 })
  const { result } = await rollOut()
  const serves = world.aliases.serves('orders:live')
  expect([result, serves]).toEqual(result === 'promoted' ? ['promoted', '8'] : ['rolled-back', '7'])
})

test('a promotion whose answer is lost while AWS moves provisioned concurrency after it is ours, and not a stranger’s', async () => {
  world.aliases.provisioned.add('orders:live')
  world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
  expect((await rollOut({ strategy: '10% for 5m' })).result).toBe('rolled-back')
  world.clock.pass('10m')
  expect(world.aliases.serves('orders:live')).toBe('7')
})

test('a roll-back whose answer is lost while AWS moves provisioned concurrency back is done', async () => {
  world.aliases.provisioned.add('orders:live')
  world.clock.at('7m', () => world.alarms.is('errors', 'ALARM'))
  world.calls.befall('update alias', { loses: 'answer' }, { nth: 3 })
  expect((await rollOut({ strategy: '10% for 1m, 100% for 10m' })).result).toBe('rolled-back')
  world.clock.pass('10m')
  expect(world.aliases.serves('orders:live')).toBe('7')
})

test('weights of a version that this run does not know are a person’s, although AWS is moving provisioned concurrency', async () => {
  world.aliases.provisioned.add('orders:live')
  const person = () => world.aliases.points('orders:live', partWay('8', '5', 0.3), world.aliases.says('orders:live'))
  world.calls.befall('read provisioned concurrency', { before: person }, { nth: 1 })
  expect((await rollOut({ strategy: 'all-at-once' })).result).toBe('stood-aside')
  expect(world.aliases.serves('orders:live')).toBe('8 at 70 %, 5 at 30 %')
})

test('weights that AWS took away between two reads were nobody else’s', async () => {
  world.aliases.provisioned.add('orders:live')
  world.calls.befall('read provisioned concurrency', { before: () => world.clock.pass('10m') }, { nth: 1 })
  expect((await rollOut({ strategy: 'all-at-once' })).result).toBe('promoted')
})
