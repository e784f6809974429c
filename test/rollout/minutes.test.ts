import { describe, expect, test } from 'vitest'
import {
  condense,
  type Minute,
  minuteOf,
  minutesOf,
  type Points,
  type Shift,
  type SidePoints,
  trialsOf,
} from '../../src/rollout/minutes.ts'
import { measured, minute, sample, second, start } from '../support/builders.ts'

/** Points at the start of the minutes since `start`: the first, the second and so on; undefined where there is none. */
function points(...values: readonly (number | undefined)[]): Points {
  const known = values.flatMap((value, i) => (value === undefined ? [] : [[start + i * minute, value] as const]))
  return new Map(known)
}

function side(over: Partial<SidePoints> = {}): SidePoints {
  return { invocations: points(), errors: points(), throttles: points(), durations: {}, slower: undefined, ...over }
}

/** When and under which weight each minute is booked. */
function booked(shifts: readonly Shift[], now: number): readonly (readonly [number, number, boolean])[] {
  return minutesOf(shifts, side(), side(), now).map(({ at, weight, mixed }) => [(at - start) / minute, weight, mixed])
}

test('a minute begins where its seconds are none', () => {
  expect([start, start + 1, start + minute - 1, start + minute].map(minuteOf)).toEqual([
    start,
    start,
    start,
    start + minute,
  ])
})

describe('the minutes of a rollout', () => {
  test('are none before the first shift', () => {
    expect(minutesOf([], side({ invocations: points(9) }), side(), start + 5 * minute)).toEqual([])
  })

  test('begin with that of the first shift, and end with the one that runs', () => {
    const shifts = [{ at: start + 20 * second, weight: 0.1 }]
    expect(booked(shifts, start + 2 * minute + 1)).toEqual([
      [0, 0.1, true],
      [1, 0.1, false],
      [2, 0.1, false],
    ])
    expect(booked(shifts, start + 20 * second)).toEqual([[0, 0.1, true]])
  })

  test('are whole from a shift at their very start on', () => {
    expect(booked([{ at: start, weight: 0.1 }], start + minute)).toEqual([
      [0, 0.1, false],
      [1, 0.1, false],
    ])
  })

  test.each<[what: string, shifts: readonly Shift[], minutes: readonly (readonly [number, number, boolean])[]]>([
    [
      'a shift within one',
      [
        { at: start, weight: 0.1 },
        { at: start + 90 * second, weight: 0.5 },
      ],
      [
        [0, 0.1, false],
        [1, 0.5, true],
        [2, 0.5, false],
      ],
    ],
    [
      'a shift to less',
      [
        { at: start, weight: 0.5 },
        { at: start + 90 * second, weight: 0.1 },
      ],
      [
        [0, 0.5, false],
        [1, 0.5, true],
        [2, 0.1, false],
      ],
    ],
    [
      'several shifts within one',
      [
        { at: start, weight: 0.1 },
        { at: start + 70 * second, weight: 0.9 },
        { at: start + 80 * second, weight: 0.2 },
      ],
      [
        [0, 0.1, false],
        [1, 0.9, true],
        [2, 0.2, false],
      ],
    ],
    [
      'the promotion',
      [
        { at: start, weight: 0.1 },
        { at: start + 90 * second, weight: 1 },
      ],
      [
        [0, 0.1, false],
        [1, 1, true],
        [2, 1, false],
      ],
    ],
  ])('with %s are booked under the largest weight that was in force, and as mixed', (_, shifts, minutes) => {
    expect(booked(shifts, start + 2 * minute)).toEqual(minutes)
  })

  test('hold what each version did, and nothing where there is no point: no traffic, no errors', () => {
    const stable = side({
      invocations: points(90, 80),
      errors: points(undefined, 2),
      throttles: points(3),
      durations: { p99: points(250, 260), Average: points(undefined, 20) },
      slower: [points(45.4), points(4.5, 3.6)],
    })
    const candidate = side({ invocations: points(undefined, 10), durations: { p99: points(undefined, 300) } })
    expect(minutesOf([{ at: start, weight: 0.1 }], stable, candidate, start + minute)).toEqual([
      measured({
        stable: { invocations: 90, errors: 0, throttles: 3, durations: { p99: 250 }, slower: [45, 5] },
        candidate: sample(0),
      }),
      measured({
        at: start + minute,
        stable: { invocations: 80, errors: 2, throttles: 0, durations: { p99: 260, Average: 20 }, slower: [0, 4] },
        candidate: sample(10, 0, { durations: { p99: 300 } }),
      }),
    ])
  })

  test('are those from a minute on, where one is given', () => {
    const shifts = [{ at: start + 20 * second, weight: 0.1 }]
    const from = (at: number) => minutesOf(shifts, side(), side(), start + 3 * minute, at).map(one => one.at)
    expect(from(start + 2 * minute)).toEqual([start + 2 * minute, start + 3 * minute])
    expect(from(start - minute)).toEqual([0, 1, 2, 3].map(i => start + i * minute))
  })

  test('leave out the points of minutes before', () => {
    const early = side({ invocations: new Map([[start - minute, 99]]) })
    expect(minutesOf([{ at: start, weight: 0.1 }], early, early, start)).toEqual([
      measured({ stable: sample(0), candidate: sample(0) }),
    ])
  })
})

describe('minutes that are condensed', () => {
  const row = (count: number, over: (i: number) => Partial<Minute> = () => ({})) =>
    Array.from({ length: count }, (_, i) => measured({ at: start + i * minute, ...over(i) }))
  const shape = (minutes: readonly Minute[]) => minutes.map(({ at, wide = 1 }) => [(at - start) / minute, wide])

  test('are as they were while they are few, or not over by then', () => {
    expect(condense(row(40), start + 40 * minute)).toEqual(row(40))
    expect(condense(row(500), start)).toEqual(row(500))
    expect(condense([], start)).toEqual([])
  })

  test('become stretches that are the wider the longer it lasts, with what they did in all', () => {
    const [first, ...more] = condense(
      row(85, i => ({
        stable: sample(90, 1, { durations: { p99: i }, slower: [1, 0] }),
        candidate: sample(10, 0, { throttles: 2 }),
      })),
      start + 82 * minute,
    )
    expect(first).toEqual(
      measured({
        wide: 4,
        stable: sample(360, 4, { durations: { p99: 3 }, slower: [4, 0] }),
        candidate: sample(40, 0, { throttles: 8 }),
      }),
    )
    expect(shape(more).slice(-6)).toEqual([
      [72, 4],
      [76, 4],
      [80, 2],
      [82, 1],
      [83, 1],
      [84, 1],
    ])
  })

  test('are condensed again like those that never were', () => {
    const minutes = row(700, i => ({ weight: i < 100 ? 0.1 : 0.2 }))
    const before = condense(minutes.slice(0, 300), start + 290 * minute)
    const until = start + 650 * minute
    expect(condense([...before, ...minutes.slice(300)], until)).toEqual(condense(minutes, until))
  })

  test('do not mix weights, nor a minute in which the weight moved with others', () => {
    const minutes = row(160, i => ({ weight: i < 5 ? 0.1 : i < 10 ? 0.2 : 0.3, mixed: i === 5 }))
    expect(shape(condense(minutes, start + 160 * minute)).slice(0, 7)).toEqual([
      [0, 4],
      [4, 1],
      [5, 1],
      [6, 2],
      [8, 2],
      [10, 2],
      [12, 4],
    ])
  })
})

describe('trials', () => {
  const bad = ({ errors }: Minute['stable']) => errors

  test('gather the minutes by weight, those of before and after the split left out', () => {
    const minutes = [
      measured({ weight: 0, candidate: sample(7, 7) }),
      measured({ stable: sample(90, 1), candidate: sample(10, 2) }),
      measured({ weight: 0.5, stable: sample(50, 3), candidate: sample(50, 4), mixed: true }),
      measured({ stable: sample(80, 5), candidate: sample(20) }),
      measured({ weight: 1, stable: sample(1, 1), candidate: sample(99, 9) }),
    ]
    expect(trialsOf(minutes, bad)).toEqual([
      { weight: 0.1, stable: { served: 170, bad: 6 }, candidate: { served: 30, bad: 2 } },
      { weight: 0.5, stable: { served: 50, bad: 3 }, candidate: { served: 50, bad: 4 } },
    ])
  })

  test('count as bad what they are told to', () => {
    const slow = measured({ stable: sample(90, 9, { slower: [1] }), candidate: sample(10, 9, { slower: [2] }) })
    expect(trialsOf([slow], ({ slower }) => slower?.[0] ?? 0)).toEqual([
      { weight: 0.1, stable: { served: 90, bad: 1 }, candidate: { served: 10, bad: 2 } },
    ])
  })
})
