import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import type { PromoteInputs } from '../src/inputs.ts'
import { mend } from '../src/mending/mend.ts'
import { promote } from '../src/promote.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, Killed, newWorld, run, type Sim, served, target, type Wish, waiting } from './support/world.ts'

const promoted = 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1'
const minute = 60_000

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.alarms.is('errors', 'OK')
})

/** A job of the workflow run leaves version 8 at 10 %. */
async function pauseAt(strategy = '10% for 10m, pause'): Promise<Outcome> {
  const source = { kind: 'version', version: '8' } as const
  const outcome = await deploy(inputs({ source, strategy, alarms: ['errors'] }), run, world)
  world.aliases.wrote.length = 0
  return outcome
}

/** A later job, an hour later unless it is said otherwise, takes it on: with everything at once, if nothing else is said. */
async function takeOn(
  change: Wish & Partial<PromoteInputs> = {},
  by: Run = run,
  after = 60 * minute,
): Promise<Outcome> {
  await world.clock.sleep(after)
  const { targets: _, ...conduct } = inputs({ alarms: ['errors'], ...change })
  return await promote({ ...conduct, waited: true, targets: [{ target }], version: change.version }, by, world)
}

function log(kind: 'note' | 'warning'): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === kind ? [fact.text] : []))
}

describe('a pause', () => {
  test('ends the run with the canary in place and a journal that says so, and since when', async () => {
    const outcome = await pauseAt()
    expect(outcome).toMatchObject({
      result: 'paused',
      reason: expect.stringContaining(
        'orders:live is paused and serves 7 at 90 %, 8 at 10 % until `command: promote` takes it on or `command: rollback` takes it away',
      ),
    })
    expect(world.aliases.serves('orders:live')).toBe('7 at 90 %, 8 at 10 %')
    expect(world.aliases.says('orders:live')).toBe(waiting('8', 'paused', undefined, '10:10'))
  })

  test('leaves nothing to mend', async () => {
    await pauseAt()
    expect(world.left().over).toBe(true)
  })

  test('that keeps a share for an A/B split is there at once', async () => {
    await pauseAt('20%, pause')
    expect(world.clock.elapsed()).toBe('0s')
    expect(world.aliases.serves('orders:live')).toBe('7 at 80 %, 8 at 20 %')
  })

  test('of a candidate that fails is no pause', async () => {
    world.clock.at('5m', () => world.alarms.is('errors', 'ALARM'))
    expect((await pauseAt()).result).toBe('rolled-back')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test('on an alias that does not exist is a promotion: there is nothing to share with', async () => {
    world.aliases.lacks('orders:live')
    expect((await pauseAt()).result).toBe('promoted')
  })

  test('that AWS does not let be written rolls back instead of leaving a canary that looks abandoned', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { nth: 2 })
    const outcome = await pauseAt()
    expect(outcome.result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('over which somebody else comes stands aside', async () => {
    world.clock.at('10m', () => world.aliases.points('orders:live', whole('5'), 'by hand'))
    expect((await pauseAt()).result).toBe('stood-aside')
    expect(world.aliases.says('orders:live')).toBe('by hand')
  })

  test('keeps a newer deploy away, which is told what to do', async () => {
    await pauseAt()
    const later = { ...run, id: '988' }
    expect(await deploy(inputs({ source: { kind: 'version', version: '5' } }), later, world)).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('take it on with `command: promote` or away with `command: rollback`'),
    })
  })
})

describe('a promotion', () => {
  test('takes the canary on that this workflow run has left, and then everything at once', async () => {
    await pauseAt()
    expect(await takeOn()).toMatchObject({ result: 'promoted' })
    expect(world.aliases.wrote).toEqual([
      ['1h10m', '7 at 90 %, 8 at 10 %', waiting('8', 'rolling', undefined, '10:10')],
      ['1h10m', '8', promoted],
    ])
  })

  test('goes on by the steps above the weight that it finds', async () => {
    await pauseAt()
    await takeOn({ strategy: '5% for 5m, 10% for 1h, 50% for 10m' })
    expect(world.aliases.wrote.map(([at, serves]) => [at, serves])).toEqual([
      ['1h10m', '7 at 90 %, 8 at 10 %'],
      ['1h10m', '7 at 50 %, 8 at 50 %'],
      ['1h20m', '8'],
    ])
  })

  test('can pause again further up', async () => {
    await pauseAt()
    expect((await takeOn({ strategy: '50% for 5m, pause' })).result).toBe('paused')
    expect(world.aliases.says('orders:live')).toBe(waiting('8', 'paused', undefined, '11:15'))
    expect((await takeOn()).result).toBe('promoted')
  })

  test('is made by a re-run as well', async () => {
    await pauseAt()
    expect((await takeOn({}, { ...run, attempt: 2 })).result).toBe('promoted')
  })

  test('of a canary that is held goes ahead, since a person has asked for it', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting('8', 'held'))
    expect((await takeOn()).result).toBe('promoted')
  })

  test('twice ends unchanged where the version is named, without a write', async () => {
    await pauseAt()
    await takeOn()
    const writes = world.calls.writes.length
    const again = await takeOn({ version: { kind: 'version', version: '8' } })
    expect(again).toEqual({ result: 'unchanged', reason: 'orders:live already serves version 8' })
    expect(world.calls.writes).toHaveLength(writes)
  })

  test('that rolled back is no success when it is re-run', async () => {
    await pauseAt()
    world.clock.at('30m', () => world.alarms.is('errors', 'ALARM'))
    world.clock.at('2h', () => world.alarms.is('errors', 'OK'))
    expect((await takeOn()).result).toBe('rolled-back')
    expect((await takeOn({}, { ...run, attempt: 2 })).result).toBe('refused')
  })

  test('that would pause where the canary waits already leaves it there, as a re-run past an approval must', async () => {
    await pauseAt()
    expect(await takeOn({ strategy: '5% for 5m, 10% for 5m, pause' })).toMatchObject({ result: 'paused' })
    expect(world.aliases.wrote).toEqual([])
  })

  test('tells what it takes on, from whom and since when', async () => {
    await pauseAt()
    await takeOn()
    const notes = world.facts.flatMap(fact => (fact.kind === 'planned' ? fact.notes : []))
    expect(notes).toContain(
      'takes on version 8 at 10 %, where octo/orders@abc1234 run 987.1 left it at 2026-11-23T10:10Z; all that time is judged',
    )
  })

  test('as a dry run tells the plan and writes nothing', async () => {
    await pauseAt()
    expect(await takeOn({ dryRun: true })).toEqual({
      result: 'planned',
      reason: 'orders:live would be taken on: 10 % for 1h, then 100 %; nothing was changed',
    })
    expect(world.aliases.wrote).toEqual([])
  })
})

describe('the whole time since it was left is judged', () => {
  test('an alarm that fires since then rolls the canary back', async () => {
    await pauseAt()
    world.clock.at('30m', () => world.alarms.is('errors', 'ALARM', 'it went wrong'))
    expect(await takeOn()).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('it went wrong') })
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.aliases.says('orders:live')).toBe('lambda-rollout 7 after 5; octo/orders@abc1234 run 987.1')
  })

  test('so does one that came and went meanwhile', async () => {
    await pauseAt()
    world.clock.at('30m', () => world.alarms.is('errors', 'ALARM', 'it went wrong'))
    world.clock.at('40m', () => world.alarms.is('errors', 'OK'))
    expect((await takeOn()).result).toBe('rolled-back')
  })

  test('an alarm that fired before it was left is an obstacle, and the canary still waits', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting('8', 'paused'))
    world.alarms.is('old', 'ALARM')
    expect(await takeOn({ alarms: ['old'] })).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('already in ALARM'),
    })
    expect(world.aliases.says('orders:live')).toBe(waiting('8', 'paused'))
    expect((await takeOn({ alarms: ['old'], alreadyInAlarm: 'ignore' })).result).toBe('promoted')
  })

  test('errors of the canary while it waited roll it back at the first look', async () => {
    world.metrics.perMinute = 600
    world.metrics.does('8', { errorRate: elapsed => (elapsed > 20 * minute && elapsed < 40 * minute ? 0.5 : 0) })
    await pauseAt()
    const check = { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' } as const
    expect(await takeOn({ checks: [check] })).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.wrote.map(([at]) => at)).toEqual(['1h10m', '1h10m'])
  })

  test('also where the strategy has no bake of its own', async () => {
    world.metrics.perMinute = 600
    world.metrics.does('8', { errorRate: elapsed => (elapsed > 20 * minute ? 0.5 : 0) })
    await pauseAt()
    const check = { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' } as const
    expect((await takeOn({ checks: [check], strategy: 'all-at-once' })).result).toBe('rolled-back')
  })

  test('but not what made a canary be held, in the minute in which it was', async () => {
    world.clock.at('5m10s', () => world.alarms.is('errors', 'ALARM'))
    const source = { kind: 'version', version: '8' } as const
    const policy = { ...inputs().policy, onFailure: 'hold' } as const
    expect(
      (await deploy(inputs({ source, policy, alarms: ['errors'], strategy: '10% for 10m' }), run, world)).result,
    ).toBe('held')
    expect((await takeOn({ alreadyInAlarm: 'ignore' })).result).toBe('promoted')
  })

  test('and what was served then counts towards min-invocations', async () => {
    world.metrics.perMinute = 100
    await pauseAt()
    const policy = { ...inputs().policy, minInvocations: 500, lowTraffic: { kind: 'fail' } as const }
    expect((await takeOn({ policy })).result).toBe('promoted')
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting('8', 'paused', undefined, '11:10'))
    expect(await takeOn({ policy: { ...policy, minInvocations: 5_000 } })).toMatchObject({ result: 'rolled-back' })
  })
})

describe('a canary that does not say since when it is there', () => {
  test('is taken on where it is named, and baked anew', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), 'by hand')
    const version = { kind: 'version', version: '8' } as const
    expect((await takeOn({ version })).result).toBe('promoted')
    expect(world.aliases.wrote.map(([at]) => at)).toEqual(['1h', '1h5m'])
  })

  test('is refused where it is not', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), 'by hand')
    expect((await takeOn()).result).toBe('refused')
  })

  test('can be named by the alias that serves it', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), 'by hand')
    world.aliases.points('orders:staging', whole('8'))
    expect((await takeOn({ version: { kind: 'version-of', alias: 'staging' } })).result).toBe('promoted')
  })
})

describe('what ends before the first write leaves the canary waiting', () => {
  beforeEach(async () => void (await pauseAt()))
  const stillWaits = () => expect(world.aliases.says('orders:live')).toBe(waiting('8', 'paused', undefined, '10:10'))

  test('no alias', async () => {
    world.aliases.lacks('orders:live')
    expect(await takeOn()).toMatchObject({
      result: 'refused',
      reason: 'there is no alias orders:live; correct `function-name` or `alias`',
    })
  })

  test('alarms that do not exist', async () => {
    expect((await takeOn({ alarms: ['nothing'] })).result).toBe('refused')
    stillWaits()
  })

  test('a write that AWS denies', async () => {
    world.calls.befall('update alias', { fails: 'denied' })
    expect(await takeOn()).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('was not touched, and the canary still waits there'),
    })
    stillWaits()
  })

  test('a cancel', async () => {
    world.stop()
    expect((await takeOn()).result).toBe('refused')
    stillWaits()
  })

  test('a stranger, to whom it is left', async () => {
    world.calls.befall(
      'update alias',
      { before: () => world.aliases.points('orders:live', whole('5'), 'by hand') },
      { nth: 1 },
    )
    expect((await takeOn()).result).toBe('stood-aside')
    expect(world.aliases.says('orders:live')).toBe('by hand')
  })
})

test('a promotion that dies after it has taken the canary over is carried on by the next attempt', async () => {
  await pauseAt()
  const dies = () => {
    throw new Killed()
  }
  world.calls.befall('update alias', { after: dies }, { nth: 1 })
  await expect(takeOn({ strategy: '50% for 10m' })).rejects.toThrow(Killed)
  expect(world.aliases.says('orders:live')).toBe(waiting('8', 'rolling', undefined, '10:10'))
  expect((await takeOn({}, { ...run, attempt: 2 })).result).toBe('promoted')
  expect(log('warning')).toEqual([])
})

describe('what a promotion that died has left', () => {
  beforeEach(async () => {
    await pauseAt()
    const dies = () => {
      throw new Killed()
    }
    world.calls.befall('update alias', { after: dies }, { nth: 1 })
    await expect(takeOn({ strategy: '50% for 10m' })).rejects.toThrow(Killed)
  })

  test('is taken away where the next attempt may not begin', async () => {
    world.alarms.is('old', 'ALARM')
    expect(await takeOn({ alarms: ['old'] }, { ...run, attempt: 2 })).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('is judged by the alarms since it waited, also where the strategy has no bake', async () => {
    world.alarms.is('errors', 'ALARM')
    world.alarms.is('errors', 'OK')
    expect((await takeOn({ strategy: 'all-at-once' }, { ...run, attempt: 2 })).result).toBe('rolled-back')
  })
})

test('a promotion that dies before its first write leaves the canary waiting, whatever the post step sees', async () => {
  await pauseAt()
  const dies = () => {
    throw new Killed()
  }
  world.calls.befall('update alias', { before: dies }, { nth: 1 })
  await expect(takeOn()).rejects.toThrow(Killed)
  expect(await mend(world.left(), world)).toBeUndefined()
  expect(world.aliases.says('orders:live')).toBe(waiting('8', 'paused', undefined, '10:10'))
})

test('a pause that was written while the run was rolling back is no end for the post step', async () => {
  world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
  const dies = () => {
    throw new Killed()
  }
  world.calls.befall('update alias', { before: dies }, { nth: 3 })
  await expect(pauseAt()).rejects.toThrow(Killed)
  expect((await mend(world.left(), world))?.result).toBe('rolled-back')
  expect(world.aliases.serves('orders:live')).toBe('7')
})

test('of two promotions of one canary the first goes on, whoever paused it', async () => {
  await pauseAt()
  const first = waiting('8', 'rolling', undefined, '10:10')
  const takesOver = () => world.aliases.points('orders:live', partWay('7', '8', 0.1), first)
  world.calls.befall('update alias', { before: takesOver }, { nth: 1 })
  const version = { kind: 'version', version: '8' } as const
  expect((await takeOn({ version }, { ...run, id: '988' })).result).toBe('stood-aside')
  expect(world.aliases.says('orders:live')).toBe(first)
})
