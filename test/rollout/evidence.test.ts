import { describe, expect, test } from 'vitest'
import {
  detectableRate,
  difference,
  eValue,
  rate,
  slownessRatios,
  splitIsOff,
  type Trial,
  total,
} from '../../src/rollout/evidence.ts'

/** So many errors on either side, at a weight that was kept to the invocation. */
function trial(weight: number, stableBad: number, candidateBad: number, served = 10_000): Trial {
  const share = Math.round(weight * served)
  return {
    weight,
    stable: { served: served - share, bad: stableBad },
    candidate: { served: share, bad: candidateBad },
  }
}

describe('the evidence of errors', () => {
  /** Computed apart from this code, in the study that the test was chosen by. */
  test.each<[stableBad: number, candidateBad: number, weight: number, value: string]>([
    [0, 1, 0.1, '5.875'],
    [0, 2, 0.1, '44.81'],
    [0, 3, 0.1, '381.3'],
    [1, 4, 0.1, '325.4'],
    [2, 5, 0.1, '526.2'],
    [10, 6, 0.1, '16.76'],
    [100, 30, 0.1, '1537'],
    [0, 8, 0.5, '135.0'],
    [0, 10, 0.5, '504.2'],
    [0, 2, 0.01, '1799'],
    [5, 0, 0.1, '0.2038'],
  ])('%i of stable beside %i of the candidate at %f is worth %s', (stableBad, candidateBad, weight, value) => {
    expect(eValue([trial(weight, stableBad, candidateBad)]).toPrecision(4)).toBe(value)
  })

  test.each<[when: string, trials: readonly Trial[]]>([
    ['there is none', []],
    ['nothing was served', [{ weight: 0.1, stable: { served: 0, bad: 0 }, candidate: { served: 0, bad: 0 } }]],
    ['nothing was bad', [trial(0.1, 0, 0)]],
  ])('is 1, a stake neither won nor lost, when %s', (_, trials) => {
    expect(eValue(trials)).toBe(1)
  })

  test('under several weights is multiplied ratio by ratio, not averaged in between', () => {
    const trials = [trial(0.1, 1, 2), trial(0.5, 3, 6)]
    const byRatio = (ratio: number) =>
      eValue([trials[0] ?? trial(0.1, 0, 0)], [ratio]) * eValue(trials.slice(1), [ratio])
    expect(eValue(trials, [3])).toBeCloseTo(byRatio(3), 10)
    expect(eValue(trials, [3, 20])).toBeCloseTo((byRatio(3) + byRatio(20)) / 2, 10)
  })

  test('of one weight is the same however its minutes are cut', () => {
    const halves = [trial(0.1, 1, 2, 5_000), trial(0.1, 1, 2, 5_000)]
    expect(eValue(halves)).toBeCloseTo(eValue([trial(0.1, 2, 4)]), 10)
  })

  test('is weaker where the candidate got more than its weight, never stronger where it got less', () => {
    const served = (candidate: number): Trial => ({
      weight: 0.1,
      stable: { served: 1_000 - candidate, bad: 0 },
      candidate: { served: candidate, bad: 3 },
    })
    const values = [0, 50, 100, 101, 200, 500, 999].map(count => eValue([served(count)]))
    expect(values.slice(0, 3).map(value => value.toPrecision(4))).toEqual(['381.3', '381.3', '381.3'])
    for (const [i, value] of values.slice(3).entries()) expect(value).toBeLessThan(values[i + 2] ?? 0)
    expect(eValue([served(200)])).toBe(eValue([{ ...served(200), weight: 0.2 }]))
  })

  test('on a candidate that takes its share is a fair bet: on average it stays 1', () => {
    for (const weight of [0.01, 0.1, 0.5]) {
      const wins = eValue([trial(weight, 0, 1)])
      const loses = eValue([trial(weight, 1, 0)])
      expect(weight * wins + (1 - weight) * loses).toBeCloseTo(1, 10)
    }
  })

  test('may be made finer, with ratios that suit slowness', () => {
    const slow = [trial(0.1, 900, 130)]
    expect(eValue(slow, slownessRatios)).toBeGreaterThan(eValue(slow))
  })
})

describe('tallies', () => {
  const trials = [trial(0.1, 9, 2, 1_000), trial(0.5, 1, 3, 100)]

  test('are summed over all weights', () => {
    expect([total(trials, 'stable'), total(trials, 'candidate')]).toEqual([
      { served: 950, bad: 10 },
      { served: 150, bad: 5 },
    ])
  })

  test('have a rate, which is 0 where nothing was served', () => {
    expect([rate({ served: 150, bad: 5 }), rate({ served: 0, bad: 0 })]).toEqual([5 / 150, 0])
  })

  test('differ by the candidate’s rate less stable’s', () => {
    expect(difference(trials)).toBeCloseTo(5 / 150 - 10 / 950, 12)
    expect(difference([trial(0.1, 9, 0)])).toBe(-0.001)
  })
})

test.each<[served: number, alpha: number, percent: string | undefined]>([
  [312, 0.01, '1.47'],
  [312, 0.05, '0.96'],
  [30, 0.01, '14.23'],
  [1, 0.01, '99.00'],
  [0, 0.01, undefined],
])('%i invocations without an error, at a false alarm in %f, speak against %s %% or more', (served, alpha, percent) => {
  const detectable = detectableRate(served, alpha)
  expect(detectable === undefined ? undefined : (detectable * 100).toFixed(2)).toBe(percent)
})

describe('the split is off', () => {
  const split = (weight: number, stable: number, candidate: number): Trial => ({
    weight,
    stable: { served: stable, bad: 0 },
    candidate: { served: candidate, bad: 0 },
  })

  test.each<[off: boolean, what: string, trials: readonly Trial[]]>([
    [false, 'nothing was served', []],
    [false, 'it is as configured', [split(0.1, 9_000, 1_000)]],
    [false, 'it is as configured at each weight', [split(0.1, 9_000, 1_000), split(0.5, 500, 500)]],
    [false, 'chance alone explains it', [split(0.1, 9_050, 950)]],
    [false, 'a few invocations say little', [split(0.1, 20, 0)]],
    [false, 'there is doubt, yet not enough', [split(0.1, 60, 0)]],
    [true, 'the candidate gets nothing of much', [split(0.1, 200, 0)]],
    [true, 'the candidate gets 8 of 10 %', [split(0.1, 9_200, 800)]],
    [true, 'the candidate gets 15 of 10 %', [split(0.1, 850, 150)]],
    [true, 'several small weights together show it', [split(0.1, 100, 0), split(0.2, 60, 0)]],
    [true, 'the candidate alone is served', [split(0.1, 0, 10)]],
  ])('%s when %s', (off, _, trials) => {
    expect(splitIsOff(trials)).toBe(off)
  })
})
