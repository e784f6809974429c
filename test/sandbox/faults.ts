import type { RequestRecord } from './record.ts'

/** How the sandbox is to misbehave. */
export type Fault =
  | { readonly kind: 'throttle' }
  | { readonly kind: 'error'; readonly status: number; readonly name: string; readonly message: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'expired' }
  /** Answered normally, `ms` of real time later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Applied, then the connection is lost. */
  | { readonly kind: 'lose-answer' }
  /** The connection is lost before anything is applied. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'html'; readonly status: number }
  /** Runs before the call is applied: a stranger's write, say. */
  | { readonly kind: 'before'; readonly run: (record: RequestRecord) => void | Promise<void> }
  /** Runs when the call is applied and not yet answered. */
  | { readonly kind: 'after'; readonly run: (record: RequestRecord) => void | Promise<void> }

/** Which calls a fault befalls: those that match, and of these the ones that `on` picks. */
export type FaultRule<F = Fault> = {
  readonly match?: { readonly service?: string; readonly operation?: string | readonly string[] }
  readonly on?: {
    /** The k-th matching call, from 1. */
    readonly nth?: number
    /** Each k-th matching call. */
    readonly every?: number
    /** Calls at this time of the sandbox or later, in ms. */
    readonly from?: number
    /** Calls before this time of the sandbox, in ms. */
    readonly until?: number
    /** At most so many calls. */
    readonly times?: number
    readonly when?: (record: RequestRecord) => boolean
  }
  readonly fault: F
}

/** The rules in force; `due` takes what befalls a call, and counts it. */
export interface Faults<F = Fault> {
  add(rule: FaultRule<F>): void
  clear(): void
  due(record: RequestRecord): readonly F[]
}

/** No misbehaviour, until rules are added. */
export function newFaults<F = Fault>(): Faults<F> {
  let rules: { readonly rule: FaultRule<F>; matched: number; fired: number }[] = []

  return {
    add: rule => {
      rules.push({ rule, matched: 0, fired: 0 })
    },
    clear: () => {
      rules = []
    },
    due: record => {
      const due: F[] = []
      for (const entry of rules) {
        if (!matches(entry.rule, record)) continue
        entry.matched += 1
        if (!picks(entry.rule, entry.matched, entry.fired)) continue
        entry.fired += 1
        due.push(entry.rule.fault)
      }
      return due
    },
  }
}

function matches<F>({ match, on }: FaultRule<F>, record: RequestRecord): boolean {
  const operations = typeof match?.operation === 'string' ? [match.operation] : match?.operation
  if (match?.service !== undefined && match.service !== record.service) return false
  if (operations && !operations.includes(record.operation)) return false
  if (on?.from !== undefined && record.at < on.from) return false
  if (on?.until !== undefined && record.at >= on.until) return false
  return on?.when?.(record) ?? true
}

function picks<F>({ on }: FaultRule<F>, matched: number, fired: number): boolean {
  if (on?.nth !== undefined && matched !== on.nth) return false
  if (on?.every !== undefined && matched % on.every !== 0) return false
  return on?.times === undefined || fired < on.times
}
