import { describe, expect, test } from 'vitest'
import { defaultCheck, parseCheck } from '../src/inputs/checks.ts'
import type { Check, Limit, Measure } from '../src/rollout/checks.ts'

const noWorse = (of: 'errors' | 'duration'): Check => ({ kind: 'no-worse', text: `${of} no worse than stable`, of })
const value = (value: number): Limit => ({ kind: 'value', value })
const ofStable = (factor: number): Limit => ({ kind: 'of-stable', factor })
const duration = (stat: string): Measure => ({ kind: 'duration', stat })

describe('a comparison with stable', () => {
  test.each(['errors', 'duration'] as const)('%s no worse than stable', of => {
    expect(parseCheck(`${of} no worse than stable`)).toEqual({ kind: 'check', check: noWorse(of) })
  })

  test('is the check that is made when nothing is said', () => {
    expect(parseCheck(defaultCheck)).toEqual({ kind: 'check', check: noWorse('errors') })
  })
})

describe('a limit', () => {
  test.each<[line: string, measure: Measure, limit: Limit, minutes: number]>([
    ['errors < 5', { kind: 'errors' }, value(5), 1],
    ['error-rate < 1%', { kind: 'error-rate' }, value(0.01), 1],
    ['error-rate < 0.5 %', { kind: 'error-rate' }, value(0.005), 1],
    ['error-rate<1%', { kind: 'error-rate' }, value(0.01), 1],
    ['error-rate < 2x stable', { kind: 'error-rate' }, ofStable(2), 1],
    ['throttles < 5 for 3m', { kind: 'throttles' }, value(5), 3],
    ['throttles < 5 for 1h', { kind: 'throttles' }, value(5), 60],
    ['throttles < 5 for 60s', { kind: 'throttles' }, value(5), 1],
    ['p99 duration < 800ms', duration('p99'), value(800), 1],
    ['p99 duration < 1.5s', duration('p99'), value(1_500), 1],
    ['p99 duration < 1m 30s', duration('p99'), value(90_000), 1],
    ['p99 duration < 1.2x stable', duration('p99'), ofStable(1.2), 1],
    ['p99 duration < 1.2x stable for 5m', duration('p99'), ofStable(1.2), 5],
    ['p50 duration < 100ms', duration('p50'), value(100), 1],
    ['p99.9 duration < 2s', duration('p99.9'), value(2_000), 1],
    ['average duration < 100ms', duration('Average'), value(100), 1],
    ['maximum duration < 3s', duration('Maximum'), value(3_000), 1],
  ])('%s', (line, measure, limit, minutes) => {
    expect(parseCheck(line)).toEqual({ kind: 'check', check: { kind: 'limit', text: line, measure, limit, minutes } })
  })
})

test('blanks say nothing, and are not shown', () => {
  expect(parseCheck('\t p99   duration <\t800ms  for  3m \r')).toEqual(parseCheck('p99 duration < 800ms for 3m'))
})

describe('a line that is no check is told, with a right one', () => {
  const none = (line: string) =>
    `\`checks\` has the line “${line}”, which is no check; write for example \`errors no worse than stable\`, \`error-rate < 1%\`, \`p99 duration < 800ms\` or \`throttles < 5 for 3m\``
  const noLimit = (line: string, bound: string, right: string) =>
    `\`checks\` has the line “${line}”, whose limit “${bound}” is none for it; write for example \`${right}\``
  const noTime = (line: string, time: string, right: string) =>
    `\`checks\` has the line “${line}”, whose time “${time}” is no whole number of minutes; write for example \`${right}\``

  test.each<[line: string, problem: string]>([
    ...[
      'errors',
      'none',
      'errors better than stable',
      'error-rate no worse than stable',
      'throttles no worse than stable',
      'errors no worse than stable for 3m',
      'error-rate > 1%',
      'error-rate <',
      'duration < 800ms',
      'p100 duration < 800ms',
      'p duration < 800ms',
      'median duration < 800ms',
      'p99 errors < 5',
      'concurrency < 5',
      'Errors < 5',
    ].map((line): [string, string] => [line, none(line)]),
    ['errors < 5, throttles < 5', noLimit('errors < 5, throttles < 5', '5, throttles < 5', 'errors < 5')],
    ['error-rate <= 1%', noLimit('error-rate <= 1%', '= 1%', 'error-rate < 1%')],
    ['error-rate < 1', noLimit('error-rate < 1', '1', 'error-rate < 1%')],
    ['error-rate < 0%', noLimit('error-rate < 0%', '0%', 'error-rate < 1%')],
    ['error-rate < 800ms', noLimit('error-rate < 800ms', '800ms', 'error-rate < 1%')],
    ['errors < 1%', noLimit('errors < 1%', '1%', 'errors < 5')],
    ['errors < -1', noLimit('errors < -1', '-1', 'errors < 5')],
    ['errors < 0', noLimit('errors < 0', '0', 'errors < 5')],
    ['throttles < many', noLimit('throttles < many', 'many', 'throttles < 5')],
    ['throttles < 5 for', noLimit('throttles < 5 for', '5 for', 'throttles < 5')],
    ['p99 duration < 800', noLimit('p99 duration < 800', '800', 'p99 duration < 800ms')],
    ['p99 duration < 0ms', noLimit('p99 duration < 0ms', '0ms', 'p99 duration < 800ms')],
    ['p99 duration < 20%', noLimit('p99 duration < 20%', '20%', 'p99 duration < 800ms')],
    ['p99 duration < 0x stable', noLimit('p99 duration < 0x stable', '0x stable', 'p99 duration < 800ms')],
    ['p99 duration < stable', noLimit('p99 duration < stable', 'stable', 'p99 duration < 800ms')],
    ['throttles < 5 for 90s', noTime('throttles < 5 for 90s', '90s', 'throttles < 5 for 3m')],
    ['throttles < 5 for 30s', noTime('throttles < 5 for 30s', '30s', 'throttles < 5 for 3m')],
    ['throttles < 5 for 0m', noTime('throttles < 5 for 0m', '0m', 'throttles < 5 for 3m')],
    ['errors < 5 for 3', noTime('errors < 5 for 3', '3', 'errors < 5 for 3m')],
    ['error-rate < 1% for ever', noTime('error-rate < 1% for ever', 'ever', 'error-rate < 1% for 3m')],
    [
      'p99 duration < 1s for a while',
      noTime('p99 duration < 1s for a while', 'a while', 'p99 duration < 800ms for 3m'),
    ],
  ])('%s', (line, problem) => {
    expect(parseCheck(line)).toEqual({ kind: 'problem', problem })
  })

  test.each(['errors < 5', 'error-rate < 1%', 'throttles < 5', 'p99 duration < 800ms'])(
    'and what is told as right is right: %s, with a time and without',
    line => {
      expect([line, `${line} for 3m`].map(parseCheck)).toMatchObject([{ kind: 'check' }, { kind: 'check' }])
    },
  )
})
