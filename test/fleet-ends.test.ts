import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import { deploy } from '../src/deploy.ts'
import { perform } from '../src/perform.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { deployTo, fleetWorld, kill, named, numbered, promoteOn, rollBackOn, toldOf, wish } from './support/fleet.ts'
import { SimWatchdog } from './support/world/watchdog.ts'
import { inputs, Killed, run, type Sim, type Wish, waiting } from './support/world.ts'

const minute = 60_000

let world: Sim

beforeEach(() => begin('a', 'b', 'c'))

function begin(...names: readonly string[]): void {
  world = fleetWorld(...names)
}

const rollOut = (names: readonly string[] = ['a', 'b', 'c'], change: Wish = {}, by: Run = run) =>
  deployTo(world, names, change, by)
const takeOn = (names: readonly string[], change: Wish = {}, by: Run = run) => promoteOn(world, names, change, by)
const goBack = (names: readonly string[], by?: Run) => rollBackOn(world, names, by)
const told = (names: readonly string[], outcome: Outcome) => toldOf(world, names, outcome)
const serve = (...names: readonly string[]) => names.map(name => world.aliases.serves(`${name}:live`))
const fires = () => world.alarms.is('errors', 'ALARM')
const again = { ...run, attempt: 2 }

describe('an earlier wave', () => {
  test('is looked at until the end: a stranger there is seen, and the rest goes back', async () => {
    world.clock.at('7m', () => world.aliases.points('a:live', whole('7'), 'taken back by hand'))
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    expect([outcome.result, serve('a', 'b', 'c')]).toEqual(['stood-aside', ['7', '7', '7']])
  })

  test('whose watchdog could not be removed leaves no mixture behind', async () => {
    const watchdog = new SimWatchdog(world)
    world.watchdog = watchdog
    world.calls.befall('remove watchdog', { fails: 'denied' })
    world.calls.befall('disarm watchdog', { fails: 'denied' })
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    expect([outcome.result, new Set(serve('a', 'b', 'c')).size]).toEqual([outcome.result, 1])
  })
})

describe('a canary that a dead attempt left in a later wave', () => {
  test('is taken away when an earlier wave of the re-run fails', async () => {
    world.clock.at('7m', kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    await goBack(['a'])
    world.clock.after(2 * minute, fires)
    expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)).result).toBe('rolled-back')
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })

  test('is taken away by the post step when that re-run dies in an earlier wave', async () => {
    world.clock.at('7m', kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    await goBack(['a'])
    world.clock.after(2 * minute, kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)).rejects.toThrow(Killed)
    await clearUp({ left: world.left() }, world)
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })
})

describe('promote of several', () => {
  test('takes on what waits where one function was unchanged in the deploy that paused', async () => {
    world.functions.has('b', { 5: {}, 7: {}, 8: {} })
    world.aliases.points('b:live', whole('8'), 'lambda-rollout 8 after 7; octo/orders@0ldc0de run 950.1')
    const paused = await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
    expect(paused.result).toBe('paused')
    await world.clock.sleep(30 * minute)
    const outcome = await takeOn(['a', 'b', 'c'])
    expect([outcome.result, serve('a', 'b', 'c')]).toEqual(['promoted', ['8', '8', '8']])
  })

  test('takes on what waits where the alias of one was new', async () => {
    world.aliases.lacks('b:live')
    expect((await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })).result).toBe('paused')
    await world.clock.sleep(30 * minute)
    const outcome = await takeOn(['a', 'b', 'c'])
    expect([outcome.result, serve('a', 'b', 'c')]).toEqual(['promoted', ['8', '8', '8']])
  })

  test.each(['before', 'after'] as const)(
    'a re-run after a death between its last writes (%s) comes to an end',
    async when => {
      await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
      await world.clock.sleep(30 * minute)
      // writes: 3 shift + 3 pause were the deploy's; promote: 3 journals, then 3 promotions
      world.calls.befall('update alias', { [when]: kill } as never, { nth: 4 })
      await expect(takeOn(['a', 'b', 'c'])).rejects.toThrow(Killed)
      const outcome = await takeOn(['a', 'b', 'c'], {}, again)
      expect(['promoted', 'unchanged']).toContain(outcome.result)
      expect(serve('a', 'b', 'c')).toEqual(['8', '8', '8'])
    },
  )

  test('a re-run after a death within a shift does not leave canaries of the dead attempt with traffic', async () => {
    await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
    await world.clock.sleep(30 * minute)
    world.calls.befall('update alias', { after: kill }, { nth: 4 })
    await expect(takeOn(['a', 'b', 'c'], { strategy: '10% for 5m, 50% for 5m' })).rejects.toThrow(Killed)
    expect((await takeOn(['a', 'b', 'c'], { strategy: '10% for 5m, 50% for 5m' }, again)).result).toBe('promoted')
    expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
  })
})

describe('rollback of several', () => {
  test('once more, after one of them could not be reached, takes none back further than the first time', async () => {
    await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
    world.calls.befall('read alias', { fails: 'denied' }, { nth: 2 })
    expect((await goBack(['a', 'b', 'c'])).result).toBe('rolled-back')
    await goBack(['a', 'b', 'c'])
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })

  test('of a fleet of which one wave is held does not take the waves back that never moved', async () => {
    world.clock.at('7m', fires)
    const policy = { ...inputs().policy, onFailure: 'hold' as const }
    expect((await rollOut(['a', 'b', 'c'], { waves: [1, 1, 1], policy })).result).toBe('held')
    await goBack(['a', 'b', 'c'])
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })
})

describe('a re-run', () => {
  test('whose rollout fails leaves alone what an attempt before had brought to its end', async () => {
    const first = await rollOut(['a', 'b'])
    expect(first.result).toBe('promoted')
    // The build of b is not reproducible.
    const targets = [
      { target: named('a'), source: { kind: 'directory' as const, path: 'code of 8' } },
      { target: named('b'), source: { kind: 'directory' as const, path: 'code of 9' } },
    ]
    world.clock.after(2 * minute, fires)
    expect((await deploy({ ...wish(['a', 'b']), targets }, again, world)).result).toBe('rolled-back')
    expect(serve('a', 'b')).toEqual(['8', '8'])
  })

  test('that is refused takes back the whole of what the dead attempt did, or says what it leaves', async () => {
    world.clock.at('7m', kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    fires()
    expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)).result).toBe('rolled-back')
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })

  test('whose candidate fails its smoke test takes back the whole of it too', async () => {
    // The attempt dies within the first shift of wave two: b has the canary, c has not.
    world.calls.befall('update alias', { before: kill }, { from: 4 })
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    world.calls.heal()
    world.invoker.answers('c:8', { functionError: 'Unhandled' })
    expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2], smokeTest: '{}' }, again)).result).toBe('rolled-back')
    expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
  })

  test('is not undone by the watchdog of the attempt before', async () => {
    const watchdog = new SimWatchdog(world)
    world.watchdog = watchdog
    const go = (by: Run) =>
      perform(
        {
          command: 'deploy',
          environment: undefined,
          ...wish(['a', 'b', 'c'], { waves: [1, 2], strategy: '10% for 5m, 100% for 10m' }),
        },
        by,
        world,
      )
    world.clock.at('6m', kill)
    await expect(go(run)).rejects.toThrow(Killed)
    expect(serve('a', 'b', 'c')).toEqual(['8', '7', '7'])
    expect((await go(again)).result).toBe('promoted')
    expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
  })
})

describe('on-failure: hold', () => {
  const policy = { ...inputs().policy, onFailure: 'hold' as const }

  test('a stranger at one while all are held: the others are not left part-way in silence', async () => {
    world.clock.at('2m', fires)
    world.calls.befall(
      'update alias',
      { before: () => world.aliases.points('b:live', whole('5'), 'by hand') },
      { nth: 4 },
    )
    const outcome = await rollOut(['a', 'b', 'c'], { policy })
    const says = told(['a', 'b', 'c'], outcome)
    const isPartWay = serve('a')[0] !== '7'
    expect(isPartWay ? says.a : 'rolled-back').toBe(isPartWay ? 'held' : 'rolled-back')
  })

  test('an alarm between two waves leaves traffic where it is', async () => {
    world.calls.befall('update alias', { after: fires }, { nth: 2 })
    expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy })).result).toBe('held')
    expect(serve('a')).toEqual(['8'])
  })
})

describe('credentials', () => {
  test('that end before the last wave can, refuse the run before anything is touched', async () => {
    world.sessionEnd.end = { at: world.clock.now() + 60 * minute, known: true }
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 1, 1], strategy: '10% for 20m' })
    expect(outcome.result).toBe('refused')
  })
})

describe('the targets output', () => {
  test('says of a canary that somebody else left what is so', async () => {
    world.functions.has('a', { 5: {}, 6: {}, 7: {} })
    world.aliases.points('a:live', partWay('7', '6', 0.5), waiting('6', 'rolling', 'octo/orders@dead000 run 950.1'))
    world.aliases.points('b:live', partWay('7', '6', 0.2), 'by hand')
    const outcome = await rollOut()
    const says = told(['a', 'b', 'c'], outcome)
    expect(says).toMatchObject({ a: 'rolled-back', b: 'refused', c: 'refused' })
  })

  test('says of those that nobody touched that they are as they were when one is changed before the first shift', async () => {
    world.calls.befall(
      'publish version',
      { before: () => world.aliases.points('b:live', whole('5'), 'by hand') },
      { nth: 1 },
    )
    const outcome = await rollOut()
    const says = told(['a', 'b', 'c'], outcome)
    expect(says).toEqual({ a: 'failed', b: 'stood-aside', c: 'failed' })
  })

  test('says so in a later wave too', async () => {
    world.calls.befall(
      'update alias',
      { after: () => world.aliases.points('b:live', whole('5'), 'by hand') },
      { nth: 2 },
    )
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    const says = told(['a', 'b', 'c'], outcome)
    expect(says.b).toBe('stood-aside')
  })
})

describe('the post step', () => {
  test('that cannot read one alias for a moment leaves all of them alike, or says that it does not', async () => {
    world.calls.befall('update alias', { before: kill }, { from: 5 })
    await expect(rollOut()).rejects.toThrow(Killed)
    expect(serve('a', 'b', 'c')).toEqual(['8', '7 at 90 %, 8 at 10 %', '7 at 90 %, 8 at 10 %'])
    world.calls.heal()
    world.calls.befall('read alias', { fails: 'unavailable' }, { nth: 2 })
    await clearUp({ left: world.left() }, world)
    expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
  })
})

describe('watchdogs of several', () => {
  let watchdog: SimWatchdog
  beforeEach(() => {
    watchdog = new SimWatchdog(world)
    world.watchdog = watchdog
  })

  test('are removed where one of them could not be set before the first shift', async () => {
    world.calls.befall('set watchdog', { fails: 'denied' }, { nth: 2 })
    expect((await rollOut()).result).toBe('failed')
    expect(['a', 'b', 'c'].map(name => watchdog.standing(`${name}:live`))).toEqual([undefined, undefined, undefined])
  })

  test('that are gone are not made again, switched off, where another could not be removed', async () => {
    world.calls.befall('remove watchdog', { fails: 'denied' }, { nth: 2 })
    await rollOut()
    expect(['a', 'c'].map(name => watchdog.standing(`${name}:live`))).toEqual([undefined, undefined])
  })

  test('wait for the hooks of all', async () => {
    world.invoker.answers('hook', { takes: '6m' })
    const policy = { ...inputs().policy, afterTraffic: true }
    const outcome = await rollOut(['a', 'b', 'c'], { afterTraffic: 'hook', policy })
    expect(outcome.result).toBe('promoted')
  })
})

describe('an older run of two waves that is overtaken', () => {
  test('takes its first wave back, which the newer one takes for a stranger: all are whole and alike', async () => {
    const newer = { ...run, id: '988' }
    let second: Promise<Outcome> | undefined
    world.functions.settles.update = '30s'
    world.clock.at('7m', () => {
      second = deploy(
        wish(['a', 'b', 'c'], { waves: [1, 2], source: { kind: 'directory', path: 'code of 9' } }),
        newer,
        world,
      )
    })
    const first = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    const outcome = await second
    expect([first.result, outcome?.result]).toEqual(['stood-aside', 'stood-aside'])
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })
})

describe('evidence', () => {
  test('the outcome says that an earlier wave was promoted without any', async () => {
    const checks = [{ kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' } as const]
    world.metrics.perMinute = ms => (ms < 5 * minute ? 0 : 600)
    const outcome = await rollOut(['a', 'b'], { waves: [1, 1], checks })
    expect(outcome.reason).toContain('without evidence')
  })

  test('each wave has its functions’ share of the rate of false alarms, so that all waves together keep to it', async () => {
    const checks = [{ kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' } as const]
    world.metrics.perMinute = 600
    await rollOut(['a', 'b', 'c'], { waves: [1, 2], checks })
    const rates = world.facts.flatMap(fact => (fact.kind === 'looked' ? (fact.checks?.falseAlarmRate ?? []) : []))
    expect([...new Set(rates)].map(rate => rate.toFixed(5))).toEqual(['0.00333', '0.00667'])
  })
})

describe('aliases that are looked at in turn', () => {
  test('all have their turn where a look comes every other poll', async () => {
    const names = numbered(40)
    begin(...names)
    // Every look takes as long as the pause between two, as where CloudWatch is slow.
    world.calls.befall('read alarms', { after: () => world.clock.pass('15s') })
    const seen = new Set<string>()
    const read = world.aliases.read.bind(world.aliases)
    world.aliases.read = async (target, cut) => {
      if (world.clock.now() > world.clock.start + 30_000 && world.clock.now() < world.clock.start + 50 * minute)
        seen.add(target.functionName)
      return await read(target, cut)
    }
    await rollOut(names, { strategy: '10% for 1h' })
    expect(seen.size).toBe(40)
  })
})
