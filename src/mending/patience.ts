import { CallFailed, type World } from '../ports.ts'

/** How long something is read again where AWS is too busy, which it is when this is needed most; and how far apart. */
const patienceMs = 10 * 60_000
const pauseMs = 5_000

/** Reads what nothing can be undone without, again and again while AWS is unavailable. */
export async function patiently<T>(read: () => Promise<T>, { clock, cancel, reporter }: World): Promise<T> {
  const deadline = clock.now() + patienceMs
  for (;;) {
    try {
      return await read()
    } catch (error) {
      const passes = error instanceof CallFailed && error.kind === 'unavailable'
      if (!passes || cancel.aborted || clock.now() >= deadline) throw error
      reporter.tell({ kind: 'warning', text: `Not read yet, trying again: ${error.said}` })
      await clock.sleep(pauseMs, cancel)
    }
  }
}
