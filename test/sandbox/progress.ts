import { evaluateAlarms, nextEvaluation } from './cloudwatch/evaluation.ts'
import { revealInvocations } from './cloudwatch/lambda-metrics.ts'
import { nextRun, runSchedules } from './scheduler/run.ts'
import type { Traffic } from './traffic.ts'
import type { World } from './world.ts'

/** Brings a world up to its `now()`: traffic, alarms at each time that they are evaluated, schedules at theirs. */
export interface Progress {
  /** At once; handlers that traffic executes answer later. */
  advance(): void
  /** The same, with handlers answered before the alarms that see them are evaluated. */
  catchUp(): Promise<void>
}

/** The progress of a world that this traffic comes to. */
export function newProgress(world: World, traffic: Traffic): Progress {
  const isDue = (time: number) => time <= world.now()

  return {
    advance: () => {
      for (let due = next(world); isDue(due); due = next(world)) {
        traffic.runUntil(due)
        meet(world, due)
      }
      traffic.runUntil(world.now())
      revealInvocations(world, world.now())
    },
    catchUp: async () => {
      for (let due = next(world); isDue(due); due = next(world)) {
        traffic.runUntil(due)
        await traffic.settled()
        meet(world, due)
      }
      traffic.runUntil(world.now())
      await traffic.settled()
      revealInvocations(world, world.now())
    },
  }
}

function next(world: World): number {
  return Math.min(nextEvaluation(world), nextRun(world))
}

/** Lets happen what is due at this time. Another request may have come this far while handlers were answering. */
function meet(world: World, due: number): void {
  revealInvocations(world, due)
  if (due === nextEvaluation(world)) evaluateAlarms(world, due)
  runSchedules(world, due)
}
