import type { AliasSeen, World } from './ports.ts'
import { movedByAws, outcomeOfRestore, restore } from './restore.ts'
import type { Beginning } from './rollout/begin.ts'
import { type Asked, standsAs } from './rollout/decide.ts'
import { describeRun, formatJournal, parseJournal, type Run, versionBefore } from './rollout/journal.ts'
import { describeTarget, type Outcome, refused, type Target } from './rollout/outcome.ts'
import { describeRouting, whole } from './rollout/routing.ts'

/** What a run has done so far; it decides what its end is called when something goes wrong. */
export type Traces = {
  touched: boolean
  dropped?: string
  /** The alias as it was seen first. */
  seen?: AliasSeen | undefined
  /** It is known that no dead run's canary is on the alias, or that it is dealt with. */
  clear: boolean
}

type Dropped =
  | { readonly kind: 'clear'; readonly alias: AliasSeen | undefined }
  | { readonly kind: 'ended'; readonly outcome: Outcome }

/** Takes away what a dead run left with traffic, where it is not carried on; whatever is refused is refused after that. */
export async function dropDead(
  target: Target,
  alias: AliasSeen | undefined,
  beginning: Beginning,
  problems: readonly string[],
  run: Run,
  traces: Traces,
  world: World,
): Promise<Dropped> {
  const drops = beginning.kind === 'drop' || (beginning.kind === 'carry-on' && problems.length > 0)
  if (!drops || alias === undefined) return { kind: 'clear', alias }
  const because = `${describeRun(beginning.whose)} left its canary with traffic`
  const back = backOf(alias, beginning, run)
  const restoration = { target, back, ours: [alias], carried: true, revision: alias.revision }
  const left = { run, targets: [{ target, back, asked: [alias] }], because }
  world.memory.keep({ ...left, over: false })
  traces.touched = true
  const restored = await restore(restoration, world)
  traces.clear = true
  if (restored.kind !== 'stuck') world.memory.keep({ ...left, over: true })
  const outcome = outcomeOfRestore(restoration, restored, because)
  if (restored.kind !== 'restored') return { kind: 'ended', outcome }
  traces.dropped = outcome.reason
  world.reporter.tell({ kind: 'note', text: outcome.reason })
  return await readAfterDrop(target, alias, back, world)
}

/** The end of a run that something was in the way of, after what it has done so far. */
export function endOf({ touched, dropped }: Traces, problems: readonly string[]): Outcome {
  if (!touched) return refused(problems)
  const because = problems.join('; ')
  return dropped === undefined
    ? { result: 'failed', reason: because, problems }
    : { result: 'rolled-back', reason: `${dropped}; then: ${because}` }
}

/** The end of a run that had dropped a dead run's canary before: it has touched the alias, whatever it did after that. */
export function afterDrop(outcome: Outcome, { dropped }: Traces): Outcome {
  if (dropped === undefined) return outcome
  const reason = `${dropped}; then: ${outcome.reason}`
  switch (outcome.result) {
    case 'failed':
      return { ...outcome, result: 'rolled-back', reason }
    case 'unchanged':
      return { ...outcome, reason }
    default:
      return outcome
  }
}

/** The alias as the new rollout finds it: as the drop left it, or in somebody else's hands by now. */
async function readAfterDrop(
  target: Target,
  before: AliasSeen,
  back: Asked | undefined,
  world: World,
): Promise<Dropped> {
  const seen = await world.aliases.read(target)
  const name = describeTarget(target)
  if (seen === undefined || back === undefined) {
    return { kind: 'ended', outcome: { result: 'stood-aside', reason: `somebody else deleted ${name}` } }
  }
  // An outdated answer, and weights that AWS moves, are not what the drop left: the next look tells more.
  const isOurs =
    standsAs(back, seen) ||
    seen.revision === before.revision ||
    (await movedByAws(target, [back], [beside(before)], seen, world))
  if (isOurs) return { kind: 'clear', alias: { ...seen, ...back } }
  const reason = `somebody else changed ${name} right after a dead run's canary was dropped: it serves ${describeRouting(seen.routing)}`
  return { kind: 'ended', outcome: { result: 'stood-aside', reason } }
}

function beside({ routing }: AliasSeen): string | undefined {
  return routing.kind === 'part-way' ? routing.candidate : undefined
}

/** What a roll-back writes: the alias as it was found; of a canary's alias, what its journal says of stable. */
export function backOf(alias: AliasSeen | undefined, beginning: Beginning, run: Run): Asked | undefined {
  if (alias === undefined || beginning.kind === 'create' || beginning.kind === 'refuse') return undefined
  if (alias.routing.kind === 'whole') return { routing: alias.routing, description: alias.description }
  const after = versionBefore(parseJournal(alias.description), beginning.stable)
  const description = formatJournal({ version: beginning.stable, ...(after !== undefined && { after }), run })
  return { routing: whole(beginning.stable), description }
}
