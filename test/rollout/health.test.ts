import { describe, expect, test } from 'vitest'
import type { ChecksReading } from '../../src/rollout/checks.ts'
import { type Gathered, type Health, judge } from '../../src/rollout/health.ts'
import { start, watched } from '../support/builders.ts'

const fired = { at: start, to: 'ALARM', reason: 'errors were 3.0.' } as const
const firing = watched({ name: 'errors', state: 'ALARM', fired })
const noData = watched({ name: 'p99', state: 'INSUFFICIENT_DATA' })

/** What alarms say where nobody reads metrics. */
function gathered(over: Partial<Gathered>): Gathered {
  return { alarms: [], metrics: undefined, minInvocations: 0, ...over }
}

/** What checks say of a candidate that has served so many. */
function metrics(served: number, ...verdicts: readonly ChecksReading['readings'][number]['verdict'][]) {
  const readings = verdicts.map((verdict, i) => ({
    text: `check ${i}`,
    verdict,
    because: `it is ${verdict}`,
    stable: { served: 900, bad: 0 },
    candidate: { served, bad: 0 },
  }))
  const verdict = verdicts.includes('failing')
    ? ('failing' as const)
    : verdicts.every(verdict => verdict === 'no-data')
      ? ('no-data' as const)
      : ('ok' as const)
  const because = readings.map(({ because }) => because).join('; ')
  return {
    checks: { verdict, because, readings, evidence: 1, falseAlarmRate: 0.01 },
    served,
    comparison: 'both versions: so and so',
  }
}

const looks: Readonly<Record<string, { finds: Partial<Gathered>; is: Omit<Health, 'served'> }>> = {
  'no alarms and no metrics are nothing to judge by': {
    finds: {},
    is: { verdict: 'inconclusive', because: 'nothing to judge by', insufficient: [] },
  },
  'one alarm that is OK': {
    finds: { alarms: [watched()] },
    is: { verdict: 'healthy', because: 'alarm: 1 OK', insufficient: [] },
  },
  'quiet alarms are counted by kind, and those without data named': {
    finds: { alarms: [watched(), noData, watched({ name: 'old', state: 'ALARM', ignored: true })] },
    is: { verdict: 'healthy', because: 'alarms: 1 OK, 1 without data, 1 ignored until OK', insufficient: ['p99'] },
  },
  'an alarm that fires fails, with its reason': {
    finds: { alarms: [watched(), firing] },
    is: { verdict: 'failing', because: 'alarm errors went to ALARM: errors were 3.0', insufficient: [] },
  },
  'an alarm that is back to OK fails all the same': {
    finds: { alarms: [watched({ name: 'errors', fired })] },
    is: {
      verdict: 'failing',
      because: 'alarm errors went to ALARM (it is OK again): errors were 3.0',
      insufficient: [],
    },
  },
  'an alarm that is gone is unknown, not healthy': {
    finds: { alarms: [watched({ name: 'a', missing: true }), watched({ name: 'b', missing: true }), watched()] },
    is: { verdict: 'unknown', because: 'alarm a, b no longer exists', insufficient: [] },
  },
  'alarms that could not be read are unknown, not healthy': {
    finds: { alarms: [watched()], unreadable: 'DescribeAlarms was throttled' },
    is: { verdict: 'unknown', because: 'DescribeAlarms was throttled', insufficient: [] },
  },
  'what has fired outweighs what cannot be read or is gone': {
    finds: {
      alarms: [watched({ name: 'a', missing: true }), noData, firing],
      unreadable: 'DescribeAlarms was throttled',
    },
    is: { verdict: 'failing', because: 'alarm errors went to ALARM: errors were 3.0', insufficient: ['p99'] },
  },
}

describe('where no metrics are read', () => {
  test.each(Object.entries(looks))('%s', (_, { finds, is }) => {
    expect(judge(gathered(finds))).toEqual({ ...is, served: undefined })
  })
})

const measuredLooks: Readonly<Record<string, { finds: Partial<Gathered>; is: Health }>> = {
  'checks that hold, once something was served, are healthy': {
    finds: { metrics: metrics(1, 'ok') },
    is: { verdict: 'healthy', because: 'it is ok', insufficient: [], served: 1 },
  },
  'alarms are told before the checks': {
    finds: { alarms: [watched(), noData], metrics: metrics(9, 'ok', 'ok') },
    is: {
      verdict: 'healthy',
      because: 'alarms: 1 OK, 1 without data; it is ok; it is ok',
      insufficient: ['p99'],
      served: 9,
    },
  },
  'a check that fails, fails': {
    finds: { alarms: [watched()], metrics: metrics(9, 'failing') },
    is: { verdict: 'failing', because: 'it is failing', insufficient: [], served: 9 },
  },
  'a check that fails does so before anything is settled, and before the candidate has served enough': {
    finds: { metrics: metrics(0, 'failing'), minInvocations: 100 },
    is: { verdict: 'failing', because: 'it is failing', insufficient: [], served: 0 },
  },
  'a check that fails outweighs what cannot be read or is gone': {
    finds: {
      alarms: [watched({ missing: true })],
      metrics: metrics(9, 'failing'),
      unreadable: 'DescribeAlarms was throttled',
    },
    is: { verdict: 'failing', because: 'it is failing', insufficient: [], served: 9 },
  },
  'an alarm that fires has the comparison of both versions beside it, and comes before the checks': {
    finds: { alarms: [firing], metrics: metrics(9, 'failing') },
    is: {
      verdict: 'failing',
      because: 'alarm errors went to ALARM: errors were 3.0 (both versions: so and so)',
      insufficient: [],
      served: 9,
    },
  },
  'metrics that could not be read are unknown, whatever they said before': {
    finds: { metrics: metrics(9, 'ok'), unreadable: 'GetMetricData was throttled' },
    is: { verdict: 'unknown', because: 'GetMetricData was throttled', insufficient: [], served: 9 },
  },
  'an alarm that is gone is unknown beside checks that hold': {
    finds: { alarms: [watched({ name: 'a', missing: true })], metrics: metrics(9, 'ok') },
    is: { verdict: 'unknown', because: 'alarm a no longer exists', insufficient: [], served: 9 },
  },
  'a candidate without settled traffic is inconclusive, neither healthy nor failing': {
    finds: { metrics: metrics(0, 'no-data') },
    is: {
      verdict: 'inconclusive',
      because: 'it is no-data; no settled minute with traffic yet',
      insufficient: [],
      served: 0,
    },
  },
  'quiet alarms do not make up for a candidate without traffic': {
    finds: { alarms: [watched()], metrics: metrics(0, 'ok') },
    is: {
      verdict: 'inconclusive',
      because: 'alarm: 1 OK; it is ok; no settled minute with traffic yet',
      insufficient: [],
      served: 0,
    },
  },
  'a candidate that served too few is inconclusive': {
    finds: { metrics: metrics(99, 'ok'), minInvocations: 100 },
    is: {
      verdict: 'inconclusive',
      because: 'it is ok; 99 of 100 invocations settled',
      insufficient: [],
      served: 99,
    },
  },
  'a candidate that served enough is healthy': {
    finds: { metrics: metrics(100, 'ok'), minInvocations: 100 },
    is: { verdict: 'healthy', because: 'it is ok', insufficient: [], served: 100 },
  },
  'one check without data is inconclusive: all must have been read': {
    finds: { metrics: metrics(9, 'ok', 'no-data') },
    is: { verdict: 'inconclusive', because: 'it is ok; it is no-data', insufficient: [], served: 9 },
  },
  'a check that only reports is no obstacle': {
    finds: { metrics: metrics(9, 'report-only') },
    is: { verdict: 'healthy', because: 'it is report-only', insufficient: [], served: 9 },
  },
  'without checks and alarms it is what was served that is told': {
    finds: { metrics: metrics(100), minInvocations: 100 },
    is: { verdict: 'healthy', because: '100 invocations served', insufficient: [], served: 100 },
  },
  'without checks and alarms it is what is missing that is told': {
    finds: { metrics: metrics(3), minInvocations: 100 },
    is: { verdict: 'inconclusive', because: '3 of 100 invocations settled', insufficient: [], served: 3 },
  },
}

describe('where metrics are read', () => {
  test.each(Object.entries(measuredLooks))('%s', (_, { finds, is }) => {
    expect(judge(gathered(finds))).toEqual(is)
  })
})
