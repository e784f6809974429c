import { beforeEach, describe, expect, test } from 'vitest'
import { Cancelled, Failure } from '../src/failure.ts'
import { settle } from '../src/releasing/settle.ts'
import { readiness } from '../src/rollout/readiness.ts'
import { active, newWorld, type Sim } from './support/world.ts'

let world: Sim

beforeEach(() => {
  world = newWorld()
})

/** Waits for `$LATEST`, two minutes at most. */
function settled() {
  const patience = { what: 'orders to settle', timeoutMs: 120_000 }
  return settle(() => world.functions.latest('orders'), readiness, patience, world)
}

function updating(until: string, becomes = active): void {
  world.functions.changes('orders', '$LATEST', {
    state: { ...active, update: 'InProgress', updateReason: 'The function is being created.' },
  })
  world.clock.at(until, () => world.functions.changes('orders', '$LATEST', { state: becomes }))
}

test('what is ready is read once', async () => {
  expect(await settled()).toMatchObject({ version: '$LATEST', codeSha256: 'code of 7' })
  expect(world.clock.elapsed()).toBe('0s')
})

test('what does not exist is nothing to wait for', async () => {
  world.functions.lacks('orders')
  expect(await settled()).toBeUndefined()
})

test('it is looked at ever more seldom, every five seconds in the end', async () => {
  updating('30s')
  await settled()
  expect(world.clock.slept).toEqual([1_000, 1_500, 2_250, 3_375, 5_000, 5_000, 5_000, 5_000, 5_000])
})

test('what ends in failure is as settled as what ends well', async () => {
  updating('10s', { state: 'Active', update: 'Failed' })
  expect(await settled()).toMatchObject({ update: 'Failed' })
})

test('a time-out tells what it saw last and which input to raise', async () => {
  updating('10m')
  const failed = expect(settled()).rejects
  await failed.toThrow(Failure)
  expect(world.clock.elapsed()).toBe('2m')
})

test('the message of a time-out is a sentence with the cure', async () => {
  updating('10m')
  await expect(settled()).rejects.toThrow(
    'orders to settle took longer than 2m and was last LastUpdateStatus InProgress: The function is being created; raise `ready-timeout` if that is to be expected',
  )
})

test('what settles at the very end of the time is not given up', async () => {
  updating('2m')
  expect(await settled()).toMatchObject(active)
})

test('every half minute it is told that the wait goes on', async () => {
  updating('100s')
  await settled()
  const told = world.facts.map(fact => (fact.kind === 'note' ? fact.text : ''))
  expect(told).toHaveLength(3)
  expect(told[0]).toContain('Still waiting for orders to settle after 33s: LastUpdateStatus InProgress')
})

describe('a cancel', () => {
  test('ends the wait in the middle of a pause', async () => {
    updating('1m')
    world.clock.at('20s', () => world.stop())
    await expect(settled()).rejects.toMatchObject({ name: 'AbortError' })
    expect(world.clock.elapsed()).toBe('20s')
  })

  test('during a read that comes through all the same ends it as well', async () => {
    updating('1m')
    world.calls.befall('read function', { after: () => world.stop() }, { nth: 3 })
    await expect(settled()).rejects.toThrow(Cancelled)
  })

  test('is no reason to throw away what is ready', async () => {
    world.calls.befall('read function', { after: () => world.stop() })
    expect(await settled()).toMatchObject(active)
  })
})

test.each(['denied', 'expired', 'unavailable', 'rejected'] as const)(
  'a read that is %s is no reason to go on',
  async kind => {
    updating('1m')
    world.calls.befall('read function', { fails: kind }, { nth: 2 })
    await expect(settled()).rejects.toMatchObject({ name: 'CallFailed', kind })
    expect(world.calls.count('read function')).toBe(2)
  },
)
