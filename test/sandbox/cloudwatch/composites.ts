import { type Input, text } from '../input.ts'
import type { World } from '../world.ts'
import { enterState, initialReason } from './history.ts'
import { holds, namesOf, parseRule } from './rule.ts'
import type { Alarm } from './state.ts'

/** Works out the composite alarms until none changes any more; composites may name composites. */
export function evaluateComposites(world: World, at: number): void {
  const composites = [...world.cloudwatch.alarms.values()].filter(alarm => alarm.kind === 'CompositeAlarm')
  for (let round = 0; round <= composites.length; round += 1) {
    const changed = composites.filter(alarm => evaluate(world, alarm, at))
    if (changed.length === 0) return
  }
}

function evaluate(world: World, alarm: Alarm, at: number): boolean {
  const { alarms } = world.cloudwatch
  const rule = parseRule(text(alarm.input, 'AlarmRule') ?? 'FALSE')
  const value = holds(rule, name => alarms.get(name)?.value ?? 'INSUFFICIENT_DATA') ? 'ALARM' : 'OK'
  if (value === alarm.value) return false
  const children = namesOf(rule).flatMap(name => alarms.get(name) ?? [])
  const latest = children.sort((a, b) => b.transitioned - a.transitioned)[0]
  const isNew = alarm.reason === initialReason
  const reason =
    latest && !isNew
      ? `${latest.arn} transitioned to ${latest.value} at ${told(latest.transitioned)}`
      : `${alarm.arn} was created and its alarm rule evaluates to ${value}`
  enterState(world, alarm, { value, reason, ...(latest && { reasonData: triggeredBy(latest) }) }, at)
  return true
}

function triggeredBy({ arn, value, transitioned }: Alarm): Input {
  const timestamp = new Date(transitioned).toISOString().replace('Z', '+0000')
  return { triggeringAlarms: [{ arn, state: { value, timestamp } }] }
}

/** `Monday 23 November, 2026 10:00:00 UTC`, as CloudWatch writes it. */
function told(ms: number): string {
  const date = new Date(ms)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options }).format(date)
  const day = `${part({ weekday: 'long' })} ${date.toISOString().slice(8, 10)} ${part({ month: 'long' })}`
  return `${day}, ${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} UTC`
}
