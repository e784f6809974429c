import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { PolicyDocument, RoleName } from '../../docs/policies.ts'
import type { Result } from '../../src/rollout/outcome.ts'
import type { PullAction } from '../sandbox/github/github.ts'
import { needs } from '../sandbox/iam/needs.ts'
import type { Need } from '../sandbox/iam/policy.ts'
import type { Input } from '../sandbox/input.ts'
import type { RequestRecord } from '../sandbox/record.ts'
import { startTokenEndpoint } from '../sandbox/sts/token-endpoint.ts'
import type { World } from '../sandbox/world.ts'
import { region } from '../scenarios/account.ts'
import { newStage, type PullEvent, type Setting, type Stage } from '../scenarios/stage.ts'
import { jobToken } from '../support/runner/environment.ts'
import { runPost, type StepResult, startStep } from '../support/runner.ts'
import { type Job, type RolloutStep, resolved, takesOn } from './recipes.ts'

/** Something that a recipe is used for: together, all lives of a recipe need all that its roles may do. */
export type Life = {
  readonly name: string
  readonly setting?: Setting
  /** What there is before, made by whoever owns the account; no policy binds them. */
  readonly before: (stage: Stage) => Promise<void>
  readonly acts: readonly Act[]
}

/** A step of a recipe, run once. */
export type Act = {
  readonly step: RolloutStep
  /** What the expressions stand for that neither the job's other steps nor the acts before this one tell. */
  readonly values?: Tells
  /** Inputs that are not as they stand in the workflow, since the recipe tells of them as another way. */
  readonly but?: Tells
  /** What happens to pull request 7 and sets the workflow off. */
  readonly pull?: PullEvent & { readonly action: PullAction }
  /** It is of another workflow run than the act before, and this is what happens until then; no policy binds others. */
  readonly later?: (stage: Stage) => Promise<void>
  /** What other steps of the job do beforehand, in AWS as the same role, and what they tell. */
  readonly beforehand?: (stage: Stage) => Promise<Tells>
  /** What others do once the first such call of the step, or the k-th, is applied and not answered yet; no policy binds them. */
  readonly after?: { readonly call: string; readonly nth?: number; readonly does: (stage: Stage) => Promise<void> }
  readonly ends: Result
}

/** Texts by the expressions, or the inputs, that they stand for. */
type Tells = Readonly<Record<string, string>>

/** What came of an act. */
export type Played = {
  readonly role: RoleName
  readonly result: string | undefined
  readonly conclusion: StepResult['conclusion']
  readonly reason: string
  /** How each function ended, where there are several. */
  readonly targets: string
  /** All that a person sees of it: the log with its annotations, and the summary. */
  readonly seen: string
  /** What its calls take permissions for, each once. */
  readonly needed: readonly Need[]
  /** What AWS or GitHub denied it. */
  readonly denied: readonly string[]
  readonly calls: number
}

type Playing = {
  /** What binds a role. */
  readonly policyOf: (role: RoleName) => PolicyDocument
  /** Whether the post steps run, too. */
  readonly post: boolean
}

/** Plays a life with every role bound to its policy, up to an act that does not end as it should. */
export async function play(life: Life, playing: Playing): Promise<readonly Played[]> {
  const stage = await newStage({ orders: 'absent', ...life.setting })
  await life.before(stage)
  stage.raise()
  const played: Played[] = []
  let told: Tells = {}
  for (const [at, act] of life.acts.entries()) {
    // Each event sets off a run of its own; what is without one is the next job of the same run.
    const id = firstRun + life.acts.slice(1, at + 1).filter(({ pull, later }) => (pull ?? later) !== undefined).length
    const [now, tells] = await playAct(stage, act, { ...told, ...act.values }, id, playing)
    played.push(now)
    told = { ...told, ...tells }
    if (now.result !== act.ends) break
  }
  return played
}

const firstRun = 9_876_543_210

async function playAct(
  stage: Stage,
  act: Act,
  told: Tells,
  id: number,
  { policyOf, post }: Playing,
): Promise<readonly [Played, Tells]> {
  const { sandbox, github } = stage
  const { step } = act
  const policy = policyOf(step.role)
  await act.later?.(stage)
  const [before, beforeGitHub] = [sandbox.requests.length, github.requests.length]
  meddle(stage, act, policy)
  sandbox.enforce(policy)
  const main = await runJob(stage, act, told, id, post)
  sandbox.enforce(undefined)
  sandbox.faults.clear()
  const requests = sandbox.requests.slice(before)
  // That a job's token is nobody's, and which app's it is, is learned from the refusal.
  const forbidden = github.requests
    .slice(beforeGitHub)
    .filter(({ status, operation }) => status === 403 && operation !== 'GetUser')
  const played = {
    role: step.role,
    result: main.outputs.result,
    conclusion: main.conclusion,
    reason: main.outputs.reason ?? '',
    targets: main.outputs.targets ?? '',
    seen: `${main.log}\n${main.summary}`,
    needed: needsOf(requests),
    denied: [
      ...requests.flatMap(({ missing }) => (missing ? [`${missing.action} on ${missing.resource}`] : [])),
      ...forbidden.map(({ operation }) => operation),
    ],
    calls: requests.length,
  }
  return [played, tellsOf(step, main)]
}

/** Others are bound by no policy. At that moment the step waits for the answer to its call, and makes no other. */
function meddle(stage: Stage, { after }: Act, policy: PolicyDocument): void {
  if (after === undefined) return
  const { sandbox } = stage
  const run = async () => {
    sandbox.enforce(undefined)
    await after.does(stage)
    sandbox.enforce(policy)
  }
  sandbox.faults.add({ match: { operation: after.call }, on: { nth: after.nth ?? 1 }, fault: { kind: 'after', run } })
}

type Ended = Pick<StepResult, 'outputs' | 'conclusion' | 'log' | 'summary'>

/** The job's other steps as far as they count, and the step. */
async function runJob(stage: Stage, act: Act, told: Tells, id: number, post: boolean): Promise<Ended> {
  const { step, but, pull, beforehand } = act
  const tells = await beforehand?.(stage).catch(deniedBeforehand)
  if (typeof tells === 'string') return { outputs: { reason: tells }, conclusion: 'failure', log: tells, summary: '' }
  const occasion = pull && stage.pullRequest(7, pull.action, pull)
  const { permissions = {} } = step.workflow.jobs[step.job] ?? {}
  stage.github.token({ kind: 'installation', value: jobToken, permissions })
  const tokens = takesOn in step.with ? await startTokenEndpoint(stage.sandbox.oidc) : undefined
  const running = {
    action: stage.action,
    workspace: stage.workspace,
    inputs: { ...resolved(step.with, { ...told, ...tells }), ...but },
    env: { ...stage.env, GITHUB_RUN_ID: String(id), NODE_COMPILE_CACHE: compiled, ...tokens?.env, ...occasion?.env },
    ...(occasion && { event: occasion.event }),
    ...(stage.clock && { clock: stage.clock }),
  }
  const main = await startStep(running).done
  const after = post ? await runPost(running, main) : undefined
  await tokens?.close()
  if (after === undefined) return main
  return { ...main, log: `${main.log}\n${after.log}`, summary: `${main.summary}\n${after.summary}` }
}

/** In the words of the AWS CLI, which is what runs there. */
function deniedBeforehand(error: unknown): string {
  if (!(error instanceof Error) || !/^AccessDenied(Exception)?$/.test(error.name)) throw error
  return `An error occurred (${error.name}): ${error.message}`
}

/** What other jobs and steps see of this one, by the expressions that they have for it. */
function tellsOf({ workflow, job, id }: RolloutStep, { outputs }: Ended): Tells {
  const { outputs: handedOn = {} }: JobWithOutputs = workflow.jobs[job] ?? { steps: [] }
  const own = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [`steps.${id}.outputs.${name}`, value]))
  const known = Object.fromEntries(
    Object.entries(handedOn).filter(([, text]) => (/steps\.[\w.-]+/.exec(text)?.[0] ?? '') in own),
  )
  const others = Object.entries(resolved(known, own))
  return { ...own, ...Object.fromEntries(others.map(([name, value]) => [`needs.${job}.outputs.${name}`, value])) }
}

type JobWithOutputs = Job & { readonly outputs?: Tells }

/** What calls take permissions for, as the sandbox's own table has it, each once. */
function needsOf(requests: readonly RequestRecord[]): readonly Need[] {
  const world = { region, account } as World
  const all = requests.flatMap(({ service, operation, input }) =>
    service === 'GitHub' ? [] : (needs[service][operation]?.(world, input as Input) ?? []),
  )
  return [...new Map(all.map(need => [`${need.action} ${need.resource}`, need])).values()]
}

/** The account of the sandbox. */
export const account = '111122223333'

/** Where Node.js keeps the bundle compiled: there are many runs of it. */
const compiled = mkdtempSync(join(tmpdir(), 'compiled-'))
afterAll(() => rmSync(compiled, { recursive: true }))
