import { createHash } from 'node:crypto'

/** A call's decoded input, under the SDK's member names. */
export type Input = Readonly<Record<string, unknown>>

/** A text member, or undefined where it is absent, null or no text. */
export function text(input: Input, member: string): string | undefined {
  const value = input[member]
  return typeof value === 'string' ? value : undefined
}

/** A number, or undefined; query strings carry numbers as text. */
export function count(input: Input, member: string): number | undefined {
  const value = input[member]
  if (typeof value === 'number') return value
  return typeof value === 'string' && value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined
}

/** Whether a flag is set. */
export function flag(input: Input, member: string): boolean {
  return input[member] === true
}

/** A structure or map, or undefined. */
export function structure(input: Input, member: string): Input | undefined {
  const value = input[member]
  return isInput(value) ? value : undefined
}

/** A list; absent is empty. */
export function list(input: Input, member: string): readonly unknown[] {
  const value = input[member]
  return Array.isArray(value) ? value : []
}

/** A list of structures; absent is empty. */
export function structures(input: Input, member: string): readonly Input[] {
  return list(input, member).filter(isInput)
}

/** A list of texts; absent is empty. */
export function texts(input: Input, member: string): readonly string[] {
  return list(input, member).filter(item => typeof item === 'string')
}

/** Whether a value is a structure rather than a list, a scalar or bytes. */
export function isInput(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** A blob as the request log shows it: its size and its SHA-256 in base64, as Lambda writes hashes. */
export function describeBlob(bytes: Uint8Array): string {
  return `<${bytes.length} bytes sha256:${createHash('sha256').update(bytes).digest('base64')}>`
}

/** An input as the request log keeps it: blobs are described, everything else stays. */
export function describeInput(value: unknown): unknown {
  if (value instanceof Uint8Array) return describeBlob(value)
  if (Array.isArray(value)) return value.map(describeInput)
  if (!isInput(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, describeInput(member)]))
}
