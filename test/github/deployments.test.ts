import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GitHubApi } from '../../src/github/api.ts'
import { GitHubDeployments } from '../../src/github/deployments.ts'
import type { Deployment, DeploymentState } from '../../src/ports.ts'
import { run } from '../support/builders.ts'
import { commit, failureOf, type Hub, newHub, newImpostor, repository } from './rig.ts'

let hub: Hub
let deployments: GitHubDeployments

beforeEach(async () => {
  hub = await newHub()
  deployments = through(hub.api)
})

afterEach(() => hub.close())

function through(api: GitHubApi): GitHubDeployments {
  return new GitHubDeployments(api, run({ repository }), 'https://github.com')
}

const wish = {
  environment: 'production',
  of: 'orders:live',
  commit,
  transient: false,
  description: 'deploy orders:live',
}

/** A deployment with these statuses, oldest first. */
async function deployed(states: readonly DeploymentState[], over: Partial<typeof wish> = {}): Promise<Deployment> {
  const deployment = await deployments.create({ ...wish, ...over })
  for (const state of states) await deployments.tell(deployment, state, 'as it is')
  return deployment
}

/** The last status of each, oldest deployment first. */
function states(): readonly (string | undefined)[] {
  return hub.github.deployments().map(({ statuses }) => statuses.at(-1)?.state)
}

describe('create', () => {
  test('makes one of the commit, whatever its checks say, that a later one of the same finds', async () => {
    const made = await deployments.create(wish)
    const [kept] = hub.github.deployments()
    expect(made).toEqual({ id: kept?.id, environment: 'production', of: 'orders:live' })
    expect(kept).toMatchObject({
      ref: commit,
      sha: commit,
      task: 'lambda-rollout orders:live',
      environment: 'production',
      transient: false,
      description: 'deploy orders:live',
    })
  })

  test('says of an environment that goes away that it does', async () => {
    await deployments.create({ ...wish, environment: 'preview 7', transient: true })
    expect(hub.github.deployments()).toMatchObject([{ environment: 'preview 7', transient: true, production: false }])
  })

  test('merges nothing into what lies behind the default branch', async () => {
    hub.github.refs.add('old', { behind: 'mergeable' })
    await deployments.create({ ...wish, commit: 'old' })
    expect(hub.github.deployments()).toMatchObject([{ ref: 'old' }])
  })

  test('cuts a name that GitHub would not take as a task', async () => {
    await deployments.create({ ...wish, of: `${'o'.repeat(200)}:live` })
    expect(hub.github.deployments()[0]?.task).toHaveLength(128)
  })

  test('is rejected where GitHub says yes and makes none', async () => {
    hub.befall('CreateDeployment', { kind: 'error', status: 202, message: 'Auto-merged main into old on deployment.' })
    const failed = await failureOf(deployments.create(wish))
    expect(failed.kind).toBe('rejected')
    expect(failed.message).toBe(
      'could not create the deployment of orders:live in production, because GitHub answers without making one',
    )
  })

  test('is rejected for what the repository does not have', async () => {
    const failed = await failureOf(deployments.create({ ...wish, commit: 'nowhere' }))
    expect(failed.kind).toBe('rejected')
    expect(failed.message).toContain('(422: No ref found for: nowhere)')
  })

  test('is denied where the job may only read, naming the permission', async () => {
    const reading = through(hub.as({ kind: 'installation', permissions: { deployments: 'read' } }))
    const failed = await failureOf(reading.create(wish))
    expect(failed.kind).toBe('denied')
    expect(failed.message).toContain('`deployments: write`')
  })

  test('makes no second one where the answer is lost', async () => {
    hub.befall('CreateDeployment', { kind: 'lose-answer' }, 1)
    expect((await failureOf(deployments.create(wish))).kind).toBe('unavailable')
    expect(hub.github.deployments()).toHaveLength(1)
  })

  test('is given up when the workflow is cancelled: a roll-back may be due', async () => {
    hub.stop()
    expect((await failureOf(deployments.create(wish))).message).toMatch(/the workflow was cancelled$/)
    expect(hub.called()).toEqual([])
  })
})

describe('tell', () => {
  test('sets the status, with the page of this run and the URL of what is there', async () => {
    await deployments.tell(await deployed([]), 'success', 'version 8 serves all traffic', 'https://x.example/')
    expect(hub.github.deployments()[0]?.statuses).toEqual([
      {
        state: 'success',
        description: 'version 8 serves all traffic',
        environmentUrl: 'https://x.example/',
        logUrl: 'https://github.com/octo/orders/actions/runs/987/attempts/1',
      },
    ])
  })

  test('leaves other deployments of the environment as they are', async () => {
    await deployed(['success'], { environment: 'staging', of: 'refunds:live' })
    await deployed(['success'], { environment: 'staging' })
    expect(states()).toEqual(['success', 'success'])
  })

  test('is told although its answer was lost: twice is harmless', async () => {
    const deployment = await deployed([])
    hub.befall('CreateDeploymentStatus', { kind: 'lose-answer' }, 1)
    await deployments.tell(deployment, 'failure', 'it failed')
    expect(states()).toEqual(['failure'])
  })

  test.each(['success', 'failure', 'inactive'] as const)('%s is told after a cancel as well', async state => {
    const deployment = await deployed([])
    hub.stop()
    await deployments.tell(deployment, state, 'over')
    expect(states()).toEqual([state])
  })

  test('a start is not: a roll-back may be due', async () => {
    const deployment = await deployed([])
    hub.stop()
    expect((await failureOf(deployments.tell(deployment, 'in_progress', 'go'))).kind).toBe('unavailable')
    expect(states()).toEqual([undefined])
  })

  const word = 'traffic '
  const full = `${word.repeat(17)}goes`
  test.each([
    ['140 characters', full, full],
    ['one more', `${full}.`, `${word.repeat(17).trim()}…`],
    ['a word that ends at the limit', `${word.repeat(17)}its new way`, `${word.repeat(17)}its…`],
    ['one word', 'x'.repeat(200), `${'x'.repeat(139)}…`],
    ['a pair of halves at the limit', `${'x'.repeat(138)}${'🚀'.repeat(9)}`, `${'x'.repeat(138)}…`],
    ['several lines', 'one\n  two\r\nthree', 'one two three'],
  ])('a description of %s is cut after a word', async (_, description, told) => {
    await deployments.tell(await deployed([]), 'failure', description)
    expect(hub.github.deployments()[0]?.statuses.at(-1)?.description).toBe(told)
    expect(told.length).toBeLessThanOrEqual(140)
  })
})

describe('standing', () => {
  async function ids(of = 'orders:live', environment = 'production'): Promise<readonly number[]> {
    return (await deployments.standing(environment, of)).map(({ id }) => id)
  }

  test('gives those of the same in the same environment, newest first', async () => {
    const older = await deployed(['in_progress', 'success'])
    await deployed(['success'], { of: 'refunds:live' })
    await deployed(['success'], { environment: 'staging' })
    const newer = await deployed(['in_progress'])
    expect(await deployments.standing('production', 'orders:live')).toEqual([
      { ...newer, waits: true },
      { ...older, waits: false },
    ])
  })

  test("does not touch those that a job's own environment makes", async () => {
    await hub.api.asking<object>({ what: 'deploy', permission: 'deployments: write' }, (rest, common) =>
      rest.repos.createDeployment({ ...common, ref: commit, environment: 'production', required_contexts: [] }),
    )
    expect(hub.github.deployments()).toMatchObject([{ task: 'deploy', environment: 'production' }])
    expect(await ids()).toEqual([])
  })

  test('goes by the last status, and counts one that has none', async () => {
    await deployed(['success', 'inactive'])
    const [untold, paused] = [await deployed([]), await deployed(['in_progress'])]
    expect(await ids()).toEqual([paused.id, untold.id])
  })

  test('ends at the first that is inactive', async () => {
    await deployed(['success'])
    await deployed(['inactive'])
    const last = await deployed(['success'])
    expect(await ids()).toEqual([last.id])
  })

  test('passes over those that failed', async () => {
    const older = await deployed(['success'])
    await deployed(['failure'])
    expect(await ids()).toEqual([older.id])
  })

  test('finds what has a name that is cut', async () => {
    const of = `${'o'.repeat(200)}:live`
    const { id } = await deployed(['success'], { of })
    expect(await ids(of)).toEqual([id])
  })
})

describe('an answer of success that is not what GitHub documents', () => {
  /** How a call fails where this is what it is answered. */
  async function failing(
    call: (deployments: GitHubDeployments) => Promise<unknown>,
    answer: (asked: string) => unknown,
  ) {
    const impostor = await newImpostor(answer)
    try {
      const { kind, message } = await failureOf(call(through(impostor.api)))
      return { kind, message, calls: impostor.called().length }
    } finally {
      impostor.close()
    }
  }

  const unread = 'because GitHub could not be reached or has a fault (an answer that cannot be read)'
  const unlisted = {
    kind: 'unavailable',
    message: `could not list the deployments of orders:live in production, ${unread}`,
  }

  test.each([
    ['no list', {}],
    ['a list with a null', [{ id: 7 }, null]],
    ['a deployment without a number', [{ id: '7' }]],
    ['a number that is none', [{ id: 7 }, { id: { valueOf: 0, toString: 0 } }]],
  ])('%s of deployments is a fault as any other', async (_, list) => {
    const failed = await failing(
      deployments => deployments.standing('production', 'orders:live'),
      () => list,
    )
    expect(failed).toEqual({ ...unlisted, calls: 3 })
  })

  test.each([
    ['no list', {}],
    ['a list with a null', [null]],
    ['a status without a state', [{ id: 1 }]],
  ])('%s of statuses is one too', async (_, list) => {
    const failed = await failing(
      deployments => deployments.standing('production', 'orders:live'),
      asked => (asked.endsWith('/statuses') ? list : [{ id: 7 }]),
    )
    expect(failed).toEqual({ ...unlisted, calls: 4 })
  })

  test('a deployment whose number is none may have been made, and is not made again', async () => {
    const failed = await failing(
      deployments => deployments.create(wish),
      () => ({ id: 'seven' }),
    )
    expect(failed).toEqual({
      kind: 'unavailable',
      message: `could not create the deployment of orders:live in production, ${unread}`,
      calls: 1,
    })
  })
})
