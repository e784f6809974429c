import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { markedSequence } from './clock/marker.ts'
import type { ClockSpec } from './clock/spec.ts'
import { createPlace, evaluateIn, jobEnvironment, jobTemp, jobToken } from './runner/environment.ts'
import { createCommandFiles, readPairs, readSummary } from './runner/files.ts'
import { type Annotation, StepLog } from './runner/log.ts'
import { inputVariables, readManifest } from './runner/manifest.ts'

/** One step of a workflow: `uses` an action with these inputs. */
export type Step = {
  /** The folder that holds action.yml. */
  readonly action: string
  readonly inputs: Readonly<Record<string, string>>
  /** Over the variables of a run on a push to `octo/orders`. */
  readonly env?: Readonly<Record<string, string>>
  /** What GITHUB_EVENT_PATH holds. */
  readonly event?: unknown
  /** The working directory; an empty folder of its own if it is not given. */
  readonly workspace?: string
  /** Another time for the process, with numbered requests; without it, the process runs just as the runner starts it. */
  readonly clock?: ClockSpec
  /** Called with each line of the log as it is written. */
  readonly onLine?: (line: string) => void
  /** The Node.js to run it, this process's own if it is not given. */
  readonly node?: string
}

/** What is left of a step when it is over. */
export type StepResult = {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly conclusion: 'success' | 'failure' | 'cancelled'
  /** As GitHub shows it, without times. */
  readonly log: string
  /** The lines of the log and, under a `clock`, between them the number of each request where it was made. */
  readonly timeline: readonly (string | number)[]
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  readonly wallMs: number
}

/** A step under way. */
export interface RunningStep {
  readonly pid: number | undefined
  /** What GitHub does when a person cancels: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. */
  cancel(): void
  kill(signal: NodeJS.Signals): void
  /** Rejects if the process could not be started. */
  readonly done: Promise<StepResult>
}

/** Runs the action's main script as GitHub's runner does. */
export function startStep(step: Step): RunningStep {
  return start(step, 'main', { state: {}, timeline: [] })
}

/** Runs the action's post script, which sees the state that main left; throws if the action has none. */
export async function runPost(step: Step, main: StepResult): Promise<StepResult> {
  return start(step, 'post', main).done
}

function start(step: Step, stage: 'main' | 'post', before: Pick<StepResult, 'state' | 'timeline'>): RunningStep {
  const manifest = readManifest(step.action)
  const script = manifest.runs[stage]
  if (!script) throw new Error(`the action in ${step.action} has no ${stage} script`)

  const timeline: (string | number)[] = []
  const log = new StepLog({ secrets: [jobToken], debug: step.env?.RUNNER_DEBUG === '1', show })
  const place = createPlace(step, jobTemp(step))
  const files = createCommandFiles(join(place.temp, '_runner_file_commands'))
  const job = jobEnvironment(place, step.env ?? {})
  const env = {
    ...job,
    ...prefixed('STATE_', before.state),
    ...inputVariables(manifest, step.inputs, evaluateIn(job), log),
    ...files,
    ...(step.clock && { CLOCK_SPEC: JSON.stringify(step.clock), CLOCK_SEQUENCE: String(lastSequence(before)) }),
  }
  const preload = step.clock ? ['--import', new URL('clock/preload.ts', import.meta.url).href] : []
  const startedAt = performance.now()
  const child = spawn(step.node ?? process.execPath, [...preload, resolve(step.action, script)], {
    cwd: place.workspace,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ladder = cancelLadder(child)
  for (const stream of [child.stdout, child.stderr]) readLines(stream, read)
  return { pid: child.pid, cancel: ladder.climb, kill: signal => void child.kill(signal), done: finish() }

  function read(line: string): void {
    const sequence = markedSequence(line)
    if (sequence === undefined) log.read(line)
    else timeline.push(sequence)
  }

  function show(line: string): void {
    timeline.push(line)
    step.onLine?.(line)
  }

  async function finish(): Promise<StepResult> {
    try {
      await closed(child)
      const outputs = { ...log.outputs, ...readPairs(files, 'GITHUB_OUTPUT', log) }
      const state = { ...log.state, ...readPairs(files, 'GITHUB_STATE', log) }
      const summary = readSummary(files, log)
      return {
        exitCode: child.exitCode,
        signal: child.signalCode,
        conclusion: ladder.climbed() ? 'cancelled' : child.exitCode === 0 && !log.failed ? 'success' : 'failure',
        log: timeline.filter(entry => typeof entry === 'string').join('\n'),
        timeline,
        outputs,
        state,
        summary,
        annotations: log.annotations,
        masks: log.masks,
        wallMs: performance.now() - startedAt,
      }
    } finally {
      ladder.leave()
      rmSync(place.root, { recursive: true, force: true })
    }
  }
}

/** https://github.com/actions/runner/blob/main/src/Runner.Sdk/ProcessInvoker.cs */
function cancelLadder(child: ChildProcess): { climb(): void; climbed(): boolean; leave(): void } {
  const rungs: NodeJS.Timeout[] = []
  return { climb, climbed: () => rungs.length > 0, leave: () => rungs.forEach(clearTimeout) }

  function climb(): void {
    if (rungs.length > 0 || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    rungs.push(
      setTimeout(() => child.kill('SIGTERM'), 7_500),
      setTimeout(() => child.kill('SIGKILL'), 10_000),
    )
  }
}

/** The end of the process and of its output, which something that it started may hold open: for 5 s at most. */
async function closed(child: ChildProcess): Promise<void> {
  let patience: NodeJS.Timeout | undefined
  child.once('exit', () => {
    patience = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, 5_000)
  })
  await once(child, 'close')
  clearTimeout(patience)
}

function readLines(stream: Readable, read: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', read)
}

function lastSequence({ timeline }: Pick<StepResult, 'timeline'>): number {
  return timeline.findLast(entry => typeof entry === 'number') ?? 0
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]))
}
