import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import type { Behaviour } from '../sandbox/sandbox.ts'

const minutes = 60_000
let rig: Rig

beforeEach(async () => {
  rig = await newRig({ seed: 7 })
  await rig.deploy('orders', 2)
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } }
  await rig.lambda.send(new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', RoutingConfig }))
})

afterEach(() => rig.close())

type Of = (version: string, at: number) => Partial<Behaviour>

/** Traffic of which each version behaves as said, and else is quick and well. */
function traffic(of: Of, perSecond = 20, to: Rig = rig): void {
  to.sandbox.traffic.add({
    functionName: 'orders',
    alias: 'live',
    perSecond,
    behaviour: (version, _sha, at) => ({ errorRate: 0, durationMs: 100, ...of(version, at) }),
  })
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

describe('durations', () => {
  test('lie as far apart as a sigma says', async () => {
    traffic(version => ({ spread: { sigma: version === '1' ? 0 : 1 } }))
    rig.pass(10 * minutes)
    expect(new Set(await rig.points('Duration', 'p99', '1'))).toEqual(new Set([100]))
    expect(middle(await rig.points('Duration', 'p50', '2'))).toBeCloseTo(100, -2)
    expect(middle(await rig.points('Duration', 'p99', '2'))).toBeGreaterThan(600)
  })

  test('have the percentiles that a behaviour names', async () => {
    traffic(() => ({ durationMs: 200, spread: { p99Ms: 1200 } }))
    rig.pass(20 * minutes)
    expect(middle(await rig.points('Duration', 'p50')) / 200).toBeCloseTo(1, 1)
    expect(middle(await rig.points('Duration', 'p99')) / 1200).toBeCloseTo(1, 0)
  })
})

describe('a cold start', () => {
  const steady = { durationMs: 100, spread: { sigma: 0 } }

  test('makes the first invocation of an environment longer, and no other', async () => {
    traffic(() => ({ ...steady, coldStart: { extraMs: 950, initMs: 300 } }), 0.02)
    rig.pass(60 * minutes)
    expect(total(await rig.points('Duration', 'TC(1000:)'))).toBe(2)
    expect(total(await rig.points('Duration', 'TC(:1000)'))).toBeGreaterThan(30)
  })

  test('comes once for each environment that has to be there at the same time', async () => {
    traffic(() => ({ durationMs: 900, spread: { sigma: 0 }, coldStart: { extraMs: 100 } }), 10)
    rig.pass(5 * minutes)
    const cold = total(await rig.points('Duration', 'TC(950:)'))
    expect(cold).toBeGreaterThan(10)
    expect(cold).toBeLessThan(60)
  })

  test('may come by chance though an environment is idle', async () => {
    traffic(version => ({ ...steady, coldStart: { extraMs: 900, probability: version === '2' ? 0.2 : 0 } }), 2)
    rig.pass(20 * minutes)
    const share = async (version: string) =>
      total(await rig.points('Duration', 'TC(950:)', version)) / total(await rig.points('Invocations', 'Sum', version))
    expect(await share('2')).toBeCloseTo(0.2, 1)
    expect(await share('1')).toBeLessThan(0.02)
  })
})

describe('failures', () => {
  test('of an outage befall all versions, in the same minutes', async () => {
    traffic(() => ({ outage: { share: 0.2, errorRate: 0.5 } }))
    rig.pass(60 * minutes)
    const out = async (version: string) => (await rig.points('Errors', 'Sum', version)).map(errors => errors > 0)
    const minutesOut = await out('1')
    expect(await out('2')).toEqual(minutesOut)
    expect(minutesOut.filter(Boolean).length).toBeGreaterThan(3)
    expect(minutesOut.filter(Boolean).length).toBeLessThan(25)
  })

  test('come in clusters of one version, where one brings others with it', async () => {
    const rare = { errorRate: 0.002 }
    traffic(version => (version === '2' ? { ...rare, alsoFail: 9 } : rare))
    rig.pass(60 * minutes)
    const [one, ten] = [total(await rig.points('Errors', 'Sum', '1')), total(await rig.points('Errors', 'Sum', '2'))]
    expect(one).toBeGreaterThan(30)
    expect(ten / one).toBeGreaterThan(6)
    expect(ten / one).toBeLessThan(14)
  })

  test('begin and end when a behaviour says so', async () => {
    const [from, to] = [rig.now() + 3 * minutes, rig.now() + 5 * minutes]
    traffic((_version, at) => ({ errorRate: at >= from && at < to ? 1 : 0 }))
    rig.pass(7 * minutes)
    const failed = await rig.points('Errors', 'Average')
    expect(failed.filter(share => share === 0).length).toBeGreaterThanOrEqual(5)
    expect(Math.max(...failed)).toBe(1)
  })

  test('by timeout last as long as the function may', async () => {
    traffic(() => ({ errorRate: 0.1, errors: [{ kind: 'timeout' }] }))
    rig.pass(5 * minutes)
    expect(total(await rig.points('Duration', 'TC(2999:3000)'))).toBe(total(await rig.points('Errors', 'Sum')))
  })
})

test('what one asks of a behaviour changes no other’s requests and plain durations', async () => {
  const seen: unknown[] = []
  for (const more of [
    {},
    { coldStart: { extraMs: 0, probability: 0.5 }, errors: [{ kind: 'timeout' }, exit] },
  ] as const) {
    const other = await newRig({ seed: 3 })
    await other.deploy('orders', 2)
    traffic(() => more, 5, other)
    other.pass(5 * minutes)
    seen.push([await other.points('Invocations', 'Sum'), await other.points('Duration', 'Sum')])
    await other.close()
  }
  expect(seen[1]).toEqual(seen[0])
})

const exit = { kind: 'exit', status: 1 } as const
