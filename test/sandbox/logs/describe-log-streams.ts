import { count, flag, type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidParameter, invalidToken, violation } from './errors.ts'
import { groupArn, groupOr404 } from './groups.ts'
import { type LogEvent, readable } from './state.ts'

/** DescribeLogStreams: those whose events are still kept, by name or by the time of their last event. */
export function describeLogStreams(world: World, input: Input): Answer {
  const prefix = text(input, 'logStreamNamePrefix')
  const byTime = text(input, 'orderBy') === 'LastEventTime'
  const limit = count(input, 'limit') ?? 50
  if (limit < 1 || limit > 50) {
    const rule = limit < 1 ? 'greater than or equal to 1' : 'less than or equal to 50'
    throw violation(limit, 'limit', `Member must have value ${rule}`)
  }
  if (byTime && prefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
  }
  const group = groupOr404(world, input)
  const streams = streamsOf(readable(group, world.now()))
    .filter(stream => prefix === undefined || stream.name.startsWith(prefix))
    .sort((a, b) => (byTime ? a.last.at - b.last.at : a.name < b.name ? -1 : 1))
  if (flag(input, 'descending')) streams.reverse()

  const start = readToken(text(input, 'nextToken'))
  const end = start + limit
  const shown = streams.slice(start, end).map(({ name: stream, first, last }) => ({
    logStreamName: stream,
    creationTime: first.at,
    firstEventTimestamp: first.at,
    lastEventTimestamp: last.at,
    lastIngestionTime: Math.floor(last.visible ?? last.at),
    arn: `${groupArn(world, group.name)}:log-stream:${stream}`,
    storedBytes: 0,
  }))
  return { body: { logStreams: shown, ...(end < streams.length && { nextToken: String(end) }) } }
}

type Stream = { readonly name: string; readonly first: LogEvent; readonly last: LogEvent }

function streamsOf(events: readonly LogEvent[]): Stream[] {
  const streams = new Map<string, Stream>()
  for (const event of events) {
    const first = streams.get(event.stream)?.first ?? event
    streams.set(event.stream, { name: event.stream, first, last: event })
  }
  return [...streams.values()]
}

function readToken(token: string | undefined): number {
  if (token === undefined) return 0
  if (!/^[0-9]{1,9}$/.test(token)) throw invalidToken()
  return Number(token)
}
