import { gunzipSync } from 'node:zlib'
import { type Input, isInput } from '../input.ts'
import { type Answer, ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { type Operation, operations } from './operations.ts'

export type CloudWatchCall = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer | Promise<Answer>
}

const service = 'GraniteServiceVersion20100801'

/** Reads a call in AWS JSON 1.0, gzip or not; undefined where the request is not for CloudWatch. */
export function readCloudWatchCall(request: WireRequest): CloudWatchCall | undefined {
  const operation = request.headers['x-amz-target']?.replace(`${service}.`, '')
  if (operation === undefined) return readOtherProtocol(request)
  const input = readInput(request)
  const modelled = operations[operation]
  return {
    operation,
    input: input ?? {},
    run: world => {
      if (!modelled) throw notModelled(`CloudWatch's ${operation}`)
      if (!input) throw new ApiError(400, 'SerializationException', { message: 'The body is not JSON' })
      requireModelled(operation, modelled, input)
      return modelled.run(world, input)
    },
  }
}

/** CloudWatch speaks CBOR and the query protocol as well; the sandbox understands no more than to say no. */
function readOtherProtocol(request: WireRequest): CloudWatchCall | undefined {
  const cbor = new RegExp(`^/service/${service}/operation/(\\w+)$`).exec(request.path)?.[1]
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const query = form ? new URLSearchParams(new TextDecoder().decode(request.body)) : undefined
  const operation = cbor ?? (query?.get('Version') === '2010-08-01' ? query.get('Action') : undefined)
  if (!operation) return undefined
  const refuse = () => {
    throw notModelled(`CloudWatch's ${operation} in any protocol but AWS JSON 1.0`)
  }
  return { operation, input: {}, run: refuse }
}

function readInput(request: WireRequest): Input | undefined {
  const gzip = request.headers['content-encoding'] === 'gzip'
  try {
    const bytes = gzip ? gunzipSync(request.body) : request.body
    const body: unknown = bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes))
    return isInput(body) ? body : undefined
  } catch {
    return undefined
  }
}

function requireModelled(name: string, operation: Operation, input: Input): void {
  const strange = Object.keys(input).filter(member => !operation.members.includes(member))
  if (strange.length > 0) throw notModelled(`${strange.join(', ')} of CloudWatch's ${name}`)
}

/** CloudWatch's answer on the wire; times are seconds of the epoch. */
export function writeCloudWatchAnswer(answer: Answer, requestId: string): WireReply {
  return {
    status: answer.status ?? 200,
    headers: headers(requestId),
    body: encode(answer.body === undefined ? '{}' : JSON.stringify(inSeconds(answer.body))),
  }
}

/** Some errors are called otherwise in the model than in the query protocol, whose names the header carries. */
const shapes: Readonly<Record<string, string>> = {
  ValidationError: 'com.amazon.coral.validate#ValidationException',
  InvalidParameterValue: 'com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException',
  InvalidParameterCombination: 'com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterCombinationException',
  MissingParameter: 'com.amazonaws.cloudwatch.v2010_08_01#MissingRequiredParameterException',
}

/** CloudWatch's error on the wire. One that is 404 in the query protocol is 400 to a caller that never spoke it. */
export function writeCloudWatchError(request: WireRequest, error: ApiError, requestId: string): WireReply {
  const sender = error.status < 500 ? 'Sender' : 'Receiver'
  const type = shapes[error.name] ?? `com.amazonaws.cloudwatch.v2010_08_01#${error.name}`
  return {
    status: error.status === 404 && request.headers['x-amzn-query-mode'] !== 'true' ? 400 : error.status,
    headers: { ...headers(requestId), 'x-amzn-query-error': `${error.name};${sender}` },
    body: encode({ __type: type, message: error.message }),
  }
}

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId }
}

function inSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(inSeconds)
  if (!isInput(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inSeconds(member)]))
}
