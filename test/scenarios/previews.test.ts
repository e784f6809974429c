import { setTimeout as sleep } from 'node:timers/promises'
import { AddPermissionCommand } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { failed, succeeded } from './ends.ts'
import {
  aliasesOf,
  createAlias,
  createFunction,
  doorOf,
  noDoor,
  publish,
  recordOf,
  variablesOf,
  versionsOf,
} from './holdings.ts'
import { newStage, type Stage } from './stage.ts'

const preview = { 'function-name': 'orders-preview', command: 'preview' }
const open = { ...preview, 'function-url-auth': 'NONE' }
const varied = { ...open, configuration: 'Environment: { Variables: { PULL: "7" } }' }
const both = ['lambda-rollout-url', 'lambda-rollout-invoke']

/** A function for previews, of which nothing is published yet. */
async function previewStage(): Promise<Stage> {
  const stage = await newStage({ orders: 'absent' })
  await createFunction(stage, 'orders-preview', 0, { Environment: { Variables: { STAGE: 'preview' } } })
  return stage
}

test('a pull request has a preview from its opening to its closing', async () => {
  const stage = await previewStage()
  const inputs = varied
  const opened = await stage.run(inputs, stage.pullRequest(7, 'opened'))
  expect(opened.end).toEqual(succeeded('previewed', 'nothing'))
  const door = await doorOf(stage, 'orders-preview', 'pr-7')
  expect(door).toEqual({ url: opened.main.outputs['function-url'], auth: 'NONE', statements: both })
  expect(await variablesOf(stage, 'orders-preview', '1')).toEqual({ STAGE: 'preview', PULL: '7' })
  expect(await variablesOf(stage, 'orders-preview')).toEqual({ STAGE: 'preview' })
  expect(stage.github.comments(7)).toMatchObject([{ body: expect.stringContaining(door.url ?? '-') }])

  stage.build(`export const handler = async () => 'pushed'\n`)
  const pushed = await stage.run(inputs, { id: '9876543211', ...stage.pullRequest(7, 'synchronize') })
  expect(pushed.end).toEqual(succeeded('previewed', 'nothing'))
  expect(await aliasesOf(stage, 'orders-preview')).toEqual({ 'pr-7': '2' })
  expect(await doorOf(stage, 'orders-preview', 'pr-7')).toEqual(door)

  const unchanged = await stage.run(inputs, { id: '9876543212', ...stage.pullRequest(7, 'synchronize') })
  expect(unchanged.end).toEqual(succeeded('previewed', 'nothing'))
  expect(await versionsOf(stage, 'orders-preview')).toEqual(['1', '2'])
  expect(stage.github.comments(7)).toHaveLength(1)
  expect(recordOf(stage)).toEqual([
    ['in_progress', 'success', 'inactive'],
    ['in_progress', 'success', 'inactive'],
    ['in_progress', 'success'],
  ])

  const closed = await stage.run(preview, { id: '9876543213', ...stage.pullRequest(7, 'closed', { merged: true }) })
  expect(closed.end).toEqual(succeeded('removed', 'nothing'))
  const again = await stage.run(preview, { id: '9876543214', ...stage.pullRequest(7, 'closed', { merged: true }) })
  expect(again.end).toEqual(succeeded('removed', 'nothing'))
  expect([await aliasesOf(stage, 'orders-preview'), await versionsOf(stage, 'orders-preview')]).toEqual([{}, []])
  expect(await doorOf(stage, 'orders-preview', 'pr-7')).toEqual(noDoor)
  expect(stage.github.comments(7)).toMatchObject([{ body: expect.stringContaining('removed') }])
  expect(recordOf(stage)).toEqual(Array(3).fill(['in_progress', 'success', 'inactive']))
  await stage.expectStory('preview-life')
})

test('a preview that is no longer for everybody is shut, and one that is reopened is there again', async () => {
  const stage = await previewStage()
  await stage.run(open, stage.pullRequest(7, 'opened'))
  const pushed = await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'synchronize') })
  expect(pushed.end).toEqual(succeeded('previewed', 'nothing'))
  const url = pushed.main.outputs['function-url']
  expect(await doorOf(stage, 'orders-preview', 'pr-7')).toEqual({ url, auth: 'AWS_IAM', statements: [] })
  await stage.run(preview, { id: '9876543212', ...stage.pullRequest(7, 'closed') })
  const reopened = await stage.run(preview, { id: '9876543213', ...stage.pullRequest(7, 'reopened') })
  expect(reopened.end).toEqual(succeeded('previewed', 'nothing'))
  const door = await doorOf(stage, 'orders-preview', 'pr-7')
  expect(door).toMatchObject({ auth: 'AWS_IAM', statements: [] })
  expect(stage.github.comments(7)).toMatchObject([{ body: expect.stringContaining(door.url ?? '-') }])
  expect(recordOf(stage).at(-1)).toEqual(['in_progress', 'success'])
})

describe('a preview is there all the same', () => {
  test('for a fork, whose token only reads: warnings say what GitHub was not told', async () => {
    const stage = await previewStage()
    const { end, main } = await stage.run(preview, stage.pullRequest(7, 'opened', { fork: true, login: 'hubot' }))
    expect(end).toEqual(succeeded('previewed', 'nothing'))
    expect(warningsOf(main.log)).toEqual([
      expect.stringMatching(/create the deployment .*`deployments: write`.*fork/),
      expect.stringMatching(/has no comment .*`pull-requests: write`.*fork/),
    ])
    const closed = await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'closed') })
    expect(closed.end).toEqual(succeeded('removed', 'nothing'))
    expect([await aliasesOf(stage, 'orders-preview'), await versionsOf(stage, 'orders-preview')]).toEqual([{}, []])
  })

  test('where its job may not comment', async () => {
    const stage = await previewStage()
    const by = { ...stage.pullRequest(7, 'opened'), permissions: { deployments: 'write' } as const }
    const { end, main } = await stage.run(preview, by)
    expect(end).toEqual(succeeded('previewed', 'nothing'))
    expect(warningsOf(main.log)).toEqual([expect.stringContaining('`pull-requests: write`')])
    expect(recordOf(stage)).toEqual([['in_progress', 'success']])
  })

  test('while GitHub is down', async () => {
    const stage = await previewStage()
    stage.github.faults.add({ fault: { kind: 'error', status: 502, message: 'Bad Gateway' } })
    const { end, main } = await stage.run(preview, stage.pullRequest(7, 'opened'))
    expect(end).toEqual(succeeded('previewed', 'nothing'))
    expect(warningsOf(main.log)).toHaveLength(2)
    expect(await aliasesOf(stage, 'orders-preview')).toEqual({ 'pr-7': '1' })
  })

  test('while GitHub takes no more calls for half a minute, which is waited for', async () => {
    const stage = await previewStage()
    const rate = { kind: 'secondary-rate-limit', retryAfterS: 30 } as const
    stage.github.faults.add({ match: { operation: 'CreateComment' }, on: { times: 1 }, fault: rate })
    const { end, main } = await stage.run(preview, stage.pullRequest(7, 'opened'))
    expect(end).toEqual(succeeded('previewed', 'nothing'))
    expect(warningsOf(main.log)).toEqual([])
    expect(stage.github.comments(7)).toHaveLength(1)
  })
})

test('a comment that was deleted is written anew, and nobody else’s with our marker is touched', async () => {
  const stage = await previewStage()
  await stage.run(preview, stage.pullRequest(7, 'opened'))
  const [ours] = stage.github.comments(7)
  await deleteComment(stage, ours?.id ?? 0)
  const theirs = stage.github.comment(7, { login: 'octocat', body: ours?.body ?? '' })
  await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'synchronize') })
  expect(stage.github.comments(7)).toEqual([
    { id: theirs, login: 'octocat', body: ours?.body },
    { id: expect.any(Number), login: 'github-actions[bot]', body: expect.stringContaining('9876543211') },
  ])
})

describe('a preview is refused and touches nothing', () => {
  test('where others invoke the function without a qualifier', async () => {
    const stage = await previewStage()
    const rule = { SourceArn: 'arn:aws:events:eu-west-1:111122223333:rule/nightly' }
    const who = { StatementId: 'nightly', Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' }
    await stage.aws.lambda.send(new AddPermissionCommand({ FunctionName: 'orders-preview', ...who, ...rule }))
    const { end, main } = await stage.run(preview, stage.pullRequest(7, 'opened'))
    expect(end).toEqual(failed('refused', 'nothing'))
    expect(main.outputs.reason).toContain('rule/nightly')
    expect(main.outputs.reason).toContain('a function of their own')
    expect([await aliasesOf(stage, 'orders-preview'), await versionsOf(stage, 'orders-preview')]).toEqual([{}, []])
    expect(recordOf(stage)).toEqual([['in_progress', 'failure']])
  })

  test('where the workflow is about no pull request', async () => {
    const stage = await previewStage()
    const { end, main, requests } = await stage.run(preview)
    expect(end).toEqual(failed('refused', 'nothing'))
    expect(main.outputs.reason).toContain('`on: pull_request`')
    expect(requests).toEqual([])
  })
})

test('where public policies are blocked an open preview fails, says what to do, and is taken away again', async () => {
  const stage = await previewStage()
  stage.sandbox.blockPublicPolicies(true)
  const { end, main } = await stage.run(open, stage.pullRequest(7, 'opened'))
  expect(end).toEqual(failed('failed', 'nothing'))
  expect(main.outputs.reason).toMatch(/block public policies; set `function-url-auth: AWS_IAM`/)
  expect((await doorOf(stage, 'orders-preview', 'pr-7')).statements).toEqual([])
  expect(recordOf(stage)).toEqual([['in_progress', 'failure']])
  const closed = await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'closed') })
  expect(closed.end).toEqual(succeeded('removed', 'nothing'))
  expect(await doorOf(stage, 'orders-preview', 'pr-7')).toEqual(noDoor)
})

test.each([
  ['a person', 'kept for the demo'],
  ['another repository', 'lambda-rollout 1; octo/other@0123abc run 9876543000.1'],
])('an alias pr-7 of %s is left alone, by opening and by closing', async (_, description) => {
  const stage = await newStage({ orders: 'absent' })
  await createFunction(stage, 'orders-preview', 1)
  await createAlias(stage, 'orders-preview', 'pr-7', '1', description)
  const opened = await stage.run(preview, stage.pullRequest(7, 'opened'))
  const closed = await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'closed') })
  expect([opened.end, closed.end]).toEqual([failed('refused', 'nothing'), failed('refused', 'nothing')])
  expect(await aliasesOf(stage, 'orders-preview')).toEqual({ 'pr-7': '1' })
  expect(await versionsOf(stage, 'orders-preview')).toEqual(['1'])
  expect([...opened.requests, ...closed.requests].filter(isWriteToAws)).toEqual([])
})

test('a closing touches no other alias, and no version that is not its own or that something refers to', async () => {
  const stage = await newStage({ orders: 'absent' })
  await createFunction(stage, 'orders-preview', 1)
  const others = ['preview octo/orders#8: by hand', 'preview octo/other#7: by hand', 'preview octo/orders#7: pinned']
  for (const [i, description] of others.entries()) await publish(stage, 'orders-preview', i + 2, description)
  await createAlias(stage, 'orders-preview', 'live', '1')
  await createAlias(stage, 'orders-preview', 'demo', '4')
  await stage.run(preview, stage.pullRequest(7, 'opened'))
  expect(await aliasesOf(stage, 'orders-preview')).toEqual({ demo: '4', live: '1', 'pr-7': '5' })
  const closed = await stage.run(preview, { id: '9876543211', ...stage.pullRequest(7, 'closed') })
  expect(closed.end).toEqual(succeeded('removed', 'nothing'))
  expect(await aliasesOf(stage, 'orders-preview')).toEqual({ demo: '4', live: '1' })
  expect(await versionsOf(stage, 'orders-preview')).toEqual(['1', '2', '3', '4'])
})

test('two pull requests at once on one function each get their own code and configuration', async () => {
  const stage = await previewStage()
  const of = (pull: number) => ({ ...open, configuration: `Environment: { Variables: { PULL: "${pull}" } }` })
  const [seventh, eighth] = [stage.pullRequest(7, 'opened'), stage.pullRequest(8, 'opened')]
  stage.at({ before: 'PublishVersion' }, async () => {
    stage.build(`export const handler = async () => 'of pull request 8'\n`)
    const { end } = await stage.run(of(8), { id: '9876543211', ...eighth })
    expect(end).toEqual(succeeded('previewed', 'nothing'))
  })
  const { end, main } = await stage.run(of(7), seventh)
  expect(end).toEqual(succeeded('previewed', 'nothing'))
  const { 'pr-7': of7 = '', 'pr-8': of8 = '' } = await aliasesOf(stage, 'orders-preview')
  expect([of7, of8]).toEqual([main.outputs.version, '1'])
  expect(await variablesOf(stage, 'orders-preview', of7)).toEqual({ STAGE: 'preview', PULL: '7' })
  expect(await variablesOf(stage, 'orders-preview', of8)).toEqual({ STAGE: 'preview', PULL: '8' })
  expect(await variablesOf(stage, 'orders-preview')).toEqual({ STAGE: 'preview' })
  expect([stage.github.comments(7).length, stage.github.comments(8).length]).toEqual([1, 1])
})

type Write = readonly [operation: string, nth: number]

/** How an attempt is cut off at a write. */
const cuts = {
  killed: (stage: Stage, [operation, nth]: Write) => stage.kill({ after: operation, nth }),
  cancelled: (stage: Stage, [operation, nth]: Write) =>
    stage.at({ before: operation, nth }, async step => {
      step.cancel()
      await sleep(200)
    }),
}

/** The writes of an opening up to the alias, and those after it, which a cancel does not keep from being made. */
const before: readonly Write[] = [
  ['UpdateFunctionConfiguration', 1],
  ['UpdateFunctionCode', 1],
  ['PublishVersion', 1],
  ['UpdateFunctionConfiguration', 2],
]
const after: readonly Write[] = [
  ['CreateAlias', 1],
  ['CreateFunctionUrlConfig', 1],
  ['AddPermission', 1],
  ['CreateComment', 1],
]
const closing: readonly Write[] = [
  ['DeleteFunctionUrlConfig', 1],
  ['RemovePermission', 2],
  ['DeleteAlias', 1],
  ['DeleteFunction', 1],
]

test.each([
  ['killed', { writes: [...before, ...after], closings: closing, result: undefined }],
  // What stands between the writes of a closing is quick, so that a cancel is heeded before the versions alone.
  ['cancelled', { writes: before, closings: closing.slice(0, 1), result: 'failed' }],
] as const)(
  'a preview that is %s at one write after the other leaves its function as it was, and the next attempt goes well',
  { timeout: 60_000 },
  async (how, { writes, closings, result }) => {
    const stage = await previewStage()
    const pull = stage.pullRequest(7, 'opened')
    const endings: unknown[] = []
    for (const [i, write] of writes.entries()) {
      cuts[how](stage, write)
      const { end } = await stage.run(varied, { attempt: i + 1, ...pull })
      endings.push([...write, end.result, await variablesOf(stage, 'orders-preview')])
    }
    expect(endings).toEqual(writes.map(write => [...write, result, { STAGE: 'preview' }]))
    const { end } = await stage.run(varied, { attempt: writes.length + 1, ...pull })
    expect(end).toEqual(succeeded('previewed', 'nothing'))
    expect(await doorOf(stage, 'orders-preview', 'pr-7')).toMatchObject({ auth: 'NONE', statements: both })
    expect(stage.github.comments(7)).toHaveLength(1)
    expect(recordOf(stage).map(states => states.at(-1))).toEqual([...writes.map(() => 'failure'), 'success'])

    const closed = { id: '9876543220', ...stage.pullRequest(7, 'closed') }
    const results: unknown[] = []
    for (const [i, write] of closings.entries()) {
      cuts[how](stage, write)
      results.push((await stage.run(preview, { ...closed, attempt: i + 1 })).end.result)
    }
    expect(results).toEqual(closings.map(() => result))
    const last = await stage.run(preview, { ...closed, attempt: closings.length + 1 })
    expect(last.end).toEqual(succeeded('removed', 'nothing'))
    expect([await aliasesOf(stage, 'orders-preview'), await versionsOf(stage, 'orders-preview')]).toEqual([{}, []])
    expect(await doorOf(stage, 'orders-preview', 'pr-7')).toEqual(noDoor)
    expect(stage.github.comments(7)).toMatchObject([{ body: expect.stringContaining('removed') }])
    expect(recordOf(stage).map(states => states.at(-1))).not.toContain('success')
  },
)

function warningsOf(log: string): readonly string[] {
  return log.split('\n').filter(line => line.includes('  Warning: '))
}

function isWriteToAws({ service, operation }: { readonly service: string; readonly operation: string }): boolean {
  return service !== 'GitHub' && !/^(Get|List)/.test(operation)
}

/** What a maintainer does who tidies a conversation up. */
async function deleteComment({ github }: Stage, id: number): Promise<void> {
  const authorization = `token ${github.token({ kind: 'personal' })}`
  const url = `${github.endpoint}/repos/octo/orders/issues/comments/${id}`
  expect((await fetch(url, { method: 'DELETE', headers: { authorization } })).status).toBe(204)
}
