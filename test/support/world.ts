import type { Source } from '../../src/inputs/source.ts'
import type { DeployInputs } from '../../src/inputs.ts'
import type { Deployment, Fact, Left, Loan, Packed, World } from '../../src/ports.ts'
import type { Run } from '../../src/rollout/journal.ts'
import type { Target } from '../../src/rollout/outcome.ts'
import { whole } from '../../src/rollout/routing.ts'
import type { SessionEnd } from '../../src/rollout/session.ts'
import { parseStrategy, type Shape } from '../../src/strategy.ts'
import { SimAlarms } from './world/alarms.ts'
import { SimAliases } from './world/aliases.ts'
import { Calls } from './world/calls.ts'
import { SimFunctions } from './world/functions.ts'
import { SimDeployments, SimPulls } from './world/hub.ts'
import { SimInvoker } from './world/invoker.ts'
import { SimLogs } from './world/logs.ts'
import { SimMetrics } from './world/metrics.ts'
import { Time } from './world/time.ts'
import { SimUrls } from './world/urls.ts'
import { SimVersions } from './world/versions.ts'
import type { SimWatchdog } from './world/watchdog.ts'

export { Killed } from './world/calls.ts'
export { active, settings } from './world/functions.ts'

/** The world of a story, in memory and in simulated time: a rollout of hours takes milliseconds. */
export type Sim = World & {
  readonly functions: SimFunctions
  readonly aliases: SimAliases
  readonly alarms: SimAlarms
  readonly metrics: SimMetrics
  readonly invoker: SimInvoker
  readonly logs: SimLogs
  readonly versions: SimVersions
  readonly urls: SimUrls
  readonly deployments: SimDeployments
  readonly pulls: SimPulls
  readonly clock: Time
  readonly calls: Calls
  /** There is none, unless a story asks for one. */
  watchdog: SimWatchdog | undefined
  /** The size of the next artifact that is packed. */
  /** When the credentials end; they do not, unless a story says so. */
  readonly sessionEnd: { end: SessionEnd | undefined }
  readonly built: { zippedBytes: number }
  readonly facts: Fact[]
  /** What the post step would find, in the form in which it outlives the process. */
  left(): Left
  /** The deployment whose end GitHub was not told of, and what `$LATEST` was lent, as the post step would find them. */
  openDeployment(): Deployment | undefined
  loan(): Loan | undefined
  /** The workflow is cancelled. */
  stop(): void
}

/** The world of a story: the function `orders` with the versions 5 and 7, and `live` on 7, as its journal says. */
export function newWorld(): Sim {
  const clock = new Time()
  const calls = new Calls(clock)
  const cancelling = new AbortController()
  const functions = new SimFunctions(clock, calls, cancelling.signal)
  const aliases = new SimAliases(functions, clock, calls)
  functions.has('orders', { 5: {}, 7: {} })
  aliases.points('orders:live', whole('7'), served)
  const facts: Fact[] = []
  const sessionEnd: { end: SessionEnd | undefined } = { end: undefined }
  const built = { zippedBytes: 1_000 }
  let kept = ''
  let deployment = ''
  let loan = ''
  return {
    functions,
    aliases,
    alarms: new SimAlarms(clock, calls),
    metrics: new SimMetrics((name, at) => aliases.routingAt(name, at), clock, calls),
    invoker: new SimInvoker(clock, calls, cancelling.signal),
    logs: new SimLogs(clock, calls),
    versions: new SimVersions(functions, aliases, calls, cancelling.signal),
    urls: new SimUrls(aliases, calls),
    deployments: new SimDeployments(calls),
    pulls: new SimPulls(calls),
    clock,
    calls,
    built,
    facts,
    artifacts: {
      pack: async ({ path }) => await calls.make('pack', () => packed(path, built.zippedBytes)),
    },
    storage: {
      put: async (_file, _bytes, { bucket, prefix, name }) =>
        await calls.make('put object', () => ({ kind: 's3', bucket, key: `${prefix}/${name}`, versionId: 'v1' })),
    },
    memory: {
      keep: left => {
        kept = JSON.stringify(left)
      },
      keepDeployment: open => {
        deployment = JSON.stringify(open ?? null)
      },
      keepLoan: lent => {
        loan = JSON.stringify(lent ?? null)
      },
    },
    reporter: {
      tell: fact => {
        facts.push(fact)
      },
    },
    watchdog: undefined,
    session: { end: () => sessionEnd.end },
    sessionEnd,
    cancel: cancelling.signal,
    left: () => JSON.parse(kept) as Left,
    openDeployment: () => (JSON.parse(deployment || 'null') as Deployment | null) ?? undefined,
    loan: () => (JSON.parse(loan || 'null') as Loan | null) ?? undefined,
    stop: () => cancelling.abort(),
  }
}

/** What the journal of `live` says before a story begins, and again after a roll-back. */
export const served = 'lambda-rollout 7 after 5; octo/orders@0ldc0de run 900.1'

export const target: Target = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }

export const run: Run = { repository: 'octo/orders', commit: 'abc1234def', id: '987', attempt: 1 }

/** What a story asks for differently. */
export type Wish = Partial<DeployInputs> & { readonly strategy?: string; readonly source?: Source }

/**
 * What a deploy is asked for: the directory `code of 8` onto `live`, 10 % for five minutes unless it says otherwise, and
 * no checks.
 */
export function inputs(change: Wish = {}): DeployInputs {
  const { strategy = 'canary', source = { kind: 'directory', path: 'code of 8' }, ...rest } = change
  return {
    targets: [{ target, source }],
    waves: [],
    configuration: {},
    versionDescription: 'octo/orders@abc1234 main run 987.1',
    uploadBucket: undefined,
    shape: shapeOf(strategy),
    policy: {
      onFailure: 'roll-back',
      insufficientData: { kind: 'continue' },
      minInvocations: 0,
      lowTraffic: { kind: 'extend', ms: 30 * 60_000 },
      pollMs: 15_000,
      afterTraffic: rest.afterTraffic !== undefined,
    },
    checks: [],
    checksByDefault: false,
    falseAlarmRate: 0.01,
    smokeTest: undefined,
    beforeTraffic: undefined,
    afterTraffic: undefined,
    alarms: [],
    alreadyInAlarm: 'fail',
    keepVersions: undefined,
    waited: false,
    dryRun: false,
    readyTimeoutMs: 15 * 60_000,
    ...rest,
  }
}

/** A strategy as a workflow writes it; `canary` and `linear` with 10 % and five minutes. */
function shapeOf(strategy: string): Shape {
  const parsed = parseStrategy(strategy)
  if (parsed.kind === 'problem') throw new Error(parsed.problem)
  return parsed.kind === 'fixed' ? parsed : { kind: parsed.kind, weight: 0.1, bakeMs: 5 * 60_000 }
}

/** What a journal says while a version rolls, is paused or held: this run's words from the start of the story on. */
export function waiting(
  candidate = '8',
  state = 'rolling',
  by = 'octo/orders@abc1234 run 987.1',
  since = '10:00',
): string {
  return `lambda-rollout 7 after 5; candidate ${candidate} ${state} since 2026-11-23T${since}Z; ${by}`
}

function packed(path: string, zippedBytes: number): Packed {
  return { file: path, sha256: path, zippedBytes, unzippedBytes: 2 * zippedBytes, entries: 3 }
}
