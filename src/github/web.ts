import type { Run } from '../rollout/journal.ts'
import { link } from './text.ts'

/** The page of one attempt of a workflow run. */
export function runUrl(serverUrl: string, { repository, id, attempt }: Run): string {
  return `${serverUrl}/${repository}/actions/runs/${id}/attempts/${attempt}`
}

/** The page of a commit. */
export function commitUrl(serverUrl: string, repository: string, commit: string): string {
  return `${serverUrl}/${repository}/commit/${encodeURIComponent(commit)}`
}

/** The commit and the run, as cells with their titles; a preview's commit is not the one that its workflow runs on. */
export function originOf(serverUrl: string, run: Run, commit = run.commit) {
  return [
    ['Commit', link(commit.slice(0, 7), commitUrl(serverUrl, run.repository, commit))],
    ['Run', link(`${run.id}.${run.attempt}`, runUrl(serverUrl, run))],
  ] as const
}
