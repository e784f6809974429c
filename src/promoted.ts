import type { Moving } from './course.ts'
import type { Member } from './member.ts'
import { formatJournal, parseJournal, type Run, sameWorkflow, versionBefore } from './rollout/journal.ts'
import { whole } from './rollout/routing.ts'

/**
 * A target that an earlier attempt of this very workflow run has promoted, as if this attempt had done it: the version
 * from before stands in its journal. Undefined for one that serves the artifact for any other reason.
 */
export function promotedBefore({ wish: { target }, found: { alias, stable } }: Member, run: Run): Moving | undefined {
  const journal = alias && parseJournal(alias.description)
  const after = stable && versionBefore(journal, stable.version)
  if (alias === undefined || stable === undefined || journal === undefined || after === undefined) return undefined
  if (!sameWorkflow(journal.run, run) || journal.run.attempt >= run.attempt) return undefined
  const asked = { routing: alias.routing, description: alias.description }
  const back = { routing: whole(after), description: formatJournal({ version: after, run }) }
  return {
    target,
    candidate: stable.version,
    stable: { version: after, after: undefined, alias: { ...alias, ...back } },
    back,
    carriesOn: false,
    asked,
    history: [asked],
    revision: alias.revision,
    revisions: [alias.revision],
  }
}
