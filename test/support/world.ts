import type { DeployInputs, Source } from '../../src/inputs.ts'
import type { Fact, Left, Packed, World } from '../../src/ports.ts'
import type { Run } from '../../src/rollout/journal.ts'
import type { Target } from '../../src/rollout/outcome.ts'
import type { Plan } from '../../src/rollout/plan.ts'
import { parseStrategy, shapedPlan } from '../../src/strategy.ts'
import { Calls } from './world/calls.ts'
import { CloudWatch } from './world/cloudwatch.ts'
import { Lambda } from './world/lambda.ts'
import { Time } from './world/time.ts'

export { Killed } from './world/calls.ts'
export { active, settings } from './world/lambda.ts'

/** The world of a story, in memory and in simulated time: a rollout of hours takes milliseconds. */
export type Sim = World & {
  readonly time: Time
  readonly calls: Calls
  readonly lambda: Lambda
  readonly cloudwatch: CloudWatch
  /** What was packed: its hash is its content here. Sizes can be set. */
  readonly built: { zippedBytes: number }
  readonly facts: Fact[]
  /** What the post step would find, in the form in which it outlives the process. */
  left(): Left
  /** The workflow is cancelled. */
  stop(): void
}

/**
 * An account with the function `orders`: versions 5 and 7, `$LATEST` like 7, and the alias `live` on 7 with a journal
 * that says so.
 */
export function newWorld(): Sim {
  const time = new Time()
  const calls = new Calls(time)
  const cancelling = new AbortController()
  const lambda = new Lambda(time, calls, cancelling.signal)
  const cloudwatch = new CloudWatch(time, calls)
  const facts: Fact[] = []
  const built = { zippedBytes: 1_000 }
  let kept = ''
  lambda.has('orders', { 5: {}, 7: {} })
  lambda.points('orders', 'live', { kind: 'whole', version: '7' }, served)
  return {
    time,
    calls,
    lambda,
    cloudwatch,
    built,
    facts,
    left: () => JSON.parse(kept) as Left,
    stop: () => cancelling.abort(),
    artifacts: { pack: ({ path }) => calls.make('pack', () => packed(path, built.zippedBytes)) },
    functions: lambda,
    aliases: lambda,
    alarms: cloudwatch,
    storage: {
      put: (_file, _bytes, { bucket, prefix, name }) =>
        calls.make('put object', () => ({ kind: 's3', bucket, key: `${prefix}/${name}`, versionId: 'v1' }) as const),
    },
    clock: time,
    memory: {
      keep: left => {
        kept = JSON.stringify(left)
      },
    },
    reporter: {
      tell: fact => {
        facts.push(fact)
      },
    },
    cancel: cancelling.signal,
  }
}

/** What the journal of `live` says before a story begins, and what a roll-back leaves there again. */
export const served = 'lambda-rollout 7 after 5; octo/orders@0ldc0de run 900.1'

export const target: Target = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }

export const run: Run = { repository: 'octo/orders', commit: 'abc1234def', id: '987', attempt: 1 }

/** What a deploy is asked for: the directory `code of 8` onto `live`, at once unless a strategy is named. */
export function inputs(change: Partial<DeployInputs> & { strategy?: string; source?: Source } = {}): DeployInputs {
  const { strategy = 'all-at-once', source = { kind: 'directory', path: 'code of 8' }, ...rest } = change
  return {
    targets: [{ target, source }],
    configuration: {},
    versionDescription: 'octo/orders@abc1234 main run 987.1',
    uploadBucket: undefined,
    plan: planOf(strategy),
    policy: { onFailure: 'roll-back', insufficientData: { kind: 'continue' }, pollMs: 15_000 },
    alarms: [],
    alreadyInAlarm: 'fail',
    dryRun: false,
    readyTimeoutMs: 15 * 60_000,
    ...rest,
  }
}

/** The plan of a strategy as it is written in a workflow; `canary` and `linear` with 10 % and five minutes. */
export function planOf(strategy: string): Plan {
  const parsed = parseStrategy(strategy)
  if (parsed.kind === 'problem') throw new Error(parsed.problem)
  return parsed.kind === 'fixed' ? parsed.plan : shapedPlan(parsed.kind, 0.1, 5 * 60_000)
}

/** The journal's words for a run of this repository that left a canary. */
export function leftBy(id: string, state = 'rolling', candidate = '8'): string {
  return `lambda-rollout 7 after 5; candidate ${candidate} ${state} since 2026-11-23T09:00Z; octo/orders@dead000 run ${id}.1`
}

function packed(path: string, zippedBytes: number): Packed {
  return { file: path, sha256: path, zippedBytes, unzippedBytes: 2 * zippedBytes, entries: 3 }
}
