import type { Health } from './health.ts'
import { describeRun, parseJournal, sameRun } from './journal.ts'
import { endsAtOnce, isTop, type Plan } from './plan.ts'
import { describeRouting, type Routing, sameRouting } from './routing.ts'
import { hooksOutlast, lastMoment, type SessionEnd, sessionOver } from './session.ts'

/** What a write asked of the alias, or what was found there before the first one. */
export type Asked = { readonly routing: Routing; readonly description: string }

/** What a look finds on a target's alias; `moving` while AWS itself moves provisioned concurrency between versions. */
export type Seen =
  | { readonly kind: 'alias'; readonly routing: Routing; readonly description: string; readonly moving: boolean }
  | { readonly kind: 'gone' }

/** What was asked of an alias last, or how it was found. */
export type TargetProgress = {
  readonly name: string
  readonly asked: Asked
  /** What a roll-back writes, where it does not delete the alias. */
  readonly back?: Asked | undefined
  /**
   * It waits as an earlier job of this very run has left it, and so do others that may take it on: each word counts.
   */
  readonly waits?: boolean
}

/** How far the rollout is. */
export type Progress = {
  /** Index of the step in force; -1 before the first shift. */
  readonly step: number
  /** When it came into force, epoch milliseconds. */
  readonly since: number
  readonly targets: readonly TargetProgress[]
  /** How many looks in a row ended `unknown`. */
  readonly unknownLooks: number
  /** Whether the hook at 100 % has run; a text says why it failed. */
  readonly proven: boolean | string
  /** When the watchdog acts, where there is one. */
  readonly guardDue?: number | undefined
  /** How many rounds the hooks at 100 % take, one after the other. */
  readonly hookRounds?: number
  /** Candidates of other waves have traffic. */
  readonly othersCarry?: boolean
}

/** Everything that one look gathers. `targets` stand in the order of `Progress.targets`. */
export type Observation = {
  readonly now: number
  readonly cancelled: boolean
  readonly targets: readonly Seen[]
  readonly health: Health
  /** When the AWS credentials end. */
  readonly session?: SessionEnd | undefined
  /** A write that AWS refused, or that could not be made in time. */
  readonly trouble?: string
}

/** How strict a rollout is, as the inputs say. */
export type Policy = {
  readonly onFailure: 'roll-back' | 'hold'
  readonly insufficientData:
    | { readonly kind: 'continue' }
    | { readonly kind: 'fail' }
    | { readonly kind: 'wait'; readonly ms: number }
  /** How many invocations the candidate must have served before a step may end, and what if it has not. */
  readonly minInvocations: number
  readonly lowTraffic:
    | { readonly kind: 'extend'; readonly ms: number }
    | { readonly kind: 'proceed' }
    | { readonly kind: 'fail' }
  readonly pollMs: number
  /** A hook is to pass at 100 %, before the rollout can be over. */
  readonly afterTraffic: boolean
}

/** The alias that somebody else has changed, and whether that was another run of this action. */
export type Stranger = {
  readonly name: string
  readonly because: string
  readonly byRun?: true
}

/** What to do next, and why. */
export type Decision =
  | { readonly kind: 'wait'; readonly until: number; readonly because: string }
  | { readonly kind: 'shift'; readonly step: number; readonly weight: number; readonly because: string }
  | { readonly kind: 'promote'; readonly step: number; readonly because: string }
  | { readonly kind: 'prove'; readonly because: string }
  | { readonly kind: 'finish'; readonly because: string }
  | { readonly kind: 'pause'; readonly because: string }
  | { readonly kind: 'hold'; readonly because: string }
  | { readonly kind: 'roll-back'; readonly because: string }
  | ({ readonly kind: 'stand-aside' } & Stranger)

/** After so many looks in a row that ended `unknown`, the rollout fails. */
export const unknownLooksAllowed = 4

/** The whole policy of a rollout, in order of urgency. Pure: same look, same decision. */
export function decide(plan: Plan, policy: Policy, progress: Progress, seen: Observation): Decision {
  const decision = decideAnyTime(plan, policy, progress, seen)
  if (decision.kind !== 'wait' || seen.session === undefined) return decision
  return { ...decision, until: Math.min(decision.until, lastMoment(seen.session)) }
}

/** The same, as if there were no moment that must not be waited past. */
function decideAnyTime(plan: Plan, policy: Policy, progress: Progress, seen: Observation): Decision {
  if (watchdogFired(progress, seen)) {
    return {
      kind: 'roll-back',
      because: 'the watchdog took the candidate away, since this run did not move it on in time',
    }
  }
  const stranger = changedByOthers(progress, seen)
  if (stranger !== undefined) return { kind: 'stand-aside', ...stranger }
  const moving = seen.targets.some(target => target.kind === 'alias' && target.moving)
  // While a hook runs at 100 % nothing is looked at: the first look after it is the one that judges its time.
  const hookShowed = policy.afterTraffic && seen.health.verdict === 'failing'
  if (isOver(plan, policy, progress) && !moving && !hookShowed) return { kind: 'finish', because: seen.health.because }
  if (seen.cancelled) return { kind: 'roll-back', because: 'the workflow was cancelled' }
  const over = sessionOver(seen.now, seen.session)
  if (over !== undefined) return { kind: 'roll-back', because: over }
  if (seen.trouble !== undefined) return { kind: 'roll-back', because: seen.trouble }
  if (typeof progress.proven === 'string') return giveUp(policy, progress, progress.proven)

  const { health } = seen
  if (health.verdict === 'failing') return giveUp(policy, progress, health.because)
  if (health.verdict === 'unknown' && progress.unknownLooks >= unknownLooksAllowed) {
    return giveUp(policy, progress, `${health.because} (${progress.unknownLooks} looks in a row)`)
  }

  if (policy.afterTraffic && isTop(plan, progress.step) && !progress.proven) {
    const tooLate = hooksOutlast(seen.now, seen.session, progress.hookRounds ?? 1)
    if (tooLate !== undefined) return { kind: 'roll-back', because: tooLate }
    return { kind: 'prove', because: health.because }
  }

  const bakeMs = plan.steps[progress.step]?.bakeMs ?? 0
  const bakeEnds = progress.since + bakeMs
  if (seen.now < bakeEnds) return wait(Math.min(bakeEnds, seen.now + policy.pollMs), health.because)
  const later = seen.now + policy.pollMs
  if (health.verdict === 'unknown') return wait(later, health.because)
  if (moving) return wait(later, 'AWS is moving provisioned concurrency between the versions')
  const reservation = bakeMs > 0 ? reservationOf(policy, health) : undefined
  if (reservation !== undefined) {
    const { because, patienceMs } = reservation
    if (seen.now >= bakeEnds + patienceMs) return giveUp(policy, progress, because)
    return wait(Math.min(bakeEnds + patienceMs, later), because)
  }
  return advance(plan, progress, health)
}

/** What keeps a bake from ending well although nothing fails, and for how long it may. */
function reservationOf(policy: Policy, health: Health): { because: string; patienceMs: number } | undefined {
  const { insufficientData, lowTraffic, minInvocations } = policy
  if (health.insufficient.length > 0 && insufficientData.kind !== 'continue') {
    const because = `no data at the end of the bake from alarm ${health.insufficient.join(', ')}, which \`insufficient-data\` does not let pass`
    return { because, patienceMs: insufficientData.kind === 'wait' ? insufficientData.ms : 0 }
  }
  const served = health.served ?? 0
  if (served < minInvocations && lowTraffic.kind !== 'proceed') {
    const because = `the candidate has served ${served} of the ${minInvocations} invocations that \`min-invocations\` asks for`
    return { because, patienceMs: lowTraffic.kind === 'extend' ? lowTraffic.ms : 0 }
  }
  return undefined
}

/** A promotion without a bake and without a hook ends the rollout; from then on nothing that is seen undoes it. */
function isOver(plan: Plan, { afterTraffic }: Policy, progress: Progress): boolean {
  const proven = !afterTraffic || progress.proven === true
  return endsAtOnce(plan, progress.step) && proven
}

/** Whether an alias stands as it was asked to: the same traffic, and the same run in its journal. */
export function standsAs(asked: Asked, seen: Asked): boolean {
  return sameRouting(seen.routing, asked.routing) && sameWriter(asked, seen)
}

function sameWriter(asked: Asked, seen: Asked): boolean {
  return sameRun(parseJournal(asked.description)?.run, parseJournal(seen.description)?.run)
}

/** Which alias is not as this run left it; nothing when all are, or when it is AWS that moves the weights. */
function changedByOthers(progress: Progress, seen: Observation): Stranger | undefined {
  for (const [i, { name, asked, waits }] of progress.targets.entries()) {
    const target = seen.targets[i]
    if (target === undefined) continue
    if (target.kind === 'gone') return { name, because: `somebody else deleted ${name}` }
    if (target.moving) continue
    if (!sameRouting(target.routing, asked.routing)) {
      const by = describeWriter(asked, target)
      const knew = describeRouting(asked.routing)
      const because = `somebody else changed ${name}: it serves ${describeRouting(target.routing)}${by}, where this run had ${knew}`
      return { name, because, ...(by !== '' && { byRun: true }) }
    }
    if (!sameWriter(asked, target) || (waits && asked.description !== target.description)) {
      const because = `somebody else took over ${name}: its description now reads “${target.description}”`
      return { name, because }
    }
  }
  return undefined
}

/** By which other run an alias was changed, if its journal tells. */
function describeWriter(asked: Asked, seen: Asked): string {
  const run = parseJournal(seen.description)?.run
  const isOther = run !== undefined && !sameRun(run, parseJournal(asked.description)?.run)
  return isOther ? ` by ${describeRun(run)}` : ''
}

/** Whether what changed an alias since is our own watchdog: in its time, and to what it was set to do. */
function watchdogFired({ targets, guardDue }: Progress, { now, targets: seen }: Observation): boolean {
  if (guardDue === undefined || now < guardDue) return false
  return targets.some(({ asked, back }, i) => {
    const target = seen[i]
    if (target?.kind !== 'alias' || back === undefined || sameRouting(target.routing, asked.routing)) return false
    const says = target.description === asked.description || target.description === back.description
    return says && sameRouting(target.routing, back.routing)
  })
}

function giveUp(policy: Policy, progress: Progress, because: string): Decision {
  return policy.onFailure === 'hold' && (progress.step >= 0 || progress.othersCarry === true)
    ? { kind: 'hold', because }
    : { kind: 'roll-back', because }
}

function wait(until: number, because: string): Decision {
  return { kind: 'wait', until, because }
}

function advance(plan: Plan, progress: Progress, { because }: Health): Decision {
  const step = progress.step + 1
  const next = plan.steps[step]
  if (next === undefined) return { kind: plan.pauses === true ? 'pause' : 'finish', because }
  return next.weight === 1 ? { kind: 'promote', step, because } : { kind: 'shift', step, weight: next.weight, because }
}
