import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Packed } from '../../src/ports.ts'
import type { Run } from '../../src/rollout/journal.ts'
import type { Result } from '../../src/rollout/outcome.ts'
import { Calls } from '../support/world/calls.ts'
import { SimDeployments, SimPulls } from '../support/world/hub.ts'
import { Time } from '../support/world/time.ts'
import { type Account, imageOf, newAccount, secrets, sha256Of, zips } from './account.ts'
import type { Step, Surroundings } from './process.ts'
import type { Stage } from './stage.ts'

/** A run as people have it: how the account is before, what the step is asked for, and how that ends by itself. */
export type Story = {
  readonly name: string
  /** The alias that it is about. */
  readonly alias: string
  readonly account: (stage: Stage) => Promise<Account>
  readonly step: Step
  /** What goes on meanwhile: an alarm, say. Not repeated for a re-run, unless that is said. */
  readonly nature?: (account: Account) => void
  readonly ends: Result
  /** How a re-run, once nothing is wrong any more, may end; a good end or a refusal that says why. */
  readonly rerun: { readonly results: readonly Result[]; readonly refusals?: RegExp }
  /** The code that is to be served; undefined where the story is not about that. */
  readonly code?: string
  /** How long AWS itself moves traffic after a write, at most. */
  readonly movesMs?: number
}

export const run: Run = { repository: 'octo/orders', commit: 'abc1234def', id: '987', attempt: 1 }
const dead = 'octo/orders@dead123 run 980.1'
const minuteMs = 60_000

/** What was built: each code under the path of its name. */
const built = ['code 3', 'code 4', 'code 5', 'code 6']
let packed: ReadonlyMap<string, Packed> | undefined

/** The workspace, and GitHub, where nothing goes wrong. */
export function surroundings(): Surroundings {
  packed ??= pack()
  const calls = new Calls(new Time())
  const pulls = new SimPulls(calls)
  pulls.has(7, 'open')
  pulls.has(5, 'closed')
  return { artifacts: packed, deployments: new SimDeployments(calls), pulls }
}

function pack(): ReadonlyMap<string, Packed> {
  const scratch = mkdtempSync(join(tmpdir(), 'torture-'))
  const one = (code: string, zippedBytes?: number): Packed => {
    const bytes = zips(code)
    const file = join(scratch, `${code}.zip`)
    writeFileSync(file, bytes)
    return { file, sha256: sha256Of(bytes), zippedBytes: zippedBytes ?? bytes.length, unzippedBytes: 100, entries: 1 }
  }
  return new Map([
    ...built.map(code => [code, one(code)] as const),
    ['large code 4', one('code 4', 60_000_000)] as const,
  ])
}

const usual = { 'function-name': 'orders', alias: 'live', artifact: 'code 4' }

function step(change: Readonly<Record<string, string>>, more: Partial<Step> = {}): Step {
  const given = Object.entries({ ...usual, ...change }).filter(([, value]) => value !== '')
  return { with: Object.fromEntries(given), run, ...more }
}

/** An alarm that keeps the state that it is told to have. */
async function alarm(account: Account): Promise<void> {
  await account.cloudwatch('PutMetricAlarm', {
    AlarmName: 'orders-errors',
    Namespace: 'Orders',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  })
  await setAlarm(account, 'OK')
}

export async function setAlarm(account: Account, StateValue: 'OK' | 'ALARM'): Promise<void> {
  await account.cloudwatch('SetAlarmState', {
    AlarmName: 'orders-errors',
    StateValue,
    StateReason: 'the story says so',
  })
}

/** It fires so long after the start, and is OK again after another ten minutes. */
function fires(afterMs: number): (account: Account) => void {
  return account => {
    account.stage.after(afterMs, () => setAlarm(account, 'ALARM'))
    account.stage.after(afterMs + 10 * minuteMs, () => setAlarm(account, 'OK'))
  }
}

async function withAlarm(stage: Stage): Promise<Account> {
  const account = await newAccount(stage)
  await alarm(account)
  return account
}

/** With a canary on `live`, version 4, that a run has left there. */
function left(code: string, journal: string, weight = 0.1) {
  return async (stage: Stage): Promise<Account> => {
    const account = await newAccount(stage)
    await account.publish('before', code)
    await account.update('before', { RoutingConfig: { AdditionalVersionWeights: { 4: weight } }, Description: journal })
    return account
  }
}

async function withBucket(stage: Stage): Promise<Account> {
  const account = await newAccount(stage)
  const put = (path: string, body: Uint8Array) => account.sandbox.handle({ method: 'PUT', path, headers: {}, body })
  await put('/built', new Uint8Array())
  await put('/built/orders.zip', zips('code 4'))
  return account
}

async function withPreview(stage: Stage): Promise<Account> {
  const account = await newAccount(stage)
  const version = await account.publish('before', 'code 5', 'preview octo/orders#7: octo/orders@0ldc0de pr run 950.1')
  const path = '/2015-03-31/functions/orders/aliases'
  const Description = `lambda-rollout ${version}; octo/orders@0ldc0de run 950.1`
  await account.call('before', 'POST', path, { Name: 'pr-7', FunctionVersion: version, Description })
  await account.call('before', 'POST', '/2021-10-31/functions/orders/url?Qualifier=pr-7', { AuthType: 'AWS_IAM' })
  return account
}

/** Old versions, and what the closed pull request 5 left behind. */
async function cluttered(stage: Stage): Promise<Account> {
  const account = await newAccount(stage)
  for (const code of ['old 4', 'old 5', 'old 6']) await account.publish('before', code)
  const version = await account.publish('before', 'code 9', 'preview octo/orders#5: octo/orders@0ldc0de pr run 940.1')
  const path = '/2015-03-31/functions/orders/aliases'
  const Description = `lambda-rollout ${version}; octo/orders@0ldc0de run 940.1`
  await account.call('before', 'POST', path, { Name: 'pr-5', FunctionVersion: version, Description })
  await account.call('before', 'POST', '/2021-10-31/functions/orders/url?Qualifier=pr-5', { AuthType: 'AWS_IAM' })
  return account
}

/** With functions that a rollout asks; the one for 100 % says what is given. */
function withHooks(afterTraffic: 'Succeeded' | 'Failed') {
  return async (stage: Stage): Promise<Account> => {
    const account = await newAccount(stage)
    const { sandbox } = account
    for (const name of ['before', 'after']) {
      const Role = 'arn:aws:iam::111122223333:role/orders'
      const Code = { ZipFile: Buffer.from(zips(name)).toString('base64') }
      const body = { FunctionName: name, Role, Runtime: 'nodejs22.x', Handler: 'index.handler', Code }
      await account.call('before', 'POST', '/2015-03-31/functions', body)
    }
    stage.pass(6_000)
    sandbox.invocations.set('orders', '*', () => ({ payload: { statusCode: 200 } }))
    sandbox.invocations.set('before', '*', () => ({ payload: { status: 'Succeeded' } }))
    // Nothing is wrong any more when the run is made again.
    const isOver = () => stage.now() - stage.start > 15 * minuteMs
    sandbox.invocations.set('after', '*', () => ({ payload: { status: isOver() ? 'Succeeded' : afterTraffic } }))
    return account
  }
}

/** With provisioned concurrency on the alias, which AWS moves by weights of its own. */
async function provisioned(stage: Stage): Promise<Account> {
  const account = await newAccount(stage)
  const path = '/2019-09-30/functions/orders/provisioned-concurrency?Qualifier=live'
  await account.call('before', 'PUT', path, { ProvisionedConcurrentExecutions: 2 })
  stage.pass(40_000)
  return account
}

function pullRequest(action: string): object {
  const repo = { full_name: 'octo/orders' }
  const state = action === 'closed' ? 'closed' : 'open'
  return { action, pull_request: { number: 7, state, head: { sha: 'feedface01', repo }, base: { repo } } }
}

const threeSteps = { strategy: '10% for 2m, 50% for 2m', 'poll-interval': '1m' }
const hooks = { 'poll-interval': '1m', 'smoke-test': '{}', 'before-traffic': 'before', 'after-traffic': 'after' }
const served = { results: ['promoted', 'unchanged'] as const }
const preview = { alias: '', command: 'preview' }
const secretly = { configuration: `Environment: { Variables: { PASSWORD: ${secrets[1]} } }` }

/** The canonical runs. */
export const stories: readonly Story[] = [
  {
    name: 'promotion',
    alias: 'live',
    account: withAlarm,
    step: step({ ...threeSteps, ...secretly, alarms: 'orders-errors' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'alarm',
    alias: 'live',
    account: withAlarm,
    nature: fires(2.5 * minuteMs),
    step: step({ ...threeSteps, alarms: 'orders-errors' }),
    ends: 'rolled-back',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'hold',
    alias: 'live',
    account: withAlarm,
    nature: fires(2.5 * minuteMs),
    step: step({ ...threeSteps, alarms: 'orders-errors', 'on-failure': 'hold' }),
    ends: 'held',
    rerun: { ...served, refusals: /is held on orders:live/ },
    code: 'code 4',
  },
  {
    name: 'first-alias',
    alias: 'live',
    account: stage => newAccount(stage, 'Zip', false),
    step: step({ strategy: '10% for 2m, 100% for 1m', 'poll-interval': '30s' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'first-alias-alarm',
    alias: 'live',
    account: async stage => {
      const account = await newAccount(stage, 'Zip', false)
      await alarm(account)
      return account
    },
    nature: fires(1.5 * minuteMs),
    step: step({ strategy: '10% for 2m, 100% for 5m', 'poll-interval': '30s', alarms: 'orders-errors' }),
    ends: 'rolled-back',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'watched-top',
    alias: 'live',
    account: withAlarm,
    nature: fires(3.5 * minuteMs),
    step: step({ strategy: '20% for 2m, 100% for 5m', 'poll-interval': '1m', alarms: 'orders-errors' }),
    ends: 'rolled-back',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'unchanged',
    alias: 'live',
    account: newAccount,
    step: step({ artifact: 'code 3' }),
    ends: 'unchanged',
    rerun: served,
    code: 'code 3',
  },
  {
    name: 'carry-on',
    alias: 'live',
    account: left('code 4', `lambda-rollout 3 after 2; candidate 4 rolling since 2026-11-23T09:00Z; ${dead}`),
    step: step(threeSteps),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'drop',
    alias: 'live',
    account: left('code 6', `lambda-rollout 3 after 2; candidate 4 rolling since 2026-11-23T09:00Z; ${dead}`),
    step: step(threeSteps),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 's3',
    alias: 'live',
    account: withBucket,
    step: step({ artifact: 's3://built/orders.zip', 'bake-time': '1m' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'large',
    alias: 'live',
    account: withBucket,
    step: step({ artifact: 'large code 4', 'upload-bucket': 'built/zips', 'bake-time': '1m' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'image',
    alias: 'live',
    account: stage => newAccount(stage, 'Image'),
    step: step({ artifact: imageOf('code 4'), 'bake-time': '1m' }),
    ends: 'promoted',
    rerun: served,
  },
  {
    name: 'all-at-once',
    alias: 'live',
    account: newAccount,
    step: step({ strategy: 'all-at-once' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'version',
    alias: 'live',
    account: newAccount,
    step: step({ artifact: '', version: '2', 'bake-time': '1m' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 2',
  },
  {
    name: 'hooks',
    alias: 'live',
    account: withHooks('Succeeded'),
    step: step({ strategy: '10% for 1m, 100% for 1m', ...hooks }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'hook-fails',
    alias: 'live',
    account: withHooks('Failed'),
    step: step({ strategy: '10% for 1m, 100% for 1m', ...hooks }),
    ends: 'rolled-back',
    rerun: served,
    code: 'code 4',
  },
  {
    name: 'provisioned',
    alias: 'live',
    account: provisioned,
    step: step({ strategy: '10% for 1m, 100% for 1m' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
    movesMs: 40_000,
  },
  {
    name: 'pause',
    alias: 'live',
    account: newAccount,
    step: step({ strategy: '10% for 1m, pause' }),
    ends: 'paused',
    rerun: { results: ['paused'], refusals: /is paused on orders:live/ },
    code: 'code 4',
  },
  {
    name: 'promote',
    alias: 'live',
    account: left(
      'code 4',
      'lambda-rollout 3 after 2; candidate 4 paused since 2026-11-23T09:00Z; octo/orders@abc1234 run 987.1',
    ),
    step: step({ artifact: '', command: 'promote', strategy: '50% for 1m' }),
    ends: 'promoted',
    rerun: { ...served, refusals: /no canary waits on orders:live/ },
    code: 'code 4',
  },
  {
    name: 'rollback-canary',
    alias: 'live',
    account: left(
      'code 4',
      'lambda-rollout 3 after 2; candidate 4 held since 2026-11-23T09:00Z; octo/orders@abc1234 run 980.1',
    ),
    step: step({ artifact: '', command: 'rollback' }),
    ends: 'rolled-back',
    // Once the canary is gone, the same command goes further back.
    rerun: { results: ['rolled-back', 'unchanged'] },
  },
  {
    name: 'rollback',
    alias: 'live',
    account: newAccount,
    step: step({ artifact: '', command: 'rollback' }),
    ends: 'rolled-back',
    rerun: { results: ['rolled-back', 'unchanged'], refusals: /has no canary/ },
  },
  {
    name: 'rollback-to',
    alias: 'live',
    account: newAccount,
    step: step({ artifact: '', command: 'rollback', version: '1' }),
    ends: 'rolled-back',
    rerun: { results: ['rolled-back', 'unchanged'] },
  },
  {
    name: 'preview-open',
    alias: 'pr-7',
    account: newAccount,
    step: step({ ...preview, ...secretly }, { event: pullRequest('opened') }),
    ends: 'previewed',
    rerun: { results: ['previewed'] },
    code: 'code 4',
  },
  {
    name: 'preview-push',
    alias: 'pr-7',
    account: withPreview,
    step: step({ ...preview, 'function-url-auth': 'NONE' }, { event: pullRequest('synchronize') }),
    ends: 'previewed',
    rerun: { results: ['previewed'] },
    code: 'code 4',
  },
  {
    name: 'preview-close',
    alias: 'pr-7',
    account: withPreview,
    step: step({ ...preview, artifact: '' }, { event: pullRequest('closed') }),
    ends: 'removed',
    rerun: { results: ['removed'] },
  },
  {
    name: 'prune',
    alias: 'live',
    account: cluttered,
    step: step({ artifact: '', alias: '', command: 'prune', 'keep-versions': '1' }),
    ends: 'pruned',
    rerun: { results: ['pruned'] },
  },
  {
    name: 'keep-versions',
    alias: 'live',
    account: cluttered,
    step: step({ strategy: 'all-at-once', 'keep-versions': '1' }),
    ends: 'promoted',
    rerun: served,
    code: 'code 4',
  },
]

export function storyNamed(name: string): Story {
  const story = stories.find(story => story.name === name)
  if (story === undefined) throw new Error(`there is no story ${name}`)
  return story
}
