import type { WatchedAlarm } from './alarms.ts'

/** How the candidate does at one look. */
export type Health = {
  readonly verdict: 'healthy' | 'failing' | 'inconclusive' | 'unknown'
  readonly because: string
  /** Names of alarms that have no data to judge by. */
  readonly insufficient: readonly string[]
}

/** The verdict of the alarms; `unreadable` says why a look could not read them. */
export function judge(alarms: readonly WatchedAlarm[], unreadable?: string): Health {
  const insufficient = alarms.filter(alarm => alarm.state === 'INSUFFICIENT_DATA').map(alarm => alarm.name)
  const fired = alarms.find(alarm => alarm.fired !== undefined)
  if (fired?.fired !== undefined) {
    const again = fired.state === 'ALARM' ? '' : ` (it is ${fired.state} again)`
    return {
      verdict: 'failing',
      because: `alarm ${fired.name} went to ALARM${again}: ${fired.fired.reason.replace(/\.$/, '')}`,
      insufficient,
    }
  }
  if (unreadable !== undefined) return { verdict: 'unknown', because: unreadable, insufficient }
  const missing = alarms.filter(alarm => alarm.missing)
  if (missing.length > 0) {
    const names = missing.map(alarm => alarm.name).join(', ')
    return { verdict: 'unknown', because: `alarm ${names} no longer exists`, insufficient }
  }
  return { verdict: 'healthy', because: describeQuiet(alarms), insufficient }
}

function describeQuiet(alarms: readonly WatchedAlarm[]): string {
  if (alarms.length === 0) return 'no alarms to watch'
  const counts = [
    [alarms.filter(alarm => alarm.state === 'OK').length, 'OK'],
    [alarms.filter(alarm => alarm.state === 'INSUFFICIENT_DATA').length, 'without data'],
    [alarms.filter(alarm => alarm.ignored).length, 'ignored until OK'],
  ] as const
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return `${alarms.length === 1 ? 'alarm' : 'alarms'}: ${parts.join(', ')}`
}
