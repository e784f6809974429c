import {
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import {
  InvokeCommand,
  type LoggingConfig,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import type { Answered, Behaviour, SandboxOptions } from '../sandbox/sandbox.ts'

const minutes = 60_000
const logGroupName = '/aws/lambda/orders'
let rig: Rig

async function begin(options: SandboxOptions = {}, source?: () => string): Promise<void> {
  rig = await newRig(options)
  await rig.deploy('orders', 1, source)
}

beforeEach(() => begin())

afterEach(() => rig.close())

const filter = (input: Partial<FilterLogEventsCommandInput> = {}) =>
  rig.logs.send(new FilterLogEventsCommand({ logGroupName, ...input }))

const messages = async (input: Partial<FilterLogEventsCommandInput> = {}) =>
  ((await filter(input)).events ?? []).map(({ message = '' }) => message)

const invoke = (payload: object = {}, Qualifier = 'live') =>
  rig.lambda.send(new InvokeCommand({ FunctionName: 'orders', Qualifier, Payload: JSON.stringify(payload) }))

const answer = (answered: Partial<Answered> = {}) =>
  rig.sandbox.invocations.set('orders', '*', () => ({ payload: null, durationMs: 100, ...answered }))

/** One request to `live`, of which the behaviour is this. */
function traffic(behaviour: Partial<Behaviour>, perSecond = 1): void {
  const whole = { errorRate: 1, durationMs: 100, spread: { sigma: 0 }, ...behaviour }
  rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond, behaviour: () => whole })
}

/** Publishes a version with this logging and gives `live` to it. */
async function logging(LoggingConfig: LoggingConfig): Promise<void> {
  const FunctionName = 'orders'
  await rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, LoggingConfig }))
  rig.pass(5000)
  const { Version } = await rig.lambda.send(new PublishVersionCommand({ FunctionName }))
  await rig.lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: Version }))
}

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const time = '2026-11-23T10:\\d\\d:\\d\\d\\.\\d{3}Z'

describe('a group', () => {
  test('is not there before the first invocation', async () => {
    await expect(filter()).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('has the name that the version’s configuration gives, and streams that name function and version', async () => {
    await logging({ LogGroup: '/shared' })
    answer()
    await invoke()
    await expect(filter()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const { events = [] } = await filter({ logGroupName: '/shared' })
    expect(events[0]?.logStreamName).toMatch(/^2026\/11\/23\/orders\[2\][0-9a-f]{32}$/)
  })

  test('has one stream for each environment, and a stream keeps its day over midnight', async () => {
    answer()
    rig.pass(14 * 60 * minutes - 10 * minutes)
    await invoke()
    rig.pass(20 * minutes)
    await invoke()
    await invoke({}, '$LATEST')
    const streams = (await filter({ filterPattern: 'START' })).events?.map(event => event.logStreamName) ?? []
    expect(streams[0]).toMatch(/^2026\/11\/23\/\[1\][0-9a-f]{32}$/)
    expect(streams[1]).toBe(streams[0])
    expect(streams[2]).toMatch(/^2026\/11\/24\/\[\$LATEST\][0-9a-f]{32}$/)
  })

  test('has no more of an environment that another took the place of', async () => {
    traffic({ coldStart: { extraMs: 0, probability: 0.3 } }, 0.02)
    rig.pass(60 * minutes)
    const { events = [] } = await filter({ filterPattern: 'START' })
    const streams = events.map(event => event.logStreamName)
    const changes = streams.filter((stream, index) => stream !== streams[index - 1])
    expect(changes.length).toBeGreaterThan(5)
    expect(changes).toEqual([...new Set(streams)])
  })

  test('may be named by its ARN', async () => {
    answer()
    await invoke()
    const logGroupIdentifier = `arn:aws:logs:eu-west-1:111122223333:log-group:${logGroupName}`
    expect(await messages({ logGroupName: undefined, logGroupIdentifier })).toHaveLength(3)
    await expect(filter({ logGroupIdentifier })).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('keeps what went wrong when there is no room for what went well', async () => {
    traffic({ errorRate: 0.01 }, 200)
    rig.pass(5 * minutes)
    const errors = await messages({ filterPattern: 'ERROR', endTime: rig.now() - 4 * minutes })
    expect(errors.length).toBeGreaterThan(50)
    expect((await filter({ filterPattern: 'START' })).events?.length).toBeLessThan(5000)
  })
})

describe('lines in Text', () => {
  test('of an invocation that went well', async () => {
    answer({ log: 'pricing\nsold\n' })
    await invoke()
    expect(await messages()).toEqual([
      expect.stringMatching(new RegExp(`^START RequestId: ${id} Version: 1\n$`)),
      'pricing\n',
      'sold\n',
      expect.stringMatching(new RegExp(`^END RequestId: ${id}\n$`)),
      expect.stringMatching(
        new RegExp(
          `^REPORT RequestId: ${id}\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t\n$`,
        ),
      ),
    ])
  })

  test('of an error that was thrown, by Node.js’s runtime', async () => {
    traffic({ errors: [{ kind: 'thrown', errorType: 'RangeError', errorMessage: 'too many' }] })
    rig.pass(10_000)
    const [line = ''] = await messages({ filterPattern: 'ERROR' })
    const [, error = ''] = new RegExp(`^${time}\t${id}\tERROR\tInvoke Error \t(.*)\n$`).exec(line) ?? []
    expect(JSON.parse(error)).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'too many',
      stack: ['RangeError: too many', expect.stringContaining('at handler')],
    })
  })

  test('of a process that ended', async () => {
    traffic({ errors: [{ kind: 'exit', status: 127 }] })
    rig.pass(10_000)
    expect((await messages({ filterPattern: '"Runtime exited"' }))[0]).toMatch(
      new RegExp(`^RequestId: ${id} Error: Runtime exited with error: exit status 127\nRuntime.ExitError\n$`),
    )
  })

  test('of a timeout, in the REPORT line alone', async () => {
    traffic({ errors: [{ kind: 'timeout' }] })
    rig.pass(10_000)
    expect(await messages({ filterPattern: '"Task timed out"' })).toEqual([])
    expect((await messages({ filterPattern: 'REPORT' }))[0]).toMatch(
      /Duration: 3000.00 ms\t.*\tMax Memory Used: 72 MB\tStatus: timeout\n$/,
    )
  })

  test('of a timeout, in a line of its own, where the sandbox is told so', async () => {
    await rig.close()
    await begin({ logs: { timeouts: 'line' } })
    traffic({ errors: [{ kind: 'timeout' }] })
    rig.pass(10_000)
    expect((await messages({ filterPattern: '"Task timed out"' }))[0]).toMatch(
      new RegExp(`^${time} ${id} Task timed out after 3.00 seconds\n\n$`),
    )
    expect(await messages({ filterPattern: '"Status: timeout"' })).toEqual([])
  })

  test('of a cold start, in the REPORT line of the environment’s first invocation', async () => {
    traffic({ errorRate: 0, coldStart: { extraMs: 0, initMs: 250 } }, 0.02)
    rig.pass(20 * minutes)
    const reports = await messages({ filterPattern: 'REPORT' })
    expect(reports.filter(line => line.includes('Init Duration: 250.00 ms'))).toHaveLength(1)
    expect(reports[0]).toContain('\tBilled Duration: 350 ms\t')
    expect(reports.length).toBeGreaterThan(10)
  })

  test('of errors by their weights', async () => {
    const thrown = { kind: 'thrown', errorType: 'Error' } as const
    traffic(
      {
        errors: [
          { ...thrown, weight: 3, errorMessage: 'often' },
          { ...thrown, errorMessage: 'seldom' },
        ],
      },
      20,
    )
    rig.pass(2 * minutes)
    const [often, seldom] = [await messages({ filterPattern: 'often' }), await messages({ filterPattern: 'seldom' })]
    expect(often.length / seldom.length).toBeCloseTo(3, 0)
  })
})

describe('lines in JSON', () => {
  const parsed = async () => (await messages()).map(line => JSON.parse(line))

  test('of an error that was thrown', async () => {
    await logging({ LogFormat: 'JSON' })
    answer({ functionError: 'Unhandled', payload: { errorType: 'TypeError', errorMessage: 'no price', trace: ['at'] } })
    await invoke()
    const requestId = expect.stringMatching(new RegExp(`^${id}$`))
    const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live'
    expect(await parsed()).toMatchObject([
      { type: 'platform.start', record: { requestId, functionArn, version: '2' } },
      {
        level: 'ERROR',
        requestId,
        message: { errorType: 'TypeError', errorMessage: 'no price', stackTrace: ['at'] },
      },
      {
        type: 'platform.report',
        record: { requestId, metrics: { durationMs: 100, memorySizeMB: 128 }, status: 'error' },
      },
    ])
    expect(await messages({ filterPattern: '{ $.level = "ERROR" }' })).toHaveLength(1)
    expect(await messages({ filterPattern: '{ $.record.status = "error" || $.level = "ERROR" }' })).toHaveLength(2)
  })

  test('of a timeout: no more than the report', async () => {
    await logging({ LogFormat: 'JSON' })
    traffic({ errors: [{ kind: 'timeout' }] })
    rig.pass(10_000)
    expect((await parsed()).find(({ type }) => type === 'platform.report').record.status).toBe('timeout')
    expect(await messages({ filterPattern: '{ $.level = "ERROR" }' })).toEqual([])
  })

  test('are cut down by the levels', async () => {
    await logging({ LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'ERROR' })
    traffic({})
    rig.pass(10_000)
    expect(new Set((await parsed()).map(({ level }) => level))).toEqual(new Set(['ERROR']))
  })
})

describe('a handler that is really run', () => {
  const source = () => `
    export const handler = async event => {
      console.log('handling', event.name)
      console.error('on stderr')
      if (event.exit) process.exit(3)
      throw new RangeError('cannot do ' + event.name)
    }`

  beforeEach(async () => {
    await rig.close()
    await begin({}, source)
  })

  test('has its own output and its own error in the log', async () => {
    await invoke({ name: 'Ann' })
    const lines = await messages()
    expect(lines.slice(1, -2)).toEqual([
      'handling Ann\n',
      'on stderr\n',
      expect.stringMatching(
        /\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"cannot do Ann","stack":\["RangeError: cannot do Ann"," {4}at handler/,
      ),
    ])
  })

  test('writes to one stream as long as its process lives, and the next process to another', async () => {
    await invoke({ name: 'Ann' })
    await invoke({ name: 'Bea', exit: true })
    await invoke({ name: 'Cyd' })
    const { events = [] } = await filter({ filterPattern: 'START' })
    const [first, second, third] = events.map(event => event.logStreamName)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(await messages({ filterPattern: '"Runtime exited with error: exit status 3"' })).toHaveLength(1)
  })
})

describe('FilterLogEvents', () => {
  beforeEach(async () => {
    answer({ log: 'ERROR in step 1\nTask timed out, said somebody\nall Exceptions are fine' })
    await invoke()
  })

  for (const [filterPattern, found] of [
    ['ERROR', 1],
    ['error', 0],
    ['ERROR step', 1],
    ['ERROR Task', 0],
    ['"ERROR in step"', 1],
    ['?ERROR ?"Task timed out" ?"Status: timeout"', 2],
    ['?Exception', 1],
    ['', 6],
    ['{ $.level = "ERROR" }', 0],
  ] as const) {
    test(`finds ${found} of 6 by ${filterPattern || 'nothing'}`, async () => {
      expect(await messages({ filterPattern })).toHaveLength(found)
    })
  }

  for (const filterPattern of ['-ERROR', '?ERROR step', '%ERR.R%', '[a, b]', '{ $.a > 1 }', '{ $.a = "x*" }']) {
    test(`does not understand ${filterPattern}, and says so`, async () => {
      await expect(filter({ filterPattern })).rejects.toMatchObject({ name: 'NotModelledBySandbox' })
    })
  }

  test('wants what is more than letters and digits in quotes', async () => {
    await expect(filter({ filterPattern: 'a:b' })).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  test('has both ends of its time', async () => {
    const at = rig.now()
    rig.pass(1000)
    await invoke()
    expect(await messages({ startTime: at, endTime: at, filterPattern: 'START' })).toHaveLength(1)
    expect(await messages({ startTime: at + 100, endTime: at + 100 })).toHaveLength(2)
    expect(await messages({ startTime: at + 101, filterPattern: 'START' })).toHaveLength(1)
    expect(await messages({ endTime: at - 1 })).toEqual([])
  })

  test('finds streams by name and by prefix, not by both', async () => {
    await invoke({}, '$LATEST')
    expect(await messages({ logStreamNamePrefix: '2026/11/23/[1]', filterPattern: 'START' })).toHaveLength(1)
    expect(await messages({ logStreamNamePrefix: '2026/11/23/[', filterPattern: 'START' })).toHaveLength(2)
    const name = (await filter()).events?.[0]?.logStreamName ?? ''
    expect(await messages({ logStreamNames: [name], filterPattern: 'START' })).toHaveLength(1)
    const both = filter({ logStreamNames: [name], logStreamNamePrefix: '2026' })
    await expect(both).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  test('comes in pages of at most so many, and of 1 MB', async () => {
    const first = await filter({ limit: 4 })
    expect(first.events).toHaveLength(4)
    const rest = await filter({ limit: 4, nextToken: first.nextToken })
    expect([...(first.events ?? []), ...(rest.events ?? [])].map(({ message }) => message)).toEqual(await messages())
    expect(rest.nextToken).toBeUndefined()

    answer({ log: Array.from({ length: 4 }, () => 'x'.repeat(400_000)).join('\n') })
    await invoke()
    const large = await filter({ filterPattern: 'xxx' })
    expect(large.events).toHaveLength(2)
    expect((await filter({ filterPattern: 'xxx', nextToken: large.nextToken })).events).toHaveLength(2)
  })

  test('goes backwards from the newest, where startFromHead is false', async () => {
    const input = { startFromHead: false, startTime: Date.UTC(2026, 0, 1), limit: 2 }
    const first = await filter(input)
    const second = await filter({ limit: 2, nextToken: first.nextToken })
    const seen = [...(first.events ?? []), ...(second.events ?? [])].map(({ message = '' }) => message.slice(0, 4))
    expect(seen).toEqual(['REPO', 'END ', 'all ', 'Task'])
    await expect(filter({ startFromHead: false })).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  test('refuses limits and tokens that are none', async () => {
    for (const input of [{ limit: 10_001 }, { limit: 0 }, { nextToken: 'nonsense' }]) {
      await expect(filter(input)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    }
  })

  test('may have pages with a token and nothing else, where the sandbox is told so', async () => {
    await rig.close()
    await begin({ logs: { emptyPages: 2 } })
    answer()
    await invoke()
    const lengths: number[] = []
    let nextToken: string | undefined
    do {
      const page = await filter({ limit: 2, nextToken })
      lengths.push(page.events?.length ?? 0)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(lengths).toEqual([0, 0, 2, 1])
  })
})

test('DescribeLogStreams has the streams by name, or by their last event', async () => {
  answer()
  await invoke()
  rig.pass(1000)
  await invoke({}, '$LATEST')
  const describeStreams = async (more: object) =>
    (await rig.logs.send(new DescribeLogStreamsCommand({ logGroupName, ...more }))).logStreams ?? []
  const streams = await describeStreams({})
  expect(streams.map(({ logStreamName = '' }) => logStreamName.replace(/[0-9a-f]{32}$/, ''))).toEqual([
    '2026/11/23/[$LATEST]',
    '2026/11/23/[1]',
  ])
  expect(streams[0]).toMatchObject({
    firstEventTimestamp: rig.now(),
    lastEventTimestamp: rig.now() + 100,
    storedBytes: 0,
  })
  const [latest] = await describeStreams({ orderBy: 'LastEventTime', descending: true, limit: 1 })
  expect(latest).toEqual(streams[0])
  expect(await describeStreams({ logStreamNamePrefix: '2026/11/23/[1]' })).toEqual([streams[1]])
})

test('what is not modelled is refused', async () => {
  const query = new StartQueryCommand({ logGroupName, startTime: 0, endTime: 1, queryString: 'fields @message' })
  await expect(rig.logs.send(query)).rejects.toMatchObject({ name: 'NotModelledBySandbox' })
})

describe('as any service it', () => {
  test('is recorded', async () => {
    await filter({ filterPattern: 'ERROR' }).catch(() => undefined)
    expect(rig.sandbox.requests.at(-1)).toMatchObject({
      service: 'logs',
      operation: 'FilterLogEvents',
      input: { logGroupName, filterPattern: 'ERROR' },
      status: 400,
      error: 'ResourceNotFoundException',
    })
  })

  for (const [kind, name] of [
    ['throttle', 'ThrottlingException'],
    ['denied', 'AccessDeniedException'],
    ['expired', 'ExpiredTokenException'],
  ] as const) {
    test(`answers ${kind} with ${name}`, async () => {
      rig.sandbox.faults.add({ match: { service: 'logs' }, fault: { kind } })
      await expect(filter()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } })
    })
  }

  test('names what was denied', async () => {
    rig.sandbox.faults.add({ match: { service: 'logs' }, fault: { kind: 'denied' } })
    await expect(filter()).rejects.toThrow(
      'not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders:log-stream:',
    )
  })
})
