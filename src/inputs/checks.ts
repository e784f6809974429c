import { parseDuration } from '../duration.ts'
import type { Check, Limit, Measure } from '../rollout/checks.ts'
import { minuteMs } from '../rollout/minutes.ts'

/** The check that is made when `checks` says nothing. */
export const defaultCheck = 'errors no worse than stable'

export type ParsedCheck =
  | { readonly kind: 'check'; readonly check: Check }
  | { readonly kind: 'problem'; readonly problem: string }

const comparison = /^(errors|duration) no worse than stable$/
const threshold =
  /^(?:(errors|error-rate|throttles)|(p\d{1,2}(?:\.\d+)?|average|maximum) duration)\s*<\s*(.+?)(?:\s+for\s+(.+))?$/
const multiple = /^(\d+(?:\.\d+)?)x stable$/
const examples =
  'write for example `errors no worse than stable`, `error-rate < 1%`, `p99 duration < 800ms` or `throttles < 5 for 3m`'

/** Reads one line of `checks`; what is wrong with it is said with a line that is right. */
export function parseCheck(line: string): ParsedCheck {
  const text = line.trim().replace(/\s+/g, ' ')
  const compared = comparison.exec(text)
  if (compared !== null)
    return { kind: 'check', check: { kind: 'no-worse', text, of: compared[1] as 'errors' | 'duration' } }
  const [matched, count, stat, bound = '', lasting] = threshold.exec(text) ?? []
  if (matched === undefined) return problem(`\`checks\` has the line “${text}”, which is no check; ${examples}`)
  const measure: Measure =
    stat === undefined
      ? { kind: count as 'errors' | 'error-rate' | 'throttles' }
      : { kind: 'duration', stat: statistic(stat) }
  const limit = parseLimit(measure, bound)
  if (limit === undefined) {
    return problem(
      `\`checks\` has the line “${text}”, whose limit “${bound}” is none for it; write for example \`${exampleOf(measure)}\``,
    )
  }
  const ms = lasting === undefined ? minuteMs : parseDuration(lasting)
  if (ms === undefined || ms < minuteMs || ms % minuteMs !== 0) {
    return problem(
      `\`checks\` has the line “${text}”, whose time “${lasting}” is no whole number of minutes; write for example \`${exampleOf(measure)} for 3m\``,
    )
  }
  return { kind: 'check', check: { kind: 'limit', text, measure, limit, minutes: ms / minuteMs } }
}

function statistic(stat: string): string {
  return stat === 'average' ? 'Average' : stat === 'maximum' ? 'Maximum' : stat
}

function parseLimit(measure: Measure, bound: string): Limit | undefined {
  const [, factor] = multiple.exec(bound) ?? []
  // Counts of versions with unequal shares of the traffic compare nothing.
  if (factor !== undefined && (measure.kind === 'errors' || measure.kind === 'throttles')) return undefined
  if (factor !== undefined) return Number(factor) > 0 ? { kind: 'of-stable', factor: Number(factor) } : undefined
  const value = measure.kind === 'duration' ? parseDuration(bound) : parseNumber(measure, bound)
  return value === undefined || value <= 0 ? undefined : { kind: 'value', value }
}

/** A share needs its `%`, so that nobody takes `1` for one percent or for all; a count has none. */
function parseNumber(measure: Measure, bound: string): number | undefined {
  const [, digits, sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(bound) ?? []
  if (digits === undefined || (sign === '%') !== (measure.kind === 'error-rate')) return undefined
  return sign === '%' ? Number(digits) / 100 : Number(digits)
}

function exampleOf(measure: Measure): string {
  if (measure.kind === 'error-rate') return 'error-rate < 1%'
  return measure.kind === 'duration' ? 'p99 duration < 800ms' : `${measure.kind} < 5`
}

function problem(text: string): ParsedCheck {
  return { kind: 'problem', problem: text }
}
