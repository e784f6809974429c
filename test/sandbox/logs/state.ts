/** One line in a log group. */
export type LogEvent = {
  readonly seq: number
  readonly stream: string
  /** When it happened, in ms. */
  readonly at: number
  /** From when on it can be read, in ms; undefined is at once. */
  readonly visible: number | undefined
  readonly message: string
}

/** What went well is kept apart, so that it never takes the room of what did not. */
export type LogGroup = { readonly name: string; readonly telling: LogEvent[]; readonly routine: LogEvent[] }

export type LogsState = { readonly groups: Map<string, LogGroup>; written: number }

export function newLogs(): LogsState {
  return { groups: new Map(), written: 0 }
}

/** What one invocation writes. */
export type Writing = {
  readonly group: string
  readonly stream: string
  readonly lines: readonly { readonly at: number; readonly message: string }[]
  readonly visible: number | undefined
  /** Whether they are no more than the usual ones of an invocation that went well. */
  readonly routine: boolean
}

/** How many events a group keeps at least; when it has a quarter more, the oldest go. */
const mostKept = { telling: 20_000, routine: 4000 }

/** Appends lines to a stream; the group is there from the first one on. */
export function append(logs: LogsState, { group: name, stream, lines, visible, routine }: Writing): void {
  const group = logs.groups.get(name) ?? { name, telling: [], routine: [] }
  logs.groups.set(name, group)
  const kind = routine ? 'routine' : 'telling'
  const events = group[kind]
  for (const { at, message } of lines) {
    logs.written += 1
    events.push({ seq: logs.written, stream, at, visible, message })
  }
  if (events.length > 1.25 * mostKept[kind]) events.splice(0, events.length - mostKept[kind])
}

/** The events of a group that can be read at this time: oldest first, and at the same time as they were written. */
export function readable({ telling, routine }: LogGroup, now: number): readonly LogEvent[] {
  return [...telling, ...routine]
    .filter(({ visible }) => visible === undefined || visible <= now)
    .sort((a, b) => a.at - b.at || a.seq - b.seq)
}
