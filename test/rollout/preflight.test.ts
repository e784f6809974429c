import { describe, expect, test } from 'vitest'
import { plan as planOf } from '../../src/rollout/plan.ts'
import { obstacles, type Preflight, type Split } from '../../src/rollout/preflight.ts'
import type { Settings } from '../../src/rollout/settings.ts'
import { alarm, plan, start } from '../support/builders.ts'

const allAtOnce = planOf('all-at-once', [])
const role = 'arn:aws:iam::123456789012:role/orders'
const queue = 'arn:aws:sqs:eu-west-1:123456789012:dead'

type Over = Partial<Preflight> & Partial<Pick<Split, 'stable' | 'candidate'>>

function preflight(over: Over = {}): Preflight {
  return {
    plan: plan(),
    splits: [split(over)],
    alarms: [alarm()],
    unknownAlarms: [],
    alreadyInAlarm: 'fail',
    now: start,
    session: undefined,
    ...over,
  }
}

/** Between two equal versions, unless it says otherwise. */
function split(over: Partial<Split>): Split {
  const settings = { Role: role }
  return { name: 'live', stable: { version: '7', settings }, candidate: { settings }, ...over }
}

/** Stable and candidate with these settings. */
function between(from: Settings, to: Settings): Pick<Split, 'stable' | 'candidate'> {
  return { stable: { version: '7', settings: from }, candidate: { settings: to } }
}

test('nothing stands in the way of a canary between equal versions with quiet alarms', () => {
  expect(obstacles(preflight())).toEqual([])
})

describe('Lambda splits no traffic', () => {
  const latest =
    'live points at $LATEST, with which Lambda splits no traffic; move it to a version with `strategy: all-at-once` once'
  const differ = (what: string, from: string, to: string) =>
    `version 7 has the ${what} ${from} and the candidate would have ${to}; Lambda splits no traffic between them, so make them equal or use \`strategy: all-at-once\``

  test.each<[when: string, over: Over, because: readonly string[]]>([
    ['with $LATEST', { stable: { version: '$LATEST', settings: { Role: role } } }, [latest]],
    [
      'between two execution roles',
      between({ Role: role }, { Role: `${role}-2` }),
      [differ('execution role', role, `${role}-2`)],
    ],
    [
      'where only the candidate has a dead-letter queue',
      between({ Role: role }, { Role: role, DeadLetterConfig: { TargetArn: queue } }),
      [differ('dead-letter queue', '(none)', queue)],
    ],
    [
      'between two of both',
      between({ Role: role, DeadLetterConfig: { TargetArn: queue } }, { Role: `${role}-2` }),
      [differ('execution role', role, `${role}-2`), differ('dead-letter queue', queue, '(none)')],
    ],
  ])('%s, which is no obstacle to all at once', (_, over, because) => {
    expect(obstacles(preflight(over))).toEqual(because)
    expect(obstacles(preflight({ ...over, plan: allAtOnce }))).toEqual([])
  })

  test.each<[when: string, over: Over]>([
    ['an empty dead-letter queue is none', between({ DeadLetterConfig: { TargetArn: '' } }, {})],
    ['members of a dead-letter queue without a target are none', between({ DeadLetterConfig: {} }, {})],
    ['other settings may differ', between({ Role: role, MemorySize: 128 }, { Role: role, MemorySize: 512 })],
    ['a new alias has nothing to split with', { stable: undefined }],
  ])('but %s', (_, over) => {
    expect(obstacles(preflight(over))).toEqual([])
  })
})

describe('alarms', () => {
  const firing = alarm({ name: 'orders-errors', state: 'ALARM', reason: 'errors were 3.0' })
  const noData = alarm({ name: 'orders-p99', state: 'INSUFFICIENT_DATA' })
  const unknown = 'there is no alarm order-errors in this account and region; correct its name in `alarms` or create it'
  const already =
    'alarm orders-errors is already in ALARM (errors were 3.0); wait until it is OK, or set `already-in-alarm: ignore` if this rollout is the fix'

  test.each<[what: string, over: Over, because: readonly string[]]>([
    ['one that does not exist', { unknownAlarms: ['order-errors'] }, [unknown]],
    [
      'one that does not exist, where firing ones are ignored',
      { unknownAlarms: ['order-errors'], alreadyInAlarm: 'ignore' },
      [unknown],
    ],
    ['one that fires already', { alarms: [alarm({ name: 'a' }), firing] }, [already]],
    ['one that fires already and is to be ignored', { alarms: [firing], alreadyInAlarm: 'ignore' }, []],
    ['one without data', { alarms: [noData] }, []],
    [
      'all at once is held up by them as well',
      { plan: allAtOnce, alarms: [firing], unknownAlarms: ['order-errors'] },
      [unknown, already],
    ],
  ])('%s', (_, over, because) => {
    expect(obstacles(preflight(over))).toEqual(because)
  })
})

test('everything that is in the way is told at once, routing before alarms', () => {
  const all = obstacles(
    preflight({
      ...between({ Role: 'a', DeadLetterConfig: { TargetArn: 'q' } }, { Role: 'b' }),
      unknownAlarms: ['x', 'y'],
      alarms: [alarm({ state: 'ALARM' })],
    }),
  )
  expect(all.map(text => text.split(/[;(]/)[0]?.trim())).toEqual([
    'version 7 has the execution role a and the candidate would have b',
    'version 7 has the dead-letter queue q and the candidate would have',
    'there is no alarm x in this account and region',
    'there is no alarm y in this account and region',
    'alarm orders-errors is already in ALARM',
  ])
})
