import { describe, expect, test } from 'vitest'
import {
  describeRun,
  formatJournal,
  type Journal,
  journalTime,
  leftAt,
  newerRun,
  parseJournal,
  type Run,
  sameRun,
  versionBefore,
} from '../../src/rollout/journal.ts'
import { journal, run, start, waiting } from '../support/builders.ts'

const forms: Readonly<Record<string, Journal>> = {
  'lambda-rollout 7; OWNER/REPO@abc1234 run 987.1': { version: '7', run: run() },
  'lambda-rollout 7 after 5; OWNER/REPO@abc1234 run 987.12': { version: '7', after: '5', run: run({ attempt: 12 }) },
  'lambda-rollout 7; candidate 8 rolling since 2026-11-23T10:00Z; OWNER/REPO@abc1234 run 987.1': {
    version: '7',
    candidate: waiting(),
    run: run(),
  },
  'lambda-rollout 7 after 5; candidate 8 paused since 2026-11-23T10:00Z; OWNER/REPO@abc1234 run 987.1': {
    version: '7',
    after: '5',
    candidate: waiting({ state: 'paused' }),
    run: run(),
  },
  'lambda-rollout 7 after 5; candidate 8 held since 2026-11-23T10:00Z; OWNER/REPO@abc1234 run 987.1': {
    version: '7',
    after: '5',
    candidate: waiting({ state: 'held' }),
    run: run(),
  },
}

test.each(Object.entries(forms))('“%s” is written and read', (text, says) => {
  expect(formatJournal(says)).toBe(text)
  expect(parseJournal(text)).toEqual(says)
})

test('of a commit the first seven digits are kept', () => {
  const description = formatJournal(journal({ run: run({ commit: 'abc1234def5678' }) }))
  expect(parseJournal(description)).toEqual(journal({ run: run({ commit: 'abc1234' }) }))
})

describe('in the 256 characters that Lambda allows', () => {
  const longest = `${'o'.repeat(39)}/${'r'.repeat(100)}`

  test('the longest names that GitHub has fit whole, beside versions of five digits', () => {
    const full = journal({
      version: '12345',
      after: '12344',
      candidate: waiting({ version: '12346' }),
      run: run({ repository: longest, id: '19876543210', attempt: 10 }),
    })
    expect(formatJournal(full).length).toBeLessThanOrEqual(256)
    expect(parseJournal(formatJournal(full))).toEqual(full)
  })

  test('a name that is longer still is cut, and the rest of the journal is whole', () => {
    const full = journal({ run: run({ repository: 'o'.repeat(300) }) })
    const description = formatJournal(full)
    expect(description).toHaveLength(256)
    expect(parseJournal(description)).toEqual({
      ...full,
      run: run({ repository: expect.stringMatching(/^o{150,}$/) }),
    })
  })
})

test.each([
  '',
  'live traffic, do not touch',
  'lambda-rollout',
  'lambda-rollout 7',
  'lambda-rollout $LATEST; OWNER/REPO@abc1234 run 987.1',
  'lambda-rollout 7; OWNER/REPO@abc1234 run 987',
  'lambda-rollout 7; candidate 8 since 2026-11-23T10:00Z; OWNER/REPO@abc1234 run 987.1',
  'lambda-rollout 7; candidate 8 stopped since 2026-11-23T10:00Z; OWNER/REPO@abc1234 run 987.1',
  'see lambda-rollout 7; OWNER/REPO@abc1234 run 987.1',
  'lambda-rollout 7; OWNER/REPO@abc1234 run 987.1, edited by Jo',
  'lambda-rollout 7; OWNER/REPO@abc1234 run 987.1\n',
])('“%s” is no journal', description => {
  expect(parseJournal(description)).toBeUndefined()
})

test.each<[of: string, speaks: Journal | undefined, serves: string, before: string | undefined]>([
  ['7 after 5', journal(), '7', '5'],
  ['7 after 5', journal(), '8', undefined],
  ['7 after nothing', { version: '7', run: run() }, '7', undefined],
  ['nothing', undefined, '7', undefined],
])(
  'a journal of %s knows what was before, as far as the alias serves what it speaks of',
  (_, speaks, serves, before) => {
    expect(versionBefore(speaks, serves)).toBe(before)
  },
)

test.each<[why: string, a: Run | undefined, b: Run | undefined, same: boolean]>([
  ['all is the same', run(), run(), true],
  ['one commit may be written in two ways', run(), run({ commit: 'fff0000' }), true],
  ['neither has a journal', undefined, undefined, true],
  ['a re-run writes for itself', run(), run({ attempt: 2 }), false],
  ['it is another run', run(), run({ id: '988' }), false],
  ['ids count within a repository', run(), run({ repository: 'OWNER/OTHER' }), false],
  ['a journal is not none', run(), undefined, false],
])('whether two journals are of the same run: %s', (_, a, b, same) => {
  expect([sameRun(a, b), sameRun(b, a)]).toEqual([same, same])
})

test.each<[why: string, a: Run, b: Run, newer: boolean]>([
  ['its number is higher', run({ id: '988' }), run(), true],
  ['numbers are not compared as texts', run({ id: '1000' }), run({ id: '999' }), true],
  ['no digit is lost', run({ id: '9007199254740993' }), run({ id: '9007199254740992' }), true],
  ['its number is lower', run(), run({ id: '988' }), false],
  ['a re-run is the same run', run({ attempt: 2 }), run(), false],
  ['ids count within a repository', run({ id: '988', repository: 'OWNER/OTHER' }), run(), false],
])('whether a run is newer: %s', (_, a, b, newer) => {
  expect(newerRun(a, b)).toBe(newer)
})

test('a run is described by repository, commit, number and attempt', () => {
  expect(describeRun(run({ commit: 'abc1234def', attempt: 2 }))).toBe('OWNER/REPO@abc1234 run 987.2')
})

test('a journal tells the time to the minute, in UTC', () => {
  expect(journalTime(start + 59_999)).toBe('2026-11-23T10:00Z')
})

test('when a canary was left is an instant, and nothing where somebody wrote no time', () => {
  expect(leftAt(waiting())).toBe(Date.UTC(2026, 10, 23, 10))
  expect(leftAt(waiting({ since: 'yesterday' }))).toBeUndefined()
})
