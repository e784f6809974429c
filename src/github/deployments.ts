import { CallFailed, type Deployment, type DeploymentState, type Deployments, type Standing } from '../ports.ts'
import type { Run } from '../rollout/journal.ts'
import { type Asking, type GitHubApi, isId, isListOf } from './api.ts'
import { oneLine } from './text.ts'
import { runUrl } from './web.ts'

/** The most characters that GitHub takes of a description, and of a task. */
const longestDescription = 140
const longestTask = 128

/** Deployments through GitHub's REST API, with the page of `run` for their log. */
export class GitHubDeployments implements Deployments {
  readonly #api: GitHubApi
  readonly #run: Run
  readonly #serverUrl: string

  constructor(api: GitHubApi, run: Run, serverUrl: string) {
    this.#api = api
    this.#run = run
    this.#serverUrl = serverUrl
  }

  async create({
    environment,
    of,
    commit,
    transient,
    description,
  }: Parameters<Deployments['create']>[0]): Promise<Deployment> {
    const what = `create the deployment of ${of} in ${environment}`
    const { id } = await this.#api.asking<{ readonly id?: number; readonly message?: string }>(
      { what, permission: 'deployments: write', creates: true, cut: true },
      (rest, common) =>
        rest.repos.createDeployment({
          ...common,
          ref: commit,
          task: taskOf(of),
          environment,
          transient_environment: transient,
          description: shorten(description),
          // What is rolled out is built already: nothing is merged into it, and checks are the workflow's own affair.
          auto_merge: false,
          required_contexts: [],
        }),
      made => made.id === undefined || isId(made.id),
    )
    if (id === undefined)
      throw new CallFailed('rejected', `could not ${what}, because GitHub answers without making one`)
    return { id, environment, of }
  }

  async tell(
    { id, environment, of }: Deployment,
    state: DeploymentState,
    description: string,
    url?: string,
  ): Promise<void> {
    const what = `set the deployment of ${of} in ${environment} to ${state}`
    // A start stands before the rollout; an end comes after it and is told even when the workflow is cancelled.
    const asking: Asking = { what, permission: 'deployments: write', cut: state === 'in_progress' }
    await this.#api.asking(asking, (rest, common) =>
      rest.repos.createDeploymentStatus({
        ...common,
        deployment_id: id,
        state,
        description: shorten(description),
        log_url: runUrl(this.#serverUrl, this.#run),
        ...(url !== undefined && { environment_url: url }),
        // GitHub would end the deployments of other functions in the same environment, and would not end ours in
        // production or in a transient one.
        auto_inactive: false,
      }),
    )
  }

  async standing(environment: string, of: string): Promise<readonly Standing[]> {
    const what = `list the deployments of ${of} in ${environment}`
    const listed = await this.#api.asking(
      { what, permission: 'deployments: write' },
      (rest, common) => rest.repos.listDeployments({ ...common, environment, task: taskOf(of), per_page: 30 }),
      deployments => isListOf(deployments, ({ id }) => isId(id)),
    )
    const standing: Standing[] = []
    for (const { id } of listed.toSorted((a, b) => b.id - a.id)) {
      const state = await this.#stateOf(id, what)
      if (state === 'inactive') break
      if (state !== 'failure' && state !== 'error') standing.push({ id, environment, of, waits: state !== 'success' })
    }
    return standing
  }

  /** Undefined where nothing was told of it yet. */
  async #stateOf(id: number, what: string): Promise<string | undefined> {
    const statuses = await this.#api.asking(
      { what, permission: 'deployments: write' },
      (rest, common) => rest.repos.listDeploymentStatuses({ ...common, deployment_id: id, per_page: 100 }),
      told => isListOf(told, ({ id, state }) => isId(id) && typeof state === 'string'),
    )
    return statuses.toSorted((a, b) => b.id - a.id)[0]?.state
  }
}

/** By this ours are found again. It is not `deploy`, as that of a job's own `environment` is. */
function taskOf(of: string): string {
  return `lambda-rollout ${of}`.slice(0, longestTask)
}

/** One line, cut after a word so that GitHub takes it. */
function shorten(text: string): string {
  const line = oneLine(text)
  if (line.length <= longestDescription) return line
  const room = line.slice(0, longestDescription - 1)
  const end = line[room.length] === ' ' ? room.length : room.lastIndexOf(' ')
  const words = end > 0 ? room.slice(0, end) : room.replace(/[\ud800-\udbff]$/, '')
  return `${words.replace(/[\s,;:.]+$/, '')}…`
}
