import { formatDuration } from '../../../src/duration.ts'
import type { Watchdog, WatchdogAct } from '../../../src/ports.ts'
import { describeTarget, type Target } from '../../../src/rollout/outcome.ts'
import { primary, whole } from '../../../src/rollout/routing.ts'
import type { SimAliases } from './aliases.ts'
import type { Calls } from './calls.ts'
import type { Time } from './time.ts'

/** A schedule as it stands: what it does and when (epoch ms); nothing and never where it is switched off. */
export type Standing = { readonly act: WatchdogAct | undefined; readonly at: number }

/** Something that was set, removed or fired, at so much time after the start, and when it is due then. */
export type WatchdogEvent = readonly [
  at: string,
  what: 'prepared' | 'disarmed' | 'removed' | 'fired' | WatchdogAct['kind'],
  due?: string,
]

/** EventBridge Scheduler: one schedule an alias, which acts in simulated time whether or not the run still lives. */
export class SimWatchdog implements Watchdog {
  readonly events: WatchdogEvent[] = []
  readonly #standing = new Map<string, Standing>()
  readonly #aliases: SimAliases
  readonly #time: Time
  readonly #calls: Calls

  constructor({ aliases, clock, calls }: { aliases: SimAliases; clock: Time; calls: Calls }) {
    this.#aliases = aliases
    this.#time = clock
    this.#calls = calls
  }

  /** The schedule of an alias such as `orders:live`; undefined where there is none. */
  standing(name: string): Standing | undefined {
    return this.#standing.get(name)
  }

  /** How long it is still to act, in ms. */
  left(name: string): number | undefined {
    const { act, at } = this.#standing.get(name) ?? {}
    return act === undefined || at === undefined ? undefined : at - this.#time.now()
  }

  async prepare(_: Target): Promise<void> {
    await this.#calls.make('prepare watchdog', () => this.#note('prepared'))
  }

  async set(target: Target, act: WatchdogAct, at: number): Promise<void> {
    await this.#calls.make('set watchdog', () => this.#put(describeTarget(target), { act, at }))
  }

  async remove(target: Target): Promise<boolean> {
    return await this.#calls.make('remove watchdog', () => {
      const was = this.#standing.delete(describeTarget(target))
      if (was) this.#note('removed')
      return was
    })
  }

  async disarm(target: Target): Promise<void> {
    await this.#calls.make('disarm watchdog', () => {
      this.#standing.set(describeTarget(target), { act: undefined, at: Number.POSITIVE_INFINITY })
      this.#note('disarmed')
    })
  }

  removal(target: Target): string {
    return `remove the schedule of ${describeTarget(target)}`
  }

  #put(name: string, standing: Standing & { readonly act: WatchdogAct }): void {
    this.#standing.set(name, standing)
    const { act, at } = standing
    this.#note(act.kind, at)
    this.#time.after(at - this.#time.now(), () => {
      if (this.#standing.get(name) !== standing) return
      this.#standing.delete(name)
      this.#note('fired')
      this.#act(name, act)
    })
  }

  /** What UpdateAlias makes of it. Weights are replaced as a whole, so that those of others go as well. */
  #act(name: string, act: WatchdogAct): void {
    const [functionName = '', aliasName] = name.split(':')
    const alias = this.#aliases.all(functionName).find(alias => alias.name === aliasName)
    if (alias === undefined) return
    if (act.kind === 'restore') {
      const { back, revision } = act
      if (alias.revision === revision) this.#aliases.points(name, back.routing, back.description)
      return
    }
    // Lambda refuses a weight for the version that the alias serves anyway.
    if (primary(alias.routing) === act.candidate) return
    if (alias.routing.kind === 'whole') this.#aliases.touches(name)
    else this.#aliases.points(name, whole(alias.routing.stable), alias.description)
  }

  #note(what: WatchdogEvent[1], due?: number): void {
    const at = this.#time.elapsed()
    this.events.push(due === undefined ? [at, what] : [at, what, formatDuration(due - this.#time.start)])
  }
}
