import type { ErrorSeen, Logs } from '../../../src/ports.ts'
import type { Calls } from './calls.ts'
import { durationMs, type Time } from './time.ts'

/** The errors in the logs of versions. */
export class SimLogs implements Logs {
  /** What was read: so much time after the start, which group, which version and from when on. */
  readonly read: (readonly [at: string, group: string, version: string, from: number])[] = []
  readonly #errors: { readonly version: string; readonly from: number; readonly error: ErrorSeen }[] = []
  readonly #time: Time
  readonly #calls: Calls

  constructor(time: Time, calls: Calls) {
    this.#time = time
    this.#calls = calls
  }

  /** A version has logged these errors, which can be read from a moment after the start on. */
  tell(version: string, errors: readonly ErrorSeen[], from = '0s'): void {
    const at = this.#time.start + durationMs(from)
    this.#errors.push(...errors.map(error => ({ version, from: at, error })))
  }

  async errors({ group, version }: { group: string; version: string }, from: number): Promise<readonly ErrorSeen[]> {
    return await this.#calls.make('read logs', () => {
      this.read.push([this.#time.elapsed(), group, version, from])
      return this.#errors.filter(one => one.version === version && one.from <= this.#time.now()).map(one => one.error)
    })
  }
}
