import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { markedSequence } from '../support/clock/marker.ts'
import { expectGolden, transcript } from '../support/transcript.ts'
import { failed, succeeded } from './ends.ts'
import { action, curtain, newStage, type Stage } from './stage.ts'

test('a canary that stays healthy is promoted', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  stage.aws.traffic(10)
  const { end } = await stage.deploy({ alarms: 'orders-errors' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('promoted')
})

const strategies: readonly (readonly [name: string, inputs: Record<string, string>])[] = [
  ['linear', { strategy: 'linear', 'canary-weight': '40', 'bake-time': '2m', 'poll-interval': '1m' }],
  ['all-at-once', { strategy: 'all-at-once' }],
  ['codedeploy', { strategy: 'CodeDeployDefault.LambdaCanary10Percent5Minutes', 'poll-interval': '2m' }],
  ['steps', { strategy: '0.5% for 90s, 50% for 1m', 'poll-interval': '1m' }],
  ['steps-watched', { strategy: '10% for 1m, 100% for 2m', 'poll-interval': '1m' }],
]

test.each(strategies)('every strategy ends with all traffic on the candidate: %s', async (name, inputs) => {
  const stage = await newStage()
  const { end } = await stage.deploy(inputs)
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory(`strategy-${name}`)
})

test('an alias that does not exist is created on the candidate', async () => {
  const stage = await newStage({ live: 'absent' })
  const { end } = await stage.deploy({ strategy: '10% for 5m, 100% for 1m', 'poll-interval': '30s' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('first-alias')
})

test('an alias at $LATEST takes no canary', async () => {
  const stage = await newStage({ live: { version: '$LATEST' } })
  const { end } = await stage.deploy()
  expect(end).toEqual(failed('refused', '$LATEST'))
  await stage.expectStory('latest-refused')
})

test('an alias at $LATEST is moved to the candidate all at once', async () => {
  const stage = await newStage({ live: { version: '$LATEST' } })
  const { end } = await stage.deploy({ strategy: 'all-at-once' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('latest-promoted')
})

test('what the alias serves already is not published again', async () => {
  const stage = await newStage()
  await stage.deploy({ strategy: 'all-at-once' })
  const { end, requests } = await stage.deploy({}, { id: '9876543211' })
  expect(end).toEqual(succeeded('unchanged', '2'))
  expect(requests.filter(isWrite)).toEqual([])
  await stage.expectStory('unchanged')
})

test('a version that exists is rolled out by its number', async () => {
  const stage = await newStage({ versions: 3, live: { version: '3' } })
  const { end } = await stage.deploy({ version: '2', 'bake-time': '1m', 'poll-interval': '1m' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('version-by-number')
})

test('the version of another alias is rolled out by the alias’s name', async () => {
  const stage = await newStage({ versions: 2 })
  await stage.aws.alias('staging', { version: '2' })
  const { end } = await stage.deploy({ version: 'staging', 'bake-time': '1m', 'poll-interval': '1m' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('version-by-alias')
})

test('a dry run tells the plan and makes only calls that read', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors')
  const { end, requests } = await stage.deploy({
    'dry-run': 'true',
    alarms: 'orders-errors',
    configuration: 'MemorySize: 512',
  })
  expect(end).toEqual(succeeded('planned', '1'))
  expect(requests.filter(isWrite)).toEqual([])
  await stage.expectStory('dry-run')
})

test('weights that AWS injects while provisioned concurrency moves are waited out', async () => {
  const stage = await newStage({ settle: { provisioned: 40_000 } })
  await stage.aws.provision(5)
  const { end } = await stage.deploy({ 'bake-time': '1m', 'poll-interval': '30s' })
  expect(end).toEqual(succeeded('promoted', '2'))
  await stage.expectStory('provisioned-concurrency')
})

test('it works in a plain shell, where there is nothing of GitHub', async () => {
  const stage = await newStage()
  const { exitCode, timeline } = await runBare(stage, {
    'function-name': 'orders',
    artifact: 'dist/',
    strategy: 'all-at-once',
  })
  expect(exitCode).toBe(0)
  expect(timeline).toContain('::set-output name=result::promoted')
  expect(await stage.aws.live()).toBe('2')
  const requests = stage.sandbox.requests.filter(({ sequence }) => sequence !== undefined)
  await expectGolden('plain-shell', transcript({ log: timeline, requests, outputs: {}, origin: curtain }))
})

/** Runs the bundle with its inputs, credentials and clock, and nothing else in its environment. */
async function runBare(stage: Stage, inputs: Readonly<Record<string, string>>) {
  stage.raise()
  const preload = new URL('../support/clock/preload.ts', import.meta.url).href
  const named = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const child = spawn(process.execPath, ['--import', preload, join(action, 'dist', 'index.js')], {
    cwd: stage.workspace,
    env: { ...stage.env, CLOCK_SPEC: JSON.stringify(stage.clock), ...Object.fromEntries(named) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [lines, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  const timeline = lines.split('\n').map(line => markedSequence(line) ?? line)
  return { exitCode, timeline }
}

function isWrite({ operation }: { readonly operation: string }): boolean {
  return !/^(Get|List|Describe)/.test(operation)
}
