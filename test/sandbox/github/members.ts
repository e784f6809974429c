import { type Input, text } from '../input.ts'
import { invalidRequest } from './errors.ts'

/** What a member of a body has to be. */
export type Kind = 'string' | 'boolean' | 'array' | 'object or string'

/** Refuses a body with a member of another kind. `null` is as good as absent; that it is everywhere is not verified. */
export function requireKinds(input: Input, kinds: Readonly<Record<string, Kind>>): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = input[name]
    if (value === undefined || value === null || isOf(kind, value)) continue
    throw invalidRequest(`For 'properties/${name}', ${JSON.stringify(value)} is not ${articled(kind)}.`)
  }
}

/** A text that cannot be left out. */
export function requireText(input: Input, name: string): string {
  const value = text(input, name)
  if (value === undefined) throw invalidRequest(`"${name}" wasn't supplied.`)
  return value
}

/** A flag, or what it is where nothing is said. */
export function flagOr(input: Input, name: string, usual: boolean): boolean {
  const value = input[name]
  return typeof value === 'boolean' ? value : usual
}

/** How long GitHub finds a text: by characters, not by UTF-16 units. */
export function lengthOf(value: string): number {
  return [...value].length
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'array':
      return Array.isArray(value)
    case 'object or string':
      return typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value))
    case 'string':
    case 'boolean':
      return typeof value === kind
  }
}

function articled(kind: Kind): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`
}
