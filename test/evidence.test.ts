import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import { parseCheck } from '../src/inputs/checks.ts'
import type { DeployInputs } from '../src/inputs.ts'
import { mend } from '../src/mending/mend.ts'
import type { ErrorSeen } from '../src/ports.ts'
import type { Check } from '../src/rollout/checks.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { serveCommand } from '../src/rollout/outcome.ts'
import { partWay } from '../src/rollout/routing.ts'
import { inputs, Killed, newWorld, run, type Sim, served, type Wish, waiting } from './support/world.ts'

let world: Sim

/** `orders:live` is invoked 1,200 times a minute, and version 8 awaits its rollout. */
beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.metrics.perMinute = 1_200
})

const noWorse = 'errors no worse than stable'

/** How every roll-back begins to say why. */
const back = 'version 8 was rolled back and orders:live serves version 7 alone:'
/** And every promotion of a canary. */
const promoted = 'orders:live serves version 8 (10 % for 5m, then 100 %)'

/** Version 8, compared with 7 at 10 % for five minutes. */
function rollOut(change: Wish = {}): Promise<Outcome> {
  return deploy(inputs({ source: { kind: 'version', version: '8' }, checks: checks(noWorse), ...change }), run, world)
}

function checks(...lines: readonly string[]): readonly Check[] {
  return lines.map(line => {
    const parsed = parseCheck(line)
    if (parsed.kind === 'problem') throw new Error(parsed.problem)
    return parsed.check
  })
}

function policy(change: Partial<DeployInputs['policy']>): Pick<DeployInputs, 'policy'> {
  return { policy: { ...inputs().policy, ...change } }
}

function looks() {
  return world.facts.flatMap(fact => (fact.kind === 'looked' ? [fact] : []))
}

function texts(kind: 'note' | 'warning'): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === kind ? [fact.text] : []))
}

function planNotes(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'planned' ? fact.notes : []))
}

function moves(): readonly (readonly [string, string])[] {
  return world.aliases.wrote.map(([at, serves]) => [at, serves])
}

/** The first attempt of this run, or another run, has died and left 10 % on version 8. */
function died(by = 'octo/orders@abc1234 run 987.1'): void {
  world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting('8', 'rolling', by, '09:00'))
}

/** What takes a canary away by hand that was held. */
const takesAway = serveCommand({ functionName: 'orders', alias: 'live', region: 'eu-west-1' }, '7')

describe('a candidate that is worse than stable', () => {
  beforeEach(() => world.metrics.does('8', { errorRate: 0.05 }))

  test('is rolled back by the comparison before any alarm, and the tallies say why', async () => {
    world.alarms.is('errors', 'OK')
    const outcome = await rollOut({ alarms: ['errors'] })
    expect(outcome).toEqual({
      result: 'rolled-back',
      reason: `${back} ${noWorse} does not hold: candidate 3 errors of 60 (5 %), stable 0 errors of 540 (0 %)`,
    })
    expect(moves()).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %'],
      ['30s', '7'],
    ])
    expect(world.aliases.says('orders:live')).toBe(served)
    expect(
      looks()
        .at(-1)
        ?.alarms.map(({ state }) => state),
    ).toEqual(['OK'])
  })

  test('is held where the policy says so', async () => {
    expect(await rollOut(policy({ onFailure: 'hold' }))).toEqual({
      result: 'held',
      reason: `orders:live is held and serves 7 at 90 %, 8 at 10 %: ${noWorse} does not hold: candidate 3 errors of 60 (5 %), stable 0 errors of 540 (0 %)`,
      cure: takesAway,
    })
    expect(world.aliases.serves('orders:live')).toBe('7 at 90 %, 8 at 10 %')
  })

  test('once it has all the traffic is compared with nothing any more', async () => {
    world.metrics.does('8', { errorRate: elapsed => (elapsed < 5 * 60_000 ? 0 : 0.5) })
    const outcome = await rollOut({ strategy: '10% for 5m, 100% for 10m' })
    expect(outcome.result).toBe('promoted')
  })

  test('is found out by points that come late, all the same', async () => {
    world.metrics.late = '90s'
    const outcome = await rollOut()
    expect(outcome.result).toBe('rolled-back')
    expect(moves().at(-1)).toEqual(['2m', '7'])
  })

  test('is promoted all at once, where there is no evidence to speak of', async () => {
    expect(await rollOut({ strategy: 'all-at-once' })).toMatchObject({
      result: 'promoted',
      reason: 'orders:live serves version 8 (all-at-once)',
    })
  })

  test('is promoted by `checks: none`, which reads no metrics', async () => {
    expect((await rollOut({ checks: [] })).result).toBe('promoted')
    expect(world.calls.count('read metrics')).toBe(0)
  })
})

describe('a candidate that is like stable', () => {
  test('is promoted, and the outcome says what would have shown', async () => {
    expect(await rollOut()).toMatchObject({
      result: 'promoted',
      reason: `${promoted}; its 600 invocations beside stable would have shown an error rate of 0.76 % or more`,
    })
    expect(moves()).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %'],
      ['5m', '8'],
    ])
  })

  test('is promoted though both fail often', async () => {
    world.metrics.does('7', { errorRate: 0.2 })
    world.metrics.does('8', { errorRate: 0.2 })
    expect((await rollOut()).result).toBe('promoted')
  })

  test('is promoted by its late points too, within the bake', async () => {
    world.metrics.late = '1m'
    expect((await rollOut()).result).toBe('promoted')
    expect(world.clock.elapsed()).toBe('5m')
  })

  test('whose points come after the bake is promoted on time, without evidence', async () => {
    world.metrics.late = '10m'
    expect((await rollOut()).reason).toContain('promoted without evidence')
    expect(world.clock.elapsed()).toBe('5m')
  })

  test('the plan says beforehand what the traffic can show', async () => {
    await rollOut()
    expect(planNotes()).toEqual([
      'the alias served 1200 invocations a minute in the last hour, of which the candidate would get about 600 before the promotion: enough to show an error rate of 0.76 % or more',
    ])
  })
})

describe('without traffic', () => {
  beforeEach(() => {
    world.metrics.perMinute = 0
  })

  test('the candidate is promoted without evidence, and the outcome says so', async () => {
    expect(await rollOut()).toMatchObject({
      result: 'promoted',
      reason: `${promoted}, promoted without evidence: nothing of the candidate beside stable yet; no settled minute with traffic yet`,
    })
    expect(looks().at(-1)?.health.verdict).toBe('inconclusive')
  })

  test.each(['10% for 5m, 100% for 5m', '100% for 5m'])(
    'nor at 100 %% it is without evidence in %s',
    async strategy => {
      expect((await rollOut({ strategy })).reason).toBe(
        `orders:live serves version 8 (${strategy}), promoted without evidence: nothing of the candidate beside stable yet; no settled minute with traffic yet`,
      )
    },
  )

  test('the plan says that there will be nothing to judge by', async () => {
    await rollOut()
    expect(planNotes()).toEqual([
      'the alias served 0 invocations a minute in the last hour, of which the candidate would get none to be judged by',
    ])
  })
})

describe('an alias that is new', () => {
  beforeEach(() => world.aliases.lacks('orders:live'))

  test('has no stable version to compare with, and the outcome says so', async () => {
    expect(await rollOut({ strategy: '100% for 5m' })).toMatchObject({
      result: 'promoted',
      reason:
        'orders:live serves version 8 (the alias is new), promoted without evidence: nothing of the candidate beside stable yet',
    })
  })

  test('is deleted again by a threshold', async () => {
    world.metrics.does('8', { errorRate: 0.5 })
    const outcome = await rollOut({ strategy: '100% for 5m', checks: checks('error-rate < 10%') })
    expect(outcome).toEqual({
      result: 'rolled-back',
      reason:
        'version 8 was rolled back and orders:live deleted again: error-rate < 10% does not hold: 50 % where 10 % is the limit',
    })
  })
})

describe('traffic that begins after the promotion', () => {
  test('is no evidence of a comparison', async () => {
    world.metrics.perMinute = elapsed => (elapsed < 5 * 60_000 ? 0 : 1_200)
    expect(await rollOut({ strategy: '10% for 5m, 100% for 5m' })).toMatchObject({
      result: 'promoted',
      reason:
        'orders:live serves version 8 (10% for 5m, 100% for 5m), promoted without evidence: nothing of the candidate beside stable yet',
    })
  })
})

describe('`min-invocations`', () => {
  const minInvocations = 1_000
  const extend = { kind: 'extend', ms: 10 * 60_000 } as const

  test('that are served do not lengthen the bake', async () => {
    await rollOut(policy({ minInvocations: 200 }))
    expect(moves().at(-1)).toEqual(['5m', '8'])
  })

  test('lengthen the bake with `extend` until they are served, and settled', async () => {
    expect((await rollOut(policy({ minInvocations, lowTraffic: extend }))).result).toBe('promoted')
    expect(moves().at(-1)).toEqual(['11m', '8'])
  })

  test('fail with `extend` when its time is over', async () => {
    world.metrics.perMinute = 100
    const outcome = await rollOut(policy({ minInvocations, lowTraffic: extend }))
    expect(outcome).toEqual({
      result: 'rolled-back',
      reason: `${back} the candidate has served 130 of the 1000 invocations that \`min-invocations\` asks for`,
    })
    expect(moves().at(-1)).toEqual(['15m', '7'])
  })

  test('do not hold up `proceed`, which promotes without evidence', async () => {
    world.metrics.perMinute = 100
    const outcome = await rollOut(policy({ minInvocations, lowTraffic: { kind: 'proceed' } }))
    expect(outcome).toMatchObject({
      result: 'promoted',
      reason: `${promoted}, promoted without evidence: candidate 0 errors of 50 (0 %), stable 0 errors of 450 (0 %); 30 of 1000 invocations settled`,
    })
    expect(moves().at(-1)).toEqual(['5m', '8'])
  })

  test('fail at the end of the bake with `fail`', async () => {
    world.metrics.perMinute = 100
    const outcome = await rollOut(policy({ minInvocations, lowTraffic: { kind: 'fail' } }))
    expect(outcome.result).toBe('rolled-back')
    expect(moves().at(-1)).toEqual(['5m', '7'])
  })

  test('are counted although there are no checks', async () => {
    const outcome = await rollOut({ checks: [], ...policy({ minInvocations, lowTraffic: { kind: 'fail' } }) })
    expect(outcome).toEqual({
      result: 'rolled-back',
      reason: `${back} the candidate has served 360 of the 1000 invocations that \`min-invocations\` asks for`,
    })
  })
})

describe('metrics that cannot be read', () => {
  test('for three looks are waited out', async () => {
    for (const nth of [4, 5, 6]) world.calls.befall('read metrics', { fails: 'unavailable' }, { nth })
    expect((await rollOut()).result).toBe('promoted')
    expect(looks().filter(({ health }) => health.verdict === 'unknown')).toHaveLength(3)
  })

  test('for four looks in a row fail the rollout', async () => {
    world.calls.befall('read metrics', { fails: 'unavailable' }, { from: 4 })
    expect(await rollOut()).toEqual({
      result: 'rolled-back',
      reason: `${back} could not read metrics: unavailable (4 looks in a row)`,
    })
    expect(moves().at(-1)).toEqual(['1m15s', '7'])
  })
})

describe('metrics that may not be read', () => {
  const cure = 'allow cloudwatch:GetMetricData on *'
  const denied = `could not read metrics: denied; ${cure}`

  beforeEach(() => world.calls.befall('read metrics', { fails: 'denied', cure }))

  test('make the default check give way, with a warning', async () => {
    expect((await rollOut({ checksByDefault: true })).result).toBe('promoted')
    expect(texts('warning')).toEqual([
      `The candidate is not compared with stable: ${denied}`,
      'Neither `alarms` nor `checks` watch this rollout, and its bakes end well whatever happens; set one of them',
    ])
    expect(looks().at(-1)?.checks).toBeUndefined()
  })

  const asked: readonly (readonly [string, Wish])[] = [
    ['checks that were asked for', {}],
    ['`min-invocations`', { checksByDefault: true, policy: { ...inputs().policy, minInvocations: 1 } }],
    ['`canary-weight: auto`', { checksByDefault: true, shape: { kind: 'canary', weight: 'auto', bakeMs: 300_000 } }],
  ]
  test.each(asked)('refuse %s', async (_, wish) => {
    const outcome = await rollOut(wish)
    expect(outcome).toEqual({ result: 'refused', reason: denied, problems: [denied] })
    expect(world.calls.writes).toEqual([])
  })

  test('are refused once the canary of a dead run is dropped', async () => {
    died()
    expect(await rollOut()).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining(`then: ${denied}`) })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('are of no matter to a rollout without a bake', async () => {
    expect((await rollOut({ strategy: 'all-at-once' })).result).toBe('promoted')
    expect(world.calls.count('read metrics')).toBe(0)
  })

  test('for a while are no reason for the default check to give way', async () => {
    world = newWorld()
    world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
    world.calls.befall('read metrics', { fails: 'unavailable' })
    expect((await rollOut({ checksByDefault: true })).result).toBe('refused')
  })
})

describe('an alarm that fires', () => {
  const whose: readonly (readonly [string, number, number, string])[] = [
    [
      'by the candidate alone',
      0,
      0.2,
      'the candidate only: candidate 24 errors of 120 (20 %), stable 0 errors of 1080 (0 %)',
    ],
    [
      'by both versions',
      0.2,
      0.2,
      'both versions: candidate 24 errors of 120 (20 %), stable 216 errors of 1080 (20 %)',
    ],
    [
      'by nothing that the metrics show',
      0,
      0,
      'cannot tell whose: candidate 0 errors of 120 (0 %), stable 0 errors of 1080 (0 %)',
    ],
  ]
  test.each(whose)('%s has the comparison beside it', async (_, stable, candidate, beside) => {
    world.metrics.does('7', { errorRate: stable })
    world.metrics.does('8', { errorRate: candidate })
    world.alarms.is('errors', 'OK')
    world.clock.at('1m', () => world.alarms.is('errors', 'ALARM', '30 errors'))
    const { reason } = await rollOut({ alarms: ['errors'], checks: checks('errors < 100000') })
    expect(reason).toBe(`${back} alarm errors went to ALARM: 30 errors (${beside})`)
  })
})

describe('a rollout that carries on', () => {
  beforeEach(() => died())

  test('begins its evidence anew', async () => {
    world.metrics.does('8', { errorRate: elapsed => (elapsed < 0 ? 1 : 0) })
    expect(await rollOut()).toMatchObject({
      result: 'promoted',
      reason: `${promoted}; its 480 invocations beside stable would have shown an error rate of 0.95 % or more`,
    })
    expect(looks()[0]?.minutes).toEqual([[]])
  })
})

describe('traffic that is split otherwise than asked', () => {
  test('is warned of once', async () => {
    world.metrics.split = weight => 3 * weight
    expect((await rollOut({ strategy: '10% for 20m' })).result).toBe('promoted')
    expect(texts('warning')).toEqual([
      'The traffic is not split as configured: the candidate got 30 % of it at 10 %; look for throttling, for provisioned concurrency that spills over, or for another hand on the alias',
    ])
  })
})

describe('`canary-weight: auto`', () => {
  test.each([
    [1_200, '7 at 94 %, 8 at 6 %'],
    [60, '7 at 50 %, 8 at 50 %'],
    [0, '7 at 50 %, 8 at 50 %'],
    [100_000, '7 at 99 %, 8 at 1 %'],
  ])('picks a weight by %i invocations a minute', async (perMinute, serves) => {
    world.metrics.perMinute = perMinute
    await rollOut({ shape: { kind: 'canary', weight: 'auto', bakeMs: 300_000 } })
    expect(moves()[0]).toEqual(['0s', serves])
  })

  test('reads the traffic though there are no checks', async () => {
    await rollOut({ checks: [], shape: { kind: 'canary', weight: 'auto', bakeMs: 300_000 } })
    expect(moves()[0]).toEqual(['0s', '7 at 94 %, 8 at 6 %'])
    expect([...world.metrics.asked]).toEqual(['Invocations Sum'])
  })
})

describe('thresholds', () => {
  const failing: readonly (readonly [string, Parameters<Sim['metrics']['does']>[1], string, string])[] = [
    ['error-rate < 1%', { errorRate: 0.02 }, '1m', '1.67 % where 1 % is the limit'],
    ['errors < 5 for 3m', { errorRate: 0.1 }, '3m', '12 where 5 is the limit for 3 minutes'],
    ['throttles < 5', { throttles: 7 }, '1m', '7 where 5 is the limit'],
    ['p99 duration < 800ms', { durations: [100, 900] }, '1m', '900 ms where 800 ms is the limit'],
    ['p99 duration < 1.2x stable', { durations: [30] }, '1m', '30 ms where 24 ms is the limit'],
  ]
  test.each(failing)('%s fails on complete minutes', async (check, behaviour, at, seen) => {
    world.metrics.does('8', behaviour)
    expect(await rollOut({ checks: checks(check) })).toEqual({
      result: 'rolled-back',
      reason: `${back} ${check} does not hold: ${seen}`,
    })
    expect(moves().at(-1)).toEqual([at, '7'])
  })
})

describe('`duration no worse than stable`', () => {
  const slow = checks('duration no worse than stable')

  test('rolls a slow candidate back where CloudWatch counts slow invocations', async () => {
    world.metrics.does('7', { durations: [10, 20, 30, 40] })
    world.metrics.does('8', { durations: [30, 40, 50, 60] })
    expect(await rollOut({ checks: slow })).toEqual({
      result: 'rolled-back',
      reason: `${back} duration no worse than stable does not hold: candidate 60 slow invocations of 60 (100 %), stable 270 slow invocations of 540 (50 %)`,
    })
  })

  test('only reports where it does not', async () => {
    world.metrics.countsSlow = false
    world.metrics.does('8', { durations: [500] })
    expect((await rollOut({ checks: slow })).result).toBe('promoted')
    expect(
      looks()
        .at(-1)
        ?.checks?.readings.map(({ verdict }) => verdict),
    ).toEqual(['report-only'])
  })
})

describe('a smoke test', () => {
  const smokeTest = '{"ping":true}'

  test('that passes is sent to the candidate before it has traffic', async () => {
    world.invoker.answers('orders:8', { payload: '{"statusCode":200}' })
    expect((await rollOut({ smokeTest })).result).toBe('promoted')
    expect(world.invoker.invoked).toEqual([['0s', 'orders:8', { ping: true }]])
    expect(texts('note')).toEqual(['Passed: the smoke test of version 8 of orders'])
  })

  const failures: readonly (readonly [string, Parameters<Sim['invoker']['answers']>[1], string])[] = [
    [
      'a reply with statusCode 500',
      { payload: '{"statusCode":500,"body":"oops"}' },
      '(statusCode 500): {"statusCode":500,"body":"oops"}',
    ],
    [
      'a function error',
      { functionError: 'Unhandled', payload: '{"errorType":"TypeError"}' },
      '(Unhandled): {"errorType":"TypeError"}',
    ],
  ]
  test.each(failures)('fails by %s, and traffic is untouched', async (_, answer, why) => {
    world.invoker.answers('orders:8', answer)
    const reason = `the smoke test of version 8 of orders failed ${why}`
    expect(await rollOut({ smokeTest })).toEqual({ result: 'refused', reason, problems: [reason] })
    expect(moves()).toEqual([])
  })

  test('that fails leaves a published version behind, and is a failure', async () => {
    world.invoker.answers('orders:9', { functionError: 'Unhandled' })
    const source = { kind: 'directory', path: 'code of 9' } as const
    expect((await rollOut({ source, smokeTest })).result).toBe('failed')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test('that fails tells the end of its log', async () => {
    const log = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('')
    world.invoker.answers('orders:8', { functionError: 'Unhandled', log })
    await rollOut({ smokeTest })
    expect(texts('note')).toEqual(Array.from({ length: 20 }, (_, i) => `  | line ${i + 10}`))
  })

  test('passes with a statusCode below 500, and with a reply that is no JSON', async () => {
    for (const payload of ['{"statusCode":404}', 'pong', '"statusCode"', 'null']) {
      world = newWorld()
      world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
      world.invoker.answers('orders:8', { payload })
      expect((await rollOut({ smokeTest })).result).toBe('promoted')
    }
  })

  test('that fails leaves no alias behind where there was none', async () => {
    world.aliases.lacks('orders:live')
    world.invoker.answers('orders:8', { functionError: 'Unhandled' })
    expect((await rollOut({ smokeTest })).result).toBe('refused')
    expect(moves()).toEqual([])
  })

  test('that fails after the canary of a dead run was dropped ends with stable alone', async () => {
    died('octo/orders@dead000 run 950.1')
    world.invoker.answers('orders:9', { functionError: 'Unhandled', payload: '"no"' })
    const source = { kind: 'directory', path: 'code of 9' } as const
    expect(await rollOut({ source, smokeTest })).toEqual({
      result: 'rolled-back',
      reason: `${back} octo/orders@dead000 run 950.1 left its canary with traffic; then: the smoke test of version 9 of orders failed (Unhandled): "no"`,
    })
    expect(moves()).toEqual([['0s', '7']])
  })

  test('that may not be made fails', async () => {
    world.calls.befall('invoke', { fails: 'denied' })
    expect((await rollOut({ smokeTest })).reason).toBe(
      'the smoke test of version 8 of orders could not be run: could not invoke: denied',
    )
  })

  test('is not repeated by a run that carries on', async () => {
    died()
    await rollOut({ smokeTest })
    expect(world.invoker.invoked).toEqual([])
  })

  test('is cut short by a cancel', async () => {
    world.calls.befall('invoke', { before: world.stop })
    expect((await rollOut({ smokeTest })).reason).toBe(
      'the smoke test of version 8 of orders was cut short: the workflow was cancelled',
    )
    expect(moves()).toEqual([])
  })
})

describe('the hook before the traffic', () => {
  const hook = { beforeTraffic: 'check-orders' }
  const told = { function: 'orders', alias: 'live', stable: '7', candidate: '8' }

  test('is told what is rolled out, after the smoke test', async () => {
    expect((await rollOut({ ...hook, smokeTest: '{}' })).result).toBe('promoted')
    expect(world.invoker.invoked).toEqual([
      ['0s', 'orders:8', {}],
      ['0s', 'check-orders', told],
    ])
  })

  test('knows no stable version where the alias is new', async () => {
    world.aliases.lacks('orders:live')
    await rollOut(hook)
    expect(world.invoker.invoked).toEqual([['0s', 'check-orders', { ...told, stable: null }]])
  })

  const failures: readonly (readonly [string, Parameters<Sim['invoker']['answers']>[1], string])[] = [
    [
      'answers Failed',
      { payload: '{"status":"Failed","why":"no database"}' },
      '(status Failed): {"status":"Failed","why":"no database"}',
    ],
    ['throws', { functionError: 'Unhandled', payload: '{"errorType":"Error"}' }, '(Unhandled): {"errorType":"Error"}'],
  ]
  test.each(failures)('that %s ends the run with traffic untouched', async (_, answer, why) => {
    world.invoker.answers('check-orders', answer)
    expect((await rollOut(hook)).reason).toBe(`the before-traffic hook check-orders failed ${why}`)
    expect(moves()).toEqual([])
  })

  test('is not invoked after a smoke test that fails', async () => {
    world.invoker.answers('orders:8', { functionError: 'Unhandled' })
    await rollOut({ ...hook, smokeTest: '{}' })
    expect(world.invoker.invoked.map(([, name]) => name)).toEqual(['orders:8'])
  })

  test('is cut short by a cancel, and traffic is untouched', async () => {
    world.invoker.answers('check-orders', { takes: '1m' })
    world.clock.at('30s', world.stop)
    expect((await rollOut(hook)).reason).toBe(
      'the before-traffic hook check-orders was cut short: the workflow was cancelled',
    )
    expect(moves()).toEqual([])
  })
})

describe('the hook after the traffic', () => {
  const hook = { afterTraffic: 'check-orders', strategy: '10% for 5m, 100% for 5m' }
  const failed = { payload: '{"status":"Failed"}' }

  test('is invoked at 100 %, before its bake', async () => {
    expect((await rollOut(hook)).result).toBe('promoted')
    const told = { function: 'orders', alias: 'live', stable: '7', candidate: '8' }
    expect(world.invoker.invoked).toEqual([['5m', 'check-orders', told]])
    expect(world.clock.elapsed()).toBe('10m')
  })

  test('is invoked where there is no bake, too', async () => {
    expect((await rollOut({ afterTraffic: 'check-orders' })).result).toBe('promoted')
    expect(world.invoker.invoked.map(([at]) => at)).toEqual(['5m'])
  })

  test.each(['10% for 5m, 100% for 5m', 'canary'])('that fails rolls %s back', async strategy => {
    world.invoker.answers('check-orders', failed)
    expect(await rollOut({ ...hook, strategy })).toEqual({
      result: 'rolled-back',
      reason: `${back} the after-traffic hook check-orders failed (status Failed): {"status":"Failed"}`,
    })
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test('that throws rolls back', async () => {
    world.invoker.answers('check-orders', { functionError: 'Unhandled', payload: '{"errorType":"Error"}' })
    expect((await rollOut(hook)).reason).toBe(
      `${back} the after-traffic hook check-orders failed (Unhandled): {"errorType":"Error"}`,
    )
  })

  test('that fails holds where the policy says so', async () => {
    world.invoker.answers('check-orders', failed)
    expect(await rollOut({ ...hook, ...policy({ onFailure: 'hold', afterTraffic: true }) })).toEqual({
      result: 'held',
      reason:
        'orders:live is held and serves 8: the after-traffic hook check-orders failed (status Failed): {"status":"Failed"}',
      cure: takesAway,
    })
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('is cut short by a cancel, which rolls back', async () => {
    world.invoker.answers('check-orders', { takes: '1m' })
    world.clock.at('5m30s', world.stop)
    expect(await rollOut(hook)).toEqual({ result: 'rolled-back', reason: `${back} the workflow was cancelled` })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('is cut short by a cancel, which rolls back even where failures are held', async () => {
    world.calls.befall('invoke', { before: world.stop })
    const held = policy({ onFailure: 'hold', afterTraffic: true })
    expect((await rollOut({ ...hook, ...held })).result).toBe('rolled-back')
    expect(world.calls.count('invoke')).toBe(1)
  })

  test('that fails rolls nothing back that somebody else has changed meanwhile', async () => {
    const theirs = () => world.aliases.points('orders:live', partWay('7', '5', 0.2))
    world.invoker.answers('check-orders', failed)
    world.calls.befall('invoke', { after: theirs })
    expect((await rollOut(hook)).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('7 at 80 %, 5 at 20 %')
  })

  test('that may not be invoked rolls back', async () => {
    world.calls.befall('invoke', { fails: 'denied', cure: 'allow lambda:InvokeFunction on check-orders' })
    expect(await rollOut(hook)).toEqual({
      result: 'rolled-back',
      reason: `${back} the after-traffic hook check-orders could not be run: could not invoke: denied; allow lambda:InvokeFunction on check-orders`,
    })
  })

  test('is not invoked where the bakes before it fail', async () => {
    world.metrics.does('8', { errorRate: 0.5 })
    expect((await rollOut(hook)).result).toBe('rolled-back')
    expect(world.invoker.invoked).toEqual([])
  })

  test.each(['10% for 5m, 100% for 5m', 'canary'])('in which the process dies is rolled back in %s', async strategy => {
    const die = () => {
      throw new Killed()
    }
    world.calls.befall('invoke', { before: die })
    await expect(rollOut({ ...hook, strategy })).rejects.toThrow(Killed)
    expect(world.aliases.serves('orders:live')).toBe('8')
    expect(await mend(world.left(), world)).toMatchObject({ result: 'rolled-back' })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('what the candidate logged', () => {
  const group = '/aws/lambda/orders'
  const boom: ErrorSeen = { what: 'TypeError: boom', count: 3, example: '{"errorType":"TypeError"}' }

  beforeEach(() => world.metrics.does('8', { errorRate: 0.2 }))

  test('is told after a roll-back, from the beginning of the rollout on', async () => {
    world.logs.tell('8', [boom])
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.facts.at(-1)).toMatchObject({ kind: 'errors', version: '8', group, list: [boom] })
    expect(world.logs.read).toEqual([['15s', group, '8', world.clock.start]])
  })

  test('is told of a candidate that is held', async () => {
    world.logs.tell('8', [boom])
    expect((await rollOut(policy({ onFailure: 'hold' }))).result).toBe('held')
    expect(world.facts.at(-1)).toMatchObject({ kind: 'errors', list: [boom] })
  })

  test('is read where the version says that it logs', async () => {
    world.functions.changes('orders', '8', {
      settings: { ...world.functions.settings('orders', '8'), LoggingConfig: { LogGroup: '/shared' } },
    })
    await rollOut()
    expect(world.logs.read[0]?.[1]).toBe('/shared')
  })

  test('is waited for while there is nothing yet', async () => {
    world.logs.tell('8', [boom], '50s')
    await rollOut()
    expect(world.logs.read.map(([at]) => at)).toEqual(['15s', '35s', '55s'])
    expect(world.facts.at(-1)).toMatchObject({ kind: 'errors', list: [boom] })
  })

  test('is not waited for longer than a minute', async () => {
    await rollOut()
    expect(world.logs.read.map(([at]) => at)).toEqual(['15s', '35s', '55s', '1m15s'])
    expect(world.facts.at(-1)).toMatchObject({ kind: 'errors', list: [] })
  })

  test('is told in ten kinds of errors at most', async () => {
    world.logs.tell(
      '8',
      Array.from({ length: 12 }, (_, i) => ({ ...boom, what: `error ${i}` })),
    )
    await rollOut()
    const [last] = world.facts.slice(-1)
    expect(last?.kind === 'errors' && last.list.length).toBe(10)
  })

  test.each(['denied', 'unavailable', 'rejected'] as const)('and cannot be read (%s) is one note', async fails => {
    const cure = 'allow logs:FilterLogEvents on the log group'
    world.calls.befall('read logs', { fails, cure })
    expect((await rollOut()).result).toBe('rolled-back')
    expect(texts('note')).toEqual([`What the candidate logged is not shown: could not read logs: ${fails}; ${cure}`])
    expect(world.calls.count('read logs')).toBe(1)
  })

  test('is not waited for any longer once the workflow is cancelled', async () => {
    world.clock.at('40s', world.stop)
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.logs.read.map(([at]) => at)).toEqual(['15s', '35s', '40s'])
  })

  test('is not read after a cancel', async () => {
    world.clock.at('10s', world.stop)
    expect((await rollOut()).result).toBe('rolled-back')
    expect(world.calls.count('read logs')).toBe(0)
  })

  test('is not read after a promotion', async () => {
    world.metrics.does('8', {})
    expect((await rollOut()).result).toBe('promoted')
    expect(world.calls.count('read logs')).toBe(0)
  })
})
