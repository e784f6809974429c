import type { WatchedAlarm } from './alarms.ts'
import type { ChecksReading } from './checks.ts'

/** How the candidate does at one look. */
export type Health = {
  readonly verdict: 'healthy' | 'failing' | 'inconclusive' | 'unknown'
  readonly because: string
  /** Names of alarms that have no data to judge by. */
  readonly insufficient: readonly string[]
  /** How many invocations the candidate has served in minutes that are settled; undefined where nobody counts them. */
  readonly served: number | undefined
}

/** What a look gathers of a candidate's health. `unreadable` says what it could not read. */
export type Gathered = {
  readonly alarms: readonly WatchedAlarm[]
  /** Undefined where no metrics are read. */
  readonly metrics: { readonly checks: ChecksReading; readonly served: number; readonly comparison: string } | undefined
  readonly minInvocations: number
  readonly unreadable?: string | undefined
}

/** The verdict on a candidate: what fails outranks what cannot be read, and what cannot be read what is missing. */
export function judge({ alarms, metrics, minInvocations, unreadable }: Gathered): Health {
  const insufficient = alarms.filter(alarm => alarm.state === 'INSUFFICIENT_DATA').map(alarm => alarm.name)
  const verdict = (verdict: Health['verdict'], because: string) => ({
    verdict,
    because,
    insufficient,
    served: metrics?.served,
  })
  const fired = alarms.find(alarm => alarm.fired !== undefined)
  if (fired?.fired !== undefined) {
    const again = fired.state === 'ALARM' ? '' : ` (it is ${fired.state} again)`
    const beside = metrics === undefined ? '' : ` (${metrics.comparison})`
    return verdict(
      'failing',
      `alarm ${fired.name} went to ALARM${again}: ${fired.fired.reason.replace(/\.$/, '')}${beside}`,
    )
  }
  if (metrics?.checks.verdict === 'failing') return verdict('failing', metrics.checks.because)
  if (unreadable !== undefined) return verdict('unknown', unreadable)
  const missing = alarms.filter(alarm => alarm.missing)
  if (missing.length > 0) {
    return verdict('unknown', `alarm ${missing.map(alarm => alarm.name).join(', ')} no longer exists`)
  }
  const quiet = describeQuiet(alarms)
  if (metrics === undefined)
    return alarms.length === 0 ? verdict('inconclusive', 'nothing to judge by') : verdict('healthy', quiet)
  const { checks, served } = metrics
  const seen = [...(alarms.length === 0 ? [] : [quiet]), ...(checks.readings.length === 0 ? [] : [checks.because])]
  if (served < Math.max(1, minInvocations))
    return verdict('inconclusive', [...seen, tooFew(served, minInvocations)].join('; '))
  // Of several targets one that is idle says nothing of the others; a check that is silent of all of them does.
  const byCheck = Map.groupBy(checks.readings, ({ text }) => text)
  const silent = [...byCheck.values()].some(readings => readings.every(({ verdict }) => verdict === 'no-data'))
  return verdict(
    silent ? 'inconclusive' : 'healthy',
    seen.length === 0 ? `${served} invocations served` : seen.join('; '),
  )
}

function tooFew(served: number, minInvocations: number): string {
  return minInvocations > 1
    ? `${served} of ${minInvocations} invocations settled`
    : 'no settled minute with traffic yet'
}

function describeQuiet(alarms: readonly WatchedAlarm[]): string {
  const counts = [
    [alarms.filter(alarm => alarm.state === 'OK').length, 'OK'],
    [alarms.filter(alarm => alarm.state === 'INSUFFICIENT_DATA').length, 'without data'],
    [alarms.filter(alarm => alarm.ignored).length, 'ignored until OK'],
  ] as const
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return `${alarms.length === 1 ? 'alarm' : 'alarms'}: ${parts.join(', ')}`
}
