import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { STSClient } from '@aws-sdk/client-sts'
import { strToU8, zipSync } from 'fflate'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/** A sandbox on a clock that only a test moves, with the real clients pointed at it. */
export interface Rig {
  readonly sandbox: Sandbox
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly s3: S3Client
  readonly logs: CloudWatchLogsClient
  readonly scheduler: SchedulerClient
  readonly sts: STSClient
  now(): number
  /** Lets time go by, minute by minute, as a sandbox with a clock of its own would see it. */
  pass(ms: number): void
  /** Creates a function with this many published versions, all Active, and the alias `live` on version 1. */
  deploy(name: string, versions?: number, source?: (version: number) => string): Promise<void>
  /** A statistic of one of Lambda's metrics of `orders:live` or of one of its versions, by minute, oldest first. */
  points(metric: string, statistic: string, version?: string): Promise<readonly number[]>
  close(): Promise<void>
}

const minuteMs = 60_000

/** Starts one at 2026-11-23T10:00:00Z. */
export async function newRig(options: Omit<SandboxOptions, 'now'> = {}): Promise<Rig> {
  let now = Date.parse('2026-11-23T10:00:00Z')
  const sandbox = await startSandbox({ ...options, now: () => now })
  const config = {
    endpoint: sandbox.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    maxAttempts: 1,
  }
  const lambda = new LambdaClient(config)
  const cloudwatch = new CloudWatchClient(config)
  const s3 = new S3Client({ ...config, forcePathStyle: true })
  const logs = new CloudWatchLogsClient(config)
  const scheduler = new SchedulerClient(config)
  const sts = new STSClient(config)

  function pass(ms: number): void {
    const until = now + ms
    while (now < until) {
      now = Math.min(until, now + minuteMs)
      sandbox.advance()
    }
  }

  return {
    sandbox,
    lambda,
    cloudwatch,
    s3,
    logs,
    scheduler,
    sts,
    now: () => now,
    pass,
    deploy: async (name, versions = 1, source = answering) => {
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: 'arn:aws:iam::111122223333:role/orders',
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Code: { ZipFile: zipOf(source(1)) },
        }),
      )
      for (let version = 1; version <= versions; version += 1) {
        pass(5000)
        if (version > 1) {
          await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zipOf(source(version)) }))
          pass(5000)
        }
        await lambda.send(new PublishVersionCommand({ FunctionName: name }))
      }
      await lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }))
    },
    points: async (MetricName, Stat, version) => {
      const Metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions: dimensions(version) }
      const { MetricDataResults = [] } = await cloudwatch.send(
        new GetMetricDataCommand({
          MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 60, Stat } }],
          StartTime: new Date(now - 24 * 60 * minuteMs),
          EndTime: new Date(now + minuteMs),
          ScanBy: 'TimestampAscending',
        }),
      )
      return MetricDataResults[0]?.Values ?? []
    },
    close: async () => {
      for (const client of [lambda, cloudwatch, s3, logs, scheduler, sts]) client.destroy()
      await sandbox.close()
    },
  }
}

/** The dimensions of what Lambda measures of `orders:live`, or of one version behind it. */
export function dimensions(version?: string) {
  return [
    { Name: 'FunctionName', Value: 'orders' },
    { Name: 'Resource', Value: 'orders:live' },
    ...(version === undefined ? [] : [{ Name: 'ExecutedVersion', Value: version }]),
  ]
}

/** A zip with one ES module, `index.mjs`. */
export function zipOf(source: string): Uint8Array {
  return zipSync({ 'index.mjs': strToU8(source) }, { mtime: new Date(2026, 0, 1) })
}

function answering(version: number): string {
  return `export const handler = async () => ({ statusCode: 200, body: 'version ${version}' })\n`
}
