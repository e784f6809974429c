import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CloudWatchAlarms } from '../../src/aws/alarms.ts'
import { LambdaAliases } from '../../src/aws/alias.ts'
import { clientConfig } from '../../src/aws/client.ts'
import { LambdaFunctions } from '../../src/aws/functions.ts'
import { LambdaInvoker } from '../../src/aws/invoker.ts'
import { cloudWatchLogs } from '../../src/aws/logs.ts'
import { CloudWatchMetrics } from '../../src/aws/metrics.ts'
import { AssumedRole } from '../../src/aws/session.ts'
import { LambdaUrls } from '../../src/aws/urls.ts'
import { LambdaVersions } from '../../src/aws/versions.ts'
import { SchedulerWatchdog } from '../../src/aws/watchdog.ts'
import { GitHubApi } from '../../src/github/api.ts'
import { GitHubDeployments } from '../../src/github/deployments.ts'
import { GitHubPulls } from '../../src/github/pulls.ts'
import { CallFailed } from '../../src/ports.ts'
import { whole } from '../../src/rollout/routing.ts'
import { run, target } from '../support/builders.ts'
import { Time } from '../support/world/time.ts'
import { hostileText, json, seeded } from './arbitraries.ts'

type Answer = { readonly status: number; readonly body: string; readonly type: string }

const live = target()
const cancel = new AbortController().signal
const at = Date.UTC(2026, 10, 23, 10)

/** The answer to the next call; those after it are empty, so that whatever goes from page to page comes to an end. */
let next: Answer | undefined

function taken(): Answer {
  const answer = next ?? { status: 200, body: '{}', type: 'application/json' }
  if (answer.status < 400) next = undefined
  return answer
}

const clock = { now: () => at, sleep: async () => undefined }
const config = {
  ...clientConfig('eu-west-1', clock),
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'fuzz' },
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 1_000,
    throwOnRequestTimeout: true,
    async handle() {
      const { status, body, type } = taken()
      return { response: { statusCode: status, headers: { 'content-type': type }, body: Readable.from([body]) } }
    },
  } as const,
}

const lambda = new LambdaClient(config)
const cloudwatch = new CloudWatchClient(config)
const [functions, aliases] = [new LambdaFunctions(lambda, cancel), new LambdaAliases(lambda)]
const [versions, urls, alarms] = [
  new LambdaVersions(lambda, cancel),
  new LambdaUrls(lambda),
  new CloudWatchAlarms(cloudwatch),
]
const watchdog = new SchedulerWatchdog('arn:aws:iam::111122223333:role/watchdog', config, clock)

const alias = {
  AliasArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
  Name: 'live',
  FunctionVersion: '7',
  RoutingConfig: { AdditionalVersionWeights: { 8: 0.1 } },
  Description: 'lambda-rollout 7 after 5; OWNER/REPO@abc1234 run 987.1',
  RevisionId: 'r1',
}
const configuration = {
  FunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
  Version: '7',
  CodeSha256: 'x',
  CodeSize: 7,
  Description: '',
  Environment: { Variables: { A: 'b' } },
  Layers: [{ Arn: 'a' }],
  VpcConfig: { SubnetIds: ['a'] },
  SnapStart: { ApplyOn: 'PublishedVersions', OptimizationStatus: 'On' },
  State: 'Active',
  LastUpdateStatus: 'Successful',
}
const alarm = {
  AlarmName: 'a',
  AlarmArn: 'b',
  StateValue: 'OK',
  StateReason: 'c',
  StateTransitionedTimestamp: 1_700_000_000,
}

const asked = { routing: whole('7'), description: alias.Description }
const series = { functionName: 'orders', alias: 'live', version: '7', metric: 'Errors', stat: 'Sum' } as const
const group = { group: '/aws/lambda/orders', functionName: 'orders', version: '7' }

/** Each call with an answer that it takes for good. */
const calls: readonly (readonly [string, unknown, () => Promise<unknown>])[] = [
  ['GetAlias', alias, () => aliases.read(live)],
  ['UpdateAlias', alias, () => aliases.update(live, asked, 'r1')],
  ['CreateAlias', alias, () => aliases.create(live, asked)],
  [
    'GetFunction',
    { Configuration: configuration, Concurrency: { ReservedConcurrentExecutions: 0 } },
    () => functions.latest('orders'),
  ],
  ['PublishVersion', configuration, () => functions.publish('orders', 'x', 'r', '')],
  ['GetPolicy', { Policy: '{"Statement":[{"Effect":"Allow","Principal":"*"}]}' }, () => functions.triggers('orders')],
  [
    'DescribeAlarms',
    { MetricAlarms: [alarm], CompositeAlarms: [alarm], NextToken: 'x' },
    () => alarms.find(['a', 'b*']),
  ],
  [
    'DescribeAlarmHistory',
    {
      AlarmHistoryItems: [
        { Timestamp: 1_700_000_000, HistoryData: '{"newState":{"stateValue":"ALARM","stateReason":"x"}}' },
      ],
    },
    () => alarms.history('a', at),
  ],
  [
    'GetMetricData',
    { MetricDataResults: [{ Id: 'm0', Timestamps: [1_700_000_000], Values: [1], StatusCode: 'Complete' }] },
    () => new CloudWatchMetrics(cloudwatch).read([series], { from: at, to: at, periodS: 60 }),
  ],
  [
    'FilterLogEvents',
    { events: [{ message: 'ERROR x', timestamp: 1 }], nextToken: 'x' },
    () => cloudWatchLogs(config).errors(group, at, at),
  ],
  ['ListVersionsByFunction', { Versions: [configuration], NextMarker: 'x' }, () => versions.list('orders')],
  ['ListAliases', { Aliases: [alias], NextMarker: 'x' }, () => versions.aliases('orders')],
  [
    'ListProvisionedConcurrencyConfigs',
    { ProvisionedConcurrencyConfigs: [{ FunctionArn: 'a:7' }] },
    () => versions.provisioned('orders'),
  ],
  [
    'ListEventSourceMappings',
    { EventSourceMappings: [{ FunctionArn: 'a:orders:7', UUID: 'x' }] },
    () => versions.holders('orders', '7'),
  ],
  [
    'GetAccountSettings',
    { AccountUsage: { TotalCodeSize: 1 }, AccountLimit: { TotalCodeSize: 2 } },
    () => versions.storage(),
  ],
  ['GetFunctionUrlConfig', { FunctionUrl: 'https://a', AuthType: 'NONE' }, () => urls.read(live)],
  [
    'Invoke',
    { statusCode: 200 },
    () =>
      new LambdaInvoker(config, { now: () => at, sleep: async () => undefined }, cancel).invoke('orders', '7', '{}'),
  ],
  ['UpdateSchedule', { ScheduleArn: 'x' }, () => watchdog.set(live, { kind: 'drop', candidate: '8' }, at)],
  [
    'AssumeRoleWithWebIdentity',
    {},
    () =>
      new AssumedRole('arn:aws:iam::111122223333:role/a', 'b', async () => 'token', config, new Time()).credentials(),
  ],
]

/** A document in which members are gone, are something else, or hold something else further down. */
function bent(sample: unknown): fc.Arbitrary<unknown> {
  const other = json(2)
  if (typeof sample === 'string') return fc.oneof(fc.constant(sample), hostileText(), other)
  if (typeof sample !== 'object' || sample === null) return fc.oneof(fc.constant(sample), other)
  if (Array.isArray(sample))
    return fc.oneof({ weight: 4, arbitrary: fc.tuple(...sample.map(bent)) }, fc.array(other, { maxLength: 3 }), other)
  const members = Object.entries(sample).map(([name, value]) => [
    name,
    fc.oneof({ weight: 2, arbitrary: bent(value) }, fc.constant(value)),
  ])
  return fc.oneof({ weight: 8, arbitrary: fc.record(Object.fromEntries(members), { requiredKeys: [] }) }, other)
}

const statuses = fc.constantFrom(200, 200, 200, 200, 200, 204, 301, 400, 403, 404, 409, 412, 429, 500, 503)
const types = fc.constantFrom('application/json', 'text/html', 'application/x-amz-json-1.0', '')

function answers(sample: unknown): fc.Arbitrary<Answer> {
  const error = fc.record(
    { __type: hostileText(), message: json(1), Message: hostileText(), code: json(1), Type: json(1) },
    { requiredKeys: [] },
  )
  const document = fc.oneof({ weight: 8, arbitrary: bent(sample) }, error).map(value => JSON.stringify(value))
  const xml = hostileText({ markup: true }).map(
    text => `<ErrorResponse><Error><Code>${text}</Code></Error></ErrorResponse>`,
  )
  const cut = document.map(text => text.slice(0, text.length / 2))
  return fc.record({
    status: statuses,
    type: types,
    body: fc.oneof({ weight: 10, arbitrary: document }, cut, xml, hostileText(), fc.constant('')),
  })
}

/** What once escaped somewhere, and is answered to every call since. */
const once: readonly Answer[] = [
  { status: 500, body: '{"message":{"toString":0}}', type: 'application/json' },
  { status: 400, body: '{"message":0}', type: 'application/json' },
  { status: 200, body: '', type: 'application/json' },
  { status: 200, body: 'null', type: 'application/json' },
  { status: 200, body: '[null]', type: 'application/json' },
  { status: 200, body: '{"events":[{"message":0}],"CompositeAlarms":0}', type: 'application/json' },
  { status: 200, body: '{"AlarmHistoryItems":[{"HistoryData":"null"}]}', type: 'application/json' },
  { status: 200, body: '{"MetricDataResults":[{"Timestamps":0}]}', type: 'application/json' },
]

/** What escapes: neither an answer, nor a failure that says in one sentence what could not be done. */
async function escapes(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof CallFailed && /^could not [^\n]* because /.test(error.message)) return undefined
    return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : error
  }
}

describe('whatever AWS answers', () => {
  test.each(calls)('%s gives a value, or a failure that says what could not be done', async (_, sample, call) => {
    await fc.assert(
      fc.asyncProperty(answers(sample), async answer => {
        next = answer
        expect(await escapes(call)).toBeUndefined()
      }),
      { ...seeded(250), examples: once.map(answer => [answer]) },
    )
  })
})

describe('whatever GitHub answers', () => {
  const server = createServer((request, response) => {
    request.resume()
    const { status, body, type } = taken()
    response.writeHead(status, { 'content-type': type }).end(status === 204 ? undefined : body)
  })
  let baseUrl = ''

  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const api = () => new GitHubApi({ baseUrl, token: 'ghs_fuzz', repository: 'OWNER/REPO' }, new Time(), cancel)
  const deployments = () => new GitHubDeployments(api(), run(), 'https://github.com')
  const pulls = () => new GitHubPulls(api(), new Time(), 'https://github.com')
  const wish = { environment: 'e', of: 'orders:live', commit: 'abc', transient: false, description: 'd' }
  const comment = { id: 1, body: '<!-- x -->', user: { login: 'a', type: 'Bot' } }

  const asks: readonly (readonly [string, unknown, () => Promise<unknown>])[] = [
    ['a deployment made', { id: 7 }, () => deployments().create(wish)],
    ['the deployments there are', [{ id: 7 }, { id: 8 }], () => deployments().standing('e', 'orders:live')],
    ['a pull request', { state: 'open' }, () => pulls().isOpen(7)],
    [
      'its comments',
      [comment],
      () => pulls().comment(7, { kind: 'removed', target: live, run: run(), commit: 'abc1234' }),
    ],
  ]

  test.each(asks)('%s gives a value, or a failure that says what could not be done', async (_, sample, call) => {
    await fc.assert(
      fc.asyncProperty(answers(sample), async answer => {
        next = answer
        expect(await escapes(call)).toBeUndefined()
      }),
      { ...seeded(120), examples: once.map(answer => [answer]) },
    )
  })
})
