import type { Conduct } from './conduct.ts'
import type { Mover } from './course.ts'
import { explain } from './explain.ts'
import type { Found } from './found.ts'
import type { FunctionSeen, World } from './ports.ts'
import { roll } from './roll.ts'
import { beginWatching } from './rollout/alarms.ts'
import type { Beginning } from './rollout/begin.ts'
import type { Run } from './rollout/journal.ts'
import type { Outcome } from './rollout/outcome.ts'
import type { Plan } from './rollout/plan.ts'
import { dismissWatchdog } from './watchdog.ts'

/** Rolls a candidate out by a plan. Where that fails, the candidate's own log tells what went wrong. */
export async function tryOut(
  mover: Mover,
  candidate: FunctionSeen,
  plan: Plan,
  { alarms, watching }: Found,
  { policy, afterTraffic }: Conduct,
  run: Run,
  world: World,
  beginning: Beginning,
): Promise<Outcome> {
  const since = 'since' in beginning ? beginning.since : undefined
  const waitedSince = beginning.kind === 'take-on' ? since : undefined
  const began = world.clock.now()
  const rollout = {
    run,
    plan,
    policy,
    movers: [mover],
    alarms: beginWatching(alarms, since),
    watch: watching.watch,
    afterTraffic,
    waitedSince,
  }
  const rolled = await roll(rollout, world)
  const outcome = await dismissWatchdog(rollout, rolled.course, rolled.outcome, world)
  const failed = outcome.result === 'rolled-back' || outcome.result === 'held'
  if (failed && !world.cancel.aborted) await explain(mover.target, candidate, since ?? began, world)
  return outcome
}
