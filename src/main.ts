import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as core from '@actions/core'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { inspectZip } from './artifact/inspect.ts'
import { packDirectory } from './artifact/pack.ts'
import { CloudWatchAlarms } from './aws/alarms.ts'
import { LambdaAliases } from './aws/alias.ts'
import { clientConfig } from './aws/client.ts'
import { LambdaFunctions } from './aws/functions.ts'
import { LambdaInvoker } from './aws/invoker.ts'
import { cloudWatchLogs } from './aws/logs.ts'
import { CloudWatchMetrics } from './aws/metrics.ts'
import { s3Storage } from './aws/storage.ts'
import { clock } from './clock.ts'
import { deploy } from './deploy.ts'
import { logger } from './github/log.ts'
import { outputsOf } from './github/outputs.ts'
import { summaryOf } from './github/summary.ts'
import { logSafe, oneLine } from './github/text.ts'
import { loadInputs } from './inputs.ts'
import { mend } from './mend.ts'
import type { Fact, Left, World } from './ports.ts'
import type { Run } from './rollout/journal.ts'
import { type Outcome, refused, succeeds } from './rollout/outcome.ts'

/** What is kept for the post step, and that main has begun at all. */
const stateKeys = { begun: 'begun', left: 'left' } as const

const { env } = process
const cancelled = new AbortController()
const facts: Fact[] = []
const log = logger(core.info, clock.now)
let left: Left | undefined

// The runner sends SIGINT on a cancel, SIGTERM 7.5 s later and kills after 10 s. Either ends waits, never writes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort())

await (core.getState(stateKeys.begun) === '' ? main() : post())

/** The step itself. */
async function main(): Promise<void> {
  core.saveState(stateKeys.begun, 'true')
  const outcome = await rollOut()
  conclude(outcome)
  for (const [name, value] of Object.entries(outputsOf(facts))) core.setOutput(name, value)
  if (succeeds(outcome.result)) core.notice(annotation(outcome), { title: 'Lambda Rollout' })
  else core.setFailed(annotation(outcome))
  await writeSummary()
}

/** What runs when the job ends, however it ends: nothing to do, unless main was killed or could not roll back. */
async function post(): Promise<void> {
  const left = JSON.parse(core.getState(stateKeys.left) || 'null') as Left | null
  const [first] = left?.targets ?? []
  if (left === null || left.over || first === undefined) return
  const { target } = first
  tell({ kind: 'started', target, run: left.run, dryRun: false })
  // A cancel that reaches the post step as well must not end what the post step is for.
  const outcome = await mend(left, connect(target.region, new AbortController().signal, ''))
  if (outcome === undefined) {
    tell({ kind: 'note', text: 'Nothing is left to mend' })
    return
  }
  conclude(outcome)
  if (outcome.result === 'part-way') core.setFailed(annotation(outcome))
  else core.warning(annotation(outcome), { title: 'Lambda Rollout' })
  await writeSummary()
}

async function rollOut(): Promise<Outcome> {
  const run = runOf()
  const ref = env.GITHUB_REF_NAME ?? ''
  const loaded = await loadInputs({ get: core.getInput, env, lies, read, run, ref })
  if (loaded.kind === 'problems') return refused(loaded.problems)
  const { inputs } = loaded
  const [first] = inputs.targets
  if (first === undefined) return refused(['there is no function to roll out'])
  tell({ kind: 'started', target: first.target, run, dryRun: inputs.dryRun })
  const scratch = await mkdtemp(join(env.RUNNER_TEMP ?? tmpdir(), 'lambda-rollout-'))
  const world = connect(first.target.region, cancelled.signal, scratch)
  try {
    return await deploy(inputs, run, world)
  } catch (error) {
    return await afterSurprise(error, world)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** An error that nobody foresaw must not leave traffic split either. */
async function afterSurprise(error: unknown, world: World): Promise<Outcome> {
  const because = `an error in this action (${error instanceof Error ? error.message : String(error)}); please report it`
  core.debug(error instanceof Error ? (error.stack ?? '') : String(error))
  const mended = left === undefined || left.over ? undefined : await mend(left, world)
  return mended === undefined
    ? { result: 'failed', reason: because }
    : { ...mended, reason: `${mended.reason}; ${because}` }
}

/** The world outside: AWS in one region, with credentials and endpoint from the environment. */
function connect(region: string, cancel: AbortSignal, scratch: string): World {
  const reporter = { tell }
  const config = clientConfig(region, clock)
  const lambda = new LambdaClient(config)
  const cloudwatch = new CloudWatchClient(config)
  const pack = ({ kind, path }: { kind: string; path: string }) =>
    kind === 'directory' ? packDirectory(path, scratch) : inspectZip(path)
  return {
    artifacts: { pack },
    functions: new LambdaFunctions(lambda, cancel),
    aliases: new LambdaAliases(lambda),
    alarms: new CloudWatchAlarms(cloudwatch),
    metrics: new CloudWatchMetrics(cloudwatch),
    invoker: new LambdaInvoker(config, clock, cancel),
    logs: cloudWatchLogs(config),
    storage: s3Storage(config, env.AWS_ENDPOINT_URL !== undefined, clock, reporter),
    clock,
    memory: { keep },
    reporter,
    cancel,
  }
}

function tell(fact: Fact): void {
  facts.push(fact)
  log(fact)
}

/** The runner takes the state over even from a process that was killed, and the last value of a key counts. */
function keep(now: Left): void {
  left = now
  core.saveState(stateKeys.left, JSON.stringify(now))
}

function conclude(outcome: Outcome): void {
  tell({ kind: 'ended', at: clock.now(), outcome: { ...outcome, reason: oneLine(outcome.reason) } })
}

/** GitHub cuts annotations at 4,096 characters. */
function annotation({ result, reason }: Outcome): string {
  return `${result}: ${logSafe(reason)}`.slice(0, 4_000)
}

async function writeSummary(): Promise<void> {
  const serverUrl = env.GITHUB_SERVER_URL ?? 'https://github.com'
  const markdown = summaryOf(facts, {
    serverUrl,
    repository: env.GITHUB_REPOSITORY ?? '',
    commit: env.GITHUB_SHA ?? '',
  })
  if (env.GITHUB_STEP_SUMMARY !== undefined) await core.summary.addRaw(markdown).write()
}

/** What lies at a path in the workspace. */
function lies(path: string): 'directory' | 'file' | 'nothing' {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return 'nothing'
  return found.isDirectory() ? 'directory' : 'file'
}

function read(path: string): string | undefined {
  return lies(path) === 'file' ? readFileSync(path, 'utf8') : undefined
}

function runOf(): Run {
  return {
    repository: env.GITHUB_REPOSITORY ?? 'unknown/unknown',
    commit: env.GITHUB_SHA ?? 'unknown',
    id: env.GITHUB_RUN_ID ?? String(clock.now()),
    attempt: Number(env.GITHUB_RUN_ATTEMPT ?? '1'),
  }
}
