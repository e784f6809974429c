import { expect, test } from 'vitest'
import type { WatchedAlarm } from '../../src/rollout/alarms.ts'
import { type Health, judge } from '../../src/rollout/health.ts'
import { start, watched } from '../support/builders.ts'

const fired = { at: start, to: 'ALARM', reason: 'errors were 3.0' } as const
const noData = watched({ name: 'p99', state: 'INSUFFICIENT_DATA' })

const looks: Readonly<Record<string, { alarms: readonly WatchedAlarm[]; unreadable?: string; is: Health }>> = {
  'no alarms find nothing wrong': {
    alarms: [],
    is: { verdict: 'healthy', because: 'no alarms to watch', insufficient: [] },
  },
  'one alarm that is OK': {
    alarms: [watched()],
    is: { verdict: 'healthy', because: 'alarm: 1 OK', insufficient: [] },
  },
  'quiet alarms are counted by kind, and those without data named': {
    alarms: [watched(), noData, watched({ name: 'old', state: 'ALARM', ignored: true })],
    is: { verdict: 'healthy', because: 'alarms: 1 OK, 1 without data, 1 ignored until OK', insufficient: ['p99'] },
  },
  'an alarm that fires fails, with its reason': {
    alarms: [watched(), watched({ name: 'errors', state: 'ALARM', fired })],
    is: { verdict: 'failing', because: 'alarm errors went to ALARM: errors were 3.0', insufficient: [] },
  },
  'an alarm that is back to OK fails all the same': {
    alarms: [watched({ name: 'errors', fired })],
    is: {
      verdict: 'failing',
      because: 'alarm errors went to ALARM (it is OK again): errors were 3.0',
      insufficient: [],
    },
  },
  'an alarm that is gone is unknown, not healthy': {
    alarms: [watched({ name: 'a', missing: true }), watched({ name: 'b', missing: true }), watched()],
    is: { verdict: 'unknown', because: 'alarm a, b no longer exists', insufficient: [] },
  },
  'alarms that could not be read are unknown, not healthy': {
    alarms: [watched()],
    unreadable: 'DescribeAlarms was throttled',
    is: { verdict: 'unknown', because: 'DescribeAlarms was throttled', insufficient: [] },
  },
  'what has fired outweighs what cannot be read or is gone': {
    alarms: [watched({ name: 'a', missing: true }), noData, watched({ name: 'errors', state: 'ALARM', fired })],
    unreadable: 'DescribeAlarms was throttled',
    is: { verdict: 'failing', because: 'alarm errors went to ALARM: errors were 3.0', insufficient: ['p99'] },
  },
}

test.each(Object.entries(looks))('%s', (_, { alarms, unreadable, is }) => {
  expect(judge(alarms, unreadable)).toEqual(is)
})
