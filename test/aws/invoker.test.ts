import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LambdaInvoker } from '../../src/aws/invoker.ts'
import { type Account, newAccount } from '../support/world/account.ts'

let account: Account
let invoker: LambdaInvoker

beforeEach(async () => {
  account = await newAccount()
  invoker = new LambdaInvoker(account.config, account.clock, account.cancel)
})

afterEach(() => account.close())

describe('an invocation', () => {
  test('of a version gives what it answers, and its log', async () => {
    account.rig.sandbox.invocations.set('orders', '2', payload => ({ payload: { got: payload }, log: 'pricing\n' }))
    const answer = await invoker.invoke('orders', '2', '{"ping":true}')
    expect(answer).toEqual({
      functionError: undefined,
      payload: '{"got":{"ping":true}}',
      log: expect.stringMatching(/^START RequestId: .* Version: 2\npricing\nEND .*\nREPORT .*\n$/s),
    })
  })

  test('of a function without a version runs $LATEST', async () => {
    account.rig.sandbox.invocations.set('orders', '*', () => ({ payload: 'any' }))
    account.forget()
    expect((await invoker.invoke('orders', undefined, '{}')).log).toContain('Version: $LATEST')
    expect(account.requests('Invoke').map(({ input }) => input)).toEqual([
      expect.not.objectContaining({ Qualifier: expect.anything() }),
    ])
  })

  test('whose handler throws is an answer with a function error', async () => {
    account.rig.sandbox.invocations.set('orders', '2', () => {
      throw new TypeError('no price')
    })
    const answer = await invoker.invoke('orders', '2', '{}')
    expect(answer.functionError).toBe('Unhandled')
    expect(JSON.parse(answer.payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'no price' })
    expect(answer.log).toContain('no price')
  })

  test('may take longer than other calls do', async () => {
    account.rig.sandbox.invocations.set('orders', '2', () => ({ payload: 'slow' }))
    account.befall('Invoke', { kind: 'delay', ms: 5_500 })
    expect((await invoker.invoke('orders', '2', '{}')).payload).toBe('"slow"')
    expect(account.requests('Invoke')).toHaveLength(1)
  }, 10_000)

  test('ends with a cancel', async () => {
    account.befall('Invoke', { kind: 'delay', ms: 5_000 })
    const invoking = invoker.invoke('orders', '2', '{}')
    account.stop()
    await expect(invoking).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('that is denied says which action to allow on what', async () => {
    account.befall('Invoke', { kind: 'denied' })
    await expect(invoker.invoke('check-orders', undefined, '{}')).rejects.toMatchObject({
      name: 'CallFailed',
      kind: 'denied',
      message: expect.stringMatching(
        /^could not invoke check-orders, because AWS denies it .*; allow lambda:InvokeFunction on check-orders$/,
      ),
    })
  })

  test('of a function that is not there is `rejected`', async () => {
    await expect(invoker.invoke('nobody', undefined, '{}')).rejects.toMatchObject({
      name: 'CallFailed',
      kind: 'rejected',
      message: expect.stringContaining('could not invoke nobody'),
    })
  })
})
