import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import type { PromoteInputs } from '../src/inputs.ts'
import { perform } from '../src/perform.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import type { Operation } from './support/world/calls.ts'
import { SimWatchdog, type WatchdogEvent } from './support/world/watchdog.ts'
import { inputs, Killed, newWorld, run, type Sim, served, target, type Wish, waiting } from './support/world.ts'

const minute = 60_000
const live = 'orders:live'
const fired = 'the watchdog took the candidate away, since this run did not move it on in time'
const dead = 'lambda-rollout 7 after 5; candidate 8 rolling since 2026-11-23T09:58Z; octo/orders@dead000 run 950.1'

let world: Sim
let watchdog: SimWatchdog

beforeEach(() => begin())

function begin(): void {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {}, 9: {} })
  world.alarms.is('errors', 'OK')
  watchdog = new SimWatchdog(world)
  world.watchdog = watchdog
}

/** Version 8, with a watchdog: 10 % for five minutes where nothing else is said. */
function rollOut(change: Wish = {}, by: Run = run): Promise<Outcome> {
  const wish = inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], ...change })
  return perform({ command: 'deploy', environment: undefined, ...wish }, by, world)
}

/** A later job takes on what waits. */
function promote(change: Wish & Partial<PromoteInputs> = {}): Promise<Outcome> {
  const { targets: _, ...conduct } = inputs({ alarms: ['errors'], ...change })
  const wish = { ...conduct, waited: true, targets: [{ target }], version: change.version }
  return perform({ command: 'promote', environment: undefined, ...wish }, run, world)
}

/** The run is killed, and no post step mends anything. */
async function dies(story: () => Promise<unknown>): Promise<void> {
  await expect(story()).rejects.toThrow(Killed)
}

function kill(): never {
  throw new Killed()
}

function warnings(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'warning' ? [fact.text] : []))
}

function told(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'watchdog' ? [fact.state] : []))
}

describe('a watchdog', () => {
  test('takes only the weight away before a write, puts back what was found after it, and is gone at the end', async () => {
    const set: (readonly [string, unknown])[] = []
    const noting = () => set.push([world.clock.elapsed(), watchdog.standing(live)?.act])
    world.calls.befall('set watchdog', { after: noting })
    await rollOut({ strategy: '10% for 1m, 50% for 1m' })
    const drop = { kind: 'drop', candidate: '8' }
    const restore = (revision: string) => {
      return { kind: 'restore', candidate: '8', back: { routing: whole('7'), description: served }, revision }
    }
    expect(set).toEqual([
      ['0s', drop],
      ['0s', restore('a2')],
      ['1m', drop],
      ['1m', restore('a3')],
      ['2m', drop],
    ])
    expect(watchdog.standing(live)).toBeUndefined()
  })

  test('is told of once when it is set, and once when it is removed', async () => {
    await rollOut({ strategy: '10% for 5m, 50% for 5m' })
    expect(told()).toEqual(['set', 'removed'])
  })

  test('is set for five minutes ahead, and moved on whenever three are left', async () => {
    await rollOut({ strategy: '10% for 5m, 100% for 3m' })
    expect(watchdog.events).toEqual<WatchdogEvent[]>([
      ['0s', 'prepared'],
      ['0s', 'drop', '5m'],
      ['0s', 'restore', '5m'],
      ['2m', 'restore', '7m'],
      ['4m', 'restore', '9m'],
      ['5m', 'drop', '10m'],
      ['5m', 'restore', '10m'],
      ['7m', 'restore', '12m'],
      ['8m', 'removed'],
    ])
  })

  test('is set before the alias is written, and the other form after it', async () => {
    await rollOut({ strategy: 'all-at-once' })
    const calls = world.calls.writes.map(({ operation }) => operation)
    expect(calls).toEqual(['prepare watchdog', 'set watchdog', 'update alias', 'remove watchdog'])
  })

  test('is moved on to a revision that moved alone', async () => {
    world.clock.at('30s', () => world.aliases.touches(live))
    world.clock.at('31s', kill)
    await dies(() => rollOut())
    world.clock.pass('10m')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('does not fire where the run looks every ten minutes only', async () => {
    const policy = { ...inputs().policy, pollMs: 10 * minute }
    expect((await rollOut({ strategy: '10% for 1h', policy })).result).toBe('promoted')
    expect(watchdog.events.map(([, what]) => what)).not.toContain('fired')
  })

  test('does not fire while the hook at 100 % takes 15 minutes, nor in the bake after it', async () => {
    world.invoker.answers('hook', { takes: '15m' })
    const outcome = await rollOut({ strategy: '10% for 5m, 100% for 10m', afterTraffic: 'hook' })
    expect(outcome.result).toBe('promoted')
    expect(watchdog.events.map(([, what]) => what)).not.toContain('fired')
  })

  test('is back at five minutes after the hook', async () => {
    world.invoker.answers('hook', { takes: '1m' })
    world.clock.at('6m30s', kill)
    await dies(() => rollOut({ strategy: '10% for 5m, 100% for 10m', afterTraffic: 'hook' }))
    expect(watchdog.left(live)).toBe(4.5 * minute)
  })

  test('is none where none is asked for', async () => {
    world.watchdog = undefined
    expect((await rollOut()).result).toBe('promoted')
    expect(told()).toEqual([])
  })

  test('is not made for a dry run', async () => {
    await rollOut({ dryRun: true })
    expect(watchdog.events).toEqual([])
  })

  test('is not spoken of where the alias is new, which it could not take away', async () => {
    world.aliases.lacks(live)
    expect((await rollOut({ strategy: '10% for 5m, 100% for 5m' })).result).toBe('promoted')
    expect(told()).not.toContain('set')
  })
})

describe('the end of a run', () => {
  const hooked = { strategy: '10% for 5m, 100% for 5m', afterTraffic: 'hook' }
  const ends: readonly (readonly [Outcome['result'], Wish, () => void])[] = [
    ['promoted', {}, () => undefined],
    ['rolled-back', {}, () => world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))],
    ['rolled-back', {}, () => world.clock.at('2m', () => world.stop())],
    ['rolled-back', hooked, () => world.invoker.answers('hook', { functionError: 'Unhandled' })],
    [
      'held',
      { policy: { ...inputs().policy, onFailure: 'hold' } },
      () => world.clock.at('2m', () => world.alarms.is('errors', 'ALARM')),
    ],
    ['paused', { strategy: '10% for 5m, pause' }, () => undefined],
    ['stood-aside', {}, () => world.clock.at('2m', () => world.aliases.points(live, whole('9'), 'by hand'))],
    ['failed', {}, () => world.calls.befall('update alias', { fails: 'denied' })],
    ['failed', {}, () => world.calls.befall('set watchdog', { fails: 'denied' })],
    ['refused', { beforeTraffic: 'hook' }, () => world.invoker.answers('hook', { functionError: 'Unhandled' })],
  ]
  test.each(ends)('removes it: %s (%#)', async (result, wish, happens) => {
    happens()
    expect((await rollOut(wish)).result).toBe(result)
    expect(watchdog.standing(live)).toBeUndefined()
    const stands = world.aliases.serves(live)
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe(stands)
  })

  test('leaves it where the alias is part-way, and it may do what the run could not', async () => {
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    world.calls.befall('update alias', { fails: 'denied' }, { from: 2 })
    expect((await rollOut()).result).toBe('part-way')
    expect(world.aliases.serves(live)).toBe('7 at 90 %, 8 at 10 %')
    world.clock.pass('6m')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('is the same end where the watchdog cannot be removed, which is warned of', async () => {
    world.calls.befall('remove watchdog', { fails: 'denied' })
    expect((await rollOut()).result).toBe('promoted')
    expect(warnings()).toEqual([expect.stringContaining('The watchdog was not removed')])
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe('8')
  })

  test.each<readonly [string, Wish, () => void]>([
    ['promoted after a bake at 100 %', { strategy: '10% for 5m, 100% for 5m' }, () => undefined],
    ['paused', { strategy: '10% for 5m, pause' }, () => undefined],
    [
      'held',
      { policy: { ...inputs().policy, onFailure: 'hold' } },
      () => world.clock.at('2m', () => world.alarms.is('errors', 'ALARM')),
    ],
    ['somebody else’s', {}, () => world.clock.at('2m', () => world.aliases.points(live, whole('9'), 'by hand'))],
  ])('is not undone by a watchdog that could not be removed: %s', async (_, wish, happens) => {
    world.calls.befall('remove watchdog', { fails: 'unavailable' })
    happens()
    await rollOut(wish)
    const stands = world.aliases.serves(live)
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe(stands)
  })

  test('that the post step brings about removes it as well', async () => {
    world.clock.at('1m', kill)
    await dies(rollOut)
    expect((await clearUp({ left: world.left() }, world))?.result).toBe('rolled-back')
    expect(watchdog.standing(live)).toBeUndefined()
  })

  test('that the post step cannot bring about leaves it', async () => {
    world.clock.at('1m', kill)
    await dies(rollOut)
    world.calls.befall('update alias', { fails: 'denied' })
    expect((await clearUp({ left: world.left() }, world))?.result).toBe('part-way')
    expect(watchdog.left(live)).toBeGreaterThan(0)
  })
})

describe('a canary that waits', () => {
  async function waits(): Promise<void> {
    await rollOut({ strategy: '10% for 10m, pause' })
    world.clock.pass('1h')
  }

  test('is taken on under a watchdog, which would take it away', async () => {
    await waits()
    world.clock.after(30_000, kill)
    await dies(() => promote({ strategy: '50% for 10m' }))
    world.clock.pass('10m')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('is left waiting, with no watchdog, where the run that would take it on ends before its first write', async () => {
    await waits()
    world.calls.befall('update alias', { fails: 'denied' })
    expect((await promote({ strategy: '50% for 10m' })).result).toBe('refused')
    expect(watchdog.standing(live)).toBeUndefined()
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe('7 at 90 %, 8 at 10 %')
  })

  test('is left waiting where the watchdog cannot be made', async () => {
    await waits()
    world.calls.befall('prepare watchdog', { fails: 'denied' })
    const { result, reason } = await promote({ strategy: '50% for 10m' })
    expect([result, reason]).toEqual(['refused', expect.stringContaining('still waits on orders:live')])
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe('7 at 90 %, 8 at 10 %')
  })
})

describe('a watchdog that cannot be made', () => {
  test.each(['denied', 'rejected', 'unavailable'] as const)(
    'is refused before anything is touched: %s',
    async fails => {
      world.calls.befall('prepare watchdog', { fails })
      expect(await rollOut({ source: { kind: 'directory', path: 'code of 10' } })).toMatchObject({
        result: 'refused',
        reason: expect.stringContaining(`could not prepare watchdog: ${fails}`),
      })
      expect(world.calls.writes.map(({ operation }) => operation)).toEqual(['prepare watchdog'])
    },
  )

  test('is refused after a dead run’s canary has been dropped', async () => {
    world.aliases.points(live, partWay('7', '8', 0.3), dead)
    world.calls.befall('prepare watchdog', { fails: 'denied' })
    const { result, reason } = await rollOut({ source: { kind: 'version', version: '9' } })
    expect(result).toBe('rolled-back')
    expect(reason).toMatch(/run 950\.1.*could not prepare watchdog/)
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('drops a dead run’s canary also where that is what was to be carried on', async () => {
    world.aliases.points(live, partWay('7', '8', 0.3), dead)
    world.calls.befall('prepare watchdog', { fails: 'denied' })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('before the first write leaves the alias untouched', async () => {
    world.calls.befall('set watchdog', { fails: 'denied' }, { nth: 1 })
    expect((await rollOut()).result).toBe('failed')
    expect(world.calls.count('update alias')).toBe(0)
  })

  test('after the first write rolls it back at once', async () => {
    world.calls.befall('set watchdog', { fails: 'denied' }, { from: 2 })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['0s', '7', served])
  })
})

describe('a run that was held up until its watchdog fired', () => {
  const heldUp = () => world.clock.pass('6m')

  test.each<readonly [string, Operation, number, 'before' | 'after']>([
    ['before it reads the alias', 'read alias', 5, 'before'],
    ['after it has read the alias', 'read alarms', 5, 'before'],
    ['before it moves the watchdog on', 'set watchdog', 3, 'before'],
    ['after it has moved the watchdog on', 'set watchdog', 3, 'after'],
    ['after its first write', 'update alias', 1, 'after'],
    ['after a later write', 'update alias', 2, 'after'],
  ])('%s has been rolled back, and by no stranger', async (_, operation, nth, when) => {
    world.calls.befall(operation, when === 'before' ? { before: heldUp } : { after: heldUp }, { nth })
    const outcome = await rollOut({ strategy: '10% for 3m, 50% for 10m' })
    expect(watchdog.events.map(([, what]) => what)).toContain('fired')
    expect(outcome).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining(fired) })
    expect(world.aliases.serves(live)).toBe('7')
    expect(watchdog.standing(live)).toBeUndefined()
  })

  test('before its first write goes on, since nothing was taken away', async () => {
    world.calls.befall('update alias', { before: heldUp }, { nth: 1 })
    expect((await rollOut()).result).toBe('promoted')
  })

  test('before the last write has promoted, or is whole on stable', async () => {
    world.calls.befall('update alias', { before: heldUp }, { nth: 2 })
    const { result } = await rollOut()
    expect([result, world.aliases.serves(live)]).toEqual(
      result === 'promoted' ? ['promoted', '8'] : ['rolled-back', '7'],
    )
  })
})

describe('a Scheduler that is down', () => {
  test('for a minute while a step bakes is survived', async () => {
    world.calls.befall('set watchdog', { fails: 'unavailable' }, { from: 3, until: '3m' })
    expect((await rollOut({ strategy: '10% for 10m' })).result).toBe('promoted')
    expect(warnings()[0]).toContain('The watchdog was not moved on, trying again')
    expect(watchdog.events.map(([, what]) => what)).not.toContain('fired')
  })

  test('for a minute at a shift puts that off', async () => {
    world.calls.befall('set watchdog', { fails: 'unavailable' }, { from: 3, until: '2m' })
    expect((await rollOut({ strategy: '10% for 1m, 50% for 1m' })).result).toBe('promoted')
    expect(world.aliases.wrote.map(([at]) => at)).toEqual(['0s', '2m', '3m'])
  })

  test('for good rolls back before the watchdog would', async () => {
    world.calls.befall('set watchdog', { fails: 'unavailable' }, { from: 3 })
    const outcome = await rollOut({ strategy: '10% for 10m' })
    expect(outcome).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('set watchdog') })
    expect(world.aliases.wrote.at(-1)).toEqual(['4m5s', '7', served])
  })

  test('keeps a run that looks rarely from sleeping through that', async () => {
    const policy = { ...inputs().policy, pollMs: 10 * minute }
    world.calls.befall('set watchdog', { fails: 'unavailable' }, { from: 3 })
    expect((await rollOut({ strategy: '10% for 1h', policy })).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['4m5s', '7', served])
  })

  test('does not let a hook begin that would outlast the watchdog', async () => {
    world.invoker.answers('hook', { takes: '15m' })
    // Each of the two writes has two; the fifth is the one for the hook.
    world.calls.befall('set watchdog', { fails: 'unavailable' }, { from: 5 })
    const outcome = await rollOut({ strategy: '10% for 1m, 100% for 5m', afterTraffic: 'hook' })
    expect(outcome.result).toBe('rolled-back')
    expect(watchdog.events.map(([, what]) => what)).not.toContain('fired')
  })
})

describe('a run that is gone, with nobody who mends it', () => {
  const plans = ['10% for 5m, 50% for 1m', '10% for 1m, 100% for 4m', 'all-at-once']

  /** Kills a run at every call, before it is applied and after. */
  async function everyDeath(
    strategy: string,
    prepare: () => void,
    then: (death: string) => void | Promise<void>,
    operations?: readonly Operation[],
  ): Promise<number> {
    begin()
    prepare()
    await rollOut({ strategy })
    const counts = new Map<Operation, number>()
    for (const { operation } of world.calls.made) counts.set(operation, (counts.get(operation) ?? 0) + 1)
    let deaths = 0
    for (const [operation, count] of counts) {
      if (operations !== undefined && !operations.includes(operation)) continue
      for (let nth = 1; nth <= count; nth++) {
        for (const when of ['before', 'after'] as const) {
          begin()
          prepare()
          world.calls.befall(operation, when === 'before' ? { before: kill } : { after: kill }, { nth })
          await dies(() => rollOut({ strategy }))
          await then(`${when} ${operation} ${nth}`)
          deaths += 1
        }
      }
    }
    return deaths
  }

  const isWhole = (serves: string) => ['7', '8'].includes(serves)

  test.each(plans)('at any call leaves an alias that is whole once the watchdog has fired: %s', async strategy => {
    const broken: string[] = []
    const deaths = await everyDeath(
      strategy,
      () => undefined,
      death => {
        world.clock.pass('6m')
        if (!isWhole(world.aliases.serves(live))) broken.push(`${death}: ${world.aliases.serves(live)}`)
      },
    )
    expect(broken).toEqual([])
    expect(deaths).toBeGreaterThan(10)
  })

  test('in any wait leaves an alias that is whole once the watchdog has fired', async () => {
    for (let second = 1; second < 6 * 60; second += 7) {
      begin()
      world.clock.at(`${second}s`, kill)
      await dies(() => rollOut({ strategy: '10% for 2m, 50% for 2m, 100% for 2m' }))
      world.clock.pass('6m')
      expect([second, world.aliases.serves(live)]).toEqual([second, '7'])
    }
  })

  test('while the hook at 100 % runs leaves an alias that is whole', async () => {
    world.invoker.answers('hook', { takes: '15m' })
    world.calls.befall('invoke', { after: kill })
    await dies(() => rollOut({ strategy: '10% for 1m, 100% for 5m', afterTraffic: 'hook' }))
    world.clock.pass('21m')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test.each(plans)('leaves to somebody else what they have written meanwhile: %s', async strategy => {
    const broken: string[] = []
    await everyDeath(
      strategy,
      () => undefined,
      death => {
        world.clock.pass('10s')
        world.aliases.points(live, whole('9'), 'by hand')
        world.clock.pass('30m')
        const stands = [world.aliases.serves(live), world.aliases.says(live)].join(' ')
        if (stands !== '9 by hand') broken.push(`${death}: ${stands}`)
      },
    )
    expect(broken).toEqual([])
  })

  test.each(plans)('takes a stranger’s canary only where it died about to write: %s', async strategy => {
    const broken: string[] = []
    await everyDeath(
      strategy,
      () => undefined,
      death => {
        const form = watchdog.standing(live)?.act?.kind
        world.aliases.points(live, partWay('7', '9', 0.2), 'by hand')
        world.clock.pass('30m')
        const expected = form === 'drop' ? '7' : '7 at 80 %, 9 at 20 %'
        if (world.aliases.serves(live) !== expected) broken.push(`${death}: ${world.aliases.serves(live)}`)
      },
    )
    expect(broken).toEqual([])
  })

  test('right after a stranger wrote, whom it has seen, leaves their change', async () => {
    const broken: string[] = []
    await everyDeath(
      '10% for 1m',
      () => world.clock.at('31s', () => world.aliases.points(live, whole('9'), 'by hand')),
      death => {
        world.clock.pass('30m')
        const stands = world.aliases.serves(live)
        if (world.clock.elapsed() > '31s' && stands !== '9') broken.push(`${death}: ${stands}`)
      },
      ['set watchdog', 'remove watchdog', 'read alias'],
    )
    expect(broken).toEqual([])
  })

  test.each([
    ['takes over', '9'],
    ['carries on', '8'],
  ])('is followed by one that %s its canary, and whose watchdog is the same', async (_, version) => {
    const broken: string[] = []
    await everyDeath(
      '10% for 5m',
      () => undefined,
      async death => {
        world.clock.pass('20s')
        const later: Run = { ...run, id: '988' }
        let isOver = false
        world.clock.after(30_000, () => {
          if (!isOver) kill()
        })
        const end = await rollOut({ source: { kind: 'version', version }, strategy: '20% for 5m' }, later).catch(
          (error: unknown) => error,
        )
        isOver = true
        expect(end instanceof Killed || ['unchanged', 'promoted'].includes((end as Outcome).result)).toBe(true)
        world.clock.pass('30m')
        const serves = world.aliases.serves(live)
        if (!isWhole(serves)) broken.push(`${death}: ${serves}`)
      },
      ['update alias', 'set watchdog'],
    )
    expect(broken).toEqual([])
  })

  test('is made whole also where the next run dies before it wrote anything', async () => {
    const operations: readonly Operation[] = ['prepare watchdog', 'set watchdog', 'read alias', 'update alias']
    const broken: string[] = []
    for (const version of ['8', '9']) {
      for (const operation of operations) {
        for (const when of ['before', 'after'] as const) {
          begin()
          world.clock.at('1m', kill)
          await dies(rollOut)
          const made = world.calls.count(operation)
          let met = 0
          const killing = () => {
            if (++met === 1) kill()
          }
          world.calls.befall(operation, when === 'before' ? { before: killing } : { after: killing })
          await dies(() => rollOut({ source: { kind: 'version', version } }, { ...run, id: '988' }))
          world.clock.pass('30m')
          const serves = world.aliases.serves(live)
          if (!isWhole(serves)) broken.push(`with ${version}, ${when} ${operation} (${made} before): ${serves}`)
        }
      }
    }
    expect(broken).toEqual([])
  })

  test('is not left unguarded because an older one stood aside', async () => {
    const journal = waiting('9', 'rolling', 'octo/orders@abc1234 run 988.1', '10:00')
    world.clock.at('1m', () => {
      world.aliases.points(live, partWay('7', '9', 0.1), journal)
      const revision = world.aliases.all('orders')[0]?.revision ?? ''
      const back = { routing: whole('7'), description: served }
      void watchdog.set(target, { kind: 'restore', candidate: '9', back, revision }, world.clock.now() + 5 * minute)
    })
    expect((await rollOut()).result).toBe('stood-aside')
    // The newer one is gone by then.
    world.clock.pass('30m')
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('after it had promoted is not put back once a re-run has said that its version is served', async () => {
    world.clock.at('2m', kill)
    await dies(() => rollOut({ strategy: '10% for 1m, 100% for 5m' }))
    expect((await rollOut({ strategy: '10% for 1m, 100% for 5m' }, { ...run, attempt: 2 })).result).toBe('unchanged')
    world.clock.pass('30m')
    expect(world.aliases.serves(live)).toBe('8')
  })

  test('was not whole without a watchdog', async () => {
    world.watchdog = undefined
    world.clock.at('1m', kill)
    await dies(rollOut)
    world.clock.pass('1h')
    expect(world.aliases.serves(live)).toBe('7 at 90 %, 8 at 10 %')
  })
})
