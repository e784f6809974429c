import type { AliasSeen, Fact, FunctionSeen } from '../../src/ports.ts'
import type { AlarmReading, WatchedAlarm } from '../../src/rollout/alarms.ts'
import type { Asked, Observation, Policy, Progress, Seen } from '../../src/rollout/decide.ts'
import type { Health } from '../../src/rollout/health.ts'
import { formatJournal, type Journal, type Run, type Waiting } from '../../src/rollout/journal.ts'
import type { Minute, Sample } from '../../src/rollout/minutes.ts'
import type { Result, Target } from '../../src/rollout/outcome.ts'
import type { Plan, Step } from '../../src/rollout/plan.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'

/** The world of these builders: run 987 of OWNER/REPO brings version 8 to orders:live, which serves 7 after 5. */
export const stable = '7'
export const candidate = '8'

export const second = 1_000
export const minute = 60 * second
/** When everything here begins, epoch milliseconds. */
export const start = Date.UTC(2026, 10, 23, 10)

/** Whether the step succeeds, for every way in which a run other than `rollback` can end. */
export const succeedsWith: Readonly<Record<Result, boolean>> = {
  promoted: true,
  unchanged: true,
  paused: true,
  planned: true,
  previewed: true,
  removed: true,
  pruned: true,
  'rolled-back': false,
  held: false,
  'stood-aside': false,
  refused: false,
  failed: false,
  'part-way': false,
}

export function run(over: Partial<Run> = {}): Run {
  return { repository: 'OWNER/REPO', commit: 'abc1234', id: '987', attempt: 1, ...over }
}

export function target(over: Partial<Target> = {}): Target {
  return { functionName: 'orders', alias: 'live', region: 'eu-west-1', ...over }
}

/** A canary that rolls, begun by `run()`. */
export function waiting(over: Partial<Waiting> = {}): Waiting {
  return { version: candidate, state: 'rolling', since: '2026-11-23T10:00Z', ...over }
}

/** What the alias says while `run()` rolls version 8 out. */
export function journal(over: Partial<Journal> = {}): Journal {
  return { version: stable, after: '5', candidate: waiting(), run: run(), ...over }
}

/** What `run()` asks of the alias to give the candidate `weight`: nothing, a share, or everything. */
export function asked(weight: number, by: Run = run()): Asked {
  if (weight === 0)
    return { routing: whole(stable), description: formatJournal({ version: stable, after: '5', run: by }) }
  if (weight === 1) {
    return { routing: whole(candidate), description: formatJournal({ version: candidate, after: stable, run: by }) }
  }
  return { routing: partWay(stable, candidate, weight), description: formatJournal(journal({ run: by })) }
}

/** An alias that stands as `asked(weight)`. */
export function stands(weight: number, over: Partial<Extract<Seen, { kind: 'alias' }>> = {}): Seen {
  return { kind: 'alias', ...asked(weight), moving: false, ...over }
}

/** 10 % for five minutes, then everything, unless other steps are given. */
export function plan(...steps: readonly Step[]): Plan {
  const usual = [
    { weight: 0.1, bakeMs: 5 * minute },
    { weight: 1, bakeMs: 0 },
  ]
  return { name: 'canary', steps: steps.length === 0 ? usual : steps }
}

export function policy(over: Partial<Policy> = {}): Policy {
  return {
    onFailure: 'roll-back',
    insufficientData: { kind: 'continue' },
    minInvocations: 0,
    lowTraffic: { kind: 'extend', ms: 30 * minute },
    pollMs: 15 * second,
    afterTraffic: false,
    ...over,
  }
}

/** The first step, 10 %, in force since `start`. */
export function progress(over: Partial<Progress> = {}): Progress {
  return {
    step: 0,
    since: start,
    targets: [{ name: 'orders:live', asked: asked(0.1) }],
    unknownLooks: 0,
    proven: false,
    ...over,
  }
}

/** One minute into the first step, all as it should be. */
export function seen(over: Partial<Observation> = {}): Observation {
  return { now: start + minute, cancelled: false, targets: [stands(0.1)], health: health(), ...over }
}

export function health(over: Partial<Health> = {}): Health {
  return { verdict: 'healthy', because: 'alarm: 1 OK', insufficient: [], served: undefined, ...over }
}

/** What a version did in a minute: so many invocations, so many of them errors. */
export function sample(invocations: number, errors = 0, over: Partial<Sample> = {}): Sample {
  return { invocations, errors, throttles: 0, durations: {}, slower: undefined, ...over }
}

/** A minute at 10 %, the first one unless another is given, split as configured and without errors. */
export function measured(over: Partial<Minute> = {}): Minute {
  return { at: start, weight: 0.1, mixed: false, stable: sample(90), candidate: sample(10), ...over }
}

/** An alarm that has been OK for an hour. */
export function alarm(over: Partial<AlarmReading> = {}): AlarmReading {
  const name = over.name ?? 'orders-errors'
  return {
    name,
    arn: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`,
    state: 'OK',
    reason: 'no datapoint was above 1.0',
    transitionedAt: start - 60 * minute,
    ...over,
  }
}

export function watched(over: Partial<WatchedAlarm> = {}): WatchedAlarm {
  return { ...alarm(over), ignored: false, ...over }
}

/** The alias as it is found: whole on stable. */
export function aliasSeen(over: Partial<AliasSeen> = {}): AliasSeen {
  return {
    ...asked(0),
    arn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders:live',
    revision: 'a1',
    ...over,
  }
}

/** A published version, stable unless another number is given. */
export function versionSeen(over: Partial<FunctionSeen> = {}): FunctionSeen {
  const version = over.version ?? stable
  return {
    arn: `arn:aws:lambda:eu-west-1:123456789012:function:orders:${version}`,
    version,
    codeSha256: 'c3RhYmxl',
    revision: 'f1',
    packageType: 'Zip',
    settings: {},
    state: 'Active',
    update: 'Successful',
    ...over,
  }
}

type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>

/** One look at the first step, a minute into it, which decides to wait. */
export function looked(over: Partial<FactOf<'looked'>> = {}): FactOf<'looked'> {
  const at = over.at ?? start + minute
  return {
    kind: 'looked',
    at,
    step: 0,
    since: start,
    health: health(),
    alarms: [watched()],
    minutes: [],
    checks: undefined,
    decision: { kind: 'wait', until: at + 15 * second, because: 'alarm: 1 OK' },
    ...over,
  }
}
