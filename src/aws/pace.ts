import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { Clock } from '../ports.ts'

/**
 * Lambda lets a whole account and region make 15 control-plane calls a second, and 100 of GetFunction, which has a
 * quota of its own (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Ours keep well below, so
 * that others who deploy at the same time are not throttled by us: what traffic waits for takes ten, all else eight.
 */
const perSecond = { urgent: 10, ordinary: 8, functions: 50 } as const

const urgent = new Set(['GetAliasCommand', 'CreateAliasCommand', 'UpdateAliasCommand', 'DeleteAliasCommand'])

/** Makes a client wait before calls that would come faster than that. */
export function paced(lambda: LambdaClient, clock: Clock): LambdaClient {
  const control: number[] = []
  const lanes = {
    urgent: new Lane(perSecond.urgent, control, clock),
    ordinary: new Lane(perSecond.ordinary, control, clock),
    functions: new Lane(perSecond.functions, [], clock),
  }
  lambda.middlewareStack.add(
    (next, { commandName = '' }) =>
      async args => {
        if (commandName !== 'InvokeCommand') await lanes[laneOf(commandName)].turn()
        return await next(args)
      },
    { name: 'pace', step: 'initialize' },
  )
  return lambda
}

function laneOf(commandName: string): 'urgent' | 'ordinary' | 'functions' {
  if (commandName === 'GetFunctionCommand') return 'functions'
  return urgent.has(commandName) ? 'urgent' : 'ordinary'
}

const secondMs = 1_000

/** Calls in the order in which they ask, so many in any second; `made` are the times of those that count against it. */
class Lane {
  readonly #most: number
  readonly #made: number[]
  readonly #clock: Clock
  #last: Promise<void> = Promise.resolve()

  constructor(most: number, made: number[], clock: Clock) {
    this.#most = most
    this.#made = made
    this.#clock = clock
  }

  turn(): Promise<void> {
    this.#last = this.#last.then(() => this.#wait())
    return this.#last
  }

  /** Another lane may take a turn meanwhile, so that it is looked again after each wait. */
  async #wait(): Promise<void> {
    for (;;) {
      const now = this.#clock.now()
      while ((this.#made[0] ?? now) <= now - secondMs) this.#made.shift()
      const inTheWay = this.#made.at(-this.#most)
      if (inTheWay === undefined) {
        this.#made.push(now)
        return
      }
      await this.#clock.sleep(inTheWay + secondMs - now)
    }
  }
}
