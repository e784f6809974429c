import { type Input, isInput } from '../input.ts'
import type { TimeoutStyle } from '../lambda/log-lines.ts'
import { type Answer, ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { describeLogStreams } from './describe-log-streams.ts'
import { filterLogEvents } from './filter-log-events.ts'

export type LogsCall = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer
}

/** How the log shows what AWS is known to do in several ways. */
export type LogsOptions = {
  /** So many pages of each search have no events and a token, before the first that may have some. */
  readonly emptyPages: number
  readonly timeouts: TimeoutStyle
}

/** An operation, and the members of its input that are modelled. */
type Operation = { readonly members: readonly string[]; readonly run: (world: World, input: Input) => Answer }

/** All that is modelled of CloudWatch Logs. */
export const operations: Readonly<Record<string, Operation>> = {
  FilterLogEvents: operation(
    'logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern nextToken limit interleaved startFromHead',
    filterLogEvents,
  ),
  DescribeLogStreams: operation(
    'logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit',
    describeLogStreams,
  ),
}

function operation(members: string, run: Operation['run']): Operation {
  return { members: members.split(' '), run }
}

const target = 'Logs_20140328.'

/** Reads a call in AWS JSON 1.1; undefined where the request is not for CloudWatch Logs. */
export function readLogsCall(request: WireRequest): LogsCall | undefined {
  const named = request.headers['x-amz-target']
  if (!named?.startsWith(target)) return undefined
  const name = named.slice(target.length)
  const input = readInput(request.body)
  return {
    operation: name,
    input: input ?? {},
    run: world => {
      const modelled = operations[name]
      if (!modelled) throw notModelled(`CloudWatch Logs' ${name}`)
      if (!input) throw new ApiError(400, 'SerializationException', { message: 'The body is not JSON' })
      const strange = Object.keys(input).filter(member => !modelled.members.includes(member))
      if (strange.length > 0) throw notModelled(`${strange.join(', ')} of CloudWatch Logs' ${name}`)
      return modelled.run(world, input)
    },
  }
}

function readInput(bytes: Uint8Array): Input | undefined {
  try {
    const body: unknown = bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes))
    return isInput(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** The answer on the wire; times are numbers already. */
export function writeLogsAnswer(answer: Answer, requestId: string): WireReply {
  return { status: 200, headers: headers(requestId), body: encode(answer.body ?? '{}') }
}

/** The error on the wire: its name in the body. */
export function writeLogsError(error: ApiError, requestId: string): WireReply {
  return {
    status: error.status,
    headers: headers(requestId),
    body: encode({ __type: error.name, message: error.message }),
  }
}

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId }
}
