/** A watchdog as it was set last: when it acts (epoch ms), and the revisions of the aliases that it knows. */
export type Guard = { readonly due: number; readonly revisions: readonly string[] }

const aheadMs = 5 * 60_000
const leftMs = 3 * 60_000
const lastMs = 60_000

/** One that is only made to see that it can be is set so far ahead, and switched off. */
export const preparedMs = 24 * 60 * 60_000

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
