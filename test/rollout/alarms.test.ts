import { describe, expect, test } from 'vitest'
import {
  type AlarmReading,
  alreadyFiring,
  beginWatching,
  keepWatching,
  movedUnseen,
  type Transition,
  type WatchedAlarm,
} from '../../src/rollout/alarms.ts'
import { alarm, minute, start, watched } from '../support/builders.ts'

const later = start + minute
const firing = (over: Partial<AlarmReading> = {}) =>
  alarm({ state: 'ALARM', reason: 'errors were 3.0', transitionedAt: later, ...over })
const toAlarm: Transition = { at: later, to: 'ALARM', reason: 'errors were 3.0' }

/** The next look at one alarm, with what its history tells. */
function next(before: WatchedAlarm, now: AlarmReading, between: readonly Transition[] = []): WatchedAlarm | undefined {
  return keepWatching([before], [now], new Map([[before.name, between]]))[0]
}

test('the alarms that fire already are those in ALARM, not those without data', () => {
  const readings = [alarm({ name: 'a' }), firing({ name: 'b' }), alarm({ name: 'c', state: 'INSUFFICIENT_DATA' })]
  expect(alreadyFiring(readings)).toEqual([readings[1]])
})

test('watching begins with what fires already ignored', () => {
  const readings = [alarm({ name: 'a' }), firing({ name: 'b' }), alarm({ name: 'c', state: 'INSUFFICIENT_DATA' })]
  expect(beginWatching(readings)).toEqual([
    watched({ name: 'a' }),
    watched({ ...firing({ name: 'b' }), ignored: true }),
    watched({ name: 'c', state: 'INSUFFICIENT_DATA' }),
  ])
})

describe('whether the history has to be read', () => {
  const ignored = watched({ ...firing(), transitionedAt: start, ignored: true })
  test.each<[when: string, before: WatchedAlarm, now: AlarmReading | undefined, read: boolean]>([
    ['nothing moved', watched(), alarm(), false],
    ['it is OK again after a move', watched(), alarm({ transitionedAt: later }), true],
    ['it has lost its data', watched(), alarm({ state: 'INSUFFICIENT_DATA', transitionedAt: later }), true],
    ['it fires, which tells all', watched(), firing(), false],
    ['an ignored one fires, which may be anew', ignored, firing(), true],
    ['an ignored one has not moved', ignored, ignored, false],
    ['it is gone', watched(), undefined, false],
  ])('when %s', (_, before, now, read) => {
    expect(movedUnseen([before], now === undefined ? [] : [now])).toEqual(read ? [before] : [])
  })

  test('only for those that moved, whatever the order in which they are read', () => {
    const [a, b] = [watched({ name: 'a' }), watched({ name: 'b' })]
    const readings = [alarm({ name: 'b', transitionedAt: later }), alarm({ name: 'a' })]
    expect(movedUnseen([a, b], readings)).toEqual([b])
  })
})

describe('an alarm', () => {
  test('that stays OK is as it was read', () => {
    expect(next(watched(), alarm({ reason: 'still fine' }))).toEqual(watched({ reason: 'still fine' }))
  })

  test('that fires has fired', () => {
    expect(next(watched(), firing())).toEqual(watched({ ...firing(), fired: toAlarm }))
  })

  test('that went to ALARM and back between two looks has fired', () => {
    const now = alarm({ transitionedAt: later + minute })
    const between = [toAlarm, { at: later + minute, to: 'OK', reason: 'fine again' }] as const
    expect(next(watched(), now, between)).toEqual(watched({ ...now, fired: toAlarm }))
  })

  test('that went from ALARM to no data between two looks has fired', () => {
    const now = alarm({ state: 'INSUFFICIENT_DATA', transitionedAt: later + minute })
    expect(next(watched(), now, [toAlarm])).toEqual(watched({ ...now, fired: toAlarm }))
  })

  test('that has fired stays so for good, and for its first reason', () => {
    const fired = next(watched(), firing())
    const again = fired && next(fired, firing({ reason: 'errors were 9.0', transitionedAt: later + minute }))
    const quiet = again && next(again, alarm({ transitionedAt: later + 2 * minute }))
    expect(quiet).toEqual(watched({ transitionedAt: later + 2 * minute, fired: toAlarm }))
  })

  test('has not fired by a change that was known before', () => {
    const before = watched({ transitionedAt: later })
    const now = alarm({ transitionedAt: later + minute })
    expect(next(before, now, [toAlarm, { at: later + minute, to: 'OK', reason: '' }])).toEqual(watched(now))
  })

  test('without data has not fired', () => {
    const now = alarm({ state: 'INSUFFICIENT_DATA', transitionedAt: later })
    expect(next(watched(), now)).toEqual(watched(now))
  })

  test('that is gone is missing, and known again when it is back', () => {
    const [gone] = keepWatching([watched()], [], new Map())
    expect(gone).toEqual(watched({ missing: true }))
    expect(gone && next(gone, alarm())).toEqual(watched())
  })

  test('that has fired and is gone has still fired', () => {
    const fired = watched({ ...firing(), fired: toAlarm })
    expect(keepWatching([fired], [], new Map())).toEqual([{ ...fired, missing: true }])
  })
})

describe('an alarm that fired before the rollout', () => {
  const [ignored] = beginWatching([firing({ transitionedAt: start })]) as [WatchedAlarm]
  const ok: Transition = { at: later, to: 'OK', reason: 'fine' }
  const noData: Transition = { at: later, to: 'INSUFFICIENT_DATA', reason: 'no points' }
  const again: Transition = { at: later + minute, to: 'ALARM', reason: 'errors were 5.0' }
  const nowFiring = firing({ transitionedAt: again.at, reason: again.reason })

  test('is ignored for as long as it fires', () => {
    expect(next(ignored, firing({ transitionedAt: start, reason: 'errors were 7.0' }))).toEqual({
      ...ignored,
      reason: 'errors were 7.0',
    })
  })

  test('counts from when it was OK', () => {
    const was = next(ignored, alarm({ transitionedAt: later }))
    expect(was).toEqual(watched({ transitionedAt: later }))
    expect(was && next(was, nowFiring)).toEqual(watched({ ...nowFiring, fired: again }))
  })

  test('counts even if it was OK between two looks only', () => {
    expect(next(ignored, nowFiring, [ok, again])).toEqual(watched({ ...nowFiring, fired: again }))
  })

  test('is still ignored when it was only without data in between', () => {
    expect(next(ignored, nowFiring, [noData, again])).toEqual({ ...ignored, ...nowFiring })
  })
})

test('alarms are told apart by name and keep their order', () => {
  const before = beginWatching([alarm({ name: 'a' }), alarm({ name: 'b' })])
  const readings = [firing({ name: 'b' }), alarm({ name: 'a' })]
  expect(keepWatching(before, readings, new Map())).toEqual([
    watched({ name: 'a' }),
    watched({ ...firing({ name: 'b' }), fired: toAlarm }),
  ])
})

describe('where the candidate has waited, every change since then is still to be looked at', () => {
  const since = start
  test.each<[what: string, reading: AlarmReading, is: WatchedAlarm]>([
    ['OK all the time', alarm(), watched()],
    [
      'in ALARM since before',
      firing({ transitionedAt: start - minute }),
      watched({ ...firing({ transitionedAt: start - minute }), ignored: true }),
    ],
    ['in ALARM since', firing(), watched({ ...firing(), transitionedAt: since })],
    ['OK again since', alarm({ transitionedAt: later }), watched({ transitionedAt: since })],
  ])('an alarm that is %s', (_, reading, is) => {
    expect(beginWatching([reading], since)).toEqual([is])
  })

  test('one that went to ALARM meanwhile has fired at the first look, even if it is back', () => {
    const [began] = beginWatching([firing()], since)
    expect(next(began ?? watched(), firing())?.fired).toEqual(toAlarm)
    const [back] = beginWatching([alarm({ transitionedAt: later + minute })], since)
    expect(movedUnseen([back ?? watched()], [alarm({ transitionedAt: later + minute })])).toHaveLength(1)
    expect(next(back ?? watched(), alarm({ transitionedAt: later + minute }), [toAlarm])?.fired).toEqual(toAlarm)
  })
})
