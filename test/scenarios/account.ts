import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionRequest,
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import type { BuildMiddleware } from '@smithy/types'
import { zipOf } from '../sandbox/rig.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

/** An alias: whole on a version, or with a canary besides. */
export type Live = {
  readonly version?: string
  readonly canary?: readonly [version: string, weight: number]
  readonly description?: string
}

/** What there is of `orders`: its versions, and the alias `live`. */
export type Orders = {
  readonly versions: number
  /** What differs from a usual Node.js function. */
  readonly differs: Partial<CreateFunctionRequest>
  readonly live: Live | 'absent'
}

export const region = 'eu-west-1'
export const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'sandbox' }

const orders = { FunctionName: 'orders' }
const live = { ...orders, Name: 'live' }

/** The code of a version of `orders`. */
export function codeOf(version: number): string {
  return `export const handler = async () => 'version ${version}'\n`
}

/** The AWS account as everybody else uses it: whoever owns `orders`, and whoever meddles. */
export class Account {
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly s3: S3Client
  readonly #sandbox: Sandbox

  /** `number` gives what a call is numbered with that is made in the middle of a run. */
  constructor(sandbox: Sandbox, number: () => number | undefined) {
    this.#sandbox = sandbox
    const config = { endpoint: sandbox.endpoint, region, credentials, maxAttempts: 1 }
    this.lambda = new LambdaClient(config)
    this.cloudwatch = new CloudWatchClient(config)
    this.s3 = new S3Client({ ...config, forcePathStyle: true })
    this.lambda.middlewareStack.add(numbered(number), { step: 'build' })
    this.cloudwatch.middlewareStack.add(numbered(number), { step: 'build' })
  }

  /** Creates `orders`, half a minute before and after each change of it. */
  async create({ versions, differs, live }: Orders, pass: (ms: number) => void): Promise<void> {
    await this.lambda.send(new CreateFunctionCommand({ ...usual, ...differs }))
    for (let version = 1; version <= versions; version++) {
      pass(30_000)
      const code = { ZipFile: zipOf(codeOf(version)) }
      if (version > 1) await this.lambda.send(new UpdateFunctionCodeCommand({ ...orders, ...code }))
      pass(30_000)
      await this.lambda.send(new PublishVersionCommand(orders))
    }
    if (live !== 'absent') await this.alias('live', live)
  }

  /** Creates an alias of `orders`. */
  async alias(name: string, { version = '1', canary, description = '' }: Live): Promise<void> {
    const RoutingConfig = { AdditionalVersionWeights: weightsOf(canary) }
    const alias = { Name: name, FunctionVersion: version, Description: description, RoutingConfig }
    await this.lambda.send(new CreateAliasCommand({ ...orders, ...alias }))
  }

  /** Moves `live` as a person would in the console, who leaves its description alone. */
  async move(version: string, canary?: Live['canary']): Promise<void> {
    const RoutingConfig = { AdditionalVersionWeights: weightsOf(canary) }
    await this.lambda.send(new UpdateAliasCommand({ ...live, FunctionVersion: version, RoutingConfig }))
  }

  /** What `live` serves: `2`, `1, and 2 at 10 %`, or `nothing` where it is not there. */
  async live(): Promise<string> {
    try {
      const alias = await this.lambda.send(new GetAliasCommand(live))
      const canaries = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {})
      const shares = canaries.map(([version, weight]) => `${version} at ${Number((weight * 100).toFixed(2))} %`)
      return [alias.FunctionVersion, ...shares].join(', and ')
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return 'nothing'
      throw error
    }
  }

  /** Gives `live` provisioned concurrency; how long that takes to settle is up to the sandbox. */
  async provision(executions: number): Promise<void> {
    const config = { ...orders, Qualifier: 'live', ProvisionedConcurrentExecutions: executions }
    await this.lambda.send(new PutProvisionedConcurrencyConfigCommand(config))
  }

  /** Starts requests to `live`, of which some versions fail a share. */
  traffic(perSecond: number, failing: Readonly<Record<string, number>> = {}): void {
    const behaviour = (version: string) => ({ errorRate: failing[version] ?? 0, durationMs: 50 })
    this.#sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond, behaviour })
  }

  /** Creates an alarm on the errors of `live`: more than 5 in a minute. Without data it is OK, or stays in `state`. */
  async alarm(name: string, state?: StateValue, reason?: string): Promise<void> {
    const dimensions = { FunctionName: 'orders', Resource: 'orders:live' }
    await this.cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: name,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: state === undefined ? 'notBreaching' : 'missing',
      }),
    )
    if (state !== undefined) await this.set(name, state, reason)
  }

  /** Puts an alarm into a state by hand, where it stays until CloudWatch evaluates it again. */
  async set(alarm: string, state: StateValue, reason = 'set by hand'): Promise<void> {
    await this.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: alarm, StateValue: state, StateReason: reason }))
  }

  close(): void {
    for (const client of [this.lambda, this.cloudwatch, this.s3]) client.destroy()
  }
}

const usual: CreateFunctionRequest = {
  ...orders,
  Role: 'arn:aws:iam::111122223333:role/orders',
  Runtime: 'nodejs22.x',
  Handler: 'index.handler',
  Code: { ZipFile: zipOf(codeOf(1)) },
}

function weightsOf(canary: Live['canary']): Record<string, number> {
  return Object.fromEntries(canary === undefined ? [] : [canary])
}

function numbered<I extends object, O extends object>(number: () => number | undefined): BuildMiddleware<I, O> {
  return next => async args => {
    const { headers } = args.request as { headers: Record<string, string> }
    const sequence = number()
    if (sequence !== undefined) headers['x-sequence'] = String(sequence)
    return await next(args)
  }
}
