import { type Input, text } from '../input.ts'
import { matches } from '../lambda/errors.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { conflict, present, resourceNotFound, sized, validate } from './errors.ts'
import { groupOf, namePattern, scheduleArn } from './names.ts'
import type { Schedule } from './state.ts'

/** GetSchedule: as it was put; whether it has been run it does not tell. */
export function getSchedule(world: World, input: Input): Answer {
  const { name, group, created, modified, settings } = scheduleOr404(world, input)
  return {
    body: {
      Arn: scheduleArn(world, group, name),
      GroupName: group,
      Name: name,
      ScheduleExpression: settings.expression,
      ScheduleExpressionTimezone: settings.timezone,
      ...settings.dates,
      ...(settings.description !== undefined && { Description: settings.description }),
      State: settings.state,
      ActionAfterCompletion: settings.afterCompletion,
      FlexibleTimeWindow: { Mode: 'OFF' },
      CreationDate: created / 1000,
      LastModificationDate: modified / 1000,
      Target: {
        Arn: settings.targetArn,
        RoleArn: settings.role,
        ...(settings.input !== undefined && { Input: settings.input }),
        RetryPolicy: settings.retryPolicy,
      },
    },
  }
}

/** DeleteSchedule: nothing of it is run from then on; of retries under way AWS does not say so much. */
export function deleteSchedule(world: World, input: Input): Answer {
  return once(world, 'DeleteSchedule', input, () => {
    remove(world, scheduleOr404(world, input), 'by a call')
    return {}
  })
}

/** Takes a schedule away. */
export function remove(world: World, schedule: Schedule, how: Exclude<Schedule['removed'], undefined>): void {
  schedule.removed = how
  schedule.next = undefined
  world.scheduler.schedules.delete(keyOf(schedule.group, schedule.name))
}

/** The schedule that a call names; 404 where there is none of that name in its group. */
export function scheduleOr404(world: World, input: Input): Schedule {
  const { name, key } = named(input)
  const found = world.scheduler.schedules.get(key)
  if (!found) throw resourceNotFound(`Schedule ${name} does not exist.`)
  return found
}

/** Reads which schedule a call is about. */
export function named(input: Input): { readonly name: string; readonly group: string; readonly key: string } {
  const name = present(text(input, 'Name'), 'name')
  const group = groupOf(input)
  validate(
    matches(name, 'name', namePattern) ?? sized(64, name, 'name'),
    matches(group, 'groupName', namePattern) ?? sized(64, group, 'groupName'),
  )
  return { name, group, key: keyOf(group, name) }
}

/** Does what a call asks for, once for each client token: the same call again only has the same answer. */
export function once(world: World, operation: string, input: Input, run: () => Input): Answer {
  const { ClientToken: token, ...members } = input
  if (typeof token !== 'string') return { body: run() }
  const call = JSON.stringify([operation, members])
  const before = world.scheduler.tokens.get(token)
  if (before && before.call !== call) throw conflict('The client token was used for another request.')
  const body = before?.body ?? run()
  world.scheduler.tokens.set(token, { call, body })
  return { body }
}

function keyOf(group: string, name: string): string {
  return `${group}/${name}`
}
