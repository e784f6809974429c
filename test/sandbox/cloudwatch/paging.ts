import { count, type Input, text } from '../input.ts'
import { invalidNextToken, validationError } from './errors.ts'

/** The page that `NextToken` and `MaxRecords` (1 to 100) ask for. */
export function page<T>(
  all: readonly T[],
  input: Input,
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const most = count(input, 'MaxRecords') ?? 100
  if (most < 1 || most > 100) {
    throw validationError(
      `1 validation error detected: Value '${most}' at 'maxRecords' failed to satisfy constraint: Member must have value ${most < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'}`,
    )
  }
  const token = text(input, 'NextToken')
  if (token !== undefined && !/^[0-9]{1,9}$/.test(token)) throw invalidNextToken()
  const start = Number(token ?? 0)
  const end = start + most
  const items = all.slice(start, end)
  return end < all.length ? { items, NextToken: String(end) } : { items }
}
