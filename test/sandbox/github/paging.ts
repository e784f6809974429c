import { count, type Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import { type Repository, repositoryId } from './state.ts'

/** A page of a list, with the links to the others; all of it where one page is enough, without links. */
export function pageOf<T>(
  { api }: Repository,
  path: string,
  input: Input,
  all: readonly T[],
  show: (item: T) => object,
): Answer {
  const size = between(1, 100, count(input, 'per_page') ?? 30)
  const page = between(1, Number.MAX_SAFE_INTEGER, count(input, 'page') ?? 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const body = all.slice((page - 1) * size, page * size).map(show)
  // Links name the repository by its number, so that they outlive its name.
  const link = (rel: string, to: number) => {
    const query = new URLSearchParams({ ...asked(input), page: String(to) })
    return `<${api}/repositories/${repositoryId}${path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link('prev', Math.min(page - 1, last))] : []),
    ...(page < last ? [link('next', page + 1), link('last', last)] : []),
    ...(page > 1 ? [link('first', 1)] : []),
  ]
  return { body, ...(last > 1 && { headers: { link: links.join(', ') } }) }
}

/** What the query said, which every link says again. */
function asked(input: Input): Record<string, string> {
  const inQuery = Object.entries(input).filter(([name]) => !inPath.includes(name))
  return Object.fromEntries(inQuery.map(([name, value]) => [name, String(value)]))
}

const inPath = ['owner', 'repo', 'issue_number', 'deployment_id']

function between(least: number, most: number, value: number): number {
  return Math.min(most, Math.max(least, Math.trunc(value)))
}
