import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LambdaVersions } from '../../src/aws/versions.ts'
import { CallFailed } from '../../src/ports.ts'
import { partWay, whole } from '../../src/rollout/routing.ts'
import { type Account, newAccount } from '../support/world/account.ts'

let account: Account
let versions: LambdaVersions

beforeEach(async () => {
  account = await newAccount()
  versions = new LambdaVersions(account.lambda, account.cancel)
})

afterEach(() => account.close())

const orders = { FunctionName: 'orders' }
const queue = 'arn:aws:sqs:eu-west-1:111122223333:orders'

async function numbers(): Promise<readonly string[]> {
  return ((await versions.list('orders')) ?? []).map(({ version }) => version)
}

/** Publishes versions until there are so many. */
async function publish(until: number): Promise<void> {
  for (let version = 3; version <= until; version += 1) {
    const change = { ...orders, Environment: { Variables: { N: String(version) } } }
    await account.rig.lambda.send(new UpdateFunctionConfigurationCommand(change))
    account.rig.pass(5_000)
    await account.rig.lambda.send(new PublishVersionCommand({ ...orders, Description: `number ${version}` }))
    account.rig.pass(5_000)
  }
}

async function map(Qualifier: string, EventSourceArn: string): Promise<string> {
  const mapping = { FunctionName: `orders:${Qualifier}`, EventSourceArn }
  return (await account.rig.lambda.send(new CreateEventSourceMappingCommand(mapping))).UUID ?? ''
}

async function allow(Qualifier?: string): Promise<void> {
  const statement = { StatementId: 'pinned', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' }
  await account.rig.lambda.send(new AddPermissionCommand({ ...orders, ...statement, ...(Qualifier && { Qualifier }) }))
}

describe('a listing of versions', () => {
  test('gives the published ones, $LATEST left out', async () => {
    await publish(3)
    const codeBytes = expect.toSatisfy(bytes => bytes > 100)
    expect(await versions.list('orders')).toEqual([
      { version: '1', description: '', codeBytes, durable: false },
      { version: '2', description: '', codeBytes, durable: false },
      { version: '3', description: 'number 3', codeBytes, durable: false },
    ])
  })

  test('goes through all pages, of 50 versions each', async () => {
    await publish(104)
    account.forget()
    expect(await numbers()).toEqual(Array.from({ length: 104 }, (_, i) => String(i + 1)))
    expect(account.requests('ListVersionsByFunction')).toHaveLength(3)
  }, 20_000)

  test('says of all versions that they are durable where the function is, in any of its states', async () => {
    const durable = { ...orders, DurableConfig: { ExecutionTimeout: 3600, RetentionPeriodInDays: 7 } }
    await account.rig.lambda.send(new UpdateFunctionConfigurationCommand(durable))
    account.rig.pass(5_000)
    expect((await versions.list('orders'))?.map(version => version.durable)).toEqual([true, true])
  })

  test('of a function that does not exist is nothing', async () => {
    expect(await versions.list('nothing')).toBeUndefined()
  })
})

describe('a listing of aliases', () => {
  test('gives what each of them refers to, by weight as well, and its description', async () => {
    const canary = { Name: 'pr-7', FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } }
    await account.rig.lambda.send(new CreateAliasCommand({ ...orders, ...canary, Description: 'a canary' }))
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders'
    const revision = expect.stringMatching(/./)
    expect(await versions.aliases('orders')).toEqual([
      { name: 'live', arn: `${arn}:live`, routing: whole('1'), description: '', revision },
      { name: 'pr-7', arn: `${arn}:pr-7`, routing: partWay('1', '2', 0.1), description: 'a canary', revision },
    ])
  })

  test('goes through all pages', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `pr-${i + 1}`)
    for (const Name of names) {
      await account.rig.lambda.send(new CreateAliasCommand({ ...orders, Name, FunctionVersion: '2' }))
    }
    account.forget()
    const found = (await versions.aliases('orders')).map(({ name }) => name)
    expect(found.toSorted()).toEqual(['live', ...names].toSorted())
    expect(account.requests('ListAliases').length).toBeGreaterThan(1)
  })
})

describe('a listing of provisioned concurrency', () => {
  async function provision(Qualifier: string): Promise<void> {
    const wanted = { ...orders, Qualifier, ProvisionedConcurrentExecutions: 1 }
    await account.rig.lambda.send(new PutProvisionedConcurrencyConfigCommand(wanted))
  }

  test('gives versions that have their own, and none that has it by way of an alias', async () => {
    await provision('live')
    expect(await versions.provisioned('orders')).toEqual([])
    await provision('2')
    expect(await versions.provisioned('orders')).toEqual(['2'])
  })

  test('goes through all pages', async () => {
    await publish(55)
    for (const version of await numbers()) await provision(version)
    account.forget()
    expect([...(await versions.provisioned('orders'))].toSorted((a, b) => Number(a) - Number(b))).toEqual(
      await numbers(),
    )
    expect(account.requests('ListProvisionedConcurrencyConfigs').length).toBeGreaterThan(1)
  })
})

describe('what else holds on to a version', () => {
  test('is nothing, where all belongs to the function, an alias or another version', async () => {
    await allow()
    await allow('live')
    await allow('1')
    await map('live', queue)
    await map('1', queue)
    expect(await versions.holders('orders', '2')).toEqual([])
  })

  test('is a resource policy of its own, and event source mappings', async () => {
    await allow('2')
    await map('2', queue)
    await map('2', `${queue}-late`)
    expect(await versions.holders('orders', '2')).toEqual([
      'a resource policy',
      `the event source mapping of ${queue}`,
      `the event source mapping of ${queue}-late`,
    ])
  })

  test('is looked for on all pages', async () => {
    const ids: string[] = []
    for (let i = 1; i <= 101; i += 1) ids.push(await map('2', `${queue}-${i}`))
    expect(await versions.holders('orders', '2')).toHaveLength(101)
    for (const UUID of ids) await account.rig.lambda.send(new DeleteEventSourceMappingCommand({ UUID }))
    expect(await versions.holders('orders', '2')).toEqual([])
  })

  test('of a version that is gone is nothing', async () => {
    expect(await versions.holders('orders', '9')).toEqual([])
  })
})

describe('a deletion', () => {
  test('takes that one version away, by its number', async () => {
    expect(await versions.remove('orders', '2')).toBe('removed')
    expect(await numbers()).toEqual(['1'])
    expect(account.requests('DeleteFunction').map(({ input }) => input)).toEqual([
      { FunctionName: 'orders', Qualifier: '2' },
    ])
  })

  test('of a version that an alias refers to (409) leaves it there', async () => {
    expect(await versions.remove('orders', '1')).toBe('referenced')
    expect(account.requests('DeleteFunction').at(-1)).toMatchObject({ status: 409 })
    expect(await numbers()).toEqual(['1', '2'])
  })

  test('of a version that an alias refers to by weight leaves it there', async () => {
    const canary = { Name: 'split', FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } }
    await account.rig.lambda.send(new CreateAliasCommand({ ...orders, ...canary }))
    expect(await versions.remove('orders', '2')).toBe('referenced')
  })

  test('of a version that is gone already (204), or with its function (404), is done', async () => {
    expect(await versions.remove('orders', '9')).toBe('removed')
    expect(await versions.remove('nothing', '1')).toBe('removed')
    expect(account.requests('DeleteFunction').map(({ status }) => status)).toEqual([204, 404])
  })

  test('whose answer is lost is made again, and done', async () => {
    account.befall('DeleteFunction', { kind: 'lose-answer' }, 1)
    expect(await versions.remove('orders', '2')).toBe('removed')
    expect(account.requests('DeleteFunction')).toHaveLength(2)
  })

  test('is not cut short by a cancel', async () => {
    account.befall('DeleteFunction', { kind: 'before', run: () => account.stop() })
    expect(await versions.remove('orders', '2')).toBe('removed')
  })

  test.each(['', ' ', '$LATEST', '$LATEST.PUBLISHED', 'live', '0', '02', '2 ', '2\n', '-1', '1e3', '2?', '2/3'])(
    'without a number (“%s”) is refused before any call is made: it would delete the whole function',
    async qualifier => {
      await expect(versions.remove('orders', qualifier)).rejects.toThrow('is no number of a version of orders')
      await expect(versions.remove('orders', qualifier)).rejects.not.toBeInstanceOf(CallFailed)
      expect(account.requests('DeleteFunction')).toEqual([])
      expect(await numbers()).toEqual(['1', '2'])
    },
  )

  test('without a number is refused even where a caller gets around the types', async () => {
    const remove: (...args: readonly unknown[]) => Promise<unknown> = versions.remove.bind(versions) as never
    for (const qualifier of [undefined, null, Number.NaN, ['live']]) {
      await expect(remove('orders', qualifier)).rejects.toThrow('is no number of a version of orders')
    }
    expect(account.requests('DeleteFunction')).toEqual([])
  })
})

test('code storage is what the account uses of what it may', async () => {
  const before = await versions.storage()
  const [first] = (await versions.list('orders')) ?? []
  expect(before).toEqual({ used: 3 * (first?.codeBytes ?? 0), limit: 300 * 2 ** 30 })
  await versions.remove('orders', '2')
  expect((await versions.storage()).used).toBe(before.used - (first?.codeBytes ?? 0))
})

const calls: readonly [operation: string, call: () => Promise<unknown>, allow: string][] = [
  ['ListVersionsByFunction', () => versions.list('orders'), 'lambda:ListVersionsByFunction on the function orders'],
  ['ListAliases', () => versions.aliases('orders'), 'lambda:ListAliases on the function orders'],
  [
    'ListProvisionedConcurrencyConfigs',
    () => versions.provisioned('orders'),
    'lambda:ListProvisionedConcurrencyConfigs on the function orders',
  ],
  ['GetPolicy', () => versions.holders('orders', '2'), 'lambda:GetPolicy on the function orders and its versions'],
  ['ListEventSourceMappings', () => versions.holders('orders', '2'), 'lambda:ListEventSourceMappings on *'],
  [
    'DeleteFunction',
    () => versions.remove('orders', '2'),
    'lambda:DeleteFunction on the versions of orders (orders:*)',
  ],
  ['GetAccountSettings', () => versions.storage(), 'lambda:GetAccountSettings on *'],
]

describe.each(calls)('%s', (operation, call, allow) => {
  test('that is denied names the permission', async () => {
    account.befall(operation, { kind: 'denied' })
    await expect(call()).rejects.toMatchObject({ kind: 'denied', message: expect.stringContaining(`allow ${allow}`) })
  })

  test('that is throttled is tried again', async () => {
    account.befall(operation, { kind: 'throttle' }, 1)
    await call()
    expect(account.requests(operation)).toHaveLength(2)
  })
})

describe.each(calls.filter(([operation]) => operation !== 'DeleteFunction'))('%s', (operation, call) => {
  test('ends when the workflow is cancelled, as an abort', async () => {
    account.befall(operation, { kind: 'before', run: () => account.stop() })
    await expect(call()).rejects.toMatchObject({ name: 'AbortError' })
  })
})
