import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import type { DeployInputs } from '../src/inputs.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, newWorld, run, type Sim, served, target, type Wish, waiting } from './support/world.ts'

/** The journal once 8 serves, until the next rollout. */
const promoted = 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.alarms.is('errors', 'OK')
})

/** Version 8, watched by the alarm `errors`. */
function rollOut(change: Wish = {}): Promise<Outcome> {
  return deploy(inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], ...change }), run, world)
}

function policy(change: Partial<DeployInputs['policy']>): Pick<DeployInputs, 'policy'> {
  return { policy: { ...inputs().policy, ...change } }
}

function decisions(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'looked' ? [fact.decision.kind] : []))
}

function warnings(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'warning' ? [fact.text] : []))
}

describe('a healthy candidate', () => {
  test('is promoted step by step, and each write says whose it is and what was before', async () => {
    const outcome = await rollOut({ strategy: '1% for 5m, 10% for 10m, 50% for 1h, 100% for 10m' })
    expect(world.aliases.wrote).toEqual([
      ['0s', '7 at 99 %, 8 at 1 %', waiting()],
      ['5m', '7 at 90 %, 8 at 10 %', waiting()],
      ['15m', '7 at 50 %, 8 at 50 %', waiting()],
      ['1h15m', '8', promoted],
    ])
    expect(world.clock.elapsed()).toBe('1h25m')
    expect(outcome.result).toBe('promoted')
  })

  const strategies: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['all-at-once', [['0s', '8']]],
    [
      'canary',
      [
        ['0s', '7 at 90 %, 8 at 10 %'],
        ['5m', '8'],
      ],
    ],
    [
      'Canary10Percent30Minutes',
      [
        ['0s', '7 at 90 %, 8 at 10 %'],
        ['30m', '8'],
      ],
    ],
    [
      'CodeDeployDefault.LambdaLinear25PercentEvery2Minutes',
      [
        ['0s', '7 at 75 %, 8 at 25 %'],
        ['2m', '7 at 50 %, 8 at 50 %'],
        ['4m', '7 at 25 %, 8 at 75 %'],
        ['6m', '8'],
      ],
    ],
    [
      '0.5% for 90s',
      [
        ['0s', '7 at 99.5 %, 8 at 0.5 %'],
        ['1m30s', '8'],
      ],
    ],
  ]
  test.each(strategies)('is rolled out by %s', async (strategy, writes) => {
    expect((await rollOut({ strategy })).result).toBe('promoted')
    expect(world.aliases.wrote.map(([at, serves]) => [at, serves])).toEqual(writes)
  })

  test('takes ten steps of linear, and no step twice', async () => {
    await rollOut({ strategy: 'linear' })
    expect(world.aliases.wrote.map(([at]) => at)).toEqual([
      '0s',
      '5m',
      '10m',
      '15m',
      '20m',
      '25m',
      '30m',
      '35m',
      '40m',
      '45m',
    ])
  })

  test('is looked at every poll interval, and once more when the bake ends between two', async () => {
    await rollOut({ strategy: '10% for 40s' })
    const looks = world.facts.flatMap(fact => (fact.kind === 'looked' ? [(fact.at - world.clock.start) / 1_000] : []))
    expect(looks).toEqual([0, 0, 15, 30, 40, 40])
    expect(decisions()).toEqual(['shift', 'wait', 'wait', 'wait', 'promote', 'finish'])
  })

  test('leaves nothing to do for the post step', async () => {
    await rollOut()
    expect(world.left()).toMatchObject({ over: true, run })
  })
})

describe('an alarm', () => {
  test('that fires in the middle of a bake rolls back, and the journal says again what it said', async () => {
    world.clock.at('7m', () => world.alarms.is('errors', 'ALARM', '5 errors in a minute'))
    const outcome = await rollOut({ strategy: '10% for 5m, 50% for 5m' })
    expect(world.aliases.wrote).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %', waiting()],
      ['5m', '7 at 50 %, 8 at 50 %', waiting()],
      ['7m', '7', served],
    ])
    expect(outcome.result).toBe('rolled-back')
    expect(outcome.reason).toContain('errors went to ALARM: 5 errors in a minute')
    expect(world.left().over).toBe(true)
  })

  test('that fires after the promotion, while the last step is watched, takes everything back', async () => {
    world.clock.at('8m', () => world.alarms.is('errors', 'ALARM'))
    const outcome = await rollOut({ strategy: '10% for 5m, 100% for 10m' })
    expect(world.aliases.wrote.at(-2)).toEqual(['5m', '8', promoted])
    expect(world.aliases.wrote.at(-1)).toEqual(['8m', '7', served])
    expect(outcome.result).toBe('rolled-back')
  })

  test('that flaps between two looks counts', async () => {
    world.clock.at('61s', () => world.alarms.is('errors', 'ALARM', 'for seven seconds'))
    world.clock.at('68s', () => world.alarms.is('errors', 'OK'))
    const outcome = await rollOut()
    expect(outcome.result).toBe('rolled-back')
    expect(outcome.reason).toContain('it is OK again')
    expect(world.aliases.wrote.at(-1)).toEqual(['1m15s', '7', served])
  })

  test('that was in ALARM before and moved to OK without a return is no reason to stop', async () => {
    world.alarms.is('latency', 'INSUFFICIENT_DATA')
    world.clock.at('61s', () => world.alarms.is('latency', 'OK'))
    expect((await rollOut({ alarms: ['errors', 'latency'] })).result).toBe('promoted')
    expect(world.calls.count('read history')).toBe(1)
  })

  test('that fires before the first shift touches nothing', async () => {
    world.calls.befall('find alarms', { after: () => world.alarms.is('errors', 'ALARM') })
    const outcome = await rollOut()
    expect(outcome.result).toBe('failed')
    expect(world.calls.writes).toEqual([])
  })

  test('that fires before the rollout is a refusal', async () => {
    world.alarms.is('errors', 'ALARM')
    const outcome = await rollOut()
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('already-in-alarm: ignore') })
    expect(world.calls.writes).toEqual([])
  })

  test('that fired before and is ignored does not stop the fix', async () => {
    world.alarms.is('errors', 'ALARM')
    expect((await rollOut({ alreadyInAlarm: 'ignore' })).result).toBe('promoted')
  })

  test('that is ignored counts once it was OK', async () => {
    world.alarms.is('errors', 'ALARM')
    world.clock.at('1m', () => world.alarms.is('errors', 'OK'))
    world.clock.at('3m', () => world.alarms.is('errors', 'ALARM'))
    expect((await rollOut({ alreadyInAlarm: 'ignore' })).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)?.[0]).toBe('3m')
  })

  test('that is ignored counts even when it was OK for a moment between two looks', async () => {
    world.alarms.is('errors', 'ALARM')
    world.clock.at('61s', () => world.alarms.is('errors', 'OK'))
    world.clock.at('62s', () => world.alarms.is('errors', 'ALARM'))
    expect((await rollOut({ alreadyInAlarm: 'ignore' })).result).toBe('rolled-back')
  })

  test('that is deleted during the rollout is not healthy', async () => {
    world.clock.at('1m', () => world.alarms.lacks('errors'))
    const outcome = await rollOut()
    expect(outcome.reason).toContain('errors no longer exists')
    expect(outcome.result).toBe('rolled-back')
  })
})

describe('alarms that cannot be read', () => {
  test('for four looks in a row fail the rollout', async () => {
    world.clock.at('1m', () => world.calls.befall('read alarms', { fails: 'denied' }))
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['1m45s', '7', served])
  })

  test('for three looks do not, and the count begins anew', async () => {
    for (const nth of [3, 4, 5, 7, 8, 9]) world.calls.befall('read alarms', { fails: 'unavailable' }, { nth })
    expect((await rollOut()).result).toBe('promoted')
  })

  test('end no bake: the promotion waits for a look that can read them', async () => {
    world.clock.at('4m50s', () => world.calls.befall('read alarms', { fails: 'unavailable' }, { until: '5m20s' }))
    expect((await rollOut()).result).toBe('promoted')
    expect(world.aliases.wrote.at(-1)).toEqual(['5m30s', '8', promoted])
  })

  test('before the first shift leave the alias alone', async () => {
    world.calls.befall('read alarms', { fails: 'unavailable' })
    expect((await rollOut()).result).toBe('failed')
    expect(world.calls.writes).toEqual([])
  })

  test('are judged all the same by an alarm that has fired already', async () => {
    world.alarms.is('latency', 'OK')
    world.clock.at('61s', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('read history', { fails: 'unavailable' })
    const outcome = await rollOut({ alarms: ['errors', 'latency'] })
    expect(outcome.result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)?.[0]).toBe('1m15s')
  })
})

describe('an alarm without data at the end of a bake', () => {
  beforeEach(() => world.alarms.is('errors', 'INSUFFICIENT_DATA'))

  test('lets the rollout continue', async () => {
    expect((await rollOut()).result).toBe('promoted')
    expect(world.clock.elapsed()).toBe('5m')
  })

  test('fails it where that is the policy', async () => {
    const outcome = await rollOut(policy({ insufficientData: { kind: 'fail' } }))
    expect(outcome).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('errors') })
    expect(world.aliases.wrote.at(-1)).toEqual(['5m', '7', served])
  })

  test('is waited for, and the rollout goes on when it comes', async () => {
    world.clock.at('20m', () => world.alarms.is('errors', 'OK'))
    expect((await rollOut(policy({ insufficientData: { kind: 'wait', ms: 30 * 60_000 } }))).result).toBe('promoted')
    expect(world.aliases.wrote.at(-1)).toEqual(['20m', '8', promoted])
  })

  test('is waited for so long and no longer', async () => {
    expect((await rollOut(policy({ insufficientData: { kind: 'wait', ms: 30 * 60_000 } }))).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['35m', '7', served])
  })
})

describe('with on-failure: hold', () => {
  const hold = policy({ onFailure: 'hold' })

  test('a failing candidate keeps its traffic, and the journal says that it is held', async () => {
    world.clock.at('90s', () => world.alarms.is('errors', 'ALARM'))
    const outcome = await rollOut(hold)
    expect(world.aliases.wrote).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %', waiting()],
      ['1m30s', '7 at 90 %, 8 at 10 %', waiting('8', 'held', undefined, '10:01')],
    ])
    expect(outcome.result).toBe('held')
    expect(world.left().over).toBe(true)
  })

  test('a failure before the first shift touches nothing', async () => {
    world.calls.befall('find alarms', { after: () => world.alarms.is('errors', 'ALARM') })
    expect((await rollOut(hold)).result).toBe('failed')
    expect(world.calls.writes).toEqual([])
  })

  test('a cancel rolls back all the same', async () => {
    world.clock.at('90s', () => world.stop())
    expect((await rollOut(hold)).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('a journal that could not be set to held is told', async () => {
    world.clock.at('90s', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { fails: 'denied' }, { from: 2 })
    expect((await rollOut(hold)).result).toBe('held')
    expect(warnings()).toEqual([expect.stringContaining('held')])
  })

  test('a revision that moved alone does not keep the journal from saying held', async () => {
    world.clock.at('90s', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.aliases.touches('orders:live') }, { nth: 2 })
    expect((await rollOut(hold)).result).toBe('held')
    expect(world.aliases.says('orders:live')).toBe(waiting('8', 'held', undefined, '10:01'))
  })

  test('a stranger who moves the traffic just then keeps it, and nothing is called held', async () => {
    world.clock.at('90s', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 2 })
    expect((await rollOut(hold)).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })
})

describe('somebody else', () => {
  test('who moves the traffic between two steps keeps it', async () => {
    world.clock.at('2m', () => world.aliases.points('orders:live', whole('5'), 'by hand'))
    const outcome = await rollOut()
    expect(outcome).toMatchObject({ result: 'stood-aside', reason: expect.stringContaining('5') })
    expect(world.aliases.wrote).toHaveLength(1)
    expect(world.aliases.says('orders:live')).toBe('by hand')
    expect(world.left().over).toBe(true)
  })

  test('who changes the weight alone keeps it', async () => {
    world.clock.at('2m', () => world.aliases.points('orders:live', partWay('7', '8', 0.3), waiting()))
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('7 at 70 %, 8 at 30 %')
  })

  test('who comes right before the first shift keeps the alias', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 1 })
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.wrote).toEqual([])
  })

  test('who comes right before the promotion keeps the alias', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 2 })
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('who comes right before the roll-back keeps the alias', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 2 })
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('who comes right after the roll-back is told of', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { after: () => world.aliases.points('orders:live', whole('5')) }, { nth: 2 })
    expect((await rollOut()).result).toBe('stood-aside')
  })

  test('who deletes the alias is not made to have it again', async () => {
    world.clock.at('2m', () => world.aliases.lacks('orders:live'))
    expect(await rollOut()).toMatchObject({ result: 'stood-aside', reason: expect.stringContaining('deleted') })
    expect(world.aliases.serves('orders:live')).toBe('gone')
  })

  test('who deletes the alias right before a step is not made to have it again', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.lacks('orders:live') }, { nth: 2 })
    expect((await rollOut()).result).toBe('stood-aside')
  })

  test('who deletes the alias right before the roll-back leaves nothing part-way', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.aliases.lacks('orders:live') }, { nth: 2 })
    expect((await rollOut()).result).toBe('stood-aside')
  })

  test('who deletes the alias and cancels is believed', async () => {
    world.clock.at('2m', () => world.aliases.lacks('orders:live'))
    world.clock.at('2m', () => world.stop())
    expect((await rollOut()).result).toBe('stood-aside')
  })

  test('who is another run and takes the journal over is believed, though the traffic is the same', async () => {
    const theirs = waiting('8', 'rolling', 'octo/orders@fedcba9 run 990.1')
    world.clock.at('2m', () => world.aliases.points('orders:live', partWay('7', '8', 0.1), theirs))
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.says('orders:live')).toBe(theirs)
  })

  test('who is another run outranks a cancel', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 2 })
    world.clock.at('2m', () => world.stop())
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('who is seen in the very look that a cancel cuts short keeps the alias', async () => {
    world.clock.at('2m', () => world.aliases.points('orders:live', whole('5')))
    world.clock.at('2m', () => world.calls.befall('read alarms', { before: () => world.stop() }))
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
    expect(world.aliases.wrote).toHaveLength(1)
  })

  test('who has already made the alias whole leaves nothing to roll back', async () => {
    world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('7')) }, { nth: 2 })
    world.clock.at('2m', () => world.stop())
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote).toHaveLength(1)
  })
})

describe('a revision', () => {
  test('that moved alone is adopted', async () => {
    world.clock.at('2m', () => world.aliases.touches('orders:live'))
    expect((await rollOut()).result).toBe('promoted')
  })

  test('that moves right before each of three writes in a row is adopted', async () => {
    for (const nth of [2, 3, 4]) {
      world.calls.befall('update alias', { before: () => world.aliases.touches('orders:live') }, { nth })
    }
    expect((await rollOut()).result).toBe('promoted')
    expect(world.aliases.wrote.map(([at, serves]) => [at, serves])).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %'],
      ['5m6s', '8'],
    ])
  })

  test('that moves before every write makes the rollout give up, whole', async () => {
    world.calls.befall(
      'update alias',
      { before: () => world.aliases.touches('orders:live') },
      { from: 2, until: '5m30s' },
    )
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('that never holds still long enough for a roll-back ends it part-way, with the command', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.aliases.touches('orders:live') }, { from: 2 })
    const outcome = await rollOut()
    expect(outcome.result).toBe('part-way')
    expect(outcome.cure).toContain('aws lambda update-alias')
  })
})

describe('a read that lags behind', () => {
  const lag = (reads: number) => () => {
    world.aliases.laggingReads = reads
  }

  test.each([1, 2])('the writes, up to write %i, finds no stranger', async nth => {
    world.calls.befall('update alias', { after: lag(3) }, { nth })
    expect((await rollOut({ strategy: '10% for 5m, 100% for 5m' })).result).toBe('promoted')
    expect(world.aliases.wrote).toHaveLength(2)
  })

  test('a roll-back does not take it back', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { after: lag(1) }, { nth: 2 })
    expect((await rollOut()).result).toBe('rolled-back')
  })

  test('a shift whose answer was lost does not make the run believe that it was never made', async () => {
    world.calls.befall('update alias', { after: lag(2) }, { nth: 1 })
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 1 })
    await rollOut()
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('provisioned concurrency', () => {
  beforeEach(() => {
    world.aliases.provisioned.add('orders:live')
  })

  test("that AWS moves after the promotion is waited out, and its weights are no stranger's", async () => {
    expect((await rollOut()).result).toBe('promoted')
    expect(world.clock.elapsed()).toBe('8m')
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('that AWS still moves does not keep an alarm from rolling back', async () => {
    world.clock.at('6m', () => world.alarms.is('errors', 'ALARM'))
    const outcome = await rollOut({ strategy: '10% for 5m, 100% for 10m' })
    expect(outcome.result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['6m', '7', served])
    world.clock.pass('3m')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('that moves when the workflow is cancelled does not either', async () => {
    world.clock.at('6m', () => world.stop())
    expect((await rollOut({ strategy: '10% for 5m, 100% for 10m' })).result).toBe('rolled-back')
    world.clock.pass('3m')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test("whose state may not be read cannot excuse weights: they are a stranger's", async () => {
    world.calls.befall('read provisioned concurrency', { fails: 'denied' })
    expect((await rollOut()).result).toBe('stood-aside')
  })
})

describe('a cancel', () => {
  const steps = '1% for 5m, 10% for 5m, 50% for 5m, 100% for 5m'

  test.each([
    ['1m', 1],
    ['6m', 2],
    ['11m', 3],
    ['16m', 4],
  ])('at %s rolls back at once', async (at, writes) => {
    world.clock.at(at, () => world.stop())
    const outcome = await rollOut({ strategy: steps })
    expect(outcome).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('cancelled') })
    expect(world.aliases.wrote).toHaveLength(writes + 1)
    expect(world.aliases.wrote.at(-1)).toEqual([at, '7', served])
  })

  test('before anything was read touches nothing', async () => {
    world.stop()
    expect(await rollOut()).toMatchObject({ result: 'refused', reason: expect.stringContaining('cancelled') })
    expect(world.calls.writes).toEqual([])
  })

  test('right before the first shift touches nothing', async () => {
    world.calls.befall('find alarms', { after: () => world.calls.befall('read alarms', { after: () => world.stop() }) })
    expect((await rollOut()).result).toBe('failed')
    expect(world.calls.writes).toEqual([])
  })

  test.each([1, 2, 3, 4])('during write %i ends no write, and rolls back after it', async nth => {
    world.calls.befall('update alias', { before: () => world.stop() }, { nth })
    expect((await rollOut({ strategy: steps })).result).toBe('rolled-back')
    expect(world.aliases.wrote).toHaveLength(nth + 1)
    expect(world.aliases.wrote.at(-1)?.[1]).toBe('7')
  })

  test('during a read of the alias does not wait for another look', async () => {
    world.calls.befall('read alias', { before: () => world.stop() }, { nth: 5 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('during a read of the alarms is no alarm that cannot be read', async () => {
    world.calls.befall('read alarms', { before: () => world.stop() }, { nth: 3 })
    expect(await rollOut()).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('cancelled') })
  })

  test('rolls back without a read before the write', async () => {
    const before: string[] = []
    world.clock.at('2m', () => {
      before.push(String(world.calls.made.length))
      world.stop()
    })
    await rollOut()
    expect(world.calls.made.slice(Number(before[0])).map(call => call.operation)).toEqual([
      'update alias',
      'read alias',
    ])
  })

  test('during a roll-back changes nothing about it', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { before: () => world.stop() }, { nth: 2 })
    world.calls.befall('update alias', { fails: 'unavailable' }, { from: 2, until: '3m' })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('a lost answer', () => {
  test('to a shift that can be seen in the next look rolls back what it did', async () => {
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 1 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %', waiting()],
      ['0s', '7', served],
    ])
  })

  test('to a promotion is no stranger’s write', async () => {
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('to a promotion, with no look at the alias for a minute after it, still ends whole', async () => {
    const blind = () => world.calls.befall('read alias', { fails: 'unavailable' }, { until: '6m' })
    world.calls.befall('update alias', { after: blind }, { nth: 2 })
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote.map(([, serves]) => serves)).toEqual(['7 at 90 %, 8 at 10 %', '8', '7'])
  })

  test('to the roll-back is found to have been done', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote).toHaveLength(2)
  })

  test('to a write that was not applied ends as untouched, once a guarded write has shown it', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { nth: 1 })
    expect((await rollOut()).result).toBe('failed')
    expect(world.aliases.wrote).toEqual([['0s', '7', served]])
  })
})

describe('the alias of a first rollout', () => {
  beforeEach(() => world.aliases.lacks('orders:live'))

  const first = 'lambda-rollout 8; octo/orders@abc1234 run 987.1'

  test('is created on the candidate and watched for the last bake', async () => {
    const outcome = await rollOut({ strategy: '10% for 5m, 100% for 10m' })
    expect(world.aliases.wrote).toEqual([['0s', '8', first]])
    expect(world.clock.elapsed()).toBe('10m')
    expect(outcome.result).toBe('promoted')
  })

  test('is created by a canary without a bake, since there is nothing to split with', async () => {
    await rollOut()
    expect(world.clock.elapsed()).toBe('0s')
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test.each([
    ['an alarm', () => world.alarms.is('errors', 'ALARM')],
    ['a cancel', () => world.stop()],
  ])('is deleted again by %s', async (_, trouble) => {
    world.clock.at('2m', trouble)
    expect((await rollOut({ strategy: '10% for 5m, 100% for 10m' })).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['2m', 'deleted', ''])
  })

  test('is deleted again when the answer to its creation is lost', async () => {
    world.calls.befall('create alias', { loses: 'answer' })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('gone')
  })

  test('is deleted once when the answer to that is lost', async () => {
    world.clock.at('2m', () => world.stop())
    world.calls.befall('delete alias', { loses: 'answer' })
    expect((await rollOut({ strategy: '100% for 10m' })).result).toBe('rolled-back')
    expect(world.calls.count('delete alias')).toBe(1)
  })

  test('is not deleted when somebody else has pointed it elsewhere', async () => {
    world.clock.at('2m', () => world.aliases.points('orders:live', whole('5')))
    world.clock.at('2m', () => world.stop())
    expect((await rollOut({ strategy: '100% for 10m' })).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('that somebody else creates first is theirs', async () => {
    const theirs = () => world.aliases.points('orders:live', whole('5'))
    world.calls.befall('create alias', { before: theirs })
    expect((await rollOut()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('that somebody else creates first, on this very version, is theirs as well', async () => {
    world.calls.befall('create alias', { before: () => world.aliases.points('orders:live', whole('8')) })
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    expect((await rollOut({ strategy: '100% for 10m' })).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('that cannot be deleted is told with the command that does', async () => {
    world.clock.at('2m', () => world.stop())
    world.calls.befall('delete alias', { fails: 'denied' })
    const outcome = await rollOut({ strategy: '100% for 10m' })
    expect(outcome.result).toBe('part-way')
    expect(outcome.cure).toBe('aws lambda delete-alias --region eu-west-1 --function-name orders --name live')
  })
})

test('what is asked of the alias is always kept for the post step before it is written', async () => {
  const kept: unknown[] = []
  for (const nth of [1, 2, 3]) {
    world.calls.befall('update alias', { before: () => kept.push(world.left().targets[0]?.asked.at(-1)) }, { nth })
  }
  world.clock.at('12m', () => world.alarms.is('errors', 'ALARM'))
  await rollOut({ strategy: '10% for 5m, 50% for 10m' })
  expect(kept).toEqual([
    { routing: partWay('7', '8', 0.1), description: waiting() },
    { routing: partWay('7', '8', 0.5), description: waiting() },
    { routing: partWay('7', '8', 0.5), description: waiting() },
  ])
  expect(world.left().targets).toMatchObject([{ target, back: { routing: whole('7'), description: served } }])
})
