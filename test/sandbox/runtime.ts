import type { Input } from './input.ts'
import type { Code, Running } from './lambda/state.ts'
import { type Environment, failure, invoke, isAlive, start, stop } from './runtime/environment.ts'

/** One run of a handler. */
export type Execution = {
  readonly functionName: string
  readonly version: string
  readonly arn: string
  readonly code: Code
  readonly handler: string
  readonly environment: Input
  readonly region: string
  readonly memory: number
  readonly requestId: string
  readonly timeoutMs: number
  readonly payload: unknown
  /** As it came: base64 of JSON. */
  readonly clientContext?: string | undefined
}

/** What a run came to; the payload is JSON, the log is at most the last 4 KB. */
export type Result = {
  readonly kind: 'success' | 'error'
  readonly payload: string
  /** What kind of function error it is; `Unhandled` where nothing is said. */
  readonly functionError?: string
  readonly log: string
  /** All that the handler printed, line by line. */
  readonly output: readonly string[]
  readonly durationMs: number
  /** Whether it was the first of its process. */
  readonly fresh: boolean
}

/** Runs handlers of real artifacts, each version in a process of its own that is kept warm. */
export interface Executor {
  /** Runs one event after the other; what goes wrong is a result, never a rejection. */
  run(execution: Execution): Promise<Result>
  /** Ends all processes and removes what was unpacked. */
  close(): Promise<void>
}

/** Whether the sandbox can run this: a zip for a Node.js runtime. */
export function isExecutable({ code, configuration }: Running): boolean {
  return code.kind === 'zip' && (configuration.Runtime?.startsWith('nodejs') ?? false)
}

/** The place of one version: its process, and the end of the line of events that wait for it. */
type Place = { environment: Environment | undefined; last: Promise<unknown> }

/** Starts nothing until a handler is to be run. */
export function newExecutor(): Executor {
  let closed = false
  const places = new Map<string, Place>()

  function placeOf(execution: Execution): Place {
    const variables = JSON.stringify(execution.environment)
    const key = [execution.functionName, execution.version, execution.code.sha256, variables].join(':')
    const place = places.get(key) ?? { environment: undefined, last: Promise.resolve() }
    places.set(key, place)
    return place
  }

  async function take(place: Place, execution: Execution): Promise<Result> {
    try {
      if (closed) throw new Error('the sandbox is closed')
      place.environment ??= await start(execution)
      return await invoke(place.environment, execution)
    } catch (error) {
      return { ...failure('Runtime.Unknown', String(error)), log: '', output: [], durationMs: 0, fresh: true }
    } finally {
      if (place.environment && (closed || !isAlive(place.environment))) await leave(place)
    }
  }

  async function leave(place: Place): Promise<void> {
    const { environment } = place
    place.environment = undefined
    if (environment) await stop(environment)
  }

  return {
    run: execution => {
      const place = placeOf(execution)
      const turn = place.last.then(() => take(place, execution))
      place.last = turn
      return turn
    },
    // Whatever still waits for its turn must start no process any more: it would outlive everything.
    close: async () => {
      closed = true
      await Promise.all([...places.values()].map(leave))
      places.clear()
    },
  }
}
