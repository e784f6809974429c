import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CloudWatchMetrics } from '../../src/aws/metrics.ts'
import type { Series, Window } from '../../src/ports.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const minute = 60_000

let account: Account
let metrics: CloudWatchMetrics

beforeEach(async () => {
  account = await newAccount()
  metrics = new CloudWatchMetrics(account.cloudwatch)
})

afterEach(() => account.close())

function series(over: Partial<Series> = {}): Series {
  return { functionName: 'orders', alias: 'live', metric: 'Invocations', stat: 'Sum', ...over }
}

/** The last minutes up to now, whole ones. */
function last(minutes: number): Window {
  const to = Math.floor(account.rig.now() / minute) * minute
  return { from: to - minutes * minute, to, periodS: 60 }
}

/** Both versions get traffic for some minutes, and only version 2 fails. */
async function traffic(minutes: number, perSecond = 2): Promise<void> {
  await account.rig.lambda.send(
    new UpdateAliasCommand({
      FunctionName: 'orders',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
    }),
  )
  const durationMs = 100
  const behaviour = (version: string) => ({ errorRate: version === '2' ? 1 : 0, durationMs, spread: { sigma: 0 } })
  account.rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond, behaviour })
  account.rig.pass(minutes * minute)
  account.rig.sandbox.traffic.clear()
  account.rig.pass(minute)
  account.forget()
}

describe('a read', () => {
  test('asks for exactly the dimensions under which Lambda counts an alias and a version behind it', async () => {
    account.forget()
    const window = last(5)
    await metrics.read([series(), series({ version: '2', metric: 'Duration', stat: 'p99' })], window)
    const ofAlias = [
      { Name: 'FunctionName', Value: 'orders' },
      { Name: 'Resource', Value: 'orders:live' },
    ]
    const stat = (MetricName: string, Dimensions: unknown, Stat: string) => ({
      Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions },
      Period: 60,
      Stat,
    })
    const ofVersion = [...ofAlias, { Name: 'ExecutedVersion', Value: '2' }]
    expect(account.requests('GetMetricData').map(({ input }) => input)).toEqual([
      {
        MetricDataQueries: [
          { Id: 'm0', MetricStat: stat('Invocations', ofAlias, 'Sum') },
          { Id: 'm1', MetricStat: stat('Duration', ofVersion, 'p99') },
        ],
        StartTime: window.from / 1_000,
        EndTime: window.to / 1_000,
        ScanBy: 'TimestampAscending',
      },
    ])
  })

  test('gives the points of each series by the start of their minute', async () => {
    await traffic(3)
    const stable = series({ version: '1' })
    const candidate = series({ version: '2' })
    const read = [series(), stable, candidate, { ...candidate, metric: 'Errors' }, { ...stable, metric: 'Errors' }]
    const [all, ofStable, ofCandidate, failed, none] = await metrics.read(read as readonly Series[], last(5))
    const times = [...(all ?? [])].map(([at]) => at)
    expect(times.length).toBeGreaterThanOrEqual(3)
    expect(times.filter(at => at % minute !== 0)).toEqual([])
    for (const at of times) expect(all?.get(at)).toBe((ofStable?.get(at) ?? 0) + (ofCandidate?.get(at) ?? 0))
    expect(failed).toEqual(ofCandidate)
    expect([...(none?.values() ?? [])].filter(value => value !== 0)).toEqual([])
  })

  test('gives percentiles and counts of slow invocations', async () => {
    await traffic(2)
    const duration = series({ version: '2', metric: 'Duration' })
    const stats = ['SampleCount', 'p99', 'TC(99:)', 'TC(100:)'].map(stat => ({ ...duration, stat }))
    const [count, p99, slow, notSlow] = await metrics.read(stats, last(4))
    expect([...(p99?.values() ?? [])].map(Math.round)).toEqual([...(count?.keys() ?? [])].map(() => 100))
    expect(slow).toEqual(count)
    expect([...(notSlow?.values() ?? [])].filter(value => value !== 0)).toEqual([])
  })

  test('of nothing asks for nothing', async () => {
    account.forget()
    expect(await metrics.read([], last(5))).toEqual([])
    expect(account.requests('GetMetricData')).toEqual([])
  })

  test('of a version without traffic has no points', async () => {
    await traffic(1)
    expect(await metrics.read([series({ version: '3' })], last(5))).toEqual([new Map()])
  })

  test('of more than 500 series takes two calls, and keeps their order', async () => {
    await traffic(2)
    const many = Array.from({ length: 501 }, (_, i) => series({ version: i === 500 ? '2' : '1' }))
    const read = await metrics.read(many, last(4))
    expect(account.requests('GetMetricData').map(request => queriesOf(request.input))).toEqual([500, 1])
    expect(read).toHaveLength(501)
    expect(read[500]).toEqual((await metrics.read([series({ version: '2' })], last(4)))[0])
    expect(read[500]).not.toEqual(read[0])
    expect(read[499]).toEqual(read[0])
  })

  test('goes through all pages, over which a series may be spread', async () => {
    await traffic(1_100, 0.1)
    const [whole] = await metrics.read([series()], last(1_101))
    account.forget()
    const read = await metrics.read(
      Array.from({ length: 100 }, () => series()),
      last(1_101),
    )
    expect(account.requests('GetMetricData')).toHaveLength(2)
    expect(read.filter(points => points.size !== whole?.size)).toEqual([])
  })

  test('ends with the signal that cuts it short', async () => {
    account.befall('GetMetricData', { kind: 'delay', ms: 5_000 })
    const cut = new AbortController()
    const reading = metrics.read([series()], last(1), cut.signal)
    cut.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a read that fails', () => {
  test('because it is denied says which action to allow', async () => {
    account.befall('GetMetricData', { kind: 'denied' })
    await expect(metrics.read([series()], last(1))).rejects.toMatchObject({
      name: 'CallFailed',
      kind: 'denied',
      message: expect.stringMatching(
        /^could not read the metrics, because AWS denies it .*; allow cloudwatch:GetMetricData on \*$/,
      ),
    })
  })

  test.each([
    ['Forbidden', 'denied'],
    ['InternalError', 'unavailable'],
  ] as const)('with the status %s of a series is %s', async (StatusCode, kind) => {
    account.cloudwatch.middlewareStack.add(
      next => async args => {
        const answered = await next(args)
        return { ...answered, output: { ...answered.output, MetricDataResults: [{ Id: 'm0', StatusCode }] } }
      },
      { step: 'initialize' },
    )
    await expect(metrics.read([series()], last(1))).rejects.toMatchObject({ name: 'CallFailed', kind })
  })

  test('because CloudWatch counts no slow invocations of Lambda is `rejected`', async () => {
    const refusing = await newAccount({ metrics: { trimmed: 'refused' } })
    try {
      const read = new CloudWatchMetrics(refusing.cloudwatch).read(
        [series({ metric: 'Duration', stat: 'TC(800:)' })],
        last(1),
      )
      await expect(read).rejects.toMatchObject({ name: 'CallFailed', kind: 'rejected' })
    } finally {
      await refusing.close()
    }
  })

  test('because AWS is too busy is tried again, and then `unavailable`', async () => {
    account.befall('GetMetricData', { kind: 'throttle' })
    await expect(metrics.read([series()], last(1))).rejects.toMatchObject({ kind: 'unavailable' })
    expect(account.requests('GetMetricData').length).toBeGreaterThan(1)
  })
})

function queriesOf(input: unknown): number {
  return (input as { MetricDataQueries: readonly unknown[] }).MetricDataQueries.length
}
