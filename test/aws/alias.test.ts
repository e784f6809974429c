import {
  DeleteAliasCommand,
  GetAliasCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partWay, whole } from '../../src/rollout/routing.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const fresh = { ...live, alias: 'fresh' }
const canary = { routing: partWay('1', '2', 0.1), description: 'canary' }
const everything = { routing: whole('2'), description: 'everything' }

let account: Account

beforeEach(async () => {
  account = await newAccount()
})

afterEach(() => account.close())

async function revision(): Promise<string> {
  return (await account.aliases.read(live))?.revision ?? ''
}

/** Somebody with another client sets the alias, unguarded. */
async function stranger(version: string): Promise<void> {
  await account.rig.lambda.send(
    new UpdateAliasCommand({ FunctionName: 'orders', Name: 'live', FunctionVersion: version, RoutingConfig: {} }),
  )
}

async function raw() {
  const { FunctionVersion, RoutingConfig, Description } = await account.rig.lambda.send(
    new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }),
  )
  return { FunctionVersion, RoutingConfig, Description }
}

describe('reading', () => {
  test('gives routing, description, ARN and revision', async () => {
    expect(await account.aliases.read(live)).toEqual({
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
      routing: whole('1'),
      description: '',
      revision: expect.stringMatching(/./),
    })
  })

  test('gives weights', async () => {
    await account.aliases.update(live, canary, await revision())
    expect(await account.aliases.read(live)).toMatchObject(canary)
  })

  test('gives nothing for an alias, or a function, that does not exist', async () => {
    expect(await account.aliases.read(fresh)).toBeUndefined()
    expect(await account.aliases.read({ ...live, functionName: 'nothing' })).toBeUndefined()
  })

  test('ends with the signal, as an abort and not as a failure of AWS', async () => {
    const cut = new AbortController()
    account.befall('GetAlias', { kind: 'before', run: () => cut.abort() })
    await expect(account.aliases.read(live, cut.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('an update', () => {
  test('sets version, weights and description in one call, guarded by the revision', async () => {
    const seen = await revision()
    account.forget()
    const written = await account.aliases.update(live, canary, seen)
    expect(account.requests('UpdateAlias').map(request => request.input)).toEqual([
      {
        FunctionName: 'orders',
        Name: 'live',
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
        Description: 'canary',
        RevisionId: seen,
      },
    ])
    expect(written).toMatchObject({ kind: 'written', alias: canary })
  })

  test('takes the weights away: sent as an empty map, since those left out would stay', async () => {
    await account.aliases.update(live, canary, await revision())
    await account.aliases.update(live, everything, await revision())
    expect(await raw()).toEqual({ FunctionVersion: '2', RoutingConfig: undefined, Description: 'everything' })
  })

  test('takes the weights away on a roll-back to the version that is primary already', async () => {
    await account.aliases.update(live, canary, await revision())
    await account.aliases.update(live, { routing: whole('1'), description: 'back' }, await revision())
    expect(await raw()).toEqual({ FunctionVersion: '1', RoutingConfig: undefined, Description: 'back' })
  })

  test('gives the revision that guards the next one', async () => {
    const first = await account.aliases.update(live, canary, await revision())
    const next = first.kind === 'written' ? first.alias.revision : ''
    expect(await account.aliases.update(live, everything, next)).toMatchObject({ kind: 'written' })
  })

  test('after somebody else’s is a conflict, and theirs stays', async () => {
    const seen = await revision()
    await stranger('2')
    expect(await account.aliases.update(live, canary, seen)).toEqual({ kind: 'conflict' })
    expect(await raw()).toMatchObject({ FunctionVersion: '2' })
  })

  test('to the same traffic by somebody else is a conflict all the same: the words are not ours', async () => {
    const seen = await revision()
    await stranger('2')
    expect(await account.aliases.update(live, everything, seen)).toEqual({ kind: 'conflict' })
  })

  test('whose answer is lost is found to be ours, and not made twice', async () => {
    const seen = await revision()
    account.befall('UpdateAlias', { kind: 'lose-answer' }, 1)
    expect(await account.aliases.update(live, canary, seen)).toMatchObject({ kind: 'written', alias: canary })
    expect(account.requests('UpdateAlias').map(({ status, error }) => [status, error])).toEqual([
      ['none', undefined],
      [412, 'PreconditionFailedException'],
    ])
  })

  test('whose every answer is lost is found to be ours', async () => {
    const seen = await revision()
    account.befall('UpdateAlias', { kind: 'lose-answer' })
    expect(await account.aliases.update(live, canary, seen)).toMatchObject({ kind: 'written', alias: canary })
  })

  test('whose answer is lost, and which somebody writes over before it is read, is a conflict', async () => {
    const seen = await revision()
    account.befall('UpdateAlias', { kind: 'lose-answer' }, 1)
    account.rig.sandbox.faults.add({
      match: { operation: 'UpdateAlias' },
      on: { nth: 2 },
      fault: { kind: 'before', run: () => stranger('2') },
    })
    expect(await account.aliases.update(live, canary, seen)).toEqual({ kind: 'conflict' })
    expect(await raw()).toMatchObject({ FunctionVersion: '2' })
  })

  test('whose connection is lost before it is applied is made again', async () => {
    const seen = await revision()
    account.befall('UpdateAlias', { kind: 'reset' }, 1)
    expect(await account.aliases.update(live, canary, seen)).toMatchObject({ kind: 'written' })
    expect(account.requests('UpdateAlias')).toHaveLength(2)
  })

  test('that never comes through, and was not applied, is unavailable', async () => {
    const seen = await revision()
    account.befall('UpdateAlias', { kind: 'reset' })
    await expect(account.aliases.update(live, canary, seen)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await raw()).toMatchObject({ FunctionVersion: '1', RoutingConfig: undefined })
  })

  test('that Lambda does not take is rejected, in its words', async () => {
    const seen = await revision()
    const sameTwice = { routing: partWay('1', '1', 0.1), description: '' }
    await expect(account.aliases.update(live, sameTwice, seen)).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('already included in routing configuration'),
    })
  })

  test('of an alias that is gone is rejected', async () => {
    const seen = await revision()
    await account.rig.lambda.send(new DeleteAliasCommand({ FunctionName: 'orders', Name: 'live' }))
    await expect(account.aliases.update(live, canary, seen)).rejects.toMatchObject({ kind: 'rejected' })
  })
})

describe('a creation', () => {
  test('makes the alias', async () => {
    expect(await account.aliases.create(fresh, everything)).toMatchObject({ kind: 'written', alias: everything })
    expect(await account.aliases.read(fresh)).toMatchObject(everything)
  })

  test('of one that somebody else has made is a conflict', async () => {
    expect(await account.aliases.create(live, everything)).toEqual({ kind: 'conflict' })
    expect(await raw()).toMatchObject({ FunctionVersion: '1' })
  })

  test('whose answer is lost is found to be ours', async () => {
    account.befall('CreateAlias', { kind: 'lose-answer' }, 1)
    expect(await account.aliases.create(fresh, everything)).toMatchObject({ kind: 'written', alias: everything })
    expect(account.requests('CreateAlias').map(request => request.status)).toEqual(['none', 409])
  })
})

describe('a removal', () => {
  test('deletes the alias, and one that is gone already is gone', async () => {
    await account.aliases.remove(live)
    await account.aliases.remove(live)
    expect(await account.aliases.read(live)).toBeUndefined()
  })

  test('whose answer is lost is done', async () => {
    account.befall('DeleteAlias', { kind: 'lose-answer' }, 1)
    await account.aliases.remove(live)
    expect(await account.aliases.read(live)).toBeUndefined()
  })

  test('of a function that is gone as well is done', async () => {
    await expect(account.aliases.remove({ ...live, functionName: 'nothing' })).resolves.toBeUndefined()
  })
})

describe('provisioned concurrency', () => {
  test('that there is none of does not move', async () => {
    expect(await account.aliases.moving(live)).toBe(false)
  })

  test('moves with the alias, with weights of AWS’s own, and comes to rest', async () => {
    const provisioned = { FunctionName: 'orders', Qualifier: 'live', ProvisionedConcurrentExecutions: 5 }
    await account.rig.lambda.send(new PutProvisionedConcurrencyConfigCommand(provisioned))
    account.rig.pass(60_000)
    expect(await account.aliases.moving(live)).toBe(false)
    await account.aliases.update(live, everything, await revision())
    account.rig.pass(10_000)
    expect(await account.aliases.moving(live)).toBe(true)
    expect((await account.aliases.read(live))?.routing).toMatchObject({ kind: 'part-way', stable: '2', candidate: '1' })
    account.rig.pass(60_000)
    expect(await account.aliases.moving(live)).toBe(false)
    expect((await account.aliases.read(live))?.routing).toEqual(whole('2'))
  })
})
