import { beforeEach, describe, expect, test } from 'vitest'
import type { PruneInputs } from '../src/inputs.ts'
import type { Fact, PreviewNote } from '../src/ports.ts'
import { prune } from '../src/prune.ts'
import { deleteUnheld, retainAfterPromotion } from '../src/retain.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { newWorld, run, type Sim, settings, target, waiting } from './support/world.ts'

let world: Sim

/** Eight versions and `live` on 7 after 5, as its journal says. */
beforeEach(() => {
  world = newWorld()
  has({ 1: '', 2: '', 3: '', 4: '', 5: '', 6: '', 7: '', 8: '' })
})

/** `orders` has these versions, with these descriptions. */
function has(versions: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): void {
  const described = Object.entries(versions).map(([version, Description]) => {
    return [version, { settings: { ...settings, ...more, Description } }] as const
  })
  world.functions.has('orders', Object.fromEntries(described))
}

function tidy(over: Partial<PruneInputs> = {}) {
  const usual = { functionName: 'orders', region: 'eu-west-1', keepVersions: 1, environment: 'preview', dryRun: false }
  return prune({ ...usual, ...over }, run, world)
}

function told<K extends Fact['kind']>(kind: K): readonly Extract<Fact, { kind: K }>[] {
  return world.facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind)
}

function warnings(): readonly string[] {
  return told('warning').map(({ text }) => text)
}

function removed(): readonly string[] {
  return told('removed').map(({ what }) => what)
}

describe('versions that nothing holds on to', () => {
  test('go, oldest first, and the end says how many and what that freed', async () => {
    expect(await tidy()).toEqual({
      result: 'pruned',
      reason: '5 versions of orders were deleted; code storage went from 50 MB to 45 MB',
    })
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8'])
    expect(removed()).toEqual(['version 1', 'version 2', 'version 3', 'version 4', 'version 6'])
  })

  test('are told with the reasons of those that stay, before the first one goes, and storage at the end', async () => {
    await tidy()
    expect(world.facts.map(({ kind }) => kind)).toEqual(['retention', ...Array(5).fill('removed'), 'storage'])
    expect(told('retention')[0]?.retention).toEqual({
      goes: ['1', '2', '3', '4', '6'].map(version => expect.objectContaining({ version })),
      stays: [
        { version: '5', because: 'the alias live served it before, so that a roll-back goes back to it' },
        { version: '7', because: 'the alias live serves it' },
        { version: '8', because: 'it is the newest' },
      ],
    })
    const limit = 300 * 2 ** 30
    expect(told('storage')).toEqual([
      { kind: 'storage', before: { used: 50_000_000, limit }, after: { used: 45_000_000, limit } },
    ])
  })

  test('are none where all are among the newest, and nothing is deleted', async () => {
    expect(await tidy({ keepVersions: 8 })).toEqual({
      result: 'pruned',
      reason: 'there was nothing to prune: orders has 8 versions, and all stay',
    })
    expect(world.calls.writes).toEqual([])
  })

  test('may be one', async () => {
    expect(await tidy({ keepVersions: 7 })).toMatchObject({
      reason: '1 version of orders was deleted; code storage went from 50 MB to 49 MB',
    })
  })

  test('are not those of a canary, nor what it would be dropped for', async () => {
    world.aliases.points('orders:live', partWay('7', '2', 0.1), waiting('2', 'paused'))
    await tidy()
    expect(world.functions.versions('orders')).toEqual(['2', '5', '7', '8'])
  })

  test('are not those of any other alias', async () => {
    world.aliases.points('orders:staging', whole('3'))
    await tidy()
    expect(world.functions.versions('orders')).toEqual(['3', '5', '7', '8'])
  })

  test('are not those with provisioned concurrency of their own', async () => {
    world.versions.provisionedAlone.add('orders:2')
    await tidy()
    expect(world.functions.versions('orders')).toEqual(['2', '5', '7', '8'])
  })

  test('are not those with a policy of their own, which is asked for those alone that would go', async () => {
    world.versions.held.set('orders:2', ['a resource policy'])
    await tidy()
    expect(world.functions.versions('orders')).toEqual(['2', '5', '7', '8'])
    expect(world.versions.asked).toEqual(['1', '2', '3', '4', '6'])
    expect(told('retention')[0]?.retention.stays).toContainEqual({ version: '2', because: 'it has a resource policy' })
  })

  test('are none of a durable function', async () => {
    has({ 1: '', 2: '', 7: '' }, { DurableConfig: { ExecutionTimeout: 3600 } })
    expect(await tidy()).toMatchObject({ result: 'pruned', reason: expect.stringMatching(/^there was nothing/) })
    expect(world.calls.count('delete version')).toBe(0)
  })
})

describe('the preview of a pull request', () => {
  const of7 = 'preview octo/orders#7: second try'
  const journal = 'lambda-rollout 8; octo/orders@0ldc0de run 900.1'
  const ready: PreviewNote = {
    kind: 'ready',
    target: { ...target, alias: 'pr-7' },
    run,
    commit: '0ldc0de',
    version: '8',
    aliasArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:pr-7',
    codeSha256: 'code of 8',
    url: 'https://pr-7.lambda-url.eu-west-1.on.aws/',
    auth: 'NONE',
  }

  beforeEach(() => {
    has({ 5: '', 6: of7, 7: '', 8: of7, 9: of7 })
    world.aliases.points('orders:pr-7', whole('8'), journal)
    world.urls.has('orders:pr-7', 'NONE')
    world.deployments.has('preview', 'orders:pr-7 in eu-west-1')
    world.pulls.says.set(7, ready)
    world.pulls.has(7, 'closed')
  })

  test('that is closed goes, its versions too although they are the newest', async () => {
    expect(await tidy({ keepVersions: 10 })).toEqual({
      result: 'pruned',
      reason: '3 versions and 1 preview of orders were deleted; code storage went from 50 MB to 47 MB',
    })
    expect(world.functions.versions('orders')).toEqual(['5', '7'])
    expect(world.aliases.serves('orders:pr-7')).toBe('gone')
    expect(removed()).toEqual([
      expect.stringContaining('the function URL https://'),
      'the alias pr-7',
      'version 6',
      'version 8',
      'version 9',
    ])
    expect(world.pulls.says.get(7)).toMatchObject({ kind: 'removed', commit: '0ldc0de' })
    expect(world.deployments.stand()).toEqual(['preview orders:pr-7 in eu-west-1 inactive'])
  })

  test('that is open stays, with the version that its alias serves', async () => {
    world.pulls.has(7, 'open')
    await tidy()
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8', '9'])
    expect(world.aliases.serves('orders:pr-7')).toBe('8')
  })

  test('is found by its alias alone, or by its versions alone', async () => {
    has({ 5: '', 7: '', 8: 'preview octo/orders#12: a try' })
    for (const name of ['pr-7', 'pr-30']) {
      world.aliases.points(`orders:${name}`, whole('7'), journal.replace('8', '7'))
    }
    world.pulls.has(12, 'closed')
    world.pulls.has(30, 'open')
    expect(await tidy()).toMatchObject({ reason: expect.stringMatching(/^1 version and 2 previews of/) })
    expect(world.aliases.serves('orders:pr-30')).toBe('7')
    expect(world.functions.versions('orders')).toEqual(['5', '7'])
  })

  test('of which no version is left is all that goes', async () => {
    has({ 5: '', 7: '', 8: '' })
    expect(await tidy()).toMatchObject({
      reason: '1 preview of orders was deleted; code storage went from 50 MB to 50 MB',
    })
  })

  test('of another repository is not asked for, and is a version like any other', async () => {
    has({ 5: '', 7: '', 8: 'preview octo/billing#7: a try', 9: '' })
    world.aliases.lacks('orders:pr-7')
    await tidy()
    expect(world.calls.count('read pull request')).toBe(0)
    expect(world.functions.versions('orders')).toEqual(['5', '7', '9'])
  })

  test('leaves a version that is held otherwise, and it is kept', async () => {
    world.aliases.points('orders:test', whole('9'))
    expect(await tidy()).toMatchObject({ reason: expect.stringMatching(/^2 versions and 1 preview/) })
    expect(world.functions.versions('orders')).toEqual(['5', '7', '9'])
    expect(told('retention')[0]?.retention.stays).toContainEqual({
      version: '9',
      because: 'the alias test serves it',
    })
  })

  test('whose alias somebody else made is left alone with a warning, and the pruning goes on', async () => {
    world.aliases.points('orders:pr-7', whole('8'), 'mine')
    expect(await tidy()).toMatchObject({ result: 'pruned' })
    expect(world.aliases.serves('orders:pr-7')).toBe('8')
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8', '9'])
    expect(warnings()).toEqual([
      expect.stringMatching(/^The preview of pull request #7, which is closed, was left alone: the alias orders:pr-7/),
    ])
  })

  test('that GitHub does not know is left alone with a warning, and the pruning goes on', async () => {
    world.aliases.points('orders:pr-6', whole('6'), journal.replace('8', '6'))
    world.pulls.has(7, 'open')
    expect(await tidy()).toMatchObject({ result: 'pruned' })
    expect(world.aliases.serves('orders:pr-6')).toBe('6')
    expect(warnings()).toEqual(['What pr-6 may have left was not looked at: octo/orders has no such pull request'])
  })

  test('that GitHub may not be asked for is left alone with one warning, and so are all after it', async () => {
    has({ 5: '', 7: '', 8: of7, 9: 'preview octo/orders#10: a', 10: 'preview octo/orders#9: b', 11: '' })
    world.calls.befall('read pull request', { fails: 'denied', cure: 'give `pull-requests: read`' }, { nth: 2 })
    expect(await tidy()).toMatchObject({ result: 'pruned' })
    expect(world.calls.count('read pull request')).toBe(2)
    expect(world.functions.versions('orders')).toEqual(['5', '7', '11'])
    expect(warnings()).toEqual([
      'What pr-9, pr-10 may have left was not looked at: could not read pull request: denied; give `pull-requests: read`',
    ])
  })

  test('that cannot be taken away ends the run, with what had gone: failed', async () => {
    world.calls.befall('delete version', { fails: 'denied', cure: 'allow it' }, { nth: 2 })
    expect(await tidy()).toEqual({
      result: 'failed',
      reason: expect.stringMatching(
        /^the function URL \S+, the alias pr-7, version 6 had been deleted, then: could not delete version: denied; allow it$/,
      ),
    })
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8', '9'])
  })

  test('that nothing could be taken away of ends the run: refused', async () => {
    world.calls.befall('delete url', { fails: 'denied', cure: 'allow it' })
    expect(await tidy()).toMatchObject({ result: 'refused', reason: 'could not delete url: denied; allow it' })
    expect(world.functions.versions('orders')).toEqual(['5', '6', '7', '8', '9'])
  })

  test('that is closed is told by a dry run, with all that would go, and stays', async () => {
    expect(await tidy({ dryRun: true, keepVersions: 10 })).toEqual({
      result: 'planned',
      reason: '3 versions and 1 preview (pr-7) of orders would be deleted; nothing was changed',
    })
    expect(world.calls.writes).toEqual([])
    expect(world.pulls.says.get(7)).toBe(ready)
    expect(told('retention')[0]?.retention.goes.map(({ version }) => version)).toEqual(['6', '8', '9'])
    expect(told('note')).toEqual([
      { kind: 'note', text: expect.stringContaining('#7 is closed, and of its preview would go: the function URL') },
    ])
  })
})

describe('a version that an alias comes to refer to meanwhile', () => {
  test('is kept, and that is told; the others go', async () => {
    world.calls.befall('delete version', { before: () => world.aliases.points('orders:test', whole('3')) }, { nth: 1 })
    expect(await tidy()).toMatchObject({ result: 'pruned', reason: expect.stringMatching(/^4 versions/) })
    expect(world.functions.versions('orders')).toEqual(['3', '5', '7', '8'])
    expect(told('note')).toEqual([{ kind: 'note', text: 'Version 3 was kept: an alias came to refer to it meanwhile' }])
  })
})

describe('a dry run', () => {
  test('tells what would go and changes nothing', async () => {
    expect(await tidy({ dryRun: true })).toEqual({
      result: 'planned',
      reason: '5 versions of orders would be deleted; nothing was changed',
    })
    expect(world.calls.writes).toEqual([])
    expect(told('retention')[0]?.retention.goes.map(({ version }) => version)).toEqual(['1', '2', '3', '4', '6'])
    expect(told('storage')).toMatchObject([{ before: { used: 50_000_000 }, after: undefined }])
  })

  test('of what there is nothing to do says so', async () => {
    expect(await tidy({ dryRun: true, keepVersions: 100 })).toEqual({
      result: 'planned',
      reason: 'there is nothing to prune: orders has 8 versions, and all stay; nothing was changed',
    })
  })
})

describe('a function', () => {
  test('that does not exist is refused, with what to correct', async () => {
    world.functions.lacks('orders')
    expect(await tidy()).toMatchObject({
      result: 'refused',
      reason: 'there is no function orders in eu-west-1; correct `function-name` or `aws-region`',
    })
  })

  test('with one version keeps it', async () => {
    has({ 7: '' })
    expect(await tidy()).toMatchObject({ reason: 'there was nothing to prune: orders has 1 version, and it stays' })
  })
})

describe('what goes wrong', () => {
  test.each(['list versions', 'list aliases', 'list provisioned concurrency', 'read holders'] as const)(
    'with “%s” ends it before anything is deleted: refused',
    async operation => {
      world.calls.befall(operation, { fails: 'denied', cure: 'allow it' })
      expect(await tidy()).toMatchObject({ result: 'refused', reason: `could not ${operation}: denied; allow it` })
      expect(world.calls.writes).toEqual([])
    },
  )

  test('while it is read, for whatever reason, is no deletion: refused', async () => {
    world.calls.befall('list versions', { fails: 'unavailable' })
    expect(await tidy()).toMatchObject({ result: 'refused', reason: 'could not list versions: unavailable' })
  })

  test('with the first deletion: refused, since nothing was deleted', async () => {
    world.calls.befall('delete version', { fails: 'denied', cure: 'allow it' })
    expect(await tidy()).toMatchObject({ result: 'refused', reason: 'could not delete version: denied; allow it' })
  })

  test('with a later one: failed, with what had gone', async () => {
    world.calls.befall('delete version', { fails: 'denied', cure: 'allow it' }, { nth: 3 })
    expect(await tidy()).toEqual({
      result: 'failed',
      reason: 'version 1, version 2 had been deleted, then: could not delete version: denied; allow it',
    })
    expect(world.functions.versions('orders')).toEqual(['3', '4', '5', '6', '7', '8'])
  })

  test('with a first deletion whose answer is lost: failed, since it may have been made', async () => {
    world.calls.befall('delete version', { loses: 'answer' })
    expect(await tidy()).toMatchObject({ result: 'failed', reason: 'could not delete version: the answer was lost' })
  })

  test('after many deletions names some of them and counts the rest', async () => {
    has(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i + 1), ''])))
    world.calls.befall('delete version', { fails: 'expired' }, { nth: 15 })
    const { reason } = await tidy()
    expect(reason).toMatch(/^version 1, .*version 12 and 4 more had been deleted, then: could not delete version/)
  })

  test('with the code storage is a warning with the permission, and the rest is done', async () => {
    world.calls.befall('read code storage', { fails: 'denied', cure: 'allow lambda:GetAccountSettings on *' })
    expect(await tidy()).toEqual({ result: 'pruned', reason: '5 versions of orders were deleted' })
    expect(warnings()).toEqual([
      'How much code storage is used is not shown: could not read code storage: denied; allow lambda:GetAccountSettings on *',
    ])
    expect(told('storage')).toEqual([])
  })
})

describe('a cancel', () => {
  test('ends it between two deletions: failed, with what had gone', async () => {
    world.calls.befall('delete version', { after: () => world.stop() }, { nth: 2 })
    expect(await tidy()).toEqual({
      result: 'failed',
      reason: 'version 1, version 2 had been deleted, then: the workflow was cancelled',
    })
    expect(world.calls.count('delete version')).toBe(2)
  })

  test('before anything is deleted: refused', async () => {
    world.calls.befall('read holders', { after: () => world.stop() })
    expect(await tidy()).toMatchObject({ result: 'refused', reason: 'the workflow was cancelled' })
    expect(world.calls.writes).toEqual([])
  })
})

describe('after a promotion', () => {
  test('the versions that are too many go, and not the one just replaced', async () => {
    world.aliases.points('orders:live', whole('8'), 'lambda-rollout 8 after 7; octo/orders@abc1234 run 987.1')
    await retainAfterPromotion(target, 1, undefined, world)
    expect(world.functions.versions('orders')).toEqual(['7', '8'])
    expect(world.facts.map(({ kind }) => kind)).toEqual(['retention', ...Array(6).fill('removed'), 'storage'])
  })

  test('the one just replaced stays, whatever the journal says by then', async () => {
    const before = world.functions.versions('orders')
    for (const { name } of world.aliases.all('orders')) {
      const routing = world.aliases.routingAt(`orders:${name}`, world.clock.now())
      if (routing !== undefined) world.aliases.points(`orders:${name}`, routing, 'somebody else’s words')
    }
    await retainAfterPromotion(target, 1, before[0], world)
    expect(world.functions.versions('orders')).toContain(before[0])
  })

  test('where none is too many, nothing more than that is told', async () => {
    await retainAfterPromotion(target, 8, undefined, world)
    expect(world.facts.map(({ kind }) => kind)).toEqual(['retention'])
    expect(world.calls.count('read code storage')).toBe(0)
  })

  test.each([
    'list versions',
    'list aliases',
    'list provisioned concurrency',
    'read holders',
    'delete version',
  ] as const)('“%s” that is denied is a warning and no more', async operation => {
    world.calls.befall(operation, { fails: 'denied', cure: 'allow it' })
    await retainAfterPromotion(target, 1, undefined, world)
    expect(warnings()).toEqual([
      `Versions of orders that \`keep-versions\` does not keep were left in place: could not ${operation}: denied; allow it`,
    ])
  })

  test('a cancel is a warning, with what had gone', async () => {
    world.calls.befall('delete version', { after: () => world.stop() }, { nth: 1 })
    await retainAfterPromotion(target, 1, undefined, world)
    expect(warnings()).toEqual([
      'Versions of orders that `keep-versions` does not keep were left in place: version 1 had been deleted, then: the workflow was cancelled',
    ])
  })

  test('even a mistake of ours is a warning', async () => {
    world.calls.befall('read holders', { before: () => expect.unreachable('a mistake') })
    await retainAfterPromotion(target, 1, undefined, world)
    expect(warnings()).toEqual([expect.stringContaining('a mistake')])
  })
})

describe('what is left of a preview', () => {
  async function remove(...numbers: readonly string[]) {
    const all = (await world.versions.list('orders')) ?? []
    const versions = all.filter(({ version }) => numbers.includes(version))
    const provisioned = await world.versions.provisioned('orders')
    return await deleteUnheld('orders', versions, await world.versions.aliases('orders'), provisioned, world)
  }

  test('is deleted, the newest too', async () => {
    expect(await remove('8', '6')).toEqual(['6', '8'])
    expect(removed()).toEqual(['version 6', 'version 8'])
  })

  test('is kept where something holds on to it, saying what', async () => {
    world.aliases.points('orders:split', partWay('7', '2', 0.1))
    world.versions.provisionedAlone.add('orders:3')
    world.versions.held.set('orders:4', ['a resource policy'])
    expect(await remove('1', '2', '3', '4', '5', '7')).toEqual(['1'])
    expect(told('note').map(({ text }) => text)).toEqual([
      'Version 2 was kept: the alias split gives it 10 % of its traffic',
      'Version 3 was kept: it has provisioned concurrency of its own',
      'Version 4 was kept: it has a resource policy',
      'Version 5 was kept: the alias live served it before, so that a roll-back goes back to it',
      'Version 7 was kept: the alias live serves it',
    ])
  })
})

test('a function of another account is refused before anything is looked at', async () => {
  has({ 5: '', 7: '', 8: '' })
  const arn = 'arn:aws:lambda:eu-west-1:999999999999:function:orders'
  expect(await tidy({ arn })).toMatchObject({
    result: 'refused',
    reason: expect.stringContaining('the credentials lead to'),
  })
  expect(world.functions.versions('orders')).toEqual(['5', '7', '8'])
})
