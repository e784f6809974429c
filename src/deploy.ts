import { abandon, withoutCarried } from './abandon.ts'
import { announce } from './beginning/announce.ts'
import { readAtOnce, readFound } from './beginning/found.ts'
import { backOf, beginOn, begun, dropDead, isClear, keepCarried } from './beginning/leftover.ts'
import { type Member, obstaclesOf, servedAlready } from './beginning/member.ts'
import { promotedBefore, promotedOn } from './beginning/promoted.ts'
import { afterDrop, endOf, noTraces, type Traces } from './beginning/traces.ts'
import { leastTraffic } from './beginning/traffic.ts'
import { readWatched } from './beginning/watched.ts'
import { proveAll, releaseAll } from './candidates.ts'
import type { DeployInputs, DeployTarget } from './inputs.ts'
import { inParallel } from './parallel.ts'
import type { AliasSeen, FunctionSeen, Packed, World } from './ports.ts'
import { problemOf } from './problem.ts'
import { packAll } from './releasing/code.ts'
import type { Mover } from './rolling/course.ts'
import { prepareWatchdog, removeWatchdog } from './rolling/watchdog.ts'
import { parseJournal, type Run, versionBefore } from './rollout/journal.ts'
import {
  describeTarget,
  describeTargets,
  type Outcome,
  type Target,
  type TargetEnd,
  withTargets,
} from './rollout/outcome.ts'
import { carryOn, type Plan, withoutStable } from './rollout/plan.ts'
import { wavesOf } from './rollout/waves.ts'
import { describePlan, planOf } from './strategy.ts'
import { type Entry, tryOut, type Wave } from './trial.ts'

/** Artifact → version → canary → promoted or rolled back. Throws for nothing that AWS or a person may do. */
export async function deploy(inputs: DeployInputs, run: Run, world: World): Promise<Outcome> {
  const traces = noTraces()
  try {
    return withAll(await rollOut(inputs, run, traces, world), inputs, traces)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return withAll(await abandon(inputs, problem, run, traces, world), inputs, traces)
  }
}

/** The end, with what became of those of which it does not speak although it speaks of others. */
function withAll(outcome: Outcome, { targets }: DeployInputs, { released }: Traces): Outcome {
  if (outcome.targets === undefined) return outcome
  const result = released ? 'failed' : 'refused'
  const reason = `it was not touched: ${outcome.reason}`
  return withTargets(
    outcome,
    targets.map(({ target }) => ({ target, result, reason })),
  )
}

async function rollOut(inputs: DeployInputs, run: Run, traces: Traces, world: World): Promise<Outcome> {
  const targets = inputs.targets.map(({ target }) => target)
  const packed = await packAll(inputs, world)
  const [all, watched] = await Promise.all([
    findAll(inputs, packed, run, traces, world),
    readWatched(targets, inputs, world),
  ])
  for (const { wish, found } of all) {
    world.reporter.tell({ kind: 'found', target: wish.target, alias: found.alias, stable: found.stable })
  }
  const served = all.filter(servedAlready)
  const rest = resumed(all.filter(member => !servedAlready(member)))
  if (rest.length === 0) return unchanged(served, world)
  const before = promotedBefore(all, run)
  const promoted = before.filter(({ target }) => served.some(({ wish }) => wish.target === target))
  traces.promoted = promoted
  traces.clear = isClear(rest.map(begun), promoted)
  const refusals = rest.flatMap(({ beginning }) => (beginning.kind === 'refuse' ? [beginning.because] : []))
  if (refusals.length > 0) {
    // What cannot be started everywhere is started nowhere; what dead runs left is taken away all the same.
    const left = inputs.dryRun ? undefined : await dropDead(rest.map(begun), promoted, refusals, run, traces, world)
    return left?.kind === 'ended' ? left.outcome : endOf(traces, refusals)
  }

  const given = planOf(inputs.shape, leastTraffic(watched.watching.traffic))
  const plan = planFor(given, rest)
  announce(rest, inputs, watched, plan, world)
  const sizes = wavesOf(inputs.targets, inputs.waves)
    .map(wave => rest.filter(({ wish }) => wave.includes(wish)).length)
    .filter(size => size > 0)
  const problems = obstaclesOf(rest, inputs, watched, plan, sizes, world)
  if (inputs.dryRun) return problems.length > 0 ? endOf(traces, problems) : planned(rest, plan)

  const moved = rest.map(({ wish }) => wish.target)
  const unguarded = problems.length > 0 ? undefined : await prepareWatchdog(moved, world)
  const inTheWay = unguarded === undefined ? problems : [unguarded]
  const left = await dropDead(rest.map(begun), promoted, inTheWay, run, traces, world)
  if (left.kind === 'ended') return await withoutCarried(left.outcome, rest.map(begun), promoted, run, traces, world)
  if (inTheWay.length > 0) return endOf(traces, inTheWay)
  keepCarried(rest.map(begun), promoted, run, world)
  // What the dead attempt had set to take them back acts on them no more: they are one with what is still to come.
  const done = promoted.map(({ target }) => target)
  await removeWatchdog(done, world)

  const released = await releaseAll(rest, inputs, traces, world)
  const [idle, going] = [rest.filter((_, i) => released[i] === undefined), rest.filter((_, i) => released[i])]
  if (going.length === 0) return afterDrop(unchanged([...served, ...idle], world), traces)
  const entries = rest.flatMap((member, i): readonly Entry[] => {
    const candidate = released[i]
    if (candidate === undefined) return []
    const cuts = watched.watching.traffic[targets.indexOf(member.wish.target)]?.cuts
    const mover = moverOf(member, candidate, left.aliases[i], run)
    // What a dead attempt has promoted here is another build, which is not what this rollout goes back to.
    const back = before.find(({ target }) => target === member.wish.target)?.back ?? mover.back
    return [{ candidate, mover: { ...mover, back, cuts } }]
  })
  for (const { candidate, mover } of entries) tellVersion(mover.target, candidate, world)
  const fresh = entries.filter(({ mover }) => !mover.carriesOn)
  await proveAll(
    fresh.map(({ mover }) => mover),
    inputs,
    world,
  )

  const others = [...served, ...idle].filter(({ wish }) => !done.includes(wish.target))
  const waves = wavesFor(given, inputs, going, entries)
  const outcome = await tryOut({ run, conduct: inputs, watched, waves, promoted }, world)
  const spoken = entries.map(({ mover }) => mover.target)
  return afterDrop(withTargets(outcome, endsUnchanged(others, world), spoken), traces)
}

/**
 * A run that died between the writes of its pause has left some of its canaries paused and some rolling: a re-run
 * carries all of them on.
 */
function resumed(members: readonly Member[]): readonly Member[] {
  if (!members.some(({ beginning }) => beginning.kind === 'carry-on')) return members
  return members.map(member => {
    const { beginning } = member
    return beginning.kind === 'refuse' && beginning.resumes !== undefined
      ? { ...member, beginning: beginning.resumes }
      : member
  })
}

/** Reads all targets before anything is changed, and sees how to begin on each. */
async function findAll(
  inputs: DeployInputs,
  packed: readonly (Packed | undefined)[],
  run: Run,
  traces: Traces,
  world: World,
): Promise<readonly Member[]> {
  return await inParallel(inputs.targets, readAtOnce, async (wish, i): Promise<Member> => {
    const noting = (alias: AliasSeen | undefined) => {
      if (alias !== undefined) traces.seen.set(describeTarget(wish.target), alias)
    }
    const found = await readFound(wish, inputs, packed[i], world, noting)
    const { alias, canary } = found
    const isOurs = (version: string) => canary?.version === version && found.isOurs(canary)
    const member = { wish, packed: packed[i], found, beginning: beginOn(wish.target, alias, run, isOurs) }
    const promoted = servedAlready(member) ? promotedOn(wish.target, found, run) : undefined
    // Should another not be readable, this is known all the same.
    if (promoted !== undefined) traces.promoted = [...traces.promoted, promoted]
    return member
  })
}

/** The steps that are really gone through: new aliases have nothing to split with, canaries in place are carried on. */
function planFor(plan: Plan, members: readonly Member[]): Plan {
  const splitting = members.map(({ beginning }) => beginning).filter(({ kind }) => kind !== 'create')
  if (splitting.length === 0) return withoutStable(plan)
  const weights = splitting.flatMap(beginning => (beginning.kind === 'carry-on' ? [beginning.weight] : []))
  // A run that died while it wrote has left them at different weights, or some without.
  return weights.length === splitting.length ? carryOn(plan, Math.min(...weights)) : plan
}

function wavesFor(
  given: Plan,
  { targets, waves }: DeployInputs,
  going: readonly Member[],
  entries: readonly Entry[],
): readonly Wave[] {
  const indexOf = (wish: DeployTarget) => going.findIndex(member => member.wish === wish)
  const parts = wavesOf(targets, waves).map(part => part.map(indexOf).filter(i => i >= 0))
  const some = <T>(all: readonly T[], part: readonly number[]) => all.filter((_, i) => part.includes(i))
  return parts
    .filter(part => part.length > 0)
    .map(part => ({ plan: planFor(given, some(going, part)), entries: some(entries, part) }))
}

function moverOf(
  { wish: { target }, found: { stable }, beginning }: Member,
  candidate: FunctionSeen,
  alias: AliasSeen | undefined,
  run: Run,
): Mover {
  const after = stable && alias && versionBefore(parseJournal(alias.description), stable.version)
  return {
    target,
    candidate: candidate.version,
    stable: stable && alias && { version: stable.version, after, alias },
    back: backOf(alias, beginning, run),
    carriesOn: beginning.kind === 'carry-on',
  }
}

function tellVersion(target: Target, { version, arn, codeSha256 }: FunctionSeen, { reporter }: World): void {
  reporter.tell({ kind: 'version', target, version, arn, codeSha256 })
}

function unchanged(members: readonly Member[], world: World): Outcome {
  const targets = endsUnchanged(members, world)
  const [first] = targets
  if (targets.length === 1 && first !== undefined) return { result: 'unchanged', reason: first.reason }
  const names = describeTargets(targets.map(({ target }) => target))
  return { result: 'unchanged', reason: `${names} already serve these artifacts and configurations`, targets }
}

function endsUnchanged(members: readonly Member[], world: World): readonly TargetEnd[] {
  return members.map(({ wish: { target }, found: { stable } }) => {
    if (stable !== undefined) tellVersion(target, stable, world)
    const served =
      stable === undefined ? 'this artifact' : `version ${stable.version}, which is this artifact and configuration`
    return { target, result: 'unchanged', reason: `${describeTarget(target)} already serves ${served}` }
  })
}

function planned(members: readonly Member[], plan: Plan): Outcome {
  const names = describeTargets(members.map(({ wish }) => wish.target))
  return { result: 'planned', reason: `${names} would be rolled out: ${describePlan(plan)}; nothing was changed` }
}
