import { atRevision, type Course, isOutdated, type Moving } from './course.ts'
import { type AliasSeen, CallFailed, type World } from './ports.ts'
import { movedByAws } from './restore.ts'
import { type AlarmReading, keepWatching, movedUnseen, type Transition, type WatchedAlarm } from './rollout/alarms.ts'
import { type Observation, type Seen, standsAs } from './rollout/decide.ts'
import { judge } from './rollout/health.ts'

/** One look: what stands on every alias and how the alarms are, all at once. A cancel cuts it short. */
export async function look(course: Course, world: World): Promise<[Course, Observation]> {
  const looks = world.cancel.aborted ? nothingRead(course) : await readAll(course, world)
  const { moving, alarms, unreadable } = looks
  const health = judge(alarms, unreadable)
  const unknownLooks = health.verdict === 'unknown' ? course.unknownLooks + 1 : 0
  const observation: Observation = {
    now: world.clock.now(),
    cancelled: world.cancel.aborted,
    targets: moving.map(([, seen]) => seen),
    health,
    ...(course.trouble !== undefined && { trouble: course.trouble }),
  }
  return [{ ...course, moving: moving.map(([mover]) => mover), alarms, unknownLooks }, observation]
}

type Looks = {
  readonly moving: readonly (readonly [Moving, Seen])[]
  readonly alarms: readonly WatchedAlarm[]
  readonly unreadable?: string
}

async function readAll(course: Course, world: World): Promise<Looks> {
  const [aliases, alarms] = await Promise.allSettled([
    Promise.all(course.moving.map(mover => readAlias(mover, world))),
    watchAlarms(course.alarms, world),
  ])
  const moving = aliases.status === 'fulfilled' ? aliases.value : nothingRead(course).moving
  const failure = [aliases, alarms].find(part => part.status === 'rejected')
  if (failure === undefined || world.cancel.aborted) {
    return { moving, alarms: alarms.status === 'fulfilled' ? alarms.value : course.alarms }
  }
  if (!(failure.reason instanceof CallFailed)) throw failure.reason
  const known = alarms.status === 'fulfilled' ? alarms.value : course.alarms
  return { moving, alarms: known, unreadable: failure.reason.message }
}

/** All as it was known before, for a look that a cancel has cut short; the next write's revision guards it. */
function nothingRead({ moving, alarms }: Course): Looks {
  return { moving: moving.map(mover => [mover, { kind: 'alias', ...mover.asked, moving: false }] as const), alarms }
}

async function readAlias(mover: Moving, world: World): Promise<readonly [Moving, Seen]> {
  const seen = await world.aliases.read(mover.target, world.cancel)
  if (seen === undefined)
    return [mover, isStillToCreate(mover) ? { kind: 'alias', ...mover.asked, moving: false } : { kind: 'gone' }]
  if (isOutdated(mover, seen.revision)) return [mover, { kind: 'alias', ...mover.asked, moving: false }]
  const known = settleDoubt(atRevision(mover, seen.revision), seen)
  const moving = !standsAs(known.asked, seen) && (await movedByAws(mover.target, [known.asked], seen, world))
  return [known, { kind: 'alias', routing: seen.routing, description: seen.description, moving }]
}

/** An alias that is not there yet is as it should be before its first write. */
function isStillToCreate({ stable, revision }: Moving): boolean {
  return stable === undefined && revision === ''
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
