import { beforeEach, describe, expect, test } from 'vitest'
import { outcomeOfRestore, type Restoration, restore } from '../src/mending/restore.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { newWorld, type Sim, served, target, waiting } from './support/world.ts'

const canary = { routing: partWay('7', '8', 0.1), description: waiting() }
const back = { routing: whole('7'), description: served }
const command =
  'aws lambda update-alias --region eu-west-1 --function-name orders --name live --function-version 7 --routing-config AdditionalVersionWeights={}'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.aliases.points('orders:live', canary.routing, canary.description)
})

/** Takes the canary away, and tells how that ends. */
async function rollBack(change: Partial<Restoration> = {}) {
  const restoration = { target, back, ours: [canary], carried: true, ...change }
  return outcomeOfRestore(restoration, await restore(restoration, world), 'alarm errors went to ALARM')
}

test('a roll-back is one write, and is read back', async () => {
  const revision = (await world.aliases.read(target))?.revision
  expect((await rollBack({ revision })).result).toBe('rolled-back')
  expect(world.calls.made.map(call => call.operation)).toEqual(['read alias', 'update alias', 'read alias'])
  expect(world.aliases.wrote).toEqual([['0s', '7', served]])
})

test('an alias that is whole already is not written', async () => {
  world.aliases.points('orders:live', whole('7'), 'by hand')
  expect((await rollBack()).result).toBe('rolled-back')
  expect(world.aliases.wrote).toEqual([])
  expect(world.aliases.says('orders:live')).toBe('by hand')
})

test('an alias that is as the promotion left it is not written', async () => {
  world.aliases.points('orders:live', whole('8'), 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1')
  await rollBack({ finished: [{ routing: whole('8'), description: '' }] })
  expect(world.aliases.serves('orders:live')).toBe('8')
})

test('a revision that is out of date is read again, and the write made', async () => {
  expect((await rollBack({ revision: 'long ago' })).result).toBe('rolled-back')
  expect(world.aliases.serves('orders:live')).toBe('7')
})

describe('AWS that is unavailable', () => {
  test('for nine minutes is outlasted, with pauses that grow to ten seconds', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { until: '9m' })
    expect((await rollBack()).result).toBe('rolled-back')
    expect(world.clock.slept.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000])
    expect(world.aliases.wrote).toEqual([['9m6s', '7', served]])
  })

  test('to reads as well is outlasted', async () => {
    world.calls.befall('read alias', { fails: 'unavailable' }, { until: '5m' })
    expect((await rollBack()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('tells each time that it is tried again', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { until: '3s' })
    await rollBack()
    expect(world.facts.filter(fact => fact.kind === 'warning')).toHaveLength(3)
  })

  test('beyond ten minutes ends part-way: how the alias stands and the command that mends it', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' })
    const outcome = await rollBack()
    expect(outcome).toMatchObject({ result: 'part-way', cure: command })
    expect(outcome.reason).toContain('7 at 90 %, 8 at 10 %')
    expect(outcome.reason).toContain(command)
    expect(world.clock.now() - world.clock.start).toBeGreaterThanOrEqual(10 * 60_000)
  })

  test('to everything ends part-way, and says that the state could not be read', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' })
    world.calls.befall('read alias', { fails: 'unavailable' })
    expect(await rollBack()).toMatchObject({ result: 'part-way', reason: expect.stringContaining('could not be read') })
  })

  test('until the write was applied after all ends well', async () => {
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 1 })
    world.calls.befall('read alias', { fails: 'unavailable' }, { from: 2, until: '20s' })
    expect((await rollBack()).result).toBe('rolled-back')
    expect(world.aliases.wrote).toHaveLength(1)
  })

  test('does not keep a stranger’s write from being seen', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { until: '1m' })
    world.clock.at('30s', () => world.aliases.points('orders:live', whole('5')))
    expect((await rollBack()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })
})

describe.each(['denied', 'expired', 'rejected'] as const)('a write that is %s', kind => {
  test('is not tried again, and ends part-way with the command', async () => {
    world.calls.befall('update alias', { fails: kind })
    expect(await rollBack()).toMatchObject({ result: 'part-way', cure: command })
    expect(world.calls.count('update alias')).toBe(1)
    expect(world.clock.elapsed()).toBe('0s')
  })

  test('to an alias that somebody has made whole is no harm', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('7')) })
    world.calls.befall('update alias', { fails: kind })
    expect((await rollBack()).result).toBe('rolled-back')
  })
})

test('a roll-back that cannot be read back was written, and a warning says so', async () => {
  world.calls.befall('read alias', { fails: 'denied' }, { from: 2 })
  expect((await rollBack()).result).toBe('rolled-back')
  expect(world.facts).toContainEqual({ kind: 'warning', text: expect.stringContaining('could not be read back') })
})

describe('an alias that was created', () => {
  const created = { routing: whole('8'), description: 'lambda-rollout 8; octo/orders@abc1234 run 987.1' }

  beforeEach(() => world.aliases.points('orders:live', created.routing, created.description))

  test('is read before it is deleted, since a deletion has no guard', async () => {
    expect((await rollBack({ back: undefined, ours: [created] })).result).toBe('rolled-back')
    expect(world.calls.made.map(call => call.operation)).toEqual(['read alias', 'delete alias'])
  })

  test('is not deleted when another run has taken it over', async () => {
    world.aliases.points('orders:live', whole('8'), 'lambda-rollout 8; octo/orders@fedcba9 run 990.1')
    expect((await rollBack({ back: undefined, ours: [created] })).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('that is gone already is gone', async () => {
    world.aliases.lacks('orders:live')
    expect((await rollBack({ back: undefined, ours: [created] })).result).toBe('rolled-back')
    expect(world.calls.count('delete alias')).toBe(0)
  })
})

test('a version number that a shell would eat is quoted in the command', async () => {
  world.calls.befall('update alias', { fails: 'denied' })
  const outcome = await rollBack({ back: { routing: whole('$LATEST'), description: '' } })
  expect(outcome.cure).toContain("--function-version '$LATEST'")
})
