import { type Input, isInput, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { evaluateComposites } from './composites.ts'
import { invalidParameterValue, resourceNotFound, validationError } from './errors.ts'
import { enterState } from './history.ts'
import type { StateValue } from './state.ts'

/** SetAlarmState: lasts until the alarm is next evaluated. */
export function setAlarmState(world: World, input: Input): Answer {
  const alarm = world.cloudwatch.alarms.get(text(input, 'AlarmName') ?? '')
  if (!alarm) throw resourceNotFound('')
  const value = text(input, 'StateValue')
  if (!isStateValue(value)) {
    throw validationError(
      `1 validation error detected: Value '${value}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]`,
    )
  }
  const reasonData = readReasonData(text(input, 'StateReasonData'))
  enterState(world, alarm, { value, reason: text(input, 'StateReason') ?? '', reasonData }, world.now())
  if (alarm.kind !== 'CompositeAlarm') evaluateComposites(world, world.now())
  return {}
}

function isStateValue(value: string | undefined): value is StateValue {
  return value === 'OK' || value === 'ALARM' || value === 'INSUFFICIENT_DATA'
}

function readReasonData(json: string | undefined): Input | undefined {
  if (json === undefined) return undefined
  try {
    const data: unknown = JSON.parse(json)
    if (isInput(data)) return data
  } catch {}
  throw invalidParameterValue('StateReasonData was not valid JSON')
}
