import { type Input, isInput } from '../input.ts'
import { signatureOf } from '../signature.ts'
import { type Answer, type ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { validationException } from './errors.ts'
import { createSchedule, updateSchedule } from './put-schedule.ts'
import { deleteSchedule, getSchedule } from './schedules.ts'

export type SchedulerCall = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer
}

/** An operation on one schedule, and the members of its input that are modelled. */
type Operation = {
  readonly method: string
  readonly members: readonly string[]
  readonly run: (world: World, input: Input) => Answer
}

const putMembers =
  'Name GroupName ClientToken ScheduleExpression ScheduleExpressionTimezone StartDate EndDate Description State FlexibleTimeWindow Target ActionAfterCompletion'

/** All that is modelled of EventBridge Scheduler. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateSchedule: operation('POST', putMembers, createSchedule),
  UpdateSchedule: operation('PUT', putMembers, updateSchedule),
  GetSchedule: operation('GET', 'Name GroupName', getSchedule),
  DeleteSchedule: operation('DELETE', 'Name GroupName ClientToken', deleteSchedule),
}

function operation(method: string, members: string, run: Operation['run']): Operation {
  return { method, members: members.split(' '), run }
}

const inQuery: Readonly<Record<string, string>> = { groupName: 'GroupName', clientToken: 'ClientToken' }

/** Reads a call that is signed for Scheduler: its path could as well be an object in a bucket called schedules. */
export function readSchedulerCall(request: WireRequest): SchedulerCall | undefined {
  if (signatureOf(request)?.service !== 'scheduler') return undefined
  const url = new URL(request.path, 'http://sandbox')
  const name = /^\/schedules\/([^/]+)$/.exec(url.pathname)?.[1]
  const [called, modelled] = Object.entries(operations).find(([, { method }]) => method === request.method) ?? []
  if (name === undefined || called === undefined || modelled === undefined) {
    const refuse = () => {
      throw notModelled(`Scheduler's ${request.method} ${url.pathname}`)
    }
    return { operation: `${request.method} ${url.pathname}`, input: {}, run: refuse }
  }
  const query = [...url.searchParams].map(([key, value]) => [inQuery[key] ?? key, value] as const)
  const body = readBody(request.body)
  const input = { ...Object.fromEntries(query), ...body, Name: decodeURIComponent(name) }
  return {
    operation: called,
    input,
    run: world => {
      if (!body) throw validationException('The body is not JSON')
      const strange = Object.keys(input).filter(member => !modelled.members.includes(member))
      if (strange.length > 0) throw notModelled(`${strange.join(', ')} of Scheduler's ${called}`)
      return modelled.run(world, input)
    },
  }
}

function readBody(bytes: Uint8Array): Input | undefined {
  try {
    const body: unknown = bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes))
    return isInput(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** The answer on the wire; times are seconds of the epoch already. */
export function writeSchedulerAnswer(answer: Answer, requestId: string): WireReply {
  return { status: 200, headers: headers(requestId), body: encode(answer.body ?? '{}') }
}

/** The error on the wire: its name in a header, and `Message` with a capital in the body. */
export function writeSchedulerError(error: ApiError, requestId: string): WireReply {
  return {
    status: error.status,
    headers: { ...headers(requestId), 'x-amzn-errortype': error.name },
    body: encode({ Message: error.message }),
  }
}

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'application/json', 'x-amzn-requestid': requestId }
}
