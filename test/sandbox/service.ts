import { readCloudWatchCall, writeCloudWatchAnswer, writeCloudWatchError } from './cloudwatch/api.ts'
import type { Fault } from './faults.ts'
import { denial } from './iam/denial.ts'
import { needs } from './iam/needs.ts'
import type { Input } from './input.ts'
import { readLambdaCall, writeLambdaAnswer, writeLambdaError } from './lambda/api.ts'
import { readLogsCall, writeLogsAnswer, writeLogsError } from './logs/api.ts'
import type { ServiceName } from './record.ts'
import { readS3Call, writeS3Answer, writeS3Error } from './s3/api.ts'
import { type Answer, ApiError, type WireReply, type WireRequest } from './wire.ts'
import type { World } from './world.ts'

/** A call, read off the wire by its service, and how that service writes what comes of it. */
export type ServiceCall = {
  readonly service: ServiceName
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer | Promise<Answer>
  readonly write: (answer: Answer, requestId: string) => WireReply
  readonly writeError: (error: ApiError, requestId: string) => WireReply
}

/** Finds the service that a request is for: CloudWatch and its Logs by headers, Lambda by dated paths, S3 is the rest. */
export function readCall(request: WireRequest): ServiceCall {
  const logs = readLogsCall(request)
  if (logs) return { service: 'logs', ...logs, write: writeLogsAnswer, writeError: writeLogsError }
  const cloudwatch = readCloudWatchCall(request)
  if (cloudwatch) {
    return {
      service: 'cloudwatch',
      ...cloudwatch,
      write: (answer, id) => writeCloudWatchAnswer(answer, id),
      writeError: (error, id) => writeCloudWatchError(request, error, id),
    }
  }
  if (/^\/20\d\d-\d\d-\d\d\//.test(request.path)) {
    return { service: 'lambda', ...readLambdaCall(request), write: writeLambdaAnswer, writeError: writeLambdaError }
  }
  return { service: 's3', ...readS3Call(request), write: writeS3Answer, writeError: writeS3Error }
}

/** The error that a fault makes a service answer with; undefined for faults that are none. */
export function errorOf(fault: Fault, call: ServiceCall, world: World): ApiError | undefined {
  switch (fault.kind) {
    case 'throttle':
      return throttles[call.service]()
    case 'denied':
      return denied(call, world)
    case 'expired':
      return expired[call.service]()
    case 'error':
      return new ApiError(fault.status, fault.name, { message: fault.message })
    case 'delay':
    case 'lose-answer':
    case 'reset':
    case 'html':
    case 'before':
    case 'after':
      return undefined
  }
}

const throttles: Readonly<Record<ServiceName, () => ApiError>> = {
  lambda: () =>
    new ApiError(
      429,
      'TooManyRequestsException',
      { message: 'Rate exceeded', Reason: 'CallerRateLimitExceeded', Type: 'User' },
      { 'retry-after': '1' },
    ),
  cloudwatch: () => new ApiError(400, 'Throttling', { message: 'Rate exceeded' }),
  s3: () => new ApiError(503, 'SlowDown', { message: 'Please reduce your request rate.' }),
  logs: () => new ApiError(400, 'ThrottlingException', { message: 'Rate exceeded' }),
}

const expired: Readonly<Record<ServiceName, () => ApiError>> = {
  lambda: () =>
    new ApiError(403, 'ExpiredTokenException', { message: 'The security token included in the request is expired' }),
  cloudwatch: () =>
    new ApiError(403, 'ExpiredToken', { message: 'The security token included in the request is expired' }),
  s3: () => new ApiError(400, 'ExpiredToken', { message: 'The provided token has expired.' }),
  logs: () =>
    new ApiError(400, 'ExpiredTokenException', { message: 'The security token included in the request is expired' }),
}

/** A denial of the first thing that the call has to be allowed. */
function denied(call: ServiceCall, world: World): ApiError {
  const { service, operation, input } = call
  const first = needs[service][operation]?.(world, input)[0]
  return denial(service, first ?? { action: `${service}:${operation}`, resource: '*' }, world)
}
