import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { clearUp, isLeft, type Kept } from './aftermath.ts'
import { LambdaAliases } from './aws/alias.ts'
import { clientConfig } from './aws/client.ts'
import { cloudWatch } from './aws/cloudwatch.ts'
import { LambdaFunctions } from './aws/functions.ts'
import { LambdaInvoker } from './aws/invoker.ts'
import { cloudWatchLogs } from './aws/logs.ts'
import { paced } from './aws/pace.ts'
import { AssumedRole, environmentSession } from './aws/session.ts'
import { s3Storage } from './aws/storage.ts'
import { LambdaUrls } from './aws/urls.ts'
import { LambdaVersions } from './aws/versions.ts'
import { SchedulerWatchdog } from './aws/watchdog.ts'
import { clock } from './clock.ts'
import { GitHubApi } from './github/api.ts'
import { GitHubDeployments } from './github/deployments.ts'
import { logger } from './github/log.ts'
import { outputsOf } from './github/outputs.ts'
import { GitHubPulls } from './github/pulls.ts'
import { remember } from './github/remember.ts'
import { Runner } from './github/runner.ts'
import { summaryOf } from './github/summary.ts'
import { logSafe, oneLine } from './github/text.ts'
import { loadInputs } from './inputs.ts'
import { perform, placesOf, writerOf } from './perform.ts'
import type { Fact, Started, World } from './ports.ts'
import type { Run } from './rollout/journal.ts'
import { type Command, type Outcome, refused, succeeds } from './rollout/outcome.ts'

/** What is kept for the post step, and that main has begun at all. */
const stateKeys = { begun: 'begun', kept: 'kept' } as const

/**
 * What is kept as the runner's state, or the file that holds it: the runner prints its state in a debug log, and a loan
 * may hold secrets; and it hands it on in an environment variable, which has no room for that of a large fleet.
 */
type Saved = Omit<Kept, 'loan'> | { readonly file: string }

/** Linux takes no variable of more than 128 KiB. */
const longestState = 32 * 1024

/**
 * In dist/, what the threads run that pack: artifact/thread.ts, bundled by itself, since each loads all of its file.
 */
const thread = pathToFileURL(join(import.meta.dirname, 'thread/index.js'))

/** Of annotations. */
const title = 'Lambda Rollout'

const { env } = process
const serverUrl = env.GITHUB_SERVER_URL ?? 'https://github.com'
const cancelled = new AbortController()
const facts: Fact[] = []
const runner = new Runner(env, text => process.stdout.write(text))
const log = logger(runner.info, clock.now)
let stateFile = join(env.RUNNER_TEMP ?? tmpdir(), `lambda-rollout-${process.pid}.json`)
let kept: Kept = {}

// The runner sends SIGINT on a cancel, SIGTERM 7.5 s later and kills after 10 s. Either ends waits, never writes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort())

await (runner.state(stateKeys.begun) === '' ? main() : post())

/** The step itself. */
async function main(): Promise<void> {
  runner.saveState(stateKeys.begun, 'true')
  const { command, outcome } = await run()
  conclude(outcome)
  for (const [name, value] of Object.entries(outputsOf(facts))) runner.output(name, value)
  if (succeeds(outcome.result, command)) runner.say('notice', annotation(outcome), { title })
  else fail(outcome)
  writeSummary()
}

/** What runs when the job ends, however it ends: nothing to do, unless main was killed or could not roll back. */
async function post(): Promise<void> {
  kept = lastKept()
  const { started } = kept
  if (started === undefined || !isLeft(kept)) return
  tell({ ...started, dryRun: false })
  // A cancel that reaches the post step as well must not end what the post step is for.
  const outcome = await clearUp(kept, connect(started, new AbortController().signal, ''))
  for (const fact of facts) if (fact.kind === 'warning') runner.say('warning', logSafe(fact.text), { title })
  if (outcome === undefined) {
    if (kept.left?.over === false) tell({ kind: 'note', text: 'Traffic needed no mending' })
    return
  }
  conclude(outcome)
  if (outcome.result === 'part-way') fail(outcome)
  else runner.say('warning', annotation(outcome), { title })
  writeSummary()
}

async function run(): Promise<{ readonly command: Command; readonly outcome: Outcome }> {
  const run = runOf()
  const ref = env.GITHUB_REF_NAME ?? ''
  const loaded = await loadInputs({ get: runner.input, env, lies, read, run, ref, event: eventOf() })
  if (loaded.kind === 'problems') return { command: loaded.command, outcome: refused(loaded.problems) }
  const { inputs } = loaded
  const { command, dryRun } = inputs
  const by = writerOf(inputs, run)
  const started: Started = { kind: 'started', command, targets: placesOf(inputs), run: by, dryRun }
  tell(started)
  keep({ started })
  const scratch = await mkdtemp(join(env.RUNNER_TEMP ?? tmpdir(), 'lambda-rollout-'))
  const world = connect(started, cancelled.signal, scratch)
  try {
    return { command, outcome: await perform(inputs, by, world) }
  } catch (error) {
    return { command, outcome: await afterSurprise(error, world) }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** An error that nobody foresaw must not leave traffic split either. */
async function afterSurprise(error: unknown, world: World): Promise<Outcome> {
  const because = `an error in this action (${error instanceof Error ? error.message : String(error)}); please report it, with the log of a re-run that has debug logging on`
  runner.say('debug', error instanceof Error ? (error.stack ?? '') : String(error))
  const mended = await clearUp(kept, world)
  return mended === undefined
    ? { result: 'failed', reason: because }
    : { ...mended, reason: `${mended.reason}; ${because}` }
}

/** The world outside: AWS in one region and GitHub, with credentials and endpoints from the environment. */
function connect({ targets, run }: Started, cancel: AbortSignal, scratch: string): World {
  const region = targets[0]?.region ?? ''
  const reporter = { tell }
  const baseUrl = env.GITHUB_API_URL ?? 'https://api.github.com'
  const github = { baseUrl, token: runner.input('github-token'), repository: run.repository }
  const api = new GitHubApi(github, clock, cancel)
  const environment = clientConfig(region, clock)
  const watchdogRole = runner.input('watchdog-role')
  const role = runner.input('role-to-assume')
  const warn = (text: string) => tell({ kind: 'warning', text })
  const assumed =
    role === '' ? undefined : new AssumedRole(role, `lambda-rollout-${run.id}`, identityToken, environment, clock, warn)
  const config = { ...environment, ...(assumed && { credentials: assumed.credentials }) }
  const lambda = paced(new LambdaClient(config), clock)
  return {
    artifacts: { pack: artifact => pack(artifact, scratch) },
    functions: new LambdaFunctions(lambda, cancel),
    aliases: new LambdaAliases(lambda),
    ...cloudWatch(config),
    invoker: new LambdaInvoker(config, clock, cancel),
    logs: cloudWatchLogs(config),
    storage: s3Storage(config, env.AWS_ENDPOINT_URL !== undefined, clock, reporter),
    versions: new LambdaVersions(lambda, cancel),
    urls: new LambdaUrls(lambda),
    deployments: new GitHubDeployments(api, run, serverUrl),
    pulls: new GitHubPulls(api, clock, serverUrl),
    watchdog: watchdogRole === '' ? undefined : new SchedulerWatchdog(watchdogRole, config, clock),
    session: assumed ?? environmentSession(env, clock),
    clock,
    memory: {
      keep: left => keep({ left }),
      keepDeployment: (deployment, ended) => keep({ deployment, ended }),
      keepLoan: loan => keep({ loan }),
    },
    reporter,
    cancel,
  }
}

/** What a run packs with is loaded if it packs. */
async function pack({ kind, path }: { readonly kind: string; readonly path: string }, scratch: string) {
  if (kind === 'zip') return (await import('./artifact/inspect.ts')).inspectZip(path)
  const { packDirectory } = await import('./artifact/pack.ts')
  return packDirectory(path, scratch, thread)
}

/** The runner's proof of which job this is. */
async function identityToken(audience: string): Promise<string> {
  const { getIDToken } = await import('@actions/core')
  return await getIDToken(audience)
}

function tell(fact: Fact): void {
  remember(facts, fact)
  log(fact)
}

/** The runner takes the state over even from a process that was killed, and the last value of a key counts. */
function keep(more: Kept): void {
  kept = { ...kept, ...more }
  const text = JSON.stringify(kept)
  if (kept.loan === undefined && text.length <= longestState) {
    runner.saveState(stateKeys.kept, text)
    rmSync(stateFile, { force: true })
    return
  }
  // Written whole or not at all: the process may be killed at any time.
  writeFileSync(`${stateFile}.new`, text, { mode: 0o600 })
  renameSync(`${stateFile}.new`, stateFile)
  runner.saveState(stateKeys.kept, JSON.stringify({ file: stateFile } satisfies Saved))
}

function lastKept(): Kept {
  const saved = JSON.parse(runner.state(stateKeys.kept) || '{}') as Saved
  if (!('file' in saved)) return saved
  stateFile = saved.file
  const text = read(saved.file)
  if (text !== undefined) return JSON.parse(text) as Kept
  runner.say('error', `What this step has left to do is not known, since ${saved.file} is gone; look at the alias`)
  process.exitCode = 1
  return {}
}

function conclude(outcome: Outcome): void {
  tell({ kind: 'ended', at: clock.now(), outcome: { ...outcome, reason: oneLine(outcome.reason) } })
}

function fail(outcome: Outcome): void {
  process.exitCode = 1
  runner.say('error', annotation(outcome))
}

/** GitHub cuts annotations at 4,096 characters. */
function annotation({ result, reason }: Outcome): string {
  return `${result}: ${logSafe(reason)}`.slice(0, 4_000)
}

function writeSummary(): void {
  runner.summarize(summaryOf(facts, serverUrl))
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

/** What the event that started the workflow says; nothing where there is none that can be read. */
function eventOf(): unknown {
  try {
    return JSON.parse(read(env.GITHUB_EVENT_PATH ?? '') ?? 'null')
  } catch {
    return null
  }
}

function runOf(): Run {
  return {
    repository: env.GITHUB_REPOSITORY ?? 'unknown/unknown',
    commit: env.GITHUB_SHA ?? 'unknown',
    id: env.GITHUB_RUN_ID ?? String(clock.now()),
    attempt: Number(env.GITHUB_RUN_ATTEMPT ?? '1'),
  }
}
