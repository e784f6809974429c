import { type Input, isInput } from '../input.ts'
import { escapeXml } from '../s3/xml.ts'
import { type Answer, type ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { assumeRoleWithWebIdentity } from './assume-role.ts'
import { getCallerIdentity } from './caller-identity.ts'

export type StsCall = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer
}

/** An operation, and the members of its input that are modelled. */
type Operation = {
  readonly members: readonly string[]
  readonly run: (world: World, input: Input, request: WireRequest) => Answer
}

/** All that is modelled of STS. */
export const operations: Readonly<Record<string, Operation>> = {
  AssumeRoleWithWebIdentity: {
    members: ['RoleArn', 'RoleSessionName', 'WebIdentityToken', 'DurationSeconds', 'Policy'],
    run: assumeRoleWithWebIdentity,
  },
  GetCallerIdentity: { members: [], run: getCallerIdentity },
}

const version = '2011-06-15'
const xmlns = `https://sts.amazonaws.com/doc/${version}/`

/** Reads a call in the query protocol; undefined where the request is not for STS. */
export function readStsCall(request: WireRequest): StsCall | undefined {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined
  const {
    Version,
    Action = '',
    ...members
  } = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(request.body)))
  if (Version !== version) return undefined
  return {
    operation: Action,
    // The log of requests keeps no token: what it shows is written down.
    input: { ...members, ...(members.WebIdentityToken !== undefined && { WebIdentityToken: '<token>' }) },
    run: world => {
      const modelled = operations[Action]
      if (!modelled) throw notModelled(`STS's ${Action}`)
      const strange = Object.keys(members).filter(member => !modelled.members.includes(member))
      if (strange.length > 0) throw notModelled(`${strange.join(', ')} of STS's ${Action}`)
      return modelled.run(world, members, request)
    },
  }
}

/** The answer on the wire; it is called after its operation, which the SDK does not look at. */
export function writeStsAnswer(operation: string, answer: Answer, requestId: string): WireReply {
  const result = element(`${operation}Result`, isInput(answer.body) ? answer.body : {})
  const metadata = element('ResponseMetadata', { RequestId: requestId })
  return reply(200, `<${operation}Response xmlns="${xmlns}">${result}${metadata}</${operation}Response>`, requestId)
}

/** The error on the wire. */
export function writeStsError(error: ApiError, requestId: string): WireReply {
  const Type = error.status < 500 ? 'Sender' : 'Receiver'
  const told = element('Error', { Type, Code: error.name, Message: error.message })
  const id = element('RequestId', requestId)
  return reply(error.status, `<ErrorResponse xmlns="${xmlns}">${told}${id}</ErrorResponse>`, requestId)
}

function reply(status: number, xml: string, requestId: string): WireReply {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body: encode(xml) }
}

function element(name: string, value: unknown): string {
  const inner = isInput(value)
    ? Object.entries(value).map(([member, held]) => element(member, held))
    : [escapeXml(String(value))]
  return `<${name}>${inner.join('')}</${name}>`
}
