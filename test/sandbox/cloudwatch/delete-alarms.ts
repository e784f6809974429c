import { type Input, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { resourceNotFound, validationError } from './errors.ts'
import { noteConfiguration } from './history.ts'

/** DeleteAlarms: all of them or, where one does not exist, none; at most one composite among them. */
export function deleteAlarms(world: World, input: Input): Answer {
  const { alarms } = world.cloudwatch
  const names = texts(input, 'AlarmNames')
  if (names.length > 100) throw validationError('The collection AlarmNames must not have a size greater than 100.')
  const found = names.flatMap(name => alarms.get(name) ?? [])
  const missing = names.filter(name => !alarms.has(name))
  if (missing.length > 0) throw resourceNotFound(`Alarm(s) not found: [${missing.join(', ')}]`)
  if (found.filter(alarm => alarm.kind === 'CompositeAlarm').length > 1) {
    throw validationError('At most one composite alarm can be deleted at a time.')
  }
  for (const alarm of found) {
    alarms.delete(alarm.name)
    noteConfiguration(world, alarm, 'Delete')
  }
  return {}
}
