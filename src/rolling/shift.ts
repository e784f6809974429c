import { inParallel } from '../parallel.ts'
import { CallFailed, type World } from '../ports.ts'
import { type Asked, standsAs } from '../rollout/decide.ts'
import { journalTime, type Waiting } from '../rollout/journal.ts'
import { minuteMs, minuteOf } from '../rollout/minutes.ts'
import { describeTarget } from '../rollout/outcome.ts'
import { endsAtOnce } from '../rollout/plan.ts'
import { sameRouting } from '../rollout/routing.ts'
import { askFor, atRevision, type Course, isStillToCreate, type Moving, type Rollout } from './course.ts'
import { keep } from './keep.ts'
import { guardStanding, guardWrite } from './watchdog.ts'

/** Brings a step into force on every alias. */
export async function shift(rollout: Rollout, course: Course, step: number, world: World): Promise<Course> {
  const { plan, afterTraffic, goesOn } = rollout
  const weight = plan.steps[step]?.weight ?? 1
  const ends = endsAtOnce(plan, step) && afterTraffic === undefined && !goesOn
  const asked = await ask(rollout, course, { weight, at: course.began, state: 'rolling', ends }, world)
  if (!isDone(asked)) return asked
  const since = sinceOf(rollout, course, world)
  return { ...asked, step, since, shifts: [...course.shifts, { at: evidenceFrom(rollout, course, since), weight }] }
}

/** A write to all aliases: the weight, and what the journal says of it. `ends`: with it the rollout is over. */
type Wish = {
  readonly weight: number
  readonly at: number
  readonly state: Waiting['state']
  readonly ends: boolean
}

/** Whether the last write went through everywhere. */
export function isDone({ moving, trouble, postponed }: Course): boolean {
  return trouble === undefined && postponed !== true && moving.every(mover => mover.doubtful === undefined)
}

/** Writes to every alias; what cannot be written is kept as data for the next decision. */
export async function ask(rollout: Rollout, before: Course, wish: Wish, world: World): Promise<Course> {
  const { weight, at, state, ends } = wish
  const { postponed: _, ...course } = before
  const asking = course.moving.map(mover => {
    const doubtful = askFor(mover, weight, rollout.run, journalTime(at), state)
    return { ...mover, doubtful, history: [...mover.history, doubtful] }
  })
  keep(rollout, { ...course, moving: asking }, world, { final: ends })
  const guarded = await guardWrite(course, world)
  if (guarded.trouble !== undefined || guarded.postponed === true) return guarded
  const { moving, trouble } = await writeAll(course.moving, asking, world)
  if (trouble !== undefined) return { ...guarded, moving, trouble }
  if (moving.every(mover => mover.doubtful === undefined)) {
    const written = { ...guarded, moving, conflicts: 0 }
    return ends ? written : await guardStanding(written, world)
  }
  const conflicts = course.conflicts + 1
  // Once is a write of somebody else's in between; more than that takes time to pass.
  if (conflicts > 1) await world.clock.sleep(Math.min(500 * 2 ** conflicts, 10_000), world.cancel)
  const refused = { ...guarded, moving, conflicts }
  if (conflicts <= conflictsAllowed) return refused
  return {
    ...refused,
    trouble: `AWS refused ${conflicts} writes in a row as outdated, as if somebody else kept changing the alias; see who does, then re-run`,
  }
}

/** After so many refused writes in a row without anybody's routing in between, the rollout gives up. */
const conflictsAllowed = 5

/** Since when a step is in force that has just been written: a canary that has waited was there all the time. */
function sinceOf({ waitedSince }: Rollout, { shifts }: Course, { clock }: World): number {
  return shifts.length === 0 && waitedSince !== undefined ? waitedSince : clock.now()
}

/**
 * From when on a shift's traffic counts as evidence. Where there was a canary already, evidence begins with the minute
 * after: the one that it begins in holds what was there before.
 */
function evidenceFrom({ movers }: Rollout, { shifts }: Course, since: number): number {
  const begunBefore = shifts.length === 0 && movers.some(mover => mover.carriesOn)
  return begunBefore ? minuteOf(since) + minuteMs : since
}

/** So many aliases are written at once; how fast is a matter of the account's quota. */
export const writesAtOnce = 10

type Asking = Moving & { readonly doubtful: Asked }

/** Writes to all aliases. Once there is trouble with one, or a cancel, those that are left are not written any more. */
async function writeAll(
  before: readonly Moving[],
  asking: readonly Asking[],
  world: World,
): Promise<{ readonly moving: readonly Moving[]; readonly trouble: string | undefined }> {
  let trouble: string | undefined
  const moving = await inParallel(asking, writesAtOnce, async (mover, i) => {
    if (i > 0 && world.cancel.aborted) trouble ??= 'the workflow was cancelled'
    const known = before[i] ?? mover
    if (trouble !== undefined) return known
    // A new alias has had everything from its first write on.
    if (isAsked(known, mover.doubtful)) return known
    const written = await write(mover, mover.doubtful, world)
    trouble ??= written.trouble
    return written.mover
  })
  return { moving, trouble }
}

/** Whether this very write was made before, so that nothing is to be written. */
function isAsked({ asked, history }: Moving, wanted: Asked): boolean {
  return (
    history.includes(asked) && sameRouting(asked.routing, wanted.routing) && asked.description === wanted.description
  )
}

type Write = { readonly mover: Moving; readonly trouble?: string }

async function write(mover: Moving, asked: Asked, { aliases, clock, reporter }: World): Promise<Write> {
  try {
    const isNew = isStillToCreate(mover)
    const written = isNew
      ? await aliases.create(mover.target, asked)
      : await aliases.update(mover.target, asked, mover.revision)
    if (written.kind === 'conflict') return { mover }
    const { doubtful: _, ...known } = mover
    const isJournal = sameRouting(mover.asked.routing, asked.routing) && !isNew
    if (isJournal) reporter.tell({ kind: 'note', text: `${describeTarget(mover.target)} says “${asked.description}”` })
    else reporter.tell({ kind: 'routed', at: clock.now(), target: mover.target, routing: asked.routing })
    return { mover: atRevision({ ...known, asked }, written.alias.revision) }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    if (error.kind === 'unavailable') return { mover, trouble: error.message }
    const { doubtful: _, ...known } = mover
    return { mover: known, trouble: error.message }
  }
}

/** A write that a revision which moved alone does not keep from being made. */
export async function writeOver(mover: Moving, asked: Asked, world: World): Promise<Write> {
  let done = await write(mover, asked, world)
  try {
    for (let tries = 0; tries < conflictsAllowed && isRefused(done); tries++) {
      const seen = await world.aliases.read(mover.target)
      const ours = [mover.asked, ...mover.history]
      if (seen === undefined || !ours.some(asked => standsAs(asked, seen))) return done
      done = await write(atRevision(mover, seen.revision), asked, world)
    }
    return isRefused(done)
      ? { mover, trouble: 'AWS refuses every write as outdated, as if somebody else kept changing the alias' }
      : done
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return { mover, trouble: error.message }
  }
}

function isRefused({ mover, trouble }: Write): boolean {
  return mover.doubtful !== undefined && trouble === undefined
}
