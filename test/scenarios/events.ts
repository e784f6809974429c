import { mergeOf, type Pull } from '../sandbox/github/github.ts'

/**
 * What the runner sets for a job that a pull request sets off. There is no merge of one that was merged already: its
 * closing is about the branch that it was merged into.
 * https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export function pullVariables(pull: Pull, sender: string): Readonly<Record<string, string>> {
  const { number, branch, base, merged } = pull
  return {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: merged ? `refs/heads/${base}` : `refs/pull/${number}/merge`,
    GITHUB_REF_NAME: merged ? base : `${number}/merge`,
    GITHUB_HEAD_REF: branch,
    GITHUB_BASE_REF: base,
    GITHUB_SHA: mergeOf(pull),
    GITHUB_ACTOR: sender,
    GITHUB_TRIGGERING_ACTOR: sender,
  }
}
