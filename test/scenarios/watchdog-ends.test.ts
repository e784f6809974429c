import { describe, expect, test } from 'vitest'
import type { PolicyStatement } from '../sandbox/sandbox.ts'
import { cancelled, type End, failed, killed, succeeded } from './ends.ts'
import { minute, newStage, type Stage } from './stage.ts'

const role = 'arn:aws:iam::111122223333:role/rollout-watchdog'
const guarded = { 'watchdog-role': role, 'poll-interval': '1m' }
const quick = { ...guarded, 'bake-time': '2m' }
const alarmed = { ...quick, alarms: 'orders-errors' }
const canary = '1, and 2 at 10 %'

type Inputs = Readonly<Record<string, string>>

/** All that ever were, but for the one that only shows whether one can be made. */
const schedules = (stage: Stage) => stage.sandbox.schedules.all.filter(({ name }) => !name.endsWith('-check'))

/** Removed before it did anything. */
const untouched = [{ role, removed: 'by a call', runs: [] }]

/** Long enough for whatever stands to fire; gives what the alias serves then. A weight of 0 is no canary. */
async function later(stage: Stage): Promise<string> {
  stage.pass(30 * minute)
  return (await stage.aws.live()).replace(/, and \d+ at 0 %$/, '')
}

/** The alarm goes off a minute into the bake. */
function fire(stage: Stage): void {
  stage.at({ before: 'DescribeAlarms', from: minute }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
}

describe('the watchdog is removed at the end of a run, and that end stands', () => {
  const nothing = () => undefined
  const ends: readonly (readonly [End, Inputs, (stage: Stage) => void])[] = [
    [succeeded('promoted', '2'), { ...guarded, strategy: '10% for 1m, 100% for 3m' }, nothing],
    [failed('rolled-back', '1'), alarmed, fire],
    [failed('held', canary), { ...alarmed, 'on-failure': 'hold' }, fire],
    [succeeded('paused', canary), { ...guarded, strategy: '10% for 1m, pause' }, nothing],
    [failed('stood-aside', '1, and 2 at 50 %'), quick, stage => meddle(stage)],
    [failed('failed', '1'), quick, stage => stage.weather.deny('UpdateAlias')],
    [
      cancelled('rolled-back', '1'),
      quick,
      stage => stage.interrupt({ before: 'GetAlias', from: minute }, step => step.cancel()),
    ],
  ]

  function meddle(stage: Stage): void {
    stage.at({ before: 'GetAlias', from: minute }, () => stage.aws.move('1', ['2', 0.5]))
  }

  test.each(ends)('$result (%#)', async (expected, inputs, happens) => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    happens(stage)
    const { end, main } = await stage.deploy(inputs)
    expect(end).toEqual(expected)
    expect(main.log).toContain('Watchdog removed')
    expect(schedules(stage)).toMatchObject(untouched)
    expect(stage.sandbox.schedules.all.every(({ removed }) => removed === 'by a call')).toBe(true)
    expect(await later(stage)).toBe(expected.live)
  })

  test('by the post step, where the process was killed', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy(quick)
    expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 5 }))
    expect(schedules(stage)).toMatchObject(untouched)
    await stage.expectStory('watchdog-post')
  })

  test('but not where the alias is left part-way: there it does what the run could not', async () => {
    const stage = await newStage()
    await stage.aws.alarm('orders-errors')
    fire(stage)
    stage.weather.deny('UpdateAlias', minute)
    const { end, main } = await stage.deploy(alarmed)
    expect([end.result, end.live]).toEqual(['part-way', canary])
    expect(main.summary).toContain('**it is still set**')
    expect(await later(stage)).toBe('1')
  })
})

describe('a run that is lost, and its post step with it', () => {
  test('has put back what it found once its watchdog has fired, and that is all there is of it', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy(quick, { lost: true })
    expect(end).toEqual(killed(canary))
    expect(await later(stage)).toBe('1')
    const applied = { kind: 'applied' }
    expect(schedules(stage)).toMatchObject([{ removed: 'after its run', runs: [{ attempt: 1, result: applied }] }])
    await stage.expectStory('watchdog-lost-run')
  })

  test.each([
    ['before a write', { before: 'UpdateAlias' }],
    ['between a write and its revision', { after: 'UpdateAlias' }],
    ['in a bake', { before: 'GetAlias', from: minute }],
  ] as const)('%s leaves a rerun nothing to trip over once it has fired', async (_, moment) => {
    const stage = await newStage()
    stage.kill(moment)
    await stage.deploy(quick, { lost: true })
    stage.pass(30 * minute)
    const { end } = await stage.deploy(quick, { attempt: 2 })
    expect(end).toEqual(succeeded('promoted', '2'))
  })

  test('takes a canary that somebody else has begun only where it was lost between a write and its revision', async () => {
    const limits: string[] = []
    for (const moment of [{ after: 'UpdateAlias' }, { after: 'UpdateSchedule', nth: 3 }]) {
      const stage = await newStage({ versions: 3 })
      stage.kill(moment)
      await stage.deploy({ ...quick, version: '2' }, { lost: true })
      await stage.aws.move('1', ['3', 0.2])
      limits.push(await later(stage))
    }
    expect(limits).toEqual(['1', '1, and 3 at 20 %'])
  })

  test('is followed, before its watchdog fires, by a run with another artifact, which takes the schedule over', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: minute })
    await stage.deploy(quick, { lost: true })
    stage.build(`export const handler = async () => 'version 3'\n`)
    const { end } = await stage.deploy(quick, { id: '9876543211' })
    expect(end).toEqual(succeeded('promoted', '3'))
    expect(schedules(stage)).toMatchObject(untouched)
    expect(await later(stage)).toBe('3')
  })
})

test('while the bake lasts the watchdog is due in five minutes, and moved on when three are left', async () => {
  const stage = await newStage()
  const { requests } = await stage.deploy({ ...guarded, 'bake-time': '8m', 'poll-interval': '8m' })
  const shifted = requests.find(({ operation }) => operation === 'UpdateAlias')?.at ?? 0
  const standing = requests.filter(
    ({ operation, input, at }) =>
      operation === 'UpdateSchedule' && JSON.stringify(input).includes('RevisionId') && at < shifted + 8 * minute,
  )
  expect(standing.map(({ at, input }) => [at - shifted, dueOf(input) - shifted].map(inMinutes))).toEqual([
    [0, 5],
    [2, 7],
    [4, 9],
    [6, 11],
  ])
})

function dueOf(input: unknown): number {
  const { ScheduleExpression } = input as { readonly ScheduleExpression: string }
  return Date.parse(`${ScheduleExpression.slice('at('.length, -1)}Z`)
}

/** Schedules have whole seconds, so that nothing is due to the millisecond. */
function inMinutes(ms: number): number {
  return Math.round(ms / minute)
}

test('a role that may not be passed is told in one sentence, with nothing touched', async () => {
  const stage = await newStage()
  const Statement: readonly PolicyStatement[] = [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'iam:PassRole', Resource: '*' },
  ]
  stage.sandbox.enforce({ Version: '2012-10-17', Statement })
  const { end } = await stage.deploy(quick)
  expect(end).toEqual(failed('refused', '1'))
  expect(stage.sandbox.schedules.all).toEqual([])
  await stage.expectStory('watchdog-refused')
})
