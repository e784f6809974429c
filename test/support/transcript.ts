import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'vitest'

/** One request as a server saw it; `at` in epoch ms, `sequence` the number that its client gave it. */
export type SeenRequest = {
  readonly seq: number
  readonly at: number
  readonly service: string
  readonly operation: string
  readonly input: unknown
  readonly status: number | 'none'
  readonly error?: string
  readonly fault?: string
  readonly sequence?: number
}

/** A replacement of the caller's own, made before the usual ones. */
export type Replacement = readonly [RegExp | string, string]

/** What a transcript tells of: one run, or several one after the other. */
export type Told = {
  /** The log, or better the timeline of a step's result: with it each request stands where it was made. */
  readonly log: string | readonly (string | number)[]
  readonly requests: readonly SeenRequest[]
  readonly outputs: Readonly<Record<string, string>>
  readonly summary?: string
  /** Times are counted from here (epoch ms). */
  readonly origin: number
  readonly replace?: readonly Replacement[]
}

/** A run as a text that is the same every time: what it said with each request in its place, what it put out. */
export function transcript({ log, requests, outputs, summary, origin, replace = [] }: Told): string {
  const timeline = typeof log === 'string' ? log.split('\n') : log
  const story = [
    ...timeline.map(entry => (typeof entry === 'string' ? entry : requestNumber(entry))),
    ...inOrder(requests.filter(({ sequence }) => !timeline.includes(sequence ?? Number.NaN))).map(told),
  ]
  const results = Object.entries(outputs).map(([name, value]) => `${name}: ${value.replaceAll('\n', '\n    ')}`)
  const parts = [story.join('\n')]
  if (results.length > 0) parts.push(heading('outputs'), results.join('\n'))
  if (summary) parts.push(heading('summary'), summary.trimEnd())
  return stable(`${parts.join('\n')}\n`, replace)

  function requestNumber(sequence: number): string {
    const seen = requests.filter(request => request.sequence === sequence)
    return seen.length > 0 ? seen.map(told).join('\n') : `    request ${sequence} reached no server`
  }

  function told({ at, service, operation, input, status, error, fault }: SeenRequest): string {
    const asked = [since(origin, at), service, operation, compact(input)]
    const answered = [status === 'none' ? 'no answer' : status, error, fault && `[${fault}]`]
    return `    ${[...asked, '→', ...answered].filter(Boolean).join(' ')}`
  }
}

/** Compares with test/scenarios/golden/<name>.txt, which vitest writes when it is missing or to be updated. */
export async function expectGolden(name: string, text: string): Promise<void> {
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '..', 'scenarios', 'golden', `${name}.txt`))
}

function heading(title: string): string {
  return `\n── ${title} ${'─'.repeat(60 - title.length)}`
}

/** By the number that the client gave, then by arrival. */
function inOrder(requests: readonly SeenRequest[]): SeenRequest[] {
  return requests.toSorted((a, b) => (a.sequence ?? Infinity) - (b.sequence ?? Infinity) || a.seq - b.seq)
}

/** +m:ss, with a fraction only if there is one. */
function since(origin: number, at: number): string {
  const ms = at - origin
  const seconds = String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')
  const fraction = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`
  return `+${Math.floor(ms / 60_000)}:${seconds}${fraction}`
}

/** On one line, as it would stand in code; what no reader would read is cut short and says how long it is. */
function compact(input: unknown): string {
  if (input === undefined) return ''
  return inspect(shortened(input), {
    depth: null,
    breakLength: Infinity,
    compact: true,
    maxArrayLength: null,
    maxStringLength: null,
  })
}

/** The longest text that AWS lets a person write, a description, stays whole. */
const longest = 256

function shortened(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= longest ? value : `${value.slice(0, 40)}… (${value.length} characters)`
  }
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (Array.isArray(value)) return value.map(shortened)
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]))
}

/** Without what differs from run to run and from machine to machine. */
function stable(text: string, replace: readonly Replacement[]): string {
  const uuids = new Map<string, string>()
  const usual: readonly Replacement[] = [
    [tmpdir(), '<temp>'],
    [/<temp>\/[^\s/'":,)]+/g, '<temp>'],
    [process.cwd(), '<here>'],
    [/(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1:<port>'],
  ]
  return [...replace, ...usual]
    .reduce(
      (soFar, [what, by]) => (typeof what === 'string' ? soFar.replaceAll(what, by) : soFar.replace(what, by)),
      text,
    )
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, uuid => {
      if (!uuids.has(uuid)) uuids.set(uuid, `<rev:${uuids.size + 1}>`)
      return uuids.get(uuid) ?? uuid
    })
}
