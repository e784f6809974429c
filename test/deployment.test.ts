import { beforeEach, describe, expect, test } from 'vitest'
import { asDeployment, type DeploymentWish, endDeployment, retireDeployments, type Shown } from '../src/deployment.ts'
import { CallFailed, type Deployment, type Deployments, type Fact, type Standing, type World } from '../src/ports.ts'
import type { Command, Outcome, Result } from '../src/rollout/outcome.ts'

/** What GitHub knows, and what it was told, in order. */
class Hub implements Deployments {
  readonly told: string[] = []
  readonly made: (Deployment & { state: string })[] = []
  readonly denied = new Set<string>()

  async create(wish: Parameters<Deployments['create']>[0]): Promise<Deployment> {
    this.#grant('create')
    const { environment, of } = wish
    const deployment = { id: this.made.length + 1, environment, of }
    this.made.push({ ...deployment, state: 'pending' })
    const transient = wish.transient ? ', transient' : ''
    this.told.push(`${deployment.id} created: ${wish.description} at ${wish.commit} in ${environment}${transient}`)
    return deployment
  }

  async tell({ id }: Deployment, state: string, description: string, url?: string): Promise<void> {
    this.#grant(state)
    const deployment = this.made.find(made => made.id === id)
    if (deployment !== undefined) deployment.state = state
    this.told.push(`${id} ${state}: ${description}${url === undefined ? '' : ` (${url})`}`)
  }

  async standing(environment: string, of: string): Promise<readonly Standing[]> {
    this.#grant('list')
    return this.made
      .filter(made => made.environment === environment && made.of === of)
      .filter(({ state }) => state !== 'inactive' && state !== 'failure')
      .map(made => ({ ...made, waits: made.state !== 'success' }))
      .toReversed()
  }

  states(): readonly string[] {
    return this.made.map(({ state }) => state)
  }

  #grant(what: string): void {
    if (this.denied.has(what)) throw new CallFailed('denied', `could not ${what}`, 'give the job `deployments: write`')
  }
}

let hub: Hub
let kept: (Deployment | undefined)[]
let endings: (Outcome | undefined)[]
let facts: Fact[]
let world: Pick<World, 'deployments' | 'memory' | 'reporter'>

beforeEach(() => {
  hub = new Hub()
  kept = []
  endings = []
  facts = []
  world = {
    deployments: hub,
    memory: {
      keep: () => undefined,
      keepDeployment: (open, end) => {
        kept.push(open)
        endings.push(end)
      },
      keepLoan: () => undefined,
    },
    reporter: { tell: fact => facts.push(fact) },
  }
})

function wish(over: Partial<DeploymentWish> = {}): DeploymentWish {
  return {
    environment: 'production',
    of: 'orders:live',
    commit: 'abc1234',
    transient: false,
    command: 'deploy',
    ...over,
  }
}

const because = 'version 8 serves all traffic'

/** Runs a story that ends like this at once. */
async function tracked(end: Partial<Shown>, over: Partial<DeploymentWish> = {}): Promise<Shown> {
  return await asDeployment(wish(over), async () => ({ result: 'promoted', reason: because, ...end }), world)
}

function warnings(): readonly string[] {
  return facts.flatMap(fact => (fact.kind === 'warning' ? [fact.text] : []))
}

test('the start is told before the story, and the end after it', async () => {
  const outcome = await asDeployment(
    wish(),
    async () => {
      hub.told.push('the story')
      return { result: 'promoted', reason: because }
    },
    world,
  )
  expect(outcome).toEqual({ result: 'promoted', reason: because })
  expect(hub.told).toEqual([
    '1 created: deploy orders:live at abc1234 in production',
    '1 in_progress: deploy orders:live',
    'the story',
    '1 success: version 8 serves all traffic',
  ])
  expect(warnings()).toEqual([])
})

test('an environment that goes away is said to, and the URL is told with the success', async () => {
  const url = 'https://x.example/'
  const outcome = await tracked(
    { result: 'previewed', url },
    { command: 'preview', environment: 'preview 7', transient: true },
  )
  expect(outcome).toMatchObject({ url })
  expect(hub.told[0]).toMatch(/ in preview 7, transient$/)
  expect(hub.told.at(-1)).toBe('1 success: version 8 serves all traffic (https://x.example/)')
})

const ends: Readonly<Record<Result, string>> = {
  promoted: 'success',
  unchanged: 'success',
  previewed: 'success',
  pruned: 'success',
  paused: 'in_progress',
  planned: 'inactive',
  removed: 'inactive',
  'rolled-back': 'failure',
  held: 'failure',
  'stood-aside': 'failure',
  refused: 'failure',
  failed: 'failure',
  'part-way': 'failure',
}

describe('a story that ends', () => {
  test.each(Object.entries(ends) as [Result, string][])('%s is %s', async (result, state) => {
    await tracked({ result })
    expect(hub.states()).toEqual([state])
  })

  test.each<[Command, string]>([
    ['rollback', 'success'],
    ['promote', 'failure'],
  ])('rolled back by %s is %s', async (command, state) => {
    await tracked({ result: 'rolled-back' }, { command })
    expect(hub.states()).toEqual([state])
  })

  test('paused says that it waits, and for what', async () => {
    await tracked({ result: 'paused', reason: 'version 8 has 10 %' })
    expect(hub.told.at(-1)).toBe('1 in_progress: waits for `promote` or `rollback`: version 8 has 10 %')
  })
})

describe('what a success supersedes is set inactive', () => {
  test('in production, where GitHub does not', async () => {
    await tracked({})
    await tracked({})
    expect(hub.states()).toEqual(['inactive', 'success'])
    expect(hub.told.at(-1)).toBe('1 inactive: superseded by a later deployment')
  })

  test('a canary that waited and is promoted', async () => {
    await tracked({ result: 'paused' })
    await tracked({}, { command: 'promote' })
    expect(hub.states()).toEqual(['inactive', 'success'])
  })

  test('a version that was rolled back from', async () => {
    await tracked({})
    await tracked({ result: 'rolled-back' }, { command: 'rollback' })
    expect(hub.states()).toEqual(['inactive', 'success'])
  })

  test('and nothing else: not another function, not another environment', async () => {
    await tracked({}, { of: 'refunds:live' })
    await tracked({}, { environment: 'staging' })
    await tracked({})
    expect(hub.states()).toEqual(['success', 'success', 'success'])
  })

  test.each<Result>(['rolled-back', 'paused', 'failed'])('not when the later one ends %s', async result => {
    await tracked({})
    await tracked({ result })
    expect(hub.states()[0]).toBe('success')
  })

  test('not when the success itself could not be told', async () => {
    await tracked({})
    hub.denied.add('success')
    await tracked({})
    expect(hub.states()).toEqual(['success', 'in_progress'])
  })
})

describe('for the post step', () => {
  const first = { id: 1, environment: 'production', of: 'orders:live' }

  test('the deployment is kept while the story runs, and no longer', async () => {
    await asDeployment(
      wish(),
      async () => {
        expect(kept).toEqual([first])
        return { result: 'promoted', reason: because }
      },
      world,
    )
    expect(kept).toEqual([first, first, undefined])
  })

  test('it stays where a failure could not be told, which can be tried once more', async () => {
    hub.denied.add('failure')
    await tracked({ result: 'failed' })
    expect(kept).toEqual([first, first])
  })

  test('so it does with any other end, which is kept beside it', async () => {
    hub.denied.add('success')
    await tracked({})
    expect(kept).toEqual([first, first])
    expect(endings.at(-1)).toMatchObject({ result: 'promoted' })
  })

  test('the end is told from there', async () => {
    const deployment = await hub.create({ ...wish(), description: 'deploy orders:live' })
    await endDeployment(deployment, { result: 'rolled-back', reason: 'the action was ended' }, 'deploy', world)
    expect(hub.told.at(-1)).toBe('1 failure: the action was ended')
    expect(kept).toEqual([deployment, undefined])
  })
})

describe('what GitHub does not grant is a warning and changes nothing', () => {
  test.each(['create', 'in_progress', 'success', 'list'])('%s', async denied => {
    hub.denied.add(denied)
    expect(await tracked({})).toEqual({ result: 'promoted', reason: because })
    expect(warnings()).toEqual([`could not ${denied}; give the job \`deployments: write\``])
  })

  test('without a deployment there is nothing to end', async () => {
    hub.denied.add('create')
    await tracked({})
    expect(hub.told).toEqual([])
    expect(kept).toEqual([])
  })
})

describe('an error of the story', () => {
  const mistake = new TypeError('undefined is not a function')
  const failing = () => asDeployment(wish(), () => Promise.reject(mistake), world)

  test('is thrown on before GitHub is told: traffic is to be mended first', async () => {
    await expect(failing()).rejects.toBe(mistake)
    expect(hub.told.at(-1)).toBe('1 in_progress: deploy orders:live')
  })

  test('leaves the deployment to be ended once that is done', async () => {
    await expect(failing()).rejects.toBe(mistake)
    const open = kept.at(-1)
    if (open === undefined) throw new Error('nothing is kept')
    await endDeployment(open, { result: 'rolled-back', reason: 'an error in this action' }, 'deploy', world)
    expect(hub.states()).toEqual(['failure'])
  })
})

describe('what is retired', () => {
  test('is all that stands of the same in the environment', async () => {
    await tracked({ result: 'paused' })
    await tracked({ result: 'paused' })
    await tracked({}, { of: 'refunds:live' })
    await retireDeployments('production', 'orders:live', 'pull request #7 was closed', world)
    expect(hub.states()).toEqual(['inactive', 'inactive', 'success'])
    expect(hub.told.slice(-2)).toEqual([
      '2 inactive: pull request #7 was closed',
      '1 inactive: pull request #7 was closed',
    ])
  })

  test.each(['list', 'inactive'])('where GitHub denies %s, one warning says so', async denied => {
    await tracked({ result: 'paused' })
    await tracked({ result: 'paused' })
    hub.denied.add(denied)
    await retireDeployments('production', 'orders:live', 'closed', world)
    expect(warnings()).toEqual([`could not ${denied}; give the job \`deployments: write\``])
  })
})
