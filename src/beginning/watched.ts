import type { Conduct } from '../inputs/conduct.ts'
import { CallFailed, type World } from '../ports.ts'
import type { AlarmReading } from '../rollout/alarms.ts'
import type { Target } from '../rollout/outcome.ts'
import { readWatching, type Watching } from './traffic.ts'

/** What a rollout is judged by, as it was before it. */
export type Watched = {
  readonly alarms: readonly AlarmReading[]
  readonly unknownAlarms: readonly string[]
  readonly watching: Watching
  /** What cannot be read. */
  readonly problems: readonly string[]
}

/** Reads the alarms and the metrics of all targets. */
export async function readWatched(targets: readonly Target[], inputs: Conduct, world: World): Promise<Watched> {
  const [alarms, watching] = await Promise.all([findAlarms(inputs.alarms, world), readWatching(targets, inputs, world)])
  const problems = [...alarms.problems, ...(watching.problem === undefined ? [] : [watching.problem])]
  return { ...alarms, watching, problems }
}

/** Alarms that may not be read are an obstacle like one that fires: a dead run's canary is dropped all the same. */
async function findAlarms(patterns: readonly string[], { alarms }: World) {
  if (patterns.length === 0) return { alarms: [], unknownAlarms: [], problems: [] }
  try {
    const found = await alarms.find(patterns)
    return { alarms: found.alarms, unknownAlarms: found.unknown, problems: [] }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return { alarms: [], unknownAlarms: [], problems: [error.message] }
  }
}
