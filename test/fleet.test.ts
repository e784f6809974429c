import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import { deploy } from '../src/deploy.ts'
import type { DeployInputs } from '../src/inputs.ts'
import { promote } from '../src/promote.ts'
import { rollback } from '../src/rollback.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { fleetWorld, kill, named, numbered, wish } from './support/fleet.ts'
import { Killed, run, type Sim, type Wish, waiting } from './support/world.ts'

const minute = 60_000

let world: Sim

beforeEach(() => begin('a', 'b', 'c'))

function begin(...names: readonly string[]): void {
  world = fleetWorld(...names)
}

function rollOut(names: readonly string[] = ['a', 'b', 'c'], change: Wish = {}, by: Run = run): Promise<Outcome> {
  return deploy(wish(names, change), by, world)
}

const serve = (...names: readonly string[]) => names.map(name => world.aliases.serves(`${name}:live`))
const resultsOf = ({ targets = [] }: Outcome) =>
  Object.fromEntries(targets.map(({ target, result }) => [target.functionName, result]))
const operations = () => world.calls.writes.map(({ operation }) => operation)
/** What was written to which alias, and when. */
const routed = () =>
  world.facts.flatMap(fact =>
    fact.kind === 'routed'
      ? [`${(fact.at - world.clock.start) / 1_000}s ${fact.target.functionName} ${fact.routing?.kind ?? 'deleted'}`]
      : [],
  )
const fires = () => world.alarms.is('errors', 'ALARM')

describe('several functions in lockstep', () => {
  test('are all released before any of them gets traffic, and every step moves all', async () => {
    const outcome = await rollOut()
    expect(operations().slice(0, 6).toSorted()).toEqual([
      ...Array(3).fill('publish version'),
      ...Array(3).fill('upload code'),
    ])
    expect(routed()).toEqual([
      ...['0s a part-way', '0s b part-way', '0s c part-way'],
      ...['300s a whole', '300s b whole', '300s c whole'],
    ])
    expect(serve('a', 'b', 'c')).toEqual(['8', '8', '8'])
    expect(outcome).toMatchObject({
      result: 'promoted',
      reason: expect.stringMatching(/^a:live serves version 8, b:live serves version 8, c:live serves version 8 \(/),
    })
    expect(resultsOf(outcome)).toEqual({ a: 'promoted', b: 'promoted', c: 'promoted' })
  })

  test('share an artifact that is packed once', async () => {
    await rollOut()
    expect(world.calls.count('pack')).toBe(1)
  })

  test('have each its own where they are given so', async () => {
    const own = { ...wish(['a', 'b']), targets: [] as DeployInputs['targets'] }
    const targets = ['a', 'b'].map((name, i) => ({
      target: named(name),
      source: { kind: 'directory' as const, path: `code of ${8 + i}` },
    }))
    expect((await deploy({ ...own, targets }, run, world)).result).toBe('promoted')
    expect(['a', 'b'].map(name => world.functions.versions(name).at(-1))).toEqual(['8', '8'])
    const told = world.facts.flatMap(fact =>
      fact.kind === 'version' ? [[fact.target.functionName, fact.codeSha256]] : [],
    )
    expect(told).toEqual([
      ['a', 'code of 8'],
      ['b', 'code of 9'],
    ])
  })

  test('are all taken back where an alarm fires', async () => {
    world.clock.at('2m', fires)
    const outcome = await rollOut()
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
    expect(outcome).toMatchObject({
      result: 'rolled-back',
      reason: expect.stringMatching(/^a:live, b:live, c:live serve again what they served before: alarm errors/),
    })
    expect(resultsOf(outcome)).toEqual({ a: 'rolled-back', b: 'rolled-back', c: 'rolled-back' })
  })

  test('are left where they were where one cannot be released', async () => {
    world.calls.befall('publish version', { fails: 'denied' }, { nth: 2 })
    expect((await rollOut()).result).toBe('failed')
    expect(routed()).toEqual([])
  })

  test('are not touched where one cannot be begun on', async () => {
    world.aliases.points('b:live', partWay('7', '6', 0.2), 'by hand')
    const outcome = await rollOut()
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('b:live is part-way') })
    expect(world.calls.writes).toEqual([])
  })

  test('get no traffic before all of them are proven', async () => {
    world.invoker.answers('b:8', { functionError: 'Unhandled' })
    const outcome = await rollOut(['a', 'b', 'c'], { smokeTest: '{}' })
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('version 8 of b') })
    expect(routed()).toEqual([])
  })

  test('are fewer where one serves the artifact already, which stays as it is', async () => {
    world.functions.has('b', { 5: {}, 7: {}, 8: {} })
    world.aliases.points('b:live', whole('8'), 'lambda-rollout 8 after 7; octo/orders@0ldc0de run 950.1')
    world.clock.at('2m', fires)
    const outcome = await rollOut()
    expect(serve('a', 'b', 'c')).toEqual(['7', '8', '7'])
    expect(resultsOf(outcome)).toEqual({ a: 'rolled-back', b: 'unchanged', c: 'rolled-back' })
  })

  test('are unchanged where all serve it', async () => {
    await rollOut()
    const outcome = await rollOut()
    expect(outcome).toMatchObject({
      result: 'unchanged',
      reason: expect.stringMatching(/^a:live, b:live, c:live already/),
    })
  })

  test('may have a new alias among them, which has everything from the first step on and is deleted again', async () => {
    world.aliases.lacks('b:live')
    world.clock.at('2m', fires)
    const outcome = await rollOut()
    expect(routed().slice(0, 3)).toEqual(['0s a part-way', '0s b whole', '0s c part-way'])
    expect(world.calls.count('create alias')).toBe(1)
    expect(serve('a', 'b', 'c')).toEqual(['7', 'gone', '7'])
    expect(outcome.result).toBe('rolled-back')
  })

  test('are rolled back on a cancel, in the middle of a shift too', async () => {
    const names = numbered(30)
    begin(...names)
    world.calls.befall('update alias', { after: () => world.stop() }, { nth: 12 })
    const outcome = await rollOut(names)
    expect(outcome.result).toBe('rolled-back')
    expect(new Set(serve(...names))).toEqual(new Set(['7']))
    expect(Object.values(resultsOf(outcome)).filter(result => result === 'failed').length).toBeGreaterThan(5)
  })
})

describe('a stranger', () => {
  test('keeps what they have changed, and all others go back', async () => {
    world.clock.at('2m', () => world.aliases.points('b:live', whole('5'), 'by hand'))
    const outcome = await rollOut()
    expect(serve('a', 'b', 'c')).toEqual(['7', '5', '7'])
    expect(world.aliases.says('b:live')).toBe('by hand')
    expect(outcome).toMatchObject({
      result: 'stood-aside',
      reason: expect.stringMatching(
        /^somebody else changed b:live: .*; a:live, c:live rolled back; find out who moves it/,
      ),
    })
    expect(resultsOf(outcome)).toEqual({ a: 'rolled-back', b: 'stood-aside', c: 'rolled-back' })
  })

  test('who has changed two of them keeps both', async () => {
    world.clock.at('2m', () => {
      world.aliases.points('b:live', whole('5'), 'by hand')
      world.aliases.points('c:live', whole('5'), 'by hand')
    })
    await rollOut()
    expect(serve('a', 'b', 'c')).toEqual(['7', '5', '5'])
  })

  test('at one that was promoted in an earlier wave keeps it when the rest go back', async () => {
    world.clock.at('6m', () => world.aliases.points('a:live', whole('5'), 'by hand'))
    world.clock.at('7m', fires)
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] })
    expect(serve('a', 'b', 'c')).toEqual(['5', '7', '7'])
    expect(outcome.result).toBe('stood-aside')
  })
})

describe('waves', () => {
  test('go through the whole strategy one after the other', async () => {
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, Number.POSITIVE_INFINITY] })
    expect(routed()).toEqual([
      ...['0s a part-way', '300s a whole'],
      ...['300s b part-way', '300s c part-way', '600s b whole', '600s c whole'],
    ])
    expect(
      world.facts.flatMap(fact => (fact.kind === 'wave' ? [[fact.number, fact.of, fact.targets.length]] : [])),
    ).toEqual([
      [1, 2, 1],
      [2, 2, 2],
    ])
    expect(resultsOf(outcome)).toEqual({ a: 'promoted', b: 'promoted', c: 'promoted' })
  })

  test.each(['canary', 'all-at-once'])('that were promoted (%s) go back with one that fails', async strategy => {
    world.calls.befall('update alias', { after: fires }, { nth: strategy === 'canary' ? 3 : 2 })
    const outcome = await rollOut(['a', 'b', 'c'], {
      waves: [1, 1, 1],
      strategy,
      ...(strategy !== 'canary' && { afterTraffic: 'hook' }),
    })
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
    expect(resultsOf(outcome)).toEqual({ a: 'rolled-back', b: 'rolled-back', c: 'failed' })
  })

  test('are all taken back by a cancel between them', async () => {
    world.calls.befall('update alias', { after: () => world.stop() }, { nth: 1 })
    await rollOut(['a', 'b', 'c'], { waves: [1, 2], strategy: 'all-at-once' })
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
  })
})

describe('after a death', () => {
  const again = { ...run, attempt: 2 }

  test('in a later wave the re-run keeps what was promoted and carries the rest on', async () => {
    world.clock.at('7m', kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    expect(serve('a', 'b', 'c')).toEqual(['8', '7 at 90 %, 8 at 10 %', '7 at 90 %, 8 at 10 %'])
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)
    expect(serve('a', 'b', 'c')).toEqual(['8', '8', '8'])
    expect(resultsOf(outcome)).toEqual({ a: 'promoted', b: 'promoted', c: 'promoted' })
    expect(['a', 'b', 'c'].map(name => world.functions.versions(name).length)).toEqual([3, 3, 3])
  })

  test('a re-run that fails takes back also what the attempt before had promoted', async () => {
    world.clock.at('7m', kill)
    world.clock.at('9m', fires)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    const outcome = await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, again)
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
    expect(outcome.result).toBe('rolled-back')
  })

  test('another run leaves what one before has promoted', async () => {
    world.clock.at('7m', kill)
    world.clock.at('9m', fires)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    await rollOut(['a', 'b', 'c'], { waves: [1, 2] }, { ...run, id: '988' })
    expect(serve('a', 'b', 'c')).toEqual(['8', '7', '7'])
  })

  test.each([1, 2, 3, 4, 5, 6])('at write %i the post step leaves all of them alike', async nth => {
    for (const when of ['before', 'after'] as const) {
      begin('a', 'b', 'c')
      world.calls.befall('update alias', when === 'before' ? { before: kill } : { after: kill }, { nth })
      await expect(rollOut()).rejects.toThrow(Killed)
      await clearUp({ left: world.left() }, world)
      expect(new Set(serve('a', 'b', 'c')).size).toBe(1)
      expect(['7', '8']).toContain(serve('a')[0])
    }
  })

  test('between two waves the post step takes the first one back', async () => {
    world.clock.at('7m', kill)
    await expect(rollOut(['a', 'b', 'c'], { waves: [1, 2] })).rejects.toThrow(Killed)
    const mended = await clearUp({ left: world.left() }, world)
    expect(serve('a', 'b', 'c')).toEqual(['7', '7', '7'])
    expect(mended?.result).toBe('rolled-back')
  })

  test.each([1, 2, 3, 4, 5, 6])('at write %i a re-run brings all of them to the end', async nth => {
    for (const when of ['before', 'after'] as const) {
      begin('a', 'b', 'c')
      world.calls.befall('update alias', when === 'before' ? { before: kill } : { after: kill }, { nth })
      await expect(rollOut()).rejects.toThrow(Killed)
      expect(['promoted', 'unchanged']).toContain((await rollOut(['a', 'b', 'c'], {}, again)).result)
      expect(serve('a', 'b', 'c')).toEqual(['8', '8', '8'])
    }
  })

  test('what dead runs left on some of them is dropped, and the new rollout begins on all', async () => {
    const dead = waiting('6', 'rolling', 'octo/orders@dead000 run 950.1', '09:00')
    for (const name of ['a', 'b']) {
      world.functions.has(name, { 5: {}, 6: {}, 7: {} })
      world.aliases.points(`${name}:live`, partWay('7', '6', 0.5), dead)
    }
    expect((await rollOut()).result).toBe('promoted')
    expect(routed().slice(0, 5)).toEqual([
      '0s a whole',
      '0s b whole',
      '0s a part-way',
      '0s b part-way',
      '0s c part-way',
    ])
  })

  test('what a dead run left is dropped also where another target refuses the run', async () => {
    world.functions.has('a', { 5: {}, 6: {}, 7: {} })
    world.aliases.points('a:live', partWay('7', '6', 0.5), waiting('6', 'rolling', 'octo/orders@dead000 run 950.1'))
    world.aliases.points('b:live', partWay('7', '6', 0.2), 'by hand')
    expect((await rollOut()).result).toBe('rolled-back')
    expect(serve('a', 'b', 'c')).toEqual(['7', '7 at 80 %, 6 at 20 %', '7'])
  })
})

describe('other commands', () => {
  const both = ['a', 'b'].map(name => ({ target: named(name) }))

  async function paused(): Promise<void> {
    expect((await rollOut(['a', 'b'], { strategy: '10% for 5m, pause' })).result).toBe('paused')
    await world.clock.sleep(30 * minute)
  }

  test('promote takes on what waits on all of them', async () => {
    await paused()
    const { targets: _, waves: __, ...conduct } = wish(['a', 'b'])
    const outcome = await promote({ ...conduct, waited: true, targets: both, version: undefined }, run, world)
    expect(outcome.result).toBe('promoted')
    expect(serve('a', 'b')).toEqual(['8', '8'])
  })

  test('promote refuses canaries that wait at different weights', async () => {
    await paused()
    world.aliases.points('b:live', partWay('7', '8', 0.2), world.aliases.says('b:live'))
    const { targets: _, waves: __, ...conduct } = wish(['a', 'b'])
    const outcome = await promote({ ...conduct, waited: true, targets: both, version: undefined }, run, world)
    expect(outcome).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('a:live at 10 %, b:live at 20 %'),
    })
    expect(serve('a', 'b')).toEqual(['7 at 90 %, 8 at 10 %', '7 at 80 %, 8 at 20 %'])
  })

  test('rollback takes each of them back, and what one cannot do keeps none of the others from it', async () => {
    await rollOut(['a', 'b', 'c'])
    world.aliases.points('b:live', whole('8'), 'by hand')
    const targets = ['a', 'b', 'c'].map(name => ({ target: named(name) }))
    const outcome = await rollback({ targets, version: undefined, dryRun: false }, run, world)
    expect(serve('a', 'b', 'c')).toEqual(['7', '8', '7'])
    expect(resultsOf(outcome)).toEqual({ a: 'rolled-back', b: 'refused', c: 'rolled-back' })
  })
})

describe('a hundred functions', () => {
  const names = numbered(100)

  beforeEach(() => begin(...names))

  test('take one call for their alarms and one for their metrics a look', async () => {
    const checks = [{ kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' } as const]
    await rollOut(names, { checks })
    const looks = world.facts.filter(fact => fact.kind === 'looked').length
    expect(world.calls.count('read alarms')).toBe(looks)
    expect(world.calls.count('read metrics')).toBeLessThanOrEqual(looks + 1)
  })

  test('are looked at in turn: each alias once a minute, and all of them before the next step', async () => {
    await rollOut(names)
    const reads = world.calls.made.filter(({ operation }) => operation === 'read alias')
    const during = reads.filter(({ at }) => at > '0s' && at < '5m')
    expect(during.length).toBeLessThanOrEqual(5 * 100)
    expect(reads.filter(({ at }) => at === '5m').length).toBeGreaterThanOrEqual(100)
  })

  test('a stranger at any of them is seen within a minute', async () => {
    world.clock.at('61s', () => world.aliases.points('f57:live', whole('5'), 'by hand'))
    const outcome = await rollOut(names, { strategy: '10% for 1h' })
    expect(outcome.result).toBe('stood-aside')
    expect(world.clock.now() - world.clock.start).toBeLessThanOrEqual(2 * minute + 15_000)
  })

  test('are told of in a sentence that is read', async () => {
    const { reason } = await rollOut(names)
    expect(reason).toMatch(/^f1:live, f2:live and 98 more serve their candidates \(/)
  })
})
