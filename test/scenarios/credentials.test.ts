import { describe, expect, onTestFinished, test } from 'vitest'
import { startTokenEndpoint, type TokenEndpoint } from '../sandbox/sts/token-endpoint.ts'
import { failed, succeeded } from './ends.ts'
import { curtain, type Deployed, minute, newStage, type Stage } from './stage.ts'

const keys = { AWS_ACCESS_KEY_ID: 'ASIASESSIONOFTHISJOB', AWS_SECRET_ACCESS_KEY: 'theSecretOfThisSession' }
const session = { ...keys, AWS_SESSION_TOKEN: 'theTokenOfThisSession' }
const role = 'arn:aws:iam::111122223333:role/deploy-orders'
const outage = { kind: 'error', status: 500, name: 'InternalFailure', message: 'no' } as const

/** A stage with a session that is good for so many minutes from the first run on. */
async function newSession(minutes: number): Promise<Stage> {
  const stage = await newStage()
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SESSION_TOKEN: token } = session
  stage.sandbox.sessions.add({ accessKeyId, token, expiresAt: curtain + minutes * minute })
  return stage
}

function tells(minutes: number): Record<string, string> {
  return { ...session, AWS_CREDENTIAL_EXPIRATION: new Date(curtain + minutes * minute).toISOString() }
}

const calls = ({ requests }: Deployed, operation: string) => requests.filter(request => request.operation === operation)
const writes = ({ requests }: Deployed) =>
  requests.filter(({ operation }) => /^(Update|Publish|Create)/.test(operation))
const refusedKeys = ({ requests }: Deployed) => requests.filter(({ error }) => error?.startsWith('Expired'))

describe('credentials that tell their end', () => {
  test('and end too early are refused before anything is touched', async () => {
    const stage = await newSession(60)
    const deployed = await stage.deploy({ 'bake-time': '51m' }, { env: tells(60) })
    expect(deployed.end).toEqual(failed('refused', '1'))
    expect(deployed.main.outputs.reason).toMatch(/bakes for 51 minutes.*role-duration-seconds.*role-to-assume/)
    expect(writes(deployed)).toEqual([])
  })

  test('and last are accepted', async () => {
    const stage = await newSession(60)
    const deployed = await stage.deploy({ 'bake-time': '40m', 'poll-interval': '5m' }, { env: tells(60) })
    expect(deployed.end).toEqual(succeeded('promoted', '2'))
  })

  test.each(['5m', '1h'])(
    'are never found expired: ten minutes before, a rollout that waits on is rolled back, looking every %s',
    async poll => {
      const stage = await newSession(60)
      const inputs = { 'bake-time': '20m', 'poll-interval': poll, 'min-invocations': '100', 'low-traffic': 'extend 3h' }
      const deployed = await stage.deploy(inputs, { env: tells(60) })
      expect([deployed.end.result, deployed.end.live]).toEqual(['rolled-back', '1'])
      expect(deployed.main.outputs.reason).toContain('the AWS credentials end at 11:00Z')
      expect(calls(deployed, 'UpdateAlias').at(-1)?.at).toBe(curtain + 50 * minute)
      expect(refusedKeys(deployed)).toEqual([])
    },
  )
})

describe('a session that does not tell its end', () => {
  test('is good for 45 minutes', async () => {
    const stage = await newSession(60)
    const { end } = await stage.deploy({ 'bake-time': '45m', 'dry-run': 'true' }, { env: session })
    expect(end.result).toBe('planned')
  })

  test('is refused for more, naming the cures', async () => {
    const stage = await newSession(60)
    const deployed = await stage.deploy({ 'bake-time': '46m' }, { env: session })
    expect(deployed.end).toEqual(failed('refused', '1'))
    expect(deployed.main.outputs.reason).toMatch(/`role-to-assume`.*AWS_CREDENTIAL_EXPIRATION/)
    expect(writes(deployed)).toEqual([])
  })

  test('is rolled back before the hour that it may have', async () => {
    const stage = await newSession(60)
    const inputs = { 'bake-time': '20m', 'poll-interval': '5m', 'min-invocations': '100', 'low-traffic': 'extend 3h' }
    const deployed = await stage.deploy(inputs, { env: session })
    expect([deployed.end.result, deployed.end.live]).toEqual(['rolled-back', '1'])
    expect(refusedKeys(deployed)).toEqual([])
  })
})

test('keys of a user, which have no token, are good for any time', async () => {
  const stage = await newStage()
  const { end } = await stage.deploy({ 'bake-time': '10h', 'poll-interval': '30m' })
  expect(end).toEqual(succeeded('promoted', '2'))
})

describe('`role-to-assume`', () => {
  const long = { 'role-to-assume': role, 'bake-time': '3h', 'poll-interval': '5m' }
  const noKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

  type Issuer = { readonly endpoint: TokenEndpoint; readonly tokens: readonly string[] }

  async function issuerOf(stage: Stage): Promise<Issuer> {
    const { oidc } = stage.sandbox
    const tokens: string[] = []
    const token: typeof oidc.token = (audience, subject) => {
      const given = oidc.token(audience, subject)
      tokens.push(given)
      return given
    }
    const endpoint = await startTokenEndpoint({ token, failNext: oidc.failNext })
    onTestFinished(() => endpoint.close())
    return { endpoint, tokens }
  }

  const assumptions = (deployed: Deployed) => calls(deployed, 'AssumeRoleWithWebIdentity')

  test('needs no keys in the environment, and is assumed once for all clients', async () => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    const deployed = await stage.deploy({ ...long, 'bake-time': '5m' }, { env: { ...noKeys, ...endpoint.env } })
    expect(deployed.end).toEqual(succeeded('promoted', '2'))
    expect(assumptions(deployed).map(({ input }) => input)).toMatchObject([
      { RoleArn: role, RoleSessionName: 'lambda-rollout-9876543210' },
    ])
    expect(endpoint.requests).toEqual([{ audience: 'sts.amazonaws.com', status: 200 }])
  })

  test('is renewed before it ends: five times in all for three hours', async () => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    const deployed = await stage.deploy(long, { env: { ...noKeys, ...endpoint.env } })
    expect(deployed.end).toEqual(succeeded('promoted', '2'))
    expect(assumptions(deployed).map(({ at }) => Math.floor((at - curtain) / minute))).toEqual([0, 40, 80, 120, 160])
    expect(refusedKeys(deployed)).toEqual([])
  })

  test('serves on with the old keys while renewing fails', async () => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    stage.sandbox.faults.add({
      match: { operation: 'AssumeRoleWithWebIdentity' },
      on: { from: curtain + 30 * minute, until: curtain + 46 * minute },
      fault: outage,
    })
    const deployed = await stage.deploy({ ...long, 'bake-time': '1h' }, { env: { ...noKeys, ...endpoint.env } })
    expect(deployed.end).toEqual(succeeded('promoted', '2'))
    expect(stage.sandbox.sessions.all).toHaveLength(2)
  })

  test.each(['5m', '90m'])('is rolled back in time where renewing keeps failing, looking every %s', async poll => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    stage.sandbox.faults.add({
      match: { operation: 'AssumeRoleWithWebIdentity' },
      on: { from: curtain + 30 * minute },
      fault: outage,
    })
    const inputs = { ...long, 'poll-interval': poll }
    const deployed = await stage.deploy(inputs, { env: { ...noKeys, ...endpoint.env } })
    expect([deployed.end.result, deployed.end.live]).toEqual(['rolled-back', '1'])
    expect(deployed.main.outputs.reason).toContain('the AWS credentials end at 11:00Z')
    expect(refusedKeys(deployed)).toEqual([])
  })

  test('without `id-token: write` is one refusal, that names the permission, and asks AWS nothing', async () => {
    const stage = await newStage()
    const { end, main, requests } = await stage.deploy(long, { env: noKeys })
    expect(end).toEqual(failed('refused', '1'))
    expect(main.annotations).toHaveLength(1)
    expect(main.outputs.reason).toContain('give the job the permission `id-token: write`')
    expect(requests).toEqual([])
  })

  test('whose trust policy does not let the job in is refused, by the name of the role', async () => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    stage.sandbox.roles.set(role, { trusts: ['scheduler'] })
    const { end, main } = await stage.deploy(long, { env: { ...noKeys, ...endpoint.env } })
    expect(end).toEqual(failed('refused', '1'))
    expect(main.outputs.reason).toContain(`could not assume the role ${role}`)
    expect(main.outputs.reason).toContain('trust policy')
  })

  test.each([{}, { RUNNER_DEBUG: '1' }])('shows neither its token nor its keys, %o', async debug => {
    const stage = await newStage()
    const { endpoint, tokens } = await issuerOf(stage)
    stage.kill({ before: 'GetAlias', from: 100 * minute })
    const { main, post } = await stage.deploy(long, { env: { ...noKeys, ...endpoint.env, ...debug } })
    const shown = [main, post].flatMap(step => [
      step?.log,
      step?.summary,
      JSON.stringify([step?.outputs, step?.state, step?.annotations]),
    ])
    const secrets = [
      ...tokens,
      ...stage.sandbox.sessions.all.flatMap(({ accessKeyId, token = '' }) => [accessKeyId, token]),
      endpoint.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    ].filter(secret => secret !== '')
    expect(secrets.length).toBeGreaterThan(8)
    for (const secret of secrets) expect(shown.join('\n').includes(secret), secret.slice(0, 8)).toBe(false)
  })

  test('serves the post step as well, which assumes it anew', async () => {
    const stage = await newStage()
    const { endpoint } = await issuerOf(stage)
    stage.kill({ before: 'GetAlias', from: minute })
    const { end } = await stage.deploy(long, { env: { ...noKeys, ...endpoint.env } })
    expect([end.live, end.post.annotations]).toEqual(['1', ['warning rolled-back']])
    expect(stage.sandbox.sessions.all).toHaveLength(2)
  })
})
