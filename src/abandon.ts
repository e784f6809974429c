import { readAtOnce } from './beginning/found.ts'
import { type Begun, beginOn, dropDead } from './beginning/leftover.ts'
import { isPromotedBy } from './beginning/promoted.ts'
import { endOf, type Traces } from './beginning/traces.ts'
import type { DeployInputs } from './inputs.ts'
import { inParallel } from './parallel.ts'
import { type AliasSeen, CallFailed, type World } from './ports.ts'
import type { Moving } from './rolling/course.ts'
import { parseJournal, type Run, sameRun } from './rollout/journal.ts'
import {
  describeTarget,
  leftPartWay,
  type Outcome,
  serveCommand,
  type Target,
  type TargetEnd,
  together,
  withTargets,
} from './rollout/outcome.ts'
import { describeRouting, sameRouting } from './rollout/routing.ts'

/** The end of a run that cannot even begin: it leaves no dead run's canary behind either. */
export async function abandon(
  { targets, dryRun }: DeployInputs,
  problem: string,
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome> {
  if (dryRun || traces.clear) return endOf(traces, [problem])
  const found = await inParallel(targets, readAtOnce, async ({ target }) => {
    const alias = await seenLast(target, traces, world)
    const first = traces.seen.get(describeTarget(target))
    // A canary that was not there when this run looked first is a living run's.
    const isNew = first !== undefined && alias !== undefined && !isSameCanary(first, alias)
    const beginning = isNew ? ({ kind: 'fresh', stable: '' } as const) : beginOn(target, alias, run, () => false)
    return { target, alias, beginning }
  })
  const isOver = found.every(({ alias }) => alias !== undefined && isPromotedBy(alias, run))
  try {
    const dropped = await dropDead(found, isOver ? [] : traces.promoted, [problem], run, traces, world)
    const outcome = dropped.kind === 'ended' ? dropped.outcome : endOf(traces, [problem])
    return withStaying(outcome, found, run)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    if (traces.dropped !== undefined) return endOf(traces, [problem])
    const left = found.flatMap(({ target, alias, beginning }): readonly TargetEnd[] => {
      if (alias === undefined || beginning.kind !== 'drop') return []
      const cure = serveCommand(target, beginning.stable)
      return [{ target, ...leftPartWay(target, alias.routing, problem, cure) }]
    })
    return left.length === 0 ? endOf(traces, [problem]) : together(left)
  }
}

/** When the drop of one dead run's canary has ended this run, what it would have carried on is not left either. */
export async function withoutCarried(
  outcome: Outcome,
  all: readonly Begun[],
  promoted: readonly Moving[],
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome> {
  const carried = all.filter(({ beginning }) => beginning.kind === 'carry-on')
  if (traces.clear || carried.length + promoted.length === 0) return outcome
  const left = await dropDead(carried, promoted, [outcome.reason], run, traces, world)
  const ends = left.kind === 'ended' ? left.outcome.targets : traces.dropped?.ends
  return withTargets(outcome, ends ?? [])
}

/**
 * Says which aliases serve what an earlier attempt of this run has promoted, where they do not go back with the rest.
 */
function withStaying(
  outcome: Outcome,
  found: readonly { readonly target: Target; readonly alias: AliasSeen | undefined }[],
  run: Run,
): Outcome {
  if (outcome.targets === undefined) return outcome
  const told = new Set(outcome.targets.map(({ target }) => target))
  const ends = found.flatMap(({ target, alias }): readonly TargetEnd[] => {
    if (told.has(target) || alias === undefined || !isPromotedBy(alias, run)) return []
    const serves = `${describeTarget(target)} still serves ${describeRouting(alias.routing)}`
    return [{ target, result: 'refused', reason: `${serves}, as an earlier attempt of this run has left it` }]
  })
  if (ends.length === 0) return outcome
  return { ...withTargets(outcome, ends), reason: [outcome.reason, ...ends.map(({ reason }) => reason)].join('; ') }
}

function isSameCanary(a: AliasSeen, b: AliasSeen): boolean {
  return (
    sameRouting(a.routing, b.routing) && sameRun(parseJournal(a.description)?.run, parseJournal(b.description)?.run)
  )
}

/** The alias as it stands, or as it was seen before where it can be read no longer. */
async function seenLast(target: Target, { seen }: Traces, { aliases }: World): Promise<AliasSeen | undefined> {
  try {
    return await aliases.read(target)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return seen.get(describeTarget(target))
  }
}
