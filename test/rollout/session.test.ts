import { describe, expect, test } from 'vitest'
import { decide } from '../../src/rollout/decide.ts'
import { canary } from '../../src/rollout/plan.ts'
import { lastMoment, type SessionEnd, sessionObstacles, sessionOver } from '../../src/rollout/session.ts'
import { asked, health, minute, plan, policy, progress, seen, start } from '../support/builders.ts'

const told = (minutes: number): SessionEnd => ({ at: start + minutes * minute, known: true })
const assumed = (minutes: number): SessionEnd => ({ at: start + minutes * minute, known: false })
const baking = (minutes: number) => canary('canary', 0.1, minutes * minute)

describe('a plan', () => {
  test('may take all of the time but the last ten minutes, and five for the release', () => {
    expect(sessionObstacles(baking(45), start, told(60))).toEqual([])
  })

  test('that takes longer is refused, with what would make it possible', () => {
    expect(sessionObstacles(baking(46), start, told(60))).toEqual([
      'the plan bakes for 46 minutes, and the AWS credentials leave 45, with ten minutes kept for a roll-back and five for the release; give them longer (`role-duration-seconds` of configure-aws-credentials), shorten `strategy`, or set `role-to-assume`, which renews them',
    ])
  })

  test('that takes longer than credentials which do not tell their end is refused, with what would tell it', () => {
    expect(sessionObstacles(baking(46), start, assumed(60))).toEqual([
      'the plan bakes for 46 minutes, and AWS credentials that do not tell their end are good for 45, with ten minutes kept for a roll-back and five for the release; set `role-to-assume`, which renews them, or tell their end in AWS_CREDENTIAL_EXPIRATION (configure-aws-credentials puts it out as `aws-expiration` with `output-credentials: true`)',
    ])
  })

  test('counts with all of its bakes, the one at 100 % too', () => {
    const long = plan({ weight: 0.1, bakeMs: 30 * minute }, { weight: 1, bakeMs: 16 * minute })
    expect(sessionObstacles(long, start, told(60))[0]).toContain('bakes for 46 minutes')
  })

  test('of any length fits credentials that do not end', () => {
    expect(sessionObstacles(baking(10_000), start, undefined)).toEqual([])
  })

  test('is refused where no time is left at all, and no less than none is told', () => {
    expect(sessionObstacles(baking(1), start, told(-5))[0]).toContain('the AWS credentials leave 0, with')
  })

  test('of no bake is refused as well, where the credentials have a quarter of an hour or less', () => {
    expect(sessionObstacles(plan({ weight: 1, bakeMs: 0 }), start, told(14))).toHaveLength(1)
  })
})

test('a hook at 100 % counts as long as Lambda lets a function run', () => {
  expect(sessionObstacles(baking(30), start, told(60), { waves: 1, hooks: 1 })).toEqual([])
  expect(sessionObstacles(baking(31), start, told(60), { waves: 1, hooks: 1 })).toEqual([
    expect.stringContaining('bakes for 31 minutes beside the 15 that `after-traffic` may take, and'),
  ])
})

describe('a rollout', () => {
  const end = told(60)
  const at = (now: number, over = {}) =>
    decide(plan({ weight: 0.1, bakeMs: 90 * minute }), policy({ pollMs: 20 * minute }), progress(), {
      ...seen({ now, session: end }),
      ...over,
    })

  test('has to be over ten minutes before its credentials end', () => {
    expect(lastMoment(end)).toBe(start + 50 * minute)
    expect(sessionOver(start + 50 * minute - 1, end)).toBeUndefined()
    expect(sessionOver(start + 50 * minute, end)).toBe(
      'the AWS credentials end at 11:00Z, and a roll-back must not find them expired; give them longer, or set `role-to-assume`, which renews them',
    )
    expect(sessionOver(start + 50 * minute, assumed(60))).toBe(
      'the AWS credentials do not tell their end, and may end soon; set `role-to-assume`, which renews them',
    )
  })

  test('is rolled back then', () => {
    expect(at(start + 50 * minute)).toEqual({
      kind: 'roll-back',
      because:
        'the AWS credentials end at 11:00Z, and a roll-back must not find them expired; give them longer, or set `role-to-assume`, which renews them',
    })
  })

  test('is rolled back then also where a failure is to be held', () => {
    const failing = health({ verdict: 'failing', because: 'alarm' })
    const observation = seen({ now: start + 50 * minute, session: end, health: failing })
    expect(decide(plan(), policy({ onFailure: 'hold' }), progress(), observation).kind).toBe('roll-back')
  })

  test('waits for nothing past that moment', () => {
    expect(at(start + 45 * minute)).toMatchObject({ kind: 'wait', until: start + 50 * minute })
    expect(at(start + 20 * minute)).toMatchObject({ kind: 'wait', until: start + 40 * minute })
  })

  test('that has ended with its promotion is not undone', () => {
    const promoted = progress({ step: 1, targets: [{ name: 'orders:live', asked: asked(1) }] })
    const targets = [{ kind: 'alias', ...asked(1), moving: false } as const]
    const observation = seen({ now: start + 59 * minute, targets, session: end })
    expect(decide(plan(), policy(), promoted, observation).kind).toBe('finish')
  })
})
