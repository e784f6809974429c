import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { zipOf } from '../sandbox/rig.ts'
import type { RequestRecord } from '../sandbox/sandbox.ts'
import { expectGolden } from '../support/transcript.ts'
import { codeOf } from './account.ts'
import { type Deployed, minute, newStage, type Stage } from './stage.ts'

const Role = 'arn:aws:iam::111122223333:role/orders'

/** Functions that each serve version 1 on `live`, and of which some versions fail a share of their invocations. */
async function fleet(
  stage: Stage,
  names: readonly string[],
  failing: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Promise<void> {
  const { lambda } = stage.aws
  const code = { Code: { ZipFile: zipOf(codeOf(1)) }, Role, Runtime: 'nodejs22.x', Handler: 'index.handler' } as const
  for (const name of names) await lambda.send(new CreateFunctionCommand({ FunctionName: name, ...code }))
  stage.pass(30_000)
  if (stage.clock === undefined) await new Promise(resolve => setTimeout(resolve, 4_000))
  for (const name of names) await lambda.send(new PublishVersionCommand({ FunctionName: name }))
  for (const name of names) {
    await lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }))
    const behaviour = (version: string) => ({ errorRate: failing[name]?.[version] ?? 0, durationMs: 50 })
    if (stage.clock !== undefined)
      stage.sandbox.traffic.add({ functionName: name, alias: 'live', perSecond: 2, behaviour })
  }
}

/** What `live` of each serves. */
async function serves(stage: Stage, names: readonly string[]): Promise<readonly string[]> {
  return await Promise.all(
    names.map(async name => {
      const alias = await stage.aws.lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }))
      const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {}).map(entry =>
        entry.join(' at '),
      )
      return [alias.FunctionVersion, ...weights].join(', ')
    }),
  )
}

/**
 * A story without what hangs on which of several functions AWS answers first: requests, seconds, counts, and the order of
 * what is told of each.
 */
function calm(story: string): string {
  const counts = /^.*(?:errors of|invocations|Invoke Error|line \[|x-axis|y-axis|×).*$/gm
  return story
    .replaceAll(/^ {4}\+.*\n/gm, '')
    .replaceAll(/\d\d:\d\d:\d\d(?:\.\d+)?Z|\d\d:\d\dZ/g, '<time>')
    .replaceAll(/\b\d+m(?:\d+s)?\b|\b\d+s\b/g, '<long>')
    .replaceAll(counts, line => line.replaceAll(/\d+(?:\.\d+)?/g, '#'))
    .replaceAll(/(?<=##\[group\].*\n)[\s\S]*?(?=##\[endgroup\])|(?:^\| <time> .*\n)+/gm, lines => {
      return lines
        .split(/(?<=\n)/)
        .toSorted()
        .join('')
    })
}

const outputOf = ({ main }: Deployed, name: string) => main.outputs[name]
const targetsOf = (run: Deployed) => JSON.parse(outputOf(run, 'targets') ?? '[]') as Record<string, string>[]
const shortly = { strategy: '10% for 3m', 'poll-interval': '1m' }

describe('several functions in one step', () => {
  const names = ['orders', 'billing', 'mail', 'search', 'users', 'stock', 'prices']

  test('roll out in two waves, and say in one place what became of each', async () => {
    const stage = await newStage({ orders: 'absent' })
    await fleet(stage, names)
    const run = await stage.deploy({ ...shortly, 'function-name': names.join('\n'), waves: '2, *' })
    expect(outputOf(run, 'result')).toBe('promoted')
    expect(await serves(stage, names)).toEqual(names.map(() => '2'))
    expect(targetsOf(run).map(target => [target['function-name'], target.result, target.version])).toEqual(
      names.map(name => [name, 'promoted', '2']),
    )
    expect([outputOf(run, 'version'), outputOf(run, 'previous-version')]).toEqual(['', ''])
    await expectGolden('fleet-waves', calm(stage.told))
  })

  test('all go back, those of the first wave too, where one of the second fails', async () => {
    const stage = await newStage({ orders: 'absent' })
    await fleet(stage, names, { stock: { '2': 0.9 } })
    const run = await stage.deploy({ ...shortly, 'function-name': names.join('\n'), waves: '2, *' })
    expect(outputOf(run, 'result')).toBe('rolled-back')
    expect(outputOf(run, 'reason')).toContain('stock:live: errors no worse than stable does not hold')
    expect(await serves(stage, names)).toEqual(names.map(() => '1'))
    await expectGolden('fleet-rolled-back', calm(stage.told))
  })

  test('killed in the middle of a shift, are made whole by the post step, however many they are', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `orders-of-a-long-name-${i}`)
    const stage = await newStage({ orders: 'absent' })
    await fleet(stage, many)
    stage.kill({ after: 'UpdateAlias', nth: 131 })
    const run = await stage.deploy({ ...shortly, 'function-name': many.join('\n') })
    // An environment variable, in which the runner hands it on, holds 128 KiB.
    expect(Math.max(...Object.values(run.main.state).map(value => value.length))).toBeLessThan(33_000)
    expect(await serves(stage, many)).toEqual(many.map(() => '1'))
    expect(run.post?.summary).toContain('Rolled back')
  })
})

test('a hundred functions shift within ten seconds, and leave others their share of the account', {
  timeout: 2 * minute,
}, async () => {
  const names = Array.from({ length: 100 }, (_, i) => `f${String(i + 1).padStart(3, '0')}`)
  const stage = await newStage({ orders: 'absent' })
  await fleet(stage, names)
  const run = await stage.deploy({ ...shortly, 'function-name': names.join('\n') })
  expect(outputOf(run, 'result')).toBe('promoted')
  expect(new Set(await serves(stage, names))).toEqual(new Set(['2']))

  const times = (operation: string) => run.requests.filter(call => call.operation === operation).map(({ at }) => at)
  const shifts = times('UpdateAlias')
  expect((shifts[99] ?? 0) - (shifts[0] ?? 0)).toBeLessThanOrEqual(10_000)

  // Of 15 calls a second that the control plane takes; GetFunction and Invoke have quotas of their own.
  const own = new Set(['GetFunction', 'Invoke'])
  const control = run.requests.filter(({ service, operation }) => service === 'lambda' && !own.has(operation))
  const busiest = Math.max(
    ...control.map(({ at }) => control.filter(other => other.at >= at && other.at < at + 1_000).length),
  )
  expect(busiest).toBeLessThanOrEqual(10)
  expect(busiest).toBeGreaterThan(5)

  const { log, summary } = run.main
  const looks = log.match(/; (next look in|promoting|shifting|done)/g)?.length ?? 0
  expect(times('GetMetricData').length).toBeLessThanOrEqual(looks + 1)

  // Both are read by people.
  expect(summary.length).toBeLessThan(100_000)
  const unfolded = log.replace(/##\[group\][\s\S]*?##\[endgroup\]\n/g, '')
  expect(log).toContain('##[group]Writes to the aliases')
  expect(unfolded.split('\n').filter(line => line !== '' && !line.startsWith('##[')).length).toBeLessThan(40)
})

describe('side by side, in real processes and real time', () => {
  const quick = { strategy: '50% for 2s', 'poll-interval': '500ms', checks: 'none' }

  test('a matrix of ten jobs on ten functions of one account promotes all of them', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `matrix-${i}`)
    const stage = await newStage({ orders: 'absent', clock: 'real' })
    await fleet(stage, names)
    const runs = await Promise.all(names.map(name => stage.deploy({ ...quick, 'function-name': name })))
    expect(runs.map(run => outputOf(run, 'result'))).toEqual(names.map(() => 'promoted'))
    expect(await serves(stage, names)).toEqual(names.map(() => '2'))
  })

  test('a run that is overtaken stands aside, and its successor goes on', async () => {
    const stage = await newStage({ orders: 'absent', clock: 'real' })
    await fleet(stage, ['orders'])
    const slow = { ...quick, strategy: '50% for 20s' }
    const older = stage.deploy(slow, { id: '100' })
    await until(() => writes(stage).length > 0)
    stage.build(codeOf(3))
    const newer = await stage.deploy(quick, { id: '101' })
    expect(outputOf(newer, 'result')).toBe('promoted')
    expect(outputOf(await older, 'result')).toBe('stood-aside')
    expect(await serves(stage, ['orders'])).toEqual(['3'])
    // An older run that begins only now is out of order; re-run, it is somebody's decision.
    stage.build(codeOf(2))
    expect(outputOf(await stage.deploy(quick, { id: '100' }), 'reason')).toContain('a newer run')
    expect(outputOf(await stage.deploy(quick, { id: '100', attempt: 2 }), 'result')).toBe('promoted')
  })

  function writes(stage: Stage): readonly RequestRecord[] {
    return stage.sandbox.requests.filter(({ operation, status }) => operation === 'UpdateAlias' && status === 200)
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise(resolve => setTimeout(resolve, 50))
  }
})

test('what somebody else has changed of one is left to them, and the others go back', async () => {
  const names = ['orders', 'billing', 'mail']
  const stage = await newStage({ orders: 'absent' })
  await fleet(stage, names)
  stage.at({ before: 'GetMetricData', from: minute }, async () => {
    const mine = {
      FunctionName: 'billing',
      Name: 'live',
      FunctionVersion: '2',
      RoutingConfig: { AdditionalVersionWeights: {} },
    }
    await stage.aws.lambda.send(new UpdateAliasCommand(mine))
  })
  const run = await stage.deploy({ ...shortly, 'function-name': names.join('\n') })
  expect(outputOf(run, 'result')).toBe('stood-aside')
  expect(targetsOf(run).map(({ result }) => result)).toEqual(['rolled-back', 'stood-aside', 'rolled-back'])
  expect(await serves(stage, names)).toEqual(['1', '2', '1'])
})
