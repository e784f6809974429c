import { detected, type Violation } from '../lambda/errors.ts'
import { ApiError } from '../wire.ts'

export function validationException(Message: string): ApiError {
  return new ApiError(400, 'ValidationException', { Message })
}

export function resourceNotFound(Message: string): ApiError {
  return new ApiError(404, 'ResourceNotFoundException', { Message })
}

export function conflict(Message: string): ApiError {
  return new ApiError(409, 'ConflictException', { Message })
}

/** Throws one ValidationException for all constraints that are broken; none is fine. */
export function validate(...violations: readonly (Violation | undefined)[]): void {
  const message = detected(violations)
  if (message !== undefined) throw validationException(message)
}

/** A member that cannot be left out. */
export function present<T>(value: T | undefined, at: string): T {
  if (value === undefined) validate({ value: 'null', at, constraint: 'Member must not be null' })
  return value as T
}

/** A member that is one of a few words; absent is fine. */
export function oneOf(values: readonly string[], value: string | undefined, at: string): Violation | undefined {
  if (value === undefined || values.includes(value)) return undefined
  return { value, at, constraint: `Member must satisfy enum value set: [${values.join(', ')}]` }
}

/** A text with at least a character and at most so many; absent is fine. */
export function sized(most: number, value: string | undefined, at: string): Violation | undefined {
  if (value === undefined || (value.length >= 1 && value.length <= most)) return undefined
  const broken = value.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${most}`
  return { value, at, constraint: `Member must have length ${broken}` }
}

/** A number within limits; absent is fine. */
export function within(least: number, most: number, value: number | undefined, at: string): Violation | undefined {
  if (value === undefined || (value >= least && value <= most)) return undefined
  const broken = value > most ? `less than or equal to ${most}` : `greater than or equal to ${least}`
  return { value: String(value), at, constraint: `Member must have value ${broken}` }
}
