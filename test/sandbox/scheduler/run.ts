import type { World } from '../world.ts'
import { remove } from './schedules.ts'
import type { RunResult, Schedule } from './state.ts'
import { callTarget } from './target.ts'

/** When a schedule is run next, in ms; never is infinitely far. */
export function nextRun({ scheduler }: World): number {
  return Math.min(...[...scheduler.schedules.values()].map(({ next }) => next ?? Number.POSITIVE_INFINITY))
}

/** Runs what is due by this time, in ms, each as at its own time. */
export function runSchedules(world: World, time: number): void {
  for (const schedule of [...world.scheduler.schedules.values()]) {
    const { next } = schedule
    if (next !== undefined && next <= time) run({ ...world, now: () => next }, schedule)
  }
}

function run(world: World, schedule: Schedule): void {
  const at = world.now()
  const { attempt, settings } = schedule
  const result = callTarget(world, settings)
  schedule.runs.push({ at, attempt, result })
  schedule.next = retryOf(schedule, result, at)
  schedule.attempt = attempt + 1
  if (schedule.next === undefined && settings.afterCompletion === 'DELETE') remove(world, schedule, 'after its run')
}

/** Scheduler retries further and further apart; how far is not documented. */
function retryOf({ settings, attempt }: Schedule, result: RunResult, at: number): number | undefined {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = settings.retryPolicy
  if (result.kind === 'applied' || !isWorthRetrying(result.status) || attempt > MaximumRetryAttempts) return undefined
  const again = at + Math.min(60_000 * 2 ** (attempt - 1), 60 * 60_000)
  return again <= settings.at + MaximumEventAgeInSeconds * 1000 ? again : undefined
}

/** What the sandbox does not model is no failure of AWS. */
function isWorthRetrying(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501)
}
