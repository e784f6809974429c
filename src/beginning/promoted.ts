import type { AliasSeen } from '../ports.ts'
import type { Moving } from '../rolling/course.ts'
import { formatJournal, parseJournal, type Run, sameWorkflow, versionBefore } from '../rollout/journal.ts'
import type { Target } from '../rollout/outcome.ts'
import { whole } from '../rollout/routing.ts'
import type { Found } from './found.ts'
import { type Member, servedAlready } from './member.ts'

/**
 * Those that an earlier attempt of this very workflow run has promoted before it died, as if this attempt had done it.
 * None where it came to an end: it has promoted all that it had to, or has left canaries on purpose.
 */
export function promotedBefore(members: readonly Member[], run: Run): readonly Moving[] {
  const promoted = members.map(({ wish, found }) => promotedOn(wish.target, found, run))
  const isOver = members.every((member, i) => promoted[i] !== undefined || servedAlready(member))
  return isOver || members.some(member => isLeft(member, run)) ? [] : promoted.filter(one => one !== undefined)
}

/** Whether this workflow run has left a canary here to wait. */
function isLeft({ found: { alias }, beginning }: Member, run: Run): boolean {
  const journal = alias && parseJournal(alias.description)
  const waits = journal?.candidate !== undefined && journal.candidate.state !== 'rolling'
  const isHalf = beginning.kind === 'refuse' && beginning.resumes !== undefined
  return waits && !isHalf && sameWorkflow(journal.run, run)
}

/** Whether an alias stands as an earlier attempt of this workflow run promotes. */
export function isPromotedBy({ routing, description }: AliasSeen, run: Run): boolean {
  const journal = parseJournal(description)
  if (journal === undefined || routing.kind !== 'whole' || journal.candidate !== undefined) return false
  return journal.after !== undefined && sameWorkflow(journal.run, run) && journal.run.attempt < run.attempt
}

/**
 * The version from before stands in the journal. Undefined where an alias serves its version for any other reason than
 * that an earlier attempt promoted it, or whoever else `isPart` of this rollout.
 */
export function promotedOn(
  target: Target,
  { alias, stable }: Pick<Found, 'alias' | 'stable'>,
  run: Run,
  isPart = (writer: Run) => sameWorkflow(writer, run) && writer.attempt < run.attempt,
): Moving | undefined {
  const journal = alias && parseJournal(alias.description)
  const after = stable && versionBefore(journal, stable.version)
  if (alias === undefined || stable === undefined || journal === undefined || after === undefined) return undefined
  if (alias.routing.kind !== 'whole' || journal.candidate !== undefined) return undefined
  if (!isPart(journal.run)) return undefined
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
