import { GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import type { SandboxOptions } from '../sandbox/sandbox.ts'

let rig: Rig

/** `orders:live` serves 1, and it is 12:00:00. */
async function begin(options: Omit<SandboxOptions, 'now'> = {}): Promise<void> {
  rig = await newRig(options)
  await rig.deploy('orders', 2)
  rig.pass(Date.parse('2026-11-23T12:00:00Z') - rig.now())
}

beforeEach(() => begin())

afterEach(() => rig.close())

async function beginAgain(options: Omit<SandboxOptions, 'now'>): Promise<void> {
  await rig.close()
  await begin(options)
}

const Name = 'watch'
const role = 'arn:aws:iam::111122223333:role/watchdog'
const live = { FunctionName: 'orders', Name: 'live' }
const whole = { ...live, RoutingConfig: { AdditionalVersionWeights: {} } }
const zeroed = { ...live, RoutingConfig: { AdditionalVersionWeights: { 2: 0 } } }

type Over = Partial<CreateScheduleCommandInput> & { readonly target?: object; readonly does?: object | string }

/** A schedule at 12:05:00 that takes the weight of version 2 away. */
function schedule({ target, does = zeroed, ...over }: Over = {}): CreateScheduleCommandInput {
  return {
    Name,
    ScheduleExpression: 'at(2026-11-23T12:05:00)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateAlias',
      RoleArn: role,
      Input: typeof does === 'string' ? does : JSON.stringify(does),
      ...target,
    },
    ...over,
  }
}

const create = (over?: Over) => rig.scheduler.send(new CreateScheduleCommand(schedule(over)))
const update = (over?: Over) => rig.scheduler.send(new UpdateScheduleCommand(schedule(over)))
const get = () => rig.scheduler.send(new GetScheduleCommand({ Name }))
const remove = (over = {}) => rig.scheduler.send(new DeleteScheduleCommand({ Name, ...over }))
const alias = () => rig.lambda.send(new GetAliasCommand(live))
const weights = async () => (await alias()).RoutingConfig?.AdditionalVersionWeights
const canary = () =>
  rig.lambda.send(
    new UpdateAliasCommand({ ...live, FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } }),
  )
const runs = () => rig.sandbox.schedules.all.at(-1)?.runs
const at = (time: string) => Date.parse(`2026-11-23T${time}Z`)
const passTo = (time: string) => rig.pass(at(time) - rig.now())

describe('CreateSchedule', () => {
  test('gives the ARN, and GetSchedule what was put, with the defaults of what was not', async () => {
    const arn = 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/watch'
    expect(await create({ ScheduleExpressionTimezone: undefined })).toMatchObject({ ScheduleArn: arn })
    const { $metadata, ...shown } = await get()
    expect(shown).toEqual({
      Arn: arn,
      GroupName: 'default',
      Name,
      ScheduleExpression: 'at(2026-11-23T12:05:00)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      ActionAfterCompletion: 'NONE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      CreationDate: new Date(at('12:00:00')),
      LastModificationDate: new Date(at('12:00:00')),
      Target: {
        ...schedule().Target,
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
    })
  })

  test.each([
    ['at(2026-11-23T12:05:00Z)'],
    ['at(2026-11-23)'],
    ['at(2026-11-23T12:05:00+01:00)'],
    ['at(2026-11-23T12:05:00.5)'],
    ['at(2026-02-30T12:05:00)'],
    ['at(2026-11-23T25:05:00)'],
    ['soon'],
  ])('refuses %s, before it looks at the role', async ScheduleExpression => {
    rig.sandbox.roles.set(role, { trusts: [] })
    await expect(create({ ScheduleExpression })).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Invalid Schedule Expression ${ScheduleExpression}.`,
      $metadata: { httpStatusCode: 400 },
    })
  })

  test.each<[string, Over, string]>([
    ['a name with a slash', { Name: 'a b' }, "at 'name' failed to satisfy constraint: Member must satisfy regular"],
    ['a name of 65', { Name: 'a'.repeat(65) }, 'Member must have length less than or equal to 64'],
    ['a group of 65', { GroupName: 'a'.repeat(65) }, "at 'groupName' failed"],
    ['a description of 513', { Description: 'a'.repeat(513) }, "at 'description' failed"],
    ['a zone of 51', { ScheduleExpressionTimezone: 'a'.repeat(51) }, "at 'scheduleExpressionTimezone' failed"],
    ['an unknown zone', { ScheduleExpressionTimezone: 'Mars/Olympus' }, 'Mars/Olympus'],
    ['a client token with a dot', { ClientToken: 'a.b' }, "at 'clientToken' failed"],
    ['no ARN of a role', { target: { RoleArn: 'watchdog' } }, "at 'target.roleArn' failed"],
    ['no target', { Target: undefined }, "Value 'null' at 'target' failed"],
    ['no time window', { FlexibleTimeWindow: undefined }, "at 'flexibleTimeWindow' failed"],
    ['a state of its own', { State: 'ON' as 'ENABLED' }, 'enum value set: [ENABLED, DISABLED]'],
    ['an end of its own', { ActionAfterCompletion: 'STOP' as 'NONE' }, 'enum value set: [NONE, DELETE]'],
    ['186 attempts', { target: { RetryPolicy: { MaximumRetryAttempts: 186 } } }, 'less than or equal to 185'],
    ['-1 attempts', { target: { RetryPolicy: { MaximumRetryAttempts: -1 } } }, 'greater than or equal to 0'],
    ['59 s', { target: { RetryPolicy: { MaximumEventAgeInSeconds: 59 } } }, 'greater than or equal to 60'],
    ['a day and 1 s', { target: { RetryPolicy: { MaximumEventAgeInSeconds: 86_401 } } }, 'less than or equal to 86400'],
  ])('refuses %s', async (_, over, message) => {
    await expect(create(over)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })

  test.each<[string, Over]>([
    ['another target', { target: { Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders' } }],
    ['another universal target', { target: { Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateFunctionCode' } }],
    ['a rate', { ScheduleExpression: 'rate(5 minutes)' }],
    ['a window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } }],
    ['a dead-letter queue', { target: { DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:111122223333:dead' } } }],
    ['attributes in the input', { does: '{"Description":"<aws.scheduler.scheduled-time>"}' }],
    ['a key', { KmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' }],
  ])('says that it does not model %s', async (_, over) => {
    await expect(create(over)).rejects.toMatchObject({ name: 'NotModelledBySandbox' })
  })

  test('does not ask whether the function is there', async () => {
    await create({ does: { ...whole, FunctionName: 'nobody' } })
    expect(await get()).toMatchObject({ Name })
  })

  test('refuses a role that does not trust Scheduler', async () => {
    rig.sandbox.roles.set(role, { trusts: ['oidc'] })
    await expect(create()).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    })
  })

  test('wants the role to be passed to Scheduler, and to no other service', async () => {
    const allow = (service: string) =>
      rig.sandbox.enforce({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'scheduler:CreateSchedule', Resource: '*' },
          {
            Effect: 'Allow',
            Action: 'iam:PassRole',
            Resource: role,
            Condition: { StringEquals: { 'iam:PassedToService': service } },
          },
        ],
      })
    allow('lambda.amazonaws.com')
    await expect(create()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`is not authorized to perform: iam:PassRole on resource: ${role}`),
      $metadata: { httpStatusCode: 403 },
    })
    allow('scheduler.amazonaws.com')
    await create()
  })

  test('of a name that is there is a conflict, and of an unknown group is not found', async () => {
    await create()
    await expect(create()).rejects.toMatchObject({
      name: 'ConflictException',
      message: 'Schedule watch already exists.',
      $metadata: { httpStatusCode: 409 },
    })
    await expect(create({ GroupName: 'mine' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    })
  })

  test('with the same client token is done once and answered each time', async () => {
    const first = await create({ ClientToken: 'a' })
    expect((await create({ ClientToken: 'a' })).ScheduleArn).toBe(first.ScheduleArn)
    await expect(create({ ClientToken: 'a', Description: 'other' })).rejects.toMatchObject({
      name: 'ConflictException',
    })
    expect(rig.sandbox.schedules.all).toHaveLength(1)
  })

  test("whose answer is lost is found done by the SDK's own second attempt", async () => {
    rig.sandbox.faults.add({ match: { service: 'scheduler' }, on: { times: 1 }, fault: { kind: 'lose-answer' } })
    const client = new SchedulerClient({
      endpoint: rig.sandbox.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    })
    await client.send(new CreateScheduleCommand(schedule()))
    client.destroy()
    expect(rig.sandbox.requests.slice(-2).map(({ status }) => status)).toEqual(['none', 200])
  })
})

describe('UpdateSchedule', () => {
  test('replaces everything: what is left out goes to its default', async () => {
    await create({
      Description: 'first',
      State: 'DISABLED',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      ActionAfterCompletion: 'DELETE',
      target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    })
    passTo('12:01:00')
    await update({ ScheduleExpressionTimezone: undefined })
    const shown = await get()
    expect(shown).toMatchObject({
      State: 'ENABLED',
      ScheduleExpressionTimezone: 'UTC',
      ActionAfterCompletion: 'NONE',
      CreationDate: new Date(at('12:00:00')),
      LastModificationDate: new Date(at('12:01:00')),
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    })
    expect(shown.Description).toBeUndefined()
  })

  test('moves the time on', async () => {
    await create()
    passTo('12:04:00')
    await update({ ScheduleExpression: 'at(2026-11-23T12:09:00)' })
    passTo('12:08:59')
    expect(runs()).toEqual([])
    passTo('12:09:00')
    expect(runs()).toMatchObject([{ at: at('12:09:00') }])
  })

  test('of one that has been run does not run it again for the same time, and does for a new one', async () => {
    await create()
    passTo('12:06:00')
    await update()
    passTo('12:07:00')
    expect(runs()).toHaveLength(1)
    await update({ ScheduleExpression: 'at(2026-11-23T12:09:00)' })
    passTo('12:09:00')
    expect(runs()).toHaveLength(2)
  })

  test('looks in the default group where none is named', async () => {
    await beginAgain({ scheduler: { groups: ['default', 'mine'] } })
    await create({ GroupName: 'mine' })
    await expect(update()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await update({ GroupName: 'mine' })
  })
})

test.each([
  ['UpdateSchedule', () => update()],
  ['GetSchedule', () => get()],
  ['DeleteSchedule', () => remove()],
])('%s of a schedule that is not there is a 404', async (_, call) => {
  await expect(call()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Schedule watch does not exist.',
    $metadata: { httpStatusCode: 404 },
  })
})

describe('DeleteSchedule', () => {
  test('keeps it from being run', async () => {
    await create()
    await remove()
    passTo('12:10:00')
    expect(rig.sandbox.schedules.all).toMatchObject([{ runs: [], removed: 'by a call' }])
  })

  test('with the same client token is answered again', async () => {
    await create()
    await remove({ ClientToken: 'gone' })
    await remove({ ClientToken: 'gone' })
    await expect(remove({ ClientToken: 'other' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('a due schedule', () => {
  test('calls UpdateAlias at its time and not before', async () => {
    await canary()
    await create()
    passTo('12:04:59')
    expect(await weights()).toEqual({ 2: 0.1 })
    passTo('12:05:00')
    expect(await weights()).toEqual({ 2: 0 })
    expect(rig.sandbox.schedules.all).toEqual([
      {
        name: Name,
        group: 'default',
        at: at('12:05:00'),
        state: 'ENABLED',
        input: JSON.stringify(zeroed),
        role,
        runs: [{ at: at('12:05:00'), attempt: 1, result: { kind: 'applied' } }],
      },
    ])
  })

  test('whose time was past when it was made is run before the next request', async () => {
    await canary()
    await create({ ScheduleExpression: 'at(2026-11-23T11:00:00)' })
    expect(await weights()).toEqual({ 2: 0 })
    expect(runs()).toMatchObject([{ at: at('12:00:00') }])
  })

  test('whose time was past when it was made is never run, where that is how it is', async () => {
    await beginAgain({ scheduler: { past: 'never run' } })
    await create({ ScheduleExpression: 'at(2026-11-23T11:00:00)' })
    passTo('12:10:00')
    expect(runs()).toEqual([])
  })

  test('is run so much later as AWS may take', async () => {
    await beginAgain({ scheduler: { lateMs: 59_000 } })
    await create()
    passTo('12:05:58')
    expect(runs()).toEqual([])
    passTo('12:06:00')
    expect(runs()).toMatchObject([{ at: at('12:05:59') }])
  })

  test.each([
    ['Europe/Berlin', '13:05:00'],
    ['Asia/Kolkata', '17:35:00'],
    ['America/New_York', '07:05:00'],
  ])('has its time by the clocks of %s', async (ScheduleExpressionTimezone, local) => {
    await create({ ScheduleExpressionTimezone, ScheduleExpression: `at(2026-11-23T${local})` })
    expect(rig.sandbox.schedules.all).toMatchObject([{ at: at('12:05:00') }])
  })

  test('that is disabled is not run, until it is enabled again', async () => {
    await create({ State: 'DISABLED' })
    passTo('12:06:00')
    expect(runs()).toEqual([])
    await update({ State: 'ENABLED', ScheduleExpression: 'at(2026-11-23T12:07:00)' })
    passTo('12:07:00')
    expect(runs()).toHaveLength(1)
  })

  test('stays after its run and looks as before it, or goes if it was to be deleted', async () => {
    await create()
    passTo('12:06:00')
    expect(await get()).toMatchObject({ State: 'ENABLED' })
    await remove()
    await create({ ActionAfterCompletion: 'DELETE', ScheduleExpression: 'at(2026-11-23T12:08:00)' })
    passTo('12:07:59')
    await get()
    passTo('12:08:00')
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect(rig.sandbox.schedules.all).toMatchObject([
      { removed: 'by a call' },
      { removed: 'after its run', runs: [{ result: { kind: 'applied' } }] },
    ])
  })

  test('has a revision of its own, so that whoever held the one before finds it gone', async () => {
    const { RevisionId } = await canary()
    await create()
    passTo('12:05:00')
    await expect(
      rig.lambda.send(new UpdateAliasCommand({ ...live, RevisionId, Description: 'x' })),
    ).rejects.toMatchObject({ name: 'PreconditionFailedException' })
  })

  test('with a revision that is no longer the latest leaves the alias alone, and is not retried', async () => {
    const { RevisionId } = await canary()
    await create({ does: { ...zeroed, FunctionVersion: '1', RevisionId } })
    await rig.lambda.send(new UpdateAliasCommand({ ...live, Description: 'a stranger was here' }))
    passTo('13:00:00')
    expect(await weights()).toEqual({ 2: 0.1 })
    expect(runs()).toMatchObject([{ result: { kind: 'failed', status: 412, error: 'PreconditionFailedException' } }])
  })

  test.each([
    ['an unknown function', { ...whole, FunctionName: 'nobody' }, 404, 'ResourceNotFoundException'],
    ['an unknown alias', { ...whole, Name: 'nobody' }, 404, 'ResourceNotFoundException'],
    ['an unknown version', { ...live, FunctionVersion: '9' }, 404, 'ResourceNotFoundException'],
    ['a weight over 1', { ...live, RoutingConfig: { AdditionalVersionWeights: { 2: 2 } } }, 400, 'ValidationException'],
    ['no function', {}, 400, 'ValidationException'],
    ['no JSON', 'stable, please', 400, 'ValidationException'],
    ['another member', { ...live, Weight: 1 }, 501, 'NotModelledBySandbox'],
  ])('that names %s fails once', async (_, does, status, error) => {
    await create({ does })
    passTo('13:00:00')
    expect(runs()).toMatchObject([{ attempt: 1, result: { kind: 'failed', status, error } }])
  })

  test('says nothing of weights where empty maps are dropped, and clears them where they are kept', async () => {
    await canary()
    await create({ does: whole })
    passTo('12:05:00')
    expect(runs()).toMatchObject([{ result: { kind: 'applied' } }])
    expect(await weights()).toEqual({ 2: 0.1 })

    await beginAgain({ scheduler: { emptyMaps: 'kept' } })
    await canary()
    await create({ does: whole })
    passTo('12:05:00')
    expect(await weights()).toBeUndefined()
  })

  test("is held to its role's policy, where it has one", async () => {
    await canary()
    const statement = { Effect: 'Allow', Action: 'lambda:UpdateAlias', Resource: '*' } as const
    const of = (Resource: string) =>
      rig.sandbox.roles.set(role, { policy: { Version: '2012-10-17', Statement: { ...statement, Resource } } })
    of('arn:aws:lambda:eu-west-1:111122223333:function:other')
    await create()
    passTo('12:05:00')
    expect(runs()).toMatchObject([
      {
        result: {
          error: 'AccessDeniedException',
          message: expect.stringContaining(
            'assumed-role/watchdog/scheduler is not authorized to perform: lambda:UpdateAlias',
          ),
        },
      },
    ])
    of('arn:aws:lambda:eu-west-1:111122223333:function:orders')
    await update({ ScheduleExpression: 'at(2026-11-23T12:07:00)' })
    passTo('12:07:00')
    expect(await weights()).toEqual({ 2: 0 })
  })

  test("is not held to the caller's policy", async () => {
    await create()
    rig.sandbox.enforce({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } })
    passTo('12:05:00')
    expect(runs()).toMatchObject([{ result: { kind: 'applied' } }])
  })

  test('fails when its role no longer trusts Scheduler', async () => {
    await create()
    rig.sandbox.roles.set(role, { trusts: [] })
    passTo('12:05:00')
    expect(runs()).toMatchObject([{ result: { kind: 'failed', status: 403 } }])
  })
})

describe('a run that fails for a while', () => {
  const throttle = { kind: 'throttle' } as const
  const outage = { kind: 'error', status: 500, name: 'ServiceException', message: 'x' } as const
  const policy = (MaximumRetryAttempts: number, MaximumEventAgeInSeconds = 3600) => ({
    target: { RetryPolicy: { MaximumRetryAttempts, MaximumEventAgeInSeconds } },
  })
  const kinds = () => runs()?.map(({ attempt, result }) => [attempt, result.kind])

  test.each([throttle, outage])('with a $kind is tried again, later and later', async failure => {
    rig.sandbox.schedules.failNext(failure, 2)
    await create()
    passTo('13:00:00')
    expect(runs()?.map(run => run.at)).toEqual([at('12:05:00'), at('12:06:00'), at('12:08:00')])
    expect(kinds()).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'applied'],
    ])
  })

  test('is not tried again where no attempts are left, and the schedule that was to go is gone', async () => {
    rig.sandbox.schedules.failNext(throttle, 9)
    await create({ ...policy(0), ActionAfterCompletion: 'DELETE' })
    passTo('13:00:00')
    expect(kinds()).toEqual([[1, 'failed']])
    expect(rig.sandbox.schedules.all).toMatchObject([{ removed: 'after its run' }])
  })

  test('is tried as often as its policy says', async () => {
    rig.sandbox.schedules.failNext(throttle, 9)
    await create(policy(2))
    passTo('15:00:00')
    expect(kinds()).toHaveLength(3)
  })

  test('is not tried again when it is too old', async () => {
    rig.sandbox.schedules.failNext(throttle, 9)
    await create(policy(185, 100))
    passTo('15:00:00')
    expect(kinds()).toHaveLength(2)
  })

  test('is not tried again once the schedule is deleted', async () => {
    rig.sandbox.schedules.failNext(throttle, 1)
    await create()
    passTo('12:05:30')
    await remove()
    passTo('13:00:00')
    expect(kinds()).toEqual([[1, 'failed']])
  })
})

test('what is not modelled of Scheduler is refused, in its own words', async () => {
  await expect(rig.scheduler.send(new ListSchedulesCommand({}))).rejects.toMatchObject({
    name: 'NotModelledBySandbox',
    message: expect.stringContaining('GET /schedules'),
  })
})

test('an object in a bucket called schedules is an object', async () => {
  await rig.s3.send(new CreateBucketCommand({ Bucket: 'schedules' }))
  await rig.s3.send(new PutObjectCommand({ Bucket: 'schedules', Key: 'watch', Body: 'x' }))
  const { Body } = await rig.s3.send(new GetObjectCommand({ Bucket: 'schedules', Key: 'watch' }))
  expect(await Body?.transformToString()).toBe('x')
})

test.each([
  ['throttle', { kind: 'throttle' }, { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }],
  ['expired', { kind: 'expired' }, { name: 'ExpiredTokenException', $metadata: { httpStatusCode: 403 } }],
  ['denied', { kind: 'denied' }, { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } }],
] as const)('the fault %s is what Scheduler says', async (_, fault, told) => {
  rig.sandbox.faults.add({ match: { service: 'scheduler', operation: 'CreateSchedule' }, fault })
  await expect(create()).rejects.toMatchObject(told)
  expect(rig.sandbox.schedules.all).toEqual([])
})
