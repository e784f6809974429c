import { describe, expect, test } from 'vitest'
import { failed, succeeded } from './ends.ts'
import { type Deployed, type Moment, minute, newStage, type Stage } from './stage.ts'

const role = 'arn:aws:iam::111122223333:role/rollout-watchdog'
const guarded = { 'watchdog-role': role, 'bake-time': '3m', 'poll-interval': '1m' }

/** Whether an alias serves one version only. A weight of 0 that a watchdog has left gives nobody anything. */
function isWhole(live: string): boolean {
  return /^\d+(, and \d+ at 0 %)?$/.test(live)
}

/** All that ever were, but for those that only show whether one can be made, which are taken away at once. */
function watchdogs({ sandbox }: Stage) {
  return sandbox.schedules.all.filter(({ name }) => !name.endsWith('-check'))
}

/** Lets a time go by in which a watchdog that is set fires. */
async function later(stage: Stage): Promise<string> {
  stage.pass(7 * minute)
  return await stage.aws.live()
}

describe('a run with a watchdog', () => {
  test('makes one schedule, that is gone at the end, and says so in the log and in the summary', async () => {
    const stage = await newStage()
    const deployed = await stage.deploy(guarded)
    expect(deployed.end).toEqual(succeeded('promoted', '2'))
    expect(watchdogs(stage)).toMatchObject([{ role, runs: [], removed: 'by a call' }])
    expect(stage.sandbox.schedules.all.every(({ removed }) => removed === 'by a call')).toBe(true)
    expect(deployed.main.log).toMatch(/Watchdog set: .*\n(.*\n)*.*Watchdog removed/)
    expect(deployed.main.summary).toContain('A watchdog in EventBridge Scheduler stood by')
    expect(await later(stage)).toBe('2')
  })

  test('is not undone by it where it looks only every ten minutes, for an hour', async () => {
    const stage = await newStage()
    const { end } = await stage.deploy({ ...guarded, 'bake-time': '1h', 'poll-interval': '10m' })
    expect(end).toEqual(succeeded('promoted', '2'))
  })

  test('that is rolled back, and one that is held, leave none', async () => {
    for (const onFailure of ['roll-back', 'hold']) {
      const stage = await newStage()
      await stage.aws.alarm('errors', 'OK')
      stage.at({ before: 'GetAlias', from: minute }, () => stage.aws.set('errors', 'ALARM'))
      const { end } = await stage.deploy({ ...guarded, alarms: 'errors', 'on-failure': onFailure })
      expect(end.result).toBe(onFailure === 'hold' ? 'held' : 'rolled-back')
      expect(watchdogs(stage).map(({ removed }) => removed)).toEqual(['by a call'])
      expect(await later(stage)).toBe(end.live)
    }
  })

  test('that is held up until it fires has rolled back, and does not take it for somebody else', async () => {
    const stage = await newStage()
    stage.at({ before: 'GetAlias', from: minute }, () => stage.pass(7 * minute))
    const { end, main } = await stage.deploy({ ...guarded, 'bake-time': '30m' })
    expect(end.result).toBe('rolled-back')
    expect(isWhole(end.live)).toBe(true)
    expect(main.outputs.reason).toContain('the watchdog took the candidate away')
  })

  test('survives a minute without Scheduler while it bakes', async () => {
    const stage = await newStage()
    let down = true
    stage.at({ before: 'GetAlias', from: 3 * minute }, () => {
      down = false
    })
    stage.sandbox.faults.add({
      match: { service: 'scheduler' },
      on: { from: Date.UTC(2026, 10, 23, 10, 1), when: () => down },
      fault: { kind: 'error', status: 500, name: 'InternalServerException', message: 'no' },
    })
    const { end, main } = await stage.deploy({ ...guarded, 'bake-time': '10m', 'poll-interval': '15s' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.log).toContain('The watchdog was not moved on, trying again')
  })

  test('rolls back before it would where Scheduler stays away', async () => {
    const stage = await newStage()
    stage.sandbox.faults.add({
      match: { operation: 'UpdateSchedule' },
      on: { from: Date.UTC(2026, 10, 23, 10, 1) },
      fault: { kind: 'error', status: 500, name: 'InternalServerException', message: 'no' },
    })
    const { end, requests } = await stage.deploy({ ...guarded, 'bake-time': '30m' })
    expect(end.result).toBe('rolled-back')
    expect(end.live).toBe('1')
    const rolledBack = requests.findLast(({ operation }) => operation === 'UpdateAlias')?.at ?? 0
    expect(rolledBack).toBeLessThan(Date.UTC(2026, 10, 23, 10, 5))
  })
})

describe('a watchdog that cannot be made refuses the run before anything is touched', () => {
  const touched = ({ requests }: Deployed) =>
    requests.filter(({ operation }) => /^(Update|Publish|Create)(?!Schedule)/.test(operation))

  test('where Scheduler denies it', async () => {
    const stage = await newStage()
    stage.weather.deny('CreateSchedule')
    const deployed = await stage.deploy(guarded)
    expect(deployed.end).toEqual(failed('refused', '1'))
    expect(deployed.main.outputs.reason).toContain('scheduler:CreateSchedule')
    expect(touched(deployed)).toEqual([])
  })

  test('where Scheduler may not take the role on', async () => {
    const stage = await newStage()
    stage.sandbox.roles.set(role, { trusts: ['oidc'] })
    const deployed = await stage.deploy(guarded)
    expect(deployed.end).toEqual(failed('refused', '1'))
    expect(deployed.main.outputs.reason).toContain('must allow AWS EventBridge Scheduler to assume the role')
    expect(touched(deployed)).toEqual([])
  })

  test('where the run may not pass the role', async () => {
    const stage = await newStage()
    stage.sandbox.enforce({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['lambda:*', 'cloudwatch:*', 'scheduler:*'], Resource: '*' },
        { Effect: 'Deny', Action: 'iam:PassRole', Resource: role },
      ],
    })
    const deployed = await stage.deploy(guarded)
    expect(deployed.end).toEqual(failed('refused', '1'))
    expect(deployed.main.outputs.reason).toContain(`iam:PassRole on ${role}`)
    expect(touched(deployed)).toEqual([])
  })

  test('but for a dead run’s canary, which is dropped first', async () => {
    const description = 'lambda-rollout 1; candidate 2 rolling since 2026-11-23T09:55Z; octo/orders@dead000 run 1.1'
    const stage = await newStage({ versions: 2, live: { version: '1', canary: ['2', 0.3], description } })
    stage.weather.deny('CreateSchedule')
    const { end, main } = await stage.deploy(guarded)
    expect([end.result, end.live]).toEqual(['rolled-back', '1'])
    expect(main.outputs.reason).toContain('scheduler:CreateSchedule')
  })
})

describe('a run that is killed while its runner is lost as well', () => {
  const writes: readonly (readonly [operation: string, times: number])[] = [
    ['CreateSchedule', 1],
    ['UpdateSchedule', 5],
    ['UpdateAlias', 2],
    ['DeleteSchedule', 1],
  ]
  const moments: readonly Moment[] = [
    ...writes.flatMap(([operation, times]) =>
      Array.from({ length: times }, (_, i) => i + 1).flatMap(nth => [
        { before: operation, nth },
        { after: operation, nth },
      ]),
    ),
    ...[0, 1, 2].map(minutes => ({ before: 'GetAlias', from: minutes * minute + 10_000 })),
  ]

  test.each(moments)('leaves an alias that is whole once its watchdog has fired: %o', async moment => {
    const stage = await newStage()
    stage.kill(moment)
    const { end } = await stage.deploy(guarded, { lost: true })
    expect(end.result).toBeUndefined()
    expect(await later(stage)).toSatisfy(isWhole)
  })

  test.each(moments.filter((_, i) => i % 3 === 0))('leaves what somebody else wrote meanwhile: %o', async moment => {
    const stage = await newStage({ versions: 3 })
    stage.build('export const handler = async () => 4\n')
    stage.kill(moment)
    await stage.deploy(guarded, { lost: true })
    await stage.aws.move('3')
    expect(await later(stage)).toMatch(/^3(, and 4 at 0 %)?$/)
  })

  test('would leave it part-way without a watchdog', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias' })
    const { 'watchdog-role': _, ...unguarded } = guarded
    await stage.deploy(unguarded, { lost: true })
    expect(await later(stage)).toBe('1, and 2 at 10 %')
  })

  test('is followed by one whose watchdog is the same', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias' })
    await stage.deploy(guarded, { lost: true })
    stage.pass(minute)
    const { end } = await stage.deploy(guarded, { attempt: 2 })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(watchdogs(stage)).toHaveLength(1)
    expect(await later(stage)).toBe('2')
  })

  test('is rolled back by its post step where that is not lost, which takes the watchdog away', async () => {
    const stage = await newStage()
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy(guarded)
    expect([end.live, end.post.annotations]).toEqual(['1', ['warning rolled-back']])
    expect(watchdogs(stage).map(({ removed }) => removed)).toEqual(['by a call'])
  })
})
