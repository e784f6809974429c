import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../src/duration.ts'
import { minute, second } from './support/builders.ts'

const hour = 60 * minute

test.each([
  ['500ms', 500],
  ['30s', 30 * second],
  ['5m', 5 * minute],
  ['1h30m', 90 * minute],
  ['1h 30m', 90 * minute],
  ['1h1m1s1ms', hour + minute + second + 1],
  ['90m', 90 * minute],
  ['0.5h', 30 * minute],
  ['1.5s', 1_500],
  ['5M', 5 * minute],
  ['0s', 0],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  ' ',
  '5',
  'm',
  '5 minutes',
  '5min',
  '30m1h',
  '5m5m',
  '-5m',
  '+5m',
  '1.m',
  '.5h',
  '1,5h',
  '0.5ms',
  '1e3s',
  '5d',
  'Infinity',
  '5m, 10m',
])('“%s” is no duration', text => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [-1, '0s'],
  [0, '0s'],
  [1, '1ms'],
  [999, '999ms'],
  [second, '1s'],
  [1_499, '1s'],
  [1_500, '2s'],
  [59_999, '1m'],
  [90 * second, '1m30s'],
  [5 * minute, '5m'],
  [hour, '1h'],
  [hour + second, '1h1s'],
  [90 * minute, '1h30m'],
  [100 * hour, '100h'],
])('%i ms is written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([1, 999, second, 61 * second, 90 * minute, 26 * hour + 3 * minute + 7 * second])(
  'what %i ms is written as reads as %i ms',
  ms => {
    expect(parseDuration(formatDuration(ms))).toBe(ms)
  },
)
