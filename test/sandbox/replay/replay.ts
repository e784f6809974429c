import { Readable } from 'node:stream'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as lambda from '@aws-sdk/client-lambda'
import { startSandbox } from '../sandbox.ts'
import { newBindings } from './bindings.ts'
import { differences } from './compare.ts'
import type { RecordedCall, Scenario } from './scenario.ts'
import { materialize } from './values.ts'

type Output = Record<string, unknown>

/** What came of a call: as the SDK gives it, and the body as it came over the wire. */
type Reply =
  | { readonly kind: 'output'; readonly status: number | undefined; readonly output: Output }
  | { readonly kind: 'error'; readonly status: number | undefined; readonly error: Error; readonly body: string }

const region = 'eu-west-1'
const account = '111111111111'
const start = Date.parse('2026-11-23T10:00:07.250Z')

/** Makes a scenario's calls against a sandbox of its own and says how the answers differ from those recorded. */
export async function replay(scenario: Scenario): Promise<readonly string[]> {
  let now = start
  const sandbox = await startSandbox({ now: () => now, region, account })
  const api = connect(sandbox.endpoint)
  const bindings = newBindings({ '<partition>': 'aws', '<region>': region })
  const outputs = new Map<string, unknown>()
  const old = Number(scenario.recorded.slice(6, 10)) < 2025
  const found: string[] = []
  try {
    for (const call of scenario.calls) {
      const input = materialize(call.input, { bindings, outputs, now: start }) as Output
      if (call.operation.startsWith('$')) {
        await wait(api, call.operation, input, ms => {
          now += ms
        })
        continue
      }
      const reply = await (call.paginated ? api.all(call, input) : api.send(call, input))
      now += 10
      if (reply.kind === 'output') outputs.set(call.name, reply.output)
      const problems = call.recorded === false ? unexpected(reply) : compare(call, reply)
      found.push(...problems.map(problem => `${call.name} (${call.operation}) ${problem}`))
    }
  } finally {
    api.close()
    await sandbox.close()
  }
  return found

  function compare(call: RecordedCall, reply: Reply): readonly string[] {
    const status =
      call.status === undefined || call.status === reply.status ? [] : [`status: ${reply.status}, not ${call.status}`]
    if (reply.kind === 'output') {
      if (call.error) return [`expected ${call.error.code}, but it succeeded`]
      return [...status, ...differences(call.output ?? {}, reply.output, bindings, old)]
    }
    if (!call.error) return [...status, ...unexpected(reply)]
    const { code, message, body } = call.error
    return [
      ...status,
      ...differences({ code, message }, { code: reply.error.name, message: reply.error.message }, bindings, old),
      ...(body ? differences(body, JSON.parse(reply.body), bindings, old, '.body') : []),
    ]
  }
}

function unexpected(reply: Reply): readonly string[] {
  return reply.kind === 'error' ? [`failed: ${reply.error.name}: ${reply.error.message}`] : []
}

interface Api {
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
function connect(endpoint: string): Api {
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

/** Lets time go by until what a wait waits for is there; ten minutes at most. */
async function wait(api: Api, operation: string, input: Output, pass: (ms: number) => void): Promise<void> {
  for (let second = 0; second < 600; second += 1) {
    if (await isDone(api, operation, input)) return
    pass(1000)
  }
  throw new Error(`${operation} ${JSON.stringify(input)} did not come true within ten minutes of the sandbox's time`)
}

async function isDone(api: Api, operation: string, input: Output): Promise<boolean> {
  switch (operation) {
    case '$waitFunctionActive':
      return (await read('lambda', 'GetFunction', input, 'Configuration', 'State')) === 'Active'
    case '$waitFunctionUpdated':
      return (await read('lambda', 'GetFunction', input, 'Configuration', 'LastUpdateStatus')) === 'Successful'
    case '$waitProvisionedConcurrencyReady':
      return (await read('lambda', 'GetProvisionedConcurrencyConfig', input, 'Status')) === 'READY'
    case '$waitAlarmState': {
      const query = { AlarmNames: [input.AlarmName], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }
      return (await read('cloudwatch', 'DescribeAlarms', query, 'MetricAlarms', '0', 'StateValue')) === input.StateValue
    }
    case '$waitMetricData': {
      const query = {
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: input, Period: 60, Stat: 'SampleCount' } }],
        StartTime: new Date(start - 3_600_000),
        EndTime: new Date(start + 3_600_000),
      }
      return (await read('cloudwatch', 'GetMetricData', query, 'MetricDataResults', '0', 'Values', '0')) !== undefined
    }
  }
  throw new Error(`There is no way to ${operation}`)

  async function read(service: RecordedCall['service'], name: string, query: Output, ...path: readonly string[]) {
    const reply = await api.send({ service, operation: name }, query)
    if (reply.kind === 'error') throw reply.error
    let value: unknown = reply.output
    for (const member of path) value = Reflect.get(Object(value), member)
    return value
  }
}
