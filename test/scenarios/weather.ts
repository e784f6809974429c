import type { RequestRecord, Sandbox } from '../sandbox/sandbox.ts'

/** What can be wrong with AWS and with the way there, while runs go on. */
export class Weather {
  readonly #faults: Sandbox['faults']
  readonly #origin: number

  /** Times are counted from `origin`, epoch ms. */
  constructor({ faults }: Sandbox, origin: number) {
    this.#faults = faults
    this.#origin = origin
  }

  /** The answer to the k-th such call is lost, once it is applied. */
  loseAnswer(operation: string, nth = 1): void {
    this.#faults.add({ match: { operation }, on: { nth }, fault: { kind: 'lose-answer' } })
  }

  /** The connection is lost under the k-th such call, before it is applied. */
  reset(operation: string, nth: number): void {
    this.#faults.add({ match: { operation }, on: { nth }, fault: { kind: 'reset' } })
  }

  /** The k-th such call is answered 503 with a web page, by something in front of AWS. */
  webPage(operation: string, nth: number): void {
    this.#faults.add({ match: { operation }, on: { nth }, fault: { kind: 'html', status: 503 } })
  }

  /** Such calls are rejected as wrong, with this message. */
  reject(operation: string, message: string): void {
    const fault = { kind: 'error', status: 400, name: 'InvalidParameterValueException', message } as const
    this.#faults.add({ match: { operation }, fault })
  }

  /** From so many ms on such calls are denied. */
  deny(operation: string, from = 0): void {
    this.#faults.add({ match: { operation }, on: { from: this.#origin + from }, fault: { kind: 'denied' } })
  }

  /** Each k-th call of a run is throttled, counted as the run makes them. */
  throttleEvery(k: number): void {
    const when = ({ sequence = 1 }: RequestRecord) => sequence % k === 0
    this.#faults.add({ on: { when }, fault: { kind: 'throttle' } })
  }

  /** From the k-th such call on all of Lambda fails with 500, for so many ms. */
  outage(operation: string, nth: number, ms: number): void {
    let calls = 0
    let over = Number.NEGATIVE_INFINITY
    const when = (record: RequestRecord) => {
      if (record.operation === operation && ++calls === nth) over = record.at + ms
      return record.at < over
    }
    const fault = { kind: 'error', status: 500, name: 'ServiceException', message: 'Internal server error' } as const
    this.#faults.add({ match: { service: 'lambda' }, on: { when }, fault })
  }

  /** From so many ms on every answer takes so many ms of real time. */
  slow(ms: number, from: number): void {
    this.#faults.add({ on: { from: this.#origin + from }, fault: { kind: 'delay', ms } })
  }

  /** The first such calls wait until there are so many of them. */
  together(operation: string, count: number): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    let come = 0
    const run = async () => {
      if (++come === count) resolve()
      await promise
    }
    this.#faults.add({ match: { operation }, on: { times: count }, fault: { kind: 'before', run } })
  }

  clear(): void {
    this.#faults.clear()
  }
}
