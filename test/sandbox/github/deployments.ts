import { type Input, isInput, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import { gitHubError, notFound } from './errors.ts'
import { flagOr, requireKinds, requireText } from './members.ts'
import { pageOf } from './paging.ts'
import { resolveRef } from './refs.ts'
import { type Deployment, defaultBranch, nextId, type Ref, type Repository, shownTime } from './state.ts'
import type { Token } from './tokens.ts'
import { nodeId, type Schemas, showApp, showUser } from './users.ts'

/** CreateDeployment: merges the default branch first and asks for every check, unless it is told not to. */
export function createDeployment(repository: Repository, input: Input, token: Token): Answer {
  requireKinds(input, {
    ref: 'string',
    task: 'string',
    auto_merge: 'boolean',
    required_contexts: 'array',
    payload: 'object or string',
    environment: 'string',
    description: 'string',
    transient_environment: 'boolean',
    production_environment: 'boolean',
  })
  const name = requireText(input, 'ref')
  const ref = resolveRef(repository, name)
  if (ref === undefined) throw gitHubError(422, `No ref found for: ${name}`)
  if (flagOr(input, 'auto_merge', true) && ref.behind === 'mergeable') {
    return { status: 202, body: { message: `Auto-merged ${defaultBranch} into ${name} on deployment.` } }
  }
  if (flagOr(input, 'auto_merge', true) && ref.behind === 'conflict') {
    throw gitHubError(409, `Conflict merging ${defaultBranch} into ${name}.`)
  }
  requireContexts(name, ref, input.required_contexts)
  const environment = text(input, 'environment') ?? 'production'
  const at = repository.now()
  const deployment: Deployment = {
    id: nextId(repository),
    at,
    author: token.author,
    sha: ref.sha,
    ref: name,
    task: text(input, 'task') ?? 'deploy',
    // What it is where none was given is not verified.
    payload: isInput(input.payload) ? input.payload : (text(input, 'payload') ?? {}),
    description: text(input, 'description') ?? null,
    transient: flagOr(input, 'transient_environment', false),
    production: flagOr(input, 'production_environment', environment === 'production'),
    originalEnvironment: environment,
    environment,
    updated: at,
    statuses: [],
  }
  repository.deployments.push(deployment)
  return { status: 201, body: showDeployment(repository, deployment) }
}

/** Without a list all that the commit has must have passed; with one, those in it, and an empty one asks for none. */
function requireContexts(name: string, { checks }: Ref, required: unknown): void {
  const asked = Array.isArray(required) ? required.map(String) : Object.keys(checks)
  if (asked.every(context => checks[context] === 'success')) return
  const contexts = asked.map(context => ({ context, state: checks[context] ?? 'pending' }))
  throw gitHubError(409, `Conflict: Commit status checks failed for ${name}.`, {
    errors: [{ contexts, resource: 'Deployment', field: 'required_contexts', code: 'invalid' }],
  })
}

/** GetDeployment. */
export function getDeployment(repository: Repository, input: Input): Answer {
  return { body: showDeployment(repository, deploymentOr404(repository, input)) }
}

/** ListDeployments: newest first, those that every filter fits. */
export function listDeployments(repository: Repository, input: Input): Answer {
  const filters = ['sha', 'ref', 'task', 'environment'] as const
  const fits = (deployment: Deployment) =>
    filters.every(name => input[name] === undefined || input[name] === deployment[name])
  const found = repository.deployments.filter(fits).toReversed()
  return pageOf(repository, '/deployments', input, found, deployment => showDeployment(repository, deployment))
}

/** The deployment that the path names. */
export function deploymentOr404({ deployments }: Repository, { deployment_id }: Input): Deployment {
  const found = deployments.find(({ id }) => id === deployment_id)
  if (!found) throw notFound()
  return found
}

function showDeployment({ api, fullName }: Repository, deployment: Deployment): Schemas['deployment'] {
  const repositoryUrl = `${api}/repos/${fullName}`
  const url = `${repositoryUrl}/deployments/${deployment.id}`
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    task: deployment.task,
    original_environment: deployment.originalEnvironment,
    environment: deployment.environment,
    description: deployment.description,
    created_at: shownTime(deployment.at),
    updated_at: shownTime(deployment.updated),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl,
    creator: showUser(api, deployment.author.user),
    sha: deployment.sha,
    ref: deployment.ref,
    payload: deployment.payload,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: showApp(api, deployment.author),
  }
}
