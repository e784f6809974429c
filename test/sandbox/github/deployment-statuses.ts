import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import { deploymentOr404 } from './deployments.ts'
import { validationFailed } from './errors.ts'
import { flagOr, lengthOf, requireKinds, requireText } from './members.ts'
import { pageOf } from './paging.ts'
import {
  type Author,
  type Deployment,
  type DeploymentState,
  type DeploymentStatus,
  deploymentStates,
  nextId,
  type Repository,
  shownTime,
} from './state.ts'
import type { Token } from './tokens.ts'
import { nodeId, type Schemas, showApp, showUser } from './users.ts'

/** CreateDeploymentStatus: a success ends the deployments before it that are of its kind. */
export function createDeploymentStatus(repository: Repository, input: Input, token: Token): Answer {
  const deployment = deploymentOr404(repository, input)
  requireKinds(input, {
    state: 'string',
    target_url: 'string',
    log_url: 'string',
    description: 'string',
    environment: 'string',
    environment_url: 'string',
    auto_inactive: 'boolean',
  })
  const state = requireState(requireText(input, 'state'))
  const description = text(input, 'description') ?? ''
  if (lengthOf(description) > 140) {
    throw invalid('description', 'description is too long (maximum is 140 characters)')
  }
  // The status may name another environment, and then the deployment is of that one; that it is so is not verified.
  deployment.environment = text(input, 'environment') ?? deployment.environment
  const status = add(repository, deployment, {
    author: token.author,
    state,
    description,
    environmentUrl: requireUrl(input, 'environment_url'),
    // The one replaces the other, and is shown as both.
    logUrl: requireUrl(input, 'log_url') || requireUrl(input, 'target_url'),
  })
  if (state === 'success' && flagOr(input, 'auto_inactive', true)) {
    for (const superseded of supersededBy(repository, deployment)) deactivate(repository, superseded, token.author)
  }
  return { status: 201, body: showStatus(repository, deployment, status) }
}

/** Those that GitHub itself sets inactive: neither production's, nor transient, and of success until now. */
function supersededBy({ deployments }: Repository, by: Deployment): readonly Deployment[] {
  return deployments.filter(
    ({ id, environment, transient, production, statuses }) =>
      id < by.id && environment === by.environment && !transient && !production && statuses.at(-1)?.state === 'success',
  )
}

function deactivate(repository: Repository, deployment: Deployment, author: Author): void {
  add(repository, deployment, { author, state: 'inactive', description: '', environmentUrl: '', logUrl: '' })
}

function add(
  repository: Repository,
  deployment: Deployment,
  status: Omit<DeploymentStatus, 'id' | 'at' | 'environment'>,
): DeploymentStatus {
  const at = repository.now()
  const added = { ...status, id: nextId(repository), at, environment: deployment.environment }
  deployment.statuses.push(added)
  deployment.updated = at
  return added
}

function requireState(state: string): DeploymentState {
  const known = deploymentStates.find(one => one === state)
  // The words are not verified; that it is a 422 is.
  if (known === undefined) throw invalid('state', `state must be one of ${deploymentStates.join(', ')}`)
  return known
}

/** A URL, or an empty text. The words are those of commit statuses; of these here they are not verified. */
function requireUrl(input: Input, name: string): string {
  const url = text(input, name) ?? ''
  if (url !== '' && !/^https?:\/\//.test(url)) throw invalid(name, `${name} must use http(s) scheme`)
  return url
}

function invalid(field: string, message: string) {
  return validationFailed({ resource: 'DeploymentStatus', code: 'custom', field, message })
}

/** ListDeploymentStatuses: newest first. */
export function listDeploymentStatuses(repository: Repository, input: Input): Answer {
  const deployment = deploymentOr404(repository, input)
  const path = `/deployments/${deployment.id}/statuses`
  return pageOf(repository, path, input, deployment.statuses.toReversed(), status =>
    showStatus(repository, deployment, status),
  )
}

function showStatus(
  { api, fullName }: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): Schemas['deployment-status'] {
  const repositoryUrl = `${api}/repos/${fullName}`
  const deploymentUrl = `${repositoryUrl}/deployments/${deployment.id}`
  return {
    url: `${deploymentUrl}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: showUser(api, status.author.user),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: shownTime(status.at),
    updated_at: shownTime(status.at),
    deployment_url: deploymentUrl,
    repository_url: repositoryUrl,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: showApp(api, status.author),
  }
}
