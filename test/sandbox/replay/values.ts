import { strToU8, zipSync } from 'fflate'
import type { Bindings } from './bindings.ts'

/** What a recorded request's values are made from. */
export type Source = {
  readonly bindings: Bindings
  /** Outputs of the calls before, by the call's name. */
  readonly outputs: ReadonlyMap<string, unknown>
  /** What `<now>` is, in ms. */
  readonly now: number
}

type Special = { readonly $from?: string; readonly $zip?: string; readonly stored?: number; readonly $text?: number }

/** A recorded request's value as it is to be sent. */
export function materialize(value: unknown, source: Source): unknown {
  if (typeof value === 'string') return instant(value, source.now) ?? source.bindings.fill(value)
  if (Array.isArray(value)) return value.map(item => materialize(item, source))
  if (typeof value !== 'object' || value === null) return value
  const special = value as Special
  if (special.$from !== undefined) return follow(source.outputs, special.$from)
  if (special.$zip !== undefined) return zip(special.$zip, special.stored)
  if (special.$text !== undefined) return 'x'.repeat(special.$text)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, materialize(member, source)]))
}

function instant(text: string, now: number): Date | undefined {
  const found = /^<now(?:([+-]\d+)s)?>$/.exec(text)
  return found ? new Date(now + Number(found[1] ?? 0) * 1000) : undefined
}

function follow(outputs: ReadonlyMap<string, unknown>, path: string): unknown {
  const [name = '', ...members] = path.split('.')
  let value = outputs.get(name)
  for (const member of members) value = Reflect.get(Object(value), member)
  return value
}

function zip(letter: string, stored: number | undefined): Uint8Array {
  const content = stored === undefined ? strToU8(`exports.handler = async () => '${letter}'\n`) : new Uint8Array(stored)
  return zipSync({ 'index.js': content }, { level: stored === undefined ? 6 : 0, mtime: new Date(2026, 0, 1) })
}
