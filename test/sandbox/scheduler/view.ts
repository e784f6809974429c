import type { World } from '../world.ts'
import type { Run, Schedule, TargetFailure } from './state.ts'

/** A schedule as tests see it, also when it is gone. */
export type ScheduleView = {
  readonly name: string
  readonly group: string
  /** Its time, in ms of the epoch. */
  readonly at: number
  readonly state: 'ENABLED' | 'DISABLED'
  /** As it was put: JSON with the members of UpdateAlias. */
  readonly input: string | undefined
  readonly role: string
  readonly runs: readonly Run[]
  readonly removed?: Schedule['removed']
}

/** The schedules there are and were, in a test's hands. */
export interface Schedules {
  /** Oldest first; one that was updated is shown as it is now. */
  readonly all: readonly ScheduleView[]
  /** Lets the next so many calls of a target fail in this way, before anything is applied. */
  failNext(failure: TargetFailure, times?: number): void
}

/** The schedules of a world. */
export function newSchedules({ scheduler }: World): Schedules {
  return {
    get all() {
      return scheduler.all.map(show)
    },
    failNext: (failure, times = 1) => {
      scheduler.failures = [...scheduler.failures, ...Array.from({ length: times }, () => failure)]
    },
  }
}

function show({ name, group, settings, runs, removed }: Schedule): ScheduleView {
  const { at, state, input, role } = settings
  return { name, group, at, state, input, role, runs: [...runs], ...(removed && { removed }) }
}
