import { beforeEach, describe, expect, test } from 'vitest'
import { parseCheck } from '../src/inputs/checks.ts'
import type { Metrics, Series, Window } from '../src/ports.ts'
import type { Moving } from '../src/rolling/course.ts'
import { measure } from '../src/rolling/measure.ts'
import { type Check, type ChecksReading, judgeChecks, servedSettled, splitWarning } from '../src/rollout/checks.ts'
import type { Minute, Shift } from '../src/rollout/minutes.ts'
import { type Random, seeded } from './sandbox/random.ts'
import { aliasSeen, asked, candidate, minute, second, stable, start } from './support/builders.ts'
import { newWorld, type Sim } from './support/world.ts'

const checks = ['errors no worse than stable', 'duration no worse than stable', 'error-rate < 20% for 4m'].map(text => {
  const parsed = parseCheck(text)
  if (parsed.kind === 'problem') throw new Error(parsed.problem)
  return parsed.check
})

const orders: Moving = {
  target: { functionName: 'orders', alias: 'live', region: 'eu-west-1' },
  candidate,
  stable: { version: stable, after: undefined, alias: aliasSeen() },
  back: asked(0),
  carriesOn: false,
  cuts: [20, 50, 90],
  asked: asked(0.1),
  history: [],
  revision: 'a1',
  revisions: ['a1'],
}

/** Ten hours of a rollout: an hour at 5 %, then at 10 %. */
const shifts: readonly Shift[] = [
  { at: start + 20 * second, weight: 0.05 },
  { at: start + 60 * minute + 7 * second, weight: 0.1 },
]
const lasting = 600

/** What each series has in each minute, and how much later than it happened that can be read. */
type Traffic = { readonly value: (series: Series, minute: number) => number | undefined; readonly lateMs: number }

let world: Sim
let windows: Window[]

beforeEach(() => {
  world = newWorld()
  windows = []
})

/** CloudWatch, where a minute's points grow until they are all there. */
function metrics({ value, lateMs }: Traffic): Metrics {
  return {
    read: async (series, window) => {
      windows.push(window)
      return series.map(one => {
        const points = new Map<number, number>()
        for (let at = window.from; at < window.to; at += minute) {
          const there = Math.min(1, Math.max(0, (world.clock.now() - at) / (minute + lateMs)))
          const all = value(one, (at - start) / minute)
          if (all !== undefined && there > 0) points.set(at, Math.floor(all * there))
        }
        return points
      })
    },
  }
}

function look(traffic: Traffic, known: readonly (readonly Minute[])[], watched: readonly Check[] = checks) {
  const course = { moving: [orders], shifts, minutes: known }
  return measure(course, { checks: watched, falseAlarmRate: 0.01 }, { ...world, metrics: metrics(traffic) })
}

/** A traffic with pauses, and with bursts of errors and of slowness that meet both versions, sometimes for long. */
function chancy(random: Random): Traffic {
  let burst = 0
  const drawn = Array.from({ length: lasting + 1 }, () => {
    burst = random.next() < (burst > 0 ? 0.55 : 0.05) ? 0.5 * random.next() : 0
    const [served, slow] = [random.next() < 0.8 ? 5_000 * random.next() : 0, random.next() ** 4]
    const of = (share: number) => {
      const own = Math.floor(share * served)
      return { Invocations: own, Errors: Math.floor(burst * own), Duration: Math.floor(slow * own) }
    }
    return new Map([
      [stable, of(0.9)],
      [candidate, of(0.1)],
    ])
  })
  const value = ({ version = '', metric }: Series, at: number) => {
    const counts = drawn[at]?.get(version)
    if (counts === undefined || counts.Invocations === 0 || metric === 'Throttles') return undefined
    return counts[metric]
  }
  return { value, lateMs: 25 * minute * random.next() }
}

function judged(minutes: readonly (readonly Minute[])[]): readonly [ChecksReading, number[], (string | undefined)[]] {
  const now = world.clock.now()
  return [
    judgeChecks(checks, minutes, 0.01, now),
    minutes.map(some => servedSettled(some, now)),
    minutes.map(some => splitWarning(some, now)),
  ]
}

describe('what a long rollout is judged by', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is all of its time, though not all of it is read anew (%i)', async seed => {
    const traffic = chancy(seeded(seed))
    let known: readonly (readonly Minute[])[] = [[]]
    let isOver = false
    world.clock.pass('20s')
    while (world.clock.now() < start + lasting * minute && !isOver) {
      known = await look(traffic, known)
      expect(judged(known)).toEqual(judged(await look(traffic, [[]])))
      isOver = judged(known)[0].verdict === 'failing'
      world.clock.pass('2m45s')
    }
  })

  test('takes the room of an hour or so, and requests for half of one', async () => {
    const traffic = { value: () => 10, lateMs: 0 }
    let known: readonly (readonly Minute[])[] = [[]]
    world.clock.pass('20s')
    const room: number[] = []
    while (world.clock.now() < start + lasting * minute) {
      known = await look(traffic, known)
      room.push(known[0]?.length ?? 0)
      world.clock.pass('1m')
    }
    expect(Math.max(...room)).toBeLessThan(80)
    expect(Math.max(...windows.map(({ from, to }) => (to - from) / minute))).toBe(32)
  })

  test('is read from where it was last, after a time in which nothing could be', async () => {
    const traffic = { value: () => 10, lateMs: 0 }
    world.clock.pass('40m')
    const known = await look(traffic, [[]])
    world.clock.pass('3h')
    const minutes = await look(traffic, known)
    expect(windows.map(({ from, to }) => [(from - start) / minute, (to - start) / minute])).toEqual([
      [0, 41],
      [10, 221],
    ])
    expect(judged(minutes)).toEqual(judged(await look(traffic, [[]])))
  })

  test('keeps as many minutes one by one as a check wants in a row', async () => {
    const [limit] = checks.slice(-1)
    if (limit?.kind !== 'limit') throw new Error('there is no limit')
    const traffic = { value: () => 10, lateMs: 0 }
    world.clock.pass('9h')
    const known = await look(traffic, [[]])
    world.clock.pass('1m')
    const single = async (minutes: number) => {
      const [some = []] = await look(traffic, known, [{ ...limit, minutes }])
      return some.filter(({ wide, at }) => wide === undefined && at >= start + 61 * minute).length
    }
    expect(await single(101)).toBe((await single(1)) + 100)
  })
})
