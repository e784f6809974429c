import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { Invoked, Invoker } from '../ports.ts'
import { callOptions } from './client.ts'
import { doing } from './errors.ts'

/** A function may run for 15 minutes. */
const longestInvocationMs = 15 * 60_000

/** Synchronous invocations of functions, and of versions of them. */
export class LambdaInvoker implements Invoker {
  readonly #lambda: LambdaClient
  readonly #cancel: AbortSignal

  constructor(lambda: LambdaClient, cancel: AbortSignal) {
    this.#lambda = lambda
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
      const answer = await this.#lambda.send(command, callOptions(this.#cancel, longestInvocationMs))
      return {
        functionError: answer.FunctionError,
        payload: answer.Payload === undefined ? '' : Buffer.from(answer.Payload).toString(),
        log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
      }
    })
  }
}
