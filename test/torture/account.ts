import { createHash } from 'node:crypto'
import { strToU8, zipSync } from 'fflate'
import { type Sandbox, startSandbox, type WireReply, type WireRequest } from '../sandbox/sandbox.ts'
import type { Stage } from './stage.ts'

/** An alias as it really stands; undefined where there is none. */
export type AliasState =
  | {
      readonly version: string
      readonly weights: Readonly<Record<string, number>>
      readonly description: string
      readonly revision: string
    }
  | undefined

/** A version as it really is; `same` is what it has in common with a version that would be the same. */
export type VersionState = { readonly version: string; readonly sha256: string; readonly same: string }

/** A change that was applied to an alias, and by whom. */
export type AliasWrite = {
  readonly by: string
  readonly alias: string
  readonly operation: string
  readonly at: number
  readonly before: AliasState
  readonly after: AliasState
}

/** Planted where it has no business to be shown: environment variables, keys, a token. */
export const secrets = ['s3cr3t-of-before', 's3cr3t-of-this-run', 's3cr3t-access-key', 's3cr3t-session-token']

const functionPath = '/2015-03-31/functions/orders'

/** One function on a sandbox of its own, with everything that can be known of it from outside. */
export class Account {
  readonly sandbox: Sandbox
  readonly stage: Stage
  readonly writes: AliasWrite[] = []
  /** What was applied besides: `PublishVersion`, `UpdateFunctionCode`, … and by whom. */
  readonly changes: { readonly by: string; readonly operation: string }[] = []

  constructor(sandbox: Sandbox, stage: Stage) {
    this.sandbox = sandbox
    this.stage = stage
  }

  /** Applies a call at once, in somebody's name. Throws where AWS refuses it. */
  async call(by: string, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const reply = await this.apply(by, wire(method, path, body))
    const text = new TextDecoder().decode(reply.body)
    if (reply.status >= 300) throw new Error(`${method} ${path} came to ${reply.status}: ${text}`)
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }

  /** Applies a request and notes what it changed. */
  async apply(by: string, request: WireRequest): Promise<WireReply> {
    const alias = aliasOf(request)
    const before = alias === undefined ? undefined : await this.alias(alias)
    const reply = await this.sandbox.handle(request)
    if (!isChange(request) || reply.status >= 300) return reply
    const operation = this.sandbox.requests.at(-1)?.operation ?? ''
    if (alias === undefined) {
      this.changes.push({ by, operation })
      return reply
    }
    const after = await this.alias(alias)
    if (before !== undefined || after !== undefined) {
      this.writes.push({ by, alias, operation, at: this.stage.now(), before, after })
    }
    return reply
  }

  async alias(name = 'live'): Promise<AliasState> {
    const found = await this.#read(`${functionPath}/aliases/${name}`)
    if (found === undefined) return undefined
    const { FunctionVersion, RoutingConfig, Description, RevisionId } = found as Record<string, string> & {
      RoutingConfig?: { AdditionalVersionWeights?: Record<string, number> }
    }
    return {
      version: FunctionVersion ?? '',
      weights: RoutingConfig?.AdditionalVersionWeights ?? {},
      description: Description ?? '',
      revision: RevisionId ?? '',
    }
  }

  async aliases(): Promise<readonly { readonly name: string; readonly state: AliasState }[]> {
    const found = (await this.#read(`${functionPath}/aliases`)) as { Aliases?: { Name: string }[] } | undefined
    return await Promise.all(
      (found?.Aliases ?? []).map(async ({ Name: name }) => ({ name, state: await this.alias(name) })),
    )
  }

  async versions(): Promise<readonly VersionState[]> {
    const found = await this.#read(`${functionPath}/versions`)
    const all = (found?.Versions ?? []) as Record<string, unknown>[]
    return all.filter(({ Version }) => Version !== '$LATEST').map(versionState)
  }

  async #read(path: string): Promise<Record<string, unknown> | undefined> {
    const reply = await this.sandbox.handle(wire('GET', path))
    return reply.status === 200 ? JSON.parse(new TextDecoder().decode(reply.body)) : undefined
  }

  /** Somebody else writes the alias. */
  async update(by: string, change: object, alias = 'live'): Promise<void> {
    await this.call(by, 'PUT', `${functionPath}/aliases/${alias}`, change)
  }

  async publish(by: string, code: string, description = ''): Promise<string> {
    await this.call(by, 'PUT', `${functionPath}/code`, { ZipFile: base64(zips(code)) })
    this.stage.pass(5_000)
    const { Version } = await this.call(by, 'POST', `${functionPath}/versions`, { Description: description })
    return String(Version)
  }

  /** Puts zips into the bucket `built`: `code 4` as `code-4.zip`. */
  async build(...codes: readonly string[]): Promise<void> {
    for (const code of codes) {
      const path = `/built/${code.replace(' ', '-')}.zip`
      await this.sandbox.handle({ method: 'PUT', path, headers: {}, body: zips(code) })
    }
  }

  /** Calls CloudWatch at once. */
  async cloudwatch(operation: string, body: object): Promise<void> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    }
    const reply = await this.sandbox.handle({ ...wire('POST', '/', body), headers })
    if (reply.status >= 300)
      throw new Error(`${operation} came to ${reply.status}: ${new TextDecoder().decode(reply.body)}`)
  }
}

/** An SDK's request, as far as it matters here. */
export type SdkRequest = {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export async function wireOf({ method, path, query = {}, headers, body }: SdkRequest): Promise<WireRequest> {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .map(one =>
        one === null || one === ''
          ? encodeURIComponent(name)
          : `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`,
      ),
  )
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: Object.fromEntries(lower),
    body: await bytesOf(body),
  }
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A reply as the SDK takes it from its handler. */
export function answerOf({ status, headers, body }: WireReply) {
  return { statusCode: status, headers: { ...headers }, body }
}

const zipped = new Map<string, Uint8Array>()

/** The zip of some code. */
export function zips(code: string): Uint8Array {
  const made = zipped.get(code) ?? zipSync({ 'index.mjs': strToU8(code) }, { mtime: new Date(2026, 0, 1) })
  zipped.set(code, made)
  return made
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}

/** The function `orders`: versions 1 to 3 of `code 1` to `code 3`, and `live` on 3, as its journal says. */
export async function newAccount(stage: Stage, kind: 'Zip' | 'Image' = 'Zip', alias = true): Promise<Account> {
  const sandbox = await startSandbox({ now: () => stage.now(), settle: { image: 4_000 } })
  const account = new Account(sandbox, stage)
  const setUp = 'before'
  const code = (number: number) =>
    kind === 'Zip' ? { ZipFile: base64(zips(`code ${number}`)) } : { ImageUri: imageOf(`code ${number}`) }
  await account.call(setUp, 'POST', '/2015-03-31/functions', {
    FunctionName: 'orders',
    Role: 'arn:aws:iam::111122223333:role/orders',
    PackageType: kind,
    ...(kind === 'Zip' && { Runtime: 'nodejs22.x', Handler: 'index.handler' }),
    Environment: { Variables: { PASSWORD: secrets[0] } },
    Code: code(1),
  })
  for (const number of [1, 2, 3]) {
    stage.pass(6_000)
    if (number > 1) await account.call(setUp, 'PUT', `${functionPath}/code`, code(number))
    stage.pass(6_000)
    await account.call(setUp, 'POST', `${functionPath}/versions`, { Description: `version ${number}` })
  }
  if (alias) {
    const Description = 'lambda-rollout 3 after 2; octo/orders@0ldc0de run 900.1'
    await account.call(setUp, 'POST', `${functionPath}/aliases`, { Name: 'live', FunctionVersion: '3', Description })
  }
  return account
}

export function imageOf(code: string): string {
  return `111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:${createHash('sha256').update(code).digest('hex')}`
}

function versionState(version: Record<string, unknown>): VersionState {
  const { CodeSha256, MemorySize, Environment, Timeout, Runtime, Handler, Architectures, Layers, Role } = version
  const same = [CodeSha256, MemorySize, Environment, Timeout, Runtime, Handler, Architectures, Layers, Role]
  return { version: String(version.Version), sha256: String(CodeSha256), same: JSON.stringify(same) }
}

function wire(method: string, path: string, body?: object): WireRequest {
  const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
  return { method, path, headers: { 'content-type': 'application/json' }, body: bytes }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** The alias that a request would change. */
function aliasOf({ method, path, body }: WireRequest): string | undefined {
  if (method === 'GET') return undefined
  const [, name] = /^\/2015-03-31\/functions\/[^/]+\/aliases(?:\/([^/?]+))?/.exec(path) ?? []
  if (name !== undefined) return decodeURIComponent(name)
  if (method !== 'POST' || !path.endsWith('/aliases')) return undefined
  return String((JSON.parse(new TextDecoder().decode(body)) as { Name?: string }).Name)
}

/** Whether a request changes anything at all: CloudWatch and its logs are read with POST, and an invocation is no change. */
export function isChange({ method, path }: Pick<WireRequest, 'method' | 'path'>): boolean {
  return method !== 'GET' && method !== 'HEAD' && !path.endsWith('/invocations') && path !== '/'
}
