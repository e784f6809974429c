import type { Run } from '../rollout/journal.ts'

/** The page of one attempt of a workflow run. */
export function runUrl(serverUrl: string, { repository, id, attempt }: Run): string {
  return `${serverUrl}/${repository}/actions/runs/${id}/attempts/${attempt}`
}

/** The page of a commit. */
export function commitUrl(serverUrl: string, repository: string, commit: string): string {
  return `${serverUrl}/${repository}/commit/${encodeURIComponent(commit)}`
}
