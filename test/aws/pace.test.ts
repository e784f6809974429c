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
  expect(await slept(48)).toBeCloseTo(5_000, -1)
})

test('all operations of the control plane share that', async () => {
  const { lambda, clock } = account
  paced(lambda, clock)
  for (let i = 0; i < 8; i += 1) {
    await lambda.send(list)
    await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'orders' }))
  }
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(1_000, -1)
})

test('what traffic waits for is not held up', async () => {
  const { aliases, functions, clock } = account
  paced(account.lambda, clock)
  const target = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
  for (let i = 0; i < 30; i += 1) {
    await aliases.read(target)
    await functions.latest('orders')
  }
  expect(clock.slept).toEqual([])
})
