import type { ErrorSeen, Logs } from '../ports.ts'
import type { ClientConfig } from './client.ts'
import { doing, isNamed } from './errors.ts'
import { pagesOf } from './pages.ts'

/**
 * What marks an error in a line of any of Lambda's log formats, time-outs and crashes included. A report says `Status:
 * timeout` as text and `"status":"timeout"` as JSON.
 */
const pattern = '?ERROR ?"Task timed out" ?timeout ?"Runtime.ExitError" ?errorMessage'

/** Read no more than so many lines, and so much of one that is shown. */
const linesAtMost = 2_000
const exampleLength = 1_500
const dayMs = 86_400_000

/** CloudWatch Logs of single versions; the client is loaded when it is needed. */
export function cloudWatchLogs(config: ClientConfig): Logs {
  return {
    async errors({ group, functionName, version }, from, to) {
      const { CloudWatchLogsClient, paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs')
      const client = new CloudWatchLogsClient(config)
      const call = {
        what: `read the log group ${group}`,
        action: 'logs:FilterLogEvents',
        resource: `the log group ${group}`,
      }
      return await doing(call, async () => {
        const lines: string[] = []
        for (const prefix of streamPrefixes(group, functionName, version, from, to)) {
          const query = {
            logGroupName: group,
            logStreamNamePrefix: prefix,
            filterPattern: pattern,
            startTime: from,
            endTime: to,
          }
          for await (const { events = [] } of pagesOf(paginateFilterLogEvents({ client }, query), 'nextToken')) {
            lines.push(...events.map(({ message = '' }) => message))
            if (lines.length >= linesAtMost) break
          }
        }
        return countErrors(lines)
      }).catch(error => {
        if (isNamed(error.cause, 'ResourceNotFoundException')) return []
        throw error
      })
    },
  }
}

/** A version's streams begin with the day they were made on: the days of the window and the one before. */
function streamPrefixes(
  group: string,
  functionName: string,
  version: string,
  from: number,
  to: number,
): readonly string[] {
  const own = group === `/aws/lambda/${functionName}` ? '' : functionName
  const days = Array.from({ length: Math.floor(to / dayMs) - Math.floor(from / dayMs) + 2 }, (_, i) => to - i * dayMs)
  return days.map(day => `${new Date(day).toISOString().slice(0, 10).replaceAll('-', '/')}/${own}[${version}]`)
}

/** Errors of the same type and message together, the most frequent first; numbers and ids do not tell them apart. */
export function countErrors(lines: readonly string[]): readonly ErrorSeen[] {
  const seen = new Map<string, ErrorSeen>()
  for (const line of lines) {
    const what = nameOf(line)
    if (what === undefined) continue
    const key = what.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/gi, '#')
    const before = seen.get(key)
    seen.set(
      key,
      before
        ? { ...before, count: before.count + 1 }
        : { what, count: 1, example: line.slice(0, exampleLength).trim() },
    )
  }
  return [...seen.values()].sort((a, b) => b.count - a.count)
}

type Thrown = { errorType?: string; errorMessage?: string; level?: string; message?: Thrown | string; record?: Report }
type Report = { status?: string; errorType?: string }

/**
 * What a line says went wrong: from its JSON where it has some, else its own words. Lines that repeat another are
 * nothing.
 */
function nameOf(line: string): string | undefined {
  const start = line.indexOf('{')
  if (start >= 0) {
    const thrown = parseThrown(line.slice(start))
    if (thrown?.record !== undefined) return nameOfReport(thrown.record)
    if (thrown?.errorType !== undefined || thrown?.errorMessage !== undefined) {
      return [thrown.errorType, thrown.errorMessage].filter(Boolean).join(': ')
    }
    if (thrown?.level === 'ERROR' && typeof thrown.message === 'string') return thrown.message.split('\n')[0]?.trim()
  }
  const timeout = /Task timed out after [\d.]+ seconds|Status: timeout/.exec(line)
  if (timeout !== null) return timeout[0] === 'Status: timeout' ? 'Task timed out' : timeout[0]
  const marked = /\[ERROR\]\s*(.+)|\tERROR\t(.+)|(Runtime\.\w+.*)/.exec(line)
  return (marked?.[1] ?? marked?.[2] ?? marked?.[3])?.split('\n')[0]?.trim()
}

/** What a handler threw has a line of its own; time-outs and crashes may have none but the report. */
function nameOfReport({ status, errorType }: Report): string | undefined {
  if (status === 'timeout') return 'Task timed out'
  return status === 'failure' ? errorType : undefined
}

function parseThrown(text: string): Thrown | undefined {
  try {
    const parsed = JSON.parse(text) as Thrown
    return typeof parsed.message === 'object' ? parsed.message : parsed
  } catch {
    return undefined
  }
}
