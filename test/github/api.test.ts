import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GitHubApi, isNotFound } from '../../src/github/api.ts'
import { CallFailed } from '../../src/ports.ts'
import { commit, failureOf, type Hub, newHub } from './rig.ts'

let hub: Hub

beforeEach(async () => {
  hub = await newHub()
})

afterEach(() => hub.close())

function read(api: GitHubApi = hub.api, cut = false) {
  return api.asking({ what: 'read pull request #7', permission: 'pull-requests: read', cut }, (rest, common) =>
    rest.pulls.get({ ...common, pull_number: 7 }),
  )
}

/** Where nobody listens any more. */
async function nowhere(): Promise<string> {
  const { github } = await newHub()
  await github.close()
  return github.endpoint
}

function create(api: GitHubApi = hub.api, cut = false) {
  return api.asking<object>(
    { what: 'create the deployment', permission: 'deployments: write', creates: true, cut },
    (rest, common) => rest.repos.createDeployment({ ...common, ref: commit, auto_merge: false, required_contexts: [] }),
  )
}

test('an answer is given back', async () => {
  expect(await read()).toMatchObject({ number: 7, state: 'open' })
  expect(hub.clock.slept).toEqual([])
})

describe('without the right to', () => {
  test('the message names the permission, and what a fork has to do with it', async () => {
    const failed = await failureOf(create(hub.as({ kind: 'installation', permissions: { deployments: 'read' } })))
    expect(failed).toBeInstanceOf(CallFailed)
    expect(failed.kind).toBe('denied')
    expect(failed.message).toBe(
      'could not create the deployment, because GitHub denies it (403: Resource not accessible by integration); give the job the permission `deployments: write` (a pull request from a fork has a token that may only read)',
    )
    expect(failed.said).toBe(
      'could not create the deployment, because GitHub denies it (403: Resource not accessible by integration)',
    )
    expect(hub.called()).toEqual(['CreateDeployment'])
  })

  test('to read, forks are not spoken of', async () => {
    const { message } = await failureOf(read(hub.as({ kind: 'installation', permissions: {} })))
    expect(message).toMatch(/; give the job the permission `pull-requests: read`$/)
  })

  test('a token that GitHub does not know is told from one that may not', async () => {
    const { kind, message } = await failureOf(read(hub.withToken('ghs_gone')))
    expect(kind).toBe('denied')
    expect(message).toBe(
      'could not read pull request #7, because GitHub does not accept the token (401: Bad credentials); give `github-token` a valid one that has `pull-requests: read`',
    )
  })

  test('no token at all asks for one, and GitHub for nothing', async () => {
    const { kind, message } = await failureOf(read(hub.withToken('')))
    expect(kind).toBe('denied')
    expect(message).toBe(
      'could not read pull request #7, because there is no token for GitHub; give `github-token` one that has `pull-requests: read`',
    )
    expect(hub.called()).toEqual([])
  })
})

describe('the token', () => {
  const token = 'ghs_hunter2hunter2'

  test('stands in nothing that an error carries', async () => {
    const failed = await failureOf(read(hub.withToken(token)))
    expect(inspect(failed, { depth: 9, showHidden: true })).not.toContain('hunter2')
  })

  test('is blotted out where GitHub repeats it', async () => {
    hub.befall('GetPull', { kind: 'error', status: 422, message: `${token} is odd` })
    const api = hub.withToken(hub.github.token({ kind: 'installation', value: token }))
    expect((await failureOf(read(api))).message).toContain('(422: *** is odd)')
  })

  test('is not repeated where it cannot be one', async () => {
    const failed = await failureOf(read(hub.withToken('hunter2\nhunter3')))
    expect(failed.kind).toBe('denied')
    expect(inspect(failed, { depth: 9 })).not.toContain('hunter')
  })
})

describe('what GitHub rejects', () => {
  test('is told in its words and not tried again', async () => {
    hub.befall('GetPull', { kind: 'error', status: 422, message: 'Validation\nFailed' })
    const failed = await failureOf(read())
    expect(failed.kind).toBe('rejected')
    expect(failed.message).toBe('could not read pull request #7, because GitHub rejects it (422: Validation Failed)')
    expect(isNotFound(failed)).toBe(false)
    expect(hub.called()).toEqual(['GetPull'])
  })

  test('is told with what it finds wrong', async () => {
    const call = hub.api.asking({ what: 'comment', permission: 'pull-requests: write' }, (rest, common) =>
      rest.issues.createComment({ ...common, issue_number: 7, body: ' ' }),
    )
    expect((await failureOf(call)).said).toContain('(422: Validation Failed: Body cannot be blank)')
  })

  test('that there is no such thing can be told from the rest', async () => {
    hub.befall('GetPull', { kind: 'error', status: 404, message: 'Not Found' })
    expect(isNotFound(await failureOf(read()))).toBe(true)
  })
})

describe('the rate limit', () => {
  test('is waited for where it lasts a minute at most', async () => {
    hub.befall('GetPull', { kind: 'rate-limit', resetsInMs: 45_000 }, 1)
    expect(await read()).toMatchObject({ number: 7 })
    expect(hub.clock.slept).toEqual([45_000])
  })

  test('is not waited for where it lasts longer, and the message says until when', async () => {
    hub.befall('GetPull', { kind: 'rate-limit', resetsInMs: 61_000 }, 1)
    const failed = await failureOf(read())
    expect(failed.kind).toBe('unavailable')
    expect(failed.message).toMatch(
      /^could not read pull request #7, because GitHub takes no more calls until 10:01:01Z \(403: API rate/,
    )
    expect(hub.clock.slept).toEqual([])
  })

  test.each([403, 429] as const)('called secondary and with %i is waited for as long as GitHub asks', async status => {
    hub.befall('GetPull', { kind: 'secondary-rate-limit', retryAfterS: 7, status }, 2)
    expect(await read()).toMatchObject({ number: 7 })
    expect(hub.clock.slept).toEqual([7_000, 7_000])
  })

  test('is waited for three times and no more', async () => {
    hub.befall('GetPull', { kind: 'secondary-rate-limit', retryAfterS: 7 })
    expect((await failureOf(read())).message).toContain('takes no more calls until 10:00:28Z')
    expect(hub.clock.slept).toEqual([7_000, 7_000, 7_000])
  })

  test('that names no time is waited for a minute', async () => {
    hub.befall('GetPull', { kind: 'error', status: 429, message: 'slow down' }, 1)
    await read()
    expect(hub.clock.slept).toEqual([60_000])
  })

  test('is waited for by what creates as well: nothing was made', async () => {
    hub.befall('CreateDeployment', { kind: 'secondary-rate-limit', retryAfterS: 7 }, 1)
    await create()
    expect(hub.github.deployments()).toHaveLength(1)
  })

  test('is not waited for once the workflow is cancelled', async () => {
    hub.befall('GetPull', { kind: 'secondary-rate-limit', retryAfterS: 30 })
    hub.clock.at('10s', hub.stop)
    expect((await failureOf(read())).kind).toBe('unavailable')
    expect(hub.clock.elapsed()).toBe('10s')
    expect(hub.called()).toEqual(['GetPull'])
  })
})

describe("a fault of GitHub's", () => {
  test.each([
    ['an error', { kind: 'error', status: 500, message: 'oh' }],
    ['a page for browsers', { kind: 'html', status: 502 }],
    ['a page that says that all is well', { kind: 'html', status: 200 }],
    ['a lost connection', { kind: 'reset' }],
  ] as const)('%s passes, with short pauses', async (_, fault) => {
    hub.befall('GetPull', fault, 2)
    expect(await read()).toMatchObject({ number: 7 })
    expect(hub.clock.slept).toEqual([500, 2_000])
  })

  test('that does not pass ends the call at the third try', async () => {
    hub.befall('GetPull', { kind: 'html', status: 502 })
    const failed = await failureOf(read())
    expect(failed.kind).toBe('unavailable')
    expect(failed.message).toBe(
      'could not read pull request #7, because GitHub could not be reached or has a fault (502)',
    )
    expect(hub.called()).toEqual(['GetPull', 'GetPull', 'GetPull'])
  })

  test.each([{ kind: 'lose-answer' }, { kind: 'html', status: 502 }] as const)(
    'that may hide what was made ($kind) is no reason to make it again',
    async fault => {
      hub.befall('CreateDeployment', fault, 1)
      expect((await failureOf(create())).kind).toBe('unavailable')
      expect(hub.called()).toEqual(['CreateDeployment'])
    },
  )

  test('nobody there: nothing can have been made, and it is tried again', async () => {
    const failed = await failureOf(create(hub.withToken('ghs_token', await nowhere())))
    expect(failed.kind).toBe('unavailable')
    expect(hub.clock.slept).toEqual([500, 2_000])
  })

  test('no answer in time is one', async () => {
    hub.befall('GetPull', { kind: 'delay', ms: 400 })
    const api = hub.as({ kind: 'installation' }, { thoroughMs: 30, quickMs: 10 })
    expect((await failureOf(read(api))).message).toContain('(no answer in time)')
    expect(hub.called()).toHaveLength(3)
  })
})

describe('once the workflow is cancelled', () => {
  test('a call is still made', async () => {
    hub.stop()
    expect(await read()).toMatchObject({ number: 7 })
  })

  test('and only once', async () => {
    hub.stop()
    hub.befall('GetPull', { kind: 'html', status: 502 })
    await failureOf(read())
    expect(hub.called()).toEqual(['GetPull'])
    expect(hub.clock.slept).toEqual([])
  })

  test('and given up quickly', async () => {
    hub.stop()
    hub.befall('GetPull', { kind: 'delay', ms: 400 })
    const api = hub.as({ kind: 'installation' }, { thoroughMs: 60_000, quickMs: 10 })
    expect((await failureOf(read(api))).message).toContain('(no answer in time)')
  })

  test('what stands before the rollout is not made at all', async () => {
    hub.stop()
    expect((await failureOf(read(hub.api, true))).message).toBe(
      'could not read pull request #7, because the workflow was cancelled',
    )
    expect(hub.called()).toEqual([])
  })
})

describe('a cancel while a call is on its way', () => {
  beforeEach(() => {
    hub.befall('GetPull', { kind: 'before', run: () => hub.stop() }, 1)
    hub.befall('GetPull', { kind: 'delay', ms: 200 }, 1)
  })

  test('ends what stands before the rollout', async () => {
    expect((await failureOf(read(hub.api, true))).message).toMatch(/because the workflow was cancelled$/)
    expect(hub.called()).toEqual(['GetPull'])
  })

  test.each([
    ['before the rollout', true, /because the workflow was cancelled$/],
    ['after it', false, /\(the workflow was cancelled meanwhile\)$/],
  ])('ends what creates %s: it may have been made', async (_, cut, said) => {
    hub.befall('CreateDeployment', { kind: 'before', run: () => hub.stop() }, 1)
    hub.befall('CreateDeployment', { kind: 'delay', ms: 200 }, 1)
    expect((await failureOf(create(hub.api, cut))).message).toMatch(said)
    expect(hub.called()).toEqual(['CreateDeployment'])
  })

  test('lets anything else be tried once more', async () => {
    expect(await read()).toMatchObject({ number: 7 })
    expect(hub.called()).toEqual(['GetPull', 'GetPull'])
  })
})

describe('an answer that is not whole', () => {
  const oddly = (creates: boolean) =>
    hub.api.asking(
      { what: 'read it', permission: 'deployments: read', creates },
      (rest, common) => rest.pulls.get({ ...common, pull_number: 7 }),
      ({ number }) => number === 8,
    )

  test('is asked for again, with short pauses, and then a fault that says so', async () => {
    const failed = await failureOf(oddly(false))
    expect(failed.kind).toBe('unavailable')
    expect(failed.message).toBe(
      'could not read it, because GitHub could not be reached or has a fault (an answer that cannot be read)',
    )
    expect(hub.clock.slept).toEqual([500, 2_000])
  })

  test('is no reason to make again what may have been made', async () => {
    expect((await failureOf(oddly(true))).kind).toBe('unavailable')
    expect(hub.called()).toEqual(['GetPull'])
  })
})

test('a mistake of our own stays what it is', async () => {
  const mistake = new TypeError('undefined is not a function')
  const call = hub.api.asking({ what: 'err', permission: 'deployments: write' }, () => Promise.reject(mistake))
  await expect(call).rejects.toBe(mistake)
})
