import { announce } from './beginning/announce.ts'
import { type Found, readAlias, readAtOnce, readFound, versionOf } from './beginning/found.ts'
import { backOf, begun, dropDead } from './beginning/leftover.ts'
import { type Member, obstaclesOf } from './beginning/member.ts'
import { promotedOn } from './beginning/promoted.ts'
import { endOf, noTraces, type Traces } from './beginning/traces.ts'
import { leastTraffic } from './beginning/traffic.ts'
import { readWatched, type Watched } from './beginning/watched.ts'
import type { DeployTarget, Named, PromoteInputs } from './inputs.ts'
import { inParallel } from './parallel.ts'
import type { AliasSeen, World } from './ports.ts'
import { problemOf } from './problem.ts'
import type { Moving } from './rolling/course.ts'
import { prepareWatchdog, removeWatchdog } from './rolling/watchdog.ts'
import { beginPromotion, type Waits } from './rollout/begin.ts'
import { parseJournal, type Run, sameWorkflow, versionBefore } from './rollout/journal.ts'
import {
  describeTarget,
  describeTargets,
  type Outcome,
  refused,
  type Target,
  type TargetEnd,
  together,
  withTargets,
} from './rollout/outcome.ts'
import { carryOn, type Plan, pausesAt, takeOn } from './rollout/plan.ts'
import { describeRouting, percent, primary } from './rollout/routing.ts'
import { describePlan, planOf } from './strategy.ts'
import { type Entry, tryOut } from './trial.ts'

/** The canary that waits on the alias → judged over the time that it has waited → the rest of the way, or back. */
export async function promote(inputs: PromoteInputs, run: Run, world: World): Promise<Outcome> {
  const traces = noTraces()
  const seen = new Map<Target, Waiting>()
  const giveUp = async (problems: readonly string[]) => await withoutDead(seen, problems, inputs, run, traces, world)
  try {
    return await takeCanariesOn(inputs, run, seen, giveUp, traces, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return await giveUp([problem])
  }
}

/**
 * The end of a run that something is in the way of: a canary that waits goes on waiting, a dead attempt's is dropped.
 */
async function withoutDead(
  seen: ReadonlyMap<Target, Waiting>,
  problems: readonly string[],
  { targets, dryRun }: PromoteInputs,
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome> {
  const dead = targets.flatMap(({ target }) => {
    const one = seen.get(target)
    return one?.kind === 'found' && one.waits.kind === 'carry-on'
      ? [{ target, alias: one.alias, beginning: one.waits }]
      : []
  })
  if (dryRun || dead.length === 0 || traces.dropped !== undefined) return endOf(traces, problems)
  const left = await dropDead(dead, [], problems, run, traces, world)
  const outcome = left.kind === 'ended' ? left.outcome : endOf(traces, problems)
  const reason = `it was not touched: ${problems.join('; ')}`
  return withTargets(
    outcome,
    [...seen.keys()].map(target => ({ target, result: 'refused', reason })),
    dead.map(({ target }) => target),
  )
}

type Going = Extract<Waits, { kind: 'carry-on' | 'take-on' }>

/** An alias whose canary is taken on. */
type Taken = Member & { readonly beginning: Going; readonly alias: AliasSeen }

async function takeCanariesOn(
  inputs: PromoteInputs,
  run: Run,
  seen: Map<Target, Waiting>,
  giveUp: (problems: readonly string[]) => Promise<Outcome>,
  traces: Traces,
  world: World,
): Promise<Outcome> {
  const all = await inParallel(inputs.targets, readAtOnce, async named => {
    const one = await findWaiting(named, inputs, run, world)
    seen.set(named.target, one)
    return one
  })
  const refusals = all.flatMap(one => (one.kind === 'refused' ? [one.because] : []))
  if (refusals.length > 0) return await giveUp(refusals)
  const waiting = all.filter(one => one.kind === 'found')
  if (!waiting.some(mayGoOn))
    return await giveUp(waiting.flatMap(({ waits }) => (waits.kind === 'none' ? waits.because : [])))
  const targets = waiting.map(({ wish }) => wish.target)
  const [founds, watched] = await Promise.all([
    inParallel(waiting, readAtOnce, ({ wish }) => readFound(wish, { configuration: {} }, undefined, world)),
    readWatched(targets, inputs, world),
  ])
  const idle = idleRefusals(waiting, founds, run)
  if (idle.length > 0) return await giveUp(idle)
  const served: TargetEnd[] = []
  const taken: Taken[] = []
  const promoted: Moving[] = []
  // What an earlier wave, or an attempt that died, has promoted belongs to the rollout whose canaries wait.
  const writers = waiting.flatMap(({ waits, alias }) =>
    waits.kind === 'take-on' || waits.kind === 'carry-on' ? (parseJournal(alias.description)?.run ?? []) : [],
  )
  const isPart = (writer: Run) => writers.some(other => sameWorkflow(writer, other))
  for (const [i, { wish, version, alias, waits }] of waiting.entries()) {
    const found = founds[i]
    if (found?.chosen === undefined)
      return await giveUp([
        `${wish.target.functionName} has no version ${version}; re-run to see what waits on ${describeTarget(wish.target)} by now`,
      ])
    const { arn, codeSha256 } = found.chosen
    world.reporter.tell({ kind: 'found', target: wish.target, alias: found.alias, stable: found.stable })
    world.reporter.tell({ kind: 'version', target: wish.target, version, arn, codeSha256 })
    if (waits.kind === 'carry-on' || waits.kind === 'take-on') {
      taken.push({ wish, packed: undefined, found, beginning: waits, alias })
      continue
    }
    const before = promotedOn(wish.target, found, run, isPart)
    if (before !== undefined) promoted.push(before)
    const reason = `${describeTarget(wish.target)} already serves version ${version}`
    served.push({ target: wish.target, result: 'unchanged', reason })
  }
  if (taken.length === 0) return together(served)
  const outcome = await takeOnAll(taken, promoted, watched, inputs, run, traces, world)
  const spoken = [...taken.map(({ wish }) => wish.target), ...promoted.map(({ target }) => target)]
  return withTargets(outcome, served, spoken)
}

/** Whether there may be something to do for it, or an earlier attempt of this run may have done it. */
function mayGoOn({ waits }: FoundWaiting): boolean {
  return waits.kind !== 'none' || waits.left === 'moved'
}

/**
 * Where nothing waits, that is how it should be for one of several if others wait and this run has left it alone or has
 * made the alias; and for one that an earlier attempt has promoted, which its version tells: this run has published it.
 */
function idleRefusals(waiting: readonly FoundWaiting[], founds: readonly Found[], run: Run): readonly string[] {
  const isPromoted = (i: number) => String(founds[i]?.chosen?.settings.Description ?? '').includes(` run ${run.id}.`)
  const reasons = waiting.map(({ waits }, i) => {
    if (waits.kind !== 'none') return undefined
    const isKnown = waits.left === 'moved' ? isPromoted(i) : waits.left !== 'unknown'
    return isKnown ? undefined : waits.because
  })
  return reasons.filter(reason => reason !== undefined)
}

type FoundWaiting = {
  readonly kind: 'found'
  readonly wish: DeployTarget
  readonly version: string
  readonly alias: AliasSeen
  readonly waits: Exclude<Waits, { kind: 'refuse' }>
}

type Waiting = FoundWaiting | { readonly kind: 'refused'; readonly because: string }

/** What waits on an alias, or why that is not to be taken on. */
async function findWaiting(named: Named, inputs: PromoteInputs, run: Run, world: World): Promise<Waiting> {
  const { target } = named
  const name = describeTarget(target)
  const alias = await readAlias(target, world)
  if (alias === undefined) {
    return { kind: 'refused', because: `there is no alias ${name}; correct \`function-name\` or \`alias\`` }
  }
  const wanted = inputs.version && (await versionOf(inputs.version, target, world))
  const journal = parseJournal(alias.description)
  const waits = beginPromotion({ name, routing: alias.routing, journal }, run, wanted)
  if (waits.kind === 'refuse') return { kind: 'refused', because: waits.because }
  const version = alias.routing.kind === 'part-way' ? alias.routing.candidate : alias.routing.version
  return { kind: 'found', wish: { ...named, source: { kind: 'version', version } }, version, alias, waits }
}

async function takeOnAll(
  taken: readonly Taken[],
  promoted: readonly Moving[],
  watched: Watched,
  inputs: PromoteInputs,
  run: Run,
  traces: Traces,
  world: World,
): Promise<Outcome> {
  const targets = taken.map(({ wish }) => wish.target)
  const weights = taken.map(({ beginning }) => beginning.weight)
  const weight = Math.min(...weights)
  const isDead = taken.some(({ beginning }) => beginning.kind === 'carry-on')
  // An attempt that died while it wrote has left them at different weights.
  if (!isDead && weights.some(other => other !== weight)) {
    const stand = taken.map(({ wish, beginning }) => `${describeTarget(wish.target)} at ${percent(beginning.weight)}`)
    return refused([
      `canaries that go on together have to wait at one weight, and these wait ${stand.join(', ')}; promote them one by one, or roll them back`,
    ])
  }
  const beginnings = taken.map(({ beginning }) => beginning)
  const waits = beginnings.every(({ kind }) => kind === 'take-on')
  const since = latest(beginnings.map(beginning => beginning.since))
  const waitedSince = waits ? since : undefined
  const given = planOf(inputs.shape, leastTraffic(watched.watching.traffic))
  if (waits && pausesAt(given, weight)) {
    const stand = taken.map(
      ({ wish, alias }) => `${describeTarget(wish.target)} is paused and serves ${describeRouting(alias.routing)}`,
    )
    const reason = `${stand.join(', ')} already, which is where \`strategy: ${given.name}\` pauses`
    return { result: 'paused', reason }
  }
  const steps = planFrom(given, weight, waitedSince, world)
  const plan = { ...steps, name: describePlan(steps) }
  announce(taken, inputs, watched, plan, world)
  const problems = obstaclesOf(
    taken,
    inputs,
    notFiringSince(watched, since),
    ahead(plan, waitedSince),
    [taken.length],
    world,
  )
  if (inputs.dryRun) {
    if (problems.length > 0) return refused(problems)
    const names = describeTargets(targets)
    return { result: 'planned', reason: `${names} would be taken on: ${describePlan(plan)}; nothing was changed` }
  }
  // One that waits is left waiting; what a dead attempt of this run was rolling out is not.
  const unguarded = problems.length > 0 ? undefined : await prepareWatchdog(targets, world)
  const inTheWay = unguarded === undefined ? problems : [unguarded]
  const left = await dropDead(taken.map(begun), promoted, inTheWay, run, traces, world)
  if (left.kind === 'ended') return left.outcome
  if (inTheWay.length > 0) return endOf(traces, [...inTheWay, ...stillWait(taken)])
  const entries = taken.flatMap((one, i) => entryOf(one, watched.watching.traffic[i]?.cuts, run))
  const done = promoted.map(({ target }) => target)
  await removeWatchdog(done, world)
  const trial = { run, conduct: inputs, watched, waves: [{ plan, entries }], promoted, since, waited: waits }
  return await tryOut(trial, world)
}

function entryOf(
  { wish: { target }, found: { chosen }, alias, beginning }: Taken,
  cuts: readonly number[] | undefined,
  run: Run,
): readonly Entry[] {
  if (chosen === undefined) return []
  const mover = {
    target,
    candidate: chosen.version,
    stable: stableOf(alias),
    back: backOf(alias, beginning, run),
    carriesOn: true,
    cuts,
    ...(beginning.kind === 'take-on' && { waits: true as const }),
  }
  return [{ mover, candidate: chosen }]
}

/** The last of these instants; undefined where one is not known. */
function latest(instants: readonly (number | undefined)[]): number | undefined {
  return instants.reduce((a, b) => (a === undefined || b === undefined ? undefined : Math.max(a, b)))
}

/** For how long a canary is baked anew of which nobody knows since when it is there, where the plan does not say. */
const unknownBakeMs = 5 * 60_000

/** The time that the canary has waited is its first bake. Where nobody knows how long that is, it is baked anew. */
function planFrom(given: Plan, weight: number, waitedSince: number | undefined, { clock }: World): Plan {
  return waitedSince === undefined
    ? carryOn(given, weight, unknownBakeMs)
    : takeOn(given, weight, Math.max(1, clock.now() - waitedSince))
}

/** Says that what was refused has left the canaries where they were, which is no end to stay with. */
function stillWait(taken: readonly Taken[]): readonly string[] {
  return taken.flatMap(({ wish: { target }, beginning }) => {
    if (beginning.kind !== 'take-on') return []
    const share = percent(beginning.weight)
    return [
      `version ${beginning.canary} still waits on ${describeTarget(target)} with ${share} of its traffic, until \`command: promote\` or \`command: rollback\``,
    ]
  })
}

/** What of the plan lies ahead: the time that the canary has waited is over. */
function ahead(plan: Plan, waitedSince: number | undefined): Plan {
  return waitedSince === undefined ? plan : { ...plan, steps: plan.steps.slice(1) }
}

/**
 * An alarm that went off while the canary waited is no obstacle to taking it on: it is what the canary is judged by.
 */
function notFiringSince(watched: Watched, since: number | undefined): Watched {
  if (since === undefined) return watched
  return { ...watched, alarms: watched.alarms.filter(({ transitionedAt }) => transitionedAt <= since) }
}

function stableOf(alias: AliasSeen) {
  const version = primary(alias.routing)
  return { version, after: versionBefore(parseJournal(alias.description), version), alias }
}
