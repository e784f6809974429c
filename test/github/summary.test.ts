import { describe, expect, test } from 'vitest'
import { summaryOf } from '../../src/github/summary.ts'
import type { Fact } from '../../src/ports.ts'
import { type Check, type ChecksReading, judgeChecks } from '../../src/rollout/checks.ts'
import { leftPartWay, type Outcome, refused, serveCommand } from '../../src/rollout/outcome.ts'
import { differences } from '../../src/rollout/settings.ts'
import {
  alarm,
  aliasSeen,
  asked,
  health,
  looked,
  measured,
  minute,
  plan,
  run,
  sample,
  second,
  start,
  target,
  versionSeen,
  watched,
} from '../support/builders.ts'

const web = 'https://github.com'

const started: Fact = { kind: 'started', command: 'deploy', targets: [target()], run: run(), dryRun: false }
const found: Fact = { kind: 'found', target: target(), alias: aliasSeen(), stable: versionSeen() }
const triggers: Fact = {
  kind: 'triggers',
  target: target(),
  triggers: { found: ['SQS queue arn:aws:sqs:eu-west-1:123456789012:orders'], unreadable: ['the resource policy'] },
}
const differs: Fact = {
  kind: 'differences',
  target: target(),
  from: 'version 7',
  to: 'the candidate',
  list: differences(
    { MemorySize: 128, Environment: { Variables: { TOKEN: 'old-hunter2', GONE: 'gone-hunter2' } } },
    { MemorySize: 512, Environment: { Variables: { TOKEN: 'new-hunter2', KEY: 'key-hunter2' } } },
  ),
}
const alarms = [alarm(), alarm({ name: 'orders p99', state: 'INSUFFICIENT_DATA', reason: 'no points yet' })]
const planned: Extract<Fact, { kind: 'planned' }> = {
  kind: 'planned',
  plan: plan(),
  alarms,
  notes: [],
}
const { arn } = versionSeen({ version: '8' })
const version: Fact = { kind: 'version', target: target(), version: '8', arn, codeSha256: 'bmV3' }
const calm = alarms.map(reading => watched(reading))
const quiet = health({ because: 'alarms: 1 OK, 1 without data', insufficient: ['orders p99'] })

/** A look and what it saw, `at` after the start. */
function look(at: number, step: number, since: number, over: Partial<Extract<Fact, { kind: 'looked' }>> = {}): Fact {
  return looked({ at: start + at, step, since: start + since, health: quiet, alarms: calm, ...over })
}

/** A write that gave the candidate this weight, `at` after the start. */
function routed(at: number, weight: number): Fact {
  return { kind: 'routed', at: start + at, target: target(), routing: asked(weight).routing }
}

function ended(at: number, outcome: Outcome): Fact {
  return { kind: 'ended', at: start + at, outcome }
}

const begun = [started, found, triggers, differs, planned, version, look(0, -1, 0), routed(2 * second, 0.1)]

const promoted: readonly Fact[] = [
  ...begun,
  look(minute, 0, 2 * second),
  look(5 * minute, 0, 2 * second),
  routed(5 * minute + 3 * second, 1),
  look(5 * minute + 4 * second, 1, 5 * minute + 3 * second),
  ended(5 * minute + 4 * second, {
    result: 'promoted',
    reason: 'orders:live serves version 8 (10 % for 5m, then 100 %)',
  }),
]

const flapped = watched({
  ...alarm({ transitionedAt: start + 100 * second, reason: 'no datapoint was above 1.0' }),
  fired: {
    at: start + 80 * second,
    to: 'ALARM',
    reason: '1 datapoint [3.0 (23/11/26 10:01:00)] was > 1.0 | <b>see</b> @oncall',
  },
})
const fell =
  'alarm orders-errors went to ALARM (it is OK again): 1 datapoint [3.0 (23/11/26 10:01:00)] was > 1.0 | <b>see</b> @oncall'
const rolledBack: readonly Fact[] = [
  ...begun,
  look(minute, 0, 2 * second),
  look(2 * minute, 0, 2 * second, {
    health: health({ verdict: 'failing', because: fell }),
    alarms: [flapped, ...calm.slice(1)],
    decision: { kind: 'roll-back', because: fell },
  }),
  routed(2 * minute + second, 0),
  ended(2 * minute + second, {
    result: 'rolled-back',
    reason: `version 8 was rolled back and orders:live serves version 7 alone: ${fell}`,
  }),
]

const stuck = 'UpdateAlias on orders:live is not allowed; add lambda:UpdateAlias to the role'
const cancelled = 'the workflow was cancelled'
const partWay: readonly Fact[] = [
  ...begun,
  look(minute, 0, 2 * second, { decision: { kind: 'roll-back', because: cancelled } }),
  { kind: 'warning', text: 'Roll-back not done yet, trying again: Lambda is unavailable' },
  ended(
    3 * minute,
    leftPartWay(
      target(),
      asked(0.1).routing,
      `${cancelled}; the roll-back failed: ${stuck}`,
      serveCommand(target(), '7'),
    ),
  ),
]

const inTheWay: readonly Fact[] = [
  started,
  found,
  { ...planned, alarms: [alarm({ state: 'ALARM', reason: 'errors were 3.0' })] },
  ended(
    second,
    refused([
      'there is no alarm order-errors in this account and region; correct its name in `alarms` or create it',
      'alarm orders-errors is already in ALARM (errors were 3.0); wait until it is OK, or set `already-in-alarm: ignore` if this rollout is the fix',
    ]),
  ),
]

const dryRun: readonly Fact[] = [
  { ...started, dryRun: true },
  { kind: 'found', target: target(), alias: undefined, stable: undefined },
  triggers,
  {
    kind: 'planned',
    plan: plan({ weight: 1, bakeMs: 10 * minute }),
    alarms,
    notes: ['the alias live does not exist and is created on the candidate, with all traffic at once'],
  },
  { kind: 'warning', text: 'No `alarms` are named: nothing watches this rollout' },
  ended(second, { result: 'planned', reason: 'orders:live would be rolled out: 100 % for 10m; nothing was changed' }),
]

const comparison: Check = { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' }
const limit: Check = {
  kind: 'limit',
  text: 'p99 duration < 800ms',
  measure: { kind: 'duration', stat: 'p99' },
  limit: { kind: 'value', value: 800 },
  minutes: 1,
}
const shown = [
  measured({ stable: sample(880, 1), candidate: sample(98, 0, { durations: { p99: 120 } }) }),
  measured({ at: start + minute, stable: sample(902), candidate: sample(101, 5, { durations: { p99: 180 } }) }),
  measured({ at: start + 2 * minute, stable: sample(31), candidate: sample(4, 1, { durations: { p99: 90 } }) }),
]
const judged = judgeChecks([comparison, limit], [shown], 0.01, start + 150 * second)
const caught: readonly Fact[] = [
  ...begun.map(fact => (fact.kind === 'planned' ? { ...fact } : fact)),
  look(minute, 0, 2 * second),
  look(150 * second, 0, 2 * second, {
    health: health({ verdict: 'failing', because: judged.because, served: 98 }),
    minutes: [shown],
    checks: judged,
    decision: { kind: 'roll-back', because: judged.because },
  }),
  routed(151 * second, 0),
  {
    kind: 'errors',
    target: target(),
    version: '8',
    group: '/aws/lambda/orders',
    list: [
      {
        what: 'TypeError: order.lines is not iterable | <b>',
        count: 5,
        example: 'TypeError: …\n    at total (a.js:7)',
      },
      { what: 'Task timed out after 3.00 seconds', count: 1, example: 'Task timed out after 3.00 seconds' },
    ],
  },
  ended(152 * second, {
    result: 'rolled-back',
    reason: `version 8 was rolled back and orders:live serves version 7 alone: ${judged.because}`,
  }),
]

const stories = {
  'rolled-back-by-checks': caught,
  promoted,
  'rolled-back': rolledBack,
  'part-way': partWay,
  refused: inTheWay,
  planned: dryRun,
}

test.each(Object.entries(stories))('a run that is %s reads so', async (name, facts) => {
  await expect(summaryOf(facts, web)).toMatchFileSnapshot(`golden/${name}.md`)
})

test.each(Object.entries(stories))(
  'no value of an environment variable is in the summary of a run that is %s',
  (_, facts) => {
    expect(summaryOf(facts, web)).not.toContain('hunter2')
  },
)

describe('the checks', () => {
  const power = /(The candidate is rolled back once .*)/

  /** The summary of a run whose only look saw this. */
  function told(checks: ChecksReading): string {
    return summaryOf([started, planned, looked({ checks }), ended(0, { result: 'failed', reason: '' })], web)
  }

  test('are told with what they were held against, and what they could have shown', () => {
    const quiet = judgeChecks([comparison], [[measured({ candidate: sample(312) })]], 0.01, start)
    expect(power.exec(told(quiet))?.[1]).toBe(
      'The candidate is rolled back once the mean e-value reaches 100; a candidate that is no worse gets there in at most 1 % of all rollouts. With 312 of its invocations seen, an error rate of 1.47 % or more would have shown.',
    )
  })

  test('could have shown nothing where the candidate served nothing', () => {
    const silent = judgeChecks([comparison], [[measured({ candidate: sample(0) })]], 0.05, start)
    expect(power.exec(told(silent))?.[1]).toBe(
      'The candidate is rolled back once the mean e-value reaches 20; a candidate that is no worse gets there in at most 5 % of all rollouts.',
    )
  })

  test('that are limits only have neither', () => {
    const limited = judgeChecks([limit], [shown], 0.01, start + minute)
    expect(told(limited)).toContain('### Checks')
    expect(told(limited)).not.toMatch(power)
    expect(told(limited)).not.toMatch(power)
  })

  test('are not told of where there are none', () => {
    expect(told(judgeChecks([], [shown], 0.01, start))).not.toContain('### Checks')
  })
})

test('a rollout without traffic has no chart', () => {
  const silent = looked({ minutes: [[measured({ stable: sample(0), candidate: sample(0) })]] })
  const facts = [...begun, silent, ended(minute, { result: 'promoted', reason: '' })]
  expect(summaryOf(facts, web)).not.toContain('mermaid')
  expect(summaryOf([...begun, looked({ minutes: [shown] }), ...facts.slice(-1)], web)).toContain('```mermaid')
})

test('a candidate that logged no errors is told so', () => {
  const none: Fact = { kind: 'errors', target: target(), version: '8', group: '/aws/lambda/orders', list: [] }
  expect(summaryOf([...begun, none, ended(minute, { result: 'rolled-back', reason: '' })], web)).toContain(
    'No error lines of version 8 were found in `/aws/lambda/orders` yet.',
  )
})

test('a run that did not end has no summary', () => {
  expect(summaryOf(begun, web)).toBe('')
})

test('bad inputs are all there is to tell before a target is known', () => {
  expect(summaryOf([ended(0, refused(['`alias` is “7”', '`function-name` is missing']))], web)).toBe(
    '## ⛔ Refused: Lambda Rollout\n\n- `alias` is “7”\n- `function-name` is missing\n',
  )
})

describe('the states of an alarm', () => {
  const fired = { at: start, to: 'ALARM', reason: 'errors were 3.0' } as const

  test.each([
    ['OK', watched(), 'OK'],
    ['firing', watched({ state: 'ALARM', fired }), '**ALARM**'],
    ['firing no more', watched({ fired }), '**ALARM**, then OK'],
    ['without data', watched({ state: 'INSUFFICIENT_DATA' }), 'INSUFFICIENT\\_DATA'],
    ['ignored', watched({ state: 'ALARM', ignored: true }), 'ALARM (ignored until OK)'],
    ['gone', watched({ missing: true }), 'deleted'],
  ])('%s', (_, alarm, state) => {
    const summary = summaryOf([started, looked({ alarms: [alarm] }), ended(0, { result: 'failed', reason: '' })], web)
    const row = summary.split('\n').find(line => line.startsWith('| [orders-errors]'))
    expect(row?.split('|')[2]?.trim()).toBe(state)
  })
})

test.each([
  ['held', true],
  ['rolled-back', true],
  ['promoted', false],
  ['failed', false],
  ['part-way', false],
] as const)('a run that is %s tells how to give the candidate everything by hand: %s', (result, told) => {
  const summary = summaryOf([...begun, ended(minute, { result, reason: '' })], web)
  expect(summary.includes(serveCommand(target(), '8'))).toBe(told)
})

test('no text of AWS breaks a table, a list or the page', () => {
  const hostile = 'a | b\n\n# c\n| d | <img src=x> `e` @octocat ![f](g) </details>'
  const summary = summaryOf(
    [
      { ...started, targets: [target({ functionName: 'orders' })] },
      { kind: 'found', target: target(), alias: aliasSeen(), stable: versionSeen() },
      { kind: 'planned', plan: plan(), alarms: [], notes: [hostile] },
      { kind: 'triggers', target: target(), triggers: { found: [hostile], unreadable: [hostile] } },
      {
        kind: 'differences',
        target: target(),
        from: 'version 7',
        to: 'the candidate',
        list: [{ name: hostile, from: hostile, to: hostile }],
      },
      looked({
        health: health({ because: hostile }),
        alarms: [watched({ name: hostile, reason: hostile })],
        decision: { kind: 'roll-back', because: hostile },
      }),
      {
        kind: 'errors',
        target: target(),
        version: '8',
        group: hostile,
        list: [{ what: hostile, count: 1, example: `${hostile}\n\`\`\`\n# e <img src=x>` }],
      },
      { kind: 'warning', text: hostile },
      ended(minute, { result: 'failed', reason: hostile }),
    ],
    web,
  )
  const blocks = /^```\n[\s\S]*?^```$/gm
  expect(summary.match(blocks)).toHaveLength(1)
  const page = summary.replace(blocks, '')
  const outsideCode = page.replace(/(`+)[^`]+?(?:`[^`]+?)*?\1/g, '')
  expect(outsideCode).not.toMatch(/<img|@octocat|(?<!\\)!\[/)
  expect(outsideCode.match(/<\/?details>/g)).toEqual(Array(3).fill(['<details>', '</details>']).flat())
  expect(page.split('\n').filter(line => /^# |^\| d/.test(line))).toEqual([])
  const widths = page
    .split('\n\n')
    .filter(block => block.startsWith('|'))
    .map(block => new Set(block.split('\n').map(row => row.split(/(?<!\\)\|/).length)).size)
  expect(widths).toEqual(widths.map(() => 1))
  expect(widths).toHaveLength(5)
})
