import { ApiError } from '../wire.ts'

/** Lambda writes `message` in most errors and `Message` in some; which is which was recorded. */
export function resourceNotFound(message: string): ApiError {
  return new ApiError(404, 'ResourceNotFoundException', { Type: 'User', Message: message })
}

export function invalidParameter(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterValueException', { Type: 'User', message })
}

export function conflict(message: string): ApiError {
  return new ApiError(409, 'ResourceConflictException', { Type: 'User', message })
}

/** A revision that is no longer the latest; `api` is the call that the text sends one to. */
export function preconditionFailed(api: 'GetFunction/GetAlias' | 'GetPolicy'): ApiError {
  const message = `The Revision Id provided does not match the latest Revision Id. Call the ${api} API to retrieve the latest Revision Id`
  return new ApiError(412, 'PreconditionFailedException', { Type: 'User', message })
}

export function requestTooLarge(message: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLargeException', { message })
}

/** What is said of a permission for everybody, where the account blocks those; the text is not confirmed. */
export function publicPolicy(): ApiError {
  return new ApiError(400, 'PublicPolicyException', {
    Type: 'User',
    Message: 'The permission would grant public access to the Lambda resource, which is not allowed.',
  })
}

export function policyTooLong(size: number, limit: number): ApiError {
  const message = `The final policy size (${size}) is bigger than the limit (${limit}).`
  return new ApiError(400, 'PolicyLengthExceededException', { Type: 'User', message })
}

/** The account of another: what IAM says before Lambda looks. */
export function accessDenied(action: string, arn: string, account: string): ApiError {
  const user = `arn:aws:sts::${account}:assumed-role/sandbox/session`
  return new ApiError(403, 'AccessDeniedException', {
    Message: `User: ${user} is not authorized to perform: ${action} on resource: ${arn}`,
  })
}

/** One broken constraint, in the words of the service's validator. */
export type Violation = { readonly value: string; readonly at: string; readonly constraint: string }

/** Throws one ValidationException for all constraints that are broken, as Lambda does; none is fine. */
export function validate(...violations: readonly (Violation | undefined)[]): void {
  const message = detected(violations)
  if (message !== undefined) throw new ApiError(400, 'ValidationException', { message })
}

/** What services say of all constraints that are broken; undefined where none is. */
export function detected(violations: readonly (Violation | undefined)[]): string | undefined {
  const broken = violations.filter(violation => violation !== undefined)
  if (broken.length === 0) return undefined
  const told = broken.map(v => `Value '${v.value}' at '${v.at}' failed to satisfy constraint: ${v.constraint}`)
  const heading = broken.length === 1 ? '1 validation error' : `${broken.length} validation errors`
  return `${heading} detected: ${told.join('; ')}`
}

/** A text has to match the whole of a pattern; absent is fine. */
export function matches(value: string | undefined, at: string, pattern: string): Violation | undefined {
  if (value === undefined || new RegExp(`^(?:${pattern})$`).test(value)) return undefined
  return { value, at, constraint: `Member must satisfy regular expression pattern: ${pattern}` }
}

/** A text may have so many characters at most; absent is fine. */
export function atMost(length: number, value: string | undefined, at: string): Violation | undefined {
  if (value === undefined || value.length <= length) return undefined
  return { value, at, constraint: `Member must have length less than or equal to ${length}` }
}

/** A number of things has to be one or more. */
export function atLeastOne(value: number, at: string): Violation | undefined {
  if (value >= 1) return undefined
  return { value: String(value), at, constraint: 'Member must have value greater than or equal to 1' }
}

/** A member that cannot be left out. */
export function present<T>(value: T | undefined, at: string): T {
  if (value === undefined) validate({ value: 'null', at, constraint: 'Member must not be null' })
  return value as T
}
