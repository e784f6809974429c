import type { Conduct } from '../inputs/conduct.ts'
import type { DeployTarget } from '../inputs.ts'
import type { Packed, World } from '../ports.ts'
import type { Beginning } from '../rollout/begin.ts'
import { describeTarget } from '../rollout/outcome.ts'
import type { Plan } from '../rollout/plan.ts'
import { obstacles } from '../rollout/preflight.ts'
import { hookRounds } from '../rollout/session.ts'
import type { Found } from './found.ts'
import type { Watched } from './watched.ts'

/** One target of a rollout: what is wished for it, what was found, and how a run begins there. */
export type Member = {
  readonly wish: DeployTarget
  /** The artifact, where it lies here. */
  readonly packed: Packed | undefined
  readonly found: Found
  readonly beginning: Beginning
}

/** Whether its alias serves what this run would roll out; a canary beside it is to be dropped all the same. */
export function serves({ found: { stable, isOurs } }: Member): boolean {
  return stable !== undefined && isOurs(stable)
}

/** Whether there is nothing to do for it. */
export function servedAlready(member: Member): boolean {
  return serves(member) && member.found.canary === undefined
}

/** Everything that keeps a rollout by this plan, in waves of these sizes, from beginning. */
export function obstaclesOf(
  members: readonly Member[],
  { alreadyInAlarm, afterTraffic }: Conduct,
  { alarms, unknownAlarms, problems }: Watched,
  plan: Plan,
  waves: readonly number[],
  { clock, session }: World,
): readonly string[] {
  const splits = members.map(({ wish: { target }, found: { stable, candidateSettings } }) => ({
    name: members.length > 1 ? describeTarget(target) : target.alias,
    stable,
    candidate: { settings: candidateSettings },
  }))
  const hooks = afterTraffic === undefined ? 0 : waves.reduce((sum, size) => sum + hookRounds(size), 0)
  const timing = { now: clock.now(), session: session.end(), rounds: { waves: waves.length, hooks } }
  return [
    ...problems,
    ...members.flatMap(({ found }) => found.problems),
    ...obstacles({ plan, splits, alarms, unknownAlarms, alreadyInAlarm, ...timing }),
  ]
}
