import type { AliasSeen } from '../ports.ts'
import type { Moving } from '../rolling/course.ts'
import {
  earlierAttempt,
  formatJournal,
  parseJournal,
  type Run,
  sameWorkflow,
  versionBefore,
} from '../rollout/journal.ts'
import type { Target } from '../rollout/outcome.ts'
import { primary, whole } from '../rollout/routing.ts'
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

/** The run that has promoted what an alias serves, and the version from before, as its journal tells. */
function promotionOf({ routing, description }: AliasSeen): { readonly after: string; readonly by: Run } | undefined {
  const journal = parseJournal(description)
  if (journal === undefined || routing.kind !== 'whole' || journal.candidate !== undefined) return undefined
  const after = versionBefore(journal, routing.version)
  return after === undefined ? undefined : { after, by: journal.run }
}

/** Whether an earlier attempt of this workflow run has promoted what an alias serves. */
export function isPromotedBy(alias: AliasSeen, run: Run): boolean {
  const promotion = promotionOf(alias)
  return promotion !== undefined && earlierAttempt(promotion.by, run)
}

/**
 * An alias that was promoted in this rollout already, as if this run had done it: by an earlier attempt, or by whoever
 * else `isPart` of it. Undefined for one that serves its version for any other reason.
 */
export function promotedOn(
  target: Target,
  { alias }: Pick<Found, 'alias'>,
  run: Run,
  isPart = (writer: Run) => earlierAttempt(writer, run),
): Moving | undefined {
  const promotion = alias && promotionOf(alias)
  if (alias === undefined || promotion === undefined || !isPart(promotion.by)) return undefined
  const { after } = promotion
  const asked = { routing: alias.routing, description: alias.description }
  const back = { routing: whole(after), description: formatJournal({ version: after, run }) }
  return {
    target,
    candidate: primary(alias.routing),
    stable: { version: after, after: undefined, alias: { ...alias, ...back } },
    back,
    carriesOn: false,
    asked,
    history: [asked],
    revision: alias.revision,
    revisions: [alias.revision],
  }
}
