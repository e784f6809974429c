/** CloudWatch's states of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** An alarm as one look finds it. Times are epoch milliseconds. */
export type AlarmReading = {
  readonly name: string
  readonly arn: string
  readonly state: AlarmState
  readonly reason: string
  readonly transitionedAt: number
}

/** One change of an alarm's state, from its history. */
export type Transition = { readonly at: number; readonly to: AlarmState; readonly reason: string }

/** An alarm and what this rollout knows of it. */
export type WatchedAlarm = AlarmReading & {
  /** It was in ALARM before the first shift and has not been OK since: it says nothing about the candidate. */
  readonly ignored: boolean
  /** It went to ALARM while it was watched, even if it is back. */
  readonly fired?: Transition
  /** It was there when the rollout started and is no longer. */
  readonly missing?: true
}

/** The alarms that fire before anything has been shifted. */
export function alreadyFiring(readings: readonly AlarmReading[]): readonly AlarmReading[] {
  return readings.filter(alarm => alarm.state === 'ALARM')
}

/**
 * The first look: an alarm in ALARM is ignored until it was OK once. Where the candidate has had traffic `since` long
 * before (epoch ms), every change of an alarm from then on is still to be looked at.
 */
export function beginWatching(readings: readonly AlarmReading[], since?: number): readonly WatchedAlarm[] {
  return readings.map(alarm =>
    since !== undefined && alarm.transitionedAt > since
      ? { ...alarm, transitionedAt: since, ignored: false }
      : { ...alarm, ignored: alarm.state === 'ALARM' },
  )
}

/**
 * The alarms whose history has to be read: their state moved since the last look, and what stands there now does not
 * tell whether they were in ALARM in between. The history is wanted from `transitionedAt` on.
 */
export function movedUnseen(
  watched: readonly WatchedAlarm[],
  readings: readonly AlarmReading[],
): readonly WatchedAlarm[] {
  return watched.filter(before => {
    const now = readings.find(reading => reading.name === before.name)
    if (now === undefined || now.transitionedAt === before.transitionedAt) return false
    return now.state !== 'ALARM' || before.ignored
  })
}

/** The next look: what was known, what is read now, and the changes in between by alarm name, oldest first. */
export function keepWatching(
  watched: readonly WatchedAlarm[],
  readings: readonly AlarmReading[],
  between: ReadonlyMap<string, readonly Transition[]>,
): readonly WatchedAlarm[] {
  return watched.map(before => {
    const now = readings.find(reading => reading.name === before.name)
    if (now === undefined) return { ...before, missing: true }
    const { missing: _, ...known } = before
    const current = { at: now.transitionedAt, to: now.state, reason: now.reason }
    const changes = [...(between.get(before.name) ?? []), current]
    return changes
      .filter(change => change === current || change.at > before.transitionedAt)
      .reduce(noteChange, {
        ...known,
        ...now,
      })
  })
}

function noteChange(alarm: WatchedAlarm, change: Transition): WatchedAlarm {
  if (change.to === 'OK') return { ...alarm, ignored: false }
  if (change.to !== 'ALARM' || alarm.ignored || alarm.fired !== undefined) return alarm
  return { ...alarm, fired: change }
}
