import { type Input, isInput } from '../input.ts'
import { type Answer, ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { requestTooLarge } from './errors.ts'
import { requirePace } from './pace.ts'
import { type Route, routes } from './routes.ts'

/** A Lambda call, decoded: which operation, and its input under the SDK's names. */
export type LambdaCall = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer | Promise<Answer>
}

const mostRequest = 70_167_211

/** Reads a call off the wire; throws what Lambda says of one that is too large, not JSON or not modelled. */
export function readLambdaCall(request: WireRequest): LambdaCall {
  const url = new URL(request.path, 'http://sandbox')
  for (const route of routes) {
    const members = route.method === request.method ? matchPath(route, url) : undefined
    if (!members) continue
    const body = readBody(route, request)
    const input = { ...members, ...readQuery(url), ...readHeaders(route, request), ...body }
    return {
      operation: route.operation,
      input,
      run: async world => {
        requirePace(world, route.operation)
        requireReadable(route, request, body)
        requireModelled(route, input)
        return { status: route.status, ...(await route.run(world, input)) }
      },
    }
  }
  const operation = `${request.method} ${url.pathname}`
  const refuse = () => {
    throw notModelled(`Lambda's ${operation}`)
  }
  return { operation, input: {}, run: refuse }
}

function matchPath(route: Route, url: URL): Input | undefined {
  if (route.list !== url.searchParams.has('List')) return undefined
  const wanted = route.path.split('/')
  const found = url.pathname.replace(/\/$/, '').split('/')
  if (wanted.length !== found.length) return undefined
  const members: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const actual = decodeURIComponent(found[index] ?? '')
    if (part.startsWith('{')) members[part.slice(1, -1)] = actual
    else if (part !== actual) return undefined
  }
  return members
}

function readQuery(url: URL): Input {
  return Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'List'))
}

function readHeaders(route: Route, request: WireRequest): Input {
  const found = Object.entries(route.headers).map(([member, header]) => [member, request.headers[header]] as const)
  return Object.fromEntries(found.filter(([, value]) => value !== undefined))
}

/** The body's members; undefined where it cannot be read. */
function readBody(route: Route, request: WireRequest): Input | undefined {
  if (route.operation === 'Invoke') return { Payload: request.body }
  if (request.body.length === 0) return {}
  const body = parse(request.body)
  return isInput(body) ? decodeBlobs(body) : undefined
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

function decodeBlobs(body: Input): Input {
  if (isInput(body.Code)) return { ...body, Code: decodeBlobs(body.Code) }
  return typeof body.ZipFile === 'string' ? { ...body, ZipFile: Buffer.from(body.ZipFile, 'base64') } : body
}

function requireReadable(route: Route, request: WireRequest, body: Input | undefined): void {
  if ((request.length ?? request.body.length) > mostRequest) {
    throw requestTooLarge(`Request must be smaller than ${mostRequest} bytes for the ${route.operation} operation`)
  }
  if (body === undefined) {
    throw new ApiError(400, 'InvalidRequestContentException', {
      Type: 'User',
      message: 'Could not parse request body into json',
    })
  }
}

function requireModelled(route: Route, input: Input): void {
  const strange = Object.keys(input).filter(member => !route.members.includes(member))
  if (strange.length > 0) throw notModelled(`${strange.join(', ')} of Lambda's ${route.operation}`)
}

/** Lambda's answer on the wire: JSON, or the bytes that a function returned. */
export function writeLambdaAnswer(answer: Answer, requestId: string): WireReply {
  return {
    status: answer.status ?? 200,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...answer.headers },
    body: encode(answer.body),
  }
}

/** Lambda's error on the wire: the code in a header, the rest in a JSON body. */
export function writeLambdaError(error: ApiError, requestId: string): WireReply {
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.name,
      ...error.headers,
    },
    body: encode(error.body),
  }
}
