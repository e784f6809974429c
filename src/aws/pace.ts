import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { Clock } from '../ports.ts'

/**
 * Lambda lets a whole account and region make 15 control-plane calls a second, GetFunction apart, which has a quota of its
 * own (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Ours keep to half of that, so that
 * others who deploy at the same time are not throttled by us.
 */
const perSecond = 8

/** What traffic waits for is not held up: a few calls a step. */
const unpaced = new Set(['GetFunctionCommand', 'GetAliasCommand', 'UpdateAliasCommand', 'InvokeCommand'])

/** Makes a client wait before calls that would come faster than that. */
export function paced(lambda: LambdaClient, clock: Clock): LambdaClient {
  const pace = new Pace(clock)
  lambda.middlewareStack.add(
    (next, { commandName = '' }) =>
      async args => {
        if (!unpaced.has(commandName)) await pace.turn()
        return await next(args)
      },
    { name: 'pace', step: 'initialize' },
  )
  return lambda
}

/** So many turns at once, and then so many a second. */
class Pace {
  readonly #clock: Clock
  #nextAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async turn(): Promise<void> {
    const now = this.#clock.now()
    const intervalMs = 1_000 / perSecond
    // A second in which nothing was called may be made up for at once.
    this.#nextAt = Math.max(this.#nextAt, now - 1_000) + intervalMs
    const waitMs = this.#nextAt - now
    if (waitMs > 0) await this.#clock.sleep(waitMs)
  }
}
