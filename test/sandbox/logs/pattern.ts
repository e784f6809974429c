import { isInput } from '../input.ts'
import { notModelled } from '../wire.ts'
import { invalidParameter, violation } from './errors.ts'

/** Whether a message matches. */
export type Pattern = (message: string) => boolean

/**
 * Reads a filter pattern: terms that all have to be there, `?terms` of which one has to, or a JSON selector.
 * A term is found anywhere in a message, inside a word too; upper and lower case differ.
 */
export function parsePattern(source: string): Pattern {
  if (source.length > 1024) {
    throw violation(source, 'filterPattern', 'Member must have length less than or equal to 1024')
  }
  const trimmed = source.trim()
  if (trimmed.startsWith('{')) return parseSelector(trimmed)
  if (/^[[%]/.test(trimmed)) throw notModelled(`the filter pattern ${source}`)
  return parseTerms(trimmed)
}

function parseTerms(source: string): Pattern {
  const tokens = source.match(/[?-]?(?:"(?:[^"\\]|\\.)*"|[^\s"]+)/g) ?? []
  const isChoice = tokens.length > 0 && tokens.every(token => token.startsWith('?'))
  if (!isChoice && tokens.some(token => /^[?-]/.test(token))) {
    throw notModelled(`terms that are left out, or some that are optional beside others, as in ${source}`)
  }
  const terms = tokens.map(token => readTerm(token.replace(/^\?/, '')))
  return message =>
    isChoice ? terms.some(term => message.includes(term)) : terms.every(term => message.includes(term))
}

/** What is more than letters, digits and underscores has to be quoted. */
function readTerm(token: string): string {
  if (/^"(.*)"$/s.test(token)) return token.slice(1, -1).replace(/\\(.)/g, '$1')
  if (!/^\w+$/.test(token)) throw invalidParameter('Invalid filter pattern')
  return token
}

/** One member of a JSON message, by its path, and the text that it has to be. */
type Condition = { readonly path: readonly string[]; readonly value: string }

/** `{ $.level = "ERROR" }`, and several of these joined by `||`. */
function parseSelector(source: string): Pattern {
  const inner = /^\{(.*)\}$/s.exec(source)?.[1]
  if (inner === undefined) throw invalidParameter('Invalid filter pattern')
  const conditions: readonly Condition[] = inner.split('||').map(part => {
    const [, path, value] = /^\s*\(?\s*\$\.([\w.]+)\s*=\s*"([^"*\\]*)"\s*\)?\s*$/.exec(part) ?? []
    if (path === undefined || value === undefined) throw notModelled(`the filter pattern ${source}`)
    return { path: path.split('.'), value }
  })
  return message => {
    const parsed = parse(message)
    return conditions.some(({ path, value }) => memberOf(parsed, path) === value)
  }
}

function memberOf(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value
  return isInput(value) ? memberOf(value[name], rest) : undefined
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
