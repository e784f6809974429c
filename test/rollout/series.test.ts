import { describe, expect, test } from 'vitest'
import type { Check, Measure } from '../../src/rollout/checks.ts'
import type { Points } from '../../src/rollout/minutes.ts'
import { type Asking, answers, askings, slowerThan } from '../../src/rollout/series.ts'
import { start } from '../support/builders.ts'

const noWorse = (of: 'errors' | 'duration'): Check => ({ kind: 'no-worse', text: `${of} no worse than stable`, of })
const limit = (measure: Measure): Check => ({
  kind: 'limit',
  text: '',
  measure,
  limit: { kind: 'value', value: 1 },
  minutes: 1,
})
const duration = (stat: string) => limit({ kind: 'duration', stat })

const invocations: Asking = { metric: 'Invocations', stat: 'Sum' }
const errors: Asking = { metric: 'Errors', stat: 'Sum' }
const always = [invocations, errors]

describe('what is asked of each version', () => {
  test.each<[what: string, checks: readonly Check[], cuts: readonly number[] | undefined, besides: readonly Asking[]]>([
    ['without checks', [], undefined, []],
    ['to compare errors', [noWorse('errors')], undefined, []],
    ['for limits on errors', [limit({ kind: 'errors' }), limit({ kind: 'error-rate' })], undefined, []],
    ['for throttles', [limit({ kind: 'throttles' })], undefined, [{ metric: 'Throttles', stat: 'Sum' }]],
    [
      'for durations, each statistic once',
      [duration('p99'), duration('Average'), duration('p99')],
      undefined,
      [
        { metric: 'Duration', stat: 'p99' },
        { metric: 'Duration', stat: 'Average' },
      ],
    ],
    [
      'to compare durations',
      [noWorse('duration')],
      [20, 300],
      [
        { metric: 'Duration', stat: 'TC(20:)' },
        { metric: 'Duration', stat: 'TC(300:)' },
      ],
    ],
    ['to compare durations where none can be counted', [noWorse('duration')], undefined, []],
  ])('%s', (_, checks, cuts, besides) => {
    expect(askings(checks, cuts)).toEqual([...always, ...besides])
  })

  test('is how often an invocation lasted longer than so many ms, these excluded', () => {
    expect(slowerThan(800)).toEqual({ metric: 'Duration', stat: 'TC(800:)' })
  })
})

describe('the answers', () => {
  const checks = [limit({ kind: 'throttles' }), duration('p99'), duration('Average'), noWorse('duration')]
  const series = (value: number): Points => new Map([[start, value]])

  test('are put where they belong, in the order that they were asked in', () => {
    const read = askings(checks, [20, 300]).map((_, i) => series(i))
    expect(answers(checks, [20, 300], read)).toEqual({
      invocations: series(0),
      errors: series(1),
      throttles: series(2),
      durations: { p99: series(3), Average: series(4) },
      slower: [series(5), series(6)],
    })
  })

  test('are empty where nothing was asked or nothing came', () => {
    const none = new Map()
    expect(answers([], undefined, [series(1)])).toEqual({
      invocations: series(1),
      errors: none,
      throttles: none,
      durations: {},
      slower: undefined,
    })
    expect(answers(checks, [20], [])).toEqual({
      invocations: none,
      errors: none,
      throttles: none,
      durations: { p99: none, Average: none },
      slower: [none],
    })
  })
})
