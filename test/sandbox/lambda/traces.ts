import { recordInvocation } from '../cloudwatch/lambda-metrics.ts'
import { text } from '../input.ts'
import { visibleFrom } from '../late.ts'
import { append } from '../logs/state.ts'
import type { World } from '../world.ts'
import { timeoutMs } from './configuration.ts'
import { groupOf } from './environments.ts'
import { type Ended, jsonLines, type Line, textLines } from './log-lines.ts'
import { runningOf } from './lookup.ts'
import { functionArn } from './names.ts'
import type { Outcome } from './outcome.ts'
import type { ExecutionEnvironment, LambdaFunction, Release } from './state.ts'

/** An invocation that is over. */
export type Invoked = {
  readonly fn: LambdaFunction
  readonly release: Release
  readonly qualifier: string | undefined
  readonly environment: ExecutionEnvironment
  readonly requestId: string
  /** When it began, in ms: the minute that its points belong to. */
  readonly at: number
  readonly durationMs: number
  readonly initMs?: number | undefined
  readonly outcome: Outcome
  /** What the handler printed, line by line. */
  readonly output: readonly string[]
}

/** Leaves an invocation's points in CloudWatch and its lines in the log, both to be read at the same time. */
export function leaveTraces(world: World, invoked: Invoked): void {
  const { fn, release, qualifier, environment, at, durationMs, outcome, output } = invoked
  environment.busyUntil = at + durationMs
  const visible = visibleFrom(world, at + durationMs)
  recordInvocation(
    world,
    { name: fn.name, qualifier, version: release.version, at, failed: outcome.kind !== 'success', durationMs },
    visible,
  )
  append(world.logs, {
    group: groupOf(fn, release),
    stream: environment.stream,
    lines: linesOf(world, invoked),
    visible,
    routine: outcome.kind === 'success' && output.length === 0,
  })
}

/** An invocation's lines, in the format that its version logs in. */
export function linesOf(world: World, invoked: Invoked): readonly Line[] {
  const { fn, release, qualifier } = invoked
  const { configuration } = runningOf(release)
  const { LoggingConfig, MemorySize } = configuration
  const ended: Ended = {
    ...invoked,
    at: Math.floor(invoked.at),
    version: release.version,
    arn: functionArn(world, fn.name, qualifier),
    memory: MemorySize,
    timeoutMs: timeoutMs(release),
  }
  if (LoggingConfig.LogFormat !== 'JSON') return textLines(ended, world.logging.timeouts)
  return jsonLines(ended, {
    application: text(LoggingConfig, 'ApplicationLogLevel') ?? 'INFO',
    system: text(LoggingConfig, 'SystemLogLevel') ?? 'INFO',
  })
}
