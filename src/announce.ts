import type { Conduct } from './conduct.ts'
import { formatDuration } from './duration.ts'
import type { Found } from './found.ts'
import type { DeployTarget } from './inputs.ts'
import type { World } from './ports.ts'
import type { Beginning, TakingOn } from './rollout/begin.ts'
import { settledAfterMs } from './rollout/checks.ts'
import { describeRun, journalTime } from './rollout/journal.ts'
import { minuteMs } from './rollout/minutes.ts'
import { type Plan, planMs, splitsTraffic } from './rollout/plan.ts'
import { percent } from './rollout/routing.ts'
import { differences } from './rollout/settings.ts'
import { describePower } from './traffic.ts'

/** Tells what the run is about to do, what it can show, and what is to be wary of. */
export function announce(
  { target, source }: DeployTarget,
  inputs: Conduct,
  found: Found,
  beginning: Beginning,
  plan: Plan,
  { reporter }: World,
): void {
  const { stable, candidateSettings, triggers, latest } = found
  if (triggers !== undefined) reporter.tell({ kind: 'triggers', triggers })
  if (stable !== undefined && candidateSettings !== undefined) {
    const list = differences(stable.settings, candidateSettings).filter(({ name }) => name !== 'Description')
    reporter.tell({ kind: 'differences', from: `version ${stable.version}`, to: 'the candidate', list })
  }
  const notes = [
    ...(latest === undefined ? [`the function ${target.functionName} does not exist and is created`] : []),
    ...noteOnBeginning(target.alias, beginning),
    ...(source.kind === 's3' || source.kind === 'image'
      ? ['whether the code is new shows only once Lambda has it']
      : []),
  ]
  reporter.tell({
    kind: 'planned',
    plan,
    falseAlarmRate: found.watching.watch?.falseAlarmRate,
    alarms: found.alarms,
    notes: [...notes, ...noteOnEvidence(inputs, found, plan)],
  })
  for (const text of warningsOf(inputs, found, plan)) reporter.tell({ kind: 'warning', text })
}

/** What the checks can show of the candidate, by the alias's traffic. */
function noteOnEvidence({ falseAlarmRate }: Conduct, { watching }: Found, plan: Plan): readonly string[] {
  if (watching.traffic === undefined || !splitsTraffic(plan)) return []
  return [describePower(plan, watching.traffic, falseAlarmRate)]
}

/** A minute's points are settled three minutes after it began; a bake that is over before has seen none. */
const firstSettledMs = minuteMs + settledAfterMs

function warningsOf({ alarms }: Conduct, { watching, latest }: Found, plan: Plan): readonly string[] {
  const bakes = plan.steps.filter(step => step.bakeMs > 0)
  const watched = watching.watch !== undefined || alarms.length > 0
  const short = watching.watch !== undefined && bakes.length > 0 && planMs(plan) < firstSettledMs
  return [
    ...(watching.warning === undefined ? [] : [watching.warning]),
    ...(latest?.throttled
      ? [
          'The function has reserved concurrency 0, so that Lambda invokes nothing of it: the candidate gets no traffic to be judged by until somebody raises that',
        ]
      : []),
    ...(bakes.length > 0 && !watched
      ? ['Neither `alarms` nor `checks` watch this rollout, and its bakes end well whatever happens']
      : []),
    ...(short
      ? [
          `The bakes are over before CloudWatch has settled a single minute of them (${formatDuration(firstSettledMs)}); a bad candidate may be promoted without evidence`,
        ]
      : []),
  ]
}

function noteOnBeginning(alias: string, beginning: Beginning): readonly string[] {
  switch (beginning.kind) {
    case 'create':
      return [`the alias ${alias} does not exist and is created on the candidate, with all traffic at once`]
    case 'drop':
      return [`version ${beginning.canary}, which ${describeRun(beginning.whose)} left with traffic, is dropped first`]
    case 'carry-on':
      return [`carries on at ${percent(beginning.weight)}, where ${describeRun(beginning.whose)} left the candidate`]
    case 'take-on':
      return [`takes on version ${beginning.canary} at ${percent(beginning.weight)}, ${describeLeft(beginning)}`]
    case 'fresh':
    case 'refuse':
      return []
  }
}

function describeLeft({ whose, since }: TakingOn): string {
  if (whose === undefined || since === undefined) return 'of which it is not known since when it is there'
  return `where ${describeRun(whose)} left it at ${journalTime(since)}; all that time is judged`
}
