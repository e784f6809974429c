import { readCloudWatchCall, writeCloudWatchAnswer, writeCloudWatchError } from './cloudwatch/api.ts'
import type { Fault } from './faults.ts'
import { denial } from './iam/denial.ts'
import { needs } from './iam/needs.ts'
import type { Input } from './input.ts'
import { readLambdaCall, writeLambdaAnswer, writeLambdaError } from './lambda/api.ts'
import { rateExceeded } from './lambda/pace.ts'
import { readLogsCall, writeLogsAnswer, writeLogsError } from './logs/api.ts'
import type { ServiceName } from './record.ts'
import { readS3Call, writeS3Answer, writeS3Error } from './s3/api.ts'
import { readSchedulerCall, writeSchedulerAnswer, writeSchedulerError } from './scheduler/api.ts'
import { readStsCall, writeStsAnswer, writeStsError } from './sts/api.ts'
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

/**
 * Finds the service that a request is for: Scheduler by who it is signed for, CloudWatch and its Logs by headers, STS by
 * its form, Lambda by dated paths; S3 is the rest.
 */
export function readCall(request: WireRequest): ServiceCall {
  const scheduler = readSchedulerCall(request)
  if (scheduler) {
    return { service: 'scheduler', ...scheduler, write: writeSchedulerAnswer, writeError: writeSchedulerError }
  }
  const sts = readStsCall(request)
  if (sts) {
    const write = (answer: Answer, id: string) => writeStsAnswer(sts.operation, answer, id)
    return { service: 'sts', ...sts, write, writeError: writeStsError }
  }
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
  lambda: rateExceeded,
  cloudwatch: () => new ApiError(400, 'Throttling', { message: 'Rate exceeded' }),
  s3: () => new ApiError(503, 'SlowDown', { message: 'Please reduce your request rate.' }),
  logs: () => new ApiError(400, 'ThrottlingException', { message: 'Rate exceeded' }),
  scheduler: () => new ApiError(429, 'ThrottlingException', { Message: 'Rate exceeded' }),
  sts: () => new ApiError(400, 'Throttling', { message: 'Rate exceeded' }),
}

const isExpired = 'The security token included in the request is expired'

/** What a service says to keys of a session that is over. */
export const expired: Readonly<Record<ServiceName, () => ApiError>> = {
  lambda: () => new ApiError(403, 'ExpiredTokenException', { message: isExpired }),
  cloudwatch: () => new ApiError(403, 'ExpiredToken', { message: isExpired }),
  s3: () => new ApiError(400, 'ExpiredToken', { message: 'The provided token has expired.' }),
  logs: () => new ApiError(400, 'ExpiredTokenException', { message: isExpired }),
  scheduler: () => new ApiError(403, 'ExpiredTokenException', { Message: isExpired }),
  sts: () => new ApiError(403, 'ExpiredToken', { message: isExpired }),
}

const isInvalid = 'The security token included in the request is invalid.'

/** What a service says to keys that nobody has, or that their token does not go with. */
export const invalid: Readonly<Record<ServiceName, () => ApiError>> = {
  lambda: () => new ApiError(403, 'UnrecognizedClientException', { message: isInvalid }),
  cloudwatch: () => new ApiError(403, 'InvalidClientTokenId', { message: isInvalid }),
  s3: () =>
    new ApiError(403, 'InvalidAccessKeyId', {
      message: 'The AWS Access Key Id you provided does not exist in our records.',
    }),
  logs: () => new ApiError(400, 'UnrecognizedClientException', { message: isInvalid }),
  scheduler: () => new ApiError(403, 'UnrecognizedClientException', { Message: isInvalid }),
  sts: () => new ApiError(403, 'InvalidClientTokenId', { message: isInvalid }),
}

/** A denial of the first thing that the call has to be allowed. */
function denied(call: ServiceCall, world: World): ApiError {
  const { service, operation, input } = call
  const first = needs[service][operation]?.(world, input)[0]
  return denial(service, first ?? { action: `${service}:${operation}`, resource: '*' }, world)
}
