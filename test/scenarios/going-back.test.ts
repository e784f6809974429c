import { DeleteFunctionCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { zipOf } from '../sandbox/rig.ts'
import { failed, succeeded } from './ends.ts'
import { recordOf } from './holdings.ts'
import { curtain, minute, newStage } from './stage.ts'

const rollback = { command: 'rollback' }
const deploying = { 'bake-time': '2m', 'poll-interval': '1m' }
const served = 'octo/orders@0123abc run 9876543000.1'

test('in an incident the alias goes back to what it served before, not to the number before, and only once', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.at({ after: 'UpdateAlias' }, () => stage.aws.set('orders-errors', 'ALARM', '7 errors'))
  const broken = await stage.deploy({ ...deploying, alarms: 'orders-errors' })
  expect(broken.end).toEqual(failed('rolled-back', '1'))
  stage.build(`export const handler = async () => 'version 3'\n`)
  const mended = await stage.deploy({ strategy: 'all-at-once' }, { id: '9876543211' })
  expect(mended.end).toEqual(succeeded('promoted', '3'))
  const { end, main } = await stage.run(rollback, { id: '9876543212' })
  expect(end).toEqual(succeeded('rolled-back', '1'))
  expect(main.outputs).toMatchObject({ version: '1', 'previous-version': '3' })
  const again = await stage.run(rollback, { id: '9876543213' })
  expect(again.end).toEqual(failed('refused', '1'))
  await stage.expectStory('rollback-incident')
})

test('a deploy that is under way stands aside, even if it was just about to promote', async () => {
  const stage = await newStage()
  stage.at({ before: 'UpdateAlias', nth: 2 }, async () => {
    const { end } = await stage.run(rollback, { id: '9876543211' })
    expect(end).toEqual(succeeded('rolled-back', '1'))
  })
  const { end } = await stage.deploy(deploying)
  expect(end).toEqual(failed('stood-aside', '1'))
  await stage.expectStory('rollback-while-deploying')
})

test('a canary of whomever is dropped, and no more than that, which GitHub is told as a success', async () => {
  const stage = await newStage({ versions: 3, live: { version: '2', canary: ['3', 0.1], description: 'by hand' } })
  const { end, main } = await stage.run({ ...rollback, version: '1', environment: 'production' })
  expect(end).toEqual(succeeded('rolled-back', '2'))
  expect(main.log).toContain('run it once more to go back to version 1')
  expect(recordOf(stage, 'production')).toEqual([['in_progress', 'success']])
})

test('nothing but the alias is needed: not a function that works, nor its newest version', async () => {
  const description = `lambda-rollout 3 after 1; ${served}`
  const stage = await newStage({ versions: 4, live: { version: '3', description } })
  const orders = { FunctionName: 'orders' }
  stage.sandbox.failNext('update', 'orders', { code: 'InvalidImage', reason: 'broken' })
  await stage.aws.lambda.send(new UpdateFunctionCodeCommand({ ...orders, ZipFile: zipOf('not a module') }))
  await stage.aws.lambda.send(new DeleteFunctionCommand({ ...orders, Qualifier: '4' }))
  const { end, requests } = await stage.run(rollback)
  expect(end).toEqual(succeeded('rolled-back', '1'))
  expect(requests.map(({ operation }) => operation)).toEqual(['GetAlias', 'UpdateAlias', 'GetAlias'])
})

test('where the journal is out of date it refuses, lists the versions, and takes the one that is named', async () => {
  const description = `lambda-rollout 2 after 1; ${served}`
  const stage = await newStage({ versions: 3, live: { version: '3', description } })
  const { end, main } = await stage.run(rollback, { id: '9876543209' })
  expect(end).toEqual(failed('refused', '3'))
  expect(main.outputs.reason).toMatch(/versions of orders are 3, 2, 1/)
  const gone = await stage.run({ ...rollback, version: '9' })
  expect(gone.end).toEqual(failed('refused', '3'))
  expect(gone.main.outputs.reason).toMatch(/version 3.*versions of orders are 3, 2, 1/)
  const named = await stage.run({ ...rollback, version: '1' }, { id: '9876543211' })
  expect(named.end).toEqual(succeeded('rolled-back', '1'))
  await stage.expectStory('rollback-stale-journal')
})

describe('where it may not write', () => {
  test('a whole alias is left as it is', async () => {
    const description = `lambda-rollout 2 after 1; ${served}`
    const stage = await newStage({ versions: 2, live: { version: '2', description } })
    stage.weather.deny('UpdateAlias')
    const { end, main } = await stage.run(rollback)
    expect(end).toEqual(failed('refused', '2'))
    expect(main.outputs.reason).toContain('lambda:UpdateAlias')
  })

  test('a canary that stays is told with the command that takes it away', async () => {
    const stage = await newStage({ versions: 2, live: { canary: ['2', 0.1] } })
    stage.weather.deny('UpdateAlias')
    const { end, main } = await stage.run(rollback)
    expect(end).toEqual(failed('part-way', '1, and 2 at 10 %'))
    expect(main.outputs.reason).toMatch(/lambda:UpdateAlias.*aws lambda update-alias .* --function-version 1 /)
  })
})

const throttled = { fault: { kind: 'throttle' }, on: { until: curtain + minute } } as const

test('a write that AWS throttles is tried until it is taken', async () => {
  const description = `lambda-rollout 2 after 1; ${served}`
  const stage = await newStage({ versions: 2, live: { version: '2', description } })
  stage.sandbox.faults.add({ match: { operation: 'UpdateAlias' }, ...throttled })
  const { end } = await stage.run(rollback)
  expect(end).toEqual(succeeded('rolled-back', '1'))
})

// The first read is given up after 18 s, whereas the write and what follows is tried for ten minutes.
test('a read that AWS throttles is tried until it is answered', async () => {
  const description = `lambda-rollout 2 after 1; ${served}`
  const stage = await newStage({ versions: 2, live: { version: '2', description } })
  stage.sandbox.faults.add({ match: { operation: 'GetAlias' }, ...throttled })
  const { end } = await stage.run(rollback)
  expect(end).toEqual(succeeded('rolled-back', '1'))
})
