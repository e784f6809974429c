import { getOctokit } from '@actions/github'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GitHub, type Permissions, startGitHub } from '../sandbox/github/github.ts'

const start = Date.parse('2026-11-23T10:00:00Z')
const repo = { owner: 'octo', repo: 'orders' }
const minute = 60_000

let now: number
let github: GitHub

beforeEach(async () => {
  now = start
  github = await startGitHub({ now: () => now })
})

afterEach(() => github.close())

/** The real client, as a job with these permissions has it. */
function job(permissions?: Permissions) {
  return clientOf(github.token({ kind: 'installation', ...(permissions && { permissions }) }))
}

function clientOf(token: string) {
  const quiet = () => {}
  return getOctokit(token, {
    baseUrl: github.endpoint,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  }).rest
}

type Rest = ReturnType<typeof clientOf>
type NewDeployment = NonNullable<Parameters<Rest['repos']['createDeployment']>[0]>
type NewStatus = NonNullable<Parameters<Rest['repos']['createDeploymentStatus']>[0]>

async function deploy(rest: Rest, over: Partial<NewDeployment> = {}): Promise<number> {
  const { data } = await rest.repos.createDeployment({ ...repo, ref: 'main', required_contexts: [], ...over })
  return 'id' in data ? Number(data.id) : Number.NaN
}

function tell(rest: Rest, id: number, state: NewStatus['state'], over: Partial<NewStatus> = {}) {
  return rest.repos.createDeploymentStatus({ ...repo, deployment_id: id, state, ...over })
}

const states = () => github.deployments().map(({ statuses }) => statuses.map(({ state }) => state).join(' '))
const refused = (status: number, message: string | RegExp) => ({
  status,
  response: { data: { message: typeof message === 'string' ? message : expect.stringMatching(message) } },
})

describe('a deployment', () => {
  test('is answered whole, with what GitHub takes where nothing is said', async () => {
    const { status, data } = await job().repos.createDeployment({ ...repo, ref: 'main', required_contexts: [] })
    expect(status).toBe(201)
    expect(data).toMatchObject({
      id: expect.any(Number),
      url: expect.stringMatching(/\/repos\/octo\/orders\/deployments\/\d+$/),
      sha: expect.stringMatching(/^[0-9a-f]{40}$/),
      ref: 'main',
      task: 'deploy',
      environment: 'production',
      original_environment: 'production',
      production_environment: true,
      transient_environment: false,
      description: null,
      creator: { login: 'github-actions[bot]', type: 'Bot' },
      performed_via_github_app: { slug: 'github-actions' },
      created_at: '2026-11-23T10:00:00Z',
    })
  })

  test('is for production only where its environment is called so, or it is said', async () => {
    await deploy(job(), { environment: 'staging' })
    await deploy(job(), { environment: 'eu', production_environment: true })
    await deploy(job(), { environment: 'production', production_environment: false })
    expect(github.deployments().map(({ production }) => production)).toEqual([false, true, false])
  })

  test('needs all checks of the commit where it does not say which, and so never passes its own workflow', async () => {
    await expect(job().repos.createDeployment({ ...repo, ref: 'main' })).rejects.toMatchObject({
      status: 409,
      response: {
        data: {
          message: 'Conflict: Commit status checks failed for main.',
          errors: [{ contexts: [{ context: 'deploy', state: 'pending' }], field: 'required_contexts' }],
        },
      },
    })
    github.refs.add('main', { checks: { test: 'success' } })
    expect((await job().repos.createDeployment({ ...repo, ref: 'main' })).status).toBe(201)
  })

  test('needs the checks that it names, one that is not there too', async () => {
    github.refs.add('main', { checks: { test: 'success', lint: 'failure' } })
    expect(await deploy(job(), { required_contexts: ['test'] })).toBeGreaterThan(0)
    for (const context of ['lint', 'unknown']) {
      await expect(deploy(job(), { required_contexts: [context] })).rejects.toMatchObject({ status: 409 })
    }
  })

  test('of a ref that lacks commits is a merge and no deployment, unless `auto_merge` is false', async () => {
    github.refs.add('feature', { behind: 'mergeable' })
    github.refs.add('stale', { behind: 'conflict' })
    const merged = await job().repos.createDeployment({ ...repo, ref: 'feature', required_contexts: [] })
    expect(merged).toMatchObject({ status: 202, data: { message: 'Auto-merged main into feature on deployment.' } })
    await expect(deploy(job(), { ref: 'stale' })).rejects.toMatchObject(
      refused(409, 'Conflict merging main into stale.'),
    )
    expect(github.deployments()).toEqual([])
    await deploy(job(), { ref: 'feature', auto_merge: false })
    expect(github.deployments()).toHaveLength(1)
  })

  test('is of a branch, a tag, the merge of a pull request, or any commit', async () => {
    github.refs.add('refs/tags/v1')
    github.pulls.open(7)
    for (const ref of ['main', 'refs/heads/main', 'v1', 'refs/pull/7/merge', 'ab'.repeat(20)])
      await deploy(job(), { ref })
    expect(github.deployments().at(-1)?.sha).toBe('ab'.repeat(20))
    await expect(deploy(job(), { ref: 'nowhere' })).rejects.toMatchObject(refused(422, 'No ref found for: nowhere'))
  })

  test('keeps its payload, its task and its description', async () => {
    await deploy(job(), { task: 'deploy:orders', payload: { alias: 'live' }, description: 'orders:live' })
    expect(github.deployments()).toMatchObject([
      { task: 'deploy:orders', payload: { alias: 'live' }, description: 'orders:live' },
    ])
  })

  test('is refused where a member is of another kind, or one that the sandbox does not know', async () => {
    const wrong = { auto_merge: 'false' } as unknown as Partial<NewDeployment>
    await expect(deploy(job(), wrong)).rejects.toMatchObject(refused(422, /'properties\/auto_merge', "false" is not a/))
    const strange = { colour: 'blue' } as unknown as Partial<NewDeployment>
    await expect(deploy(job(), strange)).rejects.toMatchObject(refused(501, /does not model colour/))
    expect(github.deployments()).toEqual([])
  })

  test('is found by its id, and a stranger is not', async () => {
    const id = await deploy(job())
    expect((await job().repos.getDeployment({ ...repo, deployment_id: id })).data.ref).toBe('main')
    await expect(job().repos.getDeployment({ ...repo, deployment_id: 1 })).rejects.toMatchObject(
      refused(404, 'Not Found'),
    )
  })

  test('is listed newest first, by what the filters say', async () => {
    const [a, b, c] = [
      await deploy(job(), { environment: 'staging' }),
      await deploy(job(), { environment: 'staging', task: 'migrate' }),
      await deploy(job(), { environment: 'production', ref: 'ab'.repeat(20) }),
    ]
    const found = async (filter: object) =>
      (await job().repos.listDeployments({ ...repo, ...filter })).data.map(({ id }) => id)
    expect(await found({})).toEqual([c, b, a])
    expect(await found({ environment: 'staging' })).toEqual([b, a])
    expect(await found({ environment: 'staging', task: 'deploy' })).toEqual([a])
    expect(await found({ sha: 'ab'.repeat(20) })).toEqual([c])
    expect(await found({ ref: 'main' })).toEqual([b, a])
  })
})

describe('a status of a deployment', () => {
  test('is answered whole; `log_url` is `target_url` too', async () => {
    const id = await deploy(job(), { environment: 'staging' })
    const { status, data } = await tell(job(), id, 'in_progress', {
      description: 'canary at 10 %',
      log_url: 'https://github.com/octo/orders/actions/runs/1',
      environment_url: 'https://abc.lambda-url.eu-west-1.on.aws/',
    })
    expect(status).toBe(201)
    expect(data).toMatchObject({
      state: 'in_progress',
      description: 'canary at 10 %',
      environment: 'staging',
      log_url: 'https://github.com/octo/orders/actions/runs/1',
      target_url: 'https://github.com/octo/orders/actions/runs/1',
      environment_url: 'https://abc.lambda-url.eu-west-1.on.aws/',
      creator: { login: 'github-actions[bot]' },
    })
  })

  test.each(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'] as const)(
    'can be %s',
    async state => {
      await tell(job(), await deploy(job()), state)
      expect(states()).toEqual([state])
    },
  )

  test('can be nothing else', async () => {
    const id = await deploy(job())
    await expect(tell(job(), id, 'destroyed' as 'error')).rejects.toMatchObject(refused(422, 'Validation Failed'))
  })

  test('has 140 characters of description at most, however many bytes', async () => {
    const id = await deploy(job())
    await tell(job(), id, 'success', { description: `${'→'.repeat(139)}🐤` })
    await expect(tell(job(), id, 'success', { description: 'a'.repeat(141) })).rejects.toMatchObject({
      status: 422,
      response: {
        data: {
          errors: [
            {
              resource: 'DeploymentStatus',
              code: 'custom',
              field: 'description',
              message: 'description is too long (maximum is 140 characters)',
            },
          ],
        },
      },
    })
    expect(states()).toEqual(['success'])
  })

  test('has no URL but of the web', async () => {
    const id = await deploy(job())
    await expect(tell(job(), id, 'success', { environment_url: 'ftp://x' })).rejects.toMatchObject({ status: 422 })
  })

  test('is listed newest first, page by page', async () => {
    const id = await deploy(job())
    for (const state of ['queued', 'in_progress', 'success'] as const) await tell(job(), id, state)
    const page = { ...repo, deployment_id: id, per_page: 2 }
    const seen = async (number: number) =>
      (await job().repos.listDeploymentStatuses({ ...page, page: number })).data.map(({ state }) => state)
    expect(await seen(1)).toEqual(['success', 'in_progress'])
    expect(await seen(2)).toEqual(['queued'])
  })
})

describe('a success sets inactive what was deployed before it', () => {
  const staging = { environment: 'staging' }

  /** A deployment before, with its last state; then a success in staging. */
  async function supersede(
    over: Partial<NewDeployment>,
    state: NewStatus['state'] = 'success',
    how: Partial<NewStatus> = {},
  ): Promise<string | undefined> {
    await tell(job(), await deploy(job(), over), state)
    await tell(job(), await deploy(job(), staging), 'success', how)
    return states()[0]
  }

  test('in the same environment, where that was a success', async () => {
    expect(await supersede(staging)).toBe('success inactive')
    expect(states()[1]).toBe('success')
  })

  test.each([
    ['a transient one', { ...staging, transient_environment: true }],
    ["production's", { ...staging, production_environment: true }],
    ["another environment's", { environment: 'qa' }],
  ])('but not %s', async (_, over) => {
    expect(await supersede(over)).toBe('success')
  })

  test.each(['failure', 'error', 'in_progress', 'inactive'] as const)(
    'but not one whose last state is %s',
    async state => {
      expect(await supersede(staging, state)).toBe(state)
    },
  )

  test('but not one that was a success and failed then', async () => {
    const id = await deploy(job(), staging)
    await tell(job(), id, 'success')
    await tell(job(), id, 'failure')
    await tell(job(), await deploy(job(), staging), 'success')
    expect(states()).toEqual(['success failure', 'success'])
  })

  test('but not where `auto_inactive` is false', async () => {
    expect(await supersede(staging, 'success', { auto_inactive: false })).toBe('success')
  })

  test('and nothing else than a success does', async () => {
    await tell(job(), await deploy(job(), staging), 'success')
    await tell(job(), await deploy(job(), staging), 'failure')
    expect(states()).toEqual(['success', 'failure'])
  })

  test('and never what came after it', async () => {
    const [early, late] = [await deploy(job(), staging), await deploy(job(), staging)]
    await tell(job(), late, 'success')
    await tell(job(), early, 'success')
    expect(states()).toEqual(['success', 'success'])
  })
})

describe('a comment', () => {
  beforeEach(() => {
    github.pulls.open(7)
  })

  const write = (body: string, rest = job()) => rest.issues.createComment({ ...repo, issue_number: 7, body })

  test('is written, read, changed and deleted', async () => {
    const { status, data } = await write('first')
    expect(status).toBe(201)
    expect(data).toMatchObject({
      body: 'first',
      user: { login: 'github-actions[bot]', type: 'Bot' },
      performed_via_github_app: { slug: 'github-actions' },
      html_url: `https://github.com/octo/orders/pull/7#issuecomment-${data.id}`,
    })
    const one = { ...repo, comment_id: Number(data.id) }
    now += minute
    const changed = await job().issues.updateComment({ ...one, body: 'second' })
    expect(changed).toMatchObject({ status: 200, data: { body: 'second', updated_at: '2026-11-23T10:01:00Z' } })
    expect((await job().issues.getComment(one)).data).toMatchObject({
      body: 'second',
      created_at: '2026-11-23T10:00:00Z',
    })
    expect((await job().issues.deleteComment(one)).status).toBe(204)
    expect(github.comments(7)).toEqual([])
    for (const gone of [job().issues.getComment(one), job().issues.updateComment({ ...one, body: 'third' })]) {
      await expect(gone).rejects.toMatchObject(refused(404, 'Not Found'))
    }
    await expect(job().issues.deleteComment(one)).rejects.toMatchObject(refused(404, 'Not Found'))
  })

  test('of a person says so', async () => {
    await write('hello', clientOf(github.token({ kind: 'personal', login: 'hubot' })))
    const { data } = await job().issues.listComments({ ...repo, issue_number: 7 })
    expect(data).toMatchObject([{ user: { login: 'hubot', type: 'User' }, performed_via_github_app: null }])
  })

  test('has 65536 characters at most, and one at least', async () => {
    await write('x'.repeat(65_536))
    await expect(write('x'.repeat(65_537))).rejects.toMatchObject({
      status: 422,
      response: { data: { errors: [{ message: 'Body is too long (maximum is 65536 characters)' }] } },
    })
    await expect(write(' ')).rejects.toMatchObject({ status: 422 })
    expect(github.comments(7)).toHaveLength(1)
  })

  test('stands under a pull request that exists, open or closed', async () => {
    github.pulls.close(7, { merged: false })
    expect((await write('late')).status).toBe(201)
    await expect(job().issues.createComment({ ...repo, issue_number: 8, body: 'x' })).rejects.toMatchObject(
      refused(404, 'Not Found'),
    )
    await expect(job().issues.listComments({ ...repo, issue_number: 8 })).rejects.toMatchObject({ status: 404 })
  })

  test('is listed oldest first, 30 a page and 100 at most, with links to the other pages', async () => {
    for (let i = 1; i <= 205; i += 1) github.comment(7, { body: `${i}` })
    const list = async (over: object) => {
      const { data, headers } = await job().issues.listComments({ ...repo, issue_number: 7, ...over })
      return { first: data[0]?.body, count: data.length, link: headers.link?.replaceAll(github.endpoint, '') }
    }
    const at = (rest: string) => `</repositories/1296269/issues/7/comments?${rest}>`
    expect(await list({})).toEqual({
      first: '1',
      count: 30,
      link: `${at('page=2')}; rel="next", ${at('page=7')}; rel="last"`,
    })
    expect(await list({ per_page: 500, page: 2 })).toEqual({
      first: '101',
      count: 100,
      link: [
        `${at('per_page=500&page=1')}; rel="prev"`,
        `${at('per_page=500&page=3')}; rel="next"`,
        `${at('per_page=500&page=3')}; rel="last"`,
        `${at('per_page=500&page=1')}; rel="first"`,
      ].join(', '),
    })
    expect(await list({ per_page: 100, page: 9 })).toMatchObject({ count: 0 })
  })

  test('is found by the client that follows the links', async () => {
    for (let i = 1; i <= 205; i += 1) github.comment(7, { body: `${i}` })
    const octokit = getOctokit(github.token({ kind: 'installation' }), { baseUrl: github.endpoint })
    const all = await octokit.paginate(octokit.rest.issues.listComments, { ...repo, issue_number: 7, per_page: 100 })
    expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 205 }, (_, i) => `${i + 1}`))
  })

  test('alone on its page has no link', async () => {
    github.comment(7, { body: 'alone' })
    expect((await job().issues.listComments({ ...repo, issue_number: 7 })).headers.link).toBeUndefined()
  })
})

describe('a pull request', () => {
  test('is open until it is closed, merged or not', async () => {
    github.pulls.open(7, { branch: 'refunds', sha: 'cd'.repeat(20) })
    const seen = async () => (await job().pulls.get({ ...repo, pull_number: 7 })).data
    expect(await seen()).toMatchObject({
      number: 7,
      state: 'open',
      merged: false,
      closed_at: null,
      head: { ref: 'refunds', sha: 'cd'.repeat(20), repo: { full_name: 'octo/orders', fork: false } },
      base: { ref: 'main', repo: { full_name: 'octo/orders' } },
    })
    github.pulls.close(7, { merged: true })
    expect(await seen()).toMatchObject({ state: 'closed', merged: true, merged_at: '2026-11-23T10:00:00Z' })
    github.pulls.open(7)
    expect(await seen()).toMatchObject({ state: 'open', merged: false, head: { ref: 'refunds' } })
    await expect(job().pulls.get({ ...repo, pull_number: 8 })).rejects.toMatchObject(refused(404, 'Not Found'))
  })

  test('of a fork has its branch in another repository', async () => {
    github.pulls.open(9, { fork: true, login: 'hubot' })
    expect((await job().pulls.get({ ...repo, pull_number: 9 })).data).toMatchObject({
      user: { login: 'hubot' },
      head: { repo: { full_name: 'hubot/orders', fork: true } },
    })
    github.pulls.open(9, { fork: 'deleted' })
    expect((await job().pulls.get({ ...repo, pull_number: 9 })).data.head).toMatchObject({
      label: 'hubot:feature-9',
      repo: null,
    })
  })

  test('is listed by its state, newest first, page by page', async () => {
    for (const number of [1, 2, 3, 4]) {
      github.pulls.open(number)
      now += minute
    }
    github.pulls.close(2, { merged: false })
    const list = async (over: object) => (await job().pulls.list({ ...repo, ...over })).data.map(({ number }) => number)
    expect(await list({})).toEqual([4, 3, 1])
    expect(await list({ state: 'closed' })).toEqual([2])
    expect(await list({ state: 'all', per_page: 3, page: 2 })).toEqual([1])
  })
})

describe('a token', () => {
  const comment = (rest: Rest) => rest.issues.createComment({ ...repo, issue_number: 7, body: 'x' })

  beforeEach(() => {
    github.pulls.open(7)
  })

  test('that is missing, or not one, is a 401', async () => {
    await expect(clientOf('ghs_nobodys').pulls.list(repo)).rejects.toMatchObject(refused(401, 'Bad credentials'))
    const bare = await fetch(`${github.endpoint}/user`)
    expect([bare.status, await bare.json()]).toMatchObject([401, { message: 'Requires authentication', status: '401' }])
  })

  test('is taken as `token` and as `Bearer`', async () => {
    const token = github.token({ kind: 'personal' })
    for (const scheme of ['token', 'Bearer', 'bearer']) {
      const answer = await fetch(`${github.endpoint}/user`, { headers: { authorization: `${scheme} ${token}` } })
      expect(answer.status).toBe(200)
    }
  })

  test('of a person tells whose it is, and that of a job does not', async () => {
    const personal = clientOf(github.token({ kind: 'personal', login: 'hubot' }))
    expect((await personal.users.getAuthenticated()).data).toMatchObject({ login: 'hubot', type: 'User' })
    await expect(job().users.getAuthenticated()).rejects.toMatchObject(
      refused(403, 'Resource not accessible by integration'),
    )
  })

  test('that may only read is a 403 where it writes, and nothing is changed', async () => {
    const fork = job({ deployments: 'read', issues: 'read', 'pull-requests': 'read' })
    const { data } = await comment(job())
    const one = { ...repo, comment_id: Number(data.id) }
    const writes = [
      () => deploy(fork),
      () => comment(fork),
      () => fork.issues.updateComment({ ...one, body: 'y' }),
      () => fork.issues.deleteComment(one),
    ]
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({
        status: 403,
        response: {
          data: {
            message: 'Resource not accessible by integration',
            documentation_url: expect.stringContaining('https://docs.github.com/rest/'),
            status: '403',
          },
        },
      })
    }
    expect(github.deployments()).toEqual([])
    expect(github.comments(7)).toMatchObject([{ body: 'x' }])
    expect((await fork.issues.listComments({ ...repo, issue_number: 7 })).status).toBe(200)
  })

  test('has no permission that is not listed where one is', async () => {
    await expect(job({ issues: 'write' }).repos.listDeployments(repo)).rejects.toMatchObject({ status: 403 })
    await expect(job({ deployments: 'write' }).pulls.list(repo)).rejects.toMatchObject({ status: 403 })
  })

  test.each([['issues'], ['pull-requests']] as const)('comments with `%s: write` alone', async permission => {
    expect((await comment(job({ [permission]: 'write' }))).status).toBe(201)
  })

  test('is told which permission would do', async () => {
    const refusal = await comment(job({})).catch((error: { response: { headers: object } }) => error.response.headers)
    expect(refusal).toMatchObject({ 'x-accepted-github-permissions': 'issues=write; pull_requests=write' })
  })

  test('may do something else when it is issued again', async () => {
    const value = 'ghs_theTokenOfThisJob'
    github.token({ kind: 'installation', value, permissions: {} })
    await expect(comment(clientOf(value))).rejects.toMatchObject({ status: 403 })
    github.token({ kind: 'installation', value })
    expect((await comment(clientOf(value))).status).toBe(201)
  })
})

describe('every answer', () => {
  test('tells how many calls of the hour are left', async () => {
    const rest = job()
    const limits = async () => (await rest.repos.listDeployments(repo)).headers
    expect(await limits()).toMatchObject({
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '999',
      'x-ratelimit-used': '1',
      'x-ratelimit-reset': String(start / 1000 + 3600),
      'x-ratelimit-resource': 'core',
      'x-github-request-id': expect.stringMatching(/./),
    })
    expect(await limits()).toMatchObject({ 'x-ratelimit-remaining': '998' })
    now += 60 * minute
    expect(await limits()).toMatchObject({ 'x-ratelimit-remaining': '999' })
  })

  test('and when all are used, the next is refused', async () => {
    const token = github.token({ kind: 'installation' })
    const ask = () =>
      fetch(`${github.endpoint}/repos/octo/orders/pulls`, { headers: { authorization: `token ${token}` } })
    for (let i = 1; i <= 1000; i += 1) expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(403)
    now += 60 * minute
    expect((await ask()).status).toBe(200)
  })
})

describe('a fault', () => {
  test('rate-limit says when the hour is over', async () => {
    github.faults.add({ on: { times: 1 }, fault: { kind: 'rate-limit', resetsInMs: 5 * minute } })
    await expect(job().pulls.list(repo)).rejects.toMatchObject({
      status: 403,
      response: {
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(start / 1000 + 300) },
        data: { message: expect.stringMatching(/^API rate limit exceeded for installation/) },
      },
    })
    expect((await job().pulls.list(repo)).status).toBe(200)
  })

  test('secondary-rate-limit says how long to wait, and leaves the hour its calls', async () => {
    github.faults.add({ fault: { kind: 'secondary-rate-limit', retryAfterS: 60, status: 429 } })
    await expect(job().pulls.list(repo)).rejects.toMatchObject({
      status: 429,
      response: {
        headers: { 'retry-after': '60', 'x-ratelimit-remaining': '999' },
        data: { message: expect.stringMatching(/^You have exceeded a secondary rate limit/) },
      },
    })
  })

  test('denied is a permission that is missing', async () => {
    github.faults.add({ match: { operation: 'ListPulls' }, fault: { kind: 'denied' } })
    await expect(job().pulls.list(repo)).rejects.toMatchObject(refused(403, 'Resource not accessible by integration'))
  })

  test('error is any error, and html no JSON', async () => {
    github.faults.add({ on: { nth: 1 }, fault: { kind: 'error', status: 502, message: 'Server Error' } })
    github.faults.add({ on: { nth: 2 }, fault: { kind: 'html', status: 503 } })
    await expect(job().pulls.list(repo)).rejects.toMatchObject(refused(502, 'Server Error'))
    await expect(job().pulls.list(repo)).rejects.toMatchObject({ status: 503 })
  })

  test('lose-answer has applied the call, and reset has not', async () => {
    github.pulls.open(7)
    const write = (body: string) => job().issues.createComment({ ...repo, issue_number: 7, body })
    github.faults.add({ on: { nth: 1 }, fault: { kind: 'lose-answer' } })
    github.faults.add({ on: { nth: 2 }, fault: { kind: 'reset' } })
    await expect(write('kept')).rejects.toThrow()
    await expect(write('never written')).rejects.toThrow()
    expect(github.comments(7)).toMatchObject([{ body: 'kept' }])
    expect(github.requests).toMatchObject([
      { operation: 'CreateComment', status: 'none', fault: 'lose-answer' },
      { operation: 'CreateComment', status: 'none', fault: 'reset' },
    ])
  })

  test('delay answers later, before and after happen beside the call', async () => {
    github.pulls.open(7)
    const order: string[] = []
    const note = (when: string) => () => {
      order.push(`${when}: ${github.comments(7).length}`)
    }
    github.faults.add({ fault: { kind: 'delay', ms: 60 } })
    github.faults.add({ fault: { kind: 'before', run: note('before') } })
    github.faults.add({ fault: { kind: 'after', run: note('after') } })
    const began = performance.now()
    await job().issues.createComment({ ...repo, issue_number: 7, body: 'x' })
    expect(performance.now() - began).toBeGreaterThan(55)
    expect(order).toEqual(['before: 0', 'after: 1'])
  })
})

describe('the log of requests', () => {
  test('tells each call by its name, its parameters and what came of it', async () => {
    const headers = { 'x-sequence': '12' }
    await job().repos.createDeployment({ ...repo, ref: 'main', required_contexts: [], headers })
    await job()
      .pulls.get({ ...repo, pull_number: 7 })
      .catch(() => {})
    expect(github.requests).toEqual([
      {
        seq: 1,
        at: start,
        service: 'GitHub',
        operation: 'CreateDeployment',
        input: { ...repo, ref: 'main', required_contexts: [] },
        status: 201,
        sequence: 12,
      },
      {
        seq: 2,
        at: start,
        service: 'GitHub',
        operation: 'GetPull',
        input: { ...repo, pull_number: 7 },
        status: 404,
        error: 'Not Found',
      },
    ])
  })

  test('tells what the sandbox does not model, which is refused and says so', async () => {
    await expect(job().repos.get(repo)).rejects.toMatchObject(
      refused(404, "The sandbox does not model GitHub's GET /repos/octo/orders."),
    )
    expect(github.requests).toMatchObject([{ operation: 'GET /repos/octo/orders', status: 404 }])
  })

  test('another repository is not found', async () => {
    await expect(job().pulls.list({ ...repo, repo: 'payments' })).rejects.toMatchObject(refused(404, 'Not Found'))
  })
})
