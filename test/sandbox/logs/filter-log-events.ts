import { count, type Input, text, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidParameter, invalidToken, violation } from './errors.ts'
import { groupOr404 } from './groups.ts'
import { parsePattern } from './pattern.ts'
import { type LogEvent, readable } from './state.ts'

const mostEvents = 10_000
const mostBytes = 2 ** 20

/** FilterLogEvents: times are in ms and both inclusive; oldest first unless `startFromHead` is false. */
export function filterLogEvents(world: World, input: Input): Answer {
  const limit = count(input, 'limit') ?? mostEvents
  if (limit < 1) throw violation(limit, 'limit', 'Member must have value greater than or equal to 1')
  if (limit > mostEvents) {
    throw violation(limit, 'limit', `Member must have value less than or equal to ${mostEvents}`)
  }
  const group = groupOr404(world, input)
  const from = readToken(text(input, 'nextToken')) ?? beginningOf(input)
  if (from.pages < world.logging.emptyPages) return page([], { ...from, pages: from.pages + 1 })

  const wanted = wantedBy(input)
  const events = readable(group, world.now()).filter(wanted)
  const ahead = (from.newestFirst ? events.toReversed() : events).filter(event => isPast(event, from))
  const shown = ahead.slice(0, Math.min(limit, fitting(ahead)))
  const last = shown.at(-1)
  return page(shown, last && shown.length < ahead.length ? { ...from, at: last.at, seq: last.seq } : undefined)
}

/** Where a search has come to: the last event shown, and how many pages were empty for no reason. */
type Cursor = {
  readonly newestFirst: boolean
  readonly pages: number
  readonly at: number | undefined
  readonly seq: number | undefined
}

function beginningOf(input: Input): Cursor {
  const newestFirst = input.startFromHead === false
  if (newestFirst && (count(input, 'startTime') ?? 0) < Date.UTC(2024, 0, 1)) {
    throw invalidParameter('startFromHead false is supported only when startTime is on or after January 1, 2024.')
  }
  return { newestFirst, pages: 0, at: undefined, seq: undefined }
}

function isPast(event: LogEvent, { newestFirst, at, seq }: Cursor): boolean {
  if (at === undefined || seq === undefined) return true
  const further = event.at - at || event.seq - seq
  return newestFirst ? further < 0 : further > 0
}

/** What a call asks for, apart from where it goes on. */
function wantedBy(input: Input): (event: LogEvent) => boolean {
  const names = texts(input, 'logStreamNames')
  const prefix = text(input, 'logStreamNamePrefix')
  if (names.length > 0 && prefix !== undefined) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive.')
  }
  if (names.length > 100) {
    throw violation(`[${names.join(', ')}]`, 'logStreamNames', 'Member must have length less than or equal to 100')
  }
  const since = count(input, 'startTime') ?? 0
  const until = count(input, 'endTime') ?? Number.POSITIVE_INFINITY
  const matches = parsePattern(text(input, 'filterPattern') ?? '')
  return ({ stream, at, message }) =>
    at >= since &&
    at <= until &&
    (names.length === 0 || names.includes(stream)) &&
    (prefix === undefined || stream.startsWith(prefix)) &&
    matches(message)
}

/** How many of the events fit into one page; the first one always does. */
function fitting(events: readonly LogEvent[]): number {
  let bytes = 0
  const over = events.findIndex(({ message }) => {
    bytes += Buffer.byteLength(message)
    return bytes > mostBytes
  })
  return over === -1 ? events.length : Math.max(1, over)
}

function page(events: readonly LogEvent[], next: Cursor | undefined): Answer {
  return { body: { events: events.map(show), searchedLogStreams: [], ...(next && { nextToken: writeToken(next) }) } }
}

function show({ seq, stream, at, visible, message }: LogEvent): Input {
  return {
    logStreamName: stream,
    timestamp: at,
    message,
    ingestionTime: Math.floor(visible ?? at),
    eventId: String(seq).padStart(56, '0'),
  }
}

/** Tokens are of no meaning to the caller. */
function writeToken(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url')
}

function readToken(token: string | undefined): Cursor | undefined {
  if (token === undefined) return undefined
  try {
    const cursor: Cursor = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof cursor.newestFirst === 'boolean' && typeof cursor.pages === 'number') return cursor
  } catch {}
  throw invalidToken()
}
