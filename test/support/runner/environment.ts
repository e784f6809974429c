import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The folders in which one step runs; `root` holds the others, but for `temp`, and goes when the step is over. */
export type Place = {
  readonly root: string
  readonly home: string
  readonly temp: string
  readonly workspace: string
  readonly event: string
}

type Options = { readonly workspace?: string; readonly event?: unknown }

const temps = new Map<object, string>()
process.once('exit', () => {
  for (const temp of temps.values()) rmSync(temp, { recursive: true, force: true })
})

/** RUNNER_TEMP of the job of a step, which lasts as long as the job: from the main script to the end of the post script. */
export function jobTemp(step: object): string {
  const temp = temps.get(step) ?? mkdtempSync(join(tmpdir(), 'action-job-'))
  temps.set(step, temp)
  return temp
}

/** Makes the folders, and the file with the event that set the workflow off. */
export function createPlace(options: Options, temp: string): Place {
  const root = mkdtempSync(join(tmpdir(), 'action-step-'))
  const place = {
    root,
    home: join(root, 'home'),
    temp,
    workspace: resolve(options.workspace ?? join(root, 'workspace')),
    event: join(temp, '_github_workflow', 'event.json'),
  }
  for (const folder of [place.home, place.workspace, join(place.temp, '_github_workflow')]) {
    mkdirSync(folder, { recursive: true })
  }
  writeFileSync(place.event, JSON.stringify(options.event ?? { ref: jobVariables.GITHUB_REF }))
  return place
}

/** All that a step sees of the world around it; of this process's own environment nothing but PATH. */
export function jobEnvironment(place: Place, overrides: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...jobVariables,
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: place.home,
    RUNNER_TEMP: place.temp,
    RUNNER_TOOL_CACHE: join(place.root, 'tools'),
    GITHUB_EVENT_PATH: place.event,
    GITHUB_WORKSPACE: place.workspace,
    ...overrides,
  }
}

/** The token of the job, `github.token`: a secret, like the real one. */
export const jobToken = 'ghs_theTokenOfThisJobAndOfNoOther000000'

/** `${{ github.… }}` in the default of an input; throws for any other expression. */
export function evaluateIn(environment: Readonly<Record<string, string>>): (text: string) => string {
  return text =>
    text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
      if (expression === 'github.token') return jobToken
      const [, name] = /^github\.(\w+)$/.exec(expression) ?? []
      if (name === undefined) throw new Error(`this runner cannot evaluate \${{ ${expression} }}`)
      return environment[`GITHUB_${name.toUpperCase()}`] ?? ''
    })
}

const jobVariables = {
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTION: '__self',
  GITHUB_ACTOR: 'octocat',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
  GITHUB_JOB: 'deploy',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_REPOSITORY: 'octo/orders',
  GITHUB_REPOSITORY_OWNER: 'octo',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_RUN_ID: '9876543210',
  GITHUB_RUN_NUMBER: '42',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_SHA: 'abc1234def5678abc1234def5678abc1234def56',
  GITHUB_TRIGGERING_ACTOR: 'octocat',
  GITHUB_WORKFLOW: 'Deploy',
  RUNNER_ARCH: 'X64',
  RUNNER_ENVIRONMENT: 'github-hosted',
  RUNNER_NAME: 'GitHub Actions 1',
  RUNNER_OS: 'Linux',
} as const
