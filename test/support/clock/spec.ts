import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'

/** Time that runs `factor` times as fast, from `origin`, since the real instant `realStart` (both epoch ms). */
export type FasterClock = {
  readonly kind: 'faster'
  readonly factor: number
  readonly origin: number
  readonly realStart: number
}

/** Time that stands still between sleeps: what `file` says, or `origin` (epoch ms) as long as there is no file. */
export type JumpingClock = { readonly kind: 'jumping'; readonly file: string; readonly origin: number }

/** Which time a process lives in; plain data, so that every process of a scenario can share it. */
export type ClockSpec = FasterClock | JumpingClock

/** A faster clock whose time starts to run now. */
export function startFaster(factor: number, origin: number): FasterClock {
  return { kind: 'faster', factor, origin, realStart: realNow() }
}

/** The time that every process with this spec sees, in epoch ms. */
export function clockNow(spec: ClockSpec): number {
  switch (spec.kind) {
    case 'faster':
      return fasterNow(spec)
    case 'jumping':
      return jumpingNow(spec)
  }
}

/** The time of a faster clock, in whole epoch ms. */
export function fasterNow({ factor, origin, realStart }: FasterClock): number {
  return Math.floor(origin + (realNow() - realStart) * factor)
}

/** The time of a jumping clock, read from its file at each call, in epoch ms. */
export function jumpingNow({ file, origin }: JumpingClock): number {
  try {
    return Number(readFileSync(file, 'latin1'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return origin
    throw error
  }
}

/** Moves a jumping clock forward to `ms` (epoch); it never goes back. */
export function jumpTo(clock: JumpingClock, ms: number): void {
  const now = Math.max(jumpingNow(clock), Math.ceil(ms))
  const file = openSync(clock.file, constants.O_WRONLY | constants.O_CREAT)
  try {
    // Written over, never truncated, and always as wide: who reads meanwhile sees one instant or the other.
    writeSync(file, String(now).padStart(16, '0'), 0)
  } finally {
    closeSync(file)
  }
}

// Kept from before the preload puts another time into `Date`.
const realNow = Date.now
