import { describe, expect, test } from 'vitest'
import { type Holder, keepHeld, retention, type Shelved } from '../../src/rollout/retention.ts'
import { partWay, type Routing, whole } from '../../src/rollout/routing.ts'

function shelved(version: number | string, over: Partial<Shelved> = {}): Shelved {
  return { version: String(version), description: '', codeBytes: 1_000, durable: false, ...over }
}

function alias(routing: Routing, description = '', name = 'live'): Holder {
  return { name, routing, description }
}

const by = 'octo/orders@abc1234 run 987.1'
const versions = [1, 2, 3, 4, 5].map(number => shelved(number))

/** The numbers that go, and why the others stay. */
function judge(aliases: readonly Holder[], over: Partial<Parameters<typeof retention>[2]> = {}, of = versions) {
  const { goes, stays } = retention(of, aliases, { keep: 1, provisioned: [], ...over })
  return {
    goes: goes.map(({ version }) => version),
    stays: Object.fromEntries(stays.map(({ version, because }) => [version, because])),
  }
}

const newest = { 5: 'it is the newest' }

describe('a version stays', () => {
  test.each<[which: string, alias: Holder, stays: Readonly<Record<string, string>>]>([
    ['that an alias serves', alias(whole('2')), { 2: 'the alias live serves it' }],
    [
      'that an alias gives a weight',
      alias(partWay('2', '3', 0.1)),
      { 2: 'the alias live serves it', 3: 'the alias live gives it 10 % of its traffic' },
    ],
    [
      'that an alias’s journal names as the one before, for a rollback',
      alias(whole('4'), `lambda-rollout 4 after 2; ${by}`),
      { 2: 'the alias live served it before, so that a roll-back goes back to it', 4: 'the alias live serves it' },
    ],
    [
      'that the journal of a canary names as the one before stable',
      alias(partWay('3', '4', 0.1), `lambda-rollout 3 after 1; candidate 4 paused since 2026-11-23T10:00Z; ${by}`),
      {
        1: 'the alias live served it before, so that a roll-back goes back to it',
        3: 'the alias live serves it',
        4: 'the alias live gives it 10 % of its traffic',
      },
    ],
    [
      'that a journal names as its candidate, before it has any traffic',
      alias(whole('4'), `lambda-rollout 4; candidate 2 rolling since 2026-11-23T10:00Z; ${by}`),
      { 2: 'the alias live names it as its candidate', 4: 'the alias live serves it' },
    ],
    [
      'only by a journal that speaks of what the alias serves: a stale one holds nothing',
      alias(whole('4'), `lambda-rollout 3 after 2; ${by}`),
      { 4: 'the alias live serves it' },
    ],
    [
      'only by a journal: a description of somebody else’s holds nothing',
      alias(whole('4'), 'the one after 2'),
      { 4: 'the alias live serves it' },
    ],
  ])('%s', (_, held, stays) => {
    const kept = Object.keys({ ...stays, ...newest })
    expect(judge([held])).toEqual({
      goes: versions.map(({ version }) => version).filter(version => !kept.includes(version)),
      stays: { ...stays, ...newest },
    })
  })

  test('for the sake of any alias, and the first one tells why', () => {
    expect(judge([alias(whole('2')), alias(whole('3'), '', 'staging'), alias(whole('3'), '', 'test')])).toEqual({
      goes: ['1', '4'],
      stays: { 2: 'the alias live serves it', 3: 'the alias staging serves it', ...newest },
    })
  })

  test('with provisioned concurrency of its own', () => {
    expect(judge([], { provisioned: ['2', 'live'] })).toEqual({
      goes: ['1', '3', '4'],
      stays: { 2: 'it has provisioned concurrency of its own', ...newest },
    })
  })

  test('of a durable function, always', () => {
    const durable = versions.map(version => ({ ...version, durable: true }))
    expect(judge([], { keep: 0, over: ['1', '5'] }, durable)).toMatchObject({ goes: [] })
    expect(judge([], {}, durable).stays[1]).toBe(
      'the function is durable, and its executions stay on the version that they began on',
    )
  })
})

describe('the newest', () => {
  test.each<[keep: number, goes: readonly string[]]>([
    [0, ['1', '2', '3', '4', '5']],
    [1, ['1', '2', '3', '4']],
    [2, ['1', '2', '3']],
    [5, []],
    [100, []],
  ])('%i stay', (keep, goes) => {
    expect(judge([], { keep }).goes).toEqual(goes)
  })

  test('are counted among all published versions, those that aliases hold included', () => {
    expect(judge([alias(whole('5'))], { keep: 2 })).toEqual({
      goes: ['1', '2', '3'],
      stays: { 4: 'it is one of the newest 2', 5: 'the alias live serves it' },
    })
  })

  test('are told by number: 9 is older than 10', () => {
    const unordered = ['10', '9', '8', '11', '100'].map(version => shelved(version))
    expect(judge([], { keep: 2 }, unordered)).toEqual({
      goes: ['8', '9', '10'],
      stays: { 11: 'it is one of the newest 2', 100: 'it is one of the newest 2' },
    })
  })

  test('do not count those of previews that are over, which go even when they are new', () => {
    expect(judge([], { keep: 2, over: ['4', '5'] })).toEqual({
      goes: ['1', '4', '5'],
      stays: { 2: 'it is one of the newest 2', 3: 'it is one of the newest 2' },
    })
  })

  test('of a preview that is over stays where an alias holds it all the same', () => {
    expect(judge([alias(whole('5'))], { over: ['5'] })).toEqual({
      goes: ['1', '2', '3'],
      stays: { 4: 'it is the newest', 5: 'the alias live serves it' },
    })
  })
})

test('without versions nothing goes and nothing stays', () => {
  expect(judge([alias(whole('$LATEST'))], {}, [])).toEqual({ goes: [], stays: {} })
})

describe('what else holds on to a version', () => {
  const judged = retention(versions, [alias(whole('2'))], { keep: 1, provisioned: [] })

  test('keeps it, saying what that is, among the others by number', () => {
    const held = [
      { version: '1', by: [] },
      { version: '3', by: ['a resource policy', 'the event source mapping of arn:aws:sqs:eu-west-1:111122223333:in'] },
      { version: '4', by: ['a resource policy'] },
    ]
    expect(keepHeld(judged, held)).toEqual({
      goes: [shelved(1)],
      stays: [
        { version: '2', because: 'the alias live serves it' },
        {
          version: '3',
          because: 'it has a resource policy and the event source mapping of arn:aws:sqs:eu-west-1:111122223333:in',
        },
        { version: '4', because: 'it has a resource policy' },
        { version: '5', because: 'it is the newest' },
      ],
    })
  })

  test('changes nothing where there is nothing of the kind', () => {
    expect(keepHeld(judged, [{ version: '1', by: [] }])).toEqual(judged)
  })
})
