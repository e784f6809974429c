import type { Fault as SandboxFault } from '../sandbox/sandbox.ts'

/** What befalls a request of a process on its way to AWS, or back. */
export type Mishap =
  /** AWS answers with an error, and applies nothing. */
  | { readonly kind: 'answers'; readonly fault: SandboxFault }
  /** No connection comes about, or it is lost before the request arrives. */
  | { readonly kind: 'refused' | 'reset' }
  /** It is applied, and the answer is lost, is 30 seconds late, or is no JSON. */
  | { readonly kind: 'lost' | 'late' | 'garbled' }
  /** Nobody waits for it any more when it is applied, 30 seconds later. */
  | { readonly kind: 'straggles' }
  /** AWS takes the request for a wrong one, and its message quotes all of it. */
  | { readonly kind: 'quoted' }

/** Which requests it befalls, from the one that is hit on: the next tries of the same, those of the operation, or all. */
export type Reach =
  | { readonly of: 'same'; readonly times: number }
  | { readonly of: 'operation' }
  | { readonly of: 'all'; readonly ms: number }

export type Fault = { readonly mishap: Mishap; readonly reach: Reach }

const once = { of: 'same', times: 1 } as const
const always = { of: 'all', ms: Number.POSITIVE_INFINITY } as const
const minuteMs = 60_000

function error(status: number, name: string): Mishap {
  return { kind: 'answers', fault: { kind: 'error', status, name, message: 'Something went wrong' } }
}

const throttled: Mishap = { kind: 'answers', fault: { kind: 'throttle' } }
const denied: Mishap = { kind: 'answers', fault: { kind: 'denied' } }
const expired: Mishap = { kind: 'answers', fault: { kind: 'expired' } }
const internal = error(500, 'ServiceException')
const unavailable = error(503, 'ServiceUnavailableException')

/** Every way in which a request can go wrong. */
export const faults: Readonly<Record<string, Fault>> = {
  'throttled-once': { mishap: throttled, reach: once },
  'throttled-5-times': { mishap: throttled, reach: { of: 'same', times: 5 } },
  '500': { mishap: internal, reach: once },
  '500-for-2m': { mishap: internal, reach: { of: 'all', ms: 2 * minuteMs } },
  '500-for-1h': { mishap: internal, reach: { of: 'all', ms: 60 * minuteMs } },
  '503': { mishap: unavailable, reach: once },
  'connection-refused': { mishap: { kind: 'refused' }, reach: once },
  'reset-before-applied': { mishap: { kind: 'reset' }, reach: once },
  'applied-answer-lost': { mishap: { kind: 'lost' }, reach: once },
  'answers-lost-7-times': { mishap: { kind: 'lost' }, reach: { of: 'same', times: 7 } },
  'answered-after-30s': { mishap: { kind: 'late' }, reach: once },
  'applied-after-30s': { mishap: { kind: 'straggles' }, reach: once },
  'not-json': { mishap: { kind: 'garbled' }, reach: once },
  expired: { mishap: expired, reach: always },
  'denied-once': { mishap: denied, reach: once },
  denied: { mishap: denied, reach: { of: 'operation' } },
  'rejected-and-quoted': { mishap: { kind: 'quoted' }, reach: once },
}
