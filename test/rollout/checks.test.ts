import { describe, expect, test } from 'vitest'
import {
  attribute,
  type Check,
  type ChecksReading,
  compareErrors,
  describeTally,
  judgeChecks,
  type Limit,
  longestRun,
  type Measure,
  servedSettled,
  splitWarning,
} from '../../src/rollout/checks.ts'
import { eValue, slownessRatios, type Trial } from '../../src/rollout/evidence.ts'
import { type Minute, trialsOf } from '../../src/rollout/minutes.ts'
import { measured, minute, sample, second, start } from '../support/builders.ts'

const errorsNoWorse: Check = { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' }
const durationNoWorse: Check = { kind: 'no-worse', text: 'duration no worse than stable', of: 'duration' }
const alpha = 0.01

/** Long after every minute of these tests has settled. */
const later = start + 60 * minute

/** The first minute, in which both versions served so much and so much of it was bad. */
function errors(stable: readonly [number, number], candidate: readonly [number, number]): Minute {
  return measured({ stable: sample(...stable), candidate: sample(...candidate) })
}

/** These minutes, one after the other. */
function row(...minutes: readonly Minute[]): readonly Minute[] {
  return minutes.map((one, i) => ({ ...one, at: start + i * minute }))
}

function judge(checks: readonly Check[], ...targets: readonly (readonly Minute[])[]): ChecksReading {
  return judgeChecks(checks, targets, alpha, later)
}

/** What one target's minutes are worth to the comparison of errors. */
function worth(...minutes: readonly Minute[]): number {
  return eValue(trialsOf(minutes, ({ errors }) => errors))
}

describe('errors no worse than stable', () => {
  test('shows both versions beside each other, and what the evidence is', () => {
    const evidence = worth(errors([90, 1], [10, 0]))
    expect(judge([errorsNoWorse], [errors([90, 1], [10, 0])])).toEqual({
      verdict: 'ok',
      because: 'candidate 0 errors of 10 (0 %), stable 1 error of 90 (1.11 %)',
      evidence,
      falseAlarmRate: 0.01,
      readings: [
        {
          text: 'errors no worse than stable',
          verdict: 'ok',
          because: 'candidate 0 errors of 10 (0 %), stable 1 error of 90 (1.11 %)',
          stable: { served: 90, bad: 1 },
          candidate: { served: 10, bad: 0 },
          evidence,
        },
      ],
    })
  })

  test('has no data while there is nothing of the candidate beside stable', () => {
    expect(judge([errorsNoWorse], [errors([90, 1], [0, 0])])).toMatchObject({
      verdict: 'no-data',
      because: 'nothing of the candidate beside stable yet',
    })
  })

  test.each<[verdict: 'ok' | 'failing', what: string, stable: [number, number], candidate: [number, number]]>([
    ['ok', 'none', [900, 0], [100, 0]],
    ['ok', 'two where stable has none', [900, 0], [100, 2]],
    ['failing', 'three where stable has none', [900, 0], [100, 3]],
    ['ok', 'six where stable has ten', [900, 10], [100, 6]],
    ['failing', 'thirty where stable has a hundred', [900, 100], [100, 30]],
    ['ok', 'as many as stable, by the share', [900, 90], [100, 10]],
  ])('is %s with %s', (verdict, _, stable, candidate) => {
    expect(judge([errorsNoWorse], [errors(stable, candidate)]).verdict).toBe(verdict)
  })

  test('is judged at any false alarm rate that is asked for', () => {
    const minutes = [errors([900, 0], [100, 2])]
    expect(worth(...minutes).toFixed(2)).toBe('44.81')
    const verdicts = [0.01, 0.0223, 0.0224, 0.05].map(
      rate => judgeChecks([errorsNoWorse], [minutes], rate, later).verdict,
    )
    expect(verdicts).toEqual(['ok', 'ok', 'failing', 'failing'])
  })

  test('takes minutes that are not over yet: a roll-back does not wait', () => {
    const now = start + second
    expect(judgeChecks([errorsNoWorse], [[errors([900, 0], [100, 3])]], alpha, now).verdict).toBe('failing')
  })

  test.each<[verdict: 'ok' | 'failing', candidateBad: number]>([
    ['ok', 120],
    ['failing', 121],
  ])(
    'is %s at %i errors of 100000 where stable has 21 of as many: a difference under 0.1 points is none',
    (verdict, bad) => {
      const reading = judge([errorsNoWorse], [errors([900_000, 189], [100_000, bad])])
      expect(reading.evidence).toBeGreaterThan(100)
      expect(reading.verdict).toBe(verdict)
    },
  )
})

describe('one threshold over all comparisons of all targets', () => {
  const bad = [errors([900, 0], [100, 3])]
  const good = [errors([900, 0], [100, 0])]

  test('is held against the mean of their evidence', () => {
    const reading = judge([errorsNoWorse], bad, good)
    expect(reading.evidence).toBe((worth(...bad) + 1) / 2)
    expect(reading.verdict).toBe('failing')
  })

  test('is not reached by one of four alone that would reach it by itself', () => {
    const reading = judge([errorsNoWorse], bad, good, good, good)
    expect(reading.evidence.toFixed(2)).toBe('96.08')
    expect(reading.verdict).toBe('ok')
  })

  test('fails those that carry the evidence and no others', () => {
    const reading = judge([errorsNoWorse], bad, good)
    expect(reading.because).toBe(
      'errors no worse than stable does not hold: candidate 3 errors of 100 (3 %), stable 0 errors of 900 (0 %)',
    )
    expect(reading.readings.map(({ verdict }) => verdict)).toEqual(['failing', 'ok'])
  })

  test('does not fail a target whose own evidence speaks for it, however its rates look', () => {
    const lucky = [errors([990, 5], [10, 1])]
    expect(worth(...lucky)).toBeLessThan(1)
    expect(judge([errorsNoWorse], bad, lucky).readings.map(({ verdict }) => verdict)).toEqual(['failing', 'ok'])
  })

  test('counts both comparisons of a target alike', () => {
    const slower = [measured({ stable: sample(900, 0, { slower: [9] }), candidate: sample(100, 3, { slower: [1] }) })]
    const slow = eValue(
      trialsOf(slower, sample => sample.slower?.[0] ?? 0),
      slownessRatios,
    )
    expect(judge([errorsNoWorse, durationNoWorse], slower).evidence).toBeCloseTo((worth(...slower) + slow) / 2, 10)
  })

  test('knows nothing of limits: they have no evidence', () => {
    const limit: Check = {
      kind: 'limit',
      text: 'errors < 5',
      measure: { kind: 'errors' },
      limit: { kind: 'value', value: 5 },
      minutes: 1,
    }
    expect(judge([errorsNoWorse, limit], bad).evidence).toBe(worth(...bad))
    expect(judge([limit], bad)).toMatchObject({ verdict: 'ok', evidence: 0 })
  })

  test('of no checks at all there is nothing to say', () => {
    expect(judge([], good)).toEqual({
      verdict: 'no-data',
      because: '',
      readings: [],
      evidence: 0,
      falseAlarmRate: 0.01,
    })
  })
})

describe('duration no worse than stable', () => {
  /** A minute in which so many of 900 and of 100 invocations were slower than each cut. */
  const slow = (stable: readonly number[], candidate: readonly number[]) =>
    measured({ stable: sample(900, 0, { slower: stable }), candidate: sample(100, 0, { slower: candidate }) })

  test('counts what is slower than stable’s own quantiles, and shows the cut that tells most', () => {
    const minutes = [slow([450, 90, 9], [50, 10, 30])]
    const values = [0, 1, 2].map(i =>
      eValue(
        trialsOf(minutes, ({ slower }) => slower?.[i] ?? 0),
        slownessRatios,
      ),
    )
    const reading = judge([durationNoWorse], minutes)
    expect(reading.evidence).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 5)
    expect(reading).toMatchObject({
      verdict: 'failing',
      because:
        'duration no worse than stable does not hold: candidate 30 slow invocations of 100 (30 %), stable 9 slow invocations of 900 (1 %)',
    })
  })

  test('is ok where both are as slow, as their shares are', () => {
    expect(judge([durationNoWorse], [slow([450, 90, 9], [50, 10, 1])]).verdict).toBe('ok')
  })

  test('only reports where CloudWatch gives no counts', () => {
    const because =
      'duration no worse than stable: stable had no traffic to compare durations by, or CloudWatch gives no counts of slow invocations'
    expect(judge([durationNoWorse], [errors([900, 0], [100, 90])])).toEqual({
      verdict: 'ok',
      because,
      evidence: 0,
      falseAlarmRate: 0.01,
      readings: [
        {
          text: 'duration no worse than stable',
          verdict: 'report-only',
          because,
          stable: { served: 900, bad: 0 },
          candidate: { served: 100, bad: 0 },
        },
      ],
    })
  })

  test('that only reports takes nothing from the comparison of errors', () => {
    expect(judge([errorsNoWorse, durationNoWorse], [errors([900, 0], [100, 3])])).toMatchObject({ verdict: 'failing' })
  })
})

describe('a limit', () => {
  const limit = (measure: Measure, bound: number | Limit, minutes = 1): Check => ({
    kind: 'limit',
    text: 'the limit',
    measure,
    limit: typeof bound === 'number' ? { kind: 'value', value: bound } : bound,
    minutes,
  })
  const errorRate = limit({ kind: 'error-rate' }, 0.05)
  const p99: Measure = { kind: 'duration', stat: 'p99' }
  const lasting = (stable: number | undefined, candidate: number, invocations = 10) =>
    measured({
      stable: sample(90, 0, { durations: stable === undefined ? {} : { p99: stable } }),
      candidate: sample(invocations, 0, { durations: { p99: candidate } }),
    })
  const throttled = (throttles: number, invocations = 10) =>
    measured({ candidate: sample(invocations, 0, { throttles }) })

  test.each<[verdict: 'ok' | 'failing' | 'no-data', what: string, check: Check, one: Minute]>([
    ['ok', 'errors below it', limit({ kind: 'errors' }, 5), errors([90, 50], [10, 4])],
    ['failing', 'as many errors', limit({ kind: 'errors' }, 5), errors([90, 0], [10, 5])],
    ['ok', 'a single error, whatever is said', limit({ kind: 'errors' }, 1), errors([90, 0], [10, 1])],
    ['no-data', 'errors, and no traffic', limit({ kind: 'errors' }, 5), errors([90, 9], [0, 0])],
    ['ok', 'a rate below it', errorRate, errors([90, 50], [100, 4])],
    ['failing', 'that rate', errorRate, errors([90, 0], [100, 5])],
    ['ok', 'a single error in one invocation', errorRate, errors([90, 0], [1, 1])],
    ['failing', 'two errors in two invocations', errorRate, errors([90, 0], [2, 2])],
    ['no-data', 'a rate, and no traffic', errorRate, errors([90, 9], [0, 0])],
    ['ok', 'throttles below it', limit({ kind: 'throttles' }, 5), throttled(4)],
    ['failing', 'as many throttles', limit({ kind: 'throttles' }, 5), throttled(5)],
    ['ok', 'a single throttle', limit({ kind: 'throttles' }, 1), throttled(1)],
    ['failing', 'throttles alone, and not one invocation', limit({ kind: 'throttles' }, 5), throttled(5, 0)],
    ['no-data', 'neither throttles nor invocations', limit({ kind: 'throttles' }, 5), throttled(0, 0)],
    ['ok', 'a duration below it', limit(p99, 800), lasting(undefined, 799)],
    ['failing', 'that duration', limit(p99, 800), lasting(undefined, 800)],
    ['ok', 'a long duration of a single invocation', limit(p99, 800), lasting(undefined, 5_000, 1)],
    ['no-data', 'a duration, and no point of it', limit(p99, 800), errors([90, 0], [10, 0])],
    ['ok', 'less than 1.2 times stable', limit(p99, { kind: 'of-stable', factor: 1.2 }), lasting(500, 599)],
    ['failing', '1.2 times stable', limit(p99, { kind: 'of-stable', factor: 1.2 }), lasting(500, 600)],
    ['no-data', 'no stable to compare with', limit(p99, { kind: 'of-stable', factor: 1.2 }), lasting(undefined, 9_000)],
  ])('is %s with %s', (verdict, _, check, one) => {
    expect(judge([check], [one]).readings.map(reading => reading.verdict)).toEqual([verdict])
  })

  describe('holds for so many minutes in a row', () => {
    const bad = errors([90, 0], [10, 5])
    const good = errors([90, 0], [10, 0])
    const silent = errors([90, 0], [0, 0])

    test.each<[verdict: 'ok' | 'failing', what: string, minutes: readonly Minute[]]>([
      ['ok', 'two', row(bad, bad)],
      ['failing', 'three', row(bad, bad, bad)],
      ['ok', 'three with a good one between', row(bad, bad, good, bad)],
      ['ok', 'three with a silent one between', row(bad, silent, bad, bad)],
      ['failing', 'three, and good ones before and after', row(good, bad, bad, bad, good, good)],
    ])('%s at %s of three', (verdict, _, minutes) => {
      expect(judge([limit({ kind: 'error-rate' }, 0.05, 3)], minutes).verdict).toBe(verdict)
    })
  })

  test('has held in minutes that are kept as their sums, and a run does not go through them', () => {
    const bad = errors([90, 0], [10, 5])
    expect(judge([limit({ kind: 'error-rate' }, 0.05)], [{ ...bad, wide: 2 }]).verdict).toBe('ok')
    expect(judge([limit({ kind: 'error-rate' }, 0.05, 3)], row({ ...bad, wide: 2 }, bad, bad)).verdict).toBe('ok')
  })

  test('wants the minutes of its run one by one', () => {
    expect(longestRun([])).toBe(1)
    expect(longestRun([errorsNoWorse, errorRate, limit(p99, 5, 7), limit(p99, 9, 3)])).toBe(7)
  })

  test('is not judged on a minute that is not over', () => {
    const [one] = row(errors([90, 0], [10, 5]))
    const verdictAt = (now: number) => judgeChecks([errorRate], [one === undefined ? [] : [one]], alpha, now).verdict
    expect([start + minute - 1, start + minute].map(verdictAt)).toEqual(['no-data', 'failing'])
  })

  test('is judged after the promotion as well, and on no minute before the first shift', () => {
    const bad = errors([90, 0], [10, 5])
    expect(judge([errorRate], [{ ...bad, weight: 1 }]).verdict).toBe('failing')
    expect(judge([errorRate], [{ ...bad, weight: 0 }]).verdict).toBe('no-data')
  })

  test.each<[because: string, check: Check, one: Minute]>([
    ['the limit holds', errorRate, errors([90, 0], [10, 0])],
    ['the limit: no data', errorRate, errors([90, 0], [0, 0])],
    ['the limit does not hold: 50 % where 5 % is the limit', errorRate, errors([90, 0], [10, 5])],
    ['the limit does not hold: 7 where 5 is the limit', limit({ kind: 'throttles' }, 5), throttled(7)],
    [
      'the limit does not hold: 901 ms where 600 ms is the limit',
      limit(p99, { kind: 'of-stable', factor: 1.2 }),
      lasting(500, 900.6),
    ],
  ])('says “%s”', (because, check, one) => {
    expect(judge([check], [one]).because).toBe(because)
  })

  test('says for how long it did not hold, with the last value that did not', () => {
    const minutes = row(errors([90, 0], [10, 5]), errors([90, 0], [10, 4]), errors([90, 0], [10, 0]))
    expect(judge([limit({ kind: 'error-rate' }, 0.05, 2)], minutes).because).toBe(
      'the limit does not hold: 40 % where 5 % is the limit for 2 minutes',
    )
  })

  test('all that fail are told, and those that hold are not', () => {
    const minutes = [measured({ candidate: sample(10, 5, { throttles: 9, durations: { p99: 10 } }) })]
    const reading = judge([errorRate, limit({ kind: 'throttles' }, 5), limit(p99, 800)], minutes)
    expect(reading.because).toBe(
      'the limit does not hold: 50 % where 5 % is the limit; the limit does not hold: 9 where 5 is the limit',
    )
    expect(reading.readings.map(({ verdict }) => verdict)).toEqual(['failing', 'failing', 'ok'])
  })

  test('without data leaves the verdict to the checks that have some', () => {
    const reading = judge([errorsNoWorse, limit(p99, 800)], [errors([90, 0], [10, 0])])
    expect(reading.verdict).toBe('ok')
    expect(reading.readings.map(({ verdict }) => verdict)).toEqual(['ok', 'no-data'])
  })
})

describe('whose errors they are', () => {
  const trial = (stable: number, candidate: number, served = 10_000): Trial => ({
    weight: 0.1,
    stable: { served: served * 0.9, bad: stable },
    candidate: { served: served * 0.1, bad: candidate },
  })

  test.each<[is: ReturnType<typeof attribute>, stable: number, candidate: number, served?: number]>([
    ['cannot tell whose', 0, 0],
    ['cannot tell whose', 0, 1],
    ['the candidate only', 0, 2],
    ['cannot tell whose', 5, 0],
    ['both versions', 9, 1],
    ['both versions', 10, 6],
    ['the candidate only', 10, 20],
    ['both versions', 20, 80, 1_000_000],
  ])('%s: stable has %i and the candidate %i', (is, stable, candidate, served) => {
    expect(attribute([trial(stable, candidate, served)])).toBe(is)
  })

  test.each<[said: string, minutes: readonly Minute[]]>([
    ['no metrics to compare the versions by yet', []],
    ['no metrics to compare the versions by yet', [errors([0, 0], [0, 0])]],
    ['the candidate only: candidate 3 errors of 100 (3 %), stable 0 errors of 900 (0 %)', [errors([900, 0], [100, 3])]],
    [
      'both versions: candidate 11 errors of 110 (10 %), stable 91 errors of 910 (10 %)',
      row(errors([900, 90], [100, 10]), errors([10, 1], [10, 1])),
    ],
  ])('is said as “%s”', (said, minutes) => {
    expect(compareErrors(minutes)).toBe(said)
  })

  test.each([
    ['candidate 1 error of 3 (33.33 %)', 1, 'errors'],
    ['candidate 0 slow invocations of 3 (0 %)', 0, 'slow invocations'],
    ['candidate 1 slow invocation of 3 (33.33 %)', 1, 'slow invocations'],
  ] as const)('%s', (said, bad, what) => {
    expect(describeTally('candidate', { served: 3, bad }, what)).toBe(said)
  })
})

describe('what the candidate has served', () => {
  const minutes = row(errors([90, 0], [10, 0]), errors([90, 0], [20, 0]), errors([90, 0], [40, 0]))

  test.each([
    [0, 3 * minute - 1],
    [10, 3 * minute],
    [30, 4 * minute],
    [70, 60 * minute],
  ])('is %i after %i ms: a minute counts two minutes after its end', (served, age) => {
    expect(servedSettled(minutes, start + age)).toBe(served)
  })
})

describe('traffic that is not split as configured', () => {
  const said =
    'The traffic is not split as configured: the candidate got 0 % of it at 10 %; look for throttling, for provisioned concurrency that spills over, or for another hand on the alias'
  const off = errors([500, 0], [0, 0])

  test('is warned of, with what was got and what was asked for', () => {
    expect(splitWarning([off], later)).toBe(said)
  })

  test('is told by all weights together', () => {
    const minutes = row(errors([400, 0], [4, 0]), { ...errors([300, 0], [100, 0]), weight: 0.5 })
    expect(splitWarning(minutes, later)).toContain('the candidate got 12.9 % of it at 10 % and 50 %;')
  })

  test.each<[what: string, minutes: readonly Minute[], now: number]>([
    ['it is split as configured', [errors([900, 0], [100, 0])], later],
    ['nothing was served', [], later],
    ['the weight moved within the minute', [{ ...off, mixed: true }], later],
    ['the candidate has all traffic', [{ ...off, weight: 1 }], later],
    ['points may still come', [off], start + 3 * minute - 1],
  ])('is not warned of where %s', (_, minutes, now) => {
    expect(splitWarning(minutes, now)).toBeUndefined()
  })
})
