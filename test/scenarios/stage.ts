import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand, type StateValue } from '@aws-sdk/client-cloudwatch'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionRequest,
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { zipOf } from '../sandbox/rig.ts'
import { type Fault, type RequestRecord, type Sandbox, type Settle, startSandbox } from '../sandbox/sandbox.ts'
import { type JumpingClock, jumpingNow, jumpTo } from '../support/clock/spec.ts'
import { type RunningStep, runPost, type Step, type StepResult, startStep } from '../support/runner.ts'
import { expectGolden, type Replacement, transcript } from '../support/transcript.ts'

export const minute = 60_000

/** What there is when the curtain rises. Without more said: `orders` with version 1, served whole by `live`. */
export type Setting = {
  /** How many versions have been published; what the build made is the code of the next one. */
  readonly versions?: number
  /** Over a usual Node.js function; `absent`: there is none. */
  readonly function?: Partial<CreateFunctionRequest> | 'absent'
  readonly live?: Live | 'absent'
  readonly settle?: Partial<Settle>
}

export type Live = {
  readonly version?: string
  readonly canary?: readonly [version: string, weight: number]
  readonly description?: string
}

/** A moment of a run: a call that is just being made, or (`after`) that was applied and is not answered yet. */
export type Moment = ({ readonly before: string } | { readonly after: string }) & {
  /** The first such call at so many ms after the curtain or later. */
  readonly from?: number
  /** The k-th such call, from 1. */
  readonly nth?: number
}

/** Whose workflow run it is, where it is not attempt 1 of run 9876543210. */
export type WorkflowRun = { readonly id?: string; readonly attempt?: number }

/** A run of the action, with its post step. */
export type Deployed = { readonly main: StepResult; readonly post: StepResult; readonly end: End }

/** How a run ended, in short. Annotations by their level and the result that they tell: `error rolled-back`. */
export type End = {
  readonly result: string | undefined
  readonly exitCode: number | null
  readonly conclusion: StepResult['conclusion']
  readonly annotations: readonly string[]
  /** What `live` serves in the end, read from the sandbox: `2`, or `1, and 2 at 10 %`. */
  readonly live: string
  /** The post step's annotations, and how many calls it made. */
  readonly post: { readonly annotations: readonly string[]; readonly calls: number }
}

const idle = { annotations: [], calls: 0 }

/** The end of a step that succeeds, and leaves its post step nothing to do. */
export function succeeded(result: string, live: string): End {
  return { result, exitCode: 0, conclusion: 'success', annotations: [`notice ${result}`], live, post: idle }
}

/** The end of a step that fails in good order, and leaves its post step nothing to do. */
export function failed(result: string, live: string): End {
  return { result, exitCode: 1, conclusion: 'failure', annotations: [`error ${result}`], live, post: idle }
}

/** Noon before the curtain, and the curtain itself: time for alarms to find their state. */
const setUpAt = Date.UTC(2026, 10, 23, 9, 50)
const curtain = Date.UTC(2026, 10, 23, 10)

const action = join(import.meta.dirname, '..', '..')
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'sandbox' }
const region = 'eu-west-1'

/**
 * An embedded AWS, a clock that jumps, and a workspace with a build in it, for one test. Time stands at 9:50 until the
 * first run, which begins at 10:00.
 */
export class Stage {
  readonly sandbox: Sandbox
  readonly workspace: string
  /** Somebody else, with clients of their own: what they do during a run stands in its story where they did it. */
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly s3: S3Client
  readonly #clock: JumpingClock
  readonly #told: string[] = []
  readonly #claimed = new Set<RequestRecord>()
  #running: RunningStep | undefined
  #aside: number | undefined

  constructor(sandbox: Sandbox, clock: JumpingClock, workspace: string) {
    this.sandbox = sandbox
    this.workspace = workspace
    this.#clock = clock
    const config = { endpoint: sandbox.endpoint, region, credentials, maxAttempts: 1 }
    this.lambda = new LambdaClient(config)
    this.cloudwatch = new CloudWatchClient(config)
    this.s3 = new S3Client({ ...config, forcePathStyle: true })
    for (const { middlewareStack } of [this.lambda, this.cloudwatch]) {
      middlewareStack.add(
        next => async args => {
          if (this.#aside !== undefined) headersOf(args)['x-sequence'] = String(this.#aside)
          return await next(args)
        },
        { step: 'build', name: 'aside' },
      )
    }
  }
}

function headersOf({ request }: { request?: unknown }): Record<string, string> {
  return (request as { headers: Record<string, string> }).headers
}
