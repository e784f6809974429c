import type { Pull } from '../rollout/preview.ts'

/** What is said where there is no pull request to preview. */
export const pullNeeded =
  '`command: preview` is about a pull request, and the event that started this workflow tells of none; run it `on: pull_request`'

/** Reads the pull request that an event of GitHub tells of; undefined where it tells of none. */
export function readPull(event: unknown): Pull | undefined {
  const pull = member(event, 'pull_request')
  const number = member(pull, 'number')
  const head = member(pull, 'head')
  const commit = member(head, 'sha')
  if (typeof number !== 'number' || typeof commit !== 'string') return undefined
  return {
    number,
    closed: member(event, 'action') === 'closed' || member(pull, 'state') === 'closed',
    commit,
    fromFork: nameOf(head) !== nameOf(member(pull, 'base')),
  }
}

/** The repository that a branch of a pull request lies in; a fork that was deleted has none. */
function nameOf(branch: unknown): unknown {
  return member(member(branch, 'repo'), 'full_name')
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined
}
