import { ApiError } from '../wire.ts'

export function validationError(message: string): ApiError {
  return new ApiError(400, 'ValidationError', { message })
}

/** The role is not there, or does not trust who asks: STS does not say which. */
export function notAuthorized(): ApiError {
  return new ApiError(403, 'AccessDenied', { message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' })
}

export function invalidIdentityToken(message: string): ApiError {
  return new ApiError(400, 'InvalidIdentityToken', { message })
}

/** The token was good until then; both times in ms. */
export function expiredIdentityToken(now: number, expiresAt: number): ApiError {
  const seconds = (time: number) => Math.floor(time / 1000)
  const message = `Token expired: current date/time ${seconds(now)} must be before the expiration date/time ${seconds(expiresAt)}`
  return new ApiError(400, 'ExpiredTokenException', { message })
}
