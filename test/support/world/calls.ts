import { CallFailed } from '../../../src/ports.ts'
import { durationMs, type Time } from './time.ts'

/** Every way in which a story touches the world. */
export type Operation =
  | 'pack'
  | 'read function'
  | 'read version'
  | 'list triggers'
  | 'create function'
  | 'configure function'
  | 'upload code'
  | 'publish version'
  | 'put object'
  | 'read alias'
  | 'create alias'
  | 'update alias'
  | 'delete alias'
  | 'read provisioned concurrency'
  | 'find alarms'
  | 'read alarms'
  | 'read history'
  | 'read metrics'
  | 'invoke'
  | 'read logs'
  | 'list versions'
  | 'list aliases'
  | 'list provisioned concurrency'
  | 'read holders'
  | 'delete version'
  | 'read code storage'
  | 'read url'
  | 'create url'
  | 'update url'
  | 'delete url'
  | 'open url'
  | 'close url'
  | 'create deployment'
  | 'tell deployment'
  | 'list deployments'
  | 'read pull request'
  | 'comment'
  | 'prepare watchdog'
  | 'set watchdog'
  | 'remove watchdog'
  | 'disarm watchdog'

const writes: ReadonlySet<Operation> = new Set<Operation>([
  'create function',
  'configure function',
  'upload code',
  'publish version',
  'put object',
  'create alias',
  'update alias',
  'delete alias',
  'delete version',
  'create url',
  'update url',
  'delete url',
  'open url',
  'close url',
  'create deployment',
  'tell deployment',
  'comment',
  'prepare watchdog',
  'set watchdog',
  'remove watchdog',
  'disarm watchdog',
])

/** What befalls a call. */
export type Mishap =
  /** It is not applied, and fails like this; `cure` is what the message tells to do about it. */
  | { readonly fails: CallFailed['kind']; readonly cure?: string }
  /** It is applied, and neither its answer nor a look at what became of it comes through. */
  | { readonly loses: 'answer' }
  /** Something happens right before it is applied. */
  | { readonly before: () => void }
  /** Something happens when it is applied and not yet answered. */
  | { readonly after: () => void }

/** Which calls of an operation: the k-th one, those from the k-th on, those before a time; all where nothing is said. */
export type Which = { readonly nth?: number; readonly from?: number; readonly until?: string }

/** The process is gone, from here on. Nothing in the product knows this error. */
export class Killed extends Error {}

/** One call as it was made, at so much time after the start. */
export type Call = { readonly at: string; readonly operation: Operation }

/** More calls than any rollout makes: something turns in a circle. */
const mostCalls = 20_000

/** Keeps every call, and lets go wrong what was arranged to. */
export class Calls {
  readonly made: Call[] = []
  readonly #time: Time
  readonly #mishaps: { readonly operation: Operation; readonly which: Which; readonly mishap: Mishap; met: number }[] =
    []

  constructor(time: Time) {
    this.#time = time
  }

  /** Arranges a mishap for the calls of an operation that `which` picks. */
  befall(operation: Operation, mishap: Mishap, which: Which = {}): void {
    this.#mishaps.push({ operation, which, mishap, met: 0 })
  }

  /** What was arranged befalls no call any more. */
  heal(): void {
    this.#mishaps.length = 0
  }

  /** The calls that change something. */
  get writes(): readonly Call[] {
    return this.made.filter(({ operation }) => writes.has(operation))
  }

  /** How often an operation was called. */
  count(operation: Operation): number {
    return this.made.filter(call => call.operation === operation).length
  }

  /** Makes a call. A read ends with `cut`, as the SDK's do. */
  async make<T>(operation: Operation, apply: () => T, cut?: AbortSignal): Promise<T> {
    cut?.throwIfAborted()
    if (this.made.push({ at: this.#time.elapsed(), operation }) > mostCalls) throw new Error('this run never ends')
    const due = this.#due(operation)
    for (const mishap of due) if ('before' in mishap) mishap.before()
    cut?.throwIfAborted()
    for (const mishap of due) {
      if ('fails' in mishap) throw new CallFailed(mishap.fails, `could not ${operation}: ${mishap.fails}`, mishap.cure)
    }
    const result = apply()
    for (const mishap of due) if ('after' in mishap) mishap.after()
    if (due.some(mishap => 'loses' in mishap)) {
      throw new CallFailed('unavailable', `could not ${operation}: the answer was lost`)
    }
    return result
  }

  #due(operation: Operation): readonly Mishap[] {
    const due: Mishap[] = []
    for (const entry of this.#mishaps) {
      if (entry.operation !== operation) continue
      entry.met += 1
      if (this.#picks(entry.which, entry.met)) due.push(entry.mishap)
    }
    return due
  }

  #picks({ nth, from, until }: Which, met: number): boolean {
    if (nth !== undefined && met !== nth) return false
    if (from !== undefined && met < from) return false
    return until === undefined || this.#time.now() < this.#time.start + durationMs(until)
  }
}
