import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import type { RollbackInputs } from '../src/inputs.ts'
import { rollback } from '../src/rollback.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { inputs, newWorld, run, type Sim, served, target, waiting } from './support/world.ts'

/** The run that somebody starts by hand in an incident. */
const button = { ...run, id: '999' }
const by = 'octo/orders@abc1234 run 999.1'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 3: {}, 5: {}, 6: {}, 7: {}, 8: {} })
})

function goBack(change: Partial<RollbackInputs> = {}): Promise<Outcome> {
  return rollback({ targets: [{ target }], version: undefined, dryRun: false, ...change }, button, world)
}

const to = (version: string) => ({ version: { kind: 'version', version } as const })

describe('with a canary on the alias', () => {
  beforeEach(() => world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting()))

  test('that is dropped, and no more than that', async () => {
    expect(await goBack()).toEqual({
      result: 'rolled-back',
      reason: 'version 8 was taken away and orders:live serves version 7 alone',
    })
    expect(world.aliases.wrote).toEqual([['0s', '7', `lambda-rollout 7 after 5; ${by}`]])
  })

  test('also one that nobody has signed, of which nothing is known but the routing', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.5), 'Blue')
    expect((await goBack()).result).toBe('rolled-back')
    expect(world.aliases.wrote).toEqual([['0s', '7', `lambda-rollout 7; ${by}`]])
  })

  test('a version that is named is for the next time, and it says so', async () => {
    expect((await goBack(to('5'))).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
    expect(world.facts).toContainEqual({
      kind: 'warning',
      text: 'A canary was there, and dropping it is all that was done; run it once more to go back to version 5',
    })
  })
})

describe('without a canary', () => {
  test('it goes back to the version that was served before, not to the number before', async () => {
    expect(await goBack()).toEqual({
      result: 'rolled-back',
      reason: 'version 7 was taken away and orders:live serves version 5 alone',
    })
    expect(world.aliases.wrote).toEqual([['0s', '5', `lambda-rollout 5; ${by}`]])
  })

  test('twice it refuses: nothing lies behind what was gone back to', async () => {
    await goBack()
    expect(await goBack()).toMatchObject({
      result: 'refused',
      reason:
        'orders:live has no canary, and does not tell what it served before (its journal knows of nothing that it served before version 5); give `version`; the versions of orders are 8, 7, 6, 5, 3',
    })
  })

  test('it goes to the version that is named', async () => {
    expect((await goBack(to('3'))).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('3')
  })

  test('it goes to the version that another alias serves', async () => {
    world.aliases.points('orders:staging', whole('6'))
    await goBack({ version: { kind: 'version-of', alias: 'staging' } })
    expect(world.aliases.serves('orders:live')).toBe('6')
  })

  test('it leaves an alias that is there already', async () => {
    expect(await goBack(to('7'))).toEqual({
      result: 'unchanged',
      reason: 'orders:live already serves version 7 alone',
    })
    expect(world.calls.writes).toEqual([])
  })

  test('a journal that is stale refuses and lists the versions, also where they may not be listed', async () => {
    world.aliases.points('orders:live', whole('8'), served)
    expect(await goBack()).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining(
        'somebody else moved it since); give `version`; the versions of orders are 8, 7,',
      ),
    })
    world.calls.befall('list versions', { fails: 'denied', cure: 'allow lambda:ListVersionsByFunction' })
    expect(await goBack()).toMatchObject({
      reason: expect.stringContaining(
        '`aws lambda list-versions-by-function --region eu-west-1 --function-name orders`',
      ),
    })
  })

  test('a version that is gone is refused with those that are there', async () => {
    expect(await goBack(to('4'))).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(/orders:live still serves version 7, .*the versions of orders are 8, 7, 6, 5, 3/),
    })
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test('no alias is refused', async () => {
    world.aliases.lacks('orders:live')
    expect(await goBack()).toMatchObject({ result: 'refused', reason: expect.stringContaining('there is no alias') })
  })
})

test('it needs nothing but the alias', async () => {
  await goBack()
  expect([...new Set(world.calls.made.map(({ operation }) => operation))]).toEqual(['read alias', 'update alias'])
})

test('a dry run says what would be done and does nothing', async () => {
  expect(await goBack({ dryRun: true })).toEqual({
    result: 'planned',
    reason: 'orders:live: it would go back from version 7 to version 5; nothing was changed',
  })
  expect(world.calls.writes).toEqual([])
})

describe('a person outranks a run', () => {
  const rollOut = () => deploy(inputs({ source: { kind: 'version', version: '8' } }), run, world)

  test('that is rolling out: its canary is dropped, and it stands aside', async () => {
    let ended: Promise<Outcome> | undefined
    world.clock.at('2m', () => (ended = goBack()))
    expect((await rollOut()).result).toBe('stood-aside')
    expect((await ended)?.result).toBe('rolled-back')
    expect(world.aliases.says('orders:live')).toBe(`lambda-rollout 7 after 5; ${by}`)
  })

  test('that writes in between: it is read and written again, to where it was first meant to go', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting())
    const step = () => world.aliases.points('orders:live', partWay('7', '8', 0.5), waiting())
    world.calls.befall('update alias', { before: step }, { nth: 1 })
    expect((await goBack()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('that promotes in between: the version before is where it was meant to go', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting())
    const promote = () =>
      world.aliases.points('orders:live', whole('8'), 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1')
    world.calls.befall('update alias', { before: promote }, { nth: 1 })
    expect((await goBack()).result).toBe('rolled-back')
    expect(world.aliases.serves('orders:live')).toBe('7')
  })

  test('that rolls back in between: it is not gone back once more', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting())
    const back = () => world.aliases.points('orders:live', whole('7'), served)
    world.calls.befall('update alias', { before: back }, { nth: 1 })
    expect((await goBack()).result).toBe('rolled-back')
    expect(world.aliases.says('orders:live')).toBe(served)
  })

  test('but who writes right after it has the last word', async () => {
    const stranger = () => world.aliases.points('orders:live', whole('3'), 'by hand')
    world.calls.befall('read alias', { before: stranger }, { nth: 2 })
    expect((await goBack()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:live')).toBe('3')
  })
})

describe('while AWS moves provisioned concurrency from the version before', () => {
  beforeEach(async () => {
    world.aliases.provisioned.add('orders:live')
    const { revision = '' } = (await world.aliases.read(target)) ?? {}
    const asked = { routing: whole('8'), description: 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1' }
    await world.aliases.update(target, asked, revision)
    await world.clock.sleep(30_000)
    expect(world.aliases.serves('orders:live')).toMatch(/^8 at .*, 7 at/)
  })

  test('its weights are no canary: what is left is the version that the alias serves', async () => {
    expect(await goBack()).toMatchObject({
      result: 'rolled-back',
      reason: expect.stringContaining('serves version 7 alone'),
    })
    expect(world.aliases.says('orders:live')).toBe(`lambda-rollout 7; ${by}`)
  })

  test('also where it may not be read whether AWS does', async () => {
    world.calls.befall('read provisioned concurrency', { fails: 'denied' })
    await goBack()
    expect(world.aliases.says('orders:live')).toBe(`lambda-rollout 7; ${by}`)
  })
})

test('an outdated read that shows no canary takes nothing but the canary away', async () => {
  const { revision = '' } = (await world.aliases.read(target)) ?? {}
  await world.aliases.update(target, { routing: partWay('7', '8', 0.1), description: waiting() }, revision)
  world.aliases.laggingReads = 2
  expect((await goBack()).result).toBe('rolled-back')
  expect(world.aliases.says('orders:live')).toBe(`lambda-rollout 7 after 5; ${by}`)
})

test('a function of another account is refused', async () => {
  const arn = 'arn:aws:lambda:eu-west-1:999999999999:function:orders'
  expect(await goBack({ targets: [{ target, arn }] })).toMatchObject({
    result: 'refused',
    reason: expect.stringContaining('the credentials lead to'),
  })
  expect(world.calls.writes).toEqual([])
})

describe('AWS that does not let it', () => {
  test('for a while is tried again, for minutes', async () => {
    world.calls.befall('update alias', { fails: 'unavailable' }, { until: '3m' })
    expect((await goBack()).result).toBe('rolled-back')
  })

  test('whose answer is lost has done it all the same', async () => {
    world.calls.befall('update alias', { loses: 'answer' }, { nth: 1 })
    expect((await goBack()).result).toMatch(/rolled-back|unchanged/)
    expect(world.aliases.serves('orders:live')).toBe('5')
  })

  test('at all leaves a whole alias as it was: refused, and why', async () => {
    world.calls.befall('update alias', { fails: 'denied', cure: 'allow lambda:UpdateAlias' })
    expect(await goBack()).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(/still serves version 7, .*allow lambda:UpdateAlias$/),
    })
  })

  test('at all leaves a canary where it is: part-way, with the command that mends it', async () => {
    world.aliases.points('orders:live', partWay('7', '8', 0.1), waiting())
    world.calls.befall('update alias', { fails: 'denied' })
    expect(await goBack()).toMatchObject({
      result: 'part-way',
      cure: 'aws lambda update-alias --region eu-west-1 --function-name orders --name live --function-version 7 --routing-config AdditionalVersionWeights={}',
    })
  })

  test('read the alias is refused', async () => {
    world.calls.befall('read alias', { fails: 'expired' })
    expect((await goBack()).result).toBe('refused')
  })
})
