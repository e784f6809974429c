import { ApiError } from '../wire.ts'

/** One member that GitHub finds wrong. */
export type Wrong = {
  readonly resource: string
  readonly code: string
  readonly field: string
  readonly message?: string
  readonly contexts?: readonly object[]
}

/** Any error: the message is its name too, since GitHub gives no other. */
export function gitHubError(
  status: number,
  message: string,
  body: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): ApiError {
  return new ApiError(status, message, { message, ...body }, headers)
}

export function notFound(): ApiError {
  return gitHubError(404, 'Not Found')
}

/** What is understood and cannot be. */
export function validationFailed(...errors: readonly Wrong[]): ApiError {
  return gitHubError(422, 'Validation Failed', { errors })
}

/** What does not have the shape that the operation asks for. */
export function invalidRequest(because: string): ApiError {
  return gitHubError(422, `Invalid request.\n\n${because}`)
}

/** What a token may not do; only the message tells an installation's from a person's. */
export function notAccessible(kind: 'installation' | 'personal'): ApiError {
  const by = kind === 'installation' ? 'integration' : 'personal access token'
  return gitHubError(403, `Resource not accessible by ${by}`)
}

/** A route that exists at GitHub's, or not: the sandbox cannot tell, and invents nothing. */
export function unknownRoute(route: string): ApiError {
  return gitHubError(404, `The sandbox does not model GitHub's ${route}.`)
}
