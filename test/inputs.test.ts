import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  type DeployInputs,
  type DeployTarget,
  type InputSources,
  type Inputs,
  type Loaded,
  loadInputs,
} from '../src/inputs.ts'
import type { Check } from '../src/rollout/checks.ts'
import { canary, type Plan, plan } from '../src/rollout/plan.ts'
import { minute, run, second, succeedsWith, target } from './support/builders.ts'

type Action = {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
}
const action: Action = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8'))

type With = Readonly<Record<string, string>>

/** What the least of a step needs; `alarms` besides, so that what is about alarms has something to be about. */
const usual: With = { 'function-name': 'orders', artifact: 'dist/', 'aws-region': 'eu-west-1', alarms: 'orders-errors' }
const workspace: Readonly<Record<string, 'directory' | 'file'>> = {
  'dist/': 'directory',
  'app.zip': 'file',
  'APP.ZIP': 'file',
  'unzipped.zip': 'directory',
  'app.js': 'file',
}

const files: Readonly<Record<string, string>> = { 'test/ping.json': '{ "ping": true }\n', 'README.md': 'no JSON' }

/** Without what only a rollout needs. */
const onlyFunction: With = { artifact: '', alarms: '' }

/** What an event on pull request 7 of `OWNER/REPO` says. */
function pullRequest(action = 'opened', over: Readonly<Record<string, unknown>> = {}) {
  const repo = { full_name: 'OWNER/REPO' }
  const head = { sha: 'feedc0de1234', repo }
  return { event: { action, pull_request: { number: 7, state: 'open', head, base: { repo }, ...over } } }
}

/** A step with these inputs in place of the usual ones; an empty one is absent. */
function load(overrides: With = {}, sources: Partial<InputSources> = {}): Promise<Loaded> {
  const step: With = { ...usual, ...overrides }
  return loadInputs({
    get: name => step[name] ?? '',
    env: {},
    lies: path => workspace[path] ?? 'nothing',
    read: path => files[path],
    run: run({ commit: 'abc1234def5678' }),
    ref: 'main',
    event: {},
    ...sources,
  })
}

async function inputs(overrides: With = {}, sources: Partial<InputSources> = {}): Promise<Deploy> {
  const loaded = await load(overrides, sources)
  if (loaded.kind === 'problems') throw new Error(loaded.problems.join('\n'))
  if (loaded.inputs.command !== 'deploy') throw new Error(loaded.inputs.command)
  return loaded.inputs
}

type Deploy = Extract<Inputs, { command: 'deploy' }>

async function problems(overrides: With = {}, sources: Partial<InputSources> = {}): Promise<readonly string[]> {
  const loaded = await load(overrides, sources)
  return loaded.kind === 'problems' ? loaded.problems : []
}

const defaults: Deploy = {
  command: 'deploy',
  environment: undefined,
  targets: [{ target: target(), source: { kind: 'directory', path: 'dist/' } }],
  waves: [],
  configuration: {},
  versionDescription: 'OWNER/REPO@abc1234 main run 987.1',
  uploadBucket: undefined,
  shape: { kind: 'canary', weight: 0.1, bakeMs: 5 * minute },
  policy: {
    onFailure: 'roll-back',
    insufficientData: { kind: 'continue' },
    minInvocations: 0,
    lowTraffic: { kind: 'extend', ms: 30 * minute },
    pollMs: 15 * second,
    afterTraffic: false,
  },
  checks: [{ kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' }],
  checksByDefault: true,
  falseAlarmRate: 0.01,
  smokeTest: undefined,
  beforeTraffic: undefined,
  afterTraffic: undefined,
  alarms: ['orders-errors'],
  alreadyInAlarm: 'fail',
  keepVersions: undefined,
  waited: false,
  dryRun: false,
  readyTimeoutMs: 15 * minute,
}

test('a step that names a function, an artifact and an alarm gets all the defaults', async () => {
  expect(await load()).toEqual({ kind: 'inputs', inputs: defaults })
})

describe('what an input says is taken', () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:orders'
  const targeted = (over: Partial<DeployTarget>): Partial<DeployInputs> => ({
    targets: [{ target: target(), source: { kind: 'directory', path: 'dist/' }, ...over }],
  })
  const policy = (over: Partial<DeployInputs['policy']>) => ({ policy: { ...defaults.policy, ...over } })
  const shape = (shape: DeployInputs['shape']) => ({ shape })
  const fixed = (plan: Plan) => shape({ kind: 'fixed', plan })
  const checks = (...checks: readonly Check[]) => ({ checks, checksByDefault: false })
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
  const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'

  test.each<[step: With, changes: Partial<DeployInputs>]>([
    [{ command: 'deploy' }, {}],
    [{ command: 'Deploy' }, {}],
    [{ 'function-name': ' billing\n' }, targeted({ target: target({ functionName: 'billing' }) })],
    [{ 'function-name': arn }, targeted({ arn })],
    [{ 'function-name': arn, 'aws-region': '' }, targeted({ arn })],
    [{ alias: 'blue' }, targeted({ target: target({ alias: 'blue' }) })],
    [{ alias: '2026-11-23' }, targeted({ target: target({ alias: '2026-11-23' }) })],
    [{ 'aws-region': 'us-gov-west-1' }, targeted({ target: target({ region: 'us-gov-west-1' }) })],
    [{ 'aws-region': 'eusc-de-east-1' }, targeted({ target: target({ region: 'eusc-de-east-1' }) })],
    [{ artifact: 'app.zip' }, targeted({ source: { kind: 'zip', path: 'app.zip' } })],
    [{ artifact: 'APP.ZIP' }, targeted({ source: { kind: 'zip', path: 'APP.ZIP' } })],
    [{ artifact: 'unzipped.zip' }, targeted({ source: { kind: 'directory', path: 'unzipped.zip' } })],
    [{ artifact: 's3://builds/a/b.zip' }, targeted({ source: { kind: 's3', bucket: 'builds', key: 'a/b.zip' } })],
    [
      { artifact: 's3://builds/a.zip?versionId=L4kqtJ.x_' },
      targeted({ source: { kind: 's3', bucket: 'builds', key: 'a.zip', versionId: 'L4kqtJ.x_' } }),
    ],
    ...[
      `${registry}/team/orders:v1`,
      `${registry}/orders@${digest}`,
      `${registry}/orders:v1@${digest}`,
      `${registry}.cn/o`,
    ].map((uri): [With, Partial<DeployInputs>] => [{ artifact: uri }, targeted({ source: { kind: 'image', uri } })]),
    [{ artifact: '', version: '7' }, targeted({ source: { kind: 'version', version: '7' } })],
    [{ artifact: '', version: 'staging' }, targeted({ source: { kind: 'version-of', alias: 'staging' } })],
    [{ 'upload-bucket': 'builds' }, { uploadBucket: { bucket: 'builds', prefix: '' } }],
    [{ 'upload-bucket': 'builds/lambda/zips/' }, { uploadBucket: { bucket: 'builds', prefix: 'lambda/zips' } }],
    [{ configuration: 'MemorySize: 512' }, { configuration: { MemorySize: 512 } }],
    [{ 'version-description': 'hotfix' }, { versionDescription: 'hotfix' }],
    [{ 'version-description': 'é'.repeat(256) }, { versionDescription: 'é'.repeat(256) }],
    [{ strategy: 'all-at-once' }, fixed(plan('all-at-once', []))],
    [{ strategy: '1% for 5m' }, fixed(plan('1% for 5m', [{ weight: 0.01, bakeMs: 5 * minute }]))],
    [{ strategy: 'Canary10Percent5Minutes' }, fixed(canary('Canary10Percent5Minutes', 0.1, 5 * minute))],
    [
      { strategy: 'linear', 'canary-weight': '50', 'bake-time': '30s' },
      shape({ kind: 'linear', weight: 0.5, bakeMs: 30 * second }),
    ],
    [{ 'canary-weight': '0.5%' }, shape({ kind: 'canary', weight: 0.005, bakeMs: 5 * minute })],
    [{ 'canary-weight': '33.3 %' }, shape({ kind: 'canary', weight: 0.333, bakeMs: 5 * minute })],
    [{ 'canary-weight': 'auto' }, shape({ kind: 'canary', weight: 'auto', bakeMs: 5 * minute })],
    [{ strategy: 'linear', 'canary-weight': ' auto ' }, shape({ kind: 'linear', weight: 'auto', bakeMs: 5 * minute })],
    [{ 'bake-time': '1h30m' }, shape({ kind: 'canary', weight: 0.1, bakeMs: 90 * minute })],
    [{ 'poll-interval': '500ms' }, policy({ pollMs: 500 })],
    [{ alarms: '' }, { alarms: [] }],
    [{ alarms: ' a\n\n b-*\r\n\tc ' }, { alarms: ['a', 'b-*', 'c'] }],
    [{ 'already-in-alarm': 'ignore' }, { alreadyInAlarm: 'ignore' }],
    [{ 'insufficient-data': 'fail' }, policy({ insufficientData: { kind: 'fail' } })],
    [{ 'insufficient-data': 'wait 30m' }, policy({ insufficientData: { kind: 'wait', ms: 30 * minute } })],
    [{ 'on-failure': 'hold' }, policy({ onFailure: 'hold' })],
    [{ checks: 'none' }, checks()],
    [{ checks: ' none\n' }, checks()],
    [
      { checks: '\nerrors no worse than stable\n\n  p99 duration < 800ms for 3m\n' },
      checks(
        { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' },
        {
          kind: 'limit',
          text: 'p99 duration < 800ms for 3m',
          measure: { kind: 'duration', stat: 'p99' },
          limit: { kind: 'value', value: 800 },
          minutes: 3,
        },
      ),
    ],
    [{ 'false-alarm-rate': '0.1%' }, { falseAlarmRate: 0.001 }],
    [{ 'false-alarm-rate': '5' }, { falseAlarmRate: 0.05 }],
    [{ 'min-invocations': '0' }, {}],
    [{ 'min-invocations': '250' }, policy({ minInvocations: 250 })],
    ...(
      [
        ['proceed', { kind: 'proceed' }],
        ['fail', { kind: 'fail' }],
        ['extend 1h', { kind: 'extend', ms: 60 * minute }],
      ] as const
    ).map(([text, lowTraffic]): [With, Partial<DeployInputs>] => [
      { 'min-invocations': '250', 'low-traffic': text },
      policy({ minInvocations: 250, lowTraffic }),
    ]),
    [
      { checks: 'none', 'min-invocations': '250' },
      { ...checks(), ...policy({ minInvocations: 250 }) },
    ],
    [{ 'smoke-test': ' {"ping": true} ' }, { smokeTest: '{"ping": true}' }],
    [{ 'smoke-test': 'test/ping.json' }, { smokeTest: '{ "ping": true }\n' }],
    [{ 'before-traffic': 'smoke' }, { beforeTraffic: 'smoke' }],
    [{ 'after-traffic': 'smoke' }, { afterTraffic: 'smoke', ...policy({ afterTraffic: true }) }],
    [{ 'dry-run': 'true' }, { dryRun: true }],
    [{ 'ready-timeout': '1m' }, { readyTimeoutMs: minute }],
  ])('%j', async (step, changes) => {
    expect(await load(step)).toEqual({ kind: 'inputs', inputs: { ...defaults, ...changes } })
  })
})

describe('the region', () => {
  const regionOf = async (step: With, env: InputSources['env']) =>
    (await inputs(step, { env })).targets[0]?.target.region

  test.each<[from: string, step: With, env: InputSources['env'], region: string]>([
    ['aws-region', { 'aws-region': 'eu-west-3' }, { AWS_REGION: 'us-east-1' }, 'eu-west-3'],
    ['AWS_REGION', { 'aws-region': '' }, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-1'],
    ['AWS_DEFAULT_REGION', { 'aws-region': '' }, { AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-2'],
  ])('is that of %s', async (_, step, env, region) => {
    expect(await regionOf(step, env)).toBe(region)
  })

  test('of an ARN may not be another than the one that is set', async () => {
    const step = { 'function-name': 'arn:aws:lambda:eu-west-1:123456789012:function:orders', 'aws-region': '' }
    expect(await problems(step, { env: { AWS_REGION: 'us-east-1' } })).toEqual([
      '`function-name` lies in eu-west-1 and the region is us-east-1; set `aws-region: eu-west-1`',
    ])
  })
})

test('the version’s description says commit, ref and run, in the 256 characters that Lambda allows', async () => {
  const long = await inputs({}, { ref: 'r'.repeat(300) })
  expect(long.versionDescription).toBe(`OWNER/REPO@abc1234 ${'r'.repeat(237)}`)
})

describe('a bad input is told by name, with its value and a good one', () => {
  const name = (value: string) =>
    `\`function-name\` is “${value}”; give a name or an ARN without a qualifier, for example \`orders\``
  const alias = (value: string) =>
    `\`alias\` is “${value}”; an alias is letters, digits, - and _, and not digits alone, for example \`live\``
  const s3 = (value: string) =>
    `\`artifact\` is “${value}”; an S3 object is written \`s3://bucket/key\` or \`s3://bucket/key?versionId=…\``
  const nothing = (value: string) =>
    `\`artifact\` is “${value}”, and nothing lies there; build it in an earlier step, or correct the path (a directory, a .zip, s3://bucket/key or an ECR image)`
  const version = (value: string) =>
    `\`version\` is “${value}”; give a published version's number, for example \`7\`, or an alias, for example \`staging\``
  const bucket = (value: string) => `\`upload-bucket\` is “${value}”; write \`bucket\` or \`bucket/prefix\``
  const weight = (value: string) =>
    `\`canary-weight\` is “${value}”; write a percentage over 0 and under 100, for example \`10\` or \`0.5%\``
  const time = (input: string, value: string, good: string) =>
    `\`${input}\` is “${value}”, which is no time; write for example \`${good}\`, \`30s\` or \`1h30m\``
  const noData = (value: string) =>
    `\`insufficient-data\` is “${value}”; it must be \`continue\`, \`fail\` or for example \`wait 30m\``

  test.each<[step: With, problem: string]>([
    [
      { command: 'undo' },
      '`command` is “undo”; it must be `deploy` or `promote` or `rollback` or `preview` or `prune`',
    ],
    [
      { 'function-name': '' },
      '`function-name` is missing; give a name or an ARN without a qualifier, for example `orders`',
    ],
    [{ 'function-name': 'orders:live' }, name('orders:live')],
    [{ 'function-name': 'o'.repeat(65) }, name('o'.repeat(65))],
    ...['arn:aws:lambda:eu-west-1:123456789012:function:orders:live', 'arn:aws:s3:::orders'].map(
      (value): [With, string] => [{ 'function-name': value }, name(value)],
    ),
    [
      { 'function-name': 'orders\nbilling', command: 'prune', artifact: '', alarms: '' },
      '`function-name` has 2 lines, and `command: prune` takes one function; use a step (or a matrix job) for each',
    ],
    [{ 'function-name': 'orders\norders' }, '`function-name` names orders twice; a rollout moves an alias once'],
    [
      { 'function-name': 'orders: dist/', artifact: '', alarms: '', command: 'rollback' },
      '`function-name` has the line “orders: dist/” with an artifact, which only `command: deploy` takes',
    ],
    [
      {
        'function-name':
          'arn:aws:lambda:eu-west-1:123456789012:function:a\narn:aws:lambda:us-east-1:123456789012:function:b',
      },
      '`function-name` has functions in eu-west-1 and us-east-1; one run works in one region, so use a matrix',
    ],
    [
      { 'function-name': 'orders: dist/\nbilling: app.zip' },
      '`artifact` is set, but every line of `function-name` has an artifact of its own; leave it out',
    ],
    [
      { 'function-name': 'orders: dist/\nbilling', artifact: '', version: 'staging' },
      '`version` is set, and lines of `function-name` have artifacts; give one or the other',
    ],
    [
      { 'function-name': 'orders\nbilling', artifact: '', version: '7' },
      '`version` is “7”, and every function counts its own versions; name an alias whose versions to take, for example `staging`',
    ],
    [
      { 'function-name': 'orders\nbilling', artifact: '', command: 'promote', version: '7' },
      '`version` is “7”, and every function counts its own versions; leave it out, or use a step for each',
    ],
    [{ waves: '1, *' }, '`waves` is set, but `function-name` has one function, which moves at once; leave it out'],
    [
      { 'function-name': 'a\nb\nc', waves: '1, 1' },
      '`waves` is “1, 1” and leaves 1 of 3 functions out; end it with `*`, which is all that are left',
    ],
    ...['*, 1', '0, *', '1;2', 'all'].map((waves): [With, string] => [
      { 'function-name': 'a\nb', waves },
      `\`waves\` is “${waves}”; write how many functions move together, wave by wave, for example \`5, 25, *\``,
    ]),
    [
      { 'function-name': 'a\nb', waves: '1, *', strategy: '10% for 5m, pause' },
      '`waves` is set, but `strategy: 10% for 5m, pause` pauses, and no wave would follow the first; leave it out',
    ],
    [{ alias: '7' }, alias('7')],
    [{ alias: 'feature/x' }, alias('feature/x')],
    [{ alias: '$LATEST' }, alias('$LATEST')],
    [
      { 'aws-region': '' },
      '`aws-region` is missing and AWS_REGION is not set; run aws-actions/configure-aws-credentials first or set for example `aws-region: eu-west-1`',
    ],
    [{ 'aws-region': 'Ireland' }, '`aws-region` is “Ireland”, which is no region; write for example `eu-west-1`'],
    [{ 'aws-region': 'eu-west-1a' }, '`aws-region` is “eu-west-1a”, which is no region; write for example `eu-west-1`'],
    [
      { artifact: '' },
      '`artifact` is missing; give what the build made, for example `artifact: dist/`, or a `version` that exists',
    ],
    [{ version: '7' }, '`artifact` (“dist/”) and `version` (“7”) are both set; give one of them'],
    [{ artifact: 'build/' }, nothing('build/')],
    [
      { artifact: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/' },
      nothing('123456789012.dkr.ecr.eu-west-1.amazonaws.com/'),
    ],
    [
      { artifact: 'app.js' },
      '`artifact` is “app.js”, a file that is no .zip; give a directory, a .zip, s3://bucket/key or an ECR image',
    ],
    ...[
      's3://builds',
      's3://builds/',
      's3://Builds/a.zip',
      's3://builds/a.zip?version=1',
      's3://builds/a.zip?versionId=',
    ].map((value): [With, string] => [{ artifact: value }, s3(value)]),
    ...['0', '$LATEST', '7.1', 'v1.0'].map((value): [With, string] => [
      { artifact: '', version: value },
      version(value),
    ]),
    [{ 'upload-bucket': 's3://builds' }, bucket('s3://builds')],
    [{ 'upload-bucket': 'Builds' }, bucket('Builds')],
    [{ configuration: '[512]' }, '`configuration` must hold members, for example `MemorySize: 512`'],
    [
      { 'version-description': 'x'.repeat(257) },
      '`version-description` has 257 characters; Lambda allows 256, so shorten it',
    ],
    [
      { strategy: 'blue-green' },
      '`strategy` is “blue-green”, which is no strategy; write for example `canary`, `linear`, `all-at-once` or `1% for 5m, 10% for 10m, 50% for 10m`',
    ],
    ...['0', '100', '101%', '-1', 'ten', '1e1', '10%%', '0.00001', '1,5'].map((value): [With, string] => [
      { 'canary-weight': value },
      weight(value),
    ]),
    ...['5', 'abc', '0s', '-5m'].map((value): [With, string] => [
      { 'bake-time': value },
      time('bake-time', value, '5m'),
    ]),
    [{ 'poll-interval': 'abc' }, time('poll-interval', 'abc', '15s')],
    [{ 'ready-timeout': '15' }, time('ready-timeout', '15', '15m')],
    [{ 'already-in-alarm': 'skip' }, '`already-in-alarm` is “skip”; it must be `fail` or `ignore`'],
    ...['wait', 'wait 0s', 'wait soon', 'wait30m', 'stop'].map((value): [With, string] => [
      { 'insufficient-data': value },
      noData(value),
    ]),
    [{ 'on-failure': 'stop' }, '`on-failure` is “stop”; it must be `roll-back` or `hold`'],
    [
      { checks: 'errors no worse than stable\nerrors' },
      '`checks` has the line “errors”, which is no check; write for example `errors no worse than stable`, `error-rate < 1%`, `p99 duration < 800ms` or `throttles < 5 for 3m`',
    ],
    [
      { checks: 'none\nerrors < 5', 'false-alarm-rate': '5%' },
      '`checks` has the line “none”, which is no check; write for example `errors no worse than stable`, `error-rate < 1%`, `p99 duration < 800ms` or `throttles < 5 for 3m`',
    ],
    ...['0', '100%', 'low'].map((value): [With, string] => [
      { 'false-alarm-rate': value },
      `\`false-alarm-rate\` is “${value}”; write a percentage over 0 and under 100, for example \`10\` or \`0.5%\``,
    ]),
    ...['-1', '1.5', '1k', 'many'].map((value): [With, string] => [
      { 'min-invocations': value, 'low-traffic': 'fail' },
      `\`min-invocations\` is “${value}”; write a whole number, for example \`100\``,
    ]),
    ...['extend', 'extend 0s', 'extend soon', 'extend30m', 'wait 30m', 'stop'].map((value): [With, string] => [
      { 'min-invocations': '100', 'low-traffic': value },
      `\`low-traffic\` is “${value}”; it must be \`proceed\`, \`fail\` or for example \`extend 30m\``,
    ]),
    [
      { 'smoke-test': 'test/pong.json' },
      '`smoke-test` is “test/pong.json”, which is neither JSON nor a file; write for example `{"ping": true}`',
    ],
    [
      { 'smoke-test': '{ping: true}' },
      '`smoke-test` is “{ping: true}”, which is neither JSON nor a file; write for example `{"ping": true}`',
    ],
    [
      { 'smoke-test': 'README.md' },
      '`smoke-test` is “README.md”, a file that holds no JSON; write for example `{"ping": true}`',
    ],
    [{ 'dry-run': 'yes' }, '`dry-run` is “yes”; it must be `true` or `false`'],
  ])('%j', async (step, problem) => {
    const command = step.command === 'undo' ? 'deploy' : (step.command ?? 'deploy')
    expect(await load(step)).toEqual({ kind: 'problems', command, problems: [problem] })
  })
})

test('all that is bad is told at once', async () => {
  const step = {
    command: 'undo',
    'function-name': 'orders:live',
    alias: '7',
    'aws-region': 'Ireland',
    artifact: 'build/',
    'upload-bucket': 'Builds',
    configuration: 'Memory: 512',
    'version-description': 'x'.repeat(257),
    strategy: 'linear',
    'canary-weight': 'ten',
    'bake-time': 'abc',
    'poll-interval': 'abc',
    'already-in-alarm': 'skip',
    'insufficient-data': 'stop',
    'on-failure': 'stop',
    checks: 'errors',
    'false-alarm-rate': 'low',
    'min-invocations': 'many',
    'low-traffic': 'stop',
    'smoke-test': 'test/pong.json',
    'dry-run': 'yes',
    'ready-timeout': 'abc',
  }
  const told = (await problems(step)).map(problem => /^`([a-z-]+)`/.exec(problem)?.[1])
  expect(told.toSorted()).toEqual(
    Object.keys(step)
      .filter(name => name !== 'strategy')
      .toSorted(),
  )
})

describe('an input that nothing would use is refused', () => {
  const refused = (name: string, because: string) => `\`${name}\` is set, but ${because}; leave it out`
  const ownSteps = '`strategy: all-at-once` says its own steps'
  const published = '`version` rolls out a version as it was published'
  const thereAlready = 'the artifact already lies where Lambda takes it from'
  const noBake = '`strategy: all-at-once` has no bake in which it would be used'
  const noComparison = 'no check of `checks` compares the candidate with stable'
  const noCount = 'without `min-invocations` no step waits for traffic'
  const noAlarms = 'there are no `alarms` that it is about'
  const byVersion = { artifact: '', version: '7' }
  const byAlias = { artifact: '', version: 'staging' }
  const image = { artifact: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:v1' }
  const allAtOnce = { strategy: 'all-at-once' }

  test.each<[step: With, unused: With, because: string]>([
    [allAtOnce, { 'canary-weight': '10' }, ownSteps],
    [allAtOnce, { 'bake-time': '5m' }, ownSteps],
    [{ strategy: '1% for 5m' }, { 'canary-weight': '10' }, '`strategy: 1% for 5m` says its own steps'],
    [
      { strategy: 'Canary10Percent5Minutes' },
      { 'bake-time': '5m' },
      '`strategy: Canary10Percent5Minutes` says its own steps',
    ],
    [allAtOnce, { 'poll-interval': '15s' }, noBake],
    [allAtOnce, { 'on-failure': 'roll-back' }, noBake],
    [allAtOnce, { 'insufficient-data': 'continue' }, noBake],
    [{ ...allAtOnce, alarms: '' }, { 'insufficient-data': 'continue' }, noBake],
    [allAtOnce, { checks: 'errors < 5' }, noBake],
    [allAtOnce, { checks: 'none' }, noBake],
    [allAtOnce, { 'false-alarm-rate': '1%' }, noBake],
    [allAtOnce, { 'min-invocations': '0' }, noBake],
    [allAtOnce, { 'low-traffic': 'proceed' }, noBake],
    [allAtOnce, { 'canary-weight': 'auto' }, ownSteps],
    [{ checks: 'none' }, { 'false-alarm-rate': '1%' }, noComparison],
    [{ checks: 'errors < 5\nerror-rate < 1%' }, { 'false-alarm-rate': '1%' }, noComparison],
    [{}, { 'low-traffic': 'fail' }, noCount],
    [{ 'min-invocations': '0' }, { 'low-traffic': 'extend 30m' }, noCount],
    [byVersion, { configuration: 'MemorySize: 512' }, published],
    [byVersion, { 'version-description': 'hotfix' }, published],
    [byVersion, { 'upload-bucket': 'builds' }, published],
    [byAlias, { configuration: 'MemorySize: 512' }, published],
    [byAlias, { 'version-description': 'hotfix' }, published],
    [byAlias, { 'upload-bucket': 'builds' }, published],
    [{ artifact: 's3://builds/a.zip' }, { 'upload-bucket': 'builds' }, thereAlready],
    [image, { 'upload-bucket': 'builds' }, thereAlready],
    [{ alarms: '' }, { 'insufficient-data': 'fail' }, noAlarms],
    [{ alarms: '' }, { 'already-in-alarm': 'ignore' }, noAlarms],
  ])('with %j, %j', async (step, unused, because) => {
    expect(await problems(step)).toEqual([])
    expect(await problems({ ...step, ...unused })).toEqual([refused(Object.keys(unused)[0] ?? '', because)])
  })

  test.each<[what: string, step: With]>([
    ['a smoke test and hooks', { 'smoke-test': '{}', 'before-traffic': 'smoke', 'after-traffic': 'smoke' }],
    ['what a failing hook at 100 % does', { 'after-traffic': 'smoke', 'on-failure': 'hold' }],
  ])('but all at once uses %s', async (_, step) => {
    expect(await problems({ ...allAtOnce, ...step })).toEqual([])
  })

  test('but a single comparison uses the false alarm rate, beside whatever limits', async () => {
    const step = { checks: 'errors < 5\nduration no worse than stable', 'false-alarm-rate': '5%' }
    expect(await problems(step)).toEqual([])
  })

  test('but a last step at 100 % has a bake in which all of it is used', async () => {
    const step = { strategy: '100% for 10m', 'poll-interval': '30s', 'on-failure': 'hold', 'insufficient-data': 'fail' }
    expect(await problems(step)).toEqual([])
  })
})

describe('what each command is asked for', () => {
  const plain: With = { ...onlyFunction, alarms: '' }
  const pull = { number: 7, closed: false, commit: 'feedc0de1234', fromFork: false }

  test('promote: how to go on, and which canary, where it is not the one that this workflow run left', async () => {
    const { targets: _, waves: _w, configuration: _c, versionDescription: _d, uploadBucket: _b, ...rest } = defaults
    const { smokeTest: _s, beforeTraffic: _t, readyTimeoutMs: _r, ...conduct } = rest
    const expected = {
      ...conduct,
      waited: true,
      command: 'promote',
      targets: [{ target: target() }],
      version: undefined,
    }
    expect(await load({ artifact: '', command: 'promote' })).toEqual({ kind: 'inputs', inputs: expected })
    const named = await load({ artifact: '', command: 'promote', version: '8' })
    expect(named).toEqual({ kind: 'inputs', inputs: { ...expected, version: { kind: 'version', version: '8' } } })
  })

  test('deploy: several functions, with an artifact for all or each with its own, wave by wave', async () => {
    const source = { kind: 'directory', path: 'dist/' } as const
    const on = (functionName: string) => ({ target: target({ functionName }), source })
    const three = await inputs({ 'function-name': 'a\n\n  b  \narn:aws:lambda:eu-west-1:123456789012:function:c' })
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:c'
    expect(three.targets).toEqual([on('a'), on('b'), { ...on('c'), arn }])
    const own = await inputs({ 'function-name': 'a: app.zip\nb', waves: '1, *' })
    expect(own.targets).toEqual([{ ...on('a'), source: { kind: 'zip', path: 'app.zip' } }, on('b')])
    expect(own.waves).toEqual([1, Number.POSITIVE_INFINITY])
    const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1'
    const images = await inputs({ 'function-name': `a: ${image}\nb: ${image}`, artifact: '' })
    expect(images.targets.map(({ source }) => source)).toEqual(Array(2).fill({ kind: 'image', uri: image }))
  })

  test('rollback: the alias alone, and where to', async () => {
    const expected = { command: 'rollback', environment: 'production', targets: [{ target: target() }], dryRun: false }
    const step = { ...plain, command: 'rollback', environment: 'production', version: 'staging' }
    const version = { kind: 'version-of', alias: 'staging' }
    expect(await load(step)).toEqual({ kind: 'inputs', inputs: { ...expected, version } })
  })

  test('prune: how many versions stay', async () => {
    const inputs = { command: 'prune', functionName: 'orders', region: 'eu-west-1', keepVersions: 3, dryRun: true }
    const step = { ...plain, command: 'prune', 'keep-versions': '3', 'dry-run': 'true' }
    expect(await load(step)).toEqual({ kind: 'inputs', inputs: { ...inputs, environment: 'preview' } })
  })

  test('preview: what to show of the pull request that the event tells of', async () => {
    const loaded = await load({ ...plain, artifact: 'dist/', command: 'preview' }, pullRequest())
    expect(loaded).toEqual({
      kind: 'inputs',
      inputs: {
        command: 'preview',
        environment: 'preview',
        target: target({ alias: 'pr-7' }),
        pull,
        auth: 'AWS_IAM',
        dryRun: false,
        shows: {
          source: { kind: 'directory', path: 'dist/' },
          configuration: {},
          versionDescription: 'preview OWNER/REPO#7: OWNER/REPO@feedc0d main run 987.1',
          uploadBucket: undefined,
          smokeTest: undefined,
          readyTimeoutMs: 15 * minute,
        },
      },
    })
  })

  test('preview: nothing to show of a pull request that is closed, and what would be built is not looked for', async () => {
    const step = { ...plain, artifact: 'not-built/', command: 'preview' }
    for (const event of [pullRequest('closed'), pullRequest('labeled', { state: 'closed' })]) {
      const loaded = await load(step, event)
      expect(loaded).toMatchObject({ inputs: { pull: { ...pull, closed: true }, shows: undefined } })
    }
  })

  test.each([
    ['another repository', { repo: { full_name: 'SOMEBODY/REPO' } }],
    ['a repository that is gone', { repo: null }],
  ])('preview: a pull request from %s comes from a fork', async (_, over) => {
    const event = pullRequest('opened', { head: { sha: 'feedc0de1234', ...over } })
    expect(await load({ ...plain, artifact: 'dist/', command: 'preview' }, event)).toMatchObject({
      inputs: { pull: { ...pull, fromFork: true } },
    })
  })

  test('preview: a description has the room that the prefix leaves', async () => {
    const step = { ...plain, artifact: 'dist/', command: 'preview', 'version-description': 'x'.repeat(235) }
    expect(await problems(step, pullRequest())).toEqual([
      '`version-description` has 235 characters; Lambda allows 256, of which “preview OWNER/REPO#7: ” takes 22, so shorten it',
    ])
    const fits = await load({ ...step, 'version-description': 'x'.repeat(234) }, pullRequest())
    expect(fits).toMatchObject({
      inputs: { shows: { versionDescription: `preview OWNER/REPO#7: ${'x'.repeat(234)}` } },
    })
  })

  test.each<[event: unknown]>([[{}], [null], [{ pull_request: { number: '7' } }], ['text']])(
    'preview is refused where the event %j tells of no pull request',
    async event => {
      expect(await problems({ ...plain, artifact: 'dist/', command: 'preview' }, { event })).toEqual([
        '`command: preview` is about a pull request, and the event that started this workflow tells of none; run it `on: pull_request`',
      ])
    },
  )

  test.each<[step: With, name: string, because: string]>([
    [{ command: 'deploy', artifact: 'dist/' }, 'function-url-auth', '`command: deploy` does not use it'],
    [{ command: 'promote' }, 'artifact', '`command: promote` does not use it'],
    [{ command: 'promote' }, 'smoke-test', '`command: promote` does not use it'],
    [{ command: 'rollback' }, 'strategy', '`command: rollback` does not use it'],
    [{ command: 'rollback' }, 'alarms', '`command: rollback` does not use it'],
    [{ command: 'prune' }, 'alias', '`command: prune` does not use it'],
    [{ command: 'preview', artifact: 'dist/' }, 'strategy', '`command: preview` does not use it'],
    [{ command: 'preview', artifact: 'dist/' }, 'alias', '`command: preview` names its alias itself, `pr-<number>`'],
    [
      { command: 'deploy', artifact: 'dist/', strategy: '10% for 5m, pause' },
      'keep-versions',
      '`strategy: 10% for 5m, pause` pauses before any promotion; give it to the step with `command: promote`',
    ],
  ])('of %j, %s is refused', async (step, name, because) => {
    const value = name === 'artifact' ? 'dist/' : name === 'keep-versions' ? '3' : 'x'
    const told = await problems({ ...plain, ...step, [name]: value }, pullRequest())
    expect(told).toContain(`\`${name}\` is set, but ${because}; leave it out`)
    expect(await problems({ ...plain, ...step }, pullRequest())).toEqual([])
  })

  test.each(['0', '-1', 'all'])('keep-versions may not be %s', async value => {
    expect(await problems({ ...plain, command: 'prune', 'keep-versions': value })).toEqual([
      `\`keep-versions\` is “${value}”; write a whole number from 1 on, for example \`10\``,
    ])
  })
})

describe('action.yml', () => {
  const names = Object.keys(action.inputs)

  test('has the inputs that are read, and no others', async () => {
    const read = new Set<string>()
    const get = (name: string) => {
      read.add(name)
      return usual[name] ?? ''
    }
    await load({}, { get })
    // The token is no part of what is asked for: it is read where the world is wired.
    expect([...read, 'github-token'].toSorted()).toEqual(names.toSorted())
  })

  test('leaves every default to the code, so that absent stays absent, but for the token, which only GitHub has', () => {
    expect(names.filter(name => action.inputs[name]?.default !== undefined)).toEqual(['github-token'])
  })

  /** `Default `x`` or ``x` (default)` in a description. */
  const told = Object.fromEntries(
    Object.entries(action.inputs).flatMap(([name, { description }]) => {
      const [, after, before] = /Default `([^`]+)`\.|`([^`]+)` \(default\)/.exec(description) ?? []
      const value = after ?? before
      return value === undefined ? [] : [[name, value]]
    }),
  )

  test('tells these defaults', () => {
    expect(told).toEqual({
      command: 'deploy',
      alias: 'live',
      strategy: 'canary',
      'canary-weight': '10',
      'bake-time': '5m',
      'poll-interval': '15s',
      'already-in-alarm': 'fail',
      'insufficient-data': 'continue',
      checks: 'errors no worse than stable',
      'false-alarm-rate': '1%',
      'min-invocations': '0',
      'low-traffic': 'extend 30m',
      'on-failure': 'roll-back',
      'keep-versions': '10',
      'function-url-auth': 'AWS_IAM',
      'dry-run': 'false',
      'ready-timeout': '15m',
    })
  })

  /** What else a step has to say for an input to be of use, and whether it changes that somebody has said it. */
  const beside: Readonly<Record<string, With>> = {
    'low-traffic': { 'min-invocations': '100' },
    'keep-versions': { ...onlyFunction, command: 'prune' },
    'function-url-auth': { ...onlyFunction, command: 'preview', artifact: 'dist/' },
  }

  test.each(Object.entries(told))('tells the true default of %s: to say %s changes nothing', async (name, value) => {
    const besides = beside[name] ?? {}
    const { event } = pullRequest()
    const [said, unsaid] = await Promise.all([load({ ...besides, [name]: value }, { event }), load(besides, { event })])
    expect(said.kind).toBe('inputs')
    const asIfUnsaid =
      name === 'checks' && said.kind === 'inputs' ? { ...said.inputs, checksByDefault: true } : undefined
    expect(asIfUnsaid === undefined ? said : { kind: 'inputs', inputs: asIfUnsaid }).toEqual(unsaid)
  })

  test.each(names)('an empty %s is an absent one, blanks and line breaks included', async name => {
    expect(await load({ [name]: ' \n ' })).toEqual(await load({ [name]: '' }))
  })

  test('names every result that a run can end with', () => {
    const results = action.outputs.result?.description.match(/`[a-z-]+`/g)?.map(word => word.slice(1, -1))
    expect(results?.toSorted()).toEqual(Object.keys(succeedsWith).toSorted())
  })
})
