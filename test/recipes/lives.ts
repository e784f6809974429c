import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { placeholders, policyOf } from '../../docs/policies.ts'
import { formatJournal, type Journal, journalTime } from '../../src/rollout/journal.ts'
import { previewPrefix } from '../../src/rollout/preview.ts'
import { zipOf } from '../sandbox/rig.ts'
import { codeOf, region } from '../scenarios/account.ts'
import { createAlias, createFunction, publish } from '../scenarios/holdings.ts'
import { curtain, minute, type Stage } from '../scenarios/stage.ts'
import { type Act, account, type Life } from './lives-played.ts'
import { looseSteps, type RolloutStep, rolloutSteps, takesOn } from './recipes.ts'
import { ask } from './scripts.ts'

/** What the recipes are for, from the first deployment to the worst night, as far as a permission hangs on it. */

function step(workflow: string, job: string): RolloutStep {
  const found = rolloutSteps().find(each => each.workflow.name === workflow && each.job === job)
  if (found === undefined) throw new Error(`${workflow} has no job ${job} with a step of ours`)
  return found
}

/** `orders` with some versions, an alias unless it is still to be made, and the alarms of the recipes. */
function orders(versions: number, live: Live | 'absent', alias = 'live') {
  return async (stage: Stage) => {
    await createFunction(stage, 'orders', versions)
    await stage.aws.alarm('orders-errors')
    await stage.aws.alarm('orders-latency')
    if (live !== 'absent') await serve(stage, live, alias)
  }
}

/** The functions of the monorepo's recipe. */
export const shop = ['orders', 'billing', 'mail']

/** Each with a version, what its build made, and an alias unless that is still to be made; and the alarms of them all. */
function ofShop(live: Live | 'absent') {
  return async (stage: Stage) => {
    for (const name of shop) {
      await createFunction(stage, name, 1)
      if (live !== 'absent') await serve(stage, live, 'live', name)
      stage.build(codeOf(2), `services/${name}/dist`)
    }
    await stage.aws.alarm('shop-errors')
    await stage.aws.alarm('shop-checkouts')
  }
}

type Live = {
  readonly version: string
  readonly canary?: string
  readonly journal?: Omit<Journal, 'version' | 'run'> & { readonly version?: string }
  /** With provisioned concurrency, which AWS moves along with the alias. */
  readonly provisioned?: true
}

async function serve(
  stage: Stage,
  { version, canary, journal, provisioned }: Live,
  alias: string,
  name = 'orders',
): Promise<void> {
  const { lambda } = stage.aws
  const named = { FunctionName: name, Name: alias }
  const description = journal === undefined ? '' : formatJournal({ version, ...journal, run })
  await createAlias(stage, name, alias, version, description)
  if (provisioned) {
    const config = { FunctionName: name, Qualifier: alias, ProvisionedConcurrentExecutions: 5 }
    await lambda.send(new PutProvisionedConcurrencyConfigCommand(config))
    stage.pass(minute)
  }
  if (canary === undefined) return
  const RoutingConfig = { AdditionalVersionWeights: { [canary]: 0.1 } }
  await lambda.send(new UpdateAliasCommand({ ...named, RoutingConfig }))
}

/** Where the policies are enforced. */
export const sandboxed = { ...placeholders, region, account, bucket: 'my-builds' }

const run = { repository: 'octo/orders', commit: 'abc1234', id: '9876543210', attempt: 1 }

/** So long that a look finds AWS at it. */
const settle = { provisioned: 40_000 }

const first = { version: '1' }

/** What every rollout of a recipe may go through. */
function rollouts(step: RolloutStep, options: Rollouts) {
  const { recipe = step.workflow.recipe, setUp, ends = 'promoted', watched, ...act } = options
  const healthy: Life = {
    name: `${recipe}: it goes well, and an alarm is without data between two looks`,
    setting: { settle },
    before: setUp({ ...first, provisioned: true }),
    acts: [{ step, ...act, after: { call: 'UpdateAlias', does: passThrough('INSUFFICIENT_DATA', watched) }, ends }],
  }
  const firstOfAll: Life = {
    name: `${recipe}: the alias is new, and an alarm fires`,
    before: setUp('absent'),
    acts: [{ step, ...act, after: { call: 'CreateAlias', does: alarm(watched) }, ends: 'rolled-back' }],
  }
  return [healthy, firstOfAll]
}

type Rollouts = Pick<Act, 'values' | 'beforehand'> & {
  readonly recipe?: string
  readonly setUp: (live: Live | 'absent') => (stage: Stage) => Promise<void>
  readonly ends?: 'promoted' | 'paused'
  /** The alarm that the step watches. */
  readonly watched?: string
}

function alarm(name = 'orders-errors') {
  return (stage: Stage) => stage.aws.set(name, 'ALARM', '7 errors in a minute')
}

/** An alarm that is OK before and after. */
function passThrough(state: 'ALARM' | 'INSUFFICIENT_DATA', name = 'orders-errors') {
  return async (stage: Stage) => {
    await stage.aws.set(name, state, 'for a moment')
    stage.pass(5_000)
    await stage.aws.set(name, 'OK', 'well again')
  }
}

const canary = step('canary.md#1', 'deploy')
const staging = step('release.md#1', 'staging')
const production = step('release.md#1', 'production')
const waits = step('approval.md#1', 'canary')
const promotes = step('approval.md#1', 'promote')
const drops = step('approval.md#1', 'drop')
const endsSplit = step('approval.md#2', 'promote')
const rollback = step('rollback.md#1', 'rollback')
const preview = step('previews.md#1', 'preview')
const sweep = step('previews.md#2', 'sweep')
const long = step('long.md#1', 'deploy')
const matrix = step('matrix.md#1', 'deploy')
const fromS3 = step('s3.md#1', 'deploy')
const image = step('image.md#1', 'deploy')
const monorepo = step('monorepo.md#1', 'deploy')
const starts = step('unattended.md#1', 'start')
const finishes = step('unattended.md#2', 'finish')
const dropsIt = step('unattended.md#3', 'drop')

/** A rollout on an alias that there is. */
export const aliasIsThere: Life = {
  name: 'canary: an alarm fires and is well again between two looks',
  before: orders(1, first),
  acts: [{ step: canary, after: { call: 'UpdateAlias', does: passThrough('ALARM') }, ends: 'rolled-back' }],
}

const canaries: readonly Life[] = [
  ...rollouts(canary, { setUp: live => orders(1, live) }),
  aliasIsThere,
  {
    name: 'canary: there is traffic, and there are too many versions',
    before: async stage => {
      await orders(12, { version: '12' })(stage)
      stage.aws.traffic(2)
    },
    acts: [{ step: canary, ends: 'promoted' }],
  },
]

const releases: readonly Life[] = [
  {
    name: 'release: a tag goes to staging and to production',
    before: async stage => {
      await orders(1, first, 'staging')(stage)
      await serve(stage, first, 'live')
    },
    acts: [
      { step: staging, ends: 'promoted' },
      { step: production, ends: 'promoted' },
    ],
  },
  {
    name: 'release: the first tag of all goes to staging',
    before: orders(1, 'absent'),
    acts: [{ step: staging, ends: 'promoted' }],
  },
  {
    name: 'release: a tag goes to staging while AWS moves provisioned concurrency',
    setting: { settle },
    before: orders(1, { ...first, provisioned: true }, 'staging'),
    acts: [{ step: staging, ends: 'promoted' }],
  },
  ...rollouts(production, {
    recipe: 'release to production',
    values: { 'needs.staging.outputs.version': '2' },
    setUp: live => orders(2, live),
  }),
]

const waiting = waitingFor(5 * minute)

/** A canary that was paused so long before the curtain rises. */
function waitingFor(ms: number): Live {
  const since = journalTime(curtain - ms)
  return { ...first, canary: '2', journal: { candidate: { version: '2', state: 'paused', since } } }
}

/** What the job before has handed on. */
const left = { 'needs.canary.outputs.version': '2' }

const approvals: readonly Life[] = [
  ...rollouts(waits, { setUp: live => orders(1, live), ends: 'paused' }),
  {
    name: 'approval: it is approved',
    before: orders(1, first),
    acts: [
      { step: waits, ends: 'paused' },
      { step: promotes, ends: 'promoted' },
    ],
  },
  {
    name: 'approval: it is approved, and an alarm is without data between two looks',
    setting: { settle },
    before: orders(2, { ...waiting, provisioned: true }),
    acts: [
      {
        step: promotes,
        values: left,
        after: { call: 'UpdateAlias', does: passThrough('INSUFFICIENT_DATA') },
        ends: 'promoted',
      },
    ],
  },
  {
    name: 'approval: it is approved, and an alarm fires',
    before: orders(2, waiting),
    acts: [{ step: promotes, values: left, after: { call: 'UpdateAlias', does: alarm() }, ends: 'rolled-back' }],
  },
  {
    name: 'approval: it is turned down',
    before: orders(1, first),
    acts: [
      { step: waits, ends: 'paused' },
      { step: drops, ends: 'rolled-back' },
    ],
  },
  {
    name: 'approval: it is turned down once somebody has promoted it, and AWS moves provisioned concurrency back',
    setting: { settle },
    before: orders(2, { version: '2', provisioned: true }),
    acts: [{ step: drops, values: { 'needs.canary.outputs.previous-version': '1' }, ends: 'rolled-back' }],
  },
  {
    name: 'approval: it is turned down once somebody has promoted it and deleted the version before',
    before: async stage => {
      await orders(2, { version: '2' })(stage)
      await stage.aws.lambda.send(new DeleteFunctionCommand({ FunctionName: 'orders', Qualifier: '1' }))
    },
    acts: [{ step: drops, values: { 'needs.canary.outputs.previous-version': '1' }, ends: 'refused' }],
  },
  {
    name: 'approval: a split that was held on purpose is ended',
    before: orders(2, waiting),
    acts: [{ step: endsSplit, values: { 'inputs.version': '2' }, ends: 'promoted' }],
  },
]

const rollbacks: readonly Life[] = [
  {
    name: 'rollback: to the version before, and AWS moves provisioned concurrency back',
    setting: { settle },
    before: orders(3, { version: '3', journal: { after: '1' }, provisioned: true }),
    acts: [{ step: rollback, values: pressed(''), ends: 'rolled-back' }],
  },
  {
    name: 'rollback: to a version that is named',
    before: orders(3, { version: '3' }),
    acts: [{ step: rollback, values: pressed('2'), ends: 'rolled-back' }],
  },
  {
    name: 'rollback: somebody has moved the alias, so that nobody knows what was served before',
    before: orders(3, { version: '3', journal: { version: '2', after: '1' } }),
    acts: [{ step: rollback, values: pressed(''), ends: 'refused' }],
  },
]

function pressed(version: string) {
  return { 'inputs.function': 'orders', 'inputs.alias': 'live', 'inputs.version': version }
}

const forPreviews = (stage: Stage) => createFunction(stage, 'orders-preview', 1)
const signed = { 'function-url-auth': 'AWS_IAM' }

/** A preview whose URL is never open to anybody. */
export const signedPreview: Life = {
  name: 'previews: opened and closed, for signed requests only',
  before: forPreviews,
  acts: [
    { step: preview, but: signed, pull: { action: 'opened' }, ends: 'previewed' },
    { step: preview, but: signed, pull: { action: 'closed' }, ends: 'removed' },
  ],
}

const previews: readonly Life[] = [
  {
    name: 'previews: opened and closed',
    before: forPreviews,
    acts: [
      { step: preview, pull: { action: 'opened' }, ends: 'previewed' },
      { step: preview, pull: { action: 'closed', merged: true }, ends: 'removed' },
    ],
  },
  {
    name: 'previews: opened for signed requests, and pushed to once it is for everybody',
    before: forPreviews,
    acts: [
      { step: preview, but: signed, pull: { action: 'opened' }, ends: 'previewed' },
      {
        step: preview,
        pull: { action: 'synchronize' },
        beforehand: buildAgain,
        ends: 'previewed',
      },
    ],
  },
  signedPreview,
  {
    name: 'previews: the sweep finds one whose closing was not seen, and too many versions',
    before: async stage => {
      await createFunction(stage, 'orders-preview', 12)
      await leavePreview(stage)
      stage.pullRequest(7, 'opened')
      stage.pullRequest(7, 'closed')
    },
    acts: [{ step: sweep, ends: 'pruned' }],
  },
]

async function buildAgain(stage: Stage) {
  stage.build(codeOf(3))
  return {}
}

/** What a preview of pull request 7 consists of. */
async function leavePreview(stage: Stage): Promise<void> {
  const { lambda } = stage.aws
  const version = await publish(stage, 'orders-preview', 13, `${previewPrefix('octo/orders', 7)}main run 1`)
  await createAlias(stage, 'orders-preview', 'pr-7', version, formatJournal({ version, run: { ...run, id: '1' } }))
  const alias = { FunctionName: 'orders-preview', Qualifier: 'pr-7' }
  await lambda.send(new CreateFunctionUrlConfigCommand({ ...alias, AuthType: 'NONE' }))
  const anybody = { ...alias, Principal: '*' }
  const url = { StatementId: 'lambda-rollout-url', Action: 'lambda:InvokeFunctionUrl' }
  const behind = { StatementId: 'lambda-rollout-invoke', Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }
  await lambda.send(new AddPermissionCommand({ ...anybody, ...url, FunctionUrlAuthType: 'NONE' }))
  await lambda.send(new AddPermissionCommand({ ...anybody, ...behind }))
}

/** The whole strategy of a wave is two shifts; in the second wave two functions move. */
const inTheSecondWave = { call: 'UpdateAlias', nth: 4 }

/** One of three has changed since they were rolled out together. */
export const oneChanged: Life = {
  name: 'monorepo: a push changes billing only',
  before: ofShop(first),
  acts: [
    { step: monorepo, ends: 'promoted' },
    { step: monorepo, later: async stage => stage.build(codeOf(3), 'services/billing/dist'), ends: 'promoted' },
  ],
}

/** The first of three is promoted already. */
export const secondWaveFails: Life = {
  name: 'monorepo: an alarm fires in the second wave',
  before: ofShop(first),
  acts: [{ step: monorepo, after: { ...inTheSecondWave, does: alarm('shop-errors') }, ends: 'rolled-back' }],
}

const monorepos: readonly Life[] = [
  ...rollouts(monorepo, { setUp: ofShop, watched: 'shop-errors' }),
  oneChanged,
  secondWaveFails,
]

/** The jobs of the recipe that ask what waits before they do anything. */
const finish = { step: finishes, beforehand: (stage: Stage) => ask(finishes, stage, { HOURS: '6' }) }
const drop = { step: dropsIt, beforehand: (stage: Stage) => ask(dropsIt, stage) }

const hours = (count: number) => async (stage: Stage) => stage.pass(count * 60 * minute)

const ripe = waitingFor(7 * 60 * minute)

const unattended: readonly Life[] = [
  ...rollouts(starts, { setUp: live => orders(1, live), ends: 'paused' }),
  {
    name: 'unattended: a canary is left, and taken on by another run, hours later',
    before: async stage => {
      await orders(1, first)(stage)
      stage.aws.traffic(0.2)
    },
    acts: [
      { step: starts, ends: 'paused' },
      { ...finish, later: hours(7), ends: 'promoted' },
    ],
  },
  {
    name: 'unattended: a canary is left, and an alarm fires and is well again while nobody watches',
    before: orders(1, first),
    acts: [
      { step: starts, ends: 'paused' },
      {
        ...finish,
        later: async stage => {
          await hours(3)(stage)
          await passThrough('ALARM')(stage)
          await hours(4)(stage)
        },
        ends: 'rolled-back',
      },
    ],
  },
  {
    name: 'unattended: a canary is left, and an alarm starts the workflow that drops it',
    before: orders(1, first),
    acts: [
      { step: starts, ends: 'paused' },
      { ...drop, later: hours(3), ends: 'rolled-back' },
    ],
  },
  {
    name: 'unattended: it is taken on, and an alarm is without data between two looks',
    setting: { settle },
    before: orders(2, { ...ripe, provisioned: true }),
    acts: [{ ...finish, after: { call: 'UpdateAlias', does: passThrough('INSUFFICIENT_DATA') }, ends: 'promoted' }],
  },
  {
    name: 'unattended: a push comes while AWS still moves provisioned concurrency to what was promoted last',
    setting: { settle },
    before: orders(2, { ...ripe, provisioned: true }),
    acts: [
      {
        step: starts,
        later: async stage => {
          await promoteIt(stage)
          stage.build(codeOf(3))
        },
        ends: 'paused',
      },
    ],
  },
  {
    name: 'unattended: it is promoted between the question and the drop, and AWS moves provisioned concurrency back',
    setting: { settle },
    before: orders(2, { ...ripe, provisioned: true }),
    acts: [
      {
        ...drop,
        after: {
          call: 'GetAlias',
          does: async stage => {
            await promoteIt(stage)
            stage.pass(minute)
          },
        },
        ends: 'rolled-back',
      },
    ],
  },
]

/** Somebody promotes the canary, and AWS begins to move provisioned concurrency. */
async function promoteIt(stage: Stage): Promise<void> {
  const whole = { FunctionVersion: '2', RoutingConfig: { AdditionalVersionWeights: {} } }
  const Description = formatJournal({ version: '2', after: '1', run: { ...run, id: '1' } })
  await stage.aws.lambda.send(new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', ...whole, Description }))
}

/** What the recipe's script has in its environment. */
const { BUCKET: Bucket = '', KEY: Key = '' } = scriptOf(fromS3).env ?? {}

function scriptOf({ workflow, job }: RolloutStep) {
  return workflow.jobs[job]?.steps.find(({ id }) => id === 'upload') ?? {}
}

/** What it does: it puts the build there and tells which version of the object it is. */
async function upload({ aws: { s3 } }: Stage) {
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: zipOf(codeOf(2)) }))
  return { 'steps.upload.outputs.artifact': `s3://${Bucket}/${Key}?versionId=${VersionId}` }
}

const uploading = looseSteps().find(step => step.with?.['upload-bucket'] !== undefined)?.with as Record<string, string>

function withBucket(before: (stage: Stage) => Promise<void>) {
  return async (stage: Stage) => {
    await stage.aws.s3.send(new CreateBucketCommand({ Bucket }))
    await before(stage)
  }
}

const uploads: readonly Life[] = [
  ...rollouts(fromS3, { beforehand: upload, setUp: live => withBucket(orders(1, live)) }),
  {
    name: 's3: the version of the object is not named',
    before: withBucket(orders(1, first)),
    acts: [{ step: fromS3, beforehand: upload, but: { artifact: `s3://${Bucket}/${Key}` }, ends: 'promoted' }],
  },
]

/** The recipe's variation, for a build that is too large to send directly. */
export const largeBuild: Life = {
  name: 's3: a build is too large to send directly',
  before: withBucket(async stage => {
    await orders(1, first)(stage)
    writeFileSync(join(stage.workspace, 'dist', 'large'), randomBytes(55_000_000))
  }),
  acts: [{ step: { ...fromS3, with: uploading }, ends: 'promoted' }],
}

const registry = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
const built = { 'steps.ecr.outputs.registry': registry, 'steps.build.outputs.digest': `sha256:${'b'.repeat(64)}` }

function ofImages(live: Live | 'absent') {
  return async (stage: Stage) => {
    const { lambda } = stage.aws
    const image = { PackageType: 'Image', Code: { ImageUri: `${registry}/orders@sha256:${'a'.repeat(64)}` } } as const
    await createFunction(stage, 'orders', 0, { ...image, Runtime: undefined, Handler: undefined })
    stage.pass(minute)
    await lambda.send(new PublishVersionCommand({ FunctionName: 'orders' }))
    stage.pass(minute)
    await stage.aws.alarm('orders-errors')
    if (live !== 'absent') await serve(stage, live, 'live')
  }
}

function ofMany(live: Live | 'absent') {
  return async (stage: Stage) => {
    stage.build(codeOf(2), 'functions/orders/dist')
    await orders(1, live)(stage)
  }
}

/** The roles of an account where a rollout may outlive its runner; what a job's may do is what callers may. */
export function withRoles(before: (stage: Stage) => Promise<void>, watchdog = policyOf('watchdog-orders', sandboxed)) {
  return async (stage: Stage) => {
    const { [takesOn]: job = '', 'watchdog-role': scheduled = '' } = long.with
    stage.sandbox.roles.set(job, { trusts: ['oidc'] })
    stage.sandbox.roles.set(scheduled, { trusts: ['scheduler'], policy: watchdog })
    await before(stage)
  }
}

/** All of them, recipe by recipe. */
export const lives: readonly Life[] = [
  ...canaries,
  ...releases,
  ...approvals,
  ...previews,
  ...rollbacks,
  ...rollouts(long, { setUp: live => withRoles(orders(1, live)) }),
  ...rollouts(matrix, { values: { 'matrix.function': 'orders' }, setUp: ofMany }),
  ...monorepos,
  ...uploads,
  ...rollouts(image, { values: built, setUp: ofImages }),
  ...unattended,
]
