import { getIDToken } from '@actions/core'
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import {
  AssumeRoleWithSAMLCommand,
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newRig, type Rig } from '../sandbox/rig.ts'
import { startTokenEndpoint, type TokenEndpoint } from '../sandbox/sts/token-endpoint.ts'

let rig: Rig

beforeEach(async () => {
  rig = await newRig()
  await rig.deploy('orders')
})

afterEach(() => rig.close())

const minutes = 60_000
const RoleArn = 'arn:aws:iam::111122223333:role/deploy'
const token = () => rig.sandbox.oidc.token('sts.amazonaws.com')

function assume(over: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) {
  const input = { RoleArn, RoleSessionName: 'orders-987', WebIdentityToken: over.WebIdentityToken ?? token(), ...over }
  return rig.sts.send(new AssumeRoleWithWebIdentityCommand(input))
}

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

const clientOf = (credentials: Keys) => ({
  endpoint: rig.sandbox.endpoint,
  region: 'eu-west-1',
  credentials,
  maxAttempts: 1,
})

async function keys(over: Partial<AssumeRoleWithWebIdentityCommandInput> = {}): Promise<Required<Keys>> {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = (await assume(over)).Credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

function getAlias(credentials: Keys) {
  const command = new GetAliasCommand({ FunctionName: 'orders', Name: 'live' })
  return new LambdaClient(clientOf(credentials)).send(command)
}

describe('AssumeRoleWithWebIdentity', () => {
  test('gives keys that are good for an hour, for a token of the issuer', async () => {
    const { $metadata, Credentials, ...told } = await assume()
    expect(Credentials).toEqual({
      AccessKeyId: expect.stringMatching(/^ASIA[0-9A-F]{16}$/),
      SecretAccessKey: expect.stringMatching(/^\w{40}$/),
      SessionToken: expect.stringMatching(/^\w+$/),
      Expiration: new Date(rig.now() + 60 * minutes),
    })
    expect(told).toEqual({
      SubjectFromWebIdentityToken: 'repo:octo/orders:ref:refs/heads/main',
      AssumedRoleUser: {
        AssumedRoleId: 'AROASANDBOX:orders-987',
        Arn: 'arn:aws:sts::111122223333:assumed-role/deploy/orders-987',
      },
      Provider: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com',
      Audience: 'sts.amazonaws.com',
    })
  })

  test('is not signed, and its token is not in the log of requests', async () => {
    await assume()
    expect(rig.sandbox.requests.at(-1)).toMatchObject({
      service: 'sts',
      operation: 'AssumeRoleWithWebIdentity',
      input: { RoleArn, RoleSessionName: 'orders-987', WebIdentityToken: '<token>' },
    })
    rig.sandbox.sessions.strict(true)
    await assume()
  })

  test('gives keys for as long as it is asked to, and other keys each time', async () => {
    const first = await assume({ DurationSeconds: 900 })
    expect(first.Credentials?.Expiration).toEqual(new Date(rig.now() + 15 * minutes))
    expect((await assume()).Credentials?.AccessKeyId).not.toBe(first.Credentials?.AccessKeyId)
  })

  test.each<[string, Partial<AssumeRoleWithWebIdentityCommandInput>, string]>([
    ['a session name with a colon', { RoleSessionName: 'run:1' }, "at 'roleSessionName' failed to satisfy constraint"],
    ['a session name of 1', { RoleSessionName: 'a' }, 'length greater than or equal to 2'],
    ['a session name of 65', { RoleSessionName: 'a'.repeat(65) }, 'length less than or equal to 64'],
    ['899 s', { DurationSeconds: 899 }, 'value greater than or equal to 900'],
    ['12 h and 1 s', { DurationSeconds: 43_201 }, 'value less than or equal to 43200'],
    ['a token of 3', { WebIdentityToken: 'abc' }, 'length greater than or equal to 4'],
    ['no ARN', { RoleArn: 'deploy' }, "at 'roleArn' failed"],
  ])('refuses %s', async (_, over, message) => {
    await expect(assume(over)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('refuses more than the role allows, which is an hour where nothing is said', async () => {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
    await expect(assume({ DurationSeconds: 3601 })).rejects.toMatchObject({ name: 'ValidationError', message })
    rig.sandbox.roles.set(RoleArn, { maxSessionSeconds: 7200 })
    await assume({ DurationSeconds: 7200 })
    await expect(assume({ DurationSeconds: 7201 })).rejects.toMatchObject({ message })
  })

  test('takes no token that the issuer did not give, or gave for somebody else', async () => {
    const invalid = { name: 'InvalidIdentityTokenException', $metadata: { httpStatusCode: 400 } }
    await expect(assume({ WebIdentityToken: 'eyJ.made.up' })).rejects.toMatchObject(invalid)
    const WebIdentityToken = rig.sandbox.oidc.token('https://github.com/octo')
    await expect(assume({ WebIdentityToken })).rejects.toMatchObject({
      ...invalid,
      message: 'Incorrect token audience',
    })
  })

  test('takes a token for five minutes, as often as it is shown', async () => {
    const WebIdentityToken = token()
    rig.pass(5 * minutes - 1)
    await assume({ WebIdentityToken })
    await assume({ WebIdentityToken })
    rig.pass(1)
    await expect(assume({ WebIdentityToken })).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      message: expect.stringMatching(/^Token expired: current date\/time \d+ must be before the expiration/),
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('denies a role that is not there, is of another account, or does not trust the issuer', async () => {
    const denied = {
      name: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      $metadata: { httpStatusCode: 403 },
    }
    await expect(assume({ RoleArn: 'arn:aws:iam::999999999999:role/deploy' })).rejects.toMatchObject(denied)
    rig.sandbox.roles.set('arn:aws:iam::111122223333:role/other')
    await expect(assume()).rejects.toMatchObject(denied)
    rig.sandbox.roles.set(RoleArn, { trusts: ['scheduler'] })
    await expect(assume()).rejects.toMatchObject(denied)
  })

  test('needs no permission of the caller', async () => {
    rig.sandbox.enforce({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } })
    expect(await assume()).toMatchObject({ Credentials: { AccessKeyId: expect.any(String) } })
  })

  test('says when the issuer cannot be reached, and how it is throttled', async () => {
    const fault = { kind: 'error', status: 400, name: 'IDPCommunicationError', message: 'the issuer is away' } as const
    rig.sandbox.faults.add({ match: { service: 'sts' }, on: { nth: 1 }, fault })
    rig.sandbox.faults.add({ match: { service: 'sts' }, on: { nth: 2 }, fault: { kind: 'throttle' } })
    await expect(assume()).rejects.toMatchObject({
      name: 'IDPCommunicationErrorException',
      $metadata: { httpStatusCode: 400 },
    })
    await expect(assume()).rejects.toMatchObject({ name: 'Throttling' })
  })
})

test('what is not modelled of STS is refused', async () => {
  const saml = { RoleArn, PrincipalArn: 'arn:aws:iam::111122223333:saml-provider/x', SAMLAssertion: 'x' }
  await expect(rig.sts.send(new AssumeRoleWithSAMLCommand(saml))).rejects.toMatchObject({
    name: 'NotModelledBySandbox',
  })
  await expect(assume({ Policy: '{}' })).rejects.toMatchObject({ name: 'NotModelledBySandbox' })
})

test('GetCallerIdentity tells whose keys it was signed with', async () => {
  const identity = async (credentials: Keys) =>
    (await new STSClient(clientOf(credentials)).send(new GetCallerIdentityCommand({}))).Arn
  expect(await identity(await keys())).toBe('arn:aws:sts::111122223333:assumed-role/deploy/orders-987')
  expect(await identity({ accessKeyId: 'AKIA1', secretAccessKey: 'x' })).toMatch(/assumed-role\/sandbox\/session$/)
})

describe('a session', () => {
  test('that STS began is good until its end', async () => {
    const credentials = await keys({ DurationSeconds: 900 })
    rig.pass(15 * minutes - 1)
    await getAlias(credentials)
    rig.pass(1)
    await expect(getAlias(credentials)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  })

  test.each<[string, string, number, (keys: Keys) => Promise<unknown>]>([
    ['Lambda', 'ExpiredTokenException', 403, getAlias],
    [
      'Scheduler',
      'ExpiredTokenException',
      403,
      own => new SchedulerClient(clientOf(own)).send(new GetScheduleCommand({ Name: 'watch' })),
    ],
    ['CloudWatch', 'ExpiredToken', 403, own => new CloudWatchClient(clientOf(own)).send(new DescribeAlarmsCommand({}))],
    [
      'CloudWatch Logs',
      'ExpiredTokenException',
      400,
      own => new CloudWatchLogsClient(clientOf(own)).send(new FilterLogEventsCommand({ logGroupName: 'x' })),
    ],
    [
      'S3',
      'ExpiredToken',
      400,
      own =>
        new S3Client({ ...clientOf(own), forcePathStyle: true }).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })),
    ],
    ['STS', 'ExpiredToken', 403, own => new STSClient(clientOf(own)).send(new GetCallerIdentityCommand({}))],
  ])('that is over gets of %s the error %s with %i', async (_, name, httpStatusCode, call) => {
    rig.sandbox.sessions.add({ accessKeyId: 'ASIAOVER', expiresAt: rig.now() })
    await expect(call({ accessKeyId: 'ASIAOVER', secretAccessKey: 'x' })).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode },
    })
    expect(rig.sandbox.requests.at(-1)).toMatchObject({ status: httpStatusCode, error: name })
  })

  test('is over at once when a test ends it, and nothing is applied any more', async () => {
    const credentials = await keys()
    await getAlias(credentials)
    rig.sandbox.sessions.end(credentials.accessKeyId)
    await expect(getAlias(credentials)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    expect(() => rig.sandbox.sessions.end('ASIANOBODY')).toThrow('There is no session ASIANOBODY')
  })

  test('wants its token, and no other', async () => {
    const { sessionToken, ...credentials } = await keys()
    const unrecognised = { name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 403 } }
    await expect(getAlias(credentials)).rejects.toMatchObject(unrecognised)
    await expect(getAlias({ ...credentials, sessionToken: 'x' })).rejects.toMatchObject(unrecognised)
    await getAlias({ ...credentials, sessionToken })
  })

  test('is listed with when it ends', async () => {
    const { accessKeyId } = await keys()
    expect(rig.sandbox.sessions.all).toMatchObject([
      { accessKeyId, role: RoleArn, name: 'orders-987', expiresAt: rig.now() + 60 * minutes },
    ])
  })

  test("is held to its role's policy where it has one, and otherwise to the one for everybody", async () => {
    const nothing = { Version: '2012-10-17', Statement: [] } as const
    const anything = { ...nothing, Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } as const
    const credentials = await keys()
    rig.sandbox.enforce(nothing)
    await expect(getAlias(credentials)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('User: arn:aws:sts::111122223333:assumed-role/deploy/orders-987 is not'),
    })
    rig.sandbox.roles.set(RoleArn, { policy: anything })
    await getAlias(credentials)
    rig.sandbox.enforce(undefined)
    rig.sandbox.roles.set(RoleArn, { policy: nothing })
    await expect(getAlias(credentials)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await getAlias({ accessKeyId: 'AKIA1', secretAccessKey: 'x' })
  })
})

test('keys of no session are let in, unless a test is strict', async () => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'x' }
  rig.pass(24 * 60 * minutes)
  await getAlias(credentials)
  rig.sandbox.sessions.strict(true)
  await expect(getAlias(credentials)).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
    $metadata: { httpStatusCode: 403 },
  })
  await getAlias(await keys())
})

describe('the endpoint for tokens of a job', () => {
  let endpoint: TokenEndpoint

  beforeEach(async () => {
    endpoint = await startTokenEndpoint(rig.sandbox.oidc)
    for (const [name, value] of Object.entries(endpoint.env)) vi.stubEnv(name, value)
    // The toolkit tells the runner on stdout what to mask.
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    await endpoint.close()
  })

  test('gives the toolkit a new token each time, which STS takes', async () => {
    const first = await getIDToken('sts.amazonaws.com')
    const second = await getIDToken('sts.amazonaws.com')
    expect(first).not.toBe(second)
    expect(JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: 'sts.amazonaws.com',
      exp: rig.now() / 1000 + 300,
    })
    await assume({ WebIdentityToken: first })
    await assume({ WebIdentityToken: second })
    expect(endpoint.requests).toEqual([
      { audience: 'sts.amazonaws.com', status: 200 },
      { audience: 'sts.amazonaws.com', status: 200 },
    ])
  })

  test('gives nothing without the token that asks for tokens', async () => {
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'a-guess')
    await expect(getIDToken('sts.amazonaws.com')).rejects.toThrow(/Failed to get ID Token/)
    expect(endpoint.requests).toMatchObject([{ status: 401 }])
  })

  test.each([
    [403, /403/],
    ['reset', /Failed to get ID Token/],
    ['no value', /do not have ID Token field/],
  ] as const)('fails on demand: %s', async (failure, told) => {
    endpoint.failNext(failure)
    await expect(getIDToken('sts.amazonaws.com')).rejects.toThrow(told)
    await getIDToken('sts.amazonaws.com')
  })

  test('fails with the issuer behind it', async () => {
    rig.sandbox.oidc.failNext()
    expect(() => token()).toThrow('The issuer of tokens gives none')
    rig.sandbox.oidc.failNext()
    await expect(getIDToken('sts.amazonaws.com')).rejects.toThrow(/Failed to get ID Token/)
    expect(endpoint.requests).toMatchObject([{ status: 500 }])
    token()
  })

  test('is tried again by the toolkit when it is away for a moment', async () => {
    endpoint.failNext(503, 2)
    await getIDToken('sts.amazonaws.com')
    expect(endpoint.requests.map(({ status }) => status)).toEqual([503, 503, 200])
  })
})
