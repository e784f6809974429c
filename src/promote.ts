import { announce } from './announce.ts'
import { type Found, obstaclesOf, readAlias, readFound, versionOf } from './found.ts'
import type { DeployTarget, PromoteInputs } from './inputs.ts'
import { backOf, dropDead, endOf, type Traces } from './leftover.ts'
import type { AliasSeen, World } from './ports.ts'
import { problemOf } from './problem.ts'
import { type Beginning, takeOver } from './rollout/begin.ts'
import { parseJournal, type Run, versionBefore } from './rollout/journal.ts'
import { describeTarget, type Outcome, refused } from './rollout/outcome.ts'
import { carryOn, type Plan, pausesAt, takeOn } from './rollout/plan.ts'
import { describeRouting, percent, primary } from './rollout/routing.ts'
import { describePlan, planOf } from './strategy.ts'
import { tryOut } from './trial.ts'
import { prepareWatchdog } from './watchdog.ts'

/** The canary that waits on the alias → judged over the time that it has waited → the rest of the way, or back. */
export async function promote(inputs: PromoteInputs, run: Run, world: World): Promise<Outcome> {
  const traces: Traces = { touched: false, clear: false }
  try {
    return await takeCanaryOn(inputs, run, traces, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return endOf(traces, [problem])
  }
}

async function takeCanaryOn(inputs: PromoteInputs, run: Run, traces: Traces, world: World): Promise<Outcome> {
  const { target } = inputs
  const name = describeTarget(target)
  const alias = await readAlias(target, world)
  if (alias === undefined) return refused([`there is no alias ${name}; correct \`function-name\` or \`alias\``])
  const named = inputs.version && (await versionOf(inputs.version, target, world))
  const journal = parseJournal(alias.description)
  const beginning = takeOver({ name, routing: alias.routing, journal }, run, named)
  if (beginning.kind === 'refuse') return refused([beginning.because])

  const version = alias.routing.kind === 'part-way' ? alias.routing.candidate : alias.routing.version
  const wish: DeployTarget = { ...inputs, source: { kind: 'version', version } }
  const found = await readFound(wish, { ...inputs, configuration: {} }, undefined, world)
  const { chosen: candidate } = found
  if (candidate === undefined) return refused([`${target.functionName} has no version ${version}`])
  world.reporter.tell({ kind: 'found', alias: found.alias, stable: found.stable })
  world.reporter.tell({ kind: 'version', version, arn: candidate.arn, codeSha256: candidate.codeSha256 })
  if (beginning.kind === 'served') return { result: 'unchanged', reason: `${name} already serves version ${version}` }

  const waitedSince = beginning.kind === 'take-on' ? beginning.since : undefined
  const given = planOf(inputs.shape, found.watching.traffic?.perMinute ?? 0)
  if (beginning.kind === 'take-on' && pausesAt(given, beginning.weight)) {
    const stands = `${name} is paused at ${describeRouting(alias.routing)}`
    return { result: 'paused', reason: `${stands} already, which is where \`strategy: ${given.name}\` pauses` }
  }
  const steps = planFrom(given, beginning.weight, waitedSince, world)
  const plan = { ...steps, name: describePlan(steps) }
  announce(wish, inputs, found, beginning, plan, world)
  const problems = obstaclesOf(target, inputs, before(found, beginning.since), ahead(plan, waitedSince), world)
  if (inputs.dryRun) {
    if (problems.length > 0) return refused(problems)
    return { result: 'planned', reason: `${name} would be taken on: ${describePlan(plan)}; nothing was changed` }
  }
  // One that waits is left waiting; what a dead attempt of this run was rolling out is not.
  const unguarded = problems.length > 0 ? undefined : await prepareWatchdog(target, world)
  const inTheWay = unguarded === undefined ? problems : [unguarded]
  const left = await dropDead(target, alias, beginning, inTheWay, run, traces, world)
  if (left.kind === 'ended') return left.outcome
  if (inTheWay.length > 0) return endOf(traces, [...inTheWay, ...stillWaits(beginning, name)])
  const mover = {
    target,
    candidate: version,
    stable: stableOf(alias),
    back: backOf(alias, beginning, run),
    carriesOn: true,
    ...(beginning.kind === 'take-on' && { waits: true as const }),
  }
  return await tryOut(mover, candidate, plan, found, inputs, run, world, beginning)
}

/** For how long a canary is baked anew of which nobody knows since when it is there, where the plan does not say. */
const unknownBakeMs = 5 * 60_000

/** The time that the canary has waited is its first bake. Where nobody knows how long that is, it is baked anew. */
function planFrom(given: Plan, weight: number, waitedSince: number | undefined, { clock }: World): Plan {
  return waitedSince === undefined
    ? carryOn(given, weight, unknownBakeMs)
    : takeOn(given, weight, Math.max(1, clock.now() - waitedSince))
}

/** Says that what was refused has left the canary where it was, which is no end to stay with. */
function stillWaits(beginning: Beginning, name: string): readonly string[] {
  if (beginning.kind !== 'take-on') return []
  const share = percent(beginning.weight)
  return [
    `version ${beginning.canary} still waits on ${name} with ${share} of its traffic, until \`command: promote\` or \`command: rollback\``,
  ]
}

/** What of the plan lies ahead: the time that the canary has waited is over. */
function ahead(plan: Plan, waitedSince: number | undefined): Plan {
  return waitedSince === undefined ? plan : { ...plan, steps: plan.steps.slice(1) }
}

/** An alarm that went off while the canary waited is no obstacle to taking it on: it is what the canary is judged by. */
function before(found: Found, waitedSince: number | undefined): Found {
  if (waitedSince === undefined) return found
  return { ...found, alarms: found.alarms.filter(({ transitionedAt }) => transitionedAt <= waitedSince) }
}

function stableOf(alias: AliasSeen) {
  const version = primary(alias.routing)
  return { version, after: versionBefore(parseJournal(alias.description), version), alias }
}
