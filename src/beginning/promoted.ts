import type { Moving } from '../rolling/course.ts'
import { formatJournal, parseJournal, type Run, sameWorkflow, versionBefore } from '../rollout/journal.ts'
import type { Target } from '../rollout/outcome.ts'
import { whole } from '../rollout/routing.ts'
import type { Found } from './found.ts'
import { type Member, servedAlready } from './member.ts'

/**
 * Those that serve what is to be rolled out because an earlier attempt of this very workflow run has promoted them and
 * died before it had promoted the rest: as if this attempt had done it. None where it came to its end.
 */
export function promotedBefore(members: readonly Member[], run: Run): readonly Moving[] {
  const promoted = members.map(({ wish, found }) => promotedOn(wish.target, found, run))
  if (promoted.every(one => one !== undefined)) return []
  return members.flatMap((member, i) => (servedAlready(member) ? (promoted[i] ?? []) : []))
}

/** The version from before stands in the journal. Undefined where an alias serves its version for any other reason. */
export function promotedOn(
  target: Target,
  { alias, stable }: Pick<Found, 'alias' | 'stable'>,
  run: Run,
): Moving | undefined {
  const journal = alias && parseJournal(alias.description)
  const after = stable && versionBefore(journal, stable.version)
  if (alias === undefined || stable === undefined || journal === undefined || after === undefined) return undefined
  if (alias.routing.kind !== 'whole' || journal.candidate !== undefined) return undefined
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
