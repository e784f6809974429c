import { beforeEach, describe, expect, test } from 'vitest'
import { environmentSession } from '../src/aws/session.ts'
import { deploy } from '../src/deploy.ts'
import type { World } from '../src/ports.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay } from '../src/rollout/routing.ts'
import { durationMs } from './support/world/time.ts'
import { inputs, newWorld, run, type Sim, served, type Wish } from './support/world.ts'

const minute = 60_000
const live = 'orders:live'

let world: Sim

beforeEach(() => begin())

function begin(): void {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {}, 9: {} })
  world.alarms.is('errors', 'OK')
}

function rollOut(change: Wish = {}, on: World = world): Promise<Outcome> {
  return deploy(inputs({ source: { kind: 'version', version: '8' }, alarms: ['errors'], ...change }), run, on)
}

/** The credentials end so many minutes after the start, as they tell, or as is assumed of those that do not. */
function ends(minutes: number, known = true): void {
  world.sessionEnd.end = { at: world.clock.start + minutes * minute, known }
}

/** The world with credentials of the environment that do not tell their end. */
function untold(): World {
  const env = { AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE', AWS_SESSION_TOKEN: 'token' }
  return { ...world, session: environmentSession(env, world.clock) }
}

const wrote = () => world.aliases.wrote.map(([at, serves]) => [at, serves])

describe('credentials that end too early for the plan', () => {
  test('are refused before anything is touched, with what would make it possible', async () => {
    ends(19)
    const outcome = await rollOut({ source: { kind: 'directory', path: 'code of 10' } })
    expect(outcome).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(/bakes for 5 minutes, and the AWS credentials leave 4.*role-to-assume/),
    })
    expect(world.calls.writes).toEqual([])
  })

  test('are refused after a dead run’s canary has been dropped', async () => {
    const dead = 'lambda-rollout 7 after 5; candidate 8 rolling since 2026-11-23T09:58Z; octo/orders@dead000 run 950.1'
    world.aliases.points(live, partWay('7', '8', 0.3), dead)
    ends(19)
    const { result, reason } = await rollOut({ source: { kind: 'version', version: '9' } })
    expect([result, reason]).toEqual(['rolled-back', expect.stringMatching(/run 950\.1.*the AWS credentials leave 4/)])
    expect(world.aliases.serves(live)).toBe('7')
  })

  test('are told of in a dry run', async () => {
    ends(19)
    expect((await rollOut({ dryRun: true })).result).toBe('refused')
  })

  test('and do not tell so are refused for more than 45 minutes, naming both cures', async () => {
    expect(await rollOut({ strategy: '10% for 46m' }, untold())).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(/do not tell their end.*`role-to-assume`.*AWS_CREDENTIAL_EXPIRATION/),
    })
  })
})

describe('credentials that last', () => {
  test('are accepted, and the rollout is promoted', async () => {
    ends(60)
    expect((await rollOut()).result).toBe('promoted')
  })

  test.each(['0s', '30s'])('long enough to be accepted are long enough, where the release takes %s', async takes => {
    const results = new Set<string>()
    for (let seconds = 14 * 60; seconds <= 24 * 60; seconds += 15) {
      begin()
      ends(seconds / 60)
      world.calls.befall('publish version', { before: () => world.clock.pass(takes) })
      const { result } = await rollOut({ source: { kind: 'directory', path: 'code of 10' } })
      results.add(result)
    }
    expect([...results]).toEqual(['refused', 'promoted'])
  })

  test('and do not tell so are good for a plan of 45 minutes, also where there is something to pack before', async () => {
    const on = untold()
    world.calls.befall('pack', { before: () => world.clock.pass('20s') })
    const source = { kind: 'directory', path: 'code of 10' } as const
    expect((await rollOut({ strategy: '10% for 45m', source }, on)).result).toBe('promoted')
  })

  test('for ever are good for any plan', async () => {
    expect((await rollOut({ strategy: '10% for 12h' })).result).toBe('promoted')
  })
})

describe('a rollout that takes longer than was planned', () => {
  const starved = { ...inputs().policy, minInvocations: 100, lowTraffic: { kind: 'extend', ms: 60 * minute } } as const

  test('is rolled back ten minutes before its credentials end, where it waits for traffic', async () => {
    ends(30)
    const outcome = await rollOut({ policy: starved })
    expect(outcome).toMatchObject({
      result: 'rolled-back',
      reason: expect.stringContaining(
        'the AWS credentials end at 10:30Z, and a roll-back must not find them expired; give them longer, or set `role-to-assume`, which renews them',
      ),
    })
    expect(wrote().at(-1)).toEqual(['20m', '7'])
    expect(world.aliases.says(live)).toBe(served)
  })

  test('is rolled back then also where it would look only an hour later', async () => {
    ends(30)
    expect((await rollOut({ policy: { ...starved, pollMs: 60 * minute } })).result).toBe('rolled-back')
    expect(wrote().at(-1)).toEqual(['20m', '7'])
  })

  test('is rolled back then also where a failure is to be held', async () => {
    ends(30)
    expect((await rollOut({ policy: { ...starved, onFailure: 'hold' } })).result).toBe('rolled-back')
  })

  test('is rolled back then where nobody knows their end', async () => {
    ends(55, false)
    expect(await rollOut({ policy: starved })).toMatchObject({
      result: 'rolled-back',
      reason: expect.stringContaining(
        'the AWS credentials do not tell their end, and may end soon; set `role-to-assume`, which renews them',
      ),
    })
    expect(wrote().at(-1)).toEqual(['45m', '7'])
  })

  test('makes no call with credentials that have expired', async () => {
    ends(30)
    await rollOut({ policy: starved })
    const last = Math.max(...world.facts.flatMap(fact => (fact.kind === 'looked' ? [fact.at] : [])))
    expect(last).toBeLessThanOrEqual(world.clock.start + 20 * minute)
  })

  test('begins no hook at 100 % that may outlast its credentials', async () => {
    ends(30)
    world.invoker.answers('hook', { takes: '15m', functionError: 'Unhandled' })
    const { result } = await rollOut({ strategy: '10% for 18m, 100% for 1m', afterTraffic: 'hook' })
    const last = world.calls.writes.at(-1)?.at ?? '0s'
    expect(['refused', 'rolled-back']).toContain(result)
    expect(durationMs(last)).toBeLessThan(30 * minute)
  })

  test('is rolled back before the release has even shifted, without a write, where that took all the time', async () => {
    ends(30)
    world.calls.befall('publish version', { before: () => world.clock.pass('21m') })
    const outcome = await rollOut({ source: { kind: 'directory', path: 'code of 10' } })
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('credentials end at 10:30Z') })
    expect(wrote()).toEqual([])
  })
})

describe('credentials that are renewed', () => {
  test('roll back once renewing has failed for so long that ten minutes are left', async () => {
    world.clock.at('40m', () => ends(60))
    const outcome = await rollOut({ strategy: '10% for 3h' })
    expect(outcome.result).toBe('rolled-back')
    expect(wrote().at(-1)).toEqual(['50m', '7'])
  })

  test('go on where renewing works again before that', async () => {
    world.clock.at('40m', () => ends(60))
    world.clock.at('49m', () => {
      world.sessionEnd.end = undefined
    })
    expect((await rollOut({ strategy: '10% for 3h' })).result).toBe('promoted')
  })
})
