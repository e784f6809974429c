import { describe, expect, test } from 'vitest'
import { logger } from '../../src/github/log.ts'
import type { Fact } from '../../src/ports.ts'
import type { Decision } from '../../src/rollout/decide.ts'
import { differences } from '../../src/rollout/settings.ts'
import {
  alarm,
  aliasSeen,
  asked,
  health,
  looked,
  minute,
  plan,
  run,
  second,
  start,
  target,
  versionSeen,
} from '../support/builders.ts'
import { StepLog } from '../support/runner/log.ts'

/** The lines of these facts, told at 10:00:15. */
function lines(...facts: readonly Fact[]): readonly string[] {
  const printed: string[] = []
  const tell = logger(
    line => printed.push(line),
    () => start + 15 * second,
  )
  for (const fact of facts) tell(fact)
  return printed
}

const planned: Fact = { kind: 'planned', plan: plan(), alarms: [alarm()], notes: [] }

test.each<[what: string, fact: Fact, said: readonly string[]]>([
  [
    'a start',
    { kind: 'started', command: 'deploy', targets: [target()], run: run(), dryRun: false },
    ['orders:live in eu-west-1, by OWNER/REPO@abc1234 run 987.1'],
  ],
  [
    'a dry run',
    { kind: 'started', command: 'deploy', targets: [target()], run: run(), dryRun: true },
    ['orders:live in eu-west-1, by OWNER/REPO@abc1234 run 987.1 (dry run)'],
  ],
  [
    'no alias',
    { kind: 'found', target: target(), alias: undefined, stable: undefined },
    ['The alias does not exist yet'],
  ],
  [
    'an alias with a journal',
    { kind: 'found', target: target(), alias: aliasSeen(), stable: versionSeen() },
    ['The alias serves 7 (“lambda-rollout 7 after 5; OWNER/REPO@abc1234 run 987.1”)'],
  ],
  [
    'an alias that is part-way',
    { kind: 'found', target: target(), alias: aliasSeen({ ...asked(0.1), description: '' }), stable: versionSeen() },
    ['The alias serves 7 at 90 %, 8 at 10 % (no description)'],
  ],
  [
    'a plan with notes and alarms',
    {
      kind: 'planned',
      plan: plan(),
      alarms: [alarm(), alarm({ name: 'p99', state: 'ALARM' })],
      notes: ['one', 'two'],
    },
    ['Plan: 10 % for 5m, then 100 %', 'Plan: one', 'Plan: two', 'Alarm orders-errors is OK', 'Alarm p99 is ALARM'],
  ],
  [
    'triggers of $LATEST',
    {
      kind: 'triggers',
      target: target(),
      triggers: { found: ['queue arn:aws:sqs:a'], unreadable: ['event source mappings'] },
    },
    [
      'Beware: the function without a qualifier has a trigger, which gets new code at the upload: queue arn:aws:sqs:a',
      'Could not read event source mappings; triggers of the function without a qualifier may be missing here',
    ],
  ],
  ['no triggers', { kind: 'triggers', target: target(), triggers: { found: [], unreadable: [] } }, []],
  [
    'differences',
    {
      kind: 'differences',
      target: target(),
      from: 'version 7',
      to: 'the candidate',
      list: [
        { name: 'MemorySize', from: '128', to: '512' },
        { name: 'Layers', from: '', to: '["arn:a"]' },
      ],
    },
    [
      'Configuration: MemorySize is 128 in version 7 and 512 in the candidate',
      'Configuration: Layers is (none) in version 7 and ["arn:a"] in the candidate',
    ],
  ],
  ['no differences', { kind: 'differences', target: target(), from: 'version 7', to: 'the candidate', list: [] }, []],
  [
    'a version',
    { kind: 'version', target: target(), version: '8', arn: 'arn:aws:lambda:a', codeSha256: 'bmV3' },
    ['Version 8, code sha256 bmV3'],
  ],
  [
    'a write',
    { kind: 'routed', at: start, target: target(), routing: asked(0.1).routing },
    ['orders:live now serves 7 at 90 %, 8 at 10 %'],
  ],
  ['a deletion', { kind: 'routed', at: start, target: target(), routing: undefined }, ['orders:live is deleted']],
  [
    'what the candidate logged',
    {
      kind: 'errors',
      target: target(),
      version: '8',
      group: '/aws/lambda/orders',
      list: [
        { what: 'TypeError: a', count: 12, example: 'TypeError: a\n    at b' },
        { what: 'RangeError: c', count: 1, example: 'RangeError: c' },
      ],
    },
    ['Errors of version 8 in /aws/lambda/orders:', '  12 × TypeError: a', '  1 × RangeError: c'],
  ],
  [
    'that the candidate logged nothing',
    { kind: 'errors', target: target(), version: '8', group: '/aws/lambda/orders', list: [] },
    ['No error lines of version 8 were found in /aws/lambda/orders yet'],
  ],
  ['a note', { kind: 'note', text: 'Creating the function orders' }, ['Creating the function orders']],
  ['a warning', { kind: 'warning', text: 'nothing watches' }, ['Warning: nothing watches']],
  [
    'an end',
    { kind: 'ended', at: start, outcome: { result: 'promoted', reason: 'orders:live serves version 8 (canary)' } },
    ['Result: promoted. orders:live serves version 8 (canary)'],
  ],
  [
    'an end with one problem',
    { kind: 'ended', at: start, outcome: { result: 'refused', reason: 'a is wrong', problems: ['a is wrong'] } },
    ['Result: refused. a is wrong'],
  ],
  [
    'an end with several problems',
    {
      kind: 'ended',
      at: start,
      outcome: { result: 'refused', reason: 'a is wrong; b is missing', problems: ['a is wrong', 'b is missing'] },
    },
    ['Result: refused. 2 things are in the way:', '  - a is wrong', '  - b is missing'],
  ],
])('%s is told with the time', (_, fact, said) => {
  expect(lines(fact)).toEqual(said.map(line => `10:00:15Z  ${line}`))
})

describe('a look is one line: weight, reading, what is next and when', () => {
  const because = 'alarm: 1 OK'
  const failing = health({ verdict: 'failing', because: 'alarm orders-errors went to ALARM: errors were 3.0' })

  test.each<[over: Partial<Extract<Fact, { kind: 'looked' }>>, line: string]>([
    [{}, '10 % for 1m of 5m; healthy, alarm: 1 OK; next look in 15s'],
    [
      { step: -1, decision: { kind: 'shift', step: 0, weight: 0.1, because } },
      'before the first shift; healthy, alarm: 1 OK; shifting to 10 %',
    ],
    [
      { at: start + 5 * minute, decision: { kind: 'promote', step: 1, because } },
      '10 % for 5m of 5m; healthy, alarm: 1 OK; promoting to 100 %',
    ],
    [{ step: 1, decision: { kind: 'prove', because } }, '100 %; healthy, alarm: 1 OK; running the after-traffic hook'],
    [{ step: 1, decision: { kind: 'finish', because } }, '100 %; healthy, alarm: 1 OK; done'],
    ...(
      [
        ['roll-back', 'rolling back'],
        ['hold', 'holding'],
        ['stand-aside', 'standing aside'],
      ] as const
    ).map(([kind, doing]): [Partial<Extract<Fact, { kind: 'looked' }>>, string] => [
      { health: failing, decision: { kind, because: 'so it is', name: 'orders:live' } satisfies Decision },
      `10 % for 1m of 5m; failing, alarm orders-errors went to ALARM: errors were 3.0; ${doing}: so it is`,
    ]),
  ])('%#', (over, line) => {
    expect(lines(planned, looked(over)).at(-1)).toBe(`10:00:15Z  ${line}`)
  })
})

test('no text of AWS breaks the log or gives the runner a command', () => {
  const reason = 'errors\n::error::forged\r\n##[error]forged\u2028::add-mask::a'
  const shown: string[] = []
  const log = new StepLog({ secrets: [], debug: true, show: line => shown.push(line) })
  const told = lines(
    { kind: 'found', target: target(), alias: aliasSeen({ description: reason }), stable: undefined },
    { kind: 'planned', plan: plan(), alarms: [alarm({ name: reason })], notes: [reason] },
    { kind: 'triggers', target: target(), triggers: { found: [reason], unreadable: [reason] } },
    {
      kind: 'errors',
      target: target(),
      version: '8',
      group: reason,
      list: [{ what: reason, count: 1, example: reason }],
    },
    { kind: 'note', text: reason },
    { kind: 'warning', text: reason },
    looked({
      health: health({ because: reason }),
      decision: { kind: 'roll-back', because: reason },
    }),
    { kind: 'ended', at: start, outcome: { result: 'failed', reason, problems: [reason, reason] } },
  )
  for (const line of told) for (const part of line.split(/\r\n|\r|\n/)) log.read(part)
  expect(told).toHaveLength(14)
  expect({ shown, annotations: log.annotations, masks: log.masks }).toEqual({ shown: told, annotations: [], masks: [] })
})

test('environment variables are told by name, never by value', () => {
  const list = differences(
    { Environment: { Variables: { TOKEN: 'old-hunter2' } } },
    { Environment: { Variables: { TOKEN: 'new-hunter2', KEY: 'more-hunter2' } } },
  )
  expect(lines({ kind: 'differences', target: target(), from: 'version 7', to: 'the candidate', list })).toEqual([
    '10:00:15Z  Configuration: the environment of the candidate adds KEY; changes TOKEN beside version 7',
  ])
})
