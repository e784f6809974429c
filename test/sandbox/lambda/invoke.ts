import { recordInvocation } from '../cloudwatch/lambda-metrics.ts'
import { type Input, isInput, text } from '../input.ts'
import { isExecutable, type Result } from '../runtime.ts'
import { type Answer, ApiError, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import { timeoutMs } from './configuration.ts'
import { requestTooLarge } from './errors.ts'
import { notInState } from './lifecycle.ts'
import { getReleaseOr404 } from './lookup.ts'
import { functionArn, named } from './names.ts'
import { route } from './routing.ts'
import type { LambdaFunction, Release, Running } from './state.ts'

const mostPayload = 6_291_456

/** Invoke: an alias's weights pick the version; the code's own handler answers. */
export async function invoke(world: World, input: Input): Promise<Answer> {
  const { name, qualifier } = named(world, input)
  const { fn, release: primary } = getReleaseOr404(world, name, qualifier)
  const alias = qualifier === undefined ? undefined : fn.aliases.get(qualifier)
  const version = alias ? route(alias, world.chance.next()) : primary.version
  const release = fn.versions.get(version) ?? primary
  const payload = input.Payload instanceof Uint8Array ? input.Payload : new Uint8Array()
  if (payload.length > mostPayload) {
    throw requestTooLarge(`Request must be smaller than ${mostPayload} bytes for the InvokeFunction operation`)
  }
  const headers = { 'x-amz-executed-version': release.version }
  const type = text(input, 'InvocationType') ?? 'RequestResponse'
  if (type === 'DryRun') return { status: 204, headers }
  if (release.state.kind === 'pending') throw notInState('Pending')
  if (release.state.kind === 'failed') throw notInState('Failed')

  const running = runningOf(release)
  if (!isExecutable(running)) {
    throw notModelled(`running ${functionArn(world, name, release.version)}: it runs zips for Node.js only`)
  }
  const call = { fn, release, qualifier, payload: readPayload(payload), clientContext: text(input, 'ClientContext') }
  if (type === 'Event') {
    void execute(world, call)
    return { status: 202 }
  }
  const result = await execute(world, call)
  return {
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...(result.kind === 'error' && { 'x-amz-function-error': 'Unhandled' }),
      ...(text(input, 'LogType') === 'Tail' && { 'x-amz-log-result': Buffer.from(result.log).toString('base64') }),
    },
    body: new TextEncoder().encode(result.payload),
  }
}

export type Call = {
  readonly fn: LambdaFunction
  readonly release: Release
  readonly qualifier: string | undefined
  readonly payload: unknown
  /** As it came: base64 of JSON. */
  readonly clientContext?: string | undefined
}

/** Runs a release's handler and counts it under the metrics of the minute in which it began. */
export async function execute(world: World, call: Call, at = world.now()): Promise<Result> {
  const { fn, release, qualifier, payload, clientContext } = call
  const { code, configuration } = runningOf(release)
  const variables = isInput(configuration.Environment) ? configuration.Environment.Variables : undefined
  const result = await world.executor.run({
    functionName: fn.name,
    version: release.version,
    arn: functionArn(world, fn.name, qualifier),
    code,
    handler: configuration.Handler ?? '',
    environment: isInput(variables) ? variables : {},
    region: world.region,
    memory: configuration.MemorySize,
    requestId: world.requestIds.uuid(),
    timeoutMs: timeoutMs(release),
    payload,
    clientContext,
  })
  const failed = result.kind === 'error'
  recordInvocation(world, {
    name: fn.name,
    qualifier,
    version: release.version,
    at,
    failed,
    durationMs: result.durationMs,
  })
  return result
}

/** What serves: while an update is in progress that is still the code before it. */
export function runningOf(release: Release): Running {
  return release.update.kind === 'in-progress' ? release.update.before : release
}

function readPayload(payload: Uint8Array): unknown {
  if (payload.length === 0) return {}
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch (error) {
    throw new ApiError(400, 'InvalidRequestContentException', {
      Type: 'User',
      message: `Could not parse request body into json: ${error instanceof Error ? error.message : error}`,
    })
  }
}
