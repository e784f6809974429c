import type { ApiError } from '../wire.ts'
import { gitHubError } from './errors.ts'
import type { Token } from './tokens.ts'

const hour = 3_600_000
const documented = 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api'

/** Counts a call of a token, and whether it is one too many of this hour. */
export function countCall(token: Token, now: number): 'within' | 'beyond' {
  if (now >= token.resets) {
    token.used = 0
    token.resets = now + hour
  }
  token.used += 1
  return token.used <= token.limit ? 'within' : 'beyond'
}

/** The headers that stand on every answer; without a token those of nobody. */
export function limitHeaders(token: Token | undefined, now: number): Record<string, string> {
  const { limit, used, resets } = token ?? { limit: 60, used: 1, resets: now + hour }
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - used)),
    'x-ratelimit-used': String(Math.min(used, limit)),
    'x-ratelimit-reset': String(Math.ceil(resets / 1000)),
    'x-ratelimit-resource': 'core',
  }
}

/** The hour's calls are used up until `resets`, in ms; 403 and 429 are both documented. */
export function limitExceeded(token: Token, resets: number, status: 403 | 429 = 403): ApiError {
  const whose = token.kind === 'installation' ? 'installation ID 61234567' : 'user ID 583231'
  const headers = {
    'x-ratelimit-remaining': '0',
    'x-ratelimit-used': String(token.limit),
    'x-ratelimit-reset': String(Math.ceil(resets / 1000)),
  }
  return gitHubError(status, `API rate limit exceeded for ${whose}.`, { documentation_url: documented }, headers)
}

/** Too much at a time, which no header tells ahead: the hour's calls are not used up. */
export function secondaryLimitExceeded(retryAfterS: number, status: 403 | 429 = 403): ApiError {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
  const told = { documentation_url: `${documented}#about-secondary-rate-limits` }
  return gitHubError(status, message, told, { 'retry-after': String(retryAfterS) })
}
