import { describe, expect, test } from 'vitest'
import {
  type Decision,
  decide,
  type Observation,
  type Policy,
  type Progress,
  type Seen,
  standsAs,
  unknownLooksAllowed,
} from '../../src/rollout/decide.ts'
import type { Health } from '../../src/rollout/health.ts'
import { formatJournal } from '../../src/rollout/journal.ts'
import type { Plan } from '../../src/rollout/plan.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'
import {
  asked,
  health,
  journal,
  minute,
  plan,
  policy,
  progress,
  run,
  second,
  seen,
  stands,
  start,
  waiting,
} from '../support/builders.ts'

const bakeEnds = start + 5 * minute
const failing = health({ verdict: 'failing', because: 'alarm orders-errors went to ALARM: errors were 3.0' })
const unknown = health({ verdict: 'unknown', because: 'DescribeAlarms was throttled' })
const insufficient = health({ because: 'alarm: 1 without data', insufficient: ['orders-p99'] })

const before: Progress = progress({ step: -1, targets: [{ name: 'orders:live', asked: asked(0) }] })
/** A plan whose last step, everything, is watched. */
const watchedPlan = plan({ weight: 0.1, bakeMs: 5 * minute }, { weight: 1, bakeMs: 5 * minute })
const promoted: Progress = progress({ step: 1, targets: [{ name: 'orders:live', asked: asked(1) }] })
const seenBefore = (over: Partial<Observation> = {}) => seen({ targets: [stands(0)], ...over })
const seenPromoted = (over: Partial<Observation> = {}) => seen({ targets: [stands(1)], ...over })

describe('in order of urgency', () => {
  const scarce = health({ verdict: 'inconclusive', because: 'no settled minute with traffic yet', served: 0 })
  /** Nothing is waited for: what is missing at the end of the bake fails. */
  const strict = policy({ insufficientData: { kind: 'fail' }, minInvocations: 100, lowTraffic: { kind: 'fail' } })
  type Rung = {
    readonly finds: Partial<Observation>
    readonly knows?: Partial<Progress>
    readonly decides: (seen: Observation) => Decision
  }
  const wait = (until: number, because: string): Decision => ({ kind: 'wait', until, because })
  const rollBack = (because: string): Decision => ({ kind: 'roll-back', because })

  /** Most urgent first; each is what a look may find at the end of the first bake. */
  const ladder: Readonly<Record<string, Rung>> = {
    'a stranger on the alias': {
      finds: { targets: [stands(0, { routing: whole('6') })] },
      decides: () => ({
        kind: 'stand-aside',
        name: 'orders:live',
        because: 'somebody else changed orders:live: it serves 6, where this run had 7 at 90 %, 8 at 10 %',
      }),
    },
    'a cancel': { finds: { cancelled: true }, decides: () => rollBack('the workflow was cancelled') },
    'trouble with a write': {
      finds: { trouble: 'UpdateAlias is not allowed' },
      decides: () => rollBack('UpdateAlias is not allowed'),
    },
    'a failing candidate': { finds: { health: failing }, decides: () => rollBack(failing.because) },
    'a fourth look that could not read': {
      finds: { health: unknown },
      knows: { unknownLooks: 4 },
      decides: () => rollBack('DescribeAlarms was throttled (4 looks in a row)'),
    },
    'a bake that is not over': {
      finds: { now: bakeEnds - minute },
      decides: ({ health }) => wait(bakeEnds - 45 * second, health.because),
    },
    'a look that could not read': {
      finds: { health: unknown },
      decides: () => wait(bakeEnds + 15 * second, unknown.because),
    },
    'provisioned concurrency that AWS moves': {
      finds: { targets: [stands(0.1, { moving: true })] },
      decides: () => wait(bakeEnds + 15 * second, 'AWS is moving provisioned concurrency between the versions'),
    },
    'an alarm without data': {
      finds: { health: insufficient },
      decides: () =>
        rollBack('no data at the end of the bake from alarm orders-p99, which `insufficient-data` does not let pass'),
    },
    'too little traffic': {
      finds: { health: scarce },
      decides: () => rollBack('the candidate has served 0 of the 100 invocations that `min-invocations` asks for'),
    },
    'the next step': { finds: {}, decides: () => ({ kind: 'promote', step: 1, because: 'alarm: 1 OK' }) },
  }
  const rungs = Object.entries(ladder)

  test.each(rungs)('%s alone', (_, { finds, knows, decides }) => {
    const look = seen({ now: bakeEnds, health: health({ served: 100 }), ...finds })
    expect(decide(plan(), strict, progress(knows), look)).toEqual(decides(look))
  })

  const pairs = rungs.flatMap(([more, a], i) => rungs.slice(i + 1).map(([less, b]) => [more, less, a, b] as const))
  test.each(pairs)('%s comes before %s', (_more, _less, a, b) => {
    const look = seen({ now: bakeEnds, health: health({ served: 100 }), ...b.finds, ...a.finds })
    expect(decide(plan(), strict, progress({ ...b.knows, ...a.knows }), look)).toEqual(a.decides(look))
  })
})

describe('stands aside', () => {
  const changed = (now: string) =>
    `somebody else changed orders:live: it serves ${now}, where this run had 7 at 90 %, 8 at 10 %`
  const foreign = formatJournal(journal({ run: run({ id: '990' }) }))

  test.each<[when: string, target: Seen, because: string]>([
    ['the canary was taken away', stands(0.1, { routing: whole('7') }), changed('7')],
    ['the candidate was promoted by hand', stands(0.1, { routing: whole('8') }), changed('8')],
    ['the weight was changed', stands(0.1, { routing: partWay('7', '8', 0.2) }), changed('7 at 80 %, 8 at 20 %')],
    ['another canary is in place', stands(0.1, { routing: partWay('7', '9', 0.1) }), changed('7 at 90 %, 9 at 10 %')],
    ['stable was replaced', stands(0.1, { routing: partWay('6', '8', 0.1) }), changed('6 at 90 %, 8 at 10 %')],
    ['the alias was deleted', { kind: 'gone' }, 'somebody else deleted orders:live'],
    [
      'another run has signed the same routing',
      stands(0.1, { description: foreign }),
      `somebody else took over orders:live: its description now reads “${foreign}”`,
    ],
    [
      'another attempt of this run has signed it',
      stands(0.1, { description: asked(0.1, run({ attempt: 2 })).description }),
      `somebody else took over orders:live: its description now reads “${asked(0.1, run({ attempt: 2 })).description}”`,
    ],
    [
      'its description was replaced',
      stands(0.1, { description: 'hands off, Jo' }),
      'somebody else took over orders:live: its description now reads “hands off, Jo”',
    ],
  ])('when %s', (_, target, because) => {
    const look = seen({ targets: [target] })
    expect(decide(plan(), policy(), progress(), look)).toEqual({ kind: 'stand-aside', name: 'orders:live', because })
  })

  test('when it is the second of two targets that was changed', () => {
    const both = progress({
      targets: [
        { name: 'orders:live', asked: asked(0.1) },
        { name: 'billing:live', asked: asked(0.1) },
      ],
    })
    expect(decide(plan(), policy(), both, seen({ targets: [stands(0.1), { kind: 'gone' }] }))).toEqual({
      kind: 'stand-aside',
      name: 'billing:live',
      because: 'somebody else deleted billing:live',
    })
  })

  test('before the first shift as after it', () => {
    const look = seenBefore({ targets: [stands(0, { routing: whole('6') })] })
    expect(decide(plan(), policy(), before, look)).toEqual({
      kind: 'stand-aside',
      name: 'orders:live',
      because: 'somebody else changed orders:live: it serves 6, where this run had 7',
    })
  })
})

describe('does not take for a stranger', () => {
  const untouched = decide(plan(), policy(), progress(), seen())

  test.each<[what: string, target: Seen]>([
    ['a weight that AWS gives back rounded', stands(0.1, { routing: partWay('7', '8', 0.0999) })],
    ['weights that AWS injects while it moves', stands(0.1, { routing: partWay('8', '7', 0.4), moving: true })],
    [
      'its own run in another state of its journal',
      stands(0.1, { description: formatJournal(journal({ candidate: waiting({ state: 'held' }) })) }),
    ],
  ])('%s', (_, target) => {
    expect(decide(plan(), policy(), progress(), seen({ targets: [target] }))).toEqual(untouched)
  })

  test('a description without a journal that was there before, however it reads now', () => {
    const found = { routing: whole('7'), description: 'live traffic' }
    const own = progress({ step: -1, targets: [{ name: 'orders:live', asked: found }] })
    const look = seen({ targets: [{ kind: 'alias', ...found, description: '', moving: false }] })
    expect(decide(plan(), policy(), own, look)).toMatchObject({ kind: 'shift' })
  })
})

test.each<[same: boolean, what: string, is: ReturnType<typeof asked>]>([
  [true, 'the same traffic and writer', asked(0.1)],
  [false, 'other traffic', { ...asked(0.1), routing: whole('7') }],
  [false, 'another writer', asked(0.1, run({ id: '990' }))],
])('an alias stands as asked: %s for %s', (same, _, is) => {
  expect(standsAs(asked(0.1), is)).toBe(same)
})

describe('a cancel rolls back', () => {
  test.each<[when: string, knows: Progress, look: Observation]>([
    ['before the first shift', before, seenBefore({ cancelled: true })],
    ['during a bake', progress(), seen({ cancelled: true })],
    ['during the bake after the promotion', promoted, seenPromoted({ cancelled: true })],
  ])('%s, whatever on-failure says', (_, knows, look) => {
    expect(decide(watchedPlan, policy({ onFailure: 'hold' }), knows, look)).toEqual({
      kind: 'roll-back',
      because: 'the workflow was cancelled',
    })
  })
})

test('a write that AWS refused rolls back, whatever on-failure says', () => {
  const look = seen({ trouble: 'UpdateAlias is not allowed' })
  expect(decide(plan(), policy({ onFailure: 'hold' }), progress(), look)).toEqual({
    kind: 'roll-back',
    because: 'UpdateAlias is not allowed',
  })
})

describe('a rollout that fails', () => {
  const patient = { kind: 'wait', ms: 10 * minute } as const
  const failures: Readonly<
    Record<
      string,
      { finds: Partial<Observation>; knows?: Partial<Progress>; policy?: Partial<Policy>; because: string }
    >
  > = {
    'because an alarm fired': { finds: { health: failing }, because: failing.because },
    'because alarms could not be read for too long': {
      finds: { health: unknown },
      knows: { unknownLooks: 4 },
      because: 'DescribeAlarms was throttled (4 looks in a row)',
    },
    'because an alarm must have data': {
      finds: { health: insufficient, now: bakeEnds },
      policy: { insufficientData: { kind: 'fail' } },
      because: 'no data at the end of the bake from alarm orders-p99, which `insufficient-data` does not let pass',
    },
    'because an alarm had no data for too long': {
      finds: { health: insufficient, now: bakeEnds + patient.ms },
      policy: { insufficientData: patient },
      because: 'no data at the end of the bake from alarm orders-p99, which `insufficient-data` does not let pass',
    },
  }

  test.each(Object.entries(failures))('%s rolls back', (_, { finds, knows, policy: says, because }) => {
    expect(decide(plan(), policy(says), progress(knows), seen(finds))).toEqual({ kind: 'roll-back', because })
  })

  test.each(Object.entries(failures))(
    '%s holds with on-failure: hold',
    (_, { finds, knows, policy: says, because }) => {
      const holding = policy({ ...says, onFailure: 'hold' })
      expect(decide(plan(), holding, progress(knows), seen(finds))).toEqual({ kind: 'hold', because })
    },
  )

  test('before the first shift has nothing to hold', () => {
    expect(decide(plan(), policy({ onFailure: 'hold' }), before, seenBefore({ health: failing }))).toEqual({
      kind: 'roll-back',
      because: failing.because,
    })
  })

  test('during the bake after the promotion still rolls back, or holds the candidate where it is', () => {
    const look = seenPromoted({ health: failing })
    expect(decide(watchedPlan, policy(), promoted, look)).toEqual({ kind: 'roll-back', because: failing.because })
    expect(decide(watchedPlan, policy({ onFailure: 'hold' }), promoted, look)).toEqual({
      kind: 'hold',
      because: failing.because,
    })
  })

  test.each<[what: string, look: Observation]>([
    ['an alarm', seenPromoted({ health: failing })],
    ['a cancel', seenPromoted({ cancelled: true })],
  ])('is over with a promotion that has no bake: %s undoes it no more', (_, look) => {
    expect(decide(plan(), policy(), promoted, look)).toEqual({ kind: 'finish', because: look.health.because })
  })
})

describe('looks that could not read', () => {
  test('are waited out up to the fourth in a row, and never advance', () => {
    const late = bakeEnds + minute
    const decisions = [1, 2, 3, 4].map(unknownLooks =>
      decide(plan(), policy(), progress({ unknownLooks }), seen({ now: late, health: unknown })),
    )
    const wait = { kind: 'wait', until: late + 15 * second, because: 'DescribeAlarms was throttled' }
    const giveUp = { kind: 'roll-back', because: 'DescribeAlarms was throttled (4 looks in a row)' }
    expect(decisions).toEqual([wait, wait, wait, giveUp])
    expect(unknownLooksAllowed).toBe(4)
  })

  test('do not count once one could', () => {
    const look = seen({ now: bakeEnds, health: health() })
    expect(decide(plan(), policy(), progress({ unknownLooks: 4 }), look)).toMatchObject({ kind: 'promote' })
  })

  test('do not start a rollout', () => {
    expect(decide(plan(), policy(), { ...before, unknownLooks: 1 }, seenBefore({ health: unknown }))).toEqual({
      kind: 'wait',
      until: start + minute + 15 * second,
      because: 'DescribeAlarms was throttled',
    })
  })
})

describe('a bake', () => {
  test.each([
    [0, 15 * second],
    [minute, minute + 15 * second],
    [5 * minute - 15 * second, 5 * minute],
    [5 * minute - 1, 5 * minute],
  ])('%i ms old is looked at again at %i ms: at the next poll, and at its end', (age, until) => {
    expect(decide(plan(), policy(), progress(), seen({ now: start + age }))).toEqual({
      kind: 'wait',
      until: start + until,
      because: 'alarm: 1 OK',
    })
  })

  test('is over to the millisecond', () => {
    expect(decide(plan(), policy(), progress(), seen({ now: bakeEnds }))).toEqual({
      kind: 'promote',
      step: 1,
      because: 'alarm: 1 OK',
    })
  })

  test('that is inconclusive goes on, and is no failure', () => {
    const quiet = health({ verdict: 'inconclusive', because: 'no requests yet' })
    expect(decide(plan(), policy(), progress(), seen({ health: quiet }))).toMatchObject({
      kind: 'wait',
      because: 'no requests yet',
    })
    expect(decide(plan(), policy(), progress(), seen({ health: quiet, now: bakeEnds }))).toEqual({
      kind: 'promote',
      step: 1,
      because: 'no requests yet',
    })
  })

  test('after the promotion ends the rollout', () => {
    const watchedOn = plan({ weight: 0.1, bakeMs: 5 * minute }, { weight: 1, bakeMs: 5 * minute })
    expect(decide(watchedOn, policy(), promoted, seenPromoted())).toMatchObject({ kind: 'wait' })
    expect(decide(watchedOn, policy(), promoted, seenPromoted({ now: bakeEnds }))).toEqual({
      kind: 'finish',
      because: 'alarm: 1 OK',
    })
  })
})

describe('an alarm without data', () => {
  const because = 'no data at the end of the bake from alarm orders-p99, which `insufficient-data` does not let pass'
  const wait = (until: number): Decision => ({ kind: 'wait', until: start + until, because })
  const promote: Decision = { kind: 'promote', step: 1, because: insufficient.because }
  const rollBack: Decision = { kind: 'roll-back', because }
  const tenMinutes = { kind: 'wait', ms: 10 * minute } as const

  test.each<[insufficientData: Policy['insufficientData'], age: number, decision: Decision]>([
    [{ kind: 'continue' }, 5 * minute, promote],
    [{ kind: 'fail' }, 5 * minute, rollBack],
    [tenMinutes, 5 * minute, wait(5 * minute + 15 * second)],
    [tenMinutes, 15 * minute - 5 * second, wait(15 * minute)],
    [tenMinutes, 15 * minute, rollBack],
  ])('with %j, after %i ms', (insufficientData, age, decision) => {
    const look = seen({ now: start + age, health: insufficient })
    expect(decide(plan(), policy({ insufficientData }), progress(), look)).toEqual(decision)
  })

  test('is none of these during the bake', () => {
    const strict = policy({ insufficientData: { kind: 'fail' } })
    expect(decide(plan(), strict, progress(), seen({ health: insufficient }))).toMatchObject({
      kind: 'wait',
      because: insufficient.because,
    })
  })

  test('that has data in time is waited for no longer', () => {
    const patient = policy({ insufficientData: tenMinutes })
    expect(decide(plan(), patient, progress(), seen({ now: bakeEnds + minute }))).toMatchObject({ kind: 'promote' })
  })

  test.each<[what: string, knows: Progress, look: Observation, decision: Decision]>([
    [
      'is no obstacle to the first shift',
      before,
      seenBefore({ health: insufficient }),
      { kind: 'shift', step: 0, weight: 0.1, because: insufficient.because },
    ],
    [
      'does not undo a promotion that has no bake',
      promoted,
      seenPromoted({ health: insufficient }),
      { kind: 'finish', because: insufficient.because },
    ],
  ])('%s', (_, knows, look, decision) => {
    expect(decide(plan(), policy({ insufficientData: { kind: 'fail' } }), knows, look)).toEqual(decision)
    expect(decide(plan(), policy({ insufficientData: tenMinutes }), knows, look)).toEqual(decision)
  })

  test('after the promotion is waited for at the end of its bake', () => {
    const watchedOn = plan({ weight: 0.1, bakeMs: 5 * minute }, { weight: 1, bakeMs: 5 * minute })
    const look = seenPromoted({ now: bakeEnds, health: insufficient })
    expect(decide(watchedOn, policy({ insufficientData: { kind: 'fail' } }), promoted, look)).toEqual(rollBack)
  })
})

describe('the four verdicts', () => {
  const verdict = (verdict: Health['verdict']) => health({ verdict, because: 'so it is', served: 0 })

  test.each<[verdict: Health['verdict'], during: Decision['kind'], atItsEnd: Decision['kind']]>([
    ['healthy', 'wait', 'promote'],
    ['inconclusive', 'wait', 'promote'],
    ['unknown', 'wait', 'wait'],
    ['failing', 'roll-back', 'roll-back'],
  ])('are kept apart: %s is to %s during a bake, and to %s at its end', (says, during, atItsEnd) => {
    const look = (now: number) => decide(plan(), policy(), progress(), seen({ now, health: verdict(says) }))
    expect([look(start + minute), look(bakeEnds)]).toMatchObject([
      { kind: during, because: 'so it is' },
      { kind: atItsEnd, because: 'so it is' },
    ])
  })

  test('inconclusive does not end in a roll-back, however long it is so, with min-invocations: 0', () => {
    const steps = plan({ weight: 0.1, bakeMs: minute }, { weight: 1, bakeMs: minute })
    expect(walk(steps, () => ({ health: verdict('inconclusive') }))).toEqual([
      '0:00 shift to 0.1',
      '0:00 wait',
      '1:00 promote',
      '1:00 wait',
      '2:00 finish',
    ])
  })
})

describe('a candidate that has served too few', () => {
  const scarce = health({ verdict: 'inconclusive', because: 'alarm: 1 OK; 99 of 100 invocations settled', served: 99 })
  const because = 'the candidate has served 99 of the 100 invocations that `min-invocations` asks for'
  const wait = (until: number): Decision => ({ kind: 'wait', until: start + until, because })
  const promote: Decision = { kind: 'promote', step: 1, because: scarce.because }
  const rollBack: Decision = { kind: 'roll-back', because }
  const extend = { kind: 'extend', ms: 10 * minute } as const

  test.each<[lowTraffic: Policy['lowTraffic'], age: number, decision: Decision]>([
    [{ kind: 'proceed' }, 5 * minute, promote],
    [{ kind: 'fail' }, 5 * minute, rollBack],
    [extend, 5 * minute, wait(5 * minute + 15 * second)],
    [extend, 15 * minute - 5 * second, wait(15 * minute)],
    [extend, 15 * minute, rollBack],
  ])('with %j, after %i ms', (lowTraffic, age, decision) => {
    const look = seen({ now: start + age, health: scarce })
    expect(decide(plan(), policy({ minInvocations: 100, lowTraffic }), progress(), look)).toEqual(decision)
  })

  test('fails none of these during the bake', () => {
    const strict = policy({ minInvocations: 100, lowTraffic: { kind: 'fail' } })
    expect(decide(plan(), strict, progress(), seen({ health: scarce }))).toMatchObject({
      kind: 'wait',
      because: scarce.because,
    })
  })

  test('is held where it is with on-failure: hold', () => {
    const strict = policy({ minInvocations: 100, lowTraffic: { kind: 'fail' }, onFailure: 'hold' })
    expect(decide(plan(), strict, progress(), seen({ now: bakeEnds, health: scarce }))).toEqual({
      kind: 'hold',
      because,
    })
  })

  test('is waited for no longer once it has served enough', () => {
    const look = seen({ now: bakeEnds + minute, health: health({ served: 100 }) })
    expect(decide(plan(), policy({ minInvocations: 100, lowTraffic: extend }), progress(), look)).toEqual({
      kind: 'promote',
      step: 1,
      because: 'alarm: 1 OK',
    })
  })

  test('is none where nobody asks for a number', () => {
    const look = seen({ now: bakeEnds, health: health({ verdict: 'inconclusive', served: 0 }) })
    expect(decide(plan(), policy({ lowTraffic: { kind: 'fail' } }), progress(), look)).toMatchObject({
      kind: 'promote',
    })
  })

  test('has served none where nobody counts', () => {
    const look = seen({ now: bakeEnds, health: health({ served: undefined }) })
    const strict = policy({ minInvocations: 1, lowTraffic: { kind: 'fail' } })
    expect(decide(plan(), strict, progress(), look)).toEqual({
      kind: 'roll-back',
      because: 'the candidate has served 0 of the 1 invocations that `min-invocations` asks for',
    })
  })

  test.each<[what: string, knows: Progress, look: Observation, kind: Decision['kind']]>([
    ['is no obstacle to the first shift', before, seenBefore({ health: scarce }), 'shift'],
    ['does not undo a promotion that has no bake', promoted, seenPromoted({ health: scarce }), 'finish'],
  ])('%s', (_, knows, look, kind) => {
    const strict = policy({ minInvocations: 100, lowTraffic: { kind: 'fail' } })
    expect(decide(plan(), strict, knows, look)).toMatchObject({ kind, because: scarce.because })
  })

  test('comes to it only once no alarm without data is waited for', () => {
    const both = health({ ...scarce, insufficient: ['orders-p99'] })
    const patient = policy({
      minInvocations: 100,
      lowTraffic: { kind: 'fail' },
      insufficientData: { kind: 'wait', ms: 10 * minute },
    })
    const decisions = [both, scarce].map(health => decide(plan(), patient, progress(), seen({ now: bakeEnds, health })))
    expect(decisions.map(({ kind }) => kind)).toEqual(['wait', 'roll-back'])
  })
})

describe('the after-traffic hook', () => {
  const hooked = policy({ afterTraffic: true })
  const failed = 'the after-traffic hook smoke failed (status Failed): {"status":"Failed"}'
  const proven = (proven: boolean | string): Progress => ({ ...promoted, proven })

  test('runs at 100 %, before the bake there', () => {
    const decision = { kind: 'prove', because: 'alarm: 1 OK' }
    expect(decide(watchedPlan, hooked, promoted, seenPromoted({ now: start }))).toEqual(decision)
    expect(decide(plan(), hooked, promoted, seenPromoted({ now: start }))).toEqual(decision)
  })

  test.each<[when: string, knows: Progress, look: Observation]>([
    ['before the first shift', before, seenBefore()],
    ['during a bake', progress(), seen()],
    ['at the end of a bake', progress(), seen({ now: bakeEnds })],
  ])('does not run %s', (_, knows, look) => {
    expect(decide(watchedPlan, hooked, knows, look).kind).not.toBe('prove')
  })

  test('does not run where none is named', () => {
    expect(decide(watchedPlan, policy(), promoted, seenPromoted())).toMatchObject({ kind: 'wait' })
  })

  test('once it has passed is followed by the bake, and without one the rollout is over', () => {
    expect(decide(watchedPlan, hooked, proven(true), seenPromoted())).toMatchObject({ kind: 'wait' })
    expect(decide(watchedPlan, hooked, proven(true), seenPromoted({ now: bakeEnds }))).toMatchObject({ kind: 'finish' })
    expect(decide(plan(), hooked, proven(true), seenPromoted())).toMatchObject({ kind: 'finish' })
  })

  test('that has passed does not make up for an alarm that fired while it ran', () => {
    expect(decide(plan(), hooked, proven(true), seenPromoted({ health: failing }))).toEqual({
      kind: 'roll-back',
      because: failing.because,
    })
  })

  test.each<[what: string, steps: Plan]>([
    ['with a bake after the promotion', watchedPlan],
    ['without one', plan()],
  ])('that failed rolls back %s, or holds the candidate where it is', (_, steps) => {
    expect(decide(steps, hooked, proven(failed), seenPromoted())).toEqual({ kind: 'roll-back', because: failed })
    expect(decide(steps, { ...hooked, onFailure: 'hold' }, proven(failed), seenPromoted())).toEqual({
      kind: 'hold',
      because: failed,
    })
  })

  test.each<[what: string, over: Partial<Observation>, decision: Decision]>([
    ['a cancel', { cancelled: true }, { kind: 'roll-back', because: 'the workflow was cancelled' }],
    ['a failing candidate', { health: failing }, { kind: 'roll-back', because: failing.because }],
    ['trouble with a write', { trouble: 'no' }, { kind: 'roll-back', because: 'no' }],
    [
      'a stranger',
      { targets: [{ kind: 'gone' }] },
      { kind: 'stand-aside', name: 'orders:live', because: 'somebody else deleted orders:live' },
    ],
  ])('that has yet to run does not make a promotion without a bake final: %s comes before it', (_, over, decision) => {
    expect(decide(plan(), hooked, promoted, seenPromoted(over))).toEqual(decision)
  })
})

describe('provisioned concurrency that AWS moves', () => {
  const because = 'AWS is moving provisioned concurrency between the versions'

  test.each<[when: string, knows: Progress, weight: number]>([
    ['before the first shift', before, 0],
    ['after a bake', progress(), 0.1],
    ['after the promotion', promoted, 1],
  ])('is waited out %s', (_, knows, weight) => {
    const look = seen({ now: bakeEnds, targets: [stands(weight, { routing: partWay('8', '7', 0.4), moving: true })] })
    expect(decide(plan(), policy(), knows, look)).toEqual({ kind: 'wait', until: bakeEnds + 15 * second, because })
  })

  test('on one of two targets holds both', () => {
    const both = progress({
      targets: [
        { name: 'orders:live', asked: asked(0.1) },
        { name: 'billing:live', asked: asked(0.1) },
      ],
    })
    const look = seen({ now: bakeEnds, targets: [stands(0.1), stands(0.1, { moving: true })] })
    expect(decide(plan(), policy(), both, look)).toEqual({ kind: 'wait', until: bakeEnds + 15 * second, because })
  })

  test('does not hide a failing candidate', () => {
    const look = seen({ targets: [stands(0.1, { moving: true })], health: failing })
    expect(decide(plan(), policy(), progress(), look)).toEqual({ kind: 'roll-back', because: failing.because })
  })
})

test('all at once promotes straight away, and is over at the next look', () => {
  const atOnce = plan({ weight: 1, bakeMs: 0 })
  expect(decide(atOnce, policy(), before, seenBefore())).toEqual({ kind: 'promote', step: 0, because: 'alarm: 1 OK' })
  expect(decide(atOnce, policy(), { ...promoted, step: 0 }, seenPromoted())).toEqual({
    kind: 'finish',
    because: 'alarm: 1 OK',
  })
})

test('all at once that carries on a canary is not over before it has promoted', () => {
  const carriedOn = plan({ weight: 0.1, bakeMs: 0 }, { weight: 1, bakeMs: 0 })
  expect(decide(carriedOn, policy(), progress(), seen())).toEqual({ kind: 'promote', step: 1, because: 'alarm: 1 OK' })
  expect(decide(carriedOn, policy(), progress(), seen({ cancelled: true }))).toMatchObject({ kind: 'roll-back' })
})

test('several targets move by one decision', () => {
  const both = progress({
    targets: [
      { name: 'orders:live', asked: asked(0.1) },
      { name: 'billing:live', asked: asked(0.1) },
    ],
  })
  const look = seen({ now: bakeEnds, targets: [stands(0.1), stands(0.1)] })
  expect(decide(plan(), policy(), both, look)).toEqual({ kind: 'promote', step: 1, because: 'alarm: 1 OK' })
})

test('the same look gives the same decision, and nothing is changed by it', () => {
  const world = [plan(), policy(), progress(), seen({ now: bakeEnds })] as const
  const copy = structuredClone(world)
  expect(decide(...world)).toEqual(decide(...world))
  expect(world).toEqual(copy)
})

test('a quiet plan is walked to its end, at the minutes that it says', () => {
  const steps = plan(
    { weight: 0.01, bakeMs: 2 * minute },
    { weight: 0.5, bakeMs: minute },
    { weight: 1, bakeMs: minute },
  )
  expect(walk(steps, () => ({}))).toEqual([
    '0:00 shift to 0.01',
    '0:00 wait',
    '2:00 shift to 0.5',
    '2:00 wait',
    '3:00 promote',
    '3:00 wait',
    '4:00 finish',
  ])
})

test('a plan is walked until an alarm fires, and the look that finds it is the last', () => {
  const steps = plan(
    { weight: 0.01, bakeMs: 2 * minute },
    { weight: 0.5, bakeMs: minute },
    { weight: 1, bakeMs: minute },
  )
  const firesAt = start + 2 * minute + 20 * second
  expect(walk(steps, now => (now >= firesAt ? { health: failing } : {}))).toEqual([
    '0:00 shift to 0.01',
    '0:00 wait',
    '2:00 shift to 0.5',
    '2:00 wait',
    '2:30 roll-back',
  ])
})

/** Carries decisions out on an alias of nothing but literals, and tells each change of what is decided. */
function walk(steps: ReturnType<typeof plan>, finds: (now: number) => Partial<Observation>): readonly string[] {
  const told: string[] = []
  let now = start
  let knows = before
  let last = ''
  for (let looks = 0; looks < 1_000; looks++) {
    const targets = knows.targets.map(({ asked }): Seen => ({ kind: 'alias', ...asked, moving: false }))
    const decision = decide(steps, policy(), knows, seen({ now, targets, ...finds(now) }))
    const elapsed = (now - start) / second
    const clock = `${Math.floor(elapsed / 60)}:${String(elapsed % 60).padStart(2, '0')}`
    const what = decision.kind === 'shift' ? `shift to ${decision.weight}` : decision.kind
    if (what !== last) told.push(`${clock} ${what}`)
    last = what
    switch (decision.kind) {
      case 'wait':
        now = decision.until
        break
      case 'shift':
      case 'promote': {
        const weight = decision.kind === 'promote' ? 1 : decision.weight
        const since = now
        knows = { ...knows, step: decision.step, since, targets: [{ name: 'orders:live', asked: asked(weight) }] }
        break
      }
      default:
        return told
    }
  }
  return [...told, 'no end']
}

describe('a plan that pauses', () => {
  const pausing: Plan = { name: 'p', steps: [{ weight: 0.1, bakeMs: 5 * minute }], pauses: true }
  const atEnd = seen({ now: bakeEnds })

  test('ends its last bake with a pause', () => {
    expect(decide(pausing, policy(), progress(), atEnd)).toEqual({ kind: 'pause', because: 'alarm: 1 OK' })
  })

  test('pauses at no hook of 100 %, since it does not get there', () => {
    expect(decide(pausing, policy({ afterTraffic: true }), progress(), atEnd).kind).toBe('pause')
  })

  test.each<[what: string, finds: Partial<Observation>, kind: Decision['kind']]>([
    ['before its time', { now: bakeEnds - 1 }, 'wait'],
    ['where the candidate fails', { health: failing }, 'roll-back'],
    ['on a cancel', { cancelled: true }, 'roll-back'],
    ['where somebody else was there', { targets: [stands(0)] }, 'stand-aside'],
  ])('does not pause %s', (_, finds, kind) => {
    expect(decide(pausing, policy(), progress(), { ...atEnd, ...finds }).kind).toBe(kind)
  })

  test('goes on at once where the share was only to be set', () => {
    const split: Plan = { name: 'p', steps: [{ weight: 0.1, bakeMs: 0 }], pauses: true }
    expect(decide(split, policy(), progress(), seen({ now: start })).kind).toBe('pause')
  })
})
