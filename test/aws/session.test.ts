import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LambdaAliases } from '../../src/aws/alias.ts'
import { AssumedRole, environmentSession, type IdentityToken } from '../../src/aws/session.ts'
import { type Account, newAccount } from '../support/world/account.ts'
import { Time } from '../support/world/time.ts'

const minute = 60_000
const role = 'arn:aws:iam::111122223333:role/deploy'
const live = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

describe('the credentials of the environment', () => {
  const clock = new Time()
  const endOf = (env: Record<string, string>) => environmentSession(env, clock).end()

  test('end when AWS_CREDENTIAL_EXPIRATION says', () => {
    expect(endOf({ ...keys, AWS_SESSION_TOKEN: 't', AWS_CREDENTIAL_EXPIRATION: '2026-11-23T11:30:00Z' })).toEqual({
      at: Date.parse('2026-11-23T11:30:00Z'),
      known: true,
    })
  })

  test('end when it says in quotes, as it does as an output of configure-aws-credentials', () => {
    expect(endOf({ ...keys, AWS_CREDENTIAL_EXPIRATION: '"2026-11-23T11:30:00.000Z"' })?.known).toBe(true)
  })

  test.each(['', 'soon'])('end at an unknown time where that says “%s”', AWS_CREDENTIAL_EXPIRATION => {
    const end = { at: clock.start + 60 * minute, known: false }
    expect(endOf({ ...keys, AWS_SESSION_TOKEN: 't', AWS_CREDENTIAL_EXPIRATION })).toEqual(end)
  })

  test('end at an unknown time, but not before the hour that is usual, where a session does not tell', () => {
    expect(endOf({ ...keys, AWS_SESSION_TOKEN: 't' })).toEqual({ at: clock.start + 60 * minute, known: false })
  })

  test.each([{ ...keys }, { ...keys, AWS_SESSION_TOKEN: '' }])('do not end where they are a user’s keys', env => {
    expect(endOf(env)).toBeUndefined()
  })

  test('do not end, as far as is known, where there are none', () => {
    expect(endOf({})).toBeUndefined()
  })

  test('end when they end, however late that is asked', () => {
    const clock = new Time()
    const session = environmentSession({ ...keys, AWS_SESSION_TOKEN: 't' }, clock)
    clock.pass('30m')
    expect(session.end()?.at).toBe(clock.start + 60 * minute)
  })
})

describe('an assumed role', () => {
  let account: Account
  let asked: number
  let fails: Error | undefined
  let warned: string[]

  beforeEach(async () => {
    account = await newAccount()
    account.rig.sandbox.sessions.strict(true)
    asked = 0
    fails = undefined
    warned = []
  })

  afterEach(() => account.close())

  const token: IdentityToken = async audience => {
    asked += 1
    if (fails !== undefined) throw fails
    return account.rig.sandbox.oidc.token(audience)
  }

  /** The sandbox's time is what the session goes by. */
  function assumed(name = 'lambda-rollout-987'): AssumedRole {
    const { credentials: _, ...config } = account.config
    const clock = { now: () => account.rig.now(), sleep: async () => undefined }
    return new AssumedRole(role, name, token, config, clock, text => warned.push(text))
  }

  const sessions = () => account.rig.sandbox.sessions.all
  const assumptions = () => account.requests('AssumeRoleWithWebIdentity')
  const outage = { kind: 'error', status: 500, name: 'InternalFailure', message: 'no' } as const

  function clientOf({ credentials }: AssumedRole): LambdaAliases {
    return new LambdaAliases(new LambdaClient({ ...account.config, credentials }))
  }

  test('is assumed once for all clients, also where they ask at the same time', async () => {
    const session = assumed()
    const clients = [clientOf(session), clientOf(session), clientOf(session)]
    await Promise.all(clients.map(client => client.read(live)))
    await Promise.all(clients.map(client => client.read(live)))
    expect(assumptions()).toHaveLength(1)
    expect(sessions()).toHaveLength(1)
  })

  test('is not assumed before a client asks', () => {
    expect(assumed().end()).toBeUndefined()
    expect(asked).toBe(0)
  })

  test('is asked for with a token for STS, an hour, and a name that CloudTrail tells', async () => {
    await clientOf(assumed('octo/orders run:987')).read(live)
    expect(assumptions()[0]?.input).toMatchObject({
      RoleArn: role,
      RoleSessionName: 'octo-orders-run-987',
      DurationSeconds: '3600',
      WebIdentityToken: '<token>',
    })
  })

  test('is renewed twenty minutes before it ends, with a new token each time, and never later', async () => {
    const session = assumed()
    const client = clientOf(session)
    for (let passed = 0; passed < 180; passed += 5) {
      await client.read(live)
      account.rig.pass(5 * minute)
    }
    expect(sessions()).toHaveLength(5)
    expect(asked).toBe(5)
    expect(account.requests('GetAlias').map(({ status }) => status)).not.toContain(403)
  })

  test('is renewed for all clients at once', async () => {
    const session = assumed()
    const clients = [clientOf(session), clientOf(session), clientOf(session)]
    await Promise.all(clients.map(client => client.read(live)))
    account.rig.pass(41 * minute)
    await Promise.all(clients.map(client => client.read(live)))
    expect(sessions()).toHaveLength(2)
  })

  test('does not end as long as it can be renewed', async () => {
    const session = assumed()
    const client = clientOf(session)
    for (let passed = 0; passed < 180; passed += 5) {
      await client.read(live)
      expect(session.end()).toBeUndefined()
      account.rig.pass(5 * minute)
    }
  })

  test('serves on with the old keys while renewing fails, and tells their end', async () => {
    const session = assumed()
    const client = clientOf(session)
    await client.read(live)
    const end = account.rig.now() + 60 * minute
    account.rig.sandbox.faults.add({ match: { operation: 'AssumeRoleWithWebIdentity' }, fault: outage })
    for (const after of [41, 8, 5, 5]) {
      account.rig.pass(after * minute)
      expect(await client.read(live)).toBeDefined()
      expect(session.end()).toEqual({ at: end, known: true })
    }
    account.rig.sandbox.faults.clear()
    account.rig.pass(minute + 1)
    await client.read(live)
    expect(session.end()).toBeUndefined()
  })

  test('serves on with the old keys also while GitHub gives no token', async () => {
    const session = assumed()
    const client = clientOf(session)
    await client.read(live)
    fails = new Error('503')
    account.rig.pass(50 * minute)
    expect(await client.read(live)).toBeDefined()
  })

  test('warns of a renewal that fails, once for all clients, and of none that does not', async () => {
    const session = assumed()
    const clients = [clientOf(session), clientOf(session), clientOf(session)]
    await Promise.all(clients.map(client => client.read(live)))
    fails = new Error('503')
    account.rig.pass(45 * minute)
    await Promise.all(clients.map(client => client.read(live)))
    fails = undefined
    account.rig.pass(minute)
    await Promise.all(clients.map(client => client.read(live)))
    expect(warned).toEqual([
      expect.stringMatching(/^The AWS credentials, which end at 11:\d\dZ, were not renewed, trying again: .*\(503\)/),
    ])
  })

  test('is asked for no more than once a minute while renewing fails', async () => {
    const session = assumed()
    const client = clientOf(session)
    await client.read(live)
    fails = new Error('503')
    account.rig.pass(45 * minute)
    for (let i = 0; i < 10; i++) await client.read(live)
    expect(asked).toBe(2)
    account.rig.pass(minute)
    await client.read(live)
    expect(asked).toBe(3)
  })

  test('says so where the old keys are over and there are no new ones', async () => {
    const session = assumed()
    const client = clientOf(session)
    await client.read(live)
    fails = new Error('503')
    account.rig.pass(61 * minute)
    await expect(client.read(live)).rejects.toMatchObject({ kind: 'denied' })
  })

  test('is refused without a token, naming the permission', async () => {
    fails = new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable')
    await expect(clientOf(assumed()).read(live)).rejects.toMatchObject({
      kind: 'denied',
      message: `could not assume the role ${role}, because GitHub gave this job no OIDC token (Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable); give the job the permission \`id-token: write\``,
    })
  })

  test('is refused where its trust policy does not let this job in, naming the role and the claim', async () => {
    account.rig.sandbox.roles.set(role, { trusts: ['scheduler'] })
    await expect(clientOf(assumed()).read(live)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(
        /^could not assume the role arn:aws:iam::111122223333:role\/deploy, .*allow sts:AssumeRoleWithWebIdentity on the role, to this job's `token\.actions\.githubusercontent\.com:sub`/,
      ),
    })
  })

  test('keeps the token out of what is told, also where AWS quotes it', async () => {
    let given = ''
    const { credentials: _, ...config } = account.config
    const clock = { now: () => account.rig.now(), sleep: async () => undefined }
    const quoting: IdentityToken = async audience => {
      given = account.rig.sandbox.oidc.token(audience)
      const message = `The token ${given} is not good`
      const fault = { kind: 'error', status: 400, name: 'InvalidIdentityToken', message } as const
      account.rig.sandbox.faults.add({ match: { operation: 'AssumeRoleWithWebIdentity' }, fault })
      return given
    }
    const failure = await clientOf(new AssumedRole(role, 'run', quoting, config, clock))
      .read(live)
      .catch((error: unknown) => error as Error)
    expect(failure).toMatchObject({ message: expect.stringContaining('The token *** is not good') })
    expect(String(failure)).not.toContain(given)
  })

  test('is told by GitHub and STS once again after a failure at the start', async () => {
    fails = new Error('503')
    const client = clientOf(assumed())
    await expect(client.read(live)).rejects.toThrow()
    fails = undefined
    expect(await client.read(live)).toBeDefined()
  })
})
