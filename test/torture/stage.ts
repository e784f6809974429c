/** Something that a process waits for: the answer to a request, or the end of a sleep. */
export type Waiting = { readonly actor: string; readonly seq: number } & (
  | { readonly kind: 'request'; readonly label: string; readonly writes: boolean; readonly run: () => Promise<void> }
  | { readonly kind: 'sleep'; readonly at: number; readonly wake: () => void }
)

/** Picks what happens next out of all that could. */
export type Policy = (waiting: readonly Waiting[], now: number) => Waiting | undefined

/** How long a request takes, in simulated ms. */
const latencyMs = 40
/** More turns than any story takes: something goes in a circle. */
const mostTurns = 6_000
/** So long without anything to do, in real ms, is a story that hangs: files are read meanwhile, and modules loaded. */
const mostIdleMs = 20_000

/** Simulated time, and one place where everything that several processes wait for is let happen, one thing at a time. */
export class Stage {
  readonly start: number
  #now: number
  #seq = 0
  #turns = 0
  #waiting: Waiting[] = []
  #events: { readonly at: number; readonly run: () => Promise<void> }[] = []

  constructor(start = Date.parse('2026-11-23T10:00:00Z')) {
    this.start = start
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** Lets time go by that nobody waits through. */
  pass(ms: number): void {
    this.#now += ms
  }

  /** Resolves once it is the request's turn and it was answered; never, where the process is gone by then. */
  request<T>(actor: string, label: string, writes: boolean, answer: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = async () => {
        await this.#reach(this.#now + latencyMs)
        try {
          resolve(await answer())
        } catch (error) {
          if (!(error instanceof Gone)) reject(error)
        }
      }
      this.#waiting.push({ actor, seq: ++this.#seq, kind: 'request', label, writes, run })
    })
  }

  sleep(actor: string, ms: number, woken: () => void, cut?: AbortSignal): Promise<void> {
    if (cut?.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const end = () => {
        this.#waiting = this.#waiting.filter(other => other !== waiting)
        resolve()
      }
      const wake = () => {
        woken()
        end()
      }
      const waiting: Waiting = { actor, seq: ++this.#seq, kind: 'sleep', at: this.#now + Math.max(0, ms), wake }
      this.#waiting.push(waiting)
      cut?.addEventListener('abort', end, { once: true })
    })
  }

  /** Arranges what happens by itself so long from now, once somebody waits past it. */
  after(ms: number, run: () => Promise<void>): void {
    this.#events.push({ at: this.#now + ms, run })
  }

  /** Lets time go by, and all that is arranged for it happen. */
  async rest(ms: number): Promise<void> {
    await this.#reach(this.#now + ms)
  }

  async #reach(at: number): Promise<void> {
    for (;;) {
      const [next] = this.#events.filter(event => event.at <= at).toSorted((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#events = this.#events.filter(event => event !== next)
      this.#now = Math.max(this.#now, next.at)
      await next.run()
    }
    this.#now = Math.max(this.#now, at)
  }

  /** A process is gone: nothing that it waits for happens to it any more. */
  forget(actor: string): void {
    this.#waiting = this.#waiting.filter(waiting => waiting.actor !== actor)
  }

  /** Lets things happen until the work is done. Throws `Endless` where it never will be. */
  async play<T>(work: Promise<T>, policy: Policy = inTurn): Promise<T> {
    let over = false
    const done = work.finally(() => {
      over = true
    })
    done.catch(() => undefined)
    for (let since = performance.now(); !over; ) {
      await immediate()
      if (over) break
      const next = policy(this.#waiting, this.#now)
      if (next === undefined) {
        if (performance.now() - since > mostIdleMs)
          throw new Endless('nothing happens any more, and the run is not over')
        continue
      }
      since = performance.now()
      if (++this.#turns > mostTurns) throw new Endless(`the run is not over after ${mostTurns} requests and waits`)
      this.#waiting = this.#waiting.filter(waiting => waiting !== next)
      if (next.kind === 'request') await next.run()
      else {
        await this.#reach(next.at)
        next.wake()
      }
    }
    return await done
  }
}

/** A run that would never end. */
export class Endless extends Error {}

/** Thrown where the process that asked is gone: nobody hears of it. */
export class Gone extends Error {}

/** Requests in the order in which they were made; time goes by when there are none. */
export const inTurn: Policy = waiting => waiting.find(({ kind }) => kind === 'request') ?? earliest(waiting)

/** The sleep that ends first. */
export function earliest(waiting: readonly Waiting[]): Waiting | undefined {
  return waiting
    .filter(one => one.kind === 'sleep')
    .toSorted((a, b) => a.at - b.at || a.seq - b.seq)
    .at(0)
}

function immediate(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
