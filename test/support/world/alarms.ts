import type { Alarms } from '../../../src/ports.ts'
import type { AlarmReading, AlarmState, Transition } from '../../../src/rollout/alarms.ts'
import type { Calls } from './calls.ts'
import type { Time } from './time.ts'

const hourMs = 3_600_000

/** Alarms whose states are set from outside, with the history that CloudWatch keeps of them. */
export class SimAlarms implements Alarms {
  readonly #alarms = new Map<string, AlarmReading>()
  readonly #histories = new Map<string, Transition[]>()
  readonly #time: Time
  readonly #calls: Calls

  constructor(time: Time, calls: Calls) {
    this.#time = time
    this.#calls = calls
  }

  /** An alarm goes to a state now; one that is new has been in it for an hour. */
  is(name: string, state: AlarmState, reason = `${name} is ${state}`): void {
    const before = this.#alarms.get(name)
    if (before?.state === state) return
    const at = this.#time.now() - (before === undefined ? hourMs : 0)
    const arn = `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`
    this.#alarms.set(name, { name, arn, state, reason, transitionedAt: at })
    this.#histories.set(name, [...(this.#histories.get(name) ?? []), { at, to: state, reason }])
  }

  /** Somebody deletes an alarm. */
  lacks(name: string): void {
    this.#alarms.delete(name)
  }

  async find(patterns: readonly string[]) {
    return await this.#calls.make('find alarms', () => ({
      alarms: [...this.#alarms.values()].filter(({ name }) => patterns.includes(name)),
      unknown: patterns.filter(name => !this.#alarms.has(name)),
    }))
  }

  async read(names: readonly string[], cut?: AbortSignal): Promise<readonly AlarmReading[]> {
    return await this.#calls.make('read alarms', () => names.flatMap(name => this.#alarms.get(name) ?? []), cut)
  }

  async history(name: string, since: number, cut?: AbortSignal): Promise<readonly Transition[]> {
    const changes = () => (this.#histories.get(name) ?? []).filter(({ at }) => at >= since)
    return await this.#calls.make('read history', changes, cut)
  }
}
