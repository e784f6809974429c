import type { Outcome } from './outcome.ts'

/** An invocation that is over, as its log tells it. */
export type Ended = {
  readonly requestId: string
  readonly version: string
  /** ARN as it was invoked. */
  readonly arn: string
  /** When it began, in ms. */
  readonly at: number
  readonly durationMs: number
  readonly initMs?: number | undefined
  readonly outcome: Outcome
  /** What the handler printed, line by line. */
  readonly output: readonly string[]
  readonly memory: number
  readonly timeoutMs: number
}

/** A line and its time, in ms. */
export type Line = { readonly at: number; readonly message: string }

/** What was printed, line by line, without their ends. */
export function linesIn(printed: string): readonly string[] {
  return printed === '' ? [] : printed.replace(/\n$/, '').split('\n')
}

/** How a timeout shows in the log: by a line of its own as of old, or by nothing but the status in the REPORT line. */
export type TimeoutStyle = 'line' | 'report'

/** The lines of a function whose LogFormat is Text. */
export function textLines(ended: Ended, timeouts: TimeoutStyle): readonly Line[] {
  const { requestId, version, at, outcome, output } = ended
  const over = endOf(ended)
  return [
    { at, message: `START RequestId: ${requestId} Version: ${version}\n` },
    ...output.map(line => ({ at, message: `${line}\n` })),
    ...errorText(ended, timeouts).map(message => ({ at: over, message })),
    { at: over, message: `END RequestId: ${requestId}\n` },
    { at: over, message: `${report(ended, outcome.kind === 'timeout' && timeouts === 'report')}\n` },
  ]
}

function errorText(ended: Ended, timeouts: TimeoutStyle): readonly string[] {
  const { requestId, outcome, timeoutMs } = ended
  switch (outcome.kind) {
    case 'success':
      return []
    case 'thrown': {
      const { errorType, errorMessage, stack } = outcome
      const error = JSON.stringify({ errorType, errorMessage, stack })
      return [`${iso(endOf(ended))}\t${requestId}\tERROR\tInvoke Error \t${error}\n`]
    }
    case 'exit':
      return [`RequestId: ${requestId} Error: Runtime exited ${outcome.how}\nRuntime.ExitError\n`]
    case 'timeout':
      if (timeouts === 'report') return []
      return [`${iso(endOf(ended))} ${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds\n\n`]
  }
}

function report(ended: Ended, withStatus: boolean): string {
  const { requestId, durationMs, initMs, memory } = ended
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memory} MB`,
    `Max Memory Used: ${memoryUsed(memory)} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    withStatus ? 'Status: timeout' : '',
  ].join('\t')
}

/** Levels that a JSON log may be cut down to. */
export type Levels = { readonly application: string; readonly system: string }

/** The lines of a function whose LogFormat is JSON, as far as its levels let them through. */
export function jsonLines(ended: Ended, levels: Levels): readonly Line[] {
  const { at, output } = ended
  const over = endOf(ended)
  const isTold = ['TRACE', 'DEBUG', 'INFO'].includes(levels.system)
  const system = (time: number, type: string, record: object) =>
    isTold ? [{ at: time, message: `${JSON.stringify({ time: iso(time), type, record })}\n` }] : []
  return [
    ...system(at, 'platform.start', { requestId: ended.requestId, functionArn: ended.arn, version: ended.version }),
    ...output.map(line => ({ at, message: `${line}\n` })),
    ...(levels.application === 'FATAL' ? [] : errorJson(ended).map(message => ({ at: over, message }))),
    ...system(over, 'platform.report', reportRecord(ended)),
  ]
}

/** What the runtime says of an error that the handler threw; the rest is left to the platform's report. */
function errorJson(ended: Ended): readonly string[] {
  const { requestId, outcome } = ended
  if (outcome.kind !== 'thrown') return []
  const { errorType, errorMessage, stack: stackTrace } = outcome
  const message = { errorType, errorMessage, stackTrace }
  return [`${JSON.stringify({ timestamp: iso(endOf(ended)), level: 'ERROR', requestId, message })}\n`]
}

function reportRecord({ requestId, durationMs, initMs, memory, outcome }: Ended): object {
  return {
    requestId,
    metrics: {
      durationMs: Number(durationMs.toFixed(3)),
      billedDurationMs: Math.ceil(durationMs + (initMs ?? 0)),
      memorySizeMB: memory,
      maxMemoryUsedMB: memoryUsed(memory),
      ...(initMs !== undefined && { initDurationMs: initMs }),
    },
    ...statusOf(outcome),
  }
}

function statusOf(outcome: Outcome): object {
  switch (outcome.kind) {
    case 'success':
      return { status: 'success' }
    case 'thrown':
      return { status: 'error', errorType: outcome.errorType }
    case 'exit':
      return { status: 'failure', errorType: 'Runtime.ExitError' }
    case 'timeout':
      return { status: 'timeout' }
  }
}

/** Memory is not modelled: all functions use what a small Node.js process does. */
function memoryUsed(memory: number): number {
  return Math.min(memory, 72)
}

function endOf({ at, durationMs }: Ended): number {
  return Math.floor(at + durationMs)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
