import { GetAliasCommand, GetFunctionCommand } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { failed, killed, succeeded } from './ends.ts'
import { minute, newStage, type Stage } from './stage.ts'

const hour = 60 * minute
const pausing = { strategy: '10% for 10m, pause', 'poll-interval': '5m' }
const promote = { command: 'promote', 'poll-interval': '5m' }

test('a canary that waits for an approval is promoted an hour later, by the run that left it', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.aws.traffic(2)
  const paused = await stage.run({ ...pausing, alarms: 'orders-errors' })
  expect(paused.end).toEqual(succeeded('paused', '1, and 2 at 10 %'))
  stage.pass(hour)
  const { end, main } = await stage.run({ ...promote, alarms: 'orders-errors' })
  expect(end).toEqual(succeeded('promoted', '2'))
  expect(main.outputs).toMatchObject({ version: '2', 'previous-version': '1' })
  await stage.expectStory('approval-given')
})

test('a canary that waits is nobody else’s, and the post step of a killed run leaves it in place', async () => {
  const stage = await newStage()
  stage.kill({ after: 'UpdateAlias', nth: 2 })
  const paused = await stage.run(pausing)
  expect(paused.end).toEqual(killed('1, and 2 at 10 %', { annotations: [], calls: 1 }))
  expect(await journalOf(stage)).toContain('candidate 2 paused since 2026-11-23T10:10Z')
  stage.pass(hour)
  stage.build(`export const handler = async () => 'version 3'\n`)
  const newer = await stage.deploy({}, { id: '9876543211' })
  expect(newer.end).toEqual(failed('refused', '1, and 2 at 10 %'))
  expect(newer.main.outputs.reason).toMatch(/paused .* `command: promote` or away with `command: rollback`/)
  const other = await stage.run(promote, { id: '9876543212' })
  expect(other.end).toEqual(failed('refused', '1, and 2 at 10 %'))
  expect(other.main.outputs.reason).toContain('`version: 2`')
  const { end } = await stage.run({ ...promote, version: '2' }, { id: '9876543213' })
  expect(end).toEqual(succeeded('promoted', '2'))
})

test('a canary whose alarm fired while it waited is rolled back, after which a rejection changes nothing', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  const { main } = await stage.run({ ...pausing, alarms: 'orders-errors' })
  stage.pass(20 * minute)
  await stage.aws.set('orders-errors', 'ALARM', '7 errors')
  stage.pass(40 * minute)
  const { end } = await stage.run({ ...promote, alarms: 'orders-errors' })
  expect(end).toEqual(failed('rolled-back', '1'))
  const rejected = await stage.run({ command: 'rollback', version: main.outputs['previous-version'] ?? '' })
  expect(rejected.end).toEqual(succeeded('unchanged', '1'))
})

test('a canary whose approval is rejected is dropped', async () => {
  const stage = await newStage()
  const { main } = await stage.run(pausing)
  stage.pass(hour)
  const { end } = await stage.run({ command: 'rollback', version: main.outputs['previous-version'] ?? '' })
  expect(end).toEqual(succeeded('rolled-back', '1'))
  await stage.expectStory('approval-rejected')
})

test('a share of the traffic can be left with a version for as long as a person wants', async () => {
  const stage = await newStage()
  const { end, requests } = await stage.run({ strategy: '20%, pause' })
  expect(end).toEqual(succeeded('paused', '1, and 2 at 20 %'))
  expect(requests.filter(({ operation }) => operation === 'UpdateAlias').length).toBeLessThanOrEqual(2)
  expect(await journalOf(stage)).toContain('candidate 2 paused')
})

test('a promotion that is killed on its way is made whole by its post step', async () => {
  const stage = await newStage()
  await stage.run(pausing)
  stage.pass(hour)
  stage.kill({ after: 'UpdateAlias' })
  const { end } = await stage.run({ ...promote, strategy: '50% for 10m' })
  expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 3 }))
})

describe('the very bytes that staging serves go live', () => {
  test('as the version of the alias, through an approval', async () => {
    const stage = await newStage()
    await stage.aws.alias('staging', { version: '1' })
    const staged = await stage.run({ alias: 'staging', strategy: 'all-at-once' })
    expect(staged.main.outputs).toMatchObject({ result: 'promoted', version: '2' })
    const canary = await stage.run({ ...pausing, version: 'staging' })
    expect(canary.end).toEqual(succeeded('paused', '1, and 2 at 10 %'))
    stage.pass(hour)
    const { end, main } = await stage.run(promote)
    expect(end).toEqual(succeeded('promoted', '2'))
    const sha256 = await codeOn(stage, 'live')
    expect(await codeOn(stage, 'staging')).toBe(sha256)
    expect([staged, canary, { main }].map(run => run.main.outputs['code-sha256'])).toEqual(Array(3).fill(sha256))
    await stage.expectStory('release')
  })

  test('by the number that the run on staging gave', async () => {
    const stage = await newStage()
    await stage.aws.alias('staging', { version: '1' })
    const staged = await stage.run({ alias: 'staging', strategy: 'all-at-once' })
    const { version = '' } = staged.main.outputs
    const { end, main } = await stage.run({ version, strategy: 'all-at-once' })
    expect(end).toEqual(succeeded('promoted', '2'))
    expect(main.outputs['code-sha256']).toBe(staged.main.outputs['code-sha256'])
    expect(await codeOn(stage, 'live')).toBe(await codeOn(stage, 'staging'))
  })
})

/** The hash of the code that an alias serves. */
async function codeOn({ aws: { lambda } }: Stage, alias: string): Promise<string | undefined> {
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'orders', Qualifier: alias }))
  return Configuration?.CodeSha256
}

async function journalOf({ aws: { lambda } }: Stage): Promise<string | undefined> {
  return (await lambda.send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }))).Description
}
