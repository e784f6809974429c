import { count, type Input, text, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { page } from './paging.ts'
import type { Alarm, StateValue } from './state.ts'

/** Why an alarm that was never evaluated has insufficient data. */
export const initialReason = 'Unchecked: Initial alarm creation'

/** A state, and why. */
export type AlarmState = {
  readonly value: StateValue
  readonly reason: string
  readonly reasonData?: Input | undefined
}

/** Puts an alarm into a state; a change is a transition and goes into its history. */
export function enterState(world: World, alarm: Alarm, state: AlarmState, at: number): void {
  const before: AlarmState = { value: alarm.value, reason: alarm.reason, reasonData: alarm.reasonData }
  alarm.value = state.value
  alarm.reason = state.reason
  alarm.reasonData = state.reasonData
  alarm.updated = at
  if (before.value === state.value) return
  alarm.transitioned = at
  world.cloudwatch.history.push({
    alarm: alarm.name,
    kind: alarm.kind,
    at,
    type: 'StateUpdate',
    summary: `Alarm updated from ${before.value} to ${state.value}`,
    data: { version: '1.0', oldState: showState(before), newState: showState(state) },
  })
}

/** Notes in the history that an alarm was created, updated or deleted. */
export function noteConfiguration(world: World, alarm: Alarm, type: 'Create' | 'Update' | 'Delete'): void {
  const done = { Create: 'created', Update: 'updated', Delete: 'deleted' }[type]
  world.cloudwatch.history.push({
    alarm: alarm.name,
    kind: alarm.kind,
    at: world.now(),
    type: 'ConfigurationUpdate',
    summary: `Alarm "${alarm.name}" ${done}`,
    data: { version: '1.0', type },
  })
}

/** DescribeAlarmHistory: newest first unless asked; only metric alarms' unless AlarmTypes says more. */
export function describeAlarmHistory(world: World, input: Input): Answer {
  const name = text(input, 'AlarmName')
  const types = texts(input, 'AlarmTypes')
  const type = text(input, 'HistoryItemType')
  const from = (count(input, 'StartDate') ?? Number.NEGATIVE_INFINITY) * 1000
  const to = (count(input, 'EndDate') ?? Number.POSITIVE_INFINITY) * 1000
  const found = world.cloudwatch.history.filter(
    item =>
      (name === undefined || item.alarm === name) &&
      (types.length > 0 ? types : ['MetricAlarm']).includes(item.kind) &&
      (type === undefined || item.type === type) &&
      item.at >= from &&
      item.at <= to,
  )
  const ordered = text(input, 'ScanBy') === 'TimestampAscending' ? found : found.reverse()
  const { items, ...more } = page(ordered, input)
  const shown = items.map(item => ({
    AlarmName: item.alarm,
    AlarmType: item.kind,
    Timestamp: new Date(item.at),
    HistoryItemType: item.type,
    HistorySummary: item.summary,
    HistoryData: JSON.stringify(item.data),
  }))
  return { body: { AlarmHistoryItems: shown, ...more } }
}

function showState({ value, reason, reasonData }: AlarmState): Input {
  return { stateValue: value, stateReason: reason, ...(reasonData && { stateReasonData: reasonData }) }
}
