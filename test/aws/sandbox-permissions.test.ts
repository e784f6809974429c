import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetMetricDataCommand,
  PutCompositeAlarmCommand,
  PutLogAlarmCommand,
  type PutLogAlarmCommandInput,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { DescribeLogStreamsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteFunctionUrlConfigCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  ListFunctionUrlConfigsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { operations as cloudwatchOperations } from '../sandbox/cloudwatch/operations.ts'
import { needs, unverified } from '../sandbox/iam/needs.ts'
import type { PolicyStatement } from '../sandbox/iam/policy.ts'
import { routes } from '../sandbox/lambda/routes.ts'
import { operations as logsOperations } from '../sandbox/logs/api.ts'
import { newRig, type Rig, zipOf } from '../sandbox/rig.ts'
import { operations as schedulerOperations } from '../sandbox/scheduler/api.ts'
import { operations as stsOperations } from '../sandbox/sts/api.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders', 2)
})

afterEach(() => rig.close())

const FunctionName = 'orders'
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
const role = 'arn:aws:iam::111122223333:role/app'
const alarm = 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:'
const logs = 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders:log-stream:'
const live = { FunctionName, Qualifier: 'live' }
const two = { FunctionName, Qualifier: '2' }
const zip = { Bucket: 'artifacts', Key: 'orders/app.zip' }
const object = 'arn:aws:s3:::artifacts/orders/app.zip'
const times = { StartTime: new Date('2026-11-23T09:00:00Z'), EndTime: new Date('2026-11-23T10:00:00Z') }

const lambda = (command: unknown) => rig.lambda.send(command as GetAliasCommand)
const cloudwatch = (command: unknown) => rig.cloudwatch.send(command as DescribeAlarmsCommand)
const s3 = (command: unknown) => rig.s3.send(command as GetObjectCommand)

function allow(Action: string | readonly string[], Resource: string | readonly string[], more: object = {}) {
  return { Effect: 'Allow', Action, Resource, ...more } satisfies PolicyStatement
}

function enforce(...statements: readonly PolicyStatement[]): void {
  rig.sandbox.enforce({ Version: '2012-10-17', Statement: statements })
}

const missing = () => rig.sandbox.requests.at(-1)?.missing

/** What takes which permissions; `given` is there before the policy is. */
type Row = {
  readonly name: string
  readonly given?: () => Promise<unknown>
  readonly call: (given: unknown) => Promise<unknown>
  readonly takes: readonly (readonly [action: string, resource: string])[]
}

const url = { AuthType: 'AWS_IAM' } as const
const publicly = { StatementId: 'public', Action: 'lambda:InvokeFunction', Principal: '*' }
const metricAlarm = {
  AlarmName: 'errors',
  Namespace: 'Orders',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
} as const
const created = {
  FunctionName: 'fresh',
  Role: role,
  Runtime: 'nodejs22.x',
  Handler: 'index.handler',
} as const

const addUrl = () => lambda(new CreateFunctionUrlConfigCommand({ ...live, ...url }))
const addPermission = () => lambda(new AddPermissionCommand({ ...live, ...publicly }))
const provision = () =>
  lambda(new PutProvisionedConcurrencyConfigCommand({ ...two, ProvisionedConcurrentExecutions: 1 }))
const putAlarm = () => cloudwatch(new PutMetricAlarmCommand(metricAlarm))
const addTrigger = () => {
  const EventSourceArn = 'arn:aws:sqs:eu-west-1:111122223333:queue'
  return lambda(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }))
}
const uuidOf = (given: unknown) => Reflect.get(Object(given), 'UUID') as string
const upload = async () => {
  await s3(new CreateBucketCommand({ Bucket: 'artifacts' }))
  return s3(new PutObjectCommand({ ...zip, Body: zipOf('export {}') }))
}
const beginUpload = async () => {
  await upload()
  return s3(new CreateMultipartUploadCommand(zip))
}
const uploadIdOf = (given: unknown) => Reflect.get(Object(given), 'UploadId') as string
const versionIdOf = (given: unknown) => Reflect.get(Object(given), 'VersionId') as string
const invoke = () => lambda(new InvokeCommand(live))
const schedule = {
  Name: 'watch',
  ScheduleExpression: 'at(2026-11-23T11:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateAlias', RoleArn: role, Input: '{}' },
} as const
const scheduleArn = 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/watch'
const putSchedule = () => rig.scheduler.send(new CreateScheduleCommand(schedule))

const rows: readonly Row[] = [
  row('GetFunction', `${arn}`, () => lambda(new GetFunctionCommand({ FunctionName }))),
  row('GetFunction', `${arn}:2`, () => lambda(new GetFunctionCommand(two))),
  row('GetFunction', `${arn}:live`, () => lambda(new GetFunctionCommand({ FunctionName: 'orders:live' }))),
  row('GetFunctionConfiguration', `${arn}:2`, () => lambda(new GetFunctionConfigurationCommand(two))),
  row('ListFunctions', '*', () => lambda(new ListFunctionsCommand({}))),
  row('PublishVersion', arn, () => lambda(new PublishVersionCommand({ FunctionName }))),
  row('ListVersionsByFunction', arn, () => lambda(new ListVersionsByFunctionCommand({ FunctionName }))),
  row('ListVersionsByFunction', arn, () => lambda(new ListVersionsByFunctionCommand({ FunctionName: 'orders:live' }))),
  row('DeleteFunction', `${arn}:2`, () => lambda(new DeleteFunctionCommand(two))),
  row('GetAlias', arn, () => lambda(new GetAliasCommand({ FunctionName: arn, Name: 'live' }))),
  row('UpdateAlias', arn, () => lambda(new UpdateAliasCommand({ FunctionName, Name: 'live', Description: 'x' }))),
  row('CreateAlias', arn, () => lambda(new CreateAliasCommand({ FunctionName, Name: 'pr-7', FunctionVersion: '2' }))),
  row('DeleteAlias', arn, () => lambda(new DeleteAliasCommand({ FunctionName, Name: 'live' }))),
  row('ListAliases', arn, () => lambda(new ListAliasesCommand({ FunctionName }))),
  { name: 'Invoke', call: invoke, takes: [['lambda:InvokeFunction', `${arn}:live`]] },
  row('AddPermission', `${arn}:live`, addPermission),
  row('GetPolicy', `${arn}:live`, () => lambda(new GetPolicyCommand(live)), addPermission),
  row(
    'RemovePermission',
    `${arn}:live`,
    () => lambda(new RemovePermissionCommand({ ...live, StatementId: 'public' })),
    addPermission,
  ),
  row('CreateFunctionUrlConfig', `${arn}:live`, addUrl),
  row('GetFunctionUrlConfig', `${arn}:live`, () => lambda(new GetFunctionUrlConfigCommand(live)), addUrl),
  row(
    'UpdateFunctionUrlConfig',
    `${arn}:live`,
    () => lambda(new UpdateFunctionUrlConfigCommand({ ...live, AuthType: 'NONE' })),
    addUrl,
  ),
  row('DeleteFunctionUrlConfig', `${arn}:live`, () => lambda(new DeleteFunctionUrlConfigCommand(live)), addUrl),
  row('ListFunctionUrlConfigs', arn, () => lambda(new ListFunctionUrlConfigsCommand({ FunctionName }))),
  row('CreateEventSourceMapping', '*', addTrigger),
  row('ListEventSourceMappings', '*', () => lambda(new ListEventSourceMappingsCommand({ FunctionName }))),
  ...(['Get', 'Delete'] as const).map(verb =>
    row(
      `${verb}EventSourceMapping`,
      'arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:*',
      given =>
        lambda(
          verb === 'Get'
            ? new GetEventSourceMappingCommand({ UUID: uuidOf(given) })
            : new DeleteEventSourceMappingCommand({ UUID: uuidOf(given) }),
        ),
      addTrigger,
    ),
  ),
  row('PutProvisionedConcurrencyConfig', `${arn}:2`, provision),
  row(
    'GetProvisionedConcurrencyConfig',
    `${arn}:2`,
    () => lambda(new GetProvisionedConcurrencyConfigCommand(two)),
    provision,
  ),
  row(
    'DeleteProvisionedConcurrencyConfig',
    `${arn}:2`,
    () => lambda(new DeleteProvisionedConcurrencyConfigCommand(two)),
    provision,
  ),
  row('ListProvisionedConcurrencyConfigs', arn, () =>
    lambda(new ListProvisionedConcurrencyConfigsCommand({ FunctionName })),
  ),
  row('PutFunctionConcurrency', arn, () =>
    lambda(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 })),
  ),
  row('GetFunctionConcurrency', arn, () => lambda(new GetFunctionConcurrencyCommand({ FunctionName }))),
  row('DeleteFunctionConcurrency', arn, () => lambda(new DeleteFunctionConcurrencyCommand({ FunctionName }))),
  row('GetAccountSettings', '*', () => lambda(new GetAccountSettingsCommand({}))),
  row('UpdateFunctionConfiguration', arn, () =>
    lambda(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 })),
  ),
  row('UpdateFunctionCode', arn, () => lambda(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zipOf('') }))),
  {
    name: 'CreateFunction',
    call: () => lambda(new CreateFunctionCommand({ ...created, Code: { ZipFile: zipOf('') } })),
    takes: [
      ['lambda:CreateFunction', arn.replace('orders', 'fresh')],
      ['iam:PassRole', role],
    ],
  },
  {
    name: 'UpdateFunctionConfiguration of the role',
    call: () => lambda(new UpdateFunctionConfigurationCommand({ FunctionName, Role: role })),
    takes: [
      ['lambda:UpdateFunctionConfiguration', arn],
      ['iam:PassRole', role],
    ],
  },
  {
    name: 'UpdateFunctionCode from a bucket',
    given: upload,
    call: () => lambda(new UpdateFunctionCodeCommand({ FunctionName, S3Bucket: zip.Bucket, S3Key: zip.Key })),
    takes: [
      ['lambda:UpdateFunctionCode', arn],
      ['s3:GetObject', object],
    ],
  },
  {
    name: 'CreateFunction from one version of an object',
    given: upload,
    call: given => {
      const Code = { S3Bucket: zip.Bucket, S3Key: zip.Key, S3ObjectVersion: versionIdOf(given) }
      return lambda(new CreateFunctionCommand({ ...created, Code }))
    },
    takes: [
      ['lambda:CreateFunction', arn.replace('orders', 'fresh')],
      ['iam:PassRole', role],
      ['s3:GetObjectVersion', object],
    ],
  },
  {
    name: 'DescribeAlarms by name',
    call: () => cloudwatch(new DescribeAlarmsCommand({ AlarmNames: ['errors', 'latency'] })),
    takes: [
      ['cloudwatch:DescribeAlarms', `${alarm}errors`],
      ['cloudwatch:DescribeAlarms', `${alarm}latency`],
    ],
  },
  {
    name: 'DescribeAlarms of composites',
    call: () => {
      const AlarmTypes = ['MetricAlarm' as const, 'CompositeAlarm' as const]
      return cloudwatch(new DescribeAlarmsCommand({ AlarmNames: ['errors'], AlarmTypes }))
    },
    takes: [['cloudwatch:DescribeAlarms', '*']],
  },
  {
    name: 'DescribeAlarms by prefix',
    call: () => cloudwatch(new DescribeAlarmsCommand({ AlarmNamePrefix: 'orders-' })),
    takes: [['cloudwatch:DescribeAlarms', `${alarm}*`]],
  },
  {
    name: 'DescribeAlarmHistory',
    call: () => cloudwatch(new DescribeAlarmHistoryCommand({ AlarmName: 'errors' })),
    takes: [['cloudwatch:DescribeAlarmHistory', `${alarm}errors`]],
  },
  { name: 'PutMetricAlarm', call: putAlarm, takes: [['cloudwatch:PutMetricAlarm', `${alarm}errors`]] },
  {
    name: 'PutCompositeAlarm',
    given: putAlarm,
    call: () => cloudwatch(new PutCompositeAlarmCommand({ AlarmName: 'any', AlarmRule: 'ALARM(errors)' })),
    takes: [['cloudwatch:PutCompositeAlarm', '*']],
  },
  {
    name: 'PutLogAlarm',
    call: () => cloudwatch(new PutLogAlarmCommand({ AlarmName: 'logged' } as PutLogAlarmCommandInput)),
    takes: [['cloudwatch:PutLogAlarm', `${alarm}logged`]],
  },
  {
    name: 'DescribeAlarmsForMetric',
    call: () => cloudwatch(new DescribeAlarmsForMetricCommand({ Namespace: 'Orders', MetricName: 'Errors' })),
    takes: [['cloudwatch:DescribeAlarmsForMetric', '*']],
  },
  {
    name: 'SetAlarmState',
    given: putAlarm,
    call: () =>
      cloudwatch(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' })),
    takes: [['cloudwatch:SetAlarmState', `${alarm}errors`]],
  },
  {
    name: 'EnableAlarmActions',
    given: putAlarm,
    call: () => cloudwatch(new EnableAlarmActionsCommand({ AlarmNames: ['errors'] })),
    takes: [['cloudwatch:EnableAlarmActions', `${alarm}errors`]],
  },
  {
    name: 'DisableAlarmActions',
    given: putAlarm,
    call: () => cloudwatch(new DisableAlarmActionsCommand({ AlarmNames: ['errors'] })),
    takes: [['cloudwatch:DisableAlarmActions', `${alarm}errors`]],
  },
  {
    name: 'DeleteAlarms',
    given: putAlarm,
    call: () => cloudwatch(new DeleteAlarmsCommand({ AlarmNames: ['errors'] })),
    takes: [['cloudwatch:DeleteAlarms', `${alarm}errors`]],
  },
  {
    name: 'GetMetricData',
    call: () => cloudwatch(new GetMetricDataCommand({ ...times, MetricDataQueries: [] })),
    takes: [['cloudwatch:GetMetricData', '*']],
  },
  {
    name: 'PutMetricData',
    call: () => {
      const MetricData = [{ MetricName: 'Errors', Value: 1 }]
      return cloudwatch(new PutMetricDataCommand({ Namespace: 'Orders', MetricData }))
    },
    takes: [['cloudwatch:PutMetricData', '*']],
  },
  {
    name: 'FilterLogEvents',
    given: invoke,
    call: () => rig.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/orders' })),
    takes: [['logs:FilterLogEvents', logs]],
  },
  {
    name: 'DescribeLogStreams',
    given: invoke,
    call: () => rig.logs.send(new DescribeLogStreamsCommand({ logGroupName: '/aws/lambda/orders' })),
    takes: [['logs:DescribeLogStreams', logs]],
  },
  {
    name: 'CreateBucket',
    call: () => s3(new CreateBucketCommand({ Bucket: 'artifacts' })),
    takes: [['s3:CreateBucket', 'arn:aws:s3:::artifacts']],
  },
  {
    name: 'HeadBucket',
    given: upload,
    call: () => s3(new HeadBucketCommand({ Bucket: 'artifacts' })),
    takes: [['s3:ListBucket', 'arn:aws:s3:::artifacts']],
  },
  {
    name: 'PutObject',
    given: upload,
    call: () => s3(new PutObjectCommand({ ...zip, Body: 'x' })),
    takes: [['s3:PutObject', object]],
  },
  {
    name: 'GetObject',
    given: upload,
    call: () => s3(new GetObjectCommand(zip)),
    takes: [['s3:GetObject', object]],
  },
  {
    name: 'HeadObject of one version',
    given: upload,
    call: given => s3(new HeadObjectCommand({ ...zip, VersionId: versionIdOf(given) })),
    takes: [['s3:GetObjectVersion', object]],
  },
  {
    name: 'CreateMultipartUpload',
    given: upload,
    call: () => s3(new CreateMultipartUploadCommand(zip)),
    takes: [['s3:PutObject', object]],
  },
  {
    name: 'CompleteMultipartUpload',
    given: async () => {
      const begun = await beginUpload()
      const part = new UploadPartCommand({ ...zip, UploadId: uploadIdOf(begun), PartNumber: 1, Body: 'x' })
      return { ...begun, ...(await s3(part)) }
    },
    call: given => {
      const Parts = [{ PartNumber: 1, ETag: Reflect.get(Object(given), 'ETag') }]
      const done = { ...zip, UploadId: uploadIdOf(given), MultipartUpload: { Parts } }
      return s3(new CompleteMultipartUploadCommand(done))
    },
    takes: [['s3:PutObject', object]],
  },
  {
    name: 'UploadPart',
    given: beginUpload,
    call: given => s3(new UploadPartCommand({ ...zip, UploadId: uploadIdOf(given), PartNumber: 1, Body: 'x' })),
    takes: [['s3:PutObject', object]],
  },
  {
    name: 'AbortMultipartUpload',
    given: beginUpload,
    call: given => s3(new AbortMultipartUploadCommand({ ...zip, UploadId: uploadIdOf(given) })),
    takes: [['s3:AbortMultipartUpload', object]],
  },
  {
    name: 'CreateSchedule',
    call: putSchedule,
    takes: [
      ['scheduler:CreateSchedule', scheduleArn],
      ['iam:PassRole', role],
    ],
  },
  {
    name: 'UpdateSchedule',
    given: putSchedule,
    call: () => rig.scheduler.send(new UpdateScheduleCommand(schedule)),
    takes: [
      ['scheduler:UpdateSchedule', scheduleArn],
      ['iam:PassRole', role],
    ],
  },
  {
    name: 'GetSchedule',
    given: putSchedule,
    call: () => rig.scheduler.send(new GetScheduleCommand({ Name: 'watch' })),
    takes: [['scheduler:GetSchedule', scheduleArn]],
  },
  {
    name: 'DeleteSchedule',
    given: putSchedule,
    call: () => rig.scheduler.send(new DeleteScheduleCommand({ Name: 'watch' })),
    takes: [['scheduler:DeleteSchedule', scheduleArn]],
  },
  {
    name: 'AssumeRoleWithWebIdentity',
    call: () => {
      const WebIdentityToken = rig.sandbox.oidc.token('sts.amazonaws.com')
      const assumed = { RoleArn: role, RoleSessionName: 'orders', WebIdentityToken }
      return rig.sts.send(new AssumeRoleWithWebIdentityCommand(assumed))
    },
    takes: [],
  },
  { name: 'GetCallerIdentity', call: () => rig.sts.send(new GetCallerIdentityCommand({})), takes: [] },
]

describe.each(rows)('$name', ({ given, call, takes }) => {
  const statements = takes.map(([action, resource]) => allow(action, resource))

  test('is allowed by what it takes', async () => {
    const before = await given?.()
    enforce(...statements)
    await expect(call(before)).resolves.toMatchObject({ $metadata: { attempts: 1 } })
  })

  test.each(takes)('is denied without %s on %s', async (action, resource) => {
    const before = await given?.()
    const others = statements.filter(({ Action, Resource }) => Action !== action || Resource !== resource)
    enforce(...others, allow(action, 'arn:aws:lambda:us-east-1:111122223333:function:other'))
    await expect(call(before)).rejects.toMatchObject({
      $metadata: { httpStatusCode: action.startsWith('logs:') ? 400 : 403 },
    })
    expect(missing()).toEqual({ action, resource: expect.stringMatching(startOf(resource)) })
  })
})

function row(operation: string, resource: string, call: Row['call'], given?: Row['given']): Row {
  const name =
    resource.startsWith(arn) && resource !== arn ? `${operation} of ${resource.slice(arn.length - 6)}` : operation
  return { name, call, takes: [[`lambda:${operation}`, resource]], ...(given && { given }) }
}

/** The ids of triggers are made up. */
function startOf(resource: string): RegExp {
  const literal = resource.replace(/[\\^$.+()[\]{}|/*-]/g, '\\$&')
  return new RegExp(resource.includes('event-source-mapping') ? `^${literal.slice(0, -2)}` : `^${literal}$`)
}

test('no operation of the table is left out here', () => {
  const known = Object.values(needs).flatMap(table => Object.keys(table))
  expect([...new Set(rows.map(({ name }) => name.split(' ')[0]))].toSorted()).toEqual(known.toSorted())
})

test('each operation that is modelled has its permissions in the table', () => {
  expect(Object.keys(needs.lambda).toSorted()).toEqual(routes.map(({ operation }) => operation).toSorted())
  expect(Object.keys(needs.cloudwatch).toSorted()).toEqual(Object.keys(cloudwatchOperations).toSorted())
  expect(Object.keys(needs.logs).toSorted()).toEqual(Object.keys(logsOperations).toSorted())
  expect(Object.keys(needs.scheduler).toSorted()).toEqual(Object.keys(schedulerOperations).toSorted())
  expect(Object.keys(needs.sts).toSorted()).toEqual(Object.keys(stsOperations).toSorted())
})

test('what is not verified is said of operations that there are', () => {
  const known = Object.values(needs).flatMap(table => Object.keys(table))
  expect(known).toEqual(expect.arrayContaining(Object.keys(unverified)))
})
