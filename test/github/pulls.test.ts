import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GitHubApi } from '../../src/github/api.ts'
import { markerOf } from '../../src/github/comment.ts'
import { GitHubPulls } from '../../src/github/pulls.ts'
import type { PreviewNote } from '../../src/ports.ts'
import { run, target } from '../support/builders.ts'
import { failureOf, type Hub, newHub, newImpostor, repository } from './rig.ts'

let hub: Hub
let pulls: GitHubPulls

beforeEach(async () => {
  hub = await newHub()
  pulls = through(hub.api)
})

afterEach(() => hub.close())

function through(api: GitHubApi): GitHubPulls {
  return new GitHubPulls(api, hub.clock, 'https://github.com')
}

const preview = target({ alias: 'pr-7' })
const marker = markerOf(preview)

function ready(version = '8', over: Partial<PreviewNote> = {}): PreviewNote {
  return {
    kind: 'ready',
    target: preview,
    run: run({ repository }),
    commit: 'abc1234def',
    version,
    aliasArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders:pr-7',
    codeSha256: 'bmV3',
    url: 'https://x.lambda-url.eu-west-1.on.aws/',
    auth: 'NONE',
    ...over,
  } as PreviewNote
}

const removed: PreviewNote = { kind: 'removed', target: preview, run: run({ repository }), commit: 'abc1234def' }

/** Who wrote what: the first words that show of each comment, oldest first. */
function shown(): readonly string[] {
  return hub.github.comments(7).map(({ login, body }) => `${login}: ${tellingLine(body)}`)
}

function tellingLine(body: string): string {
  const version = /\| Version +\| (\d+)/.exec(body)?.[1]
  if (version !== undefined) return `version ${version}`
  return body.includes(': removed') ? 'removed' : body
}

function someoneWrites(body: string, over: { login?: string; type?: 'User' | 'Bot' } = {}): number {
  return hub.github.comment(7, { body, ...over })
}

describe('isOpen', () => {
  test('tells open from closed and merged', async () => {
    hub.github.pulls.open(8)
    hub.github.pulls.open(9)
    hub.github.pulls.close(8, { merged: false })
    hub.github.pulls.close(9, { merged: true })
    expect([await pulls.isOpen(7), await pulls.isOpen(8), await pulls.isOpen(9)]).toEqual([true, false, false])
  })

  test('knows where there is none of the number', async () => {
    expect(await pulls.isOpen(70)).toBeUndefined()
  })

  test('takes a repository that the token may not see for no answer', async () => {
    for (const operation of ['GetPull', 'ListPulls']) {
      hub.befall(operation, { kind: 'error', status: 404, message: 'Not Found' })
    }
    expect((await failureOf(pulls.isOpen(7))).kind).toBe('rejected')
  })

  test('is denied where the job may not read, naming the permission', async () => {
    const blind = through(hub.as({ kind: 'installation', permissions: { issues: 'write' } }))
    const failed = await failureOf(blind.isOpen(7))
    expect(failed.kind).toBe('denied')
    expect(failed.message).toMatch(/`pull-requests: read`$/)
  })
})

describe('comment', () => {
  test('writes one, and from then on edits it', async () => {
    someoneWrites('Nice!')
    await pulls.comment(7, ready('8'))
    await pulls.comment(7, ready('9'))
    expect(shown()).toEqual(['octocat: Nice!', 'github-actions[bot]: version 9'])
    await pulls.comment(7, removed)
    expect(shown()).toEqual(['octocat: Nice!', 'github-actions[bot]: removed'])
  })

  test('begins with what it is found again by', async () => {
    await pulls.comment(7, ready())
    expect(hub.github.comments(7)[0]?.body.startsWith('<!-- lambda-rollout preview orders:pr-7 eu-west-1 -->\n')).toBe(
      true,
    )
  })

  test.each([
    ['function', { functionName: 'refunds' }],
    ['region', { region: 'us-east-1' }],
    ['alias', { alias: 'pr-70' }],
  ])('each %s has its own', async (_, other) => {
    await pulls.comment(7, ready('8', { target: { ...preview, ...other } }))
    await pulls.comment(7, ready('9'))
    expect(shown()).toEqual(['github-actions[bot]: version 8', 'github-actions[bot]: version 9'])
  })

  test('finds its own behind more than a page of others', async () => {
    for (let i = 0; i < 230; i++) someoneWrites(`Remark ${i}`)
    await pulls.comment(7, ready('8'))
    await pulls.comment(7, ready('9'))
    expect(shown().filter(line => line.startsWith('github-actions'))).toEqual(['github-actions[bot]: version 9'])
    expect(hub.called().filter(operation => operation === 'ListComments')).toHaveLength(6)
  })

  test("leaves alone somebody's comment with its marker", async () => {
    someoneWrites(`${marker}\nMine!`)
    await pulls.comment(7, ready('8'))
    await pulls.comment(7, ready('9'))
    expect(shown()).toEqual([`octocat: ${marker}\nMine!`, 'github-actions[bot]: version 9'])
  })

  test('leaves alone a comment of its own that only cites the marker', async () => {
    someoneWrites(`> ${marker}`, { login: 'github-actions[bot]', type: 'Bot' })
    await pulls.comment(7, ready('8'))
    expect(shown()).toEqual([`github-actions[bot]: > ${marker}`, 'github-actions[bot]: version 8'])
  })

  test('where two runs wrote one at the same time, the oldest is the one', async () => {
    const bot = { login: 'github-actions[bot]', type: 'Bot' } as const
    someoneWrites(`${marker} first`, bot)
    someoneWrites(`${marker} second`, bot)
    await pulls.comment(7, ready('8'))
    expect(shown()).toEqual(['github-actions[bot]: version 8', `github-actions[bot]: ${marker} second`])
  })

  test("is a person's own with a person's token, and no bot's", async () => {
    someoneWrites(`${marker} a bot's`, { login: 'github-actions[bot]', type: 'Bot' })
    someoneWrites(`${marker} another's`, { login: 'mallory' })
    const personal = through(hub.as({ kind: 'personal', login: 'hubot' }))
    await personal.comment(7, ready('8'))
    await personal.comment(7, ready('9'))
    expect(shown()).toEqual([
      `github-actions[bot]: ${marker} a bot's`,
      `mallory: ${marker} another's`,
      'hubot: version 9',
    ])
  })

  test('asks nobody whose token it is while nothing bears the marker', async () => {
    await pulls.comment(7, ready())
    expect(hub.called()).toEqual(['ListComments', 'CreateComment'])
  })

  test('is written anew where it was deleted', async () => {
    await pulls.comment(7, ready('8'))
    hub.befall('UpdateComment', { kind: 'error', status: 404, message: 'Not Found' }, 1)
    await pulls.comment(7, ready('9'))
    expect(shown()).toEqual(['github-actions[bot]: version 8', 'github-actions[bot]: version 9'])
  })

  test('about something removed is never a new one', async () => {
    await pulls.comment(7, removed)
    expect(shown()).toEqual([])
    await pulls.comment(7, ready('8'))
    hub.befall('UpdateComment', { kind: 'error', status: 404, message: 'Not Found' }, 1)
    await pulls.comment(7, removed)
    expect(shown()).toEqual(['github-actions[bot]: version 8'])
  })

  test('that was written and whose answer was lost is found again', async () => {
    hub.befall('CreateComment', { kind: 'lose-answer' }, 1)
    await pulls.comment(7, ready('8'))
    expect(shown()).toEqual(['github-actions[bot]: version 8'])
  })

  test('that was not written is written after all', async () => {
    hub.befall('CreateComment', { kind: 'reset' }, 1)
    await pulls.comment(7, ready('8'))
    expect(shown()).toEqual(['github-actions[bot]: version 8'])
  })

  test('is given up where it fails twice', async () => {
    hub.befall('CreateComment', { kind: 'html', status: 502 })
    expect((await failureOf(pulls.comment(7, ready()))).kind).toBe('unavailable')
    expect(hub.called().filter(operation => operation === 'CreateComment')).toHaveLength(2)
  })

  test('is denied with the token of a fork, naming the permission', async () => {
    const fork = through(hub.as({ kind: 'installation', permissions: { 'pull-requests': 'read' } }))
    const failed = await failureOf(fork.comment(7, ready()))
    expect(failed.kind).toBe('denied')
    expect(failed.message).toBe(
      'could not comment on pull request #7, because GitHub denies it (403: Resource not accessible by integration); give the job the permission `pull-requests: write` (a pull request from a fork has a token that may only read)',
    )
  })
})

describe('an answer of success that is not what GitHub documents', () => {
  /** What a call fails with where this is what it is answered, and what was written meanwhile. */
  async function failing(call: (pulls: GitHubPulls) => Promise<unknown>, answer: (asked: string) => unknown) {
    const impostor = await newImpostor(answer)
    try {
      const { kind, message } = await failureOf(call(through(impostor.api)))
      return { kind, message, wrote: impostor.called().filter(asked => !asked.startsWith('GET ')) }
    } finally {
      impostor.close()
    }
  }

  function unread(what: string) {
    const because = 'because GitHub could not be reached or has a fault (an answer that cannot be read)'
    return { kind: 'unavailable', message: `could not ${what}, ${because}`, wrote: [] }
  }

  test.each([
    ['nothing', {}],
    ['a list', []],
    ['another state', { state: 'ajar' }],
  ])('a pull request of which it says %s does not pass for closed', async (_, pull) => {
    const failed = await failing(
      pulls => pulls.isOpen(7),
      () => pull,
    )
    expect(failed).toEqual(unread('read pull request #7'))
  })

  test('no list of pull requests does not tell that there is none of the number', async () => {
    hub.befall('GetPull', { kind: 'error', status: 404, message: 'Not Found' })
    hub.befall('ListPulls', { kind: 'error', status: 200, message: 'All is well' })
    expect((await failureOf(pulls.isOpen(7))).message).toBe(unread('read pull request #7').message)
  })

  test.each([
    ['no list', {}],
    ['a list with a null', [null]],
    ['a comment without a number', [{ body: marker, user: null }]],
    ['a body that is no text', [{ id: 1, body: 0, user: null }]],
  ])('%s of comments is a fault as any other, and nothing is written', async (_, list) => {
    const failed = await failing(
      pulls => pulls.comment(7, ready()),
      () => list,
    )
    expect(failed).toEqual(unread('list the comments of pull request #7'))
  })

  test('without the login of whose token it is, nobody passes for them', async () => {
    const failed = await failing(
      pulls => pulls.comment(7, ready()),
      asked => (asked === 'GET /user' ? {} : [{ id: 1, body: marker, user: { login: 'mallory', type: 'Bot' } }]),
    )
    expect(failed).toEqual(unread('read whose token it is'))
  })
})
