import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AliasConfiguration, GetAliasCommand } from '@aws-sdk/client-lambda'
import type { Stage } from '../scenarios/stage.ts'
import { jumpingNow } from '../support/clock/spec.ts'
import type { RolloutStep, Step } from './recipes.ts'

/** The recipes' own scripts that ask what waits on an alias, run by bash as the runner would. */

/** What a script finds. */
export type Found = {
  readonly alias: AliasConfiguration
  readonly now: number
  readonly env?: Readonly<Record<string, string>>
}

/** The script before a step that uses the action, which tells the version that the step takes. */
export function asking({ workflow, job }: RolloutStep): Step {
  const found = workflow.jobs[job]?.steps.find(({ run }) => run?.includes('get-alias'))
  if (found === undefined) throw new Error(`${workflow.name} ${job} has no script that reads the alias`)
  return found
}

/** What the script tells as `version`; nothing where the step after it is to be skipped. */
export function told({ run: script = '' }: Step, { alias, now, env = {} }: Found): string | undefined {
  const answer = answerTo(/--query '([^']+)'/.exec(script)?.[1] ?? '', alias)
  const stubs = 'aws() { echo "$ANSWER"; }\ndate() { command date -u -d "$NOW UTC $3" "$4"; }\n'
  const given = { ANSWER: answer, NOW: new Date(now).toISOString().slice(0, 16).replace('T', ' '), ...env }
  const home = mkdtempSync(join(tmpdir(), 'script-'))
  const output = join(home, 'output')
  writeFileSync(output, '')
  try {
    execFileSync('bash', ['--noprofile', '--norc', '-e', '-c', `${stubs}${script}`], {
      env: { PATH: process.env.PATH, GITHUB_OUTPUT: output, ...given },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [, version] = /^version=(.*)$/m.exec(readFileSync(output, 'utf8')) ?? []
    return version
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** What the AWS CLI prints for `A.B && C` with `--output text`. */
function answerTo(query: string, alias: AliasConfiguration): string {
  const [first = '', second = ''] = query.split(' && ')
  const left = valueAt(alias, first)
  const isThere = typeof left === 'object' && left !== null && Object.keys(left).length > 0
  return isThere ? String(valueAt(alias, second)) : 'None'
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], value)
}

/** Runs the script of a job on the stage, in AWS as the job's role; tells what the job's later steps see of it. */
export async function ask(step: RolloutStep, { aws, clock }: Stage, env: Found['env'] = {}) {
  const script = asking(step)
  const alias = await aws.lambda.send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }))
  const version = told(script, { alias, now: clock === undefined ? Date.now() : jumpingNow(clock), env })
  if (version === undefined) throw new Error(`${step.workflow.name} ${step.job} is skipped: ${alias.Description}`)
  return { [`steps.${script.id}.outputs.version`]: version }
}
