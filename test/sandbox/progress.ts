import { evaluateAlarms, nextEvaluation } from './cloudwatch/evaluation.ts'
import { revealInvocations } from './cloudwatch/lambda-metrics.ts'
import type { Traffic } from './traffic.ts'
import type { World } from './world.ts'

/** Brings a world up to its `now()`: traffic, and alarms at each time that they are evaluated. */
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
      for (let due = nextEvaluation(world); isDue(due); due = nextEvaluation(world)) {
        traffic.runUntil(due)
        revealInvocations(world, due)
        evaluateAlarms(world, due)
      }
      traffic.runUntil(world.now())
      revealInvocations(world, world.now())
    },
    catchUp: async () => {
      for (let due = nextEvaluation(world); isDue(due); due = nextEvaluation(world)) {
        traffic.runUntil(due)
        await traffic.settled()
        revealInvocations(world, due)
        // Another request may have come this far while handlers were answering.
        if (due === nextEvaluation(world)) evaluateAlarms(world, due)
      }
      traffic.runUntil(world.now())
      await traffic.settled()
      revealInvocations(world, world.now())
    },
  }
}
