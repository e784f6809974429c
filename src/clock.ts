import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from './ports.ts'

/** Node's timers take no longer ones. */
const longestMs = 2 ** 31 - 1

/** The machine's clock. */
export const clock: Clock = {
  now: () => Date.now(),

  async sleep(ms, cut) {
    if (cut?.aborted) return
    try {
      await wait(Math.min(Math.max(0, ms), longestMs), undefined, { ...(cut && { signal: cut }) })
    } catch (error) {
      if (!cut?.aborted) throw error
    }
  },
}
