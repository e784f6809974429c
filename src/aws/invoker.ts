import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Clock, Invoked, Invoker } from '../ports.ts'
import { type ClientConfig, callOptions } from './client.ts'
import { doing } from './errors.ts'
import { retryStrategy } from './retry.ts'

/** A function may run for 15 minutes. */
const longestInvocationMs = 15 * 60_000

/** Synchronous invocations of functions, and of versions of them. */
export class LambdaInvoker implements Invoker {
  readonly #config: ClientConfig
  readonly #clock: Clock
  readonly #cancel: AbortSignal

  constructor(config: ClientConfig, clock: Clock, cancel: AbortSignal) {
    this.#config = config
    this.#clock = clock
    this.#cancel = cancel
  }

  invoke(functionName: string, version: string | undefined, payload: string): Promise<Invoked> {
    const name = version === undefined ? functionName : `${functionName}:${version}`
    return doing({ what: `invoke ${name}`, action: 'lambda:InvokeFunction', resource: name }, async () => {
      const command = new InvokeCommand({
        FunctionName: functionName,
        ...(version !== undefined && { Qualifier: version }),
        LogType: 'Tail',
        Payload: Buffer.from(payload),
      })
      // Only what Lambda did not take is sent again: a function whose answer is lost has run.
      const lambda = new LambdaClient({ ...this.#config, retryStrategy: retryStrategy(this.#clock, ['THROTTLING']) })
      const answer = await lambda.send(command, callOptions(this.#cancel, longestInvocationMs))
      return {
        functionError: answer.FunctionError,
        // An answer without a body comes as null, whatever the type says.
        payload: Buffer.from(answer.Payload ?? []).toString(),
        log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
      }
    })
  }
}
