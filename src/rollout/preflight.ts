import { type AlarmReading, alreadyFiring } from './alarms.ts'
import { type Plan, splitsTraffic } from './plan.ts'
import { type Rounds, type SessionEnd, sessionObstacles } from './session.ts'
import type { Settings } from './settings.ts'

/**
 * Between what the traffic of an alias is to be split. `candidate` is the configuration that the new version will have.
 */
export type Split = {
  readonly name: string
  readonly stable: { readonly version: string; readonly settings: Settings } | undefined
  readonly candidate: { readonly settings: Settings }
}

/** What is known before anything is changed. */
export type Preflight = {
  readonly plan: Plan
  readonly splits: readonly Split[]
  readonly alarms: readonly AlarmReading[]
  readonly unknownAlarms: readonly string[]
  readonly alreadyInAlarm: 'fail' | 'ignore'
  readonly now: number
  readonly session: SessionEnd | undefined
  readonly rounds?: Rounds
}

/** Everything that cannot work, each in a sentence with its cure; nothing when the rollout may begin. */
export function obstacles(preflight: Preflight): readonly string[] {
  const { plan, splits, now, session, rounds } = preflight
  const routing = splits.flatMap(split => {
    const whose = splits.length > 1 ? `${split.name}: ` : ''
    return routingObstacles(plan, split).map(text => `${whose}${text}`)
  })
  return [...routing, ...alarmObstacles(preflight), ...sessionObstacles(plan, now, session, rounds)]
}

/**
 * Lambda splits traffic only between two published versions with the same execution role and dead-letter queue
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
 */
function routingObstacles(plan: Plan, { name, stable, candidate }: Split): readonly string[] {
  if (stable === undefined || !splitsTraffic(plan)) return []
  if (stable.version === '$LATEST') {
    return [
      `${name} points at $LATEST, with which Lambda splits no traffic; move it to a version with \`strategy: all-at-once\` once`,
    ]
  }
  const members = [
    ['execution role', stable.settings.Role, candidate.settings.Role],
    ['dead-letter queue', deadLetterQueue(stable.settings), deadLetterQueue(candidate.settings)],
  ] as const
  return members
    .filter(([, from, to]) => (from ?? '') !== (to ?? ''))
    .map(
      ([what, from, to]) =>
        `version ${stable.version} has the ${what} ${from || '(none)'} and the candidate would have ${to || '(none)'}; Lambda splits no traffic between them, so make them equal or use \`strategy: all-at-once\``,
    )
}

function deadLetterQueue(settings: Settings): unknown {
  const config = settings.DeadLetterConfig
  return typeof config === 'object' && config !== null && 'TargetArn' in config ? config.TargetArn : undefined
}

function alarmObstacles({ alarms, unknownAlarms, alreadyInAlarm }: Preflight): readonly string[] {
  const unknown = unknownAlarms.map(
    name => `there is no alarm ${name} in this account and region; correct its name in \`alarms\` or create it`,
  )
  if (alreadyInAlarm === 'ignore') return unknown
  const firing = alreadyFiring(alarms).map(
    ({ name, reason }) =>
      `alarm ${name} is already in ALARM (${reason}); wait until it is OK, or set \`already-in-alarm: ignore\` if this rollout is the fix`,
  )
  return [...unknown, ...firing]
}
