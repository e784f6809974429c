import { expect, test } from 'vitest'
import { describeRouting, partWay, percent, primary, routingOf, sameRouting, whole } from '../../src/rollout/routing.ts'

test.each([
  { version: '7', weights: undefined, is: whole('7') },
  { version: '7', weights: {}, is: whole('7') },
  { version: '7', weights: { 8: 0 }, is: whole('7') },
  { version: '$LATEST', weights: {}, is: whole('$LATEST') },
  { version: '7', weights: { 8: 0.1 }, is: partWay('7', '8', 0.1) },
  { version: '7', weights: { 6: 0, 8: 0.1 }, is: partWay('7', '8', 0.1) },
  { version: '7', weights: { 8: 1 }, is: partWay('7', '8', 1) },
])('version $version with the weights $weights is $is', ({ version, weights, is }) => {
  expect(routingOf(version, weights)).toEqual(is)
})

test.each([
  { a: whole('7'), b: whole('7') },
  { a: partWay('7', '8', 0.1), b: partWay('7', '8', 0.1) },
  { a: partWay('7', '8', 0.3), b: partWay('7', '8', 0.1 + 0.2) },
  { a: partWay('7', '8', 1 / 3), b: partWay('7', '8', 0.3333) },
  { a: partWay('7', '8', 0.1), b: partWay('7', '8', 0.1005) },
])('$a and $b are the same, to the precision that a weight is read back with', ({ a, b }) => {
  expect([sameRouting(a, b), sameRouting(b, a)]).toEqual([true, true])
})

test.each([
  { a: whole('7'), b: whole('8') },
  { a: whole('7'), b: partWay('7', '8', 0.1) },
  { a: whole('8'), b: partWay('7', '8', 1) },
  { a: partWay('7', '8', 0.1), b: partWay('6', '8', 0.1) },
  { a: partWay('7', '8', 0.1), b: partWay('7', '9', 0.1) },
  { a: partWay('7', '8', 0.5), b: partWay('8', '7', 0.5) },
  { a: partWay('7', '8', 0.1), b: partWay('7', '8', 0.11) },
  { a: partWay('7', '8', 0.1), b: partWay('7', '8', 0.102) },
])('$a and $b differ', ({ a, b }) => {
  expect([sameRouting(a, b), sameRouting(b, a)]).toEqual([false, false])
})

test.each([
  { routing: whole('7'), keeps: '7', reads: '7' },
  { routing: whole('$LATEST'), keeps: '$LATEST', reads: '$LATEST' },
  { routing: partWay('7', '8', 0.1), keeps: '7', reads: '7 at 90 %, 8 at 10 %' },
  { routing: partWay('7', '8', 0.005), keeps: '7', reads: '7 at 99.5 %, 8 at 0.5 %' },
  { routing: partWay('7', '8', 1 / 3), keeps: '7', reads: '7 at 66.67 %, 8 at 33.33 %' },
])('$reads: without weights $keeps has the traffic', ({ routing, keeps, reads }) => {
  expect({ keeps: primary(routing), reads: describeRouting(routing) }).toEqual({ keeps, reads })
})

test.each([
  { fraction: 0, reads: '0 %' },
  { fraction: 0.005, reads: '0.5 %' },
  { fraction: 0.07, reads: '7 %' },
  { fraction: 0.1 + 0.2, reads: '30 %' },
  { fraction: 0.3333, reads: '33.33 %' },
  { fraction: 1, reads: '100 %' },
])('$fraction is written $reads', ({ fraction, reads }) => {
  expect(percent(fraction)).toBe(reads)
})
