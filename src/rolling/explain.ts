import type { FunctionSeen, World } from '../ports.ts'
import type { Target } from '../rollout/outcome.ts'

/** So many kinds of errors are shown, and so often and long is waited for log lines, which come a minute late. */
const mostShown = 10
const tries = 4
const pauseMs = 20_000

/** Tells what the candidate's logs say went wrong since `from`. The alias is whole by now, so there is time to wait. */
export async function explain(target: Target, candidate: FunctionSeen, from: number, world: World): Promise<void> {
  const { logs, clock, reporter, cancel } = world
  const { functionName } = target
  const { version } = candidate
  const group = groupOf(candidate, functionName)
  try {
    for (let left = tries; ; left--) {
      const found = await logs.errors({ group, functionName, version }, from, clock.now())
      if (found.length > 0 || left <= 1 || cancel.aborted) {
        reporter.tell({ kind: 'errors', target, version, group, list: found.slice(0, mostShown) })
        return
      }
      await clock.sleep(pauseMs, cancel)
    }
  } catch (error) {
    // It is told for the reader's sake alone, and must not spoil the end that the rollout came to.
    const why = error instanceof Error ? error.message : String(error)
    reporter.tell({ kind: 'note', text: `What the candidate logged is not shown: ${why}` })
  }
}

/** A version's own log group; Lambda names it even where it is the default. */
function groupOf({ settings }: FunctionSeen, functionName: string): string {
  const config = settings.LoggingConfig
  const named = typeof config === 'object' && config !== null && 'LogGroup' in config ? config.LogGroup : undefined
  return typeof named === 'string' ? named : `/aws/lambda/${functionName}`
}
