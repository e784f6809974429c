import { describe, expect, test } from 'vitest'
import { fakeAction } from '../support/runner/fake-action.ts'
import { newStage, type Stage } from './stage.ts'

const client = new URL('../../node_modules/@actions/github/lib/github.js', import.meta.url).href
const pushed = 'abc1234def5678abc1234def5678abc1234def56'

/** An action with the real client of GitHub, as it makes it for itself, and `aws`, which reads the alias `live`. */
function stageOf(script: string, post = ''): Promise<Stage> {
  const prelude = `
    import { readFileSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    import { getOctokit } from '${client}'
    const { rest } = getOctokit(process.env['INPUT_GITHUB-TOKEN'])
    const [owner, repo] = process.env.GITHUB_REPOSITORY.split('/')
    const aws = () => fetch(process.env.AWS_ENDPOINT_URL + '/2015-03-31/functions/orders/aliases/live')
    const deploy = () => rest.repos.createDeployment({ owner, repo, ref: process.env.GITHUB_SHA, required_contexts: [] })
    const event = () => JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'))
    const comment = async body => rest.issues.createComment({ owner, repo, issue_number: event().number, body })
  `
  const inputs = `
  function-name: {}
  artifact: {}
  version: {}
  command: {}
  github-token: { default: '\${{ github.token }}' }`
  return newStage({ action: fakeAction(prelude + script, { inputs, post: prelude + post }) })
}

describe('GitHub on a stage', () => {
  test('takes the token of the job, and its calls stand in the story between those of AWS', async () => {
    const stage = await stageOf(
      `await aws(); console.log('now GitHub'); await deploy(); await sleep(60_000); await aws(); console.log('done')`,
      `await rest.repos.listDeployments({ owner, repo, environment: 'production' })`,
    )
    const { requests, end } = await stage.run()
    expect(stage.told).toBe(`    +0:00 lambda GetAlias { FunctionName: 'orders', Name: 'live' } → 200
now GitHub
    +0:00 GitHub CreateDeployment { ref: '${pushed}', required_contexts: [] } → 201
    +1:00 lambda GetAlias { FunctionName: 'orders', Name: 'live' } → 200
done

── post ────────────────────────────────────────────────────────
    +1:00 GitHub ListDeployments { environment: 'production' } → 200
`)
    expect(requests.map(({ operation }) => operation)).toEqual([
      ...['GetAlias', 'CreateDeployment', 'GetAlias'],
      'ListDeployments',
    ])
    expect(end.post.calls).toBe(1)
    expect(stage.github.deployments()).toMatchObject([{ ref: pushed, sha: pushed }])
  })

  test('knows the commit that was pushed as that of main', async () => {
    const stage = await stageOf(
      `await rest.repos.createDeployment({ owner, repo, ref: 'main', required_contexts: [] })`,
    )
    await stage.run()
    expect(stage.github.deployments()).toMatchObject([{ sha: pushed }])
  })

  test('lets a job do what its permissions say, and the next one what its own say', async () => {
    const stage = await stageOf(`await deploy().catch(error => console.log(error.status, error.message))`)
    const { main } = await stage.run({}, { permissions: { issues: 'write' } })
    expect(main.log).toContain('403 Resource not accessible by integration')
    await stage.run({}, { id: '2' })
    expect(stage.github.deployments()).toHaveLength(1)
  })

  test('has weather of its own, which is over when the run is', async () => {
    const stage = await stageOf(`await deploy().catch(error => console.log(error.status))`)
    stage.github.faults.add({ fault: { kind: 'secondary-rate-limit', retryAfterS: 60 } })
    await stage.run()
    await stage.run({}, { id: '2' })
    expect(stage.told).toContain('→ 403 You have exceeded a secondary rate limit.')
    expect(stage.github.deployments()).toHaveLength(1)
  })

  test('is where moments of a run can be, to meddle or to kill', async () => {
    const stage = await stageOf(`await aws(); await sleep(60_000); await deploy(); await aws()`)
    const seen: number[] = []
    stage.at({ before: 'CreateDeployment' }, async () => {
      seen.push(stage.github.deployments().length)
      await stage.aws.move('1')
    })
    stage.kill({ after: 'CreateDeployment' })
    const { main } = await stage.run()
    expect([seen, main.signal, stage.github.deployments().length]).toEqual([[0], 'SIGKILL', 1])
    const services = stage.told.match(/(?<=\+\d:00 )(\(somebody else\) )?\w+ \w+/g)
    expect(services).toEqual(['lambda GetAlias', '(somebody else) lambda UpdateAlias', 'GitHub CreateDeployment'])
  })
})

describe('a pull request sets a run off', () => {
  const variables = `
    const { GITHUB_EVENT_NAME, GITHUB_REF, GITHUB_REF_NAME, GITHUB_HEAD_REF, GITHUB_BASE_REF, GITHUB_ACTOR } = process.env
    console.log([GITHUB_EVENT_NAME, GITHUB_REF, GITHUB_REF_NAME, GITHUB_HEAD_REF, GITHUB_BASE_REF, GITHUB_ACTOR].join(' '))
    const { action, number, pull_request: { state, merged, head, base }, repository, sender } = event()
    console.log([action, number, state, merged, head.ref, head.repo.full_name, head.repo.fork, base.ref, base.repo.full_name].join(' '))
    console.log([repository.full_name, sender.login].join(' '))
  `

  test('with the event and the variables of one that is open', async () => {
    const stage = await stageOf(variables)
    const { main } = await stage.run({}, stage.pullRequest(7, 'opened', { branch: 'refunds', sender: 'hubot' }))
    expect(main.log.split('\n')).toEqual([
      'pull_request refs/pull/7/merge 7/merge refunds main hubot',
      'opened 7 open false refunds octo/orders false main octo/orders',
      'octo/orders hubot',
    ])
  })

  test('again with another commit when it is pushed to, which GitHub knows as well', async () => {
    const stage = await stageOf(`console.log(event().action, event().pull_request.head.sha, process.env.GITHUB_SHA)
      const pull = await rest.pulls.get({ owner, repo, pull_number: 7 })
      console.log('pull', pull.data.head.sha, pull.data.merge_commit_sha)`)
    const first = await stage.run({}, stage.pullRequest(7, 'opened'))
    const second = await stage.run({}, { id: '2', ...stage.pullRequest(7, 'synchronize') })
    const [[opened, pull] = [], [pushed, pullThen] = []] = [first, second].map(({ main }) => main.log.split('\n'))
    expect(opened?.replace('opened', 'pull')).toBe(pull)
    expect(pushed?.replace('synchronize', 'pull')).toBe(pullThen)
    expect(pullThen).not.toBe(pull)
  })

  test('and when it is closed: of one that was merged nothing but its base is left', async () => {
    const stage = await stageOf(variables)
    stage.pullRequest(7, 'opened')
    stage.pullRequest(8, 'opened')
    const closed = await stage.run({}, stage.pullRequest(7, 'closed'))
    const merged = await stage.run({}, { id: '2', ...stage.pullRequest(8, 'closed', { merged: true }) })
    expect([closed, merged].map(({ main }) => main.log.split('\n').slice(0, 2))).toEqual([
      [
        'pull_request refs/pull/7/merge 7/merge feature-7 main octocat',
        'closed 7 closed false feature-7 octo/orders false main octo/orders',
      ],
      [
        'pull_request refs/heads/main main feature-8 main octocat',
        'closed 8 closed true feature-8 octo/orders false main octo/orders',
      ],
    ])
  })

  test('from a fork with a token that only reads', async () => {
    const stage = await stageOf(`console.log(event().pull_request.head.repo.full_name)
      await comment('hello').catch(error => console.log(error.status))`)
    const { main } = await stage.run({}, stage.pullRequest(7, 'opened', { fork: true, login: 'hubot' }))
    expect(main.log).toBe('hubot/orders\n403')
    expect(stage.github.comments(7)).toEqual([])
  })
})

test.each([
  ['deploy', {}, 'dist/'],
  ['preview', { command: 'preview' }, 'dist/'],
  ['rollback', { command: 'rollback' }, ''],
  ['a version', { version: '3' }, ''],
])('a run of %s is given an artifact only if it takes one', async (_, inputs, artifact) => {
  const stage = await stageOf(`console.log('artifact: ' + (process.env.INPUT_ARTIFACT ?? ''))`)
  const { main } = await stage.run(inputs)
  expect(main.log).toBe(`artifact: ${artifact}`)
})
