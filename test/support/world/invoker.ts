import type { Invoked, Invoker } from '../../../src/ports.ts'
import type { Calls } from './calls.ts'
import type { Time } from './time.ts'

/** What an invocation comes to, and how long that takes. */
type Answer = Partial<Invoked> & { readonly takes?: string }

/** Functions that answer as a story says, `null` where it says nothing. */
export class SimInvoker implements Invoker {
  /** Every invocation: so much time after the start, what was invoked (`orders:8`) and with what. */
  readonly invoked: (readonly [at: string, name: string, payload: unknown])[] = []
  readonly #answers = new Map<string, Answer>()
  readonly #time: Time
  readonly #calls: Calls
  readonly #cancel: AbortSignal

  constructor(time: Time, calls: Calls, cancel: AbortSignal) {
    this.#time = time
    this.#calls = calls
    this.#cancel = cancel
  }

  /** What `orders:8`, or `check-orders`, answers from now on. */
  answers(name: string, answer: Answer): void {
    this.#answers.set(name, answer)
  }

  async invoke(functionName: string, version: string | undefined, payload: string): Promise<Invoked> {
    const name = version === undefined ? functionName : `${functionName}:${version}`
    const { takes = '0s', ...answer } = this.#answers.get(name) ?? {}
    const apply = () => {
      this.invoked.push([this.#time.elapsed(), name, JSON.parse(payload)])
      this.#time.pass(takes)
      this.#cancel.throwIfAborted()
      return { functionError: undefined, payload: 'null', log: '', ...answer }
    }
    return await this.#calls.make('invoke', apply, this.#cancel)
  }
}
