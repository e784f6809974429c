import { describe, expect, test } from 'vitest'
import { failed, killed, succeeded } from './ends.ts'
import { createAlias, createFunction, recordOf } from './holdings.ts'
import { minute, newStage, type Stage } from './stage.ts'

const production = { environment: 'production' }
const atOnce = { ...production, strategy: 'all-at-once' }
const baking = { ...production, 'bake-time': '2m', 'poll-interval': '1m' }

test('a deployment ends those before it of the same alias, and leaves the one that GitHub made for the job', async () => {
  const stage = await newStage()
  await jobDeployment(stage)
  const first = await stage.deploy(atOnce)
  expect(first.end).toEqual(succeeded('promoted', '2'))
  stage.build(`export const handler = async () => 'version 3'\n`)
  const { end } = await stage.deploy(atOnce, { id: '9876543211' })
  expect(end).toEqual(succeeded('promoted', '3'))
  expect(recordOf(stage)).toEqual([['success'], ['in_progress', 'success', 'inactive'], ['in_progress', 'success']])
  expect(stage.github.deployments().at(-1)).toMatchObject({
    sha: 'abc1234def5678abc1234def5678abc1234def56',
    environment: 'production',
    production: true,
    transient: false,
    statuses: [
      { logUrl: expect.stringContaining('/actions/runs/9876543211/') },
      { description: expect.stringContaining('orders:live serves version 3') },
    ],
  })
})

test('a roll-back is a failure, told in as many characters as GitHub takes, and ends no deployment before it', async () => {
  const stage = await newStage()
  await stage.deploy(atOnce)
  const alarm = `orders-errors-${'of-the-checkout-'.repeat(8)}`
  await stage.aws.alarm(alarm)
  stage.at({ after: 'UpdateAlias' }, () => stage.aws.set(alarm, 'ALARM', '7 errors'))
  stage.build(`export const handler = async () => 'version 3'\n`)
  const { end, main } = await stage.deploy({ ...baking, alarms: alarm }, { id: '9876543211' })
  expect(end).toEqual(failed('rolled-back', '2'))
  expect(recordOf(stage)).toEqual([
    ['in_progress', 'success'],
    ['in_progress', 'failure'],
  ])
  const told = stage.github.deployments().at(-1)?.statuses.at(-1)?.description ?? ''
  expect(told).toMatch(/^version 3 was rolled back and orders:live serves version 2 alone: .*…$/)
  expect([main.outputs.reason?.startsWith(told.slice(0, -1)), told.length <= 140]).toEqual([true, true])
})

test('a canary that waits is in progress until a promotion succeeds in its place', async () => {
  const stage = await newStage()
  await stage.run({ ...production, strategy: '10% for 1m, pause', 'poll-interval': '1m' })
  expect(recordOf(stage)).toEqual([['in_progress', 'in_progress']])
  expect(stage.github.deployments()[0]?.statuses.at(-1)?.description).toMatch(/^waits for `promote` or `rollback`/)
  stage.pass(60 * minute)
  const { end } = await stage.run({ ...production, command: 'promote' })
  expect(end).toEqual(succeeded('promoted', '2'))
  expect(recordOf(stage)).toEqual([
    ['in_progress', 'in_progress', 'inactive'],
    ['in_progress', 'success'],
  ])
})

test('the deployment of a killed run is told as a failure by its post step', async () => {
  const stage = await newStage()
  stage.kill({ before: 'GetAlias', from: minute })
  const { end } = await stage.deploy(baking)
  expect(end).toEqual(killed('1', { annotations: ['warning rolled-back'], calls: 6 }))
  expect(recordOf(stage)).toEqual([['in_progress', 'failure']])
  const told = stage.github.deployments()[0]?.statuses.at(-1)?.description
  expect(told).toContain('version 2 was rolled back')
})

// What is left needs no mending, and the post step takes that for a rollout that was not done.
describe('the post step of a run that was killed right after its last write', () => {
  test('tells a promotion, which stands, as a success', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias' })
    const { end } = await stage.deploy(atOnce)
    expect(end.live).toBe('2')
    expect(recordOf(stage)).toEqual([['in_progress', 'success']])
  })

  test('tells a canary that waits as in progress', async () => {
    const stage = await newStage()
    stage.kill({ after: 'UpdateAlias', nth: 2 })
    const { end } = await stage.deploy({ ...production, strategy: '20%, pause' })
    expect(end.live).toBe('1, and 2 at 20 %')
    expect(recordOf(stage)[0]?.at(-1)).toBe('in_progress')
  })
})

test('a job that may write no deployments rolls out all the same, with a warning', async () => {
  const stage = await newStage()
  const { end, main } = await stage.deploy(atOnce, { permissions: { 'pull-requests': 'write' } })
  expect(end).toEqual(succeeded('promoted', '2'))
  expect(main.log.match(/Warning: .*/g)).toEqual([expect.stringContaining('`deployments: write`')])
  expect(stage.github.deployments()).toEqual([])
})

test('a dry run is no deployment', async () => {
  const stage = await newStage()
  const { end } = await stage.deploy({ ...baking, 'dry-run': 'true' })
  expect(end).toEqual(succeeded('planned', '1'))
  expect(stage.github.requests).toEqual([])
})

test('functions of a matrix do not end each other’s deployments in the environment that they share', async () => {
  const stage = await newStage()
  await createFunction(stage, 'refunds', 1)
  await createAlias(stage, 'refunds', 'live', '1')
  await stage.deploy(atOnce)
  const { main } = await stage.deploy({ ...atOnce, 'function-name': 'refunds' })
  expect(main.outputs.result).toBe('promoted')
  expect(recordOf(stage)).toEqual([
    ['in_progress', 'success'],
    ['in_progress', 'success'],
  ])
})

/** What GitHub makes by itself for a job with an `environment`, as far as a token can make one like it. */
async function jobDeployment({ github }: Stage): Promise<void> {
  const headers = { authorization: `token ${github.token({ kind: 'personal' })}` }
  const deployments = `${github.endpoint}/repos/octo/orders/deployments`
  const post = async (url: string, body: object) => {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(response.status).toBe(201)
    return (await response.json()) as { readonly id: number }
  }
  const { id } = await post(deployments, { ref: 'main', environment: 'production', required_contexts: [] })
  await post(`${deployments}/${id}/statuses`, { state: 'success' })
}
