import { formatDuration } from '../duration.ts'
import type { Conduct } from '../inputs/conduct.ts'
import type { World } from '../ports.ts'
import type { TakingOn } from '../rollout/begin.ts'
import { settledAfterMs } from '../rollout/checks.ts'
import { describeRun, journalTime } from '../rollout/journal.ts'
import { minuteMs } from '../rollout/minutes.ts'
import { describeTarget } from '../rollout/outcome.ts'
import { type Plan, planMs, splitsTraffic } from '../rollout/plan.ts'
import { percent } from '../rollout/routing.ts'
import { differences } from '../rollout/settings.ts'
import type { Member } from './member.ts'
import { describePower } from './traffic.ts'
import type { Watched } from './watched.ts'

/** Tells what the run is about to do, what it can show, and what is to be wary of. */
export function announce(
  members: readonly Member[],
  inputs: Conduct,
  watched: Watched,
  plan: Plan,
  { reporter }: World,
): void {
  for (const { wish, found } of members) {
    const { target } = wish
    const { stable, candidateSettings, triggers } = found
    if (triggers !== undefined) reporter.tell({ kind: 'triggers', target, triggers })
    if (stable !== undefined) {
      const list = differences(stable.settings, candidateSettings).filter(({ name }) => name !== 'Description')
      reporter.tell({ kind: 'differences', target, from: `version ${stable.version}`, to: 'the candidate', list })
    }
  }
  const notes = members.flatMap(member => {
    const whose = members.length > 1 ? `${describeTarget(member.wish.target)}: ` : ''
    return notesOn(member).map(note => `${whose}${note}`)
  })
  const isLate = members.some(({ wish: { source } }) => source.kind === 's3' || source.kind === 'image')
  reporter.tell({
    kind: 'planned',
    plan,
    alarms: watched.alarms,
    notes: [
      ...notes,
      ...(isLate ? ['whether the code is new shows only once Lambda has it'] : []),
      ...noteOnEvidence(inputs, watched, plan),
    ],
  })
  for (const text of warningsOf(members, inputs, watched, plan)) reporter.tell({ kind: 'warning', text })
}

/** What the checks can show of the candidate, by the aliases' traffic. */
function noteOnEvidence({ falseAlarmRate }: Conduct, { watching }: Watched, plan: Plan): readonly string[] {
  if (watching.traffic.length === 0 || !splitsTraffic(plan)) return []
  return [describePower(plan, watching.traffic, falseAlarmRate)]
}

/** A minute's points are settled three minutes after it began; a bake that is over before has seen none. */
const firstSettledMs = minuteMs + settledAfterMs

function warningsOf(
  members: readonly Member[],
  { alarms }: Conduct,
  { watching }: Watched,
  plan: Plan,
): readonly string[] {
  const bakes = plan.steps.filter(step => step.bakeMs > 0)
  const watched = watching.watch !== undefined || alarms.length > 0
  const short = watching.watch !== undefined && bakes.length > 0 && planMs(plan) < firstSettledMs
  return [
    ...(watching.warning === undefined ? [] : [watching.warning]),
    ...members.flatMap(({ wish: { target }, found: { latest } }) =>
      latest?.throttled
        ? [
            `The function ${target.functionName} has reserved concurrency 0, so that Lambda invokes nothing of it: the candidate gets no traffic to be judged by until somebody raises that`,
          ]
        : [],
    ),
    ...(bakes.length > 0 && !watched
      ? ['Neither `alarms` nor `checks` watch this rollout, and its bakes end well whatever happens; set one of them']
      : []),
    ...(bakes.length === 0 && plan.pauses === true && alarms.length > 0
      ? [
          'The alarms are looked at once, at the shift, and by nobody while it is paused; give the step before `pause` a time',
        ]
      : []),
    ...(short
      ? [
          `The bakes are over before CloudWatch has settled a single minute of them (${formatDuration(firstSettledMs)}); a bad candidate may be promoted without evidence, so make them longer`,
        ]
      : []),
  ]
}

function notesOn({ wish: { target }, found: { latest }, beginning }: Member): readonly string[] {
  const isNew = latest === undefined
  return [
    ...(isNew ? [`the function ${target.functionName} does not exist and is created`] : []),
    ...noteOnBeginning(target.alias, beginning),
  ]
}

function noteOnBeginning(alias: string, beginning: Member['beginning']): readonly string[] {
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
