import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, newWorld, run, type Sim, served, settings, type Wish, waiting } from './support/world.ts'

/** The journal once 8 serves, until the next rollout. */
const promoted = 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1'
/** Who was at it before this run and died, and what the alias says once their canary is gone. */
const dead = 'octo/orders@dead000 run 950.1'
const dropped = 'lambda-rollout 7 after 5; octo/orders@abc1234 run 987.1'

let world: Sim

beforeEach(() => {
  world = newWorld()
})

/** The last deploy died with 10 % on version 8, whose code is what this one brings unless it is said otherwise. */
function diedAt(weight: number, description = waiting('8', 'rolling', dead, '09:00')): void {
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.aliases.points('orders:live', partWay('7', '8', weight), description)
}

function notes(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'planned' ? fact.notes : []))
}

test('an artifact becomes a version, a canary and then everything', async () => {
  const outcome = await deploy(inputs(), run, world)
  expect(world.calls.writes.map(({ at, operation }) => [at, operation])).toEqual([
    ['0s', 'upload code'],
    ['0s', 'publish version'],
    ['0s', 'update alias'],
    ['5m', 'update alias'],
  ])
  expect(world.aliases.wrote).toEqual([
    ['0s', '7 at 90 %, 8 at 10 %', waiting()],
    ['5m', '8', promoted],
  ])
  expect(outcome).toMatchObject({ result: 'promoted' })
  expect(world.facts.find(fact => fact.kind === 'version')).toMatchObject({ version: '8', codeSha256: 'code of 8' })
})

describe('the version', () => {
  beforeEach(() => world.functions.has('orders', { 5: {}, 7: {}, 8: {} }))

  test('can be named by its number, and nothing is uploaded', async () => {
    await deploy(inputs({ source: { kind: 'version', version: '8' } }), run, world)
    expect(world.calls.writes.map(call => call.operation)).toEqual(['update alias', 'update alias'])
    expect(world.aliases.serves('orders:live')).toBe('8')
    expect(world.calls.count('list triggers')).toBe(0)
  })

  test('can be named by the alias that serves it', async () => {
    world.aliases.points('orders:staging', whole('8'))
    await deploy(inputs({ source: { kind: 'version-of', alias: 'staging' } }), run, world)
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test.each([
    ['that does not exist', { kind: 'version', version: '6' }, 'no version 6'],
    ['of an alias that does not exist', { kind: 'version-of', alias: 'staging' }, 'no alias staging'],
    ['of an alias that is part-way', { kind: 'version-of', alias: 'rolling' }, '5 at 90 %, 7 at 10 %'],
    ['of an alias at $LATEST', { kind: 'version-of', alias: 'head' }, '$LATEST'],
  ] as const)('%s is refused', async (_, source, why) => {
    world.aliases.points('orders:rolling', partWay('5', '7', 0.1))
    world.aliases.points('orders:head', whole('$LATEST'))
    const outcome = await deploy(inputs({ source }), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining(why) })
    expect(world.calls.writes).toEqual([])
  })

  test('that serves already is unchanged', async () => {
    const outcome = await deploy(inputs({ source: { kind: 'version', version: '7' } }), run, world)
    expect(outcome.result).toBe('unchanged')
  })
})

describe('unchanged', () => {
  const same = { source: { kind: 'directory', path: 'code of 7' } } as const

  test('is an artifact that the alias serves already, and nothing is written', async () => {
    const outcome = await deploy(inputs(same), run, world)
    expect(outcome).toMatchObject({ result: 'unchanged', reason: expect.stringContaining('version 7') })
    expect(world.calls.writes).toEqual([])
  })

  test('is it whatever $LATEST holds', async () => {
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of somebody else' })
    expect((await deploy(inputs(same), run, world)).result).toBe('unchanged')
    expect(world.calls.writes).toEqual([])
  })

  test('is not what only $LATEST holds: it is published and rolled out, without an upload', async () => {
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of 8' })
    expect((await deploy(inputs(), run, world)).result).toBe('promoted')
    expect(world.calls.count('upload code')).toBe(0)
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('is not what another version than the one that serves holds', async () => {
    const outcome = await deploy(inputs({ source: { kind: 'directory', path: 'code of 5' } }), run, world)
    expect(outcome.result).toBe('promoted')
    expect(world.aliases.serves('orders:live')).toBe('8')
  })

  test('is not the same code with another configuration', async () => {
    const outcome = await deploy(inputs({ ...same, configuration: { MemorySize: 512 } }), run, world)
    expect(outcome.result).toBe('promoted')
    expect(world.calls.count('upload code')).toBe(0)
    expect(world.functions.settings('orders', '8')).toEqual({
      ...settings,
      MemorySize: 512,
      Description: 'octo/orders@abc1234 main run 987.1',
    })
  })

  test('is the same code with a configuration that names what is so already', async () => {
    const outcome = await deploy(inputs({ ...same, configuration: { MemorySize: 128 } }), run, world)
    expect(outcome.result).toBe('unchanged')
  })

  test('is not what serves, where somebody has changed the configuration since and that would become part of it', async () => {
    world.functions.changes('orders', '$LATEST', { settings: { ...settings, Timeout: 30 } })
    expect((await deploy(inputs(same), run, world)).result).toBe('promoted')
    expect(world.functions.settings('orders', '8')).toMatchObject({ Timeout: 30 })
  })

  test('is known of an object in S3 only once Lambda has it, and no version is published', async () => {
    const source = { kind: 's3', bucket: 'builds', key: 'orders.zip' } as const
    world.functions.has('orders', { 7: { codeSha256: 'code at s3://builds/orders.zip' } })
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of somebody else' })
    expect((await deploy(inputs({ source }), run, world)).result).toBe('unchanged')
    expect(world.calls.writes.map(call => call.operation)).toEqual(['upload code'])
  })

  test('is not said of an alias at $LATEST, which serves no version', async () => {
    world.aliases.points('orders:live', whole('$LATEST'))
    const outcome = await deploy(inputs({ ...same, strategy: 'all-at-once' }), run, world)
    expect(outcome.result).toBe('promoted')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('an alias at $LATEST', () => {
  beforeEach(() => world.aliases.points('orders:live', whole('$LATEST'), 'what serverless left'))

  test('takes no canary, and nothing is uploaded', async () => {
    const outcome = await deploy(inputs(), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('all-at-once') })
    expect(world.calls.writes).toEqual([])
  })

  test('is moved to a version all at once, and no journal speaks of a version before', async () => {
    await deploy(inputs({ strategy: 'all-at-once' }), run, world)
    expect(world.aliases.wrote).toEqual([['0s', '8', 'lambda-rollout 8; octo/orders@abc1234 run 987.1']])
  })

  test('goes back to it when the watched version fails', async () => {
    world.alarms.is('errors', 'OK')
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    await deploy(inputs({ strategy: '100% for 10m', alarms: ['errors'] }), run, world)
    expect(world.aliases.wrote.at(-1)).toEqual(['2m', '$LATEST', 'what serverless left'])
  })
})

describe('a function that does not exist', () => {
  beforeEach(() => {
    world.functions.lacks('orders')
    world.aliases.lacks('orders:live')
  })

  const configuration = {
    Role: 'arn:aws:iam::111122223333:role/orders',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
  }

  test('is created with what the configuration says, and its alias with it', async () => {
    const outcome = await deploy(inputs({ configuration }), run, world)
    expect(world.calls.writes.map(call => call.operation)).toEqual([
      'create function',
      'publish version',
      'create alias',
    ])
    expect(world.functions.settings('orders', '1')).toMatchObject(configuration)
    expect(world.aliases.serves('orders:live')).toBe('1')
    expect(outcome.result).toBe('promoted')
  })

  test('is refused without what a function needs', async () => {
    const outcome = await deploy(inputs({ configuration: { MemorySize: 512 } }), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('Role, Runtime, Handler') })
    expect(world.calls.writes).toEqual([])
  })
})

describe('an alias that is part-way at the start', () => {
  test('with our candidate is carried on at its weight, baked anew, and taken over in its journal', async () => {
    diedAt(0.1)
    const outcome = await deploy(inputs({ strategy: '1% for 5m, 10% for 10m, 50% for 5m' }), run, world)
    expect(world.aliases.wrote).toEqual([
      ['0s', '7 at 90 %, 8 at 10 %', waiting()],
      ['10m', '7 at 50 %, 8 at 50 %', waiting()],
      ['15m', '8', promoted],
    ])
    expect(world.calls.count('publish version')).toBe(0)
    expect(outcome.result).toBe('promoted')
  })

  test('with our candidate goes back to stable alone when that fails, not to the canary that was found', async () => {
    diedAt(0.1)
    world.alarms.is('errors', 'OK')
    world.clock.at('2m', () => world.alarms.is('errors', 'ALARM'))
    expect((await deploy(inputs({ alarms: ['errors'] }), run, world)).result).toBe('rolled-back')
    expect(world.aliases.wrote.at(-1)).toEqual(['2m', '7', dropped])
  })

  test('with our candidate is rolled back when the workflow is cancelled right at the beginning', async () => {
    diedAt(0.1)
    world.calls.befall('update alias', { before: () => world.stop() }, { nth: 1 })
    expect((await deploy(inputs(), run, world)).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('with our candidate, whose journal cannot be taken over, is told with the command that mends it', async () => {
    diedAt(0.1)
    world.calls.befall('update alias', { fails: 'denied' })
    const outcome = await deploy(inputs(), run, world)
    expect(outcome.result).toBe('part-way')
    expect(outcome.cure).toContain('--function-version 7')
  })

  test("with a dead run's canary drops it, says whose it was, and begins anew", async () => {
    diedAt(0.3)
    const outcome = await deploy(inputs({ source: { kind: 'directory', path: 'code of 9' } }), run, world)
    expect(world.aliases.wrote).toEqual([
      ['0s', '7', dropped],
      ['0s', '7 at 90 %, 9 at 10 %', waiting('9')],
      ['5m', '9', 'lambda-rollout 9 after 7; octo/orders@abc1234 run 987.1'],
    ])
    expect(notes()).toEqual([expect.stringContaining(dead)])
    expect(outcome.result).toBe('promoted')
  })

  test("with a dead run's canary, while stable is what is deployed, ends whole and unchanged", async () => {
    diedAt(0.3)
    const outcome = await deploy(inputs({ source: { kind: 'directory', path: 'code of 7' } }), run, world)
    expect(outcome.result).toBe('unchanged')
    expect(world.aliases.wrote).toEqual([['0s', '7', dropped]])
  })

  test.each([
    ['paused', waiting('8', 'paused', dead), 'command: promote'],
    ['held', waiting('8', 'held', dead), 'command: rollback'],
    ["another repository's", waiting('8', 'rolling', 'octo/other@dead000 run 950.1'), 'octo/other'],
    ['not described at all', 'by hand', 'not by this repository'],
    ['described as another version', waiting('6', 'rolling', dead), 'not by this repository'],
    ["a newer run's", waiting('8', 'rolling', 'octo/orders@fedcba9 run 990.1'), 'run 990.1'],
  ])('with a canary that is %s is refused and left alone', async (_, description, why) => {
    diedAt(0.1, description)
    const outcome = await deploy(inputs(), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining(why) })
    expect(world.calls.writes).toEqual([])
    expect(world.aliases.serves('orders:live')).toBe('7 at 90 %, 8 at 10 %')
  })

  describe('and what would be refused is a roll-back first', () => {
    beforeEach(() => diedAt(0.1))

    const reasons: readonly (readonly [string, () => unknown, Wish])[] = [
      ['an alarm that fires already', () => world.alarms.is('errors', 'ALARM'), { alarms: ['errors'] }],
      ['an alarm that does not exist', () => undefined, { alarms: ['errors'] }],
      [
        'alarms that may not be read',
        () => world.calls.befall('find alarms', { fails: 'denied' }),
        { alarms: ['errors'] },
      ],
      [
        'a candidate with another role',
        () => undefined,
        { configuration: { Role: 'arn:aws:iam::111122223333:role/x' } },
      ],
      [
        'a function that is not Active',
        () => world.functions.changes('orders', '$LATEST', { state: { state: 'Inactive' } }),
        {},
      ],
      [
        'a version in place that has Failed',
        () => world.functions.changes('orders', '8', { state: { state: 'Failed' } }),
        {},
      ],
      [
        'a version in place that does not settle',
        () => world.functions.changes('orders', '8', { state: { state: 'Pending' } }),
        {},
      ],
      ['an artifact that is too large', () => Object.assign(world.built, { zippedBytes: 60_000_000 }), {}],
      ['a version that does not exist', () => undefined, { source: { kind: 'version', version: '6' } }],
      ['a function that may not be read', () => world.calls.befall('read function', { fails: 'denied' }), {}],
    ]
    test.each(reasons)('for %s', async (_, arrange, change) => {
      arrange()
      const outcome = await deploy(inputs(change), run, world)
      expect(world.aliases.wrote).toEqual([[expect.any(String), '7', dropped]])
      expect(outcome).toMatchObject({ result: 'rolled-back', reason: expect.stringContaining('then: ') })
    })

    test('for a cancel before the rollout has begun', async () => {
      world.functions.changes('orders', '8', { state: { state: 'Pending' } })
      world.clock.at('5s', () => world.stop())
      expect((await deploy(inputs(), run, world)).result).toBe('rolled-back')
      expect(world.aliases.wrote).toEqual([['5s', '7', dropped]])
    })

    test('for a version that cannot be released after the drop', async () => {
      world.calls.befall('upload code', { fails: 'denied' })
      const outcome = await deploy(inputs({ source: { kind: 'directory', path: 'code of 9' } }), run, world)
      expect(outcome.result).toBe('rolled-back')
      expect(outcome.reason).toContain('upload code')
      expect(world.aliases.wrote).toEqual([['0s', '7', dropped]])
    })

    test('and where that is denied, the end is part-way, with the command', async () => {
      world.calls.befall('update alias', { fails: 'denied' })
      const outcome = await deploy(inputs({ alarms: ['errors'] }), run, world)
      expect(outcome.result).toBe('part-way')
      expect(outcome.cure).toBe(
        'aws lambda update-alias --region eu-west-1 --function-name orders --name live --function-version 7 --routing-config AdditionalVersionWeights={}',
      )
    })

    test('and where somebody was faster, the alias is theirs', async () => {
      world.calls.befall('update alias', { before: () => world.aliases.points('orders:live', whole('5')) }, { nth: 1 })
      expect((await deploy(inputs({ alarms: ['errors'] }), run, world)).result).toBe('stood-aside')
      expect(world.aliases.serves('orders:live')).toBe('5')
    })

    test('but not where the canary came while this run released its version: whoever made it lives', async () => {
      world.aliases.points('orders:live', whole('7'), served)
      const theirs = () => world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting('8', 'rolling', dead))
      world.calls.befall('upload code', { before: theirs })
      world.calls.befall('upload code', { fails: 'denied' })
      const outcome = await deploy(inputs({ source: { kind: 'directory', path: 'code of 9' } }), run, world)
      expect(outcome.result).toBe('refused')
      expect(world.aliases.serves('orders:live')).toBe('7 at 90 %, 8 at 10 %')
    })

    test('but not in a dry run that cannot even begin', async () => {
      world.built.zippedBytes = 60_000_000
      expect((await deploy(inputs({ dryRun: true }), run, world)).result).toBe('refused')
      expect(world.calls.writes).toEqual([])
    })

    test('but not in a dry run', async () => {
      const outcome = await deploy(inputs({ alarms: ['errors'], dryRun: true }), run, world)
      expect(outcome.result).toBe('refused')
      expect(world.calls.writes).toEqual([])
    })
  })
})

describe('runs out of order', () => {
  beforeEach(() => {
    world.aliases.points('orders:live', whole('7'), 'lambda-rollout 7 after 5; octo/orders@fedcba9 run 990.1')
  })

  test('leave what a newer run has promoted', async () => {
    const outcome = await deploy(inputs(), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('run 990.1') })
    expect(world.calls.writes).toEqual([])
  })

  test('go ahead when somebody re-runs the older one', async () => {
    expect((await deploy(inputs(), { ...run, attempt: 2 }, world)).result).toBe('promoted')
  })

  test("are not another repository's business", async () => {
    world.aliases.points('orders:live', whole('7'), 'lambda-rollout 7 after 5; octo/other@fedcba9 run 990.1')
    expect((await deploy(inputs(), run, world)).result).toBe('promoted')
  })

  test('are compared as numbers', async () => {
    expect((await deploy(inputs(), { ...run, id: '10000' }, world)).result).toBe('promoted')
  })

  test('are forgiven when somebody has pointed the alias elsewhere since', async () => {
    world.aliases.points('orders:live', whole('5'), 'lambda-rollout 7 after 5; octo/orders@fedcba9 run 990.1')
    expect((await deploy(inputs(), run, world)).result).toBe('promoted')
    expect(world.aliases.wrote[0]?.[2]).toBe(
      'lambda-rollout 5; candidate 8 rolling since 2026-11-23T10:00Z; octo/orders@abc1234 run 987.1',
    )
  })
})

describe('a dry run', () => {
  test.each([
    ['of an artifact', () => undefined],
    ['of a first alias', () => world.aliases.lacks('orders:live')],
    ["on a dead run's canary", () => diedAt(0.3)],
    ['of what is served already', () => world.functions.has('orders', { 7: { codeSha256: 'code of 8' } })],
  ])('%s writes nothing', async (_, arrange) => {
    arrange()
    const outcome = await deploy(inputs({ dryRun: true }), run, world)
    expect(['planned', 'unchanged']).toContain(outcome.result)
    expect(world.calls.writes).toEqual([])
  })

  test('tells what would be refused', async () => {
    expect((await deploy(inputs({ dryRun: true, alarms: ['errors'] }), run, world)).result).toBe('refused')
  })
})

describe('what is told beforehand', () => {
  test('names what runs $LATEST, how the candidate differs, and that nothing watches', async () => {
    world.functions.triggered = { found: ['event source mapping of queue'], unreadable: [] }
    await deploy(inputs({ configuration: { MemorySize: 512 } }), run, world)
    const told = world.facts.map(fact => fact.kind)
    expect(told.indexOf('triggers')).toBeLessThan(told.indexOf('version'))
    expect(world.facts.find(fact => fact.kind === 'differences')).toMatchObject({
      list: [{ name: 'MemorySize', from: '128', to: '512' }],
    })
    expect(world.facts).toContainEqual({
      kind: 'warning',
      text: expect.stringContaining('Neither `alarms` nor `checks` watch'),
    })
  })
})

describe('a zip that is too large to send', () => {
  beforeEach(() => {
    world.built.zippedBytes = 60_000_000
  })

  test('goes by way of the bucket, once', async () => {
    const outcome = await deploy(inputs({ uploadBucket: { bucket: 'builds', prefix: 'lambda' } }), run, world)
    expect(outcome.result).toBe('promoted')
    expect(world.calls.writes.map(call => call.operation).slice(0, 3)).toEqual([
      'put object',
      'upload code',
      'publish version',
    ])
  })

  test('is refused without one', async () => {
    const outcome = await deploy(inputs(), run, world)
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('upload-bucket') })
  })

  test('that cannot be put there is refused with nothing touched', async () => {
    world.calls.befall('put object', { fails: 'denied' })
    const outcome = await deploy(inputs({ uploadBucket: { bucket: 'builds', prefix: 'lambda' } }), run, world)
    expect(outcome.result).toBe('refused')
    expect(world.aliases.wrote).toEqual([])
  })
})

test('a mistake of our own is no end that AWS or a person has caused', async () => {
  world.calls.befall('publish version', {
    before: () => {
      throw new TypeError('undefined is not a function')
    },
  })
  await expect(deploy(inputs(), run, world)).rejects.toThrow(TypeError)
})

test('an alias that stood at the end of one run is what the next begins with', async () => {
  await deploy(inputs(), run, world)
  const next = { ...run, id: '988', commit: 'bcd2345' }
  await deploy(inputs({ source: { kind: 'directory', path: 'code of 9' } }), next, world)
  expect(world.aliases.says('orders:live')).toBe('lambda-rollout 9 after 8; octo/orders@bcd2345 run 988.1')
  expect(served).not.toBe(world.aliases.says('orders:live'))
})

describe('a dead run’s canary that this run has seen', () => {
  test('and can no longer read is told of, with the command that mends it', async () => {
    diedAt(0.1)
    world.calls.befall('read alias', { fails: 'expired' }, { from: 2 })
    world.calls.befall('update alias', { fails: 'expired' })
    world.calls.befall('find alarms', { fails: 'expired' })
    const outcome = await deploy(inputs({ alarms: ['errors'], source: { kind: 'version', version: '5' } }), run, world)
    expect(outcome).toMatchObject({ result: 'part-way', cure: expect.stringContaining('--function-version 7') })
  })

  test('and has dropped makes a failure after it a roll-back, and an unchanged end say so', async () => {
    diedAt(0.1)
    world.calls.befall('update alias', { fails: 'denied' }, { nth: 2 })
    const source = { kind: 'version', version: '5' } as const
    expect(await deploy(inputs({ source }), run, world)).toMatchObject({
      result: 'rolled-back',
      reason: expect.stringMatching(/^version 8 was rolled back and orders:live serves version 7 alone.*; then: /),
    })
    diedAt(0.1)
    const same = { kind: 'version', version: '7' } as const
    const again = await deploy(inputs({ source: same }), run, world)
    expect(again).toMatchObject({
      result: 'unchanged',
      reason: expect.stringContaining('; then: orders:live already serves'),
    })
  })
})

test('a zip that lies in the bucket is something done, although Lambda then refuses it', async () => {
  world.built.zippedBytes = 60_000_000
  world.calls.befall('upload code', { fails: 'denied' })
  const uploadBucket = { bucket: 'builds', prefix: '' }
  expect((await deploy(inputs({ uploadBucket }), run, world)).result).toBe('failed')
})

test('a function whose reserved concurrency is 0 is rolled out with a warning that nothing can be seen of it', async () => {
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
  world.functions.isThrottled('orders')
  await deploy(inputs({ source: { kind: 'version', version: '8' } }), run, world)
  expect(world.facts).toContainEqual({ kind: 'warning', text: expect.stringContaining('reserved concurrency 0') })
})
