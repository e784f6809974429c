import { Readable } from 'node:stream'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as lambda from '@aws-sdk/client-lambda'
import type { RecordedCall } from './scenario.ts'

export type Output = Record<string, unknown>

/** What came of a call: as the SDK gives it, and the body as it came over the wire. */
export type Reply =
  | { readonly kind: 'output'; readonly status: number | undefined; readonly output: Output }
  | { readonly kind: 'error'; readonly status: number | undefined; readonly error: Error; readonly body: string }

/** The services, spoken to by their real clients. */
export interface Api {
  send(call: Pick<RecordedCall, 'service' | 'operation'>, input: Output): Promise<Reply>
  /** Follows `NextMarker` and joins the pages' lists. */
  all(call: Pick<RecordedCall, 'service' | 'operation'>, input: Output): Promise<Reply>
  close(): void
}

type Metadata = { readonly $metadata?: { readonly httpStatusCode?: number } }

interface Client {
  readonly middlewareStack: object
  send(command: never): Promise<unknown>
  destroy(): void
}

type Step = (args: object) => Promise<{ readonly response: { body: AsyncIterable<Uint8Array> } }>

/** Hears the bodies of answers before the client reads them. */
function listen(client: Client, heard: (body: string) => void): void {
  const stack = client.middlewareStack as { add(middleware: (next: Step) => Step, options: object): void }
  stack.add(
    next => async args => {
      const result = await next(args)
      const chunks: Uint8Array[] = []
      for await (const chunk of result.response.body) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      heard(bytes.toString())
      result.response.body = Readable.from([bytes])
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'listen' },
  )
}

/** The real clients, with an ear on the wire. */
export function connect(endpoint: string, region: string): Api {
  const options = { endpoint, region, maxAttempts: 1, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }
  const clients: Readonly<Record<RecordedCall['service'], Client>> = {
    lambda: new lambda.LambdaClient(options),
    cloudwatch: new cloudwatch.CloudWatchClient(options),
  }
  const commands: Readonly<Record<string, unknown>> = { ...lambda, ...cloudwatch }
  let body = ''
  for (const client of Object.values(clients)) {
    listen(client, heard => {
      body = heard
    })
  }

  async function send(call: Pick<RecordedCall, 'service' | 'operation'>, input: Output): Promise<Reply> {
    const Command = commands[`${call.operation}Command`] as new (input: Output) => never
    try {
      const answer = (await clients[call.service].send(new Command(input))) as Output & Metadata
      const { $metadata, ...output } = answer
      return { kind: 'output', status: $metadata?.httpStatusCode, output }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const { $metadata } = error as Error & Metadata
      return { kind: 'error', status: $metadata?.httpStatusCode, error, body }
    }
  }

  async function all(call: Pick<RecordedCall, 'service' | 'operation'>, input: Output): Promise<Reply> {
    const joined: Record<string, unknown[]> = {}
    for (let marker: unknown; ; ) {
      const reply = await send(call, marker === undefined ? input : { ...input, Marker: marker })
      if (reply.kind === 'error') return reply
      const { NextMarker, ...lists } = reply.output
      for (const [name, list] of Object.entries(lists)) {
        if (Array.isArray(list)) joined[name] = [...(joined[name] ?? []), ...list]
      }
      if (NextMarker === undefined) return { kind: 'output', status: undefined, output: joined }
      marker = NextMarker
    }
  }

  return {
    send,
    all,
    close: () => {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}
