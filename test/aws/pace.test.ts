import { ListAliasesCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { paced } from '../../src/aws/pace.ts'
import { type Account, newAccount } from '../support/world/account.ts'

let account: Account

beforeEach(async () => {
  account = await newAccount()
})

afterEach(() => account.close())

/** How long so many calls one after the other have slept, in ms. */
async function slept(calls: number, command: () => ListAliasesCommand = () => list): Promise<number> {
  const { lambda, clock } = account
  paced(lambda, clock)
  clock.slept.length = 0
  for (let i = 0; i < calls; i += 1) await lambda.send(command())
  return clock.slept.reduce((sum, ms) => sum + ms, 0)
}

const list = new ListAliasesCommand({ FunctionName: 'orders' })

test('a few calls are made at once', async () => {
  expect(await slept(8)).toBe(0)
})

test('many are made at no more than eight a second, which is half of what the account has', async () => {
  expect(await slept(48)).toBe(5_000)
})

test('all operations of the control plane share that', async () => {
  const { lambda, clock } = account
  paced(lambda, clock)
  for (let i = 0; i < 8; i += 1) {
    await lambda.send(list)
    await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'orders' }))
  }
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(1_000)
})

test('what traffic waits for does not wait for the rest, and takes ten a second with it', async () => {
  const { lambda, aliases, clock } = account
  paced(lambda, clock)
  const target = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
  for (let i = 0; i < 8; i += 1) await lambda.send(list)
  await aliases.read(target)
  await aliases.read(target)
  expect(clock.slept).toEqual([])
  await aliases.read(target)
  expect(clock.slept).toEqual([1_000])
})

test('in no second are there more than ten, whatever comes at once', async () => {
  const { lambda, aliases, clock } = account
  paced(lambda, clock)
  const target = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
  const made: number[] = []
  lambda.middlewareStack.add(
    next => async args => {
      made.push(clock.now())
      return await next(args)
    },
    { step: 'initialize', priority: 'low' },
  )
  await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? lambda.send(list) : aliases.read(target))))
  const busiest = made.map(at => made.filter(other => other >= at && other < at + 1_000).length)
  expect(Math.max(...busiest)).toBeLessThanOrEqual(10)
  expect(made).toHaveLength(40)
})

test('GetFunction has a quota of its own', async () => {
  const { functions, clock } = account
  paced(account.lambda, clock)
  await Promise.all(Array.from({ length: 50 }, () => functions.latest('orders')))
  expect(clock.slept).toEqual([])
})
