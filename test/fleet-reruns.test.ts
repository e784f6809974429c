import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import { deploy } from '../src/deploy.ts'
import type { VersionNamed } from '../src/inputs.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { deployTo, fleetWorld, kill, named, promoteOn, rollBackOn, toldOf, wish } from './support/fleet.ts'
import { SimWatchdog } from './support/world/watchdog.ts'
import { inputs, Killed, run, type Sim, type Wish, waiting } from './support/world.ts'

const minute = 60_000
let world: Sim
beforeEach(() => {
  world = fleetWorld('a', 'b', 'c')
})
const rollOut = (names: readonly string[] = ['a', 'b', 'c'], change: Wish = {}, by: Run = run) =>
  deployTo(world, names, change, by)
const takeOn = (names: readonly string[], change: Wish = {}, by: Run = run, version?: VersionNamed) =>
  promoteOn(world, names, change, by, version)
const goBack = (names: readonly string[], by?: Run) => rollBackOn(world, names, by)
const told = (names: readonly string[], outcome: Outcome) => toldOf(world, names, outcome)
const serve = (...names: readonly string[]) => names.map(name => world.aliases.serves(`${name}:live`))
const fires = () => world.alarms.is('errors', 'ALARM')
const again = { ...run, attempt: 2 }
const served8 = 'lambda-rollout 8 after 7; octo/orders@0ldc0de run 950.1'

describe('targets beside an unchanged one', () => {
  beforeEach(() => {
    world.functions.has('b', { 5: {}, 7: {}, 8: {} })
    world.aliases.points('b:live', whole('8'), served8)
  })
  test('paused', async () => {
    const outcome = await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
    expect(outcome.result).toBe('paused')
    expect(told(['a', 'b', 'c'], outcome)).toEqual({ a: 'paused', b: 'unchanged', c: 'paused' })
  })
  test('rolled back', async () => {
    world.clock.at('2m', fires)
    const outcome = await rollOut(['a', 'b'])
    expect([outcome.result, told(['a', 'b'], outcome)]).toEqual(['rolled-back', { a: 'rolled-back', b: 'unchanged' }])
  })
  test('held', async () => {
    world.clock.at('2m', fires)
    const policy = { ...inputs().policy, onFailure: 'hold' as const }
    const outcome = await rollOut(['a', 'b'], { policy })
    expect([outcome.result, told(['a', 'b'], outcome)]).toEqual(['held', { a: 'held', b: 'unchanged' }])
  })
  test('part-way', async () => {
    world.clock.at('2m', fires)
    world.calls.befall('update alias', { fails: 'denied' }, { from: 2 })
    const outcome = await rollOut(['a', 'b'])
    expect([outcome.result, told(['a', 'b'], outcome)]).toEqual(['part-way', { a: 'part-way', b: 'unchanged' }])
  })
  test('stood aside', async () => {
    world.clock.at('2m', () => world.aliases.points('a:live', whole('5'), 'x'))
    const outcome = await rollOut(['a', 'b'])
    expect([outcome.result, told(['a', 'b'], outcome)]).toEqual(['stood-aside', { a: 'stood-aside', b: 'unchanged' }])
  })
  test('promote: paused further up', async () => {
    await rollOut(['a', 'b', 'c'], { strategy: '10% for 5m, pause' })
    await world.clock.sleep(30 * minute)
    const outcome = await takeOn(['a', 'b', 'c'], { strategy: '10% for 5m, 50% for 5m, pause' })
    expect(told(['a', 'b', 'c'], outcome)).toEqual({ a: 'paused', b: 'unchanged', c: 'paused' })
  })
  test('promote: rolled back one', async () => {
    await rollOut(['a', 'b'], { strategy: '10% for 5m, pause' })
    await world.clock.sleep(30 * minute)
    world.clock.after(2 * minute, fires)
    const outcome = await takeOn(['a', 'b'], { strategy: '10% for 5m, 50% for 5m' })
    expect([outcome.result, told(['a', 'b'], outcome)]).toEqual(['rolled-back', { a: 'rolled-back', b: 'unchanged' }])
  })
})

describe('targets where the first wave is one function', () => {
  test('rolled back', async () => {
    world.clock.at('2m', fires)
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    expect(told(['a', 'b', 'c'], outcome).a).toBe('rolled-back')
  })
  test('part-way', async () => {
    world.clock.at('2m', fires)
    world.calls.befall('update alias', { fails: 'denied' }, { from: 2 })
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    expect([outcome.result, told(['a', 'b', 'c'], outcome).a]).toEqual(['part-way', 'part-way'])
  })
})

const paused = { strategy: '10% for 5m, pause' }
const further = { strategy: '10% for 5m, 50% for 5m' }
async function leaveCanaries(change: Wish = {}) {
  expect((await rollOut(['a', 'b', 'c'], { ...paused, ...change })).result).toBe('paused')
  await world.clock.sleep(30 * minute)
}

test('a re-run of a run that ended held is refused and touches nothing', async () => {
  world.clock.at('7m', fires)
  const policy = { ...inputs().policy, onFailure: 'hold' as const }
  expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy })).result).toBe('held')
  world.alarms.is('errors', 'OK')
  const before = serve('a', 'b', 'c')
  const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy }, again)
  expect([outcome.result, serve('a', 'b', 'c')]).toEqual(['refused', before])
})

test('and a promote after that leaves no mixture', async () => {
  world.clock.at('7m', fires)
  const policy = { ...inputs().policy, onFailure: 'hold' as const }
  expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy })).result).toBe('held')
  world.alarms.is('errors', 'OK')
  await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy }, again)
  await world.clock.sleep(10 * minute)
  await takeOn(['a', 'b', 'c'], {}, again)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('a promote that dies within its roll-back is brought to a good end by its re-run', async () => {
  await leaveCanaries()
  world.clock.after(2 * minute, fires)
  // 3 journals, 3 shifts to 50 %, then the roll-back's writes
  world.calls.befall('update alias', { before: kill }, { from: 8 })
  await expect(takeOn(['a', 'b', 'c'], further)).rejects.toThrow(Killed)
  world.calls.heal()
  world.alarms.is('errors', 'OK')
  await takeOn(['a', 'b', 'c'], further, again)
  expect(serve('a', 'b', 'c').filter(s => s.includes('%'))).toEqual([])
})

test('one function: promote dies right before its roll-back', async () => {
  world.clock.at('1s', () => {})
  expect((await rollOut(['a'], paused)).result).toBe('paused')
  await world.clock.sleep(30 * minute)
  world.clock.after(2 * minute, kill)
  await expect(takeOn(['a'], further)).rejects.toThrow(Killed)
  world.calls.befall('read function', { fails: 'denied' })
  await takeOn(['a'], further, again)
  expect(serve('a')).toEqual(['7'])
})

test('a re-run of promote that is refused leaves no dead canary with traffic unsaid', async () => {
  await leaveCanaries()
  world.clock.after(2 * minute, kill)
  await expect(takeOn(['a', 'b', 'c'], further)).rejects.toThrow(Killed)
  await goBack(['b'])
  await takeOn(['a', 'b', 'c'], further, again)
  expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
})

test('a re-run of promote that cannot read one of them', async () => {
  await leaveCanaries()
  world.clock.after(2 * minute, kill)
  await expect(takeOn(['a', 'b', 'c'], further)).rejects.toThrow(Killed)
  world.aliases.lacks('b:live')
  await takeOn(['a', 'b', 'c'], further, again)
  expect(serve('a', 'c')).toEqual(['7', '7'])
})

test('a re-run of promote after a death between its last writes, where version-description names no run, leaves no canary and says what stays', async () => {
  await leaveCanaries({ versionDescription: 'release 2.4.0' })
  world.calls.befall('update alias', { before: kill }, { from: 5 })
  await expect(takeOn(['a', 'b', 'c'])).rejects.toThrow(Killed)
  world.calls.heal()
  expect(serve('a', 'b', 'c')).toEqual(['8', '7 at 90 %, 8 at 10 %', '7 at 90 %, 8 at 10 %'])
  const outcome = await takeOn(['a', 'b', 'c'], {}, again)
  expect(serve('a', 'b', 'c')).toEqual(['8', '7', '7'])
  expect(outcome.reason).toContain('a:live, which serves version 8 alone, as this workflow run has left it')
})

test('a re-run of promote with a version, after a death between the last writes, that fails: all alike', async () => {
  await leaveCanaries()
  for (const n of ['a', 'b', 'c']) world.aliases.points(`${n}:staging`, whole('8'), '')
  const version = { kind: 'version-of', alias: 'staging' } as never
  world.calls.befall('update alias', { before: kill }, { from: 5 })
  await expect(takeOn(['a', 'b', 'c'], {}, run, version)).rejects.toThrow(Killed)
  world.calls.heal()
  expect(serve('a', 'b', 'c')).toEqual(['8', '7 at 90 %, 8 at 10 %', '7 at 90 %, 8 at 10 %'])
  world.clock.after(2 * minute, fires)
  await takeOn(['a', 'b', 'c'], further, again, version)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('promote after hold in waves that fails takes the first wave back too', async () => {
  world.clock.at('7m', fires)
  const policy = { ...inputs().policy, onFailure: 'hold' as const }
  expect((await rollOut(['a', 'b', 'c'], { waves: [1, 2], policy })).result).toBe('held')
  world.alarms.is('errors', 'OK')
  await world.clock.sleep(10 * minute)
  world.clock.after(2 * minute, fires)
  await takeOn(['a', 'b', 'c'], further)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('re-run fails to read one function: dead attempt’s first wave goes back too', async () => {
  world.clock.at('7m', kill)
  await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
  world.calls.befall('read function', { fails: 'denied' }, { nth: 2 })
  await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('a re-run after a good end leaves alone what it had brought to its end, beside a function that was unchanged', async () => {
  world.functions.has('c', { 5: {}, 7: {}, 8: {} })
  world.aliases.points('c:live', whole('8'), served8)
  expect((await rollOut(['a', 'b', 'c'])).result).toBe('promoted')
  const targets = [
    { target: named('a'), source: { kind: 'directory' as const, path: 'code of 8' } },
    { target: named('b'), source: { kind: 'directory' as const, path: 'code of 9' } },
    { target: named('c'), source: { kind: 'directory' as const, path: 'code of 8' } },
  ]
  fires()
  await deploy({ ...wish(['a', 'b', 'c']), targets }, again, world)
  expect(serve('a', 'b', 'c')).toEqual(['8', '8', '8'])
})

test('a run that fails before traffic does not drop the canary of a newer run', async () => {
  // Attempt 1 died within its first shift: a has the canary
  world.calls.befall('update alias', { before: kill }, { from: 2 })
  await expect(rollOut(['a', 'b'])).rejects.toThrow(Killed)
  world.calls.heal()
  world.functions.has('a', { 5: {}, 7: {}, 8: {}, 9: {} })
  world.invoker.answers('b:8', { functionError: 'Unhandled', takes: '30s' })
  const newer = waiting('9', 'rolling', 'octo/orders@fedcba9 run 990.1')
  world.calls.befall('invoke', { before: () => world.aliases.points('a:live', partWay('7', '9', 0.1), newer) })
  await rollOut(['a', 'b'], { smokeTest: '{}' }, again)
  expect(serve('a')).toEqual(['7 at 90 %, 9 at 10 %'])
})

test('a hook at 100 % does not outlast the credentials', async () => {
  const policy = {
    ...inputs().policy,
    afterTraffic: true,
    insufficientData: { kind: 'wait', ms: 30 * minute } as const,
  }
  const start = world.clock.now()
  world.sessionEnd.end = { at: start + 36 * minute, known: true }
  world.clock.at('36m', () => world.calls.befall('update alias', { fails: 'expired' }))
  world.clock.at('36m', () => world.calls.befall('read alias', { fails: 'expired' }))
  world.alarms.is('errors', 'INSUFFICIENT_DATA')
  world.clock.at('25m', () => world.alarms.is('errors', 'OK'))
  world.invoker.answers('hook', { takes: '14m', payload: '{"status":"Failed"}' })
  const outcome = await rollOut(['a'], { afterTraffic: 'hook', policy })
  expect(outcome.result).toBe('rolled-back')
})

test('a dead canary that was to be carried on is not left unsaid where another could not be dropped', async () => {
  const dead = { ...run, id: '950' }
  world.clock.at('2m', kill)
  await expect(rollOut(['a', 'b'], {}, dead)).rejects.toThrow(Killed)
  const targets = [
    { target: named('a'), source: { kind: 'directory' as const, path: 'code of 8' } },
    { target: named('b'), source: { kind: 'directory' as const, path: 'code of 9' } },
  ]
  // right after the drop of b's canary somebody writes b
  world.calls.befall('update alias', { after: () => world.aliases.points('b:live', whole('5'), 'by hand') }, { nth: 1 })
  world.calls.made.length = 0
  await deploy({ ...wish(['a', 'b']), targets }, run, world)
  expect(serve('a')).toEqual(['7'])
})

test('the post step does not remove the watchdog of a newer run', async () => {
  const watchdog = new SimWatchdog(world)
  world.watchdog = watchdog
  world.clock.at('2m', kill)
  await expect(rollOut(['a'])).rejects.toThrow(Killed)
  const left = world.left()
  world.clock.after(90_000, () => {
    void clearUp({ left }, world)
  })
  world.clock.after(100_000, kill)
  await expect(
    rollOut(['a'], { source: { kind: 'directory', path: 'code of 9' } }, { ...run, id: '988' }),
  ).rejects.toThrow(Killed)
  world.clock.pass('20m')
  expect(serve('a')).toEqual(['7'])
})

test('a re-run after a death between the writes of a pause leaves all alike', async () => {
  world.calls.befall('update alias', { before: kill }, { nth: 5 })
  await expect(rollOut(['a', 'b', 'c'], paused)).rejects.toThrow(Killed)
  await rollOut(['a', 'b', 'c'], paused, again)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('an attempt that died, its re-run with another build fails: all alike', async () => {
  world.clock.at('7m', kill)
  await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
  world.clock.after(2 * minute, fires)
  await rollOut(['a', 'b', 'c'], { waves: [1, 2], source: { kind: 'directory', path: 'code of 9' } }, again)
  expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
})

test('promote of several where one was rolled back by another repository is refused', async () => {
  await leaveCanaries()
  await goBack(['b'], { ...run, repository: 'octo/ops', id: '77' })
  expect((await takeOn(['a', 'b', 'c'])).result).toBe('refused')
  expect(serve('a', 'b', 'c')).toEqual(['7 at 90 %, 8 at 10 %', '7', '7 at 90 %, 8 at 10 %'])
})

test('rollback of several, one of which cannot be read, takes none back that never moved', async () => {
  world.clock.at('7m', fires)
  const policy = { ...inputs().policy, onFailure: 'hold' as const }
  expect((await rollOut(['a', 'b', 'c'], { waves: [1, 1, 1], policy })).result).toBe('held')
  expect(serve('a', 'b', 'c')).toEqual(['8', '7 at 90 %, 8 at 10 %', '7'])
  world.calls.befall('read alias', { fails: 'denied' }, { nth: 2 })
  await goBack(['a', 'b', 'c'])
  expect(serve('c')).toEqual(['7'])
})

test('a re-run that is cancelled before it has read all says what stays of the dead attempt', async () => {
  world.clock.at('7m', kill)
  await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
  world.calls.befall('read version', { after: () => world.stop() }, { nth: 1 })
  const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)
  expect(serve('a', 'b', 'c')).toEqual(['8', '7', '7'])
  expect(outcome.reason).toContain('a:live still serves 8, as an earlier attempt of this run has left it')
})

test('two lost answers and reads that lag behind: what is called rolled back is whole', async () => {
  world.calls.befall('update alias', { loses: 'answer' }, { nth: 1 })
  world.calls.befall('update alias', { loses: 'answer' }, { nth: 2 })
  world.calls.befall(
    'update alias',
    {
      after: () => {
        world.aliases.laggingReads = 2
      },
    },
    { nth: 1 },
  )
  const outcome = await rollOut(['a'])
  expect([outcome.result, serve('a')]).toEqual(['rolled-back', ['7']])
})

test('a re-run that dies while it releases leaves nothing of the attempt before to a post step', async () => {
  world.clock.at('7m', kill)
  await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
  world.calls.befall('invoke', { before: kill })
  world.functions.has('c', { 5: {}, 7: {} })
  world.aliases.points('c:live', whole('7'), 'by hand')
  await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2], smokeTest: '{}' }, again)).rejects.toThrow(Killed)
  const left = world.left()
  expect(left.run.attempt).toBe(2)
  await clearUp({ left }, world)
  expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
})

test('a re-run after a good end that cannot read one of them leaves all alone', async () => {
  expect((await rollOut(['a', 'b', 'c'])).result).toBe('promoted')
  world.calls.befall('read version', { fails: 'denied' }, { nth: 3 })
  const outcome = await rollOut(['a', 'b', 'c'], {}, again)
  expect([outcome.result, serve('a', 'b', 'c')]).toEqual(['refused', ['8', '8', '8']])
})
