/**
 * A watchdog as it was set last: when it acts (epoch ms), and the revisions of the aliases that it knows; none where it
 * was set for a write. `lapsed` is an earlier time at which it may have acted, since it was moved on only after that.
 */
export type Guard = { readonly due: number; readonly revisions: readonly string[]; readonly lapsed?: number }

/** One that is set anew, at `now`, for what may have been set before. */
export function movedOn(before: Guard | undefined, due: number, revisions: readonly string[], now: number): Guard {
  const lapsed = before?.lapsed ?? (before !== undefined && now >= before.due ? before.due : undefined)
  return { due, revisions, ...(lapsed !== undefined && { lapsed }) }
}

/** From when on it may have acted; undefined where there is none. */
export function actsFrom(guard: Guard | undefined): number | undefined {
  return guard?.lapsed ?? guard?.due
}

const aheadMs = 5 * 60_000
const leftMs = 3 * 60_000
const lastMs = 60_000

/** When it acts, set now. */
export function nextDue(now: number): number {
  return now + aheadMs
}

/** When it is to be moved on. */
export function tendAt({ due }: Guard): number {
  return due - leftMs
}

/** Whether it is about to act, so that a run that cannot move it on has to be over. */
export function isDue({ due }: Guard, now: number): boolean {
  return now >= due - lastMs
}
