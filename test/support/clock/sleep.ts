import type { TimerOptions } from 'node:timers'
import { setTimeout as nodeSleep } from 'node:timers/promises'
import type { Traffic } from './requests.ts'
import { type FasterClock, fasterNow, type JumpingClock, jumpingNow, jumpTo } from './spec.ts'

// An import follows what the preload does to the module; this stays Node's own.
const realSleep = nodeSleep

/** `setTimeout` of `node:timers/promises`, in another time. */
export type Sleep = <T = void>(ms?: number, value?: T, options?: TimerOptions) => Promise<T>

/** Sleeps that take a `factor`-th of real time, and are never early. */
export function fasterSleep(clock: FasterClock): Sleep {
  return async function sleep<T>(ms?: number, value?: T, options?: TimerOptions): Promise<T> {
    const due = fasterNow(clock) + (ms ?? 0)
    // It may have become due since it was last looked at.
    do await realSleep(Math.max(0, due - fasterNow(clock)) / clock.factor, undefined, options)
    while (fasterNow(clock) < due)
    return value as T
  }
}

/**
 * Sleeps that end as soon as nothing else is going on, and take the clock to the very millisecond they were due.
 * The one that is due first ends first; whatever it then sets off, a request or a shorter sleep, goes before the next.
 */
export function jumpingSleep(clock: JumpingClock, traffic: Traffic): Sleep {
  const sleepers = new Set<{ readonly due: number }>()
  let comings = 0

  return async function sleep<T>(ms?: number, value?: T, options?: TimerOptions): Promise<T> {
    const sleeper = { due: jumpingNow(clock) + (ms ?? 0) }
    sleepers.add(sleeper)
    comings++
    try {
      do await stillness(options)
      while (first(sleepers) !== sleeper)
      jumpTo(clock, sleeper.due)
      return value as T
    } finally {
      sleepers.delete(sleeper)
      comings++
    }
  }

  /** Three turns of the event loop without any event. Real timers carry them, so that an abort ends them as Node does. */
  async function stillness(options: TimerOptions | undefined): Promise<void> {
    let seen = Number.NaN
    for (let still = 0; still < 3; still++) {
      await realSleep(1, undefined, options)
      const events = comings + traffic.events()
      if (events !== seen || traffic.open() > 0) still = 0
      seen = events
    }
  }
}

function first<T extends { readonly due: number }>(sleepers: Iterable<T>): T | undefined {
  return [...sleepers].sort((a, b) => a.due - b.due)[0]
}
