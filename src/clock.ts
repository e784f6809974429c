import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from './ports.ts'

/** The machine's clock. */
export const clock: Clock = {
  now: () => Date.now(),

  async sleep(ms, cut) {
    if (cut?.aborted) return
    try {
      await wait(Math.max(0, ms), undefined, { ...(cut && { signal: cut }) })
    } catch (error) {
      if (!cut?.aborted) throw error
    }
  },
}
