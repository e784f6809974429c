import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { expect, test } from 'vitest'
import { failed, succeeded } from './ends.ts'
import { aliasesOf, createAlias, createFunction, publish, versionsOf } from './holdings.ts'
import { newStage, type Stage } from './stage.ts'

const prune = { command: 'prune' }
const by = 'octo/orders@0123abc run 9876543000.1'

test('of sixty versions those stay that something holds on to, and the newest ten', async () => {
  const stage = await newStage({ orders: 'absent' })
  await createFunction(stage, 'orders', 57)
  await publish(stage, 'orders', 58, 'preview octo/orders#7: 0123abc')
  await publish(stage, 'orders', 59)
  await publish(stage, 'orders', 60, 'preview octo/orders#8: 0123abc')
  await createAlias(stage, 'orders', 'demo', '3', 'shown to customers')
  await createAlias(stage, 'orders', 'live', '55', `lambda-rollout 55 after 40; candidate 57 paused since now; ${by}`)
  await createAlias(stage, 'orders', 'staging', '57', `lambda-rollout 57 after 52; ${by}`)
  await createAlias(stage, 'orders', 'pr-7', '58', `lambda-rollout 58; ${by}`)
  await createAlias(stage, 'orders', 'pr-8', '60', `lambda-rollout 60; ${by}`)
  await pin(stage)
  stage.pullRequest(7, 'opened')
  stage.pullRequest(7, 'closed', { merged: true })
  stage.pullRequest(8, 'opened')
  const { end } = await stage.run(prune)
  expect(end).toEqual(succeeded('pruned', '55, and 57 at 10 %'))
  const newest = ['49', '50', '51', '52', '53', '54', '55', '56', '57', '59', '60']
  expect(await versionsOf(stage, 'orders')).toEqual(['3', '5', '6', '7', '40', ...newest])
  expect(await aliasesOf(stage, 'orders')).toEqual({ demo: '3', live: '55', staging: '57', 'pr-8': '60' })
  await stage.expectStory('prune-sixty')
})

test('a dry run says what would go, and makes only calls that read', async () => {
  const stage = await newStage({ versions: 4, live: { version: '4' } })
  const { end, main, requests } = await stage.run({ ...prune, 'keep-versions': '2', 'dry-run': 'true' })
  expect(end).toEqual(succeeded('planned', '4'))
  expect(main.outputs.reason).toContain('2 versions of orders would be deleted')
  expect(requests.filter(({ operation }) => !/^(Get|List)/.test(operation))).toEqual([])
})

test('where GitHub may not be asked previews are left, with a warning, and other versions go all the same', async () => {
  const stage = await newStage({ versions: 3, live: { version: '3' } })
  await publish(stage, 'orders', 4, 'preview octo/orders#7: 0123abc')
  await createAlias(stage, 'orders', 'pr-7', '4', `lambda-rollout 4; ${by}`)
  stage.pullRequest(7, 'opened')
  stage.pullRequest(7, 'closed')
  const { end, main } = await stage.run({ ...prune, 'keep-versions': '1' }, { permissions: { deployments: 'write' } })
  expect(end).toEqual(succeeded('pruned', '3'))
  expect(main.log).toMatch(/Warning: .*pr-7.*`pull-requests: read`/)
  expect(await versionsOf(stage, 'orders')).toEqual(['3', '4'])
  expect(await aliasesOf(stage, 'orders')).toEqual({ live: '3', 'pr-7': '4' })
})

test('a version of a durable function is never deleted', async () => {
  const stage = await newStage({
    versions: 3,
    live: { version: '3' },
    orders: { DurableConfig: { ExecutionTimeout: 3600 } },
  })
  const { end } = await stage.run({ ...prune, 'keep-versions': '1' })
  expect(end).toEqual(succeeded('pruned', '3'))
  expect(await versionsOf(stage, 'orders')).toEqual(['1', '2', '3'])
})

test('a promotion with `keep-versions` deletes what it leaves too many of, and one that is refused nothing', async () => {
  const stage = await newStage({ versions: 4, live: { version: '4' } })
  const inputs = { strategy: 'all-at-once', 'keep-versions': '1' }
  const refused = await stage.deploy({ ...inputs, alarms: 'no-such-alarm' })
  expect(refused.end).toEqual(failed('refused', '4'))
  expect(await versionsOf(stage, 'orders')).toEqual(['1', '2', '3', '4'])
  const { end } = await stage.deploy(inputs, { id: '9876543211' })
  expect(end).toEqual(succeeded('promoted', '5'))
  expect(await versionsOf(stage, 'orders')).toEqual(['4', '5'])
})

/** Gives versions what holds on to them besides aliases, and `live` its canary. */
async function pin({ aws: { lambda } }: Stage): Promise<void> {
  const orders = { FunctionName: 'orders' }
  const who = { StatementId: 'partner', Action: 'lambda:InvokeFunction', Principal: '444455556666' }
  await lambda.send(new AddPermissionCommand({ ...orders, Qualifier: '5', ...who }))
  const concurrency = { Qualifier: '6', ProvisionedConcurrentExecutions: 1 }
  await lambda.send(new PutProvisionedConcurrencyConfigCommand({ ...orders, ...concurrency }))
  const queue = 'arn:aws:sqs:eu-west-1:111122223333:refunds'
  await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: 'orders:7', EventSourceArn: queue }))
  const RoutingConfig = { AdditionalVersionWeights: { 57: 0.1 } }
  await lambda.send(new UpdateAliasCommand({ ...orders, Name: 'live', RoutingConfig }))
}
