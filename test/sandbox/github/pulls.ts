import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import { invalidRequest, notFound } from './errors.ts'
import { pageOf } from './paging.ts'
import { addRef } from './refs.ts'
import { commitOf, defaultBranch, type Pull, type Repository, repositoryId, shownTime } from './state.ts'
import { nodeId, showUser } from './users.ts'

/** What differs from a usual pull request of a branch of the repository itself. */
export type PullSpec = Partial<Pick<Pull, 'title' | 'branch' | 'base' | 'sha' | 'fork'>> & { readonly login?: string }

/** Opens a pull request; one that is open or was closed is opened anew, as after a push. */
export function openPull(repository: Repository, number: number, spec: PullSpec = {}): Pull {
  const { login, ...given } = spec
  const now = repository.now()
  const before = repository.pulls.get(number)
  const user = login === undefined ? undefined : ({ login, type: 'User' } as const)
  const branch = given.branch ?? before?.branch ?? `feature-${number}`
  const pull: Pull = {
    number,
    opened: before?.opened ?? now,
    title: before?.title ?? 'Refund an order in one step',
    base: before?.base ?? defaultBranch,
    fork: before?.fork ?? false,
    sha: before?.sha ?? commitOf(branch),
    ...given,
    user: user ?? before?.user ?? { login: 'octocat', type: 'User' },
    branch,
    updated: now,
    closed: undefined,
    merged: false,
  }
  repository.pulls.set(number, pull)
  if (!pull.fork) addRef(repository, pull.branch, { sha: pull.sha })
  addRef(repository, `refs/pull/${number}/head`, { sha: pull.sha })
  addRef(repository, `refs/pull/${number}/merge`, { sha: mergeOf(pull) })
  return pull
}

/** Pushes a commit to the branch of a pull request, some commit where nothing is said. */
export function pushTo(repository: Repository, number: number, sha?: string): Pull {
  const { sha: before } = pullAt(repository, number)
  return openPull(repository, number, { sha: sha ?? commitOf(`after ${before}`) })
}

/** The commit of a pull request's branch merged into its base, before it is merged and after. */
export function mergeOf({ sha }: Pull): string {
  return commitOf(`merge of ${sha}`)
}

/** Closes a pull request, merged or not. There is no merge of it to build any more; that it goes is not verified. */
export function closePull(repository: Repository, number: number, { merged }: { readonly merged: boolean }): Pull {
  const pull = pullAt(repository, number)
  pull.closed = repository.now()
  pull.updated = pull.closed
  pull.merged = merged
  repository.refs.delete(`refs/pull/${number}/merge`)
  const base = repository.refs.get(`refs/heads/${pull.base}`)
  if (merged) addRef(repository, pull.base, { ...base, sha: mergeOf(pull) })
  return pull
}

/** The pull request of this number, which a test has to have opened. */
export function pullAt({ pulls }: Repository, number: number): Pull {
  const pull = pulls.get(number)
  if (!pull) throw new Error(`There is no pull request ${number} in the sandbox; open it first.`)
  return pull
}

/** GetPull. */
export function getPull(repository: Repository, input: Input): Answer {
  const pull = pullOr404(repository, input.pull_number)
  const { merged, fork } = pull
  return { body: { ...showPull(repository, pull), merged, mergeable: null, maintainer_can_modify: fork === true } }
}

/** ListPulls: those that are open where `state` does not say otherwise, newest first. */
export function listPulls(repository: Repository, input: Input): Answer {
  const state = text(input, 'state') ?? 'open'
  // The words are not verified.
  if (!['open', 'closed', 'all'].includes(state)) throw invalidRequest(`${state} is not a state of pull requests.`)
  const found = [...repository.pulls.values()]
    .filter(pull => state === 'all' || stateOf(pull) === state)
    .sort((a, b) => b.opened - a.opened || b.number - a.number)
  return pageOf(repository, '/pulls', input, found, pull => showPull(repository, pull))
}

/** The pull request of this number. There are no other issues: a number that is none is a 404. */
export function pullOr404({ pulls }: Repository, number: unknown): Pull {
  const found = typeof number === 'number' ? pulls.get(number) : undefined
  if (!found) throw notFound()
  return found
}

function stateOf({ closed }: Pull): 'open' | 'closed' {
  return closed === undefined ? 'open' : 'closed'
}

/** A pull request as lists and events show it. */
export function showPull({ api, fullName, refs }: Repository, pull: Pull): object {
  const url = `${api}/repos/${fullName}/pulls/${pull.number}`
  const closed = pull.closed === undefined ? null : shownTime(pull.closed)
  const fork = pull.fork !== false
  const head = fork ? `${pull.user.login}/${nameIn(fullName)}` : fullName
  return {
    url,
    id: 1_500_000_000 + pull.number,
    node_id: nodeId('PullRequest', pull.number),
    html_url: `https://github.com/${fullName}/pull/${pull.number}`,
    issue_url: `${api}/repos/${fullName}/issues/${pull.number}`,
    comments_url: `${api}/repos/${fullName}/issues/${pull.number}/comments`,
    number: pull.number,
    state: stateOf(pull),
    locked: false,
    title: pull.title,
    user: showUser(api, pull.user),
    body: null,
    draft: false,
    created_at: shownTime(pull.opened),
    updated_at: shownTime(pull.updated),
    closed_at: closed,
    merged_at: pull.merged ? closed : null,
    merge_commit_sha: mergeOf(pull),
    head: { ...showBranch(api, head, pull.branch, pull.sha, fork), ...(pull.fork === 'deleted' && { repo: null }) },
    base: showBranch(api, fullName, pull.base, refs.get(`refs/heads/${pull.base}`)?.sha ?? commitOf(pull.base), false),
    author_association: fork ? 'FIRST_TIME_CONTRIBUTOR' : 'MEMBER',
  }
}

function showBranch(api: string, repository: string, ref: string, sha: string, fork: boolean): object {
  const owner = ownerOf(repository)
  return {
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: showUser(api, { login: owner, type: 'User' }),
    repo: showRepository(api, repository, fork),
  }
}

/** A repository as pull requests and events show it. */
export function showRepository(api: string, fullName: string, fork: boolean): object {
  return {
    id: fork ? repositoryId + 1 : repositoryId,
    name: nameIn(fullName),
    full_name: fullName,
    private: true,
    owner: showUser(api, { login: ownerOf(fullName), type: 'User' }),
    html_url: `https://github.com/${fullName}`,
    fork,
    url: `${api}/repos/${fullName}`,
    default_branch: defaultBranch,
  }
}

function ownerOf(fullName: string): string {
  return fullName.split('/')[0] ?? ''
}

function nameIn(fullName: string): string {
  return fullName.split('/')[1] ?? ''
}
