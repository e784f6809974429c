import { type Input, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'

/** EnableAlarmActions: of the alarms that exist; the others are passed over. */
export function enableAlarmActions(world: World, input: Input): Answer {
  return setActionsEnabled(world, input, true)
}

/** DisableAlarmActions: their states go on changing, only nobody is told. */
export function disableAlarmActions(world: World, input: Input): Answer {
  return setActionsEnabled(world, input, false)
}

function setActionsEnabled(world: World, input: Input, ActionsEnabled: boolean): Answer {
  for (const name of texts(input, 'AlarmNames')) {
    const alarm = world.cloudwatch.alarms.get(name)
    if (alarm) alarm.input = { ...alarm.input, ActionsEnabled }
  }
  return {}
}
