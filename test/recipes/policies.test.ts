import { describe, expect, test } from 'vitest'
import {
  placeholders,
  policyOf,
  type RoleName,
  roleNames,
  roles,
  statementsOf,
  trustOf,
  watchdogRoleNames,
  watchdogRoles,
  watchdogTrust,
} from '../../docs/policies.ts'
import { recipes } from '../../docs/recipes.ts'
import { type Job, recipeTexts, rolloutSteps, type Workflow } from './recipes.ts'

test.each(recipes())('the policies in $file are those of docs/policies.ts', ({ now, fresh }) => {
  expect(now).toBe(fresh)
})

test('every role is used by a step of the recipe that shows it', () => {
  const used = rolloutSteps().map(({ role, workflow }) => `${role} in ${workflow.recipe}`)
  expect(new Set(used)).toEqual(new Set(roleNames.map(name => `${name} in ${roles[name].recipe}`)))
})

/** Actions that IAM lets nobody narrow down, or whose narrowing would hide what has to be seen. */
const everywhere = [
  'cloudwatch:DescribeAlarmHistory',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'ecr:GetAuthorizationToken',
  'lambda:GetAccountSettings',
  'lambda:ListEventSourceMappings',
]

describe.each(roleNames)('the policy of %s', name => {
  const statements = statementsOf(name)
  const granted = statements.flatMap(({ actions, resources }) =>
    actions.flatMap(action => resources.map(resource => ({ action, resource }))),
  )

  test('grants on everything only what cannot be granted on less', () => {
    const wide = granted.filter(({ resource }) => resource === '*').map(({ action }) => action)
    expect(wide.filter(action => !everywhere.includes(action))).toEqual([])
    expect(granted.filter(({ action }) => action.includes('*'))).toEqual([])
  })

  test('grants nothing twice, so that taking an action away takes it away', () => {
    const pairs = granted.map(({ action, resource }) => `${action} on ${resource}`)
    expect(pairs).toEqual([...new Set(pairs)])
  })

  test('lets nobody delete the function itself', () => {
    const deletes = granted.filter(({ action }) => action === 'lambda:DeleteFunction')
    expect(deletes.filter(({ resource }) => !resource.endsWith(':*'))).toEqual([])
  })

  test('is one that IAM takes', () => {
    const sids = statements.map(({ sid }) => sid)
    expect(sids).toEqual([...new Set(sids)])
    expect(sids.filter(sid => !/^[A-Za-z0-9]+$/.test(sid))).toEqual([])
    expect(JSON.stringify(policyOf(name)).length).toBeLessThan(6144)
  })

  test('is for the functions that its steps name', () => {
    const functions = rolloutSteps()
      .filter(({ role }) => role === name)
      .flatMap(step => step.with['function-name']?.trim().split('\n') ?? [])
      .map(line => line.replace(/: .*/, '').replace(/\$\{\{.+?\}\}/, 'orders'))
    const named = granted.flatMap(({ resource }) => /:function:([^:]+)/.exec(resource)?.[1] ?? [])
    expect(new Set(named)).toEqual(new Set(functions))
  })

  test('is trusted to the jobs that use it, and to no others', () => {
    const jobs = rolloutSteps().filter(({ role }) => role === name)
    const subjects = jobs.map(({ workflow, job }) => subjectOf(workflow, workflow.jobs[job]))
    expect(new Set(subjects)).toEqual(new Set([roles[name].subject]))
  })
})

/** What GitHub says of a job in its token, after the repository. */
function subjectOf({ on }: Workflow, job: Job | undefined): string {
  const { environment } = job ?? {}
  if (environment !== undefined) return `environment:${environment}`
  if ('pull_request' in on) return 'pull_request'
  const push = on.push as { tags?: readonly string[] } | undefined
  return push?.tags === undefined ? 'ref:refs/heads/main' : `ref:refs/tags/${push.tags.join()}`
}

const somebody = { owner: 'octo', ownerId: '42', name: 'shop', id: '4711', account: '111122223333' }

test('a trust policy names both forms of the subject, and nobody else', () => {
  expect(trustOf('promote-orders', somebody).Statement).toEqual([
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': [
            'repo:octo/shop:environment:production',
            'repo:octo@42/shop@4711:environment:production',
          ],
        },
      },
    },
  ])
})

describe.each(watchdogRoleNames)('the watchdog of %s', name => {
  const { recipe } = watchdogRoles[name]

  test('may update the alias of its function, and nothing else', () => {
    const at = { ...placeholders, region: 'eu-west-1', account: '111122223333' }
    const orders = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
    expect(policyOf(name, at).Statement).toMatchObject([
      { Action: ['lambda:UpdateAlias'], Resource: [orders, `${orders}:*`] },
    ])
  })

  test('is what a step of its recipe names, whose own role may be passed to Scheduler with it', () => {
    const steps = rolloutSteps().filter(({ workflow }) => workflow.recipe === recipe)
    expect(steps.map(step => step.with['watchdog-role'])).toEqual([`arn:aws:iam::111122223333:role/${name}`])
    const passing = steps.flatMap(({ role }) =>
      policyOf(role, { ...placeholders, account: '111122223333' }).Statement.filter(({ Action }) =>
        Action.includes('iam:PassRole'),
      ),
    )
    expect(passing).toMatchObject([
      {
        Resource: [`arn:aws:iam::111122223333:role/${name}`],
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      },
    ])
  })

  test('is trusted to Scheduler, for the schedules of one account and region', () => {
    expect(watchdogTrust({ region: 'eu-west-1', account: '111122223333' }).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: {
            'aws:SourceAccount': '111122223333',
            'aws:SourceArn': 'arn:aws:scheduler:eu-west-1:111122223333:schedule-group/default',
          },
        },
      },
    ])
  })
})

test('tags are trusted by their pattern, the audience by its name', () => {
  expect(trustOf('stage-orders', somebody).Statement[0]?.Condition).toEqual({
    StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
    StringLike: {
      'token.actions.githubusercontent.com:sub': [
        'repo:octo/shop:ref:refs/tags/v*',
        'repo:octo@42/shop@4711:ref:refs/tags/v*',
      ],
    },
  })
})

test('what a deployment may do is not what a rollback may, nor what a preview may on production', () => {
  const actions = (name: RoleName) => statementsOf(name).flatMap(statement => statement.actions)
  expect(actions('rollback-orders').filter(action => !/:(Get|List)/.test(action))).toEqual(['lambda:UpdateAlias'])
  expect(actions('release-orders')).not.toContain('lambda:UpdateFunctionCode')
  expect(actions('promote-orders')).not.toContain('lambda:PublishVersion')
  expect(JSON.stringify(policyOf('preview-orders'))).not.toMatch(/function:orders["':]/)
})

test('a policy is written for the place that is asked for', () => {
  const place = { ...placeholders, region: 'eu-west-1', account: '111122223333', functionName: 'shop' }
  expect(policyOf('rollback-orders', place).Statement[0]?.Resource).toEqual([
    'arn:aws:lambda:eu-west-1:111122223333:function:shop',
    'arn:aws:lambda:eu-west-1:111122223333:function:shop:*',
  ])
})

describe('every recipe', () => {
  const texts = [...recipeTexts()].map(([name, text]) => ({ name, text }))
  const index = recipeTexts().get('README') ?? ''

  test.each(texts.filter(({ name }) => name !== 'README'))('$name is in the index', ({ name }) => {
    expect(index).toContain(`[${name}.md](${name}.md)`)
  })

  test.each(texts.filter(({ name }) => name !== 'README' && name !== 'ownership'))(
    '$name says what happens, which role it needs and what is left to do by hand',
    ({ text }) => {
      const headings = [...text.matchAll(/^##? (.+)$/gm)].map(([, heading = '']) => heading)
      expect(headings).toEqual(expect.arrayContaining(['What happens', 'To set up by hand']))
      expect(headings.filter(heading => /^The roles?$/.test(heading))).toHaveLength(1)
    },
  )
})
