import { ApiError } from '../wire.ts'

/** A member that breaks a rule of the model. */
export function validationError(message: string): ApiError {
  return new ApiError(400, 'ValidationError', { message })
}

export function invalidParameterValue(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterValue', { message })
}

export function invalidParameterCombination(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterCombination', { message })
}

export function missingParameter(message: string): ApiError {
  return new ApiError(400, 'MissingParameter', { message })
}

export function resourceNotFound(message: string): ApiError {
  return new ApiError(404, 'ResourceNotFound', { message })
}

export function invalidNextToken(): ApiError {
  return new ApiError(400, 'InvalidNextToken', { message: 'Invalid NextToken.' })
}
