import { count, type Input, isInput } from '../input.ts'
import { type Answer, type ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import { gitHubError, notAccessible, notFound, unknownRoute } from './errors.ts'
import { type Route, routes } from './routes.ts'
import { type Repository, repositoryId } from './state.ts'
import { mayUse, needsTold, type Token } from './tokens.ts'

/** A call, decoded: which operation, and its parameters under the names that GitHub documents. */
export type GitHubCall = {
  readonly operation: string
  readonly input: Input
  readonly documented: string
  /** Headers that every answer to it has. */
  readonly headers: Readonly<Record<string, string>>
  /** Answers, or throws what GitHub says of one that may not be, cannot be read, or is not modelled. */
  readonly run: (token: Token) => Answer
}

/** Reads a call off the wire. */
export function readGitHubCall(repository: Repository, request: WireRequest): GitHubCall {
  const url = new URL(byName(repository, request.path), 'http://sandbox')
  for (const route of routes) {
    const members = route.method === request.method ? matchPath(route, url) : undefined
    if (!members) continue
    const body = readBody(request)
    const input = { ...readQuery(url), ...body, ...members }
    return {
      operation: route.operation,
      input,
      documented: route.documented,
      headers: route.needs.length > 0 ? { 'x-accepted-github-permissions': needsTold(route.needs) } : {},
      run: token => {
        if (input.owner !== undefined && !isNamed(repository, input)) throw notFound()
        if (!mayUse(token, route.needs)) throw notAccessible(token.kind)
        if (body === undefined) throw gitHubError(400, 'Problems parsing JSON')
        requireModelled(route, input)
        return route.run(repository, input, token)
      },
    }
  }
  const operation = `${request.method} ${url.pathname}`
  const refuse = () => {
    throw unknownRoute(operation)
  }
  return { operation, input: {}, documented: 'https://docs.github.com/rest', headers: {}, run: refuse }
}

/** Links name the repository by its number. */
function byName({ fullName }: Repository, path: string): string {
  return path.replace(new RegExp(`^/repositories/${repositoryId}(?=[/?]|$)`), `/repos/${fullName}`)
}

function isNamed({ fullName }: Repository, { owner, repo }: Input): boolean {
  return `${owner}/${repo}`.toLowerCase() === fullName.toLowerCase()
}

function matchPath(route: Route, url: URL): Input | undefined {
  const wanted = route.path.split('/')
  const found = url.pathname.split('/')
  if (wanted.length !== found.length) return undefined
  const members: Record<string, string | number> = {}
  for (const [index, part] of wanted.entries()) {
    const actual = decodeURIComponent(found[index] ?? '')
    const name = part.startsWith('{') ? part.slice(1, -1) : undefined
    if (name === undefined && part !== actual) return undefined
    const isNumber = name !== undefined && /_(id|number)$/.test(name)
    if (isNumber && !/^\d+$/.test(actual)) return undefined
    if (name !== undefined) members[name] = isNumber ? Number(actual) : actual
  }
  return members
}

function readQuery(url: URL): Input {
  const query = Object.fromEntries(url.searchParams)
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, pagingNumber(query, name) ?? value]))
}

function pagingNumber(query: Input, name: string): number | undefined {
  return name === 'page' || name === 'per_page' ? count(query, name) : undefined
}

/** The body's members; undefined where it cannot be read. */
function readBody({ body }: WireRequest): Input | undefined {
  if (body.length === 0) return {}
  try {
    const members: unknown = JSON.parse(new TextDecoder().decode(body))
    return isInput(members) ? members : undefined
  } catch {
    return undefined
  }
}

function requireModelled(route: Route, input: Input): void {
  const strange = Object.keys(input).filter(member => !route.members.includes(member))
  if (strange.length > 0) throw notModelled(`${strange.join(', ')} of GitHub's ${route.operation}`)
}

/** GitHub's answer on the wire. */
export function writeGitHubAnswer(answer: Answer, headers: Readonly<Record<string, string>>): WireReply {
  const { status = 200, body } = answer
  return { status, headers: { ...headers, ...(body && json), ...answer.headers }, body: encode(body) }
}

/** GitHub's error on the wire: what it says, where that is documented, and the status once more. */
export function writeGitHubError(
  error: ApiError,
  documented: string,
  headers: Readonly<Record<string, string>>,
): WireReply {
  const body = { message: error.message, documentation_url: documented, ...error.body, status: String(error.status) }
  return { status: error.status, headers: { ...headers, ...json, ...error.headers }, body: encode(body) }
}

const json = { 'content-type': 'application/json; charset=utf-8' }
