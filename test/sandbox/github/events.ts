import { showPull, showRepository } from './pulls.ts'
import type { Pull, Repository } from './state.ts'
import { showUser } from './users.ts'

/** What can happen to a pull request, as far as it sets off workflows of this project. */
export type PullAction = 'opened' | 'synchronize' | 'reopened' | 'closed'

/** What a workflow on `pull_request` finds in GITHUB_EVENT_PATH; `sender` is the login of whoever did it. */
export function pullRequestEvent(repository: Repository, pull: Pull, action: PullAction, sender: string): object {
  const { api, fullName } = repository
  return {
    action,
    number: pull.number,
    pull_request: { ...showPull(repository, pull), merged: pull.merged },
    repository: showRepository(api, fullName, false),
    sender: showUser(api, { login: sender, type: 'User' }),
  }
}
