import { count, type Input, text } from '../input.ts'
import { atLeastOne, invalidParameter, validate } from './errors.ts'

/** One page of a list, and the marker of the next where there is more. */
export type Page<T> = { readonly items: readonly T[]; readonly NextMarker?: string }

/** The page that `Marker` and `MaxItems` ask for; a page never holds more than `most`. */
export function page<T>(all: readonly T[], input: Input, most: number): Page<T> {
  const marker = text(input, 'Marker')
  const start = marker ? Number(Buffer.from(marker, 'base64url').toString()) : 0
  if (!Number.isInteger(start)) throw invalidParameter('Invalid marker.')
  const wanted = count(input, 'MaxItems') ?? most
  validate(atLeastOne(wanted, 'maxItems'))
  const end = start + Math.min(wanted, most)
  const items = all.slice(start, end)
  return end < all.length ? { items, NextMarker: Buffer.from(String(end)).toString('base64url') } : { items }
}
