import { roleFor } from '../iam/roles.ts'
import { count, type Input, structure, text } from '../input.ts'
import { atMost, matches } from '../lambda/errors.ts'
import { type Answer, notModelled } from '../wire.ts'
import type { World } from '../world.ts'
import { conflict, oneOf, present, resourceNotFound, sized, validate, validationException, within } from './errors.ts'
import { timeOf } from './expression.ts'
import { groupOf, namePattern, scheduleArn } from './names.ts'
import { named, once, scheduleOr404 } from './schedules.ts'
import type { Schedule, Settings } from './state.ts'
import { requireTarget } from './target.ts'

/** CreateSchedule: looks at the role and not at whether the target is there. */
export function createSchedule(world: World, input: Input): Answer {
  return once(world, 'CreateSchedule', input, () => {
    const settings = settingsFrom(world, input)
    const { name, group, key } = named(input)
    requireGroup(world, group)
    if (world.scheduler.schedules.has(key)) throw conflict(`Schedule ${name} already exists.`)
    const now = world.now()
    const schedule: Schedule = {
      name,
      group,
      created: now,
      modified: now,
      settings,
      next: nextOf(world, settings),
      attempt: 1,
      runs: [],
      removed: undefined,
    }
    world.scheduler.schedules.set(key, schedule)
    world.scheduler.all.push(schedule)
    return { ScheduleArn: scheduleArn(world, group, name) }
  })
}

/** UpdateSchedule: replaces everything; what is left out goes to its default. */
export function updateSchedule(world: World, input: Input): Answer {
  return once(world, 'UpdateSchedule', input, () => {
    const settings = settingsFrom(world, input)
    const schedule = scheduleOr404(world, input)
    const isOver = schedule.runs.length > 0 && schedule.settings.at === settings.at
    schedule.settings = settings
    schedule.modified = world.now()
    schedule.attempt = 1
    // One that has been run is not run again for the same time.
    schedule.next = isOver ? undefined : nextOf(world, settings)
    return { ScheduleArn: scheduleArn(world, schedule.group, schedule.name) }
  })
}

function nextOf({ now, scheduling }: World, { at, state }: Settings): number | undefined {
  if (state === 'DISABLED') return undefined
  if (at < now() && scheduling.past === 'never run') return undefined
  return Math.max(now(), at + scheduling.lateMs)
}

const rolePattern = 'arn:aws[a-z-]*:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+'
const settable = ['Arn', 'RoleArn', 'Input', 'RetryPolicy']

/** Reads all that is said of a schedule. The expression is looked at before the role, as AWS does. */
function settingsFrom(world: World, input: Input): Settings {
  const expression = present(text(input, 'ScheduleExpression'), 'scheduleExpression')
  const target = present(structure(input, 'Target'), 'target')
  const targetArn = present(text(target, 'Arn'), 'target.arn')
  const role = present(text(target, 'RoleArn'), 'target.roleArn')
  const timezone = text(input, 'ScheduleExpressionTimezone')
  const description = text(input, 'Description')
  const state = text(input, 'State')
  const afterCompletion = text(input, 'ActionAfterCompletion')
  const retryPolicy = structure(target, 'RetryPolicy') ?? {}
  const ageSeconds = count(retryPolicy, 'MaximumEventAgeInSeconds')
  const attempts = count(retryPolicy, 'MaximumRetryAttempts')
  validate(
    matches(text(input, 'Name'), 'name', namePattern) ?? sized(64, text(input, 'Name'), 'name'),
    matches(groupOf(input), 'groupName', namePattern) ?? sized(64, groupOf(input), 'groupName'),
    matches(text(input, 'ClientToken'), 'clientToken', '[a-zA-Z0-9-_]+') ??
      sized(64, text(input, 'ClientToken'), 'clientToken'),
    sized(256, expression, 'scheduleExpression'),
    sized(50, timezone, 'scheduleExpressionTimezone'),
    atMost(512, description, 'description'),
    oneOf(['ENABLED', 'DISABLED'], state, 'state'),
    oneOf(['NONE', 'DELETE'], afterCompletion, 'actionAfterCompletion'),
    sized(1600, targetArn, 'target.arn'),
    matches(role, 'target.roleArn', rolePattern) ?? sized(1600, role, 'target.roleArn'),
    sized(Number.POSITIVE_INFINITY, text(target, 'Input'), 'target.input'),
    within(60, 86_400, ageSeconds, 'target.retryPolicy.maximumEventAgeInSeconds'),
    within(0, 185, attempts, 'target.retryPolicy.maximumRetryAttempts'),
  )
  requireNoWindow(input)
  const at = timeOf(expression, timezone ?? 'UTC')
  const strange = Object.keys(target).filter(member => !settable.includes(member))
  if (strange.length > 0) throw notModelled(`${strange.join(', ')} of a schedule's Target`)
  requireTarget(targetArn, text(target, 'Input'))
  if (!roleFor(world, role, 'scheduler')) {
    throw validationException('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.')
  }
  return {
    expression,
    timezone: timezone ?? 'UTC',
    at,
    state: state === 'DISABLED' ? state : 'ENABLED',
    afterCompletion: afterCompletion === 'DELETE' ? afterCompletion : 'NONE',
    description,
    role,
    targetArn,
    input: text(target, 'Input'),
    retryPolicy: { MaximumEventAgeInSeconds: ageSeconds ?? 86_400, MaximumRetryAttempts: attempts ?? 185 },
    dates: Object.fromEntries(Object.entries(input).filter(([member]) => ['StartDate', 'EndDate'].includes(member))),
  }
}

function requireNoWindow(input: Input): void {
  const window = present(structure(input, 'FlexibleTimeWindow'), 'flexibleTimeWindow')
  const mode = present(text(window, 'Mode'), 'flexibleTimeWindow.mode')
  validate(
    oneOf(['OFF', 'FLEXIBLE'], mode, 'flexibleTimeWindow.mode'),
    within(1, 1440, count(window, 'MaximumWindowInMinutes'), 'flexibleTimeWindow.maximumWindowInMinutes'),
  )
  if (mode === 'FLEXIBLE') throw notModelled("a schedule's flexible time window")
}

function requireGroup({ scheduling }: World, group: string): void {
  if (!scheduling.groups.includes(group)) throw resourceNotFound(`Schedule group ${group} does not exist.`)
}
