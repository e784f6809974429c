import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import { createComment, deleteComment, getComment, listComments, updateComment } from './comments.ts'
import { createDeploymentStatus, listDeploymentStatuses } from './deployment-statuses.ts'
import { createDeployment, getDeployment, listDeployments } from './deployments.ts'
import { getPull, listPulls } from './pulls.ts'
import type { Repository } from './state.ts'
import type { Need, Token } from './tokens.ts'
import { getUser } from './users.ts'

type Run = (repository: Repository, input: Input, token: Token) => Answer

/** An operation of GitHub's REST API, the parameters of it that are modelled, and what a token needs for it. */
export type Route = {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly members: readonly string[]
  readonly needs: readonly Need[]
  readonly documented: string
  readonly run: Run
}

const repo = '/repos/{owner}/{repo}'
const deployments = `${repo}/deployments`
const statuses = `${deployments}/{deployment_id}/statuses`
const comments = `${repo}/issues/{issue_number}/comments`
const oneComment = `${repo}/issues/comments/{comment_id}`
const pulls = `${repo}/pulls`

const deploymentMembers =
  'ref task auto_merge required_contexts payload environment description transient_environment production_environment'
const statusMembers = 'state target_url log_url description environment environment_url auto_inactive'
const paged = 'per_page page'

const toReadDeployments: readonly Need[] = [['deployments', 'read']]
const toWriteDeployments: readonly Need[] = [['deployments', 'write']]
// Every issue of the sandbox is a pull request, for which either permission is enough.
const toReadComments: readonly Need[] = [
  ['issues', 'read'],
  ['pull-requests', 'read'],
]
const toWriteComments: readonly Need[] = [
  ['issues', 'write'],
  ['pull-requests', 'write'],
]
const toReadPulls: readonly Need[] = [['pull-requests', 'read']]

/** All that is modelled of GitHub. */
export const routes: readonly Route[] = [
  route(
    'CreateDeployment',
    `POST ${deployments}`,
    'deployments/deployments#create-a-deployment',
    toWriteDeployments,
    createDeployment,
    deploymentMembers,
  ),
  route(
    'ListDeployments',
    `GET ${deployments}`,
    'deployments/deployments#list-deployments',
    toReadDeployments,
    listDeployments,
    `sha ref task environment ${paged}`,
  ),
  route(
    'GetDeployment',
    `GET ${deployments}/{deployment_id}`,
    'deployments/deployments#get-a-deployment',
    toReadDeployments,
    getDeployment,
  ),
  route(
    'CreateDeploymentStatus',
    `POST ${statuses}`,
    'deployments/statuses#create-a-deployment-status',
    toWriteDeployments,
    createDeploymentStatus,
    statusMembers,
  ),
  route(
    'ListDeploymentStatuses',
    `GET ${statuses}`,
    'deployments/statuses#list-deployment-statuses',
    toReadDeployments,
    listDeploymentStatuses,
    paged,
  ),
  route('ListComments', `GET ${comments}`, 'issues/comments#list-issue-comments', toReadComments, listComments, paged),
  route(
    'CreateComment',
    `POST ${comments}`,
    'issues/comments#create-an-issue-comment',
    toWriteComments,
    createComment,
    'body',
  ),
  route('GetComment', `GET ${oneComment}`, 'issues/comments#get-an-issue-comment', toReadComments, getComment),
  route(
    'UpdateComment',
    `PATCH ${oneComment}`,
    'issues/comments#update-an-issue-comment',
    toWriteComments,
    updateComment,
    'body',
  ),
  route(
    'DeleteComment',
    `DELETE ${oneComment}`,
    'issues/comments#delete-an-issue-comment',
    toWriteComments,
    deleteComment,
  ),
  route('ListPulls', `GET ${pulls}`, 'pulls/pulls#list-pull-requests', toReadPulls, listPulls, `state ${paged}`),
  route('GetPull', `GET ${pulls}/{pull_number}`, 'pulls/pulls#get-a-pull-request', toReadPulls, getPull),
  route('GetUser', 'GET /user', 'users/users#get-the-authenticated-user', [], (repository, _, token) =>
    getUser(repository, token),
  ),
]

function route(operation: string, line: string, page: string, needs: readonly Need[], run: Run, members = ''): Route {
  const [method = '', path = ''] = line.split(' ')
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '')
  const documented = `https://docs.github.com/rest/${page}`
  return { operation, method, path, members: [...inPath, ...members.split(' ')], needs, documented, run }
}
