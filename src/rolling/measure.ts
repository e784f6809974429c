import type { Series, World } from '../ports.ts'
import { longestRun, type Watch } from '../rollout/checks.ts'
import { condense, type Minute, minuteMs, minuteOf, minutesOf } from '../rollout/minutes.ts'
import { answers, askings } from '../rollout/series.ts'
import type { Course, Moving } from './course.ts'

/**
 * A point is revised for so long. Lambda counts an invocation when it has ended, in the minute in which it began, and
 * most end within 15 minutes; CloudWatch takes some more until its values stand.
 */
const revisedForMs = 30 * minuteMs

/**
 * The minutes of every target since its first shift. Those that points still come late for are read anew at each look;
 * what was read when it stood is kept, and takes no more room and time however long the rollout lasts. One reading of
 * all series of all targets.
 */
export async function measure(
  { moving, shifts, minutes }: Pick<Course, 'moving' | 'shifts' | 'minutes'>,
  { checks }: Watch,
  { metrics, clock, cancel }: World,
): Promise<Course['minutes']> {
  const [first] = shifts
  const now = clock.now()
  if (first === undefined || first.at > now) return moving.map(() => [])
  const readUntil = minutes.find(some => some.length > 0)?.at(-1)?.at ?? Number.NEGATIVE_INFINITY
  const from = Math.max(minuteOf(first.at), readUntil - revisedForMs)
  const window = { from, to: minuteOf(now) + minuteMs, periodS: 60 }
  const sides = moving.flatMap(mover => [mover.stable?.version, mover.candidate].map(version => ({ mover, version })))
  const asked = sides.map(({ mover, version }) => (version === undefined ? [] : askings(checks, mover.cuts)))
  const series = sides.flatMap(({ mover, version = '' }, i) =>
    (asked[i] ?? []).map(one => seriesOf(mover, version, one)),
  )
  const points = await metrics.read(series, window, cancel)
  let read = 0
  const bySide = sides.map(({ mover }, i) => {
    const before = read
    read += asked[i]?.length ?? 0
    return answers(checks, mover.cuts, points.slice(before, read))
  })
  return moving.map((_, i) => {
    const [stable, candidate] = bySide.slice(2 * i, 2 * i + 2)
    if (stable === undefined || candidate === undefined) return []
    return [...kept(minutes[i] ?? [], from, checks), ...minutesOf(shifts, stable, candidate, now, from)]
  })
}

/**
 * The minutes before those that are read anew. Their sums do, but for those that a run of exceeded ones may begin in.
 */
function kept(minutes: readonly Minute[], from: number, checks: Watch['checks']): readonly Minute[] {
  const stood = minutes.filter(({ at }) => at < from)
  return condense(stood, from - (longestRun(checks) - 1) * minuteMs)
}

function seriesOf({ target }: Moving, version: string, asked: Pick<Series, 'metric' | 'stat'>): Series {
  return { functionName: target.functionName, alias: target.alias, version, ...asked }
}
