import { subscribe } from 'node:diagnostics_channel'
import http from 'node:http'
import https from 'node:https'

/** What goes over the wire just now: how many requests are open, and how many events there have been so far. */
export interface Traffic {
  open(): number
  events(): number
}

/** The header that tells a server in which order its client made the requests. */
export const sequenceHeader = 'x-sequence'

/** A request that nobody answers holds the clock for so long at most (real time). */
const patienceMs = 500

/**
 * Gives every request that this process makes from now on, by `http`, `https` or `fetch`, a header with its number,
 * and announces it. ES modules see the change after `syncBuiltinESMExports`.
 */
export function numberRequests(before: number, announce: (sequence: number) => void): Traffic {
  const open = new Set<object>()
  let sequence = before
  let events = 0

  for (const module of [http, https]) {
    const original = module.request as (...args: unknown[]) => http.ClientRequest
    function request(...args: unknown[]): http.ClientRequest {
      const made = original(...withHeader(args, sequenceHeader, next()))
      opened(made)
      return made.once('close', () => closed(made))
    }
    Object.assign(module, { request, get: (...args: unknown[]) => request(...args).end() })
  }

  // undici, bundled or Node's own, leaves no function to replace, and tells everybody instead.
  subscribe('undici:request:create', message => {
    const { request } = message as UndiciMessage
    request.addHeader(sequenceHeader, next())
    opened(request)
  })
  subscribe('undici:request:trailers', message => closed((message as UndiciMessage).request))
  subscribe('undici:request:error', message => closed((message as UndiciMessage).request))

  return { open: () => open.size, events: () => events }

  function next(): string {
    announce(++sequence)
    return String(sequence)
  }

  function opened(request: object): void {
    open.add(request)
    events++
    setTimeout(() => closed(request), patienceMs).unref()
  }

  function closed(request: object): void {
    if (open.delete(request)) events++
  }
}

type UndiciMessage = { readonly request: { addHeader(name: string, value: string): void } }

/** `http.request` takes (options, callback?), (url, callback?) or (url, options, callback?). */
function withHeader(args: readonly unknown[], name: string, value: string): unknown[] {
  const at = typeof args[0] === 'string' || args[0] instanceof URL ? 1 : 0
  const hasOptions = typeof args[at] !== 'function'
  const options = hasOptions ? (args[at] as http.RequestOptions | undefined) : undefined
  const { headers } = options ?? {}
  const more = Array.isArray(headers) ? [...headers, name, value] : { ...headers, [name]: value }
  return [...args.slice(0, at), { ...options, headers: more }, ...args.slice(hasOptions ? at + 1 : at)]
}
