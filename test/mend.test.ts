import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import { mend } from '../src/mending/mend.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, Killed, newWorld, run, type Sim, served, type Wish, waiting } from './support/world.ts'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.alarms.is('errors', 'OK')
})

function die(): never {
  throw new Killed()
}

/** Rolls version 8 out until the process is killed. */
async function rollOutAndDie(change: Wish = {}): Promise<void> {
  const wish = inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], ...change })
  await expect(deploy(wish, run, world)).rejects.toThrow(Killed)
}

const steps = { strategy: '1% for 5m, 10% for 5m, 50% for 5m, 100% for 5m' }

describe('a process that is killed', () => {
  test.each([1, 2, 3, 4])('right before write %i leaves nothing that the post step does not mend', async nth => {
    world.calls.befall('update alias', { before: die }, { nth })
    await rollOutAndDie(steps)
    await mend(world.left(), world)
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test.each([1, 2, 3, 4])('right after write %i leaves nothing that the post step does not mend', async nth => {
    world.calls.befall('update alias', { after: die }, { nth })
    await rollOutAndDie(steps)
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test.each(['1m', '6m', '11m', '16m'])('in the bake at %s is rolled back', async at => {
    world.clock.at(at, die)
    await rollOutAndDie(steps)
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('before the first write is not rolled back, since there is nothing to', async () => {
    world.calls.befall('update alias', { before: die }, { nth: 1 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toBeUndefined()
    expect(world.aliases.wrote).toEqual([])
  })

  test('right after the promotion that ends the rollout stays promoted', async () => {
    world.calls.befall('update alias', { after: die }, { nth: 2 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toBeUndefined()
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('right before the promotion that ends the rollout is rolled back', async () => {
    world.calls.befall('update alias', { before: die }, { nth: 2 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('in the middle of its roll-back is helped to its end', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: die }, { nth: 2 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.wrote.at(-1)).toEqual(['2m', '7', served])
  })

  test('right after its roll-back has nothing to mend', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { after: die }, { nth: 2 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toBeUndefined()
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('the alias that this run created', () => {
  beforeEach(() => world.aliases.lacks('orders:live'))

  test('is deleted', async () => {
    world.clock.at('1m', die)
    await rollOutAndDie({ strategy: '100% for 5m' })
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('gone')
  })

  test('is no alias to delete before it was created', async () => {
    world.calls.befall('create alias', { before: die })
    await rollOutAndDie({ strategy: '100% for 5m' })
    expect(await mend(world.left(), world)).toBeUndefined()
    expect(world.calls.count('delete alias')).toBe(0)
  })

  test('stays when its creation was all there was to do', async () => {
    world.calls.befall('create alias', { after: die })
    await rollOutAndDie({ strategy: 'all-at-once' })
    expect(await mend(world.left(), world)).toBeUndefined()
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('stays when somebody has made it theirs', async () => {
    world.clock.at('1m', die)
    await rollOutAndDie({ strategy: '100% for 5m' })
    world.aliases.points('orders:live', whole('7'))
    expect(await mend(world.left(), world)).toMatchObject({ result: 'stood-aside' })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe("a dead run's canary that was carried on", () => {
  const theirs = waiting('8', 'rolling', 'octo/orders@dead000 run 950.1', '09:00')

  beforeEach(() => world.aliases.points('orders:live', partWay('7', '8', 0.1), theirs))

  test.each([
    ['right before', { before: die }],
    ['right after', { after: die }],
  ])('goes back to stable alone when this run dies as well, %s it took it over', async (_, mishap) => {
    world.calls.befall('update alias', mishap, { nth: 1 })
    await rollOutAndDie()
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.aliases.says('orders:live')).toBe('lambda-rollout 7 after 5; octo/orders@abc1234 run 987.1')
  })
})

describe('an alias that is not as this run left it', () => {
  beforeEach(async () => {
    world.clock.at('1m', die)
    await rollOutAndDie()
  })

  test('because somebody pointed it elsewhere stays as it is', async () => {
    world.aliases.points('orders:live', whole('5'), 'by hand')
    expect(await mend(world.left(), world)).toMatchObject({ result: 'stood-aside' })
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('because another run has taken the same canary over stays as it is', async () => {
    const theirs = waiting('8', 'rolling', 'octo/orders@fedcba9 run 990.1')
    world.aliases.points('orders:live', partWay('7', '8', 0.1), theirs)
    expect(await mend(world.left(), world)).toMatchObject({ result: 'stood-aside' })
    expect(world.aliases.says('orders:live')).toBe(theirs)
  })

  test('because another attempt of this run has taken it over stays as it is', async () => {
    const theirs = waiting('8', 'rolling', 'octo/orders@abc1234 run 987.2')
    world.aliases.points('orders:live', partWay('7', '8', 0.1), theirs)
    expect(await mend(world.left(), world)).toMatchObject({ result: 'stood-aside' })
  })

  test('because somebody made it whole is whole', async () => {
    world.aliases.points('orders:live', whole('7'))
    expect(await mend(world.left(), world)).toBeUndefined()
  })

  test('because somebody deleted it stays deleted', async () => {
    world.aliases.lacks('orders:live')
    expect(await mend(world.left(), world)).toMatchObject({ result: 'stood-aside' })
    expect(world.aliases.serves('orders:live')).toBe('gone')
  })
})

test('what AWS does not let the post step mend is told with the command', async () => {
  world.clock.at('1m', die)
  await rollOutAndDie()
  world.calls.befall('update alias', { fails: 'expired' })
  const outcome = await mend(world.left(), world)
  expect(outcome?.result).toBe('part-way')
  expect(outcome?.cure).toContain('--function-version 7 --routing-config AdditionalVersionWeights={}')
})

test('a roll-back that main could not make is made by the post step', async () => {
  world.clock.at('1m', () => world.stop())
  world.calls.befall('update alias', { fails: 'denied' }, { nth: 2 })
  const wish = inputs({ source: { kind: 'version', version: '8' } })
  expect(await deploy(wish, run, world)).toMatchObject({ result: 'part-way' })
  expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
  expect(world.aliases.serves('orders:live')).toBe('7')
})

test('a rollout that came to its own end leaves nothing to mend, held ones included', async () => {
  world.clock.at('1m', () => world.alarms.is('errors', 'ALARM'))
  const policy = { ...inputs().policy, onFailure: 'hold' } as const
  await deploy(inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], policy }), run, world)
  expect(await mend(world.left(), world)).toBeUndefined()
  expect(world.aliases.serves('orders:live')).toBe('7 at 90 %, 8 at 10 %')
})
