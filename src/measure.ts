import type { Moving } from './course.ts'
import type { Series, World } from './ports.ts'
import type { Watch } from './rollout/checks.ts'
import { type Minute, minuteMs, minuteOf, minutesOf, type Shift } from './rollout/minutes.ts'
import { answers, askings } from './rollout/series.ts'

/**
 * The minutes of every target since its first shift, all of them anew at each look: points come late and are revised.
 * One reading of all series of all targets.
 */
export async function measure(
  moving: readonly Moving[],
  shifts: readonly Shift[],
  { checks }: Watch,
  { metrics, clock, cancel }: World,
): Promise<readonly (readonly Minute[])[]> {
  const [first] = shifts
  const now = clock.now()
  if (first === undefined || first.at > now) return moving.map(() => [])
  const window = { from: minuteOf(first.at), to: minuteOf(now) + minuteMs, periodS: 60 }
  const sides = moving.flatMap(mover => [mover.stable?.version, mover.candidate].map(version => ({ mover, version })))
  const asked = sides.map(({ mover, version }) => (version === undefined ? [] : askings(checks, mover.cuts)))
  const series = sides.flatMap(({ mover, version = '' }, i) =>
    (asked[i] ?? []).map(one => seriesOf(mover, version, one)),
  )
  const points = await metrics.read(series, window, cancel)
  let read = 0
  const bySide = sides.map(({ mover }, i) => {
    const from = read
    read += asked[i]?.length ?? 0
    return answers(checks, mover.cuts, points.slice(from, read))
  })
  return moving.map((_, i) => {
    const [stable, candidate] = bySide.slice(2 * i, 2 * i + 2)
    return stable === undefined || candidate === undefined ? [] : minutesOf(shifts, stable, candidate, now)
  })
}

function seriesOf({ target }: Moving, version: string, asked: Pick<Series, 'metric' | 'stat'>): Series {
  return { functionName: target.functionName, alias: target.alias, version, ...asked }
}
