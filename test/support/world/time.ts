import { formatDuration, parseDuration } from '../../../src/duration.ts'
import type { Clock } from '../../../src/ports.ts'

/** More waits than any rollout makes: something turns in a circle. */
const mostSleeps = 20_000

/** A clock on which only sleeping takes time. What was arranged for a moment happens when a sleep passes it. */
export class Time implements Clock {
  readonly start: number
  /** Every sleep that was asked for, in ms. */
  readonly slept: number[] = []
  #now: number
  #sleeps = 0
  #arranged: { readonly at: number; readonly run: () => void }[] = []

  constructor(start = Date.parse('2026-11-23T10:00:00Z')) {
    this.start = start
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** How much time has gone by, as `1m30s`. */
  elapsed(): string {
    return formatDuration(this.#now - this.start)
  }

  async sleep(ms: number, cut?: AbortSignal): Promise<void> {
    if (++this.#sleeps > mostSleeps) throw new Error('this run never ends')
    if (cut?.aborted) return
    this.slept.push(ms)
    this.#passUntil(this.#now + Math.max(0, ms), cut)
  }

  /** Arranges something for `after` the start, such as `90s`. */
  at(after: string, run: () => void): void {
    this.#arranged.push({ at: this.start + durationMs(after), run })
  }

  /** Arranges something for `after` now. */
  after(ms: number, run: () => void): void {
    this.#arranged.push({ at: this.#now + ms, run })
  }

  /** Lets time go by that nobody sleeps through. */
  pass(duration: string): void {
    this.#passUntil(this.#now + durationMs(duration))
  }

  #passUntil(until: number, cut?: AbortSignal): void {
    for (;;) {
      const due = this.#arranged.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      const [next] = due
      if (next === undefined) break
      this.#arranged = this.#arranged.filter(other => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      if (cut?.aborted) return
    }
    this.#now = until
  }
}

/** Milliseconds of `1m30s`; throws for what is no duration. */
export function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error(`“${text}” is no duration`)
  return ms
}
