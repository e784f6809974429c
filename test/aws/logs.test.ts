import {
  InvokeCommand,
  type LoggingConfig,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cloudWatchLogs, countErrors } from '../../src/aws/logs.ts'
import type { ErrorSeen } from '../../src/ports.ts'
import type { Failing, SandboxOptions } from '../sandbox/sandbox.ts'
import { type Account, newAccount } from '../support/world/account.ts'

const minute = 60_000

let account: Account
let began: number

async function begin(options: Omit<SandboxOptions, 'now'> = {}): Promise<void> {
  account = await newAccount(options)
  began = account.rig.now()
}

beforeEach(() => begin())

afterEach(() => account.close())

/** The errors of a version since the beginning of a test. */
function errors(version = '2', group = '/aws/lambda/orders', from = began): Promise<readonly ErrorSeen[]> {
  return cloudWatchLogs(account.config).errors({ group, functionName: 'orders', version }, from, account.rig.now())
}

async function counts(version?: string, group?: string): Promise<readonly (readonly [string, number])[]> {
  return (await errors(version, group)).map(({ what, count }) => [what, count])
}

/** Invokes a version that throws this, so often. */
async function throwing(version: string, name: string, message: string, times = 1): Promise<void> {
  account.rig.sandbox.invocations.set('orders', version, () => {
    throw Object.assign(new Error(message), { name })
  })
  await invoke(version, times)
}

async function invoke(Qualifier: string, times = 1): Promise<void> {
  for (let i = 0; i < times; i++)
    await account.rig.lambda.send(new InvokeCommand({ FunctionName: 'orders', Qualifier }))
  account.rig.pass(1_000)
}

/** Publishes version 3 with this logging, and gives `live` to it. */
async function logging(LoggingConfig: LoggingConfig): Promise<void> {
  const FunctionName = 'orders'
  await account.rig.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, LoggingConfig }))
  account.rig.pass(5_000)
  await account.rig.lambda.send(new PublishVersionCommand({ FunctionName }))
  await account.rig.lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '3' }))
}

/** One request a second to `live`, each of which fails in this way. */
function failing(how: Failing): void {
  const behaviour = () => ({ errorRate: 1, durationMs: 10, errors: [how] })
  account.rig.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 1, behaviour })
  account.rig.pass(10_000)
  account.rig.sandbox.traffic.clear()
  account.rig.pass(minute)
}

describe('the errors of a version', () => {
  test('are its own and no other’s', async () => {
    await throwing('1', 'OldError', 'as ever')
    await throwing('2', 'TypeError', 'no price')
    expect(await counts('2')).toEqual([['TypeError: no price', 1]])
    expect(await counts('1')).toEqual([['OldError: as ever', 1]])
  })

  test('are not those of a version whose number begins alike', async () => {
    await throwing('2', 'TypeError', 'no price')
    account.forget()
    await errors('2')
    const prefixes = account.requests('FilterLogEvents').map(({ input }) => input)
    expect(prefixes).toEqual([
      expect.objectContaining({ logStreamNamePrefix: '2026/11/23/[2]' }),
      expect.objectContaining({ logStreamNamePrefix: '2026/11/22/[2]' }),
    ])
  })

  test('are counted by type and message, the most frequent first', async () => {
    await throwing('2', 'RangeError', 'too many')
    await throwing('2', 'TypeError', 'no price', 3)
    expect(await counts()).toEqual([
      ['TypeError: no price', 3],
      ['RangeError: too many', 1],
    ])
  })

  test('come with one whole message', async () => {
    await throwing('2', 'TypeError', 'no price')
    const [{ example } = { example: '' }] = await errors()
    expect(example).toMatch(/^2026-11-23T.*\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"no price"/)
  })

  test('are none where all went well', async () => {
    account.rig.sandbox.invocations.set('orders', '2', () => ({ payload: null, log: 'no problem\n' }))
    await invoke('2')
    expect(await errors()).toEqual([])
  })

  test('are none before the first invocation, when there is no group', async () => {
    expect(await errors()).toEqual([])
  })

  test('are none from before the window', async () => {
    await throwing('2', 'TypeError', 'no price')
    account.rig.pass(minute)
    expect(await errors('2', undefined, account.rig.now() - 1_000)).toEqual([])
  })

  test('are found over midnight, in a stream of the day before', async () => {
    account.rig.pass(14 * 60 * minute - 10 * minute)
    account.rig.sandbox.invocations.set('orders', '2', () => ({ payload: null }))
    await invoke('2')
    account.rig.pass(20 * minute)
    began = account.rig.now()
    await throwing('2', 'TypeError', 'no price')
    expect(await counts()).toEqual([['TypeError: no price', 1]])
  })

  test('are found in a group that functions share', async () => {
    await logging({ LogGroup: '/shared' })
    await throwing('3', 'TypeError', 'no price')
    expect(await counts('3', '/shared')).toEqual([['TypeError: no price', 1]])
  })

  test('are found in lines of JSON', async () => {
    await logging({ LogFormat: 'JSON' })
    await throwing('3', 'TypeError', 'no price', 2)
    expect(await counts('3')).toEqual([['TypeError: no price', 2]])
  })

  test.each(['line', 'report'] as const)('are time-outs, that show in a %s', async timeouts => {
    await account.close()
    await begin({ logs: { timeouts } })
    failing({ kind: 'timeout' })
    const [[what, count] = ['', 0]] = await counts('1')
    expect(what).toMatch(/^Task timed out/)
    expect(count).toBeGreaterThan(3)
  })

  test.each(['Text', 'JSON'] as const)('are crashes, told in %s', async LogFormat => {
    await logging({ LogFormat })
    failing({ kind: 'exit', status: 1 })
    const seen = await counts('3')
    expect(seen.map(([what]) => what)).toEqual(['Runtime.ExitError'])
  })

  test('are time-outs, told in JSON', async () => {
    await logging({ LogFormat: 'JSON' })
    failing({ kind: 'timeout' })
    expect((await counts('3')).map(([what]) => what)).toEqual(['Task timed out'])
  })

  test('are found behind pages without any', async () => {
    await account.close()
    await begin({ logs: { emptyPages: 3 } })
    await throwing('2', 'TypeError', 'no price')
    expect(await counts()).toEqual([['TypeError: no price', 1]])
  })
})

describe('a read that fails', () => {
  test('because it is denied says which action to allow on what', async () => {
    account.befall('FilterLogEvents', { kind: 'denied' })
    await expect(errors()).rejects.toMatchObject({
      name: 'CallFailed',
      kind: 'denied',
      message: expect.stringMatching(
        /^could not read the log group \/aws\/lambda\/orders, because AWS denies it .*; allow logs:FilterLogEvents on the log group \/aws\/lambda\/orders$/,
      ),
    })
  })

  test('because AWS is too busy is `unavailable`', async () => {
    account.befall('FilterLogEvents', { kind: 'throttle' })
    await expect(errors()).rejects.toMatchObject({ name: 'CallFailed', kind: 'unavailable' })
  })
})

describe('counting lines', () => {
  const named: readonly (readonly [string, string, string | undefined])[] = [
    ['Python’s text', '[ERROR] KeyError: sku\nTraceback (most recent call last):\n', 'KeyError: sku'],
    ['Python’s JSON', '{"level":"ERROR","errorMessage":"sku","errorType":"KeyError","stackTrace":[]}', 'KeyError: sku'],
    ['what a handler logs as an error', '2026-11-23T10:00:00.000Z\tid\tERROR\tno stock\n  at x', 'no stock'],
    ['the same in JSON', '{"level":"ERROR","requestId":"id","message":"no stock\\n  at x"}', 'no stock'],
    ['what a handler logs as no error', '{"level":"INFO","requestId":"id","message":"ERROR is no word"}', undefined],
    ['a line that only speaks of ERROR', 'retry after ERROR', undefined],
    ['a report of what has a line of its own', '{"record":{"status":"error","errorType":"KeyError"}}', undefined],
    ['a message without a type', '{"errorMessage":"sku"}', 'sku'],
  ]
  test.each(named)('%s', (_, line, what) => {
    expect(countErrors([line]).map(error => error.what)).toEqual(what === undefined ? [] : [what])
  })

  test('numbers and ids do not tell errors apart', () => {
    const lines = ['order 17 is gone', 'order 18 is gone', 'order 5b6c1f0e-1111-2222-3333-444455556666 is gone']
    expect(countErrors(lines.map(line => `[ERROR] ${line}`))).toEqual([
      { what: 'order 17 is gone', count: 3, example: '[ERROR] order 17 is gone' },
    ])
  })

  test('an example is cut', () => {
    expect(countErrors([`[ERROR] ${'x'.repeat(5_000)}`])[0]?.example).toHaveLength(1_500)
  })
})
