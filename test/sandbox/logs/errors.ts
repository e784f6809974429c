import { ApiError } from '../wire.ts'

/** All that a caller does wrong is 400. */
export function invalidParameter(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterException', { message })
}

export function validationException(message: string): ApiError {
  return new ApiError(400, 'ValidationException', { message })
}

export function groupNotFound(): ApiError {
  return new ApiError(400, 'ResourceNotFoundException', { message: 'The specified log group does not exist.' })
}

export function invalidToken(): ApiError {
  return invalidParameter('The specified nextToken is invalid.')
}

/** A member that breaks a rule of the model. */
export function violation(value: unknown, at: string, constraint: string): ApiError {
  return invalidParameter(
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`,
  )
}
