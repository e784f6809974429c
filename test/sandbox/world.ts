import { type CloudWatchState, newCloudWatch } from './cloudwatch/state.ts'
import type { Role } from './iam/roles.ts'
import type { Answering } from './lambda/answers.ts'
import type { Limits } from './lambda/pace.ts'
import { type LambdaState, newLambda } from './lambda/state.ts'
import type { MetricsOptions } from './late.ts'
import type { LogsOptions } from './logs/api.ts'
import { type LogsState, newLogs } from './logs/state.ts'
import { type Random, seeded } from './random.ts'
import type { Executor } from './runtime.ts'
import { newS3, type S3State } from './s3/state.ts'
import { newScheduler, type SchedulerOptions, type SchedulerState } from './scheduler/state.ts'
import { newSts, type StsState } from './sts/state.ts'

/** How long AWS takes to settle things, in ms of the sandbox's time. */
export type Settle = {
  readonly create: number
  readonly update: number
  readonly publish: number
  readonly publishWithUpdate: number
  readonly image: number
  readonly snapStart: number
  readonly provisioned: number
}

/** The one state behind all services. Time is only ever `now()`; nothing in it runs by itself. */
export type World = {
  readonly now: () => number
  readonly region: string
  readonly account: string
  readonly settle: Settle
  readonly metrics: MetricsOptions
  readonly logging: LogsOptions
  readonly scheduling: SchedulerOptions
  readonly limits: Limits
  /** Chance for what is made, for requests and for traffic, apart: more reads make no other revisions. */
  readonly ids: Random
  readonly requestIds: Random
  readonly chance: Random
  /** Apart from these, so that nobody's traffic is another for what others ask of theirs. */
  readonly whims: Random
  readonly lateness: Random
  readonly logChance: Random
  readonly secrets: Random
  /** Chance that a number has for itself, whatever was drawn before. */
  readonly chanceOf: (number: number) => Random
  readonly lambda: LambdaState
  readonly cloudwatch: CloudWatchState
  readonly s3: S3State
  readonly logs: LogsState
  readonly scheduler: SchedulerState
  readonly sts: StsState
  /** By ARN; as long as there is none, every role exists. */
  readonly roles: Map<string, Role>
  readonly executor: Executor
  /** What functions answer in place of their code, by `function:version`. */
  readonly answers: Map<string, Answering>
}

export type WorldOptions = {
  readonly now: () => number
  readonly region: string
  readonly account: string
  readonly settle: Partial<Settle>
  readonly metrics: Partial<MetricsOptions>
  readonly logs: Partial<LogsOptions>
  readonly scheduler: Partial<SchedulerOptions>
  readonly limits: Limits
  readonly seed: number
}

const usualSettle: Settle = {
  create: 2000,
  update: 1500,
  publish: 0,
  publishWithUpdate: 1500,
  image: 20_000,
  snapStart: 60_000,
  provisioned: 30_000,
}

const usualMetrics: MetricsOptions = { delayMs: 0, spreadMs: 0, trimmed: 'given' }
const usualLogs: LogsOptions = { emptyPages: 0, timeouts: 'report' }
const usualScheduling: SchedulerOptions = { lateMs: 0, emptyMaps: 'dropped', past: 'run', groups: ['default'] }

/** An account with nothing in it. */
export function newWorld(options: WorldOptions, executor: Executor): World {
  return {
    now: options.now,
    region: options.region,
    account: options.account,
    settle: { ...usualSettle, ...options.settle },
    metrics: { ...usualMetrics, ...options.metrics },
    logging: { ...usualLogs, ...options.logs },
    scheduling: { ...usualScheduling, ...options.scheduler },
    limits: options.limits,
    ids: seeded(options.seed),
    requestIds: seeded(options.seed ^ 0x1d),
    chance: seeded(options.seed ^ 0x5eed),
    whims: seeded(options.seed ^ 0x3417),
    lateness: seeded(options.seed ^ 0x1a7e),
    logChance: seeded(options.seed ^ 0x1095),
    secrets: seeded(options.seed ^ 0x5ec2),
    chanceOf: number => seeded(Math.imul(options.seed, 0x9e3779b1) ^ number),
    lambda: newLambda(),
    cloudwatch: newCloudWatch(options.now()),
    s3: newS3(),
    logs: newLogs(),
    scheduler: newScheduler(),
    sts: newSts(),
    roles: new Map(),
    executor,
    answers: new Map(),
  }
}
