import { notModelled } from '../wire.ts'
import { validationException } from './errors.ts'

/** The time of a one-time schedule in ms of the epoch: `at(yyyy-mm-ddThh:mm:ss)` on the clocks of a time zone. */
export function timeOf(expression: string, timezone: string): number {
  if (/^(rate|cron)\(.*\)$/.test(expression)) throw notModelled(`Scheduler's ${expression}: it runs one-time schedules`)
  const local = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1]
  const asUtc = Date.parse(`${local}Z`)
  // A day that its month does not have is taken for one of the next.
  const isTime = Number.isFinite(asUtc) && new Date(asUtc).toISOString().startsWith(String(local))
  if (!isTime) throw validationException(`Invalid Schedule Expression ${expression}.`)
  const guess = asUtc - offsetMs(timezone, asUtc)
  return asUtc - offsetMs(timezone, guess)
}

/** How far a zone's clocks are ahead of UTC at a time. */
function offsetMs(timezone: string, time: number): number {
  const local = clockOf(timezone).format(new Date(time))
  const [day = '', hour = ''] = local.split(', ')
  return Date.parse(`${day}T${hour}Z`) - time
}

/** Sweden writes days as ISO does. */
function clockOf(timeZone: string): { format(date: Date): string } {
  try {
    const clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    return { format: date => clock.format(date).replace(' ', ', ') }
  } catch {
    throw validationException(`Invalid ScheduleExpressionTimezone ${timeZone}.`)
  }
}
