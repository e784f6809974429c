import { createHash } from 'node:crypto'
import { count, type Input, structure, text, texts } from '../input.ts'
import type { World } from '../world.ts'
import { functionArn } from './names.ts'
import type { Code, Configuration, LambdaFunction, Release } from './state.ts'

/** The configuration that a call leaves: each member that it names replaces the one before. */
export function configure(before: Configuration, input: Input): Configuration {
  const after: Record<string, unknown> = { ...before }
  for (const member of Object.keys(settable)) {
    if (input[member] !== undefined && input[member] !== null) after[member] = input[member]
  }
  if (structure(input, 'LoggingConfig')) after.LoggingConfig = logging(before.LoggingConfig, input)
  for (const [member, isEmpty] of Object.entries(settable)) {
    if (isEmpty(after[member])) delete after[member]
  }
  return after as Configuration
}

/** What a new function has where its owner says nothing. */
export function initialConfiguration(name: string, input: Input): Configuration {
  const initial: Configuration = {
    Role: text(input, 'Role') ?? '',
    Description: '',
    Timeout: 3,
    MemorySize: 128,
    Architectures: ['x86_64'],
    PackageType: text(input, 'PackageType') ?? 'Zip',
    EphemeralStorage: { Size: 512 },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    SnapStart: { ApplyOn: 'None' },
    TracingConfig: { Mode: 'PassThrough' },
  }
  const architectures = texts(input, 'Architectures')
  return configure(architectures.length > 0 ? { ...initial, Architectures: architectures } : initial, input)
}

const never = () => false
const emptyList = (value: unknown) => Array.isArray(value) && value.length === 0
const emptyText = (value: unknown) => value === ''
const without = (member: string) => (value: unknown) =>
  typeof value === 'object' && value !== null && !(value as Input)[member]

/** The members that UpdateFunctionConfiguration may name, and the values that take one away. */
const settable: Readonly<Record<string, (value: unknown) => boolean>> = {
  Role: never,
  Handler: never,
  Description: never,
  Timeout: never,
  MemorySize: never,
  Runtime: never,
  Environment: never,
  TracingConfig: never,
  EphemeralStorage: never,
  SnapStart: never,
  DurableConfig: never,
  VpcConfig: value => emptyList((value as Input | undefined)?.SubnetIds),
  DeadLetterConfig: without('TargetArn'),
  KMSKeyArn: emptyText,
  Layers: emptyList,
  FileSystemConfigs: emptyList,
  ImageConfig: value => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
}

function logging(before: Input, input: Input): Input {
  const given = structure(input, 'LoggingConfig') ?? {}
  const levels = given.LogFormat === 'JSON' ? { ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' } : {}
  const kept = given.LogFormat === 'Text' ? { LogGroup: before.LogGroup } : before
  return { ...levels, ...kept, ...given }
}

/** A configuration as GetFunctionConfiguration shows it; `qualifier` is what the caller asked by. */
export function showConfiguration(world: World, fn: LambdaFunction, release: Release, qualifier?: string): Input {
  return {
    ...showListed(world, fn, release, qualifier),
    ...showRuntime(world, release),
    ...showState(release),
  }
}

/** A configuration as ListVersionsByFunction shows it: without states. */
export function showListed(world: World, fn: LambdaFunction, release: Release, qualifier?: string): Input {
  const { VpcConfig, Layers, ImageConfig, SnapStart, ...plain } = release.configuration
  const optimized =
    SnapStart.ApplyOn === 'PublishedVersions' && release.version !== '$LATEST' && release.state.kind === 'active'
  return {
    ...plain,
    FunctionName: fn.name,
    FunctionArn: functionArn(world, fn.name, qualifier),
    Version: release.version,
    CodeSha256: release.code.sha256,
    CodeSize: release.code.kind === 'zip' ? release.code.size : 0,
    RevisionId: release.revisionId,
    LastModified: lambdaTime(release.lastModified),
    SnapStart: { ApplyOn: SnapStart.ApplyOn, OptimizationStatus: optimized ? 'On' : 'Off' },
    ...(VpcConfig && { VpcConfig: { Ipv6AllowedForDualStack: false, ...VpcConfig, VpcId: 'vpc-0123456789abcdef0' } }),
    ...(Layers && { Layers: Layers.map(Arn => ({ Arn, CodeSize: 1024 })) }),
    ...(ImageConfig && { ImageConfigResponse: { ImageConfig } }),
  }
}

function showRuntime(world: World, { configuration }: Release): Input {
  if (!configuration.Runtime) return {}
  const hash = createHash('sha256').update(configuration.Runtime).digest('hex')
  return { RuntimeVersionConfig: { RuntimeVersionArn: `arn:aws:lambda:${world.region}::runtime:${hash}` } }
}

const settling = { reason: 'The function is being created.', code: 'Creating' }

function showState({ state, update }: Release): Input {
  switch (state.kind) {
    case 'pending':
      return { State: 'Pending', StateReason: settling.reason, StateReasonCode: settling.code }
    case 'failed':
      return { State: 'Failed', StateReason: state.failure.reason, StateReasonCode: state.failure.code }
    case 'active':
      break
  }
  if (update.kind === 'successful') return { State: 'Active', LastUpdateStatus: 'Successful' }
  const told = update.kind === 'failed' ? update.failure : settling
  return {
    State: 'Active',
    LastUpdateStatus: update.kind === 'failed' ? 'Failed' : 'InProgress',
    LastUpdateStatusReason: told.reason,
    LastUpdateStatusReasonCode: told.code,
  }
}

/** Where the code of a release is to be had, as GetFunction shows it. */
export function showCode(world: World, fn: LambdaFunction, code: Code): Input {
  if (code.kind === 'image') return { RepositoryType: 'ECR', ImageUri: code.uri, ResolvedImageUri: code.resolvedUri }
  const key = `snapshots/${world.account}/${fn.name}-${encodeURIComponent(code.sha256)}`
  return {
    RepositoryType: 'S3',
    Location: `https://awslambda-${world.region}-tasks.s3.${world.region}.amazonaws.com/${key}`,
  }
}

/** Lambda's own way to write a time: `2026-11-23T10:00:00.000+0000`. */
export function lambdaTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000')
}

/** The time that a function may run, in ms. */
export function timeoutMs({ configuration }: Release): number {
  return (count(configuration, 'Timeout') ?? 3) * 1000
}
