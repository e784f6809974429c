import { beforeEach, describe, expect, test } from 'vitest'
import { deploy } from '../src/deploy.ts'
import { inputs, newWorld, run, type Sim, served, settings, type Wish } from './support/world.ts'

let world: Sim

beforeEach(() => {
  world = newWorld()
})

/** Releases `code of 8` and puts it on the alias all at once. */
function release(change: Wish = {}) {
  return deploy(inputs({ strategy: 'all-at-once', ...change }), run, world)
}

function operations(): readonly string[] {
  return world.calls.writes.map(call => call.operation)
}

const newCode = { source: { kind: 'directory', path: 'code of 8' } } as const
const newMemory = { configuration: { MemorySize: 512 } }

describe('configuration and code', () => {
  test('are changed one after the other, each when the one before has settled', async () => {
    world.functions.settles.update = '20s'
    expect((await release({ ...newCode, ...newMemory })).result).toBe('promoted')
    expect(operations()).toEqual(['configure function', 'upload code', 'publish version', 'update alias'])
    expect(world.functions.settings('orders', '8')).toMatchObject({ MemorySize: 512 })
    const [configured, uploaded] = world.calls.writes
    expect([configured?.at, uploaded?.at]).toEqual(['0s', '23s'])
  })

  test('that are so already are not touched again', async () => {
    world.functions.changes('orders', '$LATEST', {
      codeSha256: 'code of 8',
      settings: { ...settings, MemorySize: 512 },
    })
    await release(newMemory)
    expect(operations()).toEqual(['publish version', 'update alias'])
  })

  test('keep what is not named', async () => {
    await release({ configuration: { Timeout: 30 } })
    expect(world.functions.settings('orders', '8')).toEqual({
      ...settings,
      Timeout: 30,
      Description: 'octo/orders@abc1234 main run 987.1',
    })
  })

  test('move to another architecture with an upload, even of the same code', async () => {
    const outcome = await release({
      source: { kind: 'directory', path: 'code of 7' },
      configuration: { Architectures: ['arm64'] },
    })
    expect(outcome.result).toBe('promoted')
    expect(operations()).toEqual(['upload code', 'publish version', 'update alias'])
    expect(world.functions.settings('orders', '8')).toMatchObject({ Architectures: ['arm64'] })
  })
})

describe('somebody who changes $LATEST at the same time', () => {
  const theirs = () => world.functions.changes('orders', '$LATEST', { codeSha256: 'code of somebody else' })

  test('before our upload makes no difference', async () => {
    world.calls.befall('upload code', { before: theirs }, { nth: 1 })
    expect((await release()).result).toBe('promoted')
    expect(world.facts.find(fact => fact.kind === 'version')).toMatchObject({ codeSha256: 'code of 8' })
  })

  test('between our upload and our version does not get theirs published as ours', async () => {
    world.calls.befall('publish version', { before: theirs }, { nth: 1 })
    expect((await release()).result).toBe('promoted')
    expect(operations()).toEqual(['upload code', 'publish version', 'upload code', 'publish version', 'update alias'])
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8'])
    expect(world.facts.find(fact => fact.kind === 'version')).toMatchObject({ codeSha256: 'code of 8' })
  })

  test('and never stops is told of, with the traffic as before', async () => {
    world.calls.befall('publish version', { before: theirs })
    const outcome = await release()
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('keeps being changed') })
    expect(world.aliases.serves('orders:live')).toBe('7')
  })
})

describe('the lost answer', () => {
  test.each([
    ['configure function', newMemory],
    ['upload code', {}],
    ['publish version', {}],
  ] as const)(
    'to “%s” ends the run with the traffic as before, and a re-run carries on from there',
    async (operation, change) => {
      world.calls.befall(operation, { loses: 'answer' }, { nth: 1 })
      const outcome = await release(change)
      expect(outcome.result).toBe('failed')
      expect(world.aliases.says('orders:live')).toBe(served)
      expect((await release(change)).result).toBe('promoted')
      expect(world.calls.count(operation)).toBe(operation === 'publish version' ? 2 : 1)
      expect(world.functions.versions('orders')).toEqual(['5', '7', '8'])
    },
  )

  test('to the creation of a function does so too', async () => {
    world.functions.lacks('orders')
    world.aliases.lacks('orders:live')
    const configuration = {
      Role: 'arn:aws:iam::111122223333:role/orders',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
    }
    world.calls.befall('create function', { loses: 'answer' }, { nth: 1 })
    expect((await release({ configuration })).result).toBe('failed')
    expect((await release({ configuration })).result).toBe('promoted')
    expect(world.calls.count('create function')).toBe(1)
  })
})

describe('an update that fails', () => {
  const failed = { state: 'Active', update: 'Failed', updateReason: 'no such key', updateReasonCode: 'KMSKeyNotFound' }

  test('ends the run with AWS’s reason, and no version is published', async () => {
    world.functions.settles.update = '5s'
    world.functions.next.update = failed
    const outcome = await release()
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('KMSKeyNotFound: no such key') })
    expect(operations()).toEqual(['upload code'])
  })

  test('is no obstacle where it was somebody else’s', async () => {
    world.functions.changes('orders', '$LATEST', { state: failed })
    expect((await release()).result).toBe('promoted')
  })

  test('is mended by an upload of the same code', async () => {
    world.functions.changes('orders', '$LATEST', { codeSha256: 'code of 8', state: failed })
    expect((await release()).result).toBe('promoted')
    expect(operations()).toEqual(['upload code', 'publish version', 'update alias'])
  })
})

describe('a version', () => {
  test('that ends up Failed gets no traffic', async () => {
    world.functions.settles.publish = '10s'
    world.functions.next.version = { state: 'Failed', stateReasonCode: 'InvalidSubnet', stateReason: 'gone' }
    const outcome = await release()
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('InvalidSubnet: gone') })
    expect(world.aliases.wrote).toEqual([])
  })

  test('with SnapStart gets no traffic before its snapshot is there', async () => {
    await release({ configuration: { SnapStart: { ApplyOn: 'PublishedVersions' } } })
    expect(world.aliases.wrote.map(([at, serves]) => [at, serves])).toEqual([['1m33s', '8']])
  })

  test('that takes longer than ready-timeout is not waited for, and the re-run takes it on', async () => {
    world.functions.settles.publish = '20m'
    const outcome = await release()
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('ready-timeout') })
    expect(world.clock.elapsed()).toBe('15m')
    expect((await release()).result).toBe('promoted')
    expect(world.functions.versions('orders')).toEqual(['5', '7', '8'])
  })
})

describe('a cancel', () => {
  test('while the function settles ends the run, with the traffic as before', async () => {
    world.functions.settles.update = '5m'
    world.clock.at('1m', () => world.stop())
    const outcome = await release()
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('cancelled') })
    expect(world.clock.elapsed()).toBe('1m')
    expect(operations()).toEqual(['upload code'])
  })

  test('while the version becomes usable does so too', async () => {
    world.functions.settles.publish = '5m'
    world.clock.at('1m', () => world.stop())
    expect((await release()).result).toBe('failed')
    expect(world.aliases.wrote).toEqual([])
  })

  test('right after a read that finds the function settled changes nothing', async () => {
    world.calls.befall('read function', { after: () => world.stop() }, { nth: 1 })
    expect((await release()).result).toBe('refused')
    expect(operations()).toEqual([])
  })

  test('during the upload lets it end, and publishes nothing', async () => {
    world.calls.befall('upload code', { before: () => world.stop() })
    expect((await release()).result).toBe('failed')
    expect(operations()).toEqual(['upload code'])
  })
})

test.each([
  ['configure function', 'refused'],
  ['upload code', 'failed'],
  ['publish version', 'failed'],
] as const)('“%s” that is denied ends the run %s, by what was changed before it', async (operation, result) => {
  world.calls.befall(operation, { fails: 'denied' })
  expect((await release(newMemory)).result).toBe(result)
  expect(world.aliases.wrote).toEqual([])
})
