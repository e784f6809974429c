import { describe, expect, test } from 'vitest'
import { decide, type Observation, type Progress, type Seen } from '../../src/rollout/decide.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'
import { isDue, nextDue, tendAt } from '../../src/rollout/watchdog.ts'
import { asked, health, minute, plan, policy, progress, run, seen, stands, start } from '../support/builders.ts'

const guard = { due: nextDue(start), revisions: ['a1'] }

test('a watchdog acts five minutes after it was set', () => {
  expect(nextDue(start)).toBe(start + 5 * minute)
})

test('a watchdog is to be moved on when three minutes are left', () => {
  expect(tendAt(guard)).toBe(guard.due - 3 * minute)
})

test('a run that cannot move it on has to be over a minute before it acts', () => {
  expect([guard.due - minute - 1, guard.due - minute].map(now => isDue(guard, now))).toEqual([false, true])
})

describe('an alias that the watchdog has made whole under a living run', () => {
  const fired = 'the watchdog took the candidate away, since this run did not move it on in time'
  const back = asked(0, run({ id: '900' }))
  const due = start + 5 * minute
  const guarded = (over: Partial<Progress> = {}) =>
    progress({ targets: [{ name: 'orders:live', asked: asked(0.1), back }], guardDue: due, ...over })
  const after = (target: Seen, over: Partial<Observation> = {}) => seen({ now: due, targets: [target], ...over })
  /** As the form from before a write leaves it: only the weight is gone. */
  const dropped = stands(0.1, { routing: whole('7') })
  const restored: Seen = { kind: 'alias', ...back, moving: false }
  const outcomeOf = (progress: Progress, observation: Observation) => decide(plan(), policy(), progress, observation)

  test.each([
    ['by the form that was set before a write', dropped],
    ['by the form that was set after one', restored],
  ])('%s is our own roll-back, and no stranger', (_, target) => {
    expect(outcomeOf(guarded(), after(target))).toEqual({ kind: 'roll-back', because: fired })
  })

  test('is rolled back also where a failure is to be held, or the workflow was cancelled', () => {
    const failing = health({ verdict: 'failing', because: 'alarm' })
    const observation = after(restored, { health: failing, cancelled: true })
    expect(decide(plan(), policy({ onFailure: 'hold' }), guarded(), observation).kind).toBe('roll-back')
  })

  test.each<readonly [string, Progress, Observation]>([
    ['before its time', guarded(), after(dropped, { now: due - 1 })],
    ['without a watchdog', guarded({ guardDue: undefined }), after(dropped)],
    ['to another version', guarded(), after(stands(0.1, { routing: whole('9') }))],
    ['to other weights', guarded(), after(stands(0.1, { routing: partWay('7', '9', 0.1) }))],
    ['with words of their own', guarded(), after({ ...restored, description: 'by hand' })],
    ['by deleting it', guarded(), after({ kind: 'gone' })],
  ])('is a stranger’s where it was changed %s', (_, progress, observation) => {
    expect(outcomeOf(progress, observation).kind).toBe('stand-aside')
  })

  test('is none where the alias stands as it was asked to', () => {
    expect(outcomeOf(guarded(), after(stands(0.1))).kind).toBe('promote')
  })
})
