import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { FunctionSeen, World } from '../ports.ts'
import type { Readiness } from '../rollout/readiness.ts'

/** What is waited for, in the words of the log, and how long at most. */
export type Patience = { readonly what: string; readonly timeoutMs: number }

const firstPauseMs = 1_000
const longestPauseMs = 5_000
const tellEveryMs = 30_000

/**
 * Reads until what is read is no longer pending. The SDK's waiters will not do: they take every error for a reason to
 * go on, and their pauses grow to minutes. Throws `Failure` when the time is up, with what was seen last, and
 * `Cancelled`.
 */
export async function settle(
  read: () => Promise<FunctionSeen | undefined>,
  judge: (seen: FunctionSeen) => Readiness,
  { what, timeoutMs }: Patience,
  { clock, cancel, reporter }: World,
): Promise<FunctionSeen | undefined> {
  const started = clock.now()
  let told = started
  let pauseMs = firstPauseMs
  for (;;) {
    const seen = await read()
    const verdict = seen === undefined ? undefined : judge(seen)
    if (verdict?.kind !== 'pending') return seen
    const waited = clock.now() - started
    if (waited >= timeoutMs) {
      throw new Failure(
        `${what} took longer than ${formatDuration(timeoutMs)} and was last ${verdict.because}; raise \`ready-timeout\` if that is to be expected`,
      )
    }
    if (cancel.aborted) throw new Cancelled(`waiting for ${what}`)
    if (clock.now() - told >= tellEveryMs) {
      reporter.tell({
        kind: 'note',
        text: `Still waiting for ${what} after ${formatDuration(waited)}: ${verdict.because}`,
      })
      told = clock.now()
    }
    await clock.sleep(Math.min(pauseMs, timeoutMs - waited), cancel)
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)
  }
}
