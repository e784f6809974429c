import { announce } from './announce.ts'
import { codeOf, pack } from './code.ts'
import type { Mover } from './course.ts'
import { Failure } from './failure.ts'
import { type Found, obstaclesOf, readFound } from './found.ts'
import type { DeployInputs, DeployTarget } from './inputs.ts'
import { afterDrop, backOf, dropDead, endOf, type Traces } from './leftover.ts'
import { type AliasSeen, CallFailed, type Code, type FunctionSeen, type Packed, type World } from './ports.ts'
import { problemOf } from './problem.ts'
import { runHook, smokeTest } from './prove.ts'
import { release, usable } from './release.ts'
import { type Beginning, begin } from './rollout/begin.ts'
import { parseJournal, type Run, versionBefore } from './rollout/journal.ts'
import { describeTarget, leftPartWay, type Outcome, serveCommand, type Target } from './rollout/outcome.ts'
import { carryOn, type Plan, withoutStable } from './rollout/plan.ts'
import { describePlan, planOf } from './strategy.ts'
import { tryOut } from './trial.ts'
import { prepareWatchdog } from './watchdog.ts'

/** Artifact → version → canary → promoted or rolled back. Throws for nothing that AWS or a person may do. */
export async function deploy(inputs: DeployInputs, run: Run, world: World): Promise<Outcome> {
  const traces: Traces = { touched: false, clear: false }
  try {
    return await rollOut(inputs, run, traces, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return (await dropLeftover(inputs, problem, run, traces, world)) ?? endOf(traces, [problem])
  }
}

/** A run that cannot even begin leaves no dead run's canary behind either. */
async function dropLeftover(
  { targets: [wish], dryRun }: DeployInputs,
  problem: string,
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome | undefined> {
  if (wish === undefined || dryRun || traces.clear) return undefined
  const { target } = wish
  const alias = await seenLast(target, traces, world)
  const beginning = beginOn(wish, alias, run, () => false)
  if (beginning.kind !== 'drop' || alias === undefined) return undefined
  try {
    const dropped = await dropDead(target, alias, beginning, [problem], run, traces, world)
    return dropped.kind === 'ended' ? dropped.outcome : undefined
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return traces.dropped === undefined
      ? leftPartWay(target, alias.routing, problem, serveCommand(target, beginning.stable))
      : undefined
  }
}

/** The alias as it stands, or as it was seen before where it can be read no longer. */
async function seenLast(target: Target, { seen }: Traces, { aliases }: World): Promise<AliasSeen | undefined> {
  try {
    return await aliases.read(target)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return seen
  }
}

async function rollOut(inputs: DeployInputs, run: Run, traces: Traces, world: World): Promise<Outcome> {
  const [wish] = inputs.targets
  if (wish === undefined) throw new Failure('there is no function to roll out')
  const packed = await pack(wish, inputs, world)
  const noting = (alias: AliasSeen | undefined) => {
    traces.seen = alias
  }
  const found = await readFound(wish, inputs, packed, world, noting)
  const { reporter } = world
  reporter.tell({ kind: 'found', alias: found.alias, stable: found.stable })

  const serves = found.stable !== undefined && found.isOurs(found.stable)
  if (serves && found.canary === undefined) return unchanged(wish, found.stable, world)
  const { alias: before, canary } = found
  const isOurs = (version: string) => canary?.version === version && found.isOurs(canary)
  const beginning = beginOn(wish, before, run, isOurs)
  traces.clear = beginning.kind !== 'carry-on'
  if (beginning.kind === 'refuse') return endOf(traces, [beginning.because])
  const plan = planFor(planOf(inputs.shape, found.watching.traffic?.perMinute ?? 0), beginning)
  announce(wish, inputs, found, beginning, plan, world)
  const problems = obstaclesOf(wish.target, inputs, found, plan, world)
  if (inputs.dryRun) return problems.length > 0 ? endOf(traces, problems) : planned(wish, plan)

  const unguarded = problems.length > 0 ? undefined : await prepareWatchdog(wish.target, world)
  const inTheWay = unguarded === undefined ? problems : [unguarded]
  const alias = await dropDead(wish.target, before, beginning, inTheWay, run, traces, world)
  if (alias.kind === 'ended') return alias.outcome
  if (inTheWay.length > 0) return endOf(traces, inTheWay)
  if (serves) return afterDrop(unchanged(wish, found.stable, world), traces)

  const candidate = await candidateOf(wish, inputs, found, beginning, packed, traces, world)
  if (candidate === undefined) return afterDrop(unchanged(wish, found.stable, world), traces)
  reporter.tell({ kind: 'version', version: candidate.version, arn: candidate.arn, codeSha256: candidate.codeSha256 })
  const mover = {
    target: wish.target,
    candidate: candidate.version,
    stable: stableOf(found, alias.alias),
    back: backOf(alias.alias, beginning, run),
    carriesOn: beginning.kind === 'carry-on',
  }
  if (!mover.carriesOn) await proveCandidate(mover, inputs, world)
  return afterDrop(await tryOut(mover, candidate, plan, found, inputs, run, world, beginning), traces)
}

/** Proves the candidate while it has no traffic. Throws `Failure` with what it answered. */
async function proveCandidate({ target, candidate, stable }: Mover, inputs: DeployInputs, world: World): Promise<void> {
  const { smokeTest: payload, beforeTraffic } = inputs
  if (payload !== undefined) fail(await smokeTest(target, candidate, payload, world))
  const versions = { stable: stable?.version, candidate }
  if (beforeTraffic !== undefined) fail(await runHook(beforeTraffic, 'before-traffic', target, versions, world))
}

function fail(problem: string | undefined): void {
  if (problem !== undefined) throw new Failure(problem)
}

function beginOn(
  { target }: DeployTarget,
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

/** The steps that are really gone through: a new alias has nothing to split with, a canary in place is carried on. */
function planFor(plan: Plan, beginning: Beginning): Plan {
  if (beginning.kind === 'create') return withoutStable(plan)
  return beginning.kind === 'carry-on' ? carryOn(plan, beginning.weight) : plan
}

function stableOf({ stable }: Found, alias: AliasSeen | undefined) {
  if (stable === undefined || alias === undefined) return undefined
  const after = versionBefore(parseJournal(alias.description), stable.version)
  return { version: stable.version, after, alias }
}

/** The version to roll out: the one that is named, the one that is carried on, or a new one; undefined: it serves already. */
async function candidateOf(
  { target, source }: DeployTarget,
  inputs: DeployInputs,
  found: Found,
  beginning: Beginning,
  packed: Packed | undefined,
  traces: Traces,
  world: World,
): Promise<FunctionSeen | undefined> {
  const { readyTimeoutMs, configuration, versionDescription, uploadBucket } = inputs
  const { functionName } = target
  const named = beginning.kind === 'carry-on' ? found.canary : found.chosen
  if (named !== undefined) return await usable({ functionName, readyTimeoutMs }, named.version, world)
  const touching = () => {
    traces.touched = true
  }
  let code: Promise<Code> | undefined
  const wanted = {
    functionName,
    code: () => (code ??= codeOf(source, functionName, packed, uploadBucket, touching, world)),
    codeSha256: found.knownSha256,
    configuration,
    description: versionDescription,
    readyTimeoutMs,
    stable: found.stable?.version === '$LATEST' ? undefined : found.stable,
  }
  const released = await release(wanted, touching, world)
  return released.kind === 'version' ? released.version : undefined
}

function unchanged({ target }: DeployTarget, stable: FunctionSeen | undefined, { reporter }: World): Outcome {
  if (stable !== undefined) {
    reporter.tell({ kind: 'version', version: stable.version, arn: stable.arn, codeSha256: stable.codeSha256 })
  }
  const served =
    stable === undefined ? 'this artifact' : `version ${stable.version}, which is this artifact and configuration`
  return { result: 'unchanged', reason: `${describeTarget(target)} already serves ${served}` }
}

function planned({ target }: DeployTarget, plan: Plan): Outcome {
  return {
    result: 'planned',
    reason: `${describeTarget(target)} would be rolled out: ${describePlan(plan)}; nothing was changed`,
  }
}
