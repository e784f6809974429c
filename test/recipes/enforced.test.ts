import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type PolicyDocument,
  placeholders,
  policyOf,
  type Role,
  type RoleName,
  roleNames,
  roles,
  statementsOf,
} from '../../docs/policies.ts'
import { type Need, readPolicy } from '../sandbox/iam/policy.ts'
import { startTokenEndpoint } from '../sandbox/sts/token-endpoint.ts'
import { region } from '../scenarios/account.ts'
import { minute, newStage } from '../scenarios/stage.ts'
import { aliasIsThere, largeBuild, lives, shop, signedPreview, withRoles } from './lives.ts'
import { account, type Life, type Played, play } from './lives-played.ts'
import { type RolloutStep, rolloutSteps } from './recipes.ts'

function placeOf(name: RoleName) {
  const { functionName = placeholders.functionName }: Role = roles[name]
  return { ...placeholders, region, account, functionName, bucket: 'my-builds' }
}

/** What a role may do, as the recipe has it with the names of the sandbox in it. */
function whole(name: RoleName): PolicyDocument {
  return policyOf(name, placeOf(name))
}

type Permission = { readonly role: RoleName; readonly sid: string; readonly action: string }

/** The same without one action of one statement. */
function without({ role, sid, action }: Permission, name: RoleName): PolicyDocument {
  const { Version, Statement } = whole(name)
  const less = Statement.map(one =>
    name === role && one.Sid === sid ? { ...one, Action: one.Action.filter(each => each !== action) } : one,
  )
  return { Version, Statement: less.filter(({ Action }) => Action.length > 0) }
}

const plays = new Map<Life, Promise<readonly Played[]>>()

/** A life with the whole policies; it is played once. */
function played(life: Life): Promise<readonly Played[]> {
  const now = plays.get(life) ?? play(life, { policyOf: whole, post: true })
  plays.set(life, now)
  return now
}

/** Names an action of IAM, such as `lambda:GetAlias`. */
const permission = /\b(lambda|cloudwatch|logs|s3|scheduler|iam|sts):[A-Z]\w+/

test.each(lives)(
  'the policies are enough where $name',
  async life => {
    const acts = await played(life)
    expect(acts.map(({ result }) => result)).toEqual(life.acts.map(({ ends }) => ends))
    expect(acts.flatMap(({ denied }) => denied)).toEqual([])
    expect(acts.filter(({ seen }) => permission.test(seen)).map(({ seen }) => seen)).toEqual([])
  },
  60_000,
)

test('there is a life of every step that uses the action', () => {
  const nameOf = ({ workflow, job }: RolloutStep) => `${workflow.name} ${job}`
  const lived = lives.flatMap(({ acts }) => acts.map(({ step }) => nameOf(step)))
  expect(new Set(lived)).toEqual(new Set(rolloutSteps().map(nameOf)))
})

test.each([
  { role: 'deploy-orders', sid: 'FirstRun', life: aliasIsThere, when: 'the alias is there' },
  { role: 'preview-orders', sid: 'OpenUrl', life: signedPreview, when: 'no URL is open to everybody' },
] as const)('$role needs no $sid where $when', async ({ role, sid, life }) => {
  const { Version, Statement } = whole(role)
  const less = Statement.filter(({ Sid }) => Sid !== sid)
  expect(less).toHaveLength(Statement.length - 1)
  const acts = await play(life, { policyOf: () => ({ Version, Statement: less }), post: false })
  expect(acts.map(({ result }) => result)).toEqual(life.acts.map(({ ends }) => ends))
  expect(acts.flatMap(({ denied }) => denied)).toEqual([])
})

test('a build that is too large to send directly takes the same policy, and names what it cannot do without', async () => {
  expect(await play(largeBuild, { policyOf: whole, post: false })).toMatchObject([{ result: 'promoted', denied: [] }])
  const upload = { role: 's3-orders', sid: 'Upload', action: 's3:PutObject' } as const
  const less = await play(largeBuild, { policyOf: name => without(upload, name), post: false })
  expect(less).toMatchObject([{ conclusion: 'failure', reason: expect.stringContaining(upload.action) }])
}, 60_000)

describe('a runner that is lost in the middle of a rollout, with no post step', () => {
  async function lost(watchdog?: PolicyDocument) {
    const stage = await newStage()
    await withRoles(async () => {}, watchdog)(stage)
    const tokens = await startTokenEndpoint(stage.sandbox.oidc)
    onTestFinished(() => tokens.close())
    await stage.aws.alarm('orders-errors')
    await stage.aws.alarm('orders-latency')
    stage.kill({ after: 'GetAlias', from: 20 * minute })
    stage.sandbox.enforce(whole('long-orders'))
    const { with: inputs } = rolloutSteps().find(({ role }) => role === 'long-orders') ?? { with: {} }
    await stage.run(inputs, { env: tokens.env, lost: true })
    stage.sandbox.enforce(undefined)
    const before = await stage.aws.live()
    stage.pass(6 * minute)
    return [before, await stage.aws.live()]
  }

  test('the watchdog of the recipe, with its policy, takes the traffic from the canary', async () => {
    expect(await lost()).toEqual(['1, and 2 at 10 %', '1, and 2 at 0 %'])
  }, 60_000)

  test('a watchdog whose role may not update the alias leaves it as it is', async () => {
    const split = '1, and 2 at 10 %'
    expect(await lost({ ...whole('rollback-orders'), Statement: [] })).toEqual([split, split])
  }, 60_000)
})

/** Every action of every statement, but those on a registry, of which there is none in the sandbox. */
const permissions = roleNames.flatMap(role =>
  statementsOf(role).flatMap(({ sid, actions, without }) =>
    actions.filter(action => !action.startsWith('ecr:')).map(action => ({ role, sid, action, without })),
  ),
)

/** It is missed by the AWS CLI, whose words are its own. */
const ofTheCli = 's3:PutObject'

describe('without one action of its policy', () => {
  const failing = permissions.filter(({ without }) => without === 'fails')
  const givingWay = permissions.filter(({ without }) => without === 'gives way')

  test.each(failing.filter(({ action }) => action !== ofTheCli))(
    '$role fails, and names it: $action of $sid',
    async permission => {
      const { conclusion, seen } = await failureWithout(permission)
      expect([conclusion, seen]).toEqual(['failure', expect.stringContaining(permission.action)])
    },
    60_000,
  )

  test.each(failing.filter(({ action }) => action === ofTheCli))(
    '$role never comes to the rollout: $action of $sid',
    async permission => {
      expect(await failureWithout(permission)).toMatchObject({ result: undefined, conclusion: 'failure' })
    },
  )

  test.each(givingWay)(
    '$role goes on all the same, and names it: $action of $sid',
    async permission => {
      const [life] = await needing(permission)
      if (life === undefined) throw new Error(noNeed)
      const acts = await play(life, { policyOf: name => without(permission, name), post: false })
      expect(endsOf(acts)).toEqual(endsOf(await played(life)))
      expect(acts.some(({ seen }) => seen.includes(permission.action))).toBe(true)
    },
    60_000,
  )
})

/** How the first life ends that ends otherwise without it. */
async function failureWithout(permission: Permission): Promise<Played> {
  for (const life of await needing(permission)) {
    const acts = await play(life, { policyOf: name => without(permission, name), post: false })
    const last = acts.at(-1)
    if (last !== undefined && `${endsOf(acts)}` !== `${endsOf(await played(life))}`) return last
  }
  throw new Error(noNeed)
}

const noNeed = 'no life needs it: the policy grants too much, or a life is missing'

/** The lives with a call that nothing else in the policy allows: first those that end well, and of these the shortest. */
async function needing(permission: Permission): Promise<readonly Life[]> {
  const full = readPolicy(whole(permission.role))
  const less = readPolicy(without(permission, permission.role))
  const isNeeded = (need: Need) => full.rule(need) === 'allowed' && less.rule(need) !== 'allowed'
  const found: { readonly life: Life; readonly cost: number }[] = []
  for (const life of lives.filter(({ acts }) => acts.some(({ step }) => step.role === permission.role))) {
    const acts = await played(life)
    const needs = acts.some(({ role, needed }) => role === permission.role && needed.some(isNeeded))
    if (needs) found.push({ life, cost: costOf(acts) })
  }
  return found.toSorted((a, b) => a.cost - b.cost).map(({ life }) => life)
}

function costOf(acts: readonly Played[]): number {
  const calls = acts.reduce((sum, act) => sum + act.calls, 0)
  return acts.at(-1)?.conclusion === 'success' ? calls : calls + 1_000_000
}

function endsOf(acts: readonly Played[]): readonly string[] {
  return acts.map(({ result, conclusion }) => `${result}, ${conclusion}`)
}

describe('a role can change nothing but what it is for', () => {
  /** All that any role may do to a resource, and what would be worse. */
  const changes = [
    ...new Set([
      ...permissions.map(({ action }) => action),
      ...['lambda:UpdateFunctionConfiguration', 'lambda:DeleteFunction', 'lambda:PutFunctionConcurrency'],
      ...['lambda:InvokeFunctionUrl', 'iam:PassRole', 's3:DeleteObject', 'ecr:PutImage', 'ecr:BatchDeleteImage'],
    ]),
  ].filter(action => !/:(Get|List|Describe|Filter)/.test(action))

  function changesOf(role: RoleName, resource: string): readonly string[] {
    const policy = readPolicy(whole(role))
    return changes.filter(action => policy.rule({ action, resource }) === 'allowed').toSorted()
  }

  const lambda = `arn:aws:lambda:${region}:${account}:function`

  test.each(roleNames)('%s: not another function, nor its own in another region or account', role => {
    const { functionName } = placeOf(role)
    const others = ['payments', `${functionName}-2`, functionName === 'orders' ? 'orders-preview' : 'orders']
    const elsewhere = [`us-east-1:${account}`, `${region}:444455556666`].map(
      place => `arn:aws:lambda:${place}:function:${functionName}`,
    )
    const arns = [...others.map(name => `${lambda}:${name}`), ...elsewhere]
    const qualified = arns.flatMap(arn => [arn, `${arn}:7`, `${arn}:live`, `${arn}:pr-7`])
    expect(qualified.flatMap(arn => changesOf(role, arn).map(action => `${action} on ${arn}`))).toEqual([])
  })

  const alias = ['lambda:CreateAlias', 'lambda:DeleteAlias', 'lambda:UpdateAlias']
  const release = ['lambda:PublishVersion', 'lambda:UpdateFunctionCode']
  const door = [
    ...['lambda:CreateFunctionUrlConfig', 'lambda:UpdateFunctionUrlConfig', 'lambda:DeleteFunctionUrlConfig'],
    ...['lambda:AddPermission', 'lambda:RemovePermission'],
  ]
  const shut = ['lambda:DeleteFunctionUrlConfig', 'lambda:RemovePermission']

  test.each<readonly [RoleName, string, readonly string[]]>([
    ['deploy-orders', 'orders', [...alias, ...release]],
    ['deploy-orders', 'orders:7', [...alias, 'lambda:DeleteFunction']],
    ['stage-orders', 'orders', ['lambda:CreateAlias', 'lambda:UpdateAlias', ...release]],
    ['stage-orders', 'orders:7', ['lambda:CreateAlias', 'lambda:UpdateAlias', 'lambda:InvokeFunction']],
    ['release-orders', 'orders', alias],
    ['promote-orders', 'orders', ['lambda:UpdateAlias']],
    ['rollback-orders', 'orders', ['lambda:UpdateAlias']],
    ['rollback-orders', 'orders:7', ['lambda:UpdateAlias']],
    ['long-orders', 'orders', [...alias, ...release]],
    ...shop.flatMap(
      name =>
        [
          ['monorepo-shop', name, [...alias, ...release]],
          ['monorepo-shop', `${name}:7`, alias],
        ] as const,
    ),
    ['start-orders', 'orders', [...alias, ...release]],
    ['finish-orders', 'orders', ['lambda:UpdateAlias']],
    ['drop-orders', 'orders', ['lambda:UpdateAlias']],
    ['preview-orders', 'orders-preview', [...alias, ...release, ...door]],
    ['preview-orders', 'orders-preview:7', [...alias, ...door, 'lambda:DeleteFunction']],
    ['sweep-orders', 'orders-preview', ['lambda:DeleteAlias', ...shut]],
    ['sweep-orders', 'orders-preview:7', ['lambda:DeleteAlias', ...shut, 'lambda:DeleteFunction']],
  ])('%s, to %s', (role, name, allowed) => {
    expect(changesOf(role, `${lambda}:${name}`)).toEqual(allowed.toSorted())
  })

  test('a watchdog is set for its own function alone, and its role handed to Scheduler and to nobody else', () => {
    const at = `arn:aws:scheduler:${region}:${account}:schedule`
    const named = (name: string, group = 'default') => changesOf('long-orders', `${at}/${group}/lambda-rollout-${name}`)
    const all = ['CreateSchedule', 'DeleteSchedule', 'UpdateSchedule'].map(action => `scheduler:${action}`)
    expect(named('orders-0123456789ab')).toEqual(all)
    expect([...named('payments-0123456789ab'), ...named('orders-0123456789ab', 'nightly')]).toEqual([])
    const policy = readPolicy(whole('long-orders'))
    const passed = (role: string, service: string) =>
      policy.rule({
        action: 'iam:PassRole',
        resource: `arn:aws:iam::${account}:role/${role}`,
        context: { 'iam:PassedToService': service },
      })
    expect(passed('watchdog-orders', 'scheduler.amazonaws.com')).toBe('allowed')
    expect(passed('watchdog-orders', 'lambda.amazonaws.com')).toBe('not allowed')
    expect(passed('admin', 'scheduler.amazonaws.com')).toBe('not allowed')
  })

  test('builds go to and come from their own places', () => {
    const s3 = (path: string) => changesOf('s3-orders', `arn:aws:s3:::${path}`)
    expect(s3('my-builds/orders/app.zip')).toEqual(['s3:PutObject'])
    expect([...s3('my-builds/payments/app.zip'), ...s3('others/orders/app.zip'), ...s3('my-builds')]).toEqual([])
    const ecr = (name: string) => changesOf('image-orders', `arn:aws:ecr:${region}:${account}:repository/${name}`)
    expect(ecr('orders')).toEqual(['ecr:PutImage'])
    expect(ecr('payments')).toEqual([])
  })
})
