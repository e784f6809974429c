import type { World } from './world.ts'

/** When metrics can be read, and which of them. */
export type MetricsOptions = {
  /** From the end of an invocation until its points and its log lines can be read, in ms of the sandbox's time. */
  readonly delayMs: number
  /** And up to so much longer, each by its own chance: the newest minutes then grow from read to read. */
  readonly spreadMs: number
  /**
   * Whether TC, PR and TM of AWS/Lambda are given. AWS lists services that have them, and Lambda is not in the list;
   * what it does instead is not known: it may refuse, or answer with no datapoints.
   */
  readonly trimmed: 'given' | 'refused' | 'absent'
}

/** When what an invocation leaves behind can be read, in ms; undefined is at once, even before its end. */
export function visibleFrom(world: World, endedAt: number): number | undefined {
  const { delayMs, spreadMs } = world.metrics
  if (delayMs <= 0 && spreadMs <= 0) return undefined
  return endedAt + delayMs + spreadMs * world.lateness.next()
}
