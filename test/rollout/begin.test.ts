import { describe, expect, test } from 'vitest'
import { type Beginning, begin, beginPromotion, type FoundAlias } from '../../src/rollout/begin.ts'
import type { Journal, Run } from '../../src/rollout/journal.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'
import { journal, run, waiting } from '../support/builders.ts'

const ours = (version: string) => version === '8'
const notOurs = () => false

/** orders:live on 7, whole. */
function onStable(over: Journal | undefined): FoundAlias {
  return { name: 'orders:live', routing: whole('7'), journal: over }
}

/** orders:live with 8 at 10 %. */
function onCanary(says: Journal | undefined, routing = partWay('7', '8', 0.1)): FoundAlias {
  return { name: 'orders:live', routing, journal: says }
}

const dead = run({ id: '986' })
const newer = run({ id: '988', commit: 'fff0000' })

test('an alias that does not exist is created', () => {
  expect(begin(undefined, run(), ours)).toEqual({ kind: 'create' })
})

describe('on a whole alias', () => {
  const fresh: Beginning = { kind: 'fresh', stable: '7' }

  test.each<[when: string, says: Journal | undefined, is: Beginning]>([
    ['without a journal', undefined, fresh],
    ['that an older run left', { version: '7', after: '5', run: dead }, fresh],
    ['that this very run left', { version: '7', after: '5', run: run() }, fresh],
    ['that another repository left', { version: '7', run: run({ id: '999', repository: 'OWNER/OTHER' }) }, fresh],
    ['whose journal speaks of another version, so that somebody moved it', { version: '6', run: newer }, fresh],
    [
      'that a newer run has promoted',
      { version: '7', after: '5', run: newer },
      {
        kind: 'refuse',
        because:
          'a newer run (OWNER/REPO@fff0000 run 988.1) has already promoted version 7 on orders:live; re-run this one if it should go ahead all the same',
      },
    ],
  ])('%s', (_, says, is) => {
    expect(begin(onStable(says), run(), notOurs)).toEqual(is)
  })

  test('a re-run goes ahead of a newer run that has promoted', () => {
    expect(begin(onStable({ version: '7', run: newer }), run({ attempt: 2 }), notOurs)).toEqual(fresh)
  })

  test('at $LATEST there is nothing to be out of order with', () => {
    const alias = { name: 'orders:live', routing: whole('$LATEST'), journal: { version: '7', run: newer } }
    expect(begin(alias, run(), notOurs)).toEqual({ kind: 'fresh', stable: '$LATEST' })
  })
})

describe('on an alias with a rolling canary of this repository', () => {
  test.each<[whose: string, says: Journal, by: ReturnType<typeof run>]>([
    ['a dead run', journal({ run: dead }), run()],
    ['the attempt before', journal(), run({ attempt: 2 })],
    ['a newer run, which a re-run may take over', journal({ run: newer }), run({ attempt: 2 })],
  ])('%s: our candidate is carried on at its weight, another is dropped', (_, says, by) => {
    expect(begin(onCanary(says), by, ours)).toEqual({ kind: 'carry-on', stable: '7', weight: 0.1, whose: says.run })
    expect(begin(onCanary(says), by, notOurs)).toEqual({ kind: 'drop', stable: '7', canary: '8', whose: says.run })
  })

  test.each([
    ['our candidate', ours],
    ['another', notOurs],
  ])('a first attempt leaves %s to the newer run that rolls it', (_, isOurs) => {
    expect(begin(onCanary(journal({ run: newer })), run(), isOurs)).toEqual({
      kind: 'refuse',
      because:
        'a newer run (OWNER/REPO@fff0000 run 988.1) is rolling out version 8 on orders:live; re-run this one if it should go ahead all the same',
    })
  })
})

test.each(['paused', 'held'] as const)('a canary that is %s is refused, even to the run that left it', state => {
  const says = journal({ candidate: waiting({ state }) })
  for (const by of [run(), run({ attempt: 2 }), newer]) {
    expect(begin(onCanary(says), by, ours)).toMatchObject({
      kind: 'refuse',
      because: `version 8 is ${state} on orders:live (7 at 90 %, 8 at 10 %) by OWNER/REPO@abc1234 run 987.1 since 2026-11-23T10:00Z; take it on with \`command: promote\` or away with \`command: rollback\``,
    })
  }
})

test('a canary that an earlier attempt has paused can be carried on with others that it was still rolling', () => {
  const resumes = { kind: 'carry-on', stable: '7', weight: 0.1, whose: run() }
  const paused = onCanary(journal({ candidate: waiting({ state: 'paused' }) }))
  const held = onCanary(journal({ candidate: waiting({ state: 'held' }) }))
  const again = run({ attempt: 2 })
  expect(begin(paused, again, ours)).toMatchObject({ resumes })
  expect(begin(paused, run(), ours)).not.toHaveProperty('resumes')
  expect(begin(paused, newer, ours)).not.toHaveProperty('resumes')
  expect(begin(held, again, ours)).not.toHaveProperty('resumes')
  expect(begin(paused, again, () => false)).not.toHaveProperty('resumes')
})

describe('a canary that is not ours is refused', () => {
  const refusal = (owner: string, stands = '7 at 90 %, 8 at 10 %') => ({
    kind: 'refuse',
    because: `orders:live is part-way (${stands}) and not by this repository's runs${owner}; finish it where it was started, take its canary on with \`command: promote\` and \`version: 8\`, or away with \`command: rollback\``,
  })
  const named = ' (its journal names OWNER/REPO@abc1234 run 987.1)'

  test.each<[when: string, alias: FoundAlias, is: Beginning | ReturnType<typeof refusal>]>([
    ['when there is no journal', onCanary(undefined), refusal('')],
    [
      'when it is of another repository',
      onCanary(journal({ run: run({ repository: 'OWNER/OTHER' }) })),
      refusal(' (its journal names OWNER/OTHER@abc1234 run 987.1)'),
    ],
    ['when the journal speaks of no canary', onCanary({ version: '7', run: run() }), refusal(named)],
    [
      'when the journal speaks of another canary',
      onCanary(journal({ candidate: waiting({ version: '9' }) })),
      refusal(named),
    ],
    [
      'when the journal speaks of another stable',
      onCanary(journal(), partWay('6', '8', 0.1)),
      refusal(named, '6 at 90 %, 8 at 10 %'),
    ],
  ])('%s', (_, alias, is) => {
    expect(begin(alias, run(), ours)).toEqual(is)
    expect(begin(alias, run({ attempt: 2 }), ours)).toEqual(is)
  })
})

describe('a promotion', () => {
  const left = Date.UTC(2026, 10, 23, 10)
  const taken = { kind: 'take-on', stable: '7', canary: '8', weight: 0.1, whose: run(), since: left }
  const paused = journal({ candidate: waiting({ state: 'paused' }) })
  const held = journal({ candidate: waiting({ state: 'held' }) })
  const by = (id: string) => ({ ...paused, run: run({ id }) })

  test.each<[what: string, says: Journal | undefined, named: string | undefined, is: unknown, by?: Run]>([
    ['that this workflow run has paused', paused, undefined, taken],
    [
      'that this workflow run holds, judged from after the minute that made it hold',
      held,
      undefined,
      { ...taken, since: left + 60_000 },
    ],
    [
      'that another attempt of it has paused',
      { ...paused, run: run({ attempt: 2 }) },
      undefined,
      { ...taken, whose: run({ attempt: 2 }) },
    ],
    ['of this run that is named besides', paused, '8', taken],
    ['of another run that is named', by('900'), '8', { ...taken, whose: run({ id: '900' }) }],
    [
      'of another repository that is named',
      { ...paused, run: run({ repository: 'OWNER/OTHER' }) },
      '8',
      { ...taken, whose: run({ repository: 'OWNER/OTHER' }) },
    ],
    ['that nobody has signed, if it is named', undefined, '8', { ...taken, whose: undefined, since: undefined }],
    [
      'whose journal does not tell since when',
      journal({ candidate: waiting({ state: 'paused', since: 'once' }) }),
      undefined,
      { ...taken, since: undefined },
    ],
    [
      'that an earlier attempt was promoting when it died',
      journal(),
      undefined,
      { kind: 'carry-on', stable: '7', weight: 0.1, whose: run(), since: left },
      run({ attempt: 2 }),
    ],
  ])('takes on a canary %s', (_, says, named, is, by = run()) => {
    expect(beginPromotion(onCanary(says), by, named)).toEqual(is)
  })

  const nameIt = 'name it with `version: 8` to take it on all the same, or take it away with `command: rollback`'
  test.each<[what: string, alias: FoundAlias, named: string | undefined, because: string]>([
    [
      'of another run',
      onCanary(by('900')),
      undefined,
      `the canary on orders:live, version 8, was left by OWNER/REPO@abc1234 run 900.1 and not by this workflow run; ${nameIt}`,
    ],
    [
      'of another repository with the same run number',
      onCanary({ ...paused, run: run({ repository: 'OWNER/OTHER' }) }),
      undefined,
      `the canary on orders:live, version 8, was left by OWNER/OTHER@abc1234 run 987.1 and not by this workflow run; ${nameIt}`,
    ],
    [
      'that nobody has signed',
      onCanary(undefined),
      undefined,
      `the canary on orders:live, version 8, was left by no run that its description names and not by this workflow run; ${nameIt}`,
    ],
    [
      'that is another than the one named',
      onCanary(paused),
      '9',
      '`version` is 9, and the canary on orders:live is version 8 (7 at 90 %, 8 at 10 %); correct `version`',
    ],
    [
      'that another run is rolling out, named or not',
      onCanary(journal({ run: run({ id: '900' }) })),
      '8',
      'version 8 is being rolled out on orders:live by OWNER/REPO@abc1234 run 900.1; wait until that run has ended, or take the canary away with `command: rollback`',
    ],
    [
      'that this very attempt is rolling out, by another job of it',
      onCanary(journal()),
      undefined,
      'version 8 is being rolled out on orders:live by OWNER/REPO@abc1234 run 987.1; wait until that run has ended, or take the canary away with `command: rollback`',
    ],
  ])('refuses a canary %s', (_, alias, named, because) => {
    expect(beginPromotion(alias, run(), named)).toEqual({ kind: 'refuse', because })
  })

  const none = 'no canary waits on orders:live, which serves version 7 alone'
  const pauses = '; a `strategy` that ends in `pause` leaves one'
  const own = ', as this workflow run has left it'
  test.each<[what: string, journal: Journal | undefined, left: string, because: string]>([
    ['nor a word of any run', undefined, 'alone', `${none}${pauses}`],
    ['and another run came last', { version: '7', run: run({ id: '900' }) }, 'alone', `${none}${pauses}`],
    ['and a newer run came last', { version: '7', run: run({ id: '988' }) }, 'unknown', `${none}${pauses}`],
    ['and this run has made the alias', { version: '7', run: run() }, 'new', `${none}${own}${pauses}`],
    [
      'and this run has promoted it, or rolled it back: the alias does not tell which',
      { version: '7', after: '5', run: run() },
      'moved',
      `${none}${own}${pauses}`,
    ],
    ['and somebody moved the alias since', journal({ version: '6' }), 'unknown', `${none}${pauses}`],
    ['and somebody took it away by hand', paused, 'unknown', `${none}${own}${pauses}`],
  ])('finds no canary where there is none, %s', (_, says, left, because) => {
    expect(beginPromotion(onStable(says), run(), undefined)).toEqual({ kind: 'none', because, left })
  })

  test('finds nothing to do where what is named is served', () => {
    expect(beginPromotion(onStable(undefined), run(), '7')).toEqual({ kind: 'served' })
  })
})
