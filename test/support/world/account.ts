import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { LambdaAliases } from '../../../src/aws/alias.ts'
import { type ClientConfig, clientConfig } from '../../../src/aws/client.ts'
import { LambdaFunctions } from '../../../src/aws/functions.ts'
import { newRig, type Rig } from '../../sandbox/rig.ts'
import type { Fault, RequestRecord, SandboxOptions } from '../../sandbox/sandbox.ts'
import { Time } from './time.ts'

/** An account on the sandbox, spoken to by the adapters as the action wires them, but for pauses that take no time. */
export type Account = {
  readonly rig: Rig
  readonly clock: Time
  readonly config: ClientConfig & typeof sandboxed & { readonly endpoint: string }
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly functions: LambdaFunctions
  readonly aliases: LambdaAliases
  readonly cancel: AbortSignal
  stop(): void
  /** Lets the k-th call of an operation from now on go wrong, or each one where no k is given. */
  befall(operation: string, fault: Fault, nth?: number): void
  /** The requests of an operation since `befall` or `forget` was called, or since the start. */
  requests(operation: string): readonly RequestRecord[]
  forget(): void
  close(): Promise<void>
}

/** The sandbox lives in a time of its own, which the SDK would take for a clock that goes wrong. */
const sandboxed = {
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  disableClockSkewCorrection: true,
} as const

/** An account with the function `orders`: versions 1 and 2, and the alias `live` on 1. */
export async function newAccount(options: Omit<SandboxOptions, 'now'> = {}): Promise<Account> {
  const rig = await newRig(options)
  await rig.deploy('orders', 2)
  const clock = new Time()
  const cancelling = new AbortController()
  const config = { ...clientConfig('eu-west-1', clock), endpoint: rig.sandbox.endpoint, ...sandboxed }
  const lambda = new LambdaClient(config)
  const cloudwatch = new CloudWatchClient(config)
  let from = rig.sandbox.requests.length
  const forget = () => {
    from = rig.sandbox.requests.length
  }
  return {
    rig,
    clock,
    config,
    lambda,
    cloudwatch,
    functions: new LambdaFunctions(lambda, cancelling.signal),
    aliases: new LambdaAliases(lambda),
    cancel: cancelling.signal,
    stop: () => cancelling.abort(),
    befall: (operation, fault, nth) => {
      forget()
      rig.sandbox.faults.add({ match: { operation }, fault, ...(nth !== undefined && { on: { nth } }) })
    },
    requests: operation => rig.sandbox.requests.slice(from).filter(request => request.operation === operation),
    forget,
    close: async () => {
      for (const client of [lambda, cloudwatch]) client.destroy()
      await rig.close()
    },
  }
}
