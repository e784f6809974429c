import { announce } from './beginning/announce.ts'
import { readFound } from './beginning/found.ts'
import { backOf, begun, dropDead, isClear } from './beginning/leftover.ts'
import { type Member, obstaclesOf, servedAlready } from './beginning/member.ts'
import { promotedBefore } from './beginning/promoted.ts'
import { afterDrop, endOf, noTraces, type Traces } from './beginning/traces.ts'
import { leastTraffic } from './beginning/traffic.ts'
import { readWatched } from './beginning/watched.ts'
import { proveAll, releaseAll } from './candidates.ts'
import type { DeployInputs, DeployTarget } from './inputs.ts'
import { inParallel } from './parallel.ts'
import { type AliasSeen, CallFailed, type FunctionSeen, type Packed, type World } from './ports.ts'
import { problemOf } from './problem.ts'
import { packAll } from './releasing/code.ts'
import type { Mover } from './rolling/course.ts'
import { prepareWatchdog, removeWatchdog } from './rolling/watchdog.ts'
import { type Beginning, begin } from './rollout/begin.ts'
import { parseJournal, type Run, versionBefore } from './rollout/journal.ts'
import {
  describeTarget,
  describeTargets,
  leftPartWay,
  type Outcome,
  serveCommand,
  type Target,
  type TargetEnd,
  together,
} from './rollout/outcome.ts'
import { carryOn, type Plan, withoutStable } from './rollout/plan.ts'
import { wavesOf } from './rollout/waves.ts'
import { describePlan, planOf } from './strategy.ts'
import { type Entry, tryOut, type Wave, withTargets } from './trial.ts'

/** Artifact → version → canary → promoted or rolled back. Throws for nothing that AWS or a person may do. */
export async function deploy(inputs: DeployInputs, run: Run, world: World): Promise<Outcome> {
  const traces = noTraces()
  try {
    return withAll(await rollOut(inputs, run, traces, world), inputs, traces)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    const outcome = (await dropLeftover(inputs, problem, run, traces, world)) ?? endOf(traces, [problem])
    return withAll(outcome, inputs, traces)
  }
}

/** The end, with what became of those of which it does not speak although it speaks of others. */
function withAll(outcome: Outcome, { targets }: DeployInputs, { released }: Traces): Outcome {
  if (outcome.targets === undefined) return outcome
  const told = new Set(outcome.targets.map(({ target }) => describeTarget(target)))
  const others = targets.map(({ target }) => target).filter(target => !told.has(describeTarget(target)))
  const result = released ? 'failed' : 'refused'
  const reason = `it was not touched: ${outcome.reason}`
  return withTargets(
    outcome,
    others.map(target => ({ target, result, reason })),
  )
}

/** A run that cannot even begin leaves no dead run's canary behind either. */
async function dropLeftover(
  { targets, dryRun }: DeployInputs,
  problem: string,
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome | undefined> {
  if (dryRun || traces.clear) return undefined
  const found = await inParallel(targets, readAtOnce, async ({ target }) => {
    const alias = await seenLast(target, traces, world)
    return { target, alias, beginning: beginOn(target, alias, run, () => false) }
  })
  try {
    const dropped = await dropDead(found, traces.promoted, [problem], run, traces, world)
    return dropped.kind === 'ended' ? dropped.outcome : undefined
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    if (traces.dropped !== undefined) return undefined
    const left = found.flatMap(({ target, alias, beginning }): readonly TargetEnd[] => {
      if (alias === undefined || beginning.kind !== 'drop') return []
      const cure = serveCommand(target, beginning.stable)
      return [{ target, ...leftPartWay(target, alias.routing, problem, cure) }]
    })
    return left.length === 0 ? undefined : together(left)
  }
}

/** So many functions are read at once: more would be no faster, as few calls a second as Lambda takes. */
const readAtOnce = 20

/** The alias as it stands, or as it was seen before where it can be read no longer. */
async function seenLast(target: Target, { seen }: Traces, { aliases }: World): Promise<AliasSeen | undefined> {
  try {
    return await aliases.read(target)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return seen.get(describeTarget(target))
  }
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
  const rest = all.filter(member => !servedAlready(member))
  if (rest.length === 0) return unchanged(served, world)
  const promoted = promotedBefore(all, run)
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
  if (left.kind === 'ended') return left.outcome
  if (inTheWay.length > 0) return endOf(traces, inTheWay)
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
    return [{ candidate, mover: { ...moverOf(member, candidate, left.aliases[i], run), cuts } }]
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
  return afterDrop(withTargets(outcome, endsUnchanged(others, world)), traces)
}

/** Reads all targets before anything is changed, and sees how to begin on each. */
async function findAll(
  inputs: DeployInputs,
  packed: readonly (Packed | undefined)[],
  run: Run,
  { seen }: Traces,
  world: World,
): Promise<readonly Member[]> {
  return await inParallel(inputs.targets, readAtOnce, async (wish, i): Promise<Member> => {
    const noting = (alias: AliasSeen | undefined) => {
      if (alias !== undefined) seen.set(describeTarget(wish.target), alias)
    }
    const found = await readFound(wish, inputs, packed[i], world, noting)
    const { alias, canary } = found
    const isOurs = (version: string) => canary?.version === version && found.isOurs(canary)
    return { wish, packed: packed[i], found, beginning: beginOn(wish.target, alias, run, isOurs) }
  })
}

function beginOn(
  target: Target,
  alias: AliasSeen | undefined,
  run: Run,
  isOurs: (version: string) => boolean,
): Beginning {
  const seen = alias && {
    name: describeTarget(target),
    routing: alias.routing,
    journal: parseJournal(alias.description),
  }
  return begin(seen, run, isOurs)
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
