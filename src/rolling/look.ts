import { movedByAws } from '../mending/restore.ts'
import { inParallel } from '../parallel.ts'
import { type AliasSeen, CallFailed, type World } from '../ports.ts'
import { type AlarmReading, keepWatching, movedUnseen, type Transition, type WatchedAlarm } from '../rollout/alarms.ts'
import { compareErrors, judgeChecks, servedSettled, splitWarning } from '../rollout/checks.ts'
import { type Asked, type Observation, type Seen, standsAs } from '../rollout/decide.ts'
import { type Gathered, judge } from '../rollout/health.ts'
import type { Minute } from '../rollout/minutes.ts'
import { describeTarget } from '../rollout/outcome.ts'
import { endsAtOnce } from '../rollout/plan.ts'
import { atRevision, type Course, isOutdated, isStillToCreate, type Moving, type Rollout } from './course.ts'
import { measure } from './measure.ts'

/**
 * One look: what stands on every alias, how the alarms are and what the metrics say, all at once. A cancel cuts it
 * short.
 */
export async function look(rollout: Rollout, course: Course, world: World): Promise<[Course, Observation]> {
  const { moving, beside, alarms, minutes, unreadable } = world.cancel.aborted
    ? nothingRead(rollout, course)
    : await readAll(rollout, course, world)
  const now = world.clock.now()
  const { minInvocations } = rollout.policy
  const metrics = metricsOf(rollout, minutes, now)
  const health = judge({ alarms, metrics, minInvocations, unreadable })
  const unknownLooks = health.verdict === 'unknown' ? course.unknownLooks + 1 : 0
  const observation: Observation = {
    now,
    cancelled: world.cancel.aborted,
    targets: [...moving.map(([, seen]) => seen), ...beside],
    health,
    session: world.session.end(),
    ...(course.trouble !== undefined && { trouble: course.trouble }),
  }
  const looked = {
    ...course,
    moving: moving.map(([mover]) => mover),
    alarms,
    minutes,
    checks: metrics?.checks,
    unknownLooks,
    looks: course.looks + 1,
  }
  return [warnOfSplit(looked, now, world), observation]
}

/** Says once that the router does not do what it was asked to. */
function warnOfSplit(course: Course, now: number, { reporter }: World): Course {
  if (course.splitWarned) return course
  const texts = course.minutes.map(minutes => splitWarning(minutes, now))
  const i = texts.findIndex(text => text !== undefined)
  const [text, mover] = [texts[i], course.moving[i]]
  if (text === undefined || mover === undefined) return course
  const whose = course.moving.length === 1 ? '' : `${describeTarget(mover.target)}: `
  reporter.tell({ kind: 'warning', text: `${whose}${text}` })
  return { ...course, splitWarned: true }
}

/** The verdict of the checks; nothing where no metrics are read, or before there was anything to read. */
function metricsOf(
  { watch, movers, policy }: Rollout,
  minutes: readonly (readonly Minute[])[],
  now: number,
): Gathered['metrics'] {
  if (watch === undefined || minutes.every(some => some.length === 0)) return undefined
  const names = movers.map(({ target }) => describeTarget(target))
  const served = minutes.map(some => servedSettled(some, now))
  return {
    checks: judgeChecks(watch.checks, minutes, watch.falseAlarmRate, now, names),
    // Each must have served what is asked for; without that, one idle function among many says nothing of the others.
    served: policy.minInvocations > 0 ? Math.min(...served) : served.reduce((sum, some) => sum + some, 0),
    comparison: compareErrors(minutes.flat()),
  }
}

type Readings = {
  readonly moving: readonly (readonly [Moving, Seen])[]
  readonly beside: readonly Seen[]
  readonly alarms: readonly WatchedAlarm[]
  readonly minutes: readonly (readonly Minute[])[]
  readonly unreadable?: string
}

async function readAll(rollout: Rollout, course: Course, world: World): Promise<Readings> {
  const { watch } = rollout
  const [aliases, alarms, minutes] = await Promise.allSettled([
    readAliases(rollout, course, world),
    watchAlarms(course.alarms, world),
    watch === undefined || isThrough(rollout, course) ? course.minutes : measure(course, watch, world),
  ])
  const known = nothingRead(rollout, course)
  const looks = {
    ...(aliases.status === 'fulfilled' ? aliases.value : { moving: known.moving, beside: known.beside }),
    alarms: alarms.status === 'fulfilled' ? alarms.value : known.alarms,
    minutes: minutes.status === 'fulfilled' ? minutes.value : known.minutes,
  }
  const failure = [aliases, alarms, minutes].find(part => part.status === 'rejected')
  if (failure === undefined || world.cancel.aborted) return looks
  if (!(failure.reason instanceof CallFailed)) throw failure.reason
  return { ...looks, unreadable: failure.reason.message }
}

/** So many aliases are read in every look; of more, each is read once in so long. */
const readAtOnce = 10
const readEachMs = 60_000

/**
 * The aliases as they stand. Lambda answers few such calls a second, and for the whole account: of a large fleet a part
 * is read in each look, in turn. All are read once the bake is over, and those always of which something is in doubt.
 */
async function readAliases(
  { plan, policy, beside }: Rollout,
  { moving, step, since, looks }: Course,
  world: World,
): Promise<Pick<Readings, 'moving' | 'beside'>> {
  const all = [...moving, ...beside]
  const isDue = step < 0 || world.clock.now() >= since + (plan.steps[step]?.bakeMs ?? 0)
  const turns = Math.max(1, Math.min(Math.floor(readEachMs / policy.pollMs), Math.floor(all.length / readAtOnce)))
  const seen = await inParallel(all, readAtOnce, async (mover, i) => {
    const isRead = isDue || i % turns === looks % turns || mover.doubtful !== undefined
    return isRead ? await readAlias(mover, world) : ([mover, asKnown(mover)] as const)
  })
  return { moving: seen.slice(0, moving.length), beside: seen.slice(moving.length).map(([, stands]) => stands) }
}

function asKnown({ asked }: Moving): Seen {
  return { kind: 'alias', ...asked, moving: false }
}

/** After a promotion without a bake and without a hook there is nothing more to judge. */
function isThrough({ plan, afterTraffic }: Rollout, { step }: Course): boolean {
  return endsAtOnce(plan, step) && afterTraffic === undefined
}

/** All as it was known before, for a look that a cancel has cut short; the next write's revision guards it. */
function nothingRead({ beside }: Rollout, { moving, alarms, minutes }: Course): Readings {
  const seen = moving.map(mover => [mover, asKnown(mover)] as const)
  return { moving: seen, beside: beside.map(asKnown), alarms, minutes }
}

async function readAlias(mover: Moving, world: World): Promise<readonly [Moving, Seen]> {
  const seen = await world.aliases.read(mover.target, world.cancel)
  if (seen === undefined) return [mover, isStillToCreate(mover) ? asKnown(mover) : { kind: 'gone' }]
  if (isOutdated(mover, seen.revision)) return [mover, asKnown(mover)]
  const known = settleDoubt(atRevision(mover, seen.revision), seen)
  const stands = { kind: 'alias', routing: seen.routing, description: seen.description } as const
  if (standsAs(known.asked, seen)) return [known, { ...stands, moving: false }]
  const { target, stable, candidate, doubtful } = known
  // Also what stable has replaced: AWS may not be through with the rollout before this one.
  const versions = [stable?.after, stable?.version, candidate]
  const isMoved = (asked: Asked) => movedByAws(target, [asked], versions, seen, world)
  // A write in doubt that AWS is at work on was applied.
  if (doubtful !== undefined && (await isMoved(doubtful))) {
    const { doubtful: _, ...settled } = known
    return [
      { ...settled, asked: doubtful },
      { ...stands, moving: true },
    ]
  }
  const isMoving = await isMoved(known.asked)
  // The revision of what somebody else has written is not ours to write with.
  return [isMoving ? known : settleDoubt(mover, seen), { ...stands, moving: isMoving }]
}

/** A write whose answer was lost counts once it is there: our own write is never mistaken for a stranger's. */
function settleDoubt(mover: Moving, seen: AliasSeen): Moving {
  const { doubtful, ...known } = mover
  if (doubtful === undefined) return mover
  return standsAs(doubtful, seen) ? { ...known, asked: doubtful } : mover
}

/** Reads the alarms, and the history of those that moved in a way that their state alone does not tell. */
async function watchAlarms(
  watched: readonly WatchedAlarm[],
  { alarms, cancel }: World,
): Promise<readonly WatchedAlarm[]> {
  if (watched.length === 0) return watched
  const readings: readonly AlarmReading[] = await alarms.read(
    watched.map(alarm => alarm.name),
    cancel,
  )
  const moved = movedUnseen(watched, readings)
  const histories = await Promise.all(
    moved.map(({ name, transitionedAt }) => alarms.history(name, transitionedAt, cancel)),
  )
  const between = new Map<string, readonly Transition[]>(moved.map(({ name }, i) => [name, histories[i] ?? []]))
  return keepWatching(watched, readings, between)
}
