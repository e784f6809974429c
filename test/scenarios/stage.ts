import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import {
  type GitHub,
  type Permissions,
  type Pull,
  type PullAction,
  type PullSpec,
  startGitHub,
} from '../sandbox/github/github.ts'
import {
  ConnectionLost,
  type Fault,
  type FaultRule,
  type RequestRecord,
  type Sandbox,
  type Settle,
  startSandbox,
} from '../sandbox/sandbox.ts'
import { type JumpingClock, jumpingNow, jumpTo } from '../support/clock/spec.ts'
import { jobToken } from '../support/runner/environment.ts'
import { type RunningStep, runPost, type Step, type StepResult, startStep } from '../support/runner.ts'
import { expectGolden } from '../support/transcript.ts'
import { Account, codeOf, credentials, type Live, type Orders, region } from './account.ts'
import { type End, endOf } from './ends.ts'
import { pullVariables } from './events.ts'
import { aside, story, type Told } from './story.ts'
import { Weather } from './weather.ts'

export const minute = 60_000

/** What there is before the first run. Without more said: `orders` with version 1, which `live` serves whole. */
export type Setting = {
  /** How many versions have been published; what the build made is the code of the next one. */
  readonly versions?: number
  /** What differs from a usual Node.js function; `absent`: there is none. */
  readonly orders?: Orders['differs'] | 'absent'
  readonly live?: Live | 'absent'
  readonly settle?: Partial<Settle>
  /** `real`: neither the run's process nor the sandbox has another clock than the machine's; there is no story then. */
  readonly clock?: 'real'
  /** The folder of another action than this project's. */
  readonly action?: string
}

/** A call of a run, just before it is applied, or just after, when it is not answered yet. */
export type Moment = ({ readonly before: string } | { readonly after: string }) & {
  /** The first such call this long after 10:00 or later, in ms. */
  readonly from?: number
  /** The k-th such call, from 1. */
  readonly nth?: number
}

type Inputs = Readonly<Record<string, string>>

/** Which workflow run it is, where it is not the first attempt of 9876543210, on a push to main. */
export type By = Occasion & {
  readonly id?: string
  readonly attempt?: number
  /** The runner is gone after the step, and runs no post step. */
  readonly lost?: boolean
  /** Cancels the run as soon as its log has such a line. */
  readonly cancelOn?: RegExp
}

/** What set a workflow off, and what its job's token may do, as far as it is not everything. */
export type Occasion = {
  /** What GITHUB_EVENT_PATH holds. */
  readonly event?: unknown
  /** What the runner sets for this event. */
  readonly env?: Readonly<Record<string, string>>
  readonly permissions?: Permissions
}

/** What differs from a usual pull request, whether its closing merged it, and who sets the workflow off. */
export type PullEvent = PullSpec & { readonly merged?: boolean; readonly sender?: string }

/** A run of the action: its step, its post step unless the runner is gone, the calls it made, and how it ended. */
export type Deployed = {
  readonly main: StepResult
  readonly post: StepResult | undefined
  readonly requests: readonly RequestRecord[]
  readonly end: End
}

/** The folder of action.yml. */
export const action = join(import.meta.dirname, '..', '..')

/** The commit that a run on a push is about: the runner's GITHUB_SHA. */
const pushed = 'abc1234def5678abc1234def5678abc1234def56'

const setUpAt = Date.UTC(2026, 10, 23, 9, 50)

/** When the first run of every scenario begins, epoch ms. */
export const curtain = Date.UTC(2026, 10, 23, 10)

/** A stage for one test. Time stands at 9:50, so that alarms find their state, until the first run begins at 10:00. */
export async function newStage(setting: Setting = {}): Promise<Stage> {
  const { settle, clock: kind, orders = {}, versions = 1, live = {} } = setting
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  const jumping: JumpingClock = { kind: 'jumping', file: join(folder, 'clock'), origin: setUpAt }
  const clock = kind === 'real' ? undefined : jumping
  const now = clock === undefined ? Date.now : () => jumpingNow(clock)
  const sandbox = await startSandbox({ now, region, ...(settle && { settle }) })
  const github = await startGitHub({ now })
  github.refs.add('main', { sha: pushed })
  github.token({ kind: 'installation', value: jobToken })
  const stage = new Stage(sandbox, github, clock, join(folder, 'workspace'), setting.action ?? action)
  onTestFinished(async () => {
    await stage.close()
    rmSync(folder, { recursive: true })
  })
  stage.build(codeOf(versions + 1))
  if (orders !== 'absent') await stage.aws.create({ versions, differs: orders, live }, ms => stage.pass(ms))
  return stage
}

/** An embedded AWS, a GitHub, a clock that jumps from sleep to sleep, and a workspace with a build in it. */
export class Stage {
  readonly sandbox: Sandbox
  readonly github: GitHub
  readonly clock: JumpingClock | undefined
  readonly workspace: string
  readonly action: string
  /** What somebody else does to the account. In the middle of a run it stands in its story where it was done. */
  readonly aws: Account
  readonly weather: Weather
  readonly #runs: Told[] = []
  readonly #told = new Set<RequestRecord>()
  #running: RunningStep | undefined
  #aside: number | undefined

  constructor(sandbox: Sandbox, github: GitHub, clock: JumpingClock | undefined, workspace: string, action: string) {
    this.sandbox = sandbox
    this.github = github
    this.clock = clock
    this.workspace = workspace
    this.action = action
    this.aws = new Account(sandbox, () => this.#aside)
    this.weather = new Weather(sandbox, curtain)
  }

  /** Puts what a build makes into a folder of the workspace. */
  build(code: string, folder = 'dist'): void {
    mkdirSync(join(this.workspace, folder), { recursive: true })
    writeFileSync(join(this.workspace, folder, 'index.mjs'), code)
  }

  /** Lets time go by, where it does not do so by itself. */
  pass(ms: number): void {
    if (this.clock !== undefined) this.#passUntil(jumpingNow(this.clock) + ms)
  }

  /** Raises the curtain: it is 10:00, or later already. */
  raise(): void {
    this.#passUntil(curtain)
  }

  #passUntil(to: number): void {
    if (this.clock !== undefined) jumpTo(this.clock, to)
    this.sandbox.advance()
  }

  /** Runs the action for `command: deploy`, which is what it does where nothing is said. */
  deploy(inputs: Inputs = {}, by: By = {}): Promise<Deployed> {
    return this.run(inputs, by)
  }

  /** Runs the action and its post step to their ends; `orders` and `artifact: dist/`, where the inputs do not say. */
  async run(inputs: Inputs = {}, by: By = {}): Promise<Deployed> {
    const { id = '9876543210', attempt = 1, lost = false } = by
    const outer = this.#aside
    this.#aside = undefined
    this.raise()
    const step = this.#step(inputs, { ...by, id, attempt })
    // A token that is issued again may do what it is issued for now.
    this.github.token({
      kind: 'installation',
      value: jobToken,
      ...(by.permissions && { permissions: by.permissions }),
    })
    const before = new Set(this.#requests)
    this.#running = startStep(step)
    const main = await this.#running.done
    const post = lost ? undefined : await runPost(step, main)
    const requests = this.#requests.filter(record => !before.has(record) && this.#isUntold(record))
    for (const record of requests) this.#told.add(record)
    this.#runs.push({ run: `${id}.${attempt}`, main, post, requests, origin: curtain })
    this.weather.clear()
    this.github.faults.clear()
    const end = endOf(main, post, await this.aws.live())
    this.#aside = outer
    return { main, post, requests, end }
  }

  /** Whether a call belongs to the story of a run, and to none that ended while that run was held up. */
  #isUntold(record: RequestRecord): boolean {
    return record.sequence !== undefined && !this.#told.has(record)
  }

  /** Lets something happen to a pull request, and gives what sets a workflow off by it. A fork's token only reads. */
  pullRequest(number: number, action: PullAction, { merged = false, sender, ...spec }: PullEvent = {}): Occasion {
    const pull = this.#happens(number, action, merged, spec)
    const by = sender ?? pull.user.login
    const event = this.github.pulls.event(number, action, by)
    return { event, env: pullVariables(pull, by), ...(pull.fork !== false && { permissions: readOnly }) }
  }

  #happens(number: number, action: PullAction, merged: boolean, spec: PullSpec): Pull {
    const { pulls } = this.github
    switch (action) {
      case 'opened':
      case 'reopened':
        return pulls.open(number, spec)
      case 'synchronize':
        return pulls.push(number, spec.sha)
      case 'closed':
        return pulls.close(number, { merged })
    }
  }

  #step(inputs: Inputs, by: By & { readonly id: string; readonly attempt: number }): Step {
    const { id, attempt, cancelOn } = by
    const artifact = takesArtifact(inputs) ? { artifact: 'dist/' } : {}
    return {
      action: this.action,
      workspace: this.workspace,
      inputs: { 'function-name': 'orders', ...artifact, ...inputs },
      env: { ...this.env, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: String(attempt), ...by.env },
      ...('event' in by && { event: by.event }),
      ...(this.clock && { clock: this.clock }),
      onLine: line => {
        if (cancelOn?.test(line)) this.#running?.cancel()
      },
    }
  }

  /** All calls so far, AWS's and GitHub's, in the order in which the runs made them. */
  get #requests(): readonly RequestRecord[] {
    const all = [...this.sandbox.requests, ...this.github.requests]
    return all.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
  }

  /** What a process of the action finds in its environment besides the runner's own. */
  get env(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.sandbox.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      GITHUB_API_URL: this.github.endpoint,
      NODE_OPTIONS: `--import ${new URL('chance.ts', import.meta.url).href}`,
    }
  }

  /** Does something at a moment of the runs to come, once. What it asks of AWS is somebody else's doing. */
  at(moment: Moment, does: (step: RunningStep) => void | Promise<void>): void {
    const [operation, kind] = 'before' in moment ? [moment.before, 'before' as const] : [moment.after, 'after' as const]
    const { from = 0, nth = 1 } = moment
    const rule: FaultRule<MomentFault> = {
      match: { operation },
      on: { from: curtain + from, nth, when: ({ sequence }) => Number.isInteger(sequence) },
      fault: {
        kind,
        run: async ({ sequence = 0 }) => {
          if (this.#running === undefined) return
          this.#aside = kind === 'before' ? sequence - aside : sequence + aside
          try {
            await does(this.#running)
          } finally {
            this.#aside = undefined
          }
        },
      },
    }
    // No operation of AWS is called like one of GitHub's.
    this.sandbox.faults.add(rule)
    this.github.faults.add(rule)
  }

  /** Kills the process at a moment; the call is not answered. */
  kill(moment: Moment): void {
    this.at(moment, async step => {
      step.kill('SIGKILL')
      await step.done
      throw unanswered()
    })
  }

  /** Tells the process to end while it reads one thing; that is not answered before it goes on without, or ends. */
  interrupt(moment: Moment, how: (step: RunningStep) => void): void {
    this.at(moment, async step => {
      const calls = this.#requests.length
      let ended = false
      void step.done.then(() => (ended = true))
      how(step)
      while (!ended && this.#requests.length === calls) await sleep(5)
      throw unanswered()
    })
  }

  /** The story of all runs so far. */
  get told(): string {
    return story(this.#runs)
  }

  /** Compares it with test/scenarios/golden/<name>.txt. */
  async expectStory(name: string): Promise<void> {
    await expectGolden(name, this.told)
  }

  async close(): Promise<void> {
    this.aws.close()
    await this.github.close()
    await this.sandbox.close()
  }
}

type MomentFault = Extract<Fault, { readonly kind: 'before' | 'after' }>

/** What GitHub leaves of the permissions of a job that a fork sets off. */
const readOnly: Permissions = { deployments: 'read', issues: 'read', 'pull-requests': 'read' }

/** Whether the inputs are of a command that publishes something, and do not say what. */
function takesArtifact({ command = 'deploy', version }: Inputs): boolean {
  return version === undefined && ['deploy', 'preview'].includes(command)
}

function unanswered(): ConnectionLost {
  return new ConnectionLost('nobody waits for the answer')
}
