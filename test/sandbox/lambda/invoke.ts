import { type Input, isInput, text } from '../input.ts'
import { type Execution, isExecutable, type Result } from '../runtime.ts'
import { type Answer, ApiError, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import { answerBy, answeringOf } from './answers.ts'
import { isFull, recordThrottle, reserveExceeded } from './concurrency.ts'
import { timeoutMs } from './configuration.ts'
import { placeOf } from './environments.ts'
import { requestTooLarge } from './errors.ts'
import { notInState } from './lifecycle.ts'
import type { Line } from './log-lines.ts'
import { getReleaseOr404, runningOf } from './lookup.ts'
import { functionArn, named } from './names.ts'
import { outcomeOf } from './outcome.ts'
import { route } from './routing.ts'
import type { LambdaFunction, Release } from './state.ts'
import { type Invoked, leaveTraces, linesOf } from './traces.ts'

const mostPayload = 6_291_456

/** Invoke: an alias's weights pick the version; its own handler answers, unless a test has set what does. */
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
  if (isFull(world, fn, world.now())) {
    recordThrottle(world, { fn, qualifier, version: release.version }, world.now())
    // What is only handed over waits in Lambda's queue until there is room; the sandbox lets it wait for good.
    if (type === 'Event') return { status: 202 }
    throw reserveExceeded()
  }

  if (!isRunnable(world, fn, release)) {
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
      ...(result.kind === 'error' && { 'x-amz-function-error': result.functionError ?? 'Unhandled' }),
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

/** Lets a release answer, by what a test has set or by its handler, and leaves the traces of that at its beginning. */
export async function execute(world: World, call: Call, at = world.now()): Promise<Result> {
  const { fn, release, qualifier } = call
  const requestId = world.requestIds.uuid()
  const answering = answeringOf(world, fn.name, release.version)
  const result: Omit<Result, 'log'> & Partial<Pick<Result, 'log'>> = answering
    ? await answerBy(answering, call.payload)
    : await world.executor.run(executionOf(world, call, requestId))
  const wanted = answering ? 'idle' : result.fresh ? 'new' : 'latest'
  const invoked: Invoked = {
    fn,
    release,
    qualifier,
    environment: placeOf(world, fn, release, at, wanted).environment,
    requestId,
    at,
    durationMs: result.durationMs,
    outcome: result.kind === 'success' ? { kind: 'success' } : outcomeOf(result.payload),
    output: result.output,
  }
  leaveTraces(world, invoked)
  return { ...result, log: result.log ?? tailOf(linesOf(world, invoked)) }
}

function executionOf(world: World, call: Call, requestId: string): Execution {
  const { fn, release, qualifier, payload, clientContext } = call
  const { code, configuration } = runningOf(release)
  const variables = isInput(configuration.Environment) ? configuration.Environment.Variables : undefined
  return {
    functionName: fn.name,
    version: release.version,
    arn: functionArn(world, fn.name, qualifier),
    code,
    handler: configuration.Handler ?? '',
    environment: isInput(variables) ? variables : {},
    region: world.region,
    memory: configuration.MemorySize,
    requestId,
    timeoutMs: timeoutMs(release),
    payload,
    clientContext,
  }
}

/** The last 4 KB of a log. */
function tailOf(lines: readonly Line[]): string {
  const whole = Buffer.from(lines.map(({ message }) => message).join(''))
  return whole.subarray(-4096).toString()
}

/** Whether there is an answer to be had: one that a test has set, or from code that the sandbox can run. */
export function isRunnable(world: World, fn: LambdaFunction, release: Release): boolean {
  return answeringOf(world, fn.name, release.version) !== undefined || isExecutable(runningOf(release))
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
