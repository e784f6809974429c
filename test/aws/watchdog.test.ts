import { GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SchedulerWatchdog } from '../../src/aws/watchdog.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'
import type { SandboxOptions } from '../sandbox/sandbox.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const role = 'arn:aws:iam::111122223333:role/rollout-watchdog'
const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const minute = 60_000
const before = { routing: whole('1'), description: 'before' }
const canary = { routing: partWay('1', '2', 0.1), description: 'canary' }
const drop = { kind: 'drop', candidate: '2' } as const

let account: Account
let watchdog: SchedulerWatchdog

async function begin(options: Omit<SandboxOptions, 'now'> = {}): Promise<void> {
  account = await newAccount(options)
  watchdog = new SchedulerWatchdog(role, account.config, account.clock)
}

beforeEach(() => begin())

afterEach(() => account.close())

const inFiveMinutes = () => account.rig.now() + 5 * minute
const schedule = () => account.rig.sandbox.schedules.all.at(-1)
const runs = () => schedule()?.runs.map(({ result }) => result)
const restore = (revision: string) => ({ kind: 'restore', candidate: '2', back: before, revision }) as const

/** Gives version 2 a share, and tells the revision since. */
async function shift(): Promise<string> {
  const seen = await account.aliases.read(live)
  const written = await account.aliases.update(live, canary, seen?.revision ?? '')
  return written.kind === 'written' ? written.alias.revision : 'conflict'
}

async function stands() {
  const seen = await account.aliases.read(live)
  return { routing: seen?.routing, description: seen?.description }
}

/** Somebody else writes the alias. */
async function stranger(weights: Record<string, number>): Promise<void> {
  await account.rig.lambda.send(
    new UpdateAliasCommand({
      FunctionName: 'orders',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: weights },
      Description: 'by hand',
    }),
  )
}

describe('a schedule', () => {
  test('is one-shot, exact, tried once and no later than a minute after, and gone when it was run', async () => {
    await watchdog.set(live, drop, Date.parse('2026-11-23T10:20:00Z'))
    expect(account.requests('CreateSchedule').at(-1)?.input).toMatchObject({
      ScheduleExpression: 'at(2026-11-23T10:20:00)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateAlias',
        RoleArn: role,
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    })
  })

  test('says before a write the weight alone: no version, no revision', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    expect(JSON.parse(schedule()?.input ?? '')).toEqual({
      FunctionName: 'orders',
      Name: 'live',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0 } },
    })
  })

  test('says after a write what was found, and the revision', async () => {
    await watchdog.set(live, restore('a revision'), inFiveMinutes())
    expect(JSON.parse(schedule()?.input ?? '')).toEqual({
      FunctionName: 'orders',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0 } },
      Description: 'before',
      RevisionId: 'a revision',
    })
  })

  test('that shows that one can be made is switched off, and gone again', async () => {
    await watchdog.prepare(live)
    expect(account.requests('CreateSchedule').at(-1)?.input).toMatchObject({ State: 'DISABLED' })
    expect(schedule()).toMatchObject({ removed: 'by a call', runs: [] })
  })

  test('that stands is left as it is by one that shows that it can be made', async () => {
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    await watchdog.prepare(live)
    account.rig.pass(6 * minute)
    expect(await stands()).toEqual(before)
  })

  test('that is switched off is never run', async () => {
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    await watchdog.disarm(live)
    account.rig.pass(60 * minute)
    expect([schedule()?.state, runs()]).toEqual(['DISABLED', []])
    expect(await stands()).toEqual(canary)
  })

  test('is removed by hand by its name', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    const { name } = schedule() ?? {}
    expect(watchdog.removal(live)).toBe(`aws scheduler delete-schedule --region eu-west-1 --name ${name}`)
  })

  test('is one an alias, however often it is set', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    expect(account.rig.sandbox.schedules.all).toHaveLength(1)
    await watchdog.set({ ...live, alias: 'other' }, drop, inFiveMinutes())
    expect(account.rig.sandbox.schedules.all).toHaveLength(2)
  })

  test('is the same for a later process', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    await new SchedulerWatchdog(role, account.config, account.clock).set(live, drop, inFiveMinutes() + minute)
    expect(account.rig.sandbox.schedules.all).toHaveLength(1)
  })

  test('has a name that Scheduler takes, however long the names of function and alias are', async () => {
    const long = { ...live, functionName: 'f'.repeat(64), alias: 'a'.repeat(128) }
    await watchdog.prepare(long)
    expect(schedule()?.name.length).toBeLessThanOrEqual(64)
    await watchdog.set(long, drop, inFiveMinutes())
    expect(schedule()?.name).toMatch(/^lambda-rollout-[\w.-]+$/)
    expect(schedule()?.name.length).toBeLessThanOrEqual(64)
    await watchdog.set({ ...long, alias: 'b'.repeat(128) }, drop, inFiveMinutes())
    expect(new Set(account.rig.sandbox.schedules.all.map(({ name }) => name)).size).toBe(3)
    // A policy names them by how they begin.
    const begin = `lambda-rollout-${'f'.repeat(36)}-`
    expect(account.rig.sandbox.schedules.all.every(({ name }) => name.startsWith(begin))).toBe(true)
  })

  test('lies in the partition of its role', async () => {
    const china = new SchedulerWatchdog('arn:aws-cn:iam::111122223333:role/w', account.config, account.clock)
    account.befall('UpdateSchedule', { kind: 'denied' })
    await expect(china.set(live, drop, inFiveMinutes())).rejects.toMatchObject({ kind: 'denied' })
    expect(account.requests('UpdateSchedule')[0]?.input).toMatchObject({
      Target: { Arn: 'arn:aws-cn:scheduler:::aws-sdk:lambda:updateAlias' },
    })
  })

  test('is not run before it is due to a run that reckons in milliseconds', async () => {
    const due = inFiveMinutes() + 999
    await watchdog.set(live, drop, due)
    expect(schedule()?.at).toBeGreaterThanOrEqual(due)
  })
})

describe('when it fires', () => {
  test.each(['kept', 'dropped'] as const)('the weight is gone before a write, with empty maps %s', async emptyMaps => {
    await account.close()
    await begin({ scheduler: { emptyMaps } })
    await watchdog.set(live, drop, inFiveMinutes())
    await shift()
    account.rig.pass(6 * minute)
    expect(runs()).toEqual([{ kind: 'applied' }])
    expect(await stands()).toEqual({ routing: whole('1'), description: 'canary' })
  })

  test.each(['kept', 'dropped'] as const)(
    'all is as it was found after a write, with empty maps %s',
    async emptyMaps => {
      await account.close()
      await begin({ scheduler: { emptyMaps } })
      await watchdog.set(live, restore(await shift()), inFiveMinutes())
      account.rig.pass(6 * minute)
      expect(await stands()).toEqual(before)
      expect(schedule()?.removed).toBe('after its run')
    },
  )

  test('an alias that is at 100 % goes back as well', async () => {
    const seen = await account.aliases.read(live)
    const top = { routing: whole('2'), description: 'top' }
    const written = await account.aliases.update(live, top, seen?.revision ?? '')
    await watchdog.set(live, restore(written.kind === 'written' ? written.alias.revision : ''), inFiveMinutes())
    account.rig.pass(6 * minute)
    expect(await stands()).toEqual(before)
  })

  test('what was to be guarded before a write that was never made stays as it is', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    account.rig.pass(6 * minute)
    expect((await stands()).routing).toEqual(whole('1'))
  })

  test('a promotion that was written stays', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    const seen = await account.aliases.read(live)
    await account.aliases.update(live, { routing: whole('2'), description: 'done' }, seen?.revision ?? '')
    account.rig.pass(6 * minute)
    expect(await stands()).toEqual({ routing: whole('2'), description: 'done' })
  })

  test('what somebody else has written since the write is left to them', async () => {
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    await stranger({ 2: 0.5 })
    account.rig.pass(6 * minute)
    expect(runs()).toMatchObject([{ kind: 'failed', status: 412 }])
    expect(await stands()).toEqual({ routing: partWay('1', '2', 0.5), description: 'by hand' })
  })

  test('it is not tried again, so that nothing is undone hours later', async () => {
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    account.rig.sandbox.schedules.failNext({ kind: 'throttle' })
    account.rig.pass(24 * 60 * minute)
    expect(runs()).toHaveLength(1)
    expect(await stands()).toEqual(canary)
  })

  test('it may be up to a minute late, and can still be moved on until then', async () => {
    await account.close()
    await begin({ scheduler: { lateMs: 59_000 } })
    await watchdog.set(live, drop, inFiveMinutes())
    await shift()
    account.rig.pass(5 * minute)
    await watchdog.set(live, drop, inFiveMinutes())
    account.rig.pass(5 * minute)
    expect(await stands()).toEqual(canary)
  })

  test('the next run can set one anew', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    account.rig.pass(6 * minute)
    await watchdog.set(live, restore(await shift()), inFiveMinutes())
    account.rig.pass(6 * minute)
    expect(await stands()).toEqual(before)
  })

  test('a weight of 0 that it leaves is no canary to whoever reads the alias', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    await shift()
    account.rig.pass(6 * minute)
    const raw = await account.rig.lambda.send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }))
    expect(Object.values(raw.RoutingConfig?.AdditionalVersionWeights ?? {}).every(weight => weight === 0)).toBe(true)
    expect((await stands()).routing).toEqual(whole('1'))
  })
})

describe('removing', () => {
  test('takes it away before it fires', async () => {
    await watchdog.set(live, drop, inFiveMinutes())
    await shift()
    await watchdog.remove(live)
    account.rig.pass(6 * minute)
    expect(schedule()).toMatchObject({ removed: 'by a call', runs: [] })
    expect(await stands()).toEqual(canary)
  })

  test('what is gone already is no failure', async () => {
    await watchdog.remove(live)
    expect(account.requests('DeleteSchedule').map(({ status }) => status)).toEqual([404])
  })
})

describe('what cannot be done is told with its cure', () => {
  test('a denial names the actions, the role to pass and the schedule', async () => {
    account.befall('UpdateSchedule', { kind: 'denied' })
    await expect(watchdog.prepare(live)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(
        /could not set the watchdog of orders:live.*allow scheduler:CreateSchedule and scheduler:UpdateSchedule \(and iam:PassRole on arn:aws:iam::111122223333:role\/rollout-watchdog\) on the schedule default\/lambda-rollout-orders-/,
      ),
    })
  })

  test('a role that may not be passed is a denial that names it', async () => {
    account.rig.sandbox.enforce({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'scheduler:*', Resource: '*' }],
    })
    await expect(watchdog.prepare(live)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining(`iam:PassRole on ${role}`),
    })
  })

  test('a role that does not trust Scheduler is refused when it is prepared, and not first in need', async () => {
    account.rig.sandbox.roles.set(role, { trusts: ['oidc'] })
    await expect(watchdog.prepare(live)).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('must allow AWS EventBridge Scheduler to assume the role'),
    })
  })

  test('a removal that is denied names its action', async () => {
    account.befall('DeleteSchedule', { kind: 'denied' })
    await expect(watchdog.remove(live)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('allow scheduler:DeleteSchedule'),
    })
  })

  test('a throttled call is tried again', async () => {
    account.befall('UpdateSchedule', { kind: 'throttle' }, 1)
    await watchdog.set(live, drop, inFiveMinutes())
    expect(schedule()?.state).toBe('ENABLED')
  })

  test.each(['CreateSchedule', 'UpdateSchedule'])('an answer to %s that was lost does no harm', async operation => {
    if (operation === 'UpdateSchedule') await watchdog.set(live, drop, inFiveMinutes())
    account.befall(operation, { kind: 'lose-answer' }, 1)
    await watchdog.set(live, drop, inFiveMinutes())
    expect(account.rig.sandbox.schedules.all).toHaveLength(1)
    expect(schedule()?.state).toBe('ENABLED')
  })

  test('a Scheduler that stays down is unavailable, after tries', async () => {
    account.befall('UpdateSchedule', { kind: 'error', status: 500, name: 'InternalServerException', message: 'no' })
    await expect(watchdog.set(live, drop, inFiveMinutes())).rejects.toMatchObject({ kind: 'unavailable' })
    expect(account.requests('UpdateSchedule').length).toBeGreaterThan(1)
  })
})
