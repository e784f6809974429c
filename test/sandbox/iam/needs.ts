import { type Input, structure, text, texts } from '../input.ts'
import { functionArn, partsOf } from '../lambda/names.ts'
import { groupArn } from '../logs/groups.ts'
import type { ServiceName } from '../record.ts'
import { groupOf, scheduleArn } from '../scheduler/names.ts'
import type { World } from '../world.ts'
import type { Context, Need } from './policy.ts'

type Needs = (world: World, input: Input) => readonly Need[]

/**
 * What a call has to be allowed, by service and operation: IAM's actions, and the resources that each is authorised on.
 * Lambda takes a qualifier into the resource, so `function:orders` alone does not allow a call on `orders:7`. An alias
 * that is named in the path is no qualifier.
 */
export const needs: Readonly<Record<ServiceName, Readonly<Record<string, Needs>>>> = {
  lambda: {
    CreateFunction: all(onFunction('lambda:CreateFunction'), passRole, readCode),
    ListFunctions: onAnything('lambda:ListFunctions'),
    GetFunction: onQualified('lambda:GetFunction'),
    DeleteFunction: onQualified('lambda:DeleteFunction'),
    GetFunctionConfiguration: onQualified('lambda:GetFunctionConfiguration'),
    UpdateFunctionConfiguration: all(onFunction('lambda:UpdateFunctionConfiguration'), passRole),
    UpdateFunctionCode: all(onFunction('lambda:UpdateFunctionCode'), readCode),
    PublishVersion: onFunction('lambda:PublishVersion'),
    ListVersionsByFunction: onFunction('lambda:ListVersionsByFunction'),
    CreateAlias: onFunction('lambda:CreateAlias'),
    ListAliases: onFunction('lambda:ListAliases'),
    GetAlias: onFunction('lambda:GetAlias'),
    UpdateAlias: onFunction('lambda:UpdateAlias'),
    DeleteAlias: onFunction('lambda:DeleteAlias'),
    Invoke: onQualified('lambda:InvokeFunction'),
    AddPermission: onQualified('lambda:AddPermission', permissionContext),
    GetPolicy: onQualified('lambda:GetPolicy'),
    RemovePermission: onQualified('lambda:RemovePermission'),
    CreateFunctionUrlConfig: onQualified('lambda:CreateFunctionUrlConfig', urlContext),
    GetFunctionUrlConfig: onQualified('lambda:GetFunctionUrlConfig', urlContext),
    UpdateFunctionUrlConfig: onQualified('lambda:UpdateFunctionUrlConfig', urlContext),
    DeleteFunctionUrlConfig: onQualified('lambda:DeleteFunctionUrlConfig', urlContext),
    ListFunctionUrlConfigs: onFunction('lambda:ListFunctionUrlConfigs'),
    CreateEventSourceMapping: onAnything('lambda:CreateEventSourceMapping', sourceContext),
    ListEventSourceMappings: onAnything('lambda:ListEventSourceMappings'),
    GetEventSourceMapping: onEventSource('lambda:GetEventSourceMapping'),
    DeleteEventSourceMapping: onEventSource('lambda:DeleteEventSourceMapping'),
    PutProvisionedConcurrencyConfig: onQualified('lambda:PutProvisionedConcurrencyConfig'),
    GetProvisionedConcurrencyConfig: onQualified('lambda:GetProvisionedConcurrencyConfig'),
    DeleteProvisionedConcurrencyConfig: onQualified('lambda:DeleteProvisionedConcurrencyConfig'),
    ListProvisionedConcurrencyConfigs: onFunction('lambda:ListProvisionedConcurrencyConfigs'),
    PutFunctionConcurrency: onFunction('lambda:PutFunctionConcurrency'),
    GetFunctionConcurrency: onFunction('lambda:GetFunctionConcurrency'),
    DeleteFunctionConcurrency: onFunction('lambda:DeleteFunctionConcurrency'),
    GetAccountSettings: onAnything('lambda:GetAccountSettings'),
  },
  cloudwatch: {
    PutMetricAlarm: onAlarms('cloudwatch:PutMetricAlarm'),
    PutCompositeAlarm: onAnything('cloudwatch:PutCompositeAlarm'),
    PutLogAlarm: onAlarms('cloudwatch:PutLogAlarm'),
    DescribeAlarms: onAlarms('cloudwatch:DescribeAlarms'),
    DescribeAlarmsForMetric: onAnything('cloudwatch:DescribeAlarmsForMetric'),
    DescribeAlarmHistory: onAlarms('cloudwatch:DescribeAlarmHistory'),
    SetAlarmState: onAlarms('cloudwatch:SetAlarmState'),
    EnableAlarmActions: onAlarms('cloudwatch:EnableAlarmActions'),
    DisableAlarmActions: onAlarms('cloudwatch:DisableAlarmActions'),
    DeleteAlarms: onAlarms('cloudwatch:DeleteAlarms'),
    PutMetricData: onAnything('cloudwatch:PutMetricData'),
    GetMetricData: onAnything('cloudwatch:GetMetricData'),
  },
  logs: {
    FilterLogEvents: onLogStreams('logs:FilterLogEvents'),
    DescribeLogStreams: onLogStreams('logs:DescribeLogStreams'),
  },
  s3: {
    CreateBucket: onBucket('s3:CreateBucket'),
    HeadBucket: onBucket('s3:ListBucket'),
    PutObject: onObject('s3:PutObject'),
    GetObject: readObject,
    HeadObject: readObject,
    CreateMultipartUpload: onObject('s3:PutObject'),
    UploadPart: onObject('s3:PutObject'),
    CompleteMultipartUpload: onObject('s3:PutObject'),
    AbortMultipartUpload: onObject('s3:AbortMultipartUpload'),
  },
  scheduler: {
    CreateSchedule: all(onSchedule('scheduler:CreateSchedule'), passTargetRole),
    UpdateSchedule: all(onSchedule('scheduler:UpdateSchedule'), passTargetRole),
    GetSchedule: onSchedule('scheduler:GetSchedule'),
    DeleteSchedule: onSchedule('scheduler:DeleteSchedule'),
  },
  sts: {
    AssumeRoleWithWebIdentity: free,
    GetCallerIdentity: free,
  },
}

/** What of the table no source confirms, by operation: to be looked at where a real account answers otherwise. */
export const unverified: Readonly<Record<string, string>> = {
  DeleteFunction: 'whether the ARN of the version alone is enough, where a Qualifier is given',
  GetFunctionConfiguration: 'whether it is authorised on the qualified ARN, as the older guide says of all such calls',
  GetFunctionUrlConfig:
    'whether it is authorised on the alias, which the newer reference does not list, and whether conditions see an AuthType, which the call does not name',
  UpdateFunctionUrlConfig: 'as GetFunctionUrlConfig; the AuthType is seen here where the call names one',
  DeleteFunctionUrlConfig: 'as GetFunctionUrlConfig',
  CreateFunctionUrlConfig: 'whether lambda:FunctionArn is the ARN of the alias or of the function',
  AddPermission: 'whether it is authorised on the alias, which the newer reference does not list',
  RemovePermission: 'as AddPermission, and whether conditions see the principal of the statement that goes',
  GetPolicy: 'as AddPermission',
  Invoke: 'whether lambda:InvokedViaFunctionUrl is false or absent; here it is absent and meets no condition',
  CreateFunction:
    'lambda:TagResource for tags, lambda:GetLayerVersion for layers, ec2:Describe… for a VPC, ecr:… for an image: not asked for here',
  UpdateFunctionConfiguration: 'iam:PassRole also for the role that the function has already; layers and VPC as above',
  UpdateFunctionCode: 'that Publish takes no lambda:PublishVersion',
  DescribeAlarms: 'alarm:* where a prefix is given or nothing is, and that a log alarm is an alarm like a metric one',
  DescribeAlarmHistory: 'as DescribeAlarms',
  PutCompositeAlarm: 'that it takes * as well, where the reference lists the alarm alone',
  UpdateSchedule: 'that iam:PassRole is asked for here as well',
  HeadObject: 'that a missing object is 404 also to callers without s3:ListBucket',
  FilterLogEvents: 'that the resource is the log-stream: of the group, so that the group without :* is not enough',
}

function all(...parts: readonly Needs[]): Needs {
  return (world, input) => parts.flatMap(part => part(world, input))
}

function onAnything(action: string, context: (world: World, input: Input) => Context = nothing): Needs {
  return (world, input) => [{ action, resource: '*', context: context(world, input) }]
}

function onFunction(action: string): Needs {
  return (world, input) => [{ action, resource: arnOf(world, { FunctionName: input.FunctionName }, 'unqualified') }]
}

function onQualified(action: string, context: (world: World, input: Input) => Context = nothing): Needs {
  return (world, input) => [{ action, resource: arnOf(world, input), context: context(world, input) }]
}

function onEventSource(action: string): Needs {
  return ({ region, account }, { UUID }) => [
    { action, resource: `arn:aws:lambda:${region}:${account}:event-source-mapping:${UUID}` },
  ]
}

/** Composite alarms are only for those who may read all alarms. */
function onAlarms(action: string): Needs {
  return ({ region, account }, input) => {
    if (texts(input, 'AlarmTypes').includes('CompositeAlarm')) return [{ action, resource: '*' }]
    const names = [...texts(input, 'AlarmNames'), ...[text(input, 'AlarmName')].filter(name => name !== undefined)]
    return (names.length > 0 ? names : ['*']).map(name => ({
      action,
      resource: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
    }))
  }
}

function onLogStreams(action: string): Needs {
  return (world, input) => {
    const given = text(input, 'logGroupName') ?? text(input, 'logGroupIdentifier') ?? '*'
    const group = given.startsWith('arn:') ? given : groupArn(world, given)
    return [{ action, resource: `${group}:log-stream:` }]
  }
}

function onSchedule(action: string): Needs {
  return (world, input) => [{ action, resource: scheduleArn(world, groupOf(input), text(input, 'Name') ?? '*') }]
}

/** What nobody needs a permission for; who may take on a role its trust says, not a policy of the caller's. */
function free(): readonly Need[] {
  return []
}

function onBucket(action: string): Needs {
  return (_world, { Bucket }) => [{ action, resource: `arn:aws:s3:::${Bucket}` }]
}

function onObject(action: string): Needs {
  return (_world, { Bucket, Key }) => [{ action, resource: `arn:aws:s3:::${Bucket}/${Key}` }]
}

function readObject(world: World, input: Input): readonly Need[] {
  return onObject(input.VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion')(world, input)
}

/** The caller, and not Lambda, is who reads code from a bucket. */
function readCode(world: World, input: Input): readonly Need[] {
  const { S3Bucket, S3Key, S3ObjectVersion } = structure(input, 'Code') ?? input
  if (S3Bucket === undefined) return []
  return readObject(world, { Bucket: S3Bucket, Key: S3Key, VersionId: S3ObjectVersion })
}

function passRole(_world: World, input: Input): readonly Need[] {
  return passing(text(input, 'Role'), 'lambda.amazonaws.com')
}

function passTargetRole(_world: World, input: Input): readonly Need[] {
  return passing(text(structure(input, 'Target') ?? {}, 'RoleArn'), 'scheduler.amazonaws.com')
}

function passing(role: string | undefined, service: string): readonly Need[] {
  if (role === undefined) return []
  return [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': service } }]
}

function nothing(): Context {
  return {}
}

function permissionContext(_world: World, input: Input): Context {
  return { ...seen('lambda:Principal', input.Principal), ...authType(input) }
}

function urlContext(world: World, input: Input): Context {
  return { 'lambda:FunctionArn': arnOf(world, input), ...authType(input) }
}

function sourceContext(world: World, { FunctionName }: Input): Context {
  return { 'lambda:FunctionArn': arnOf(world, { FunctionName }) }
}

function authType(input: Input): Context {
  return seen('lambda:FunctionUrlAuthType', input.FunctionUrlAuthType ?? input.AuthType)
}

function seen(key: keyof Context, value: unknown): Context {
  return typeof value === 'string' ? { [key]: value } : {}
}

/** The ARN that a call names, also where there is no such function: IAM is asked first. */
function arnOf(world: World, input: Input, kind?: 'unqualified'): string {
  const given = text(input, 'FunctionName') ?? ''
  const { region, account, name = given, qualifier } = partsOf(given)
  const asked = kind === 'unqualified' ? undefined : (text(input, 'Qualifier') ?? qualifier)
  return functionArn({ region: region ?? world.region, account: account ?? world.account }, name, asked)
}
