import { type CloudWatchState, newCloudWatch } from './cloudwatch/state.ts'
import { type LambdaState, newLambda } from './lambda/state.ts'
import { type Random, seeded } from './random.ts'
import type { Executor } from './runtime.ts'
import { newS3, type S3State } from './s3/state.ts'

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
  /** Chance for what is made, for requests and for traffic, apart: more reads make no other revisions. */
  readonly ids: Random
  readonly requestIds: Random
  readonly chance: Random
  readonly lambda: LambdaState
  readonly cloudwatch: CloudWatchState
  readonly s3: S3State
  readonly executor: Executor
}

export type WorldOptions = {
  readonly now: () => number
  readonly region: string
  readonly account: string
  readonly settle: Partial<Settle>
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

/** An account with nothing in it. */
export function newWorld(options: WorldOptions, executor: Executor): World {
  return {
    now: options.now,
    region: options.region,
    account: options.account,
    settle: { ...usualSettle, ...options.settle },
    ids: seeded(options.seed),
    requestIds: seeded(options.seed ^ 0x1d),
    chance: seeded(options.seed ^ 0x5eed),
    lambda: newLambda(),
    cloudwatch: newCloudWatch(options.now()),
    s3: newS3(),
    executor,
  }
}
