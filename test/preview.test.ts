import { beforeEach, describe, expect, test } from 'vitest'
import type { Making } from '../src/inputs/making.ts'
import type { Source } from '../src/inputs/source.ts'
import type { PreviewInputs } from '../src/inputs.ts'
import { preview } from '../src/preview.ts'
import { giveBack } from '../src/previewing/loan.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import type { Operation } from './support/world/calls.ts'
import { Killed, newWorld, run, type Sim, served, settings } from './support/world.ts'

/** Run 987 of octo/orders shows pull request 7 at `orders:pr-7`; what its versions say begins with the prefix. */
const target = { functionName: 'orders', alias: 'pr-7', region: 'eu-west-1' }
const says = 'preview octo/orders#7: octo/orders@abc1234 run 987.1'
const journal = 'lambda-rollout 8; octo/orders@abc1234 run 987.1'
const earlier = 'lambda-rollout 7; octo/orders@0ldc0de run 900.1'
const url = 'https://orders-pr-7.lambda-url.eu-west-1.on.aws/'

let world: Sim

beforeEach(() => {
  world = newWorld()
})

type Change = Partial<Pick<PreviewInputs, 'auth' | 'dryRun' | 'arn'> & Making> & {
  readonly source?: Source
  readonly fromFork?: boolean
}

const environment = 'preview'
const pull = { number: 7, closed: false, commit: 'abc1234def', fromFork: false }

/** Shows the directory `code of 8`, to whom IAM lets, unless it says otherwise. */
async function show(change: Change = {}, by: Run = run): Promise<Outcome> {
  const { auth = 'AWS_IAM', dryRun = false, arn, fromFork = false, ...making } = change
  const shows = {
    source: { kind: 'directory', path: 'code of 8' } as const,
    configuration: {},
    versionDescription: says,
    uploadBucket: undefined,
    smokeTest: undefined,
    readyTimeoutMs: 15 * 60_000,
    ...making,
  }
  const wish = { target, pull: { ...pull, fromFork }, auth, environment, dryRun, shows }
  return await preview({ ...wish, ...(arn !== undefined && { arn }) }, by, world)
}

async function close(change: Partial<PreviewInputs> = {}, by: Run = run): Promise<Outcome> {
  const wish = { target, pull: { ...pull, closed: true }, auth: 'AWS_IAM', environment, dryRun: false } as const
  return await preview({ ...wish, shows: undefined, ...change }, by, world)
}

function die(): never {
  throw new Killed()
}

function operations(): readonly Operation[] {
  return world.calls.writes.map(({ operation }) => operation)
}

function warnings(): readonly string[] {
  return world.facts.flatMap(fact => (fact.kind === 'warning' ? [fact.text] : []))
}

/** The preview of an earlier push, on version 7. */
function wasShown(auth: 'AWS_IAM' | 'NONE' = 'AWS_IAM', description = earlier): void {
  world.aliases.points('orders:pr-7', whole('7'), description)
  world.urls.has('orders:pr-7', auth)
}

describe('a pull request that is opened', () => {
  test('gets a version, an alias, a URL and a comment, in that order', async () => {
    const outcome = await show()
    expect(outcome).toEqual({ result: 'previewed', reason: expect.stringContaining(url), url })
    expect(operations()).toEqual(['upload code', 'publish version', 'create alias', 'create url', 'comment'])
    expect(world.aliases.wrote).toEqual([['0s', '8', journal]])
    expect(world.functions.settings('orders', '8')).toMatchObject({ Description: says })
    expect(world.pulls.says.get(7)).toEqual({
      ...{ kind: 'ready', target, run, commit: 'abc1234def', version: '8', codeSha256: 'code of 8', url },
      ...{ aliasArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:pr-7', auth: 'AWS_IAM' },
    })
    expect(world.facts.filter(({ kind }) => kind === 'version' || kind === 'url')).toEqual([
      expect.objectContaining({ kind: 'version', version: '8' }),
      { kind: 'url', url, auth: 'AWS_IAM' },
    ])
  })

  test('leaves every other alias as it was', async () => {
    const others = ['orders:live', 'orders:pr-70', 'orders:pr-8', 'orders:PR-7', 'orders:staging']
    for (const name of others) world.aliases.points(name, whole('7'), served)
    await show({ auth: 'NONE' })
    expect(others.map(name => [world.aliases.serves(name), world.aliases.says(name), world.urls.lets(name)])).toEqual(
      others.map(() => ['7', served, 'nobody']),
    )
  })

  test('is open to everybody where that is asked for, and it is opened last', async () => {
    expect((await show({ auth: 'NONE' })).result).toBe('previewed')
    expect(operations().slice(-3)).toEqual(['create url', 'open url', 'comment'])
    expect(world.urls.lets('orders:pr-7')).toBe('anybody')
  })

  test('shows a version that is given, which nothing is uploaded for', async () => {
    world.functions.triggered = { found: ['function URL https://…'], unreadable: ['its policy (lambda:GetPolicy)'] }
    expect((await show({ source: { kind: 'version', version: '5' } })).result).toBe('previewed')
    expect(operations()).toEqual(['create alias', 'create url', 'comment'])
    expect(world.aliases.serves('orders:pr-7')).toBe('5')
    expect(world.calls.count('list triggers')).toBe(0)
  })

  test('shows the version of another alias', async () => {
    world.aliases.points('orders:staging', whole('5'))
    await show({ source: { kind: 'version-of', alias: 'staging' } })
    expect(world.aliases.serves('orders:pr-7')).toBe('5')
  })

  test('creates the function where the configuration says how', async () => {
    world.functions.lacks('orders')
    world.aliases.lacks('orders:live')
    const configuration = { Role: settings.Role, Runtime: 'nodejs22.x', Handler: 'index.handler' }
    expect((await show({ configuration })).result).toBe('previewed')
    expect(world.aliases.serves('orders:pr-7')).toBe('1')
    expect(world.loan()).toBeUndefined()
  })
})

describe('a pull request that is pushed to', () => {
  beforeEach(() => wasShown())

  test('has its alias moved, and keeps its URL', async () => {
    expect((await show()).result).toBe('previewed')
    expect(world.aliases.wrote).toEqual([['0s', '8', journal]])
    expect(world.calls.count('create url')).toBe(0)
  })

  test('and builds the same again publishes and uploads nothing', async () => {
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of another pull request' })
    expect((await show({ source: { kind: 'directory', path: 'code of 7' } })).result).toBe('previewed')
    expect(operations().filter(name => /function|code|version/.test(name))).toEqual([])
    expect(world.aliases.says('orders:pr-7')).toBe('lambda-rollout 7; octo/orders@abc1234 run 987.1')
  })

  test('and builds the same image again, as its digest says, uploads nothing', async () => {
    const digest = '7'.repeat(64)
    world.functions.has('orders', { 7: { codeSha256: digest }, 8: {} }, 'Image')
    const uri = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:${digest}`
    expect((await show({ source: { kind: 'image', uri } })).result).toBe('previewed')
    expect(operations()).not.toContain('upload code')
    expect(world.aliases.serves('orders:pr-7')).toBe('7')
  })

  test('and whose code only Lambda can tell to be the same publishes nothing', async () => {
    world.functions.has('orders', { 7: { codeSha256: 'code at s3://builds/orders.zip' } })
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of another pull request' })
    const source = { kind: 's3', bucket: 'builds', key: 'orders.zip' } as const
    expect((await show({ source })).result).toBe('previewed')
    expect(world.functions.versions('orders')).toEqual(['7'])
  })

  test('is made whole where somebody gave it weights', async () => {
    world.aliases.points('orders:pr-7', partWay('7', '5', 0.5), earlier)
    await show()
    expect(world.aliases.serves('orders:pr-7')).toBe('8')
  })

  test('is opened to everybody once that is asked for, and not before its URL says so', async () => {
    await show({ auth: 'NONE' })
    expect(operations().slice(-3)).toEqual(['update url', 'open url', 'comment'])
    expect(world.urls.lets('orders:pr-7')).toBe('anybody')
  })
})

describe('a URL that was open to everybody and is not to be any longer', () => {
  beforeEach(() => wasShown('NONE'))

  test('is closed before it serves the new code', async () => {
    await show()
    const order = operations()
    expect(order.indexOf('close url')).toBeLessThan(order.indexOf('update alias'))
    expect(world.urls.lets('orders:pr-7')).toBe('whom IAM lets')
    expect(world.urls.isPermitted('orders:pr-7')).toBe(false)
  })

  test('and cannot be closed never serves the new code', async () => {
    world.calls.befall('close url', { fails: 'denied' })
    expect((await show()).result).toBe('failed')
    expect(world.aliases.serves('orders:pr-7')).toBe('7')
  })

  test('is what a role for previews that were never open need not be allowed', async () => {
    world.urls.has('orders:pr-7', 'AWS_IAM')
    world.calls.befall('close url', { fails: 'denied' })
    expect((await show()).result).toBe('previewed')
    expect(warnings()).toEqual([])
  })
})

test('where AWS blocks public policies, the preview fails with what to do, and is there', async () => {
  world.urls.publicPolicies = 'blocked'
  const { result, reason } = await show({ auth: 'NONE' })
  expect(result).toBe('failed')
  expect(reason).toContain('block public policies; set `function-url-auth: AWS_IAM`, or allow public policies')
  expect(reason).toContain('aws lambda invoke --region eu-west-1 --function-name orders:pr-7')
  expect(world.aliases.serves('orders:pr-7')).toBe('8')
  expect(world.urls.lets('orders:pr-7')).toBe('nobody')
  expect(world.pulls.says.has(7)).toBe(false)
})

describe('what is refused, with nothing touched', () => {
  const refusals: readonly (readonly [string, () => Change | undefined, string])[] = [
    ['a function that does not exist', () => void world.functions.lacks('orders'), 'there is no function orders'],
    [
      'a function that is not Active',
      () => void world.functions.changes('orders', '$LATEST', { state: { state: 'Inactive' } }),
      'orders is Inactive',
    ],
    [
      'another repository’s preview of the same number',
      () => wasShown('AWS_IAM', 'lambda-rollout 7; octo/other@0ldc0de run 900.1') as undefined,
      'octo/other@0ldc0de run 900.1',
    ],
    ['an alias that a person made', () => wasShown('AWS_IAM', 'by hand') as undefined, 'was not made by a preview'],
    [
      'a preview that a newer run has made',
      () => wasShown('AWS_IAM', 'lambda-rollout 7; octo/orders@abc1234 run 988.1') as undefined,
      'a newer run',
    ],
    [
      'the function of another account',
      () => ({ arn: 'arn:aws:lambda:eu-west-1:444455556666:function:orders' }),
      "use credentials of the function's account",
    ],
    [
      'triggers of the function itself',
      () => {
        world.functions.triggered = { found: ['event source mapping of arn:aws:sqs:1'], unreadable: [] }
        return undefined
      },
      'event source mapping of arn:aws:sqs:1; give previews a function of their own',
    ],
    [
      'triggers that may not be listed',
      () => {
        world.functions.triggered = { found: [], unreadable: ['its resource policy (lambda:GetPolicy)'] }
        return undefined
      },
      'lambda:GetPolicy',
    ],
    ['a version that does not exist', () => ({ source: { kind: 'version', version: '6' } }), 'no version 6'],
  ]

  test.each(refusals)('%s', async (_, arrange, why) => {
    expect(await show(arrange())).toMatchObject({ result: 'refused', reason: expect.stringContaining(why) })
    expect(world.calls.writes).toEqual([])
  })

  test.each(refusals)('%s, in a dry run too', async (_, arrange, why) => {
    const change = arrange()
    expect(await show({ ...change, dryRun: true })).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining(why),
    })
  })

  test('is told together', async () => {
    wasShown('AWS_IAM', 'by hand')
    world.functions.triggered = { found: ['a rule'], unreadable: ['its policy (lambda:GetPolicy)'] }
    expect((await show({ source: { kind: 'image', uri: 'an image' } })).problems).toHaveLength(4)
  })

  test('is no re-run, even where a newer run has been here', async () => {
    wasShown('AWS_IAM', 'lambda-rollout 7; octo/orders@abc1234 run 988.1')
    expect((await show({}, { ...run, attempt: 2 })).result).toBe('previewed')
  })
})

test('a dry run changes and says nothing', async () => {
  wasShown()
  expect(await show({ dryRun: true })).toMatchObject({
    result: 'planned',
    reason: expect.stringContaining('orders:pr-7'),
  })
  expect(world.calls.writes).toEqual([])
})

describe('the smoke test', () => {
  test('that fails leaves the alias and says what was answered', async () => {
    wasShown()
    world.invoker.answers('orders:8', { functionError: 'Unhandled', payload: '{"errorMessage":"no table"}' })
    const outcome = await show({ smokeTest: '{}' })
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('no table') })
    expect(world.aliases.wrote).toEqual([])
  })

  test('that passes comes before the alias moves', async () => {
    await show({ smokeTest: '{"ping":true}' })
    const made = world.calls.made.map(({ operation }) => operation)
    expect(world.invoker.invoked).toEqual([['0s', 'orders:8', { ping: true }]])
    expect(made.indexOf('invoke')).toBeLessThan(made.indexOf('create alias'))
  })
})

describe('somebody who writes the alias at the same time', () => {
  test('and is an older run of ours is written over', async () => {
    wasShown()
    const stranger = () => world.aliases.points('orders:pr-7', whole('5'), earlier)
    world.calls.befall('update alias', { before: stranger }, { nth: 1 })
    expect((await show()).result).toBe('previewed')
    expect(world.aliases.serves('orders:pr-7')).toBe('8')
  })

  test.each([
    ['a newer run of ours', 'lambda-rollout 5; octo/orders@abc1234 run 988.1'],
    ['another repository', 'lambda-rollout 5; octo/other@abc1234 run 1.1'],
    ['a person', 'by hand'],
  ])('and is %s is stood aside for', async (_, description) => {
    const stranger = () => world.aliases.points('orders:pr-7', whole('5'), description)
    world.calls.befall('create alias', { before: stranger }, { nth: 1 })
    expect((await show()).result).toBe('stood-aside')
    expect([world.aliases.serves('orders:pr-7'), world.aliases.says('orders:pr-7')]).toEqual(['5', description])
    expect(world.calls.count('create url')).toBe(0)
  })

  test('and takes it away, as a closing does, is not undone', async () => {
    wasShown()
    world.calls.befall('update alias', { before: () => world.aliases.lacks('orders:pr-7') }, { nth: 1 })
    expect((await show()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:pr-7')).toBe('gone')
  })

  test('again and again is not waited for without end', async () => {
    wasShown()
    world.calls.befall('update alias', { before: () => world.aliases.touches('orders:pr-7') })
    expect((await show()).result).toBe('stood-aside')
    expect(world.calls.count('update alias')).toBe(5)
  })
})

test.each([
  ['denied', 'refused'],
  ['unavailable', 'failed'],
] as const)('where the alias is the first that is written, and that is %s, the run is %s', async (fails, result) => {
  world.calls.befall('create alias', { fails })
  expect((await show({ source: { kind: 'version', version: '5' } })).result).toBe(result)
})

describe('what the configuration named', () => {
  const configuration = { MemorySize: 512, Environment: { Variables: { STAGE: 'pr-7' } } }

  test('is part of the version, and is put back on $LATEST after publishing', async () => {
    await show({ configuration })
    expect(operations().slice(0, 4)).toEqual([
      'configure function',
      'upload code',
      'publish version',
      'configure function',
    ])
    expect(world.functions.settings('orders', '8')).toMatchObject(configuration)
    expect(world.functions.settings('orders', '$LATEST')).toEqual({ ...settings, Environment: { Variables: {} } })
    expect(world.loan()).toBeUndefined()
  })

  test('is what the next preview without it does not have', async () => {
    await show({ configuration })
    await show({ source: { kind: 'directory', path: 'code of 9' } })
    expect(world.functions.settings('orders', '9')).toMatchObject({ MemorySize: 128 })
  })

  test('is kept for the post step before the first change', async () => {
    world.calls.befall('configure function', { before: die }, { nth: 1 })
    await expect(show({ configuration })).rejects.toThrow(Killed)
    expect(world.loan()).toEqual({
      functionName: 'orders',
      region: 'eu-west-1',
      lent: configuration,
      was: { MemorySize: 128, Environment: { Variables: { STAGE: null } } },
    })
  })

  test('is left as somebody else has set it meanwhile', async () => {
    const stranger = () =>
      world.functions.changes('orders', '$LATEST', { settings: { ...settings, ...configuration, MemorySize: 1024 } })
    world.calls.befall('publish version', { after: stranger })
    await show({ configuration })
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({
      MemorySize: 1024,
      Environment: { Variables: {} },
    })
  })

  test('is put back where somebody writes in between', async () => {
    const stranger = () =>
      world.functions.changes('orders', '$LATEST', { settings: { ...settings, ...configuration, Timeout: 30 } })
    world.calls.befall('configure function', { before: stranger }, { nth: 2 })
    await show({ configuration })
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 128, Timeout: 30 })
  })

  test('is put back where nothing could be published', async () => {
    world.calls.befall('publish version', { fails: 'denied' })
    expect((await show({ configuration })).result).toBe('failed')
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 128 })
    expect(world.loan()).toBeUndefined()
  })

  test('is put back although the answer to the change was lost', async () => {
    world.calls.befall('configure function', { loses: 'answer' }, { nth: 1 })
    expect((await show({ configuration })).result).toBe('failed')
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 128 })
  })

  test('and cannot be put back is a warning that names it without a value, and the preview is there', async () => {
    world.calls.befall('configure function', { fails: 'denied' }, { from: 2 })
    expect((await show({ configuration })).result).toBe('previewed')
    expect(warnings()).toEqual([expect.stringContaining('MemorySize, the variable STAGE of orders')])
    expect(JSON.stringify(world.facts)).not.toContain('pr-7"}')
    expect(world.loan()).toBeDefined()
  })

  test('is put back by the post step where the workflow was cancelled', async () => {
    world.calls.befall('upload code', { after: () => world.stop() })
    expect((await show({ configuration })).result).toBe('failed')
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 512 })
    expect(warnings()).toEqual([])
    expect(world.facts).toContainEqual({
      kind: 'note',
      text: expect.stringContaining('the step that runs at the end of the job'),
    })
    const loan = world.loan()
    if (loan === undefined) throw new Error('there is no loan')
    await giveBack(loan, afterwards())
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 128 })
    expect(world.loan()).toBeUndefined()
  })

  test('of an architecture goes with the code, which stays, and a warning says so', async () => {
    world.functions.changes('orders', '$LATEST', { settings: { ...settings, Architectures: ['x86_64'] } })
    await show({ configuration: { MemorySize: 512, Architectures: ['arm64'] } })
    expect(warnings()).toEqual([expect.stringContaining('Architectures of orders stays')])
    expect(world.functions.settings('orders', '$LATEST')).toMatchObject({ MemorySize: 128, Architectures: ['arm64'] })
  })
})

/** The world as the post step finds it: the same, and not cancelled. */
function afterwards(): Sim {
  const { signal: cancel } = new AbortController()
  world.functions.areReadBy(cancel)
  return { ...world, cancel }
}

describe('GitHub', () => {
  test('that takes no comment is a warning, and the preview is there', async () => {
    world.calls.befall('comment', { fails: 'denied', cure: 'add `pull-requests: write`' })
    expect((await show()).result).toBe('previewed')
    expect(warnings()).toEqual([expect.stringContaining('pull-requests: write')])
    expect(warnings()[0]).not.toContain('fork')
  })

  test('that takes no comment for a fork is told to be right in that', async () => {
    world.calls.befall('comment', { fails: 'denied' })
    expect((await show({ fromFork: true })).result).toBe('previewed')
    expect(warnings()).toEqual([expect.stringContaining('a fork gets a token that may only read')])
  })
})

/** How often each write of a story is made, in order: where it may die. */
async function deaths(arrange: () => void, story: () => Promise<Outcome>): Promise<readonly number[]> {
  world = newWorld()
  arrange()
  await story()
  return world.calls.writes.map((_, index) => index + 1)
}

/** The process dies right after the k-th write of any kind. */
function dieAfter(nth: number): void {
  let writes = 0
  const all: readonly Operation[] = [
    ...(['configure function', 'upload code', 'publish version', 'create alias', 'update alias'] as const),
    ...(['create url', 'update url', 'open url', 'close url', 'delete url', 'comment'] as const),
    ...(['delete alias', 'delete version', 'tell deployment'] as const),
  ]
  for (const operation of all) {
    world.calls.befall(operation, {
      after: () => {
        writes += 1
        if (writes === nth) die()
      },
    })
  }
}

describe('a run that dies right after', () => {
  const configuration = { MemorySize: 512 }
  const changes = [
    ['opening, to whom IAM lets', () => undefined, 'AWS_IAM'],
    ['opening, to everybody', () => undefined, 'NONE'],
    ['a push, from everybody to whom IAM lets', () => wasShown('NONE'), 'AWS_IAM'],
    ['a push, from whom IAM lets to everybody', () => wasShown('AWS_IAM'), 'NONE'],
  ] as const

  test.each(changes)('any write of %s is no obstacle to the next', async (_, arrange, auth) => {
    const all = await deaths(arrange, () => show({ auth, configuration }))
    expect(all.length).toBeGreaterThan(6)
    for (const nth of all) {
      world = newWorld()
      arrange()
      dieAfter(nth)
      await expect(show({ auth, configuration })).rejects.toThrow(Killed)
      // Never more open than asked for: new code is not served to everybody before, or unless, that is asked for.
      const exposed = world.aliases.serves('orders:pr-7') === '8' && world.urls.lets('orders:pr-7') === 'anybody'
      expect(exposed && auth === 'AWS_IAM', `write ${nth}`).toBe(false)
      const loan = world.loan()
      if (loan !== undefined) await giveBack(loan, world)
      expect(world.functions.settings('orders', '$LATEST'), `write ${nth}`).toEqual(settings)

      expect((await show({ auth, configuration }, { ...run, id: '990' })).result, `write ${nth}`).toBe('previewed')
      expect(world.functions.settings('orders', world.aliases.serves('orders:pr-7'))).toMatchObject(configuration)
      expect(world.functions.settings('orders', '$LATEST')).toEqual(settings)
      expect(world.urls.lets('orders:pr-7')).toBe(auth === 'NONE' ? 'anybody' : 'whom IAM lets')
      expect(world.urls.isPermitted('orders:pr-7')).toBe(auth === 'NONE')
      expect(world.pulls.says.get(7)).toMatchObject({ kind: 'ready', run: { id: '990' } })
    }
  })

  test('any write of a closing leaves the next closing to end it', async () => {
    const arrange = () => full('NONE')
    const all = await deaths(arrange, () => close())
    expect(all.length).toBeGreaterThan(5)
    for (const nth of all) {
      world = newWorld()
      arrange()
      dieAfter(nth)
      await expect(close()).rejects.toThrow(Killed)
      expect((await close({}, { ...run, id: '990' })).result, `write ${nth}`).toBe('removed')
      expect(world.functions.versions('orders'), `write ${nth}`).toEqual(['5', '7'])
      expect(world.aliases.serves('orders:pr-7')).toBe('gone')
      expect(world.urls.isPermitted('orders:pr-7')).toBe(false)
      expect(world.deployments.stand()).toEqual(['preview orders:pr-7 in eu-west-1 inactive'])
      expect(world.pulls.says.get(7)).toMatchObject({ kind: 'removed' })
    }
  })
})

/** All that a preview leaves: versions 8 and 9, alias, URL, deployment and comment. */
function full(auth: 'AWS_IAM' | 'NONE' = 'AWS_IAM'): void {
  const made = { settings: { ...settings, Description: says } }
  world.functions.has('orders', { 5: {}, 7: {}, 8: made, 9: made })
  world.aliases.points('orders:pr-7', whole('9'), 'lambda-rollout 9; octo/orders@0ldc0de run 900.1')
  world.urls.has('orders:pr-7', auth)
  world.deployments.has('preview', 'orders:pr-7 in eu-west-1')
  world.pulls.says.set(7, {
    ...{ kind: 'ready', target, run, commit: 'abc1234def', version: '9' },
    ...{ aliasArn: '', codeSha256: '', url, auth },
  })
}

describe('a pull request that is closed', () => {
  beforeEach(() => full('NONE'))

  test('loses URL, permissions, alias and versions, in that order, and GitHub is told', async () => {
    const outcome = await close()
    expect(operations()).toEqual([
      ...['delete url', 'close url', 'delete alias', 'delete version', 'delete version'],
      ...['tell deployment', 'comment'],
    ])
    expect(outcome.result).toBe('removed')
    expect(world.facts.flatMap(fact => (fact.kind === 'removed' ? [fact.what] : []))).toEqual([
      `the function URL ${url}`,
      'the alias pr-7',
      'version 8',
      'version 9',
    ])
    expect(world.functions.versions('orders')).toEqual(['5', '7'])
    expect(world.deployments.stand()).toEqual(['preview orders:pr-7 in eu-west-1 inactive'])
    expect(world.pulls.says.get(7)).toEqual({ kind: 'removed', target, run, commit: 'abc1234def' })
  })

  test('a second time ends the same, with nothing left to remove', async () => {
    await close()
    const before = world.calls.writes.length
    expect(await close()).toMatchObject({ result: 'removed', reason: expect.stringContaining('nothing was left') })
    expect(operations().slice(before)).toEqual(['comment'])
  })

  test('after a function that is gone has nothing left', async () => {
    world.functions.lacks('orders')
    world.aliases.lacks('orders:pr-7')
    expect(await close()).toMatchObject({ result: 'removed', reason: expect.stringContaining('nothing was left') })
    expect(world.deployments.stand()).toEqual(['preview orders:pr-7 in eu-west-1 inactive'])
  })

  test('without ever having had a preview gets no comment', async () => {
    world = newWorld()
    expect((await close()).result).toBe('removed')
    expect(world.pulls.says.size).toBe(0)
  })

  test('takes no other alias, no other URL and no other preview’s version', async () => {
    const others = ['orders:live', 'orders:pr-70', 'orders:pr-8', 'orders:PR-7', 'orders:staging', 'other:pr-7']
    const theirs = { settings: { ...settings, Description: 'preview octo/orders#70: fix' } }
    const foreign = { settings: { ...settings, Description: 'preview octo/other#7: fix' } }
    const mine = { settings: { ...settings, Description: says } }
    world.functions.has('orders', { 5: {}, 7: {}, 8: mine, 9: mine, 10: theirs, 11: foreign, 12: mine })
    world.functions.has('other', { 7: mine })
    for (const name of others) {
      world.aliases.points(name, whole('7'), served)
      world.urls.has(name, 'NONE')
    }
    world.aliases.points('orders:staging', partWay('7', '12', 0.1), served)
    await close()
    expect(others.map(name => [world.aliases.serves(name), world.urls.lets(name)])).toEqual([
      ...['7', '7', '7', '7'].map(version => [version, 'anybody']),
      ['7 at 90 %, 12 at 10 %', 'anybody'],
      ['7', 'anybody'],
    ])
    expect(world.functions.versions('orders')).toEqual(['5', '7', '10', '11', '12'])
    expect(world.functions.versions('other')).toEqual(['7'])
    expect(world.aliases.wrote).toEqual([['0s', 'deleted', '']])
  })

  test('keeps the version that it was given instead of an artifact', async () => {
    world.aliases.points('orders:pr-7', whole('5'), 'lambda-rollout 5; octo/orders@0ldc0de run 900.1')
    await close()
    expect(world.functions.versions('orders')).toEqual(['5', '7'])
  })

  test('keeps the versions of a durable function', async () => {
    world.functions.changes('orders', '$LATEST', { settings: { ...settings, DurableConfig: { ExecutionTimeout: 60 } } })
    expect((await close()).result).toBe('removed')
    expect(world.aliases.serves('orders:pr-7')).toBe('gone')
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8', '9'])
  })

  test.each([
    ['another repository’s', 'lambda-rollout 9; octo/other@0ldc0de run 900.1'],
    ['a person’s', 'by hand'],
    ['one that a newer run has made, since it was opened again,', 'lambda-rollout 9; octo/orders@0ldc0de run 988.1'],
  ])('whose alias is %s is refused, and nothing is touched', async (_, description) => {
    world.aliases.points('orders:pr-7', whole('9'), description)
    expect((await close()).result).toBe('refused')
    expect(world.calls.writes).toEqual([])
    expect((await close({ dryRun: true })).result).toBe('refused')
  })

  test('leaves an alias that somebody else writes right before it would be deleted', async () => {
    const stranger = () => world.aliases.points('orders:pr-7', whole('9'), 'by hand')
    world.calls.befall('close url', { after: stranger })
    expect((await close()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:pr-7')).toBe('9')
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8', '9'])
  })

  test('in another environment is told there', async () => {
    world.deployments.has('previews', 'orders:pr-7 in eu-west-1')
    await close({ environment: 'previews' })
    expect(world.deployments.stand()).toEqual([
      'preview orders:pr-7 in eu-west-1 success',
      'previews orders:pr-7 in eu-west-1 inactive',
    ])
  })

  test('is gone although GitHub may not be told, which is a warning each', async () => {
    world.calls.befall('tell deployment', { fails: 'denied' })
    world.calls.befall('comment', { fails: 'denied' })
    expect((await close()).result).toBe('removed')
    expect(warnings()).toHaveLength(2)
  })

  test('in a dry run is told what would go', async () => {
    const { result, reason } = await close({ dryRun: true })
    expect(result).toBe('planned')
    for (const part of [url, 'the alias pr-7', 'version 8', 'version 9']) expect(reason).toContain(part)
    expect(world.calls.writes).toEqual([])
  })

  test('is refused with credentials of another account', async () => {
    const outcome = await close({ arn: 'arn:aws:lambda:eu-west-1:444455556666:function:orders' })
    expect(outcome).toMatchObject({ result: 'refused', reason: expect.stringContaining('444455556666') })
    expect(world.calls.writes).toEqual([])
  })

  test.each([
    ['read alias', 'refused', 0],
    ['delete url', 'refused', 0],
    ['close url', 'failed', 0],
    ['delete alias', 'failed', 0],
    ['list versions', 'failed', 2],
    ['delete version', 'failed', 2],
  ] as const)(
    'where “%s” is denied ends %s, by what is gone already, naming the action',
    async (operation, result, told) => {
      world.calls.befall(operation, { fails: 'denied', cure: 'allow lambda:ThatAction' })
      expect(await close()).toMatchObject({ result, reason: expect.stringContaining('lambda:ThatAction') })
      // Once the alias is gone so is the preview, whatever is left of it.
      expect(world.calls.count('tell deployment') + world.calls.count('comment')).toBe(told)
    },
  )

  test('where the first answer is lost ends failed, since something may be gone', async () => {
    world.calls.befall('delete url', { loses: 'answer' })
    expect((await close()).result).toBe('failed')
  })

  test('loses its versions although its alias is still listed', async () => {
    const listed = world.versions.aliases('orders')
    world.versions.aliases = () => listed
    await close()
    expect(world.functions.versions('orders')).toEqual(['5', '7'])
  })

  test('goes on where the URL may not be read, as for who only sweeps', async () => {
    world.calls.befall('read url', { fails: 'denied' })
    expect((await close()).result).toBe('removed')
    expect(operations().slice(0, 3)).toEqual(['delete url', 'close url', 'delete alias'])
  })

  test('and may not be read, so that it may be gone by the time that something else is denied, ends failed', async () => {
    world.calls.befall('read url', { fails: 'denied' })
    world.calls.befall('delete alias', { fails: 'denied' })
    expect((await close()).result).toBe('failed')
  })
})

describe('what would put the preview before more eyes than meant', () => {
  test('an alias at $LATEST refuses it, since that would serve its code, whole', async () => {
    world.aliases.points('orders:edge', whole('$LATEST'))
    expect(await show()).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('the alias edge of orders points at $LATEST'),
    })
    expect(world.calls.writes).toEqual([])
  })

  test('a pull request that is closed by now has no preview, whoever re-runs an older run', async () => {
    world.pulls.has(7, 'closed')
    expect(await show({}, { ...run, attempt: 2 })).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('pull request #7 is closed by now'),
    })
    expect(world.calls.writes).toEqual([])
  })

  test('one that is closed while its version is made gets no alias', async () => {
    world.pulls.has(7, 'open')
    world.calls.befall('publish version', { after: () => world.pulls.has(7, 'closed') })
    expect((await show()).result).toBe('stood-aside')
    expect(world.aliases.serves('orders:pr-7')).toBe('gone')
  })

  test('a pull request that may not be asked about is taken for open, as its event says', async () => {
    world.calls.befall('read pull request', { fails: 'denied' })
    expect((await show()).result).toBe('previewed')
  })

  test('a URL is not opened for what a later run has pointed the alias at', async () => {
    const later = 'lambda-rollout 9; octo/orders@fff0000 run 988.1'
    world.functions.has('orders', { 5: {}, 7: {}, 9: {} })
    world.calls.befall('create alias', { after: () => world.aliases.points('orders:pr-7', whole('9'), later) })
    expect((await show({ auth: 'NONE' })).result).toBe('stood-aside')
    expect(world.urls.lets('orders:pr-7')).not.toBe('anybody')
  })
})
