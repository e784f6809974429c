import { describe, expect, test } from 'vitest'
import { pages } from '../../docs/pages.ts'
import { roles } from '../../docs/policies.ts'
import { loadInputs } from '../../src/inputs.ts'
import { action } from '../recipes/actions.ts'
import { resolved } from '../recipes/recipes.ts'
import { ruleBreaks, stepBreaks } from '../recipes/rules.ts'
import { testValidity } from '../recipes/validators.ts'
import { run } from '../support/builders.ts'
import { givenInputs, pageSteps, pageText, pageTexts, pageWorkflows } from './pages.ts'

const all = pageWorkflows()

/** Every workflow has something to check, so that none slips through by not being found. */
test('the pages hold these workflows', () => {
  expect(all.map(({ name, jobs }) => `${name}: ${Object.keys(jobs).join(', ')}`)).toEqual([
    '../README.md#1: deploy',
    'ab-tests.md#1: start',
    'first-run.md#1: rollout',
  ])
})

describe.each(all)('$name', each => {
  testValidity(each)

  test('keeps to the rules of the house', () => {
    expect(ruleBreaks(each)).toEqual([])
  })

  test('takes a role that a page or a recipe makes', () => {
    const [, role = ''] = /role-to-assume: \S+:role\/(\S+)/.exec(each.text) ?? []
    const made = [...pageText('first-run.md').matchAll(/create-role --role-name (\S+)/g)].map(([, name]) => name)
    expect([...Object.keys(roles), ...made]).toContain(role)
  })
})

test('steps shown outside of a workflow keep to the rules of a step', () => {
  expect(pageSteps().length).toBeGreaterThan(5)
  expect(pageSteps().flatMap(({ name, step }) => stepBreaks(step).map(text => `${name}: ${text}`))).toEqual([])
})

const values = { 'inputs.dry-run': 'true' }

function load(inputs: Readonly<Record<string, string>>) {
  const { command = 'deploy' } = inputs
  const needed = {
    'function-name': 'orders',
    ...(command === 'deploy' && !('version' in inputs) && { artifact: 'dist/' }),
  }
  const ownArtifacts = inputs['function-name']?.includes(': ') ? { artifact: '' } : {}
  const given: Readonly<Record<string, string>> = { ...needed, ...resolved(inputs, values), ...ownArtifacts }
  return loadInputs({
    get: name => given[name] ?? '',
    env: { AWS_REGION: 'eu-west-1' },
    lies: () => 'directory',
    read: () => undefined,
    run: run({}),
    ref: 'main',
    event: { action: 'opened', pull_request: { number: 7, head: { sha: 'abc1234' } } },
  })
}

describe('the inputs that a page shows', () => {
  test.each(givenInputs())('in $name are such that the action takes', async ({ with: inputs }) => {
    expect(Object.keys(inputs).filter(name => !(name in action.inputs))).toEqual([])
    expect(await load(inputs)).toMatchObject({ kind: 'inputs' })
  })

  test('are found in these pages, and one that is wrong is found', async () => {
    expect([...new Set(givenInputs().map(({ name }) => name.replace(/#.*/, '')))]).toEqual([
      '../README.md',
      'ab-tests.md',
      'first-run.md',
      'migrating.md',
      'strategies.md',
      'versions-and-aliases.md',
      'checks.md',
      'watching.md',
    ])
    expect(await load({ strategy: '10% for ever' })).toMatchObject({ kind: 'problems' })
  })

  test.each([
    { strategy: '20%, pause', alarms: 'orders-errors' },
    { command: 'promote', version: '8', strategy: '50%, pause' },
    { strategy: 'canary', 'canary-weight': 'auto' },
    { 'min-invocations': '50', 'low-traffic': 'fail', strategy: '50% for 1h' },
    { 'poll-interval': '30s', 'already-in-alarm': 'ignore', 'insufficient-data': 'wait 30m', alarms: 'orders-errors' },
  ])('in a sentence, %j, are as good', async inputs => {
    expect(await load(inputs)).toMatchObject({ kind: 'inputs' })
  })

  test('and that it says are refused, are', async () => {
    expect(await load({ strategy: '20%, pause', checks: 'errors < 5' })).toMatchObject({ kind: 'problems' })
    expect(await load({ strategy: '20% for 5m', 'bake-time': '5m' })).toMatchObject({ kind: 'problems' })
    expect(await load({ waves: '1, *' })).toMatchObject({ kind: 'problems' })
    const both = { 'function-name': 'orders\nbilling', waves: '1, *' }
    expect(await load({ ...both, strategy: '10% for 10m, pause' })).toMatchObject({ kind: 'problems' })
    expect(await load({ ...both, strategy: '10% for 10m' })).toMatchObject({ kind: 'inputs' })
  })
})

test.each(pages())('what docs/$file says of policies is what docs/policies.ts says', ({ now, fresh }) => {
  expect(now).toBe(fresh)
})

test('the index names every page, and each once', () => {
  const [, ...others] = [...pageTexts().keys()]
  const named = [...pageText('README.md').matchAll(/^\| \[[^\]]+\]\(([a-z-]+\.md)\) \|/gm)].map(([, file = '']) => file)
  expect(named.toSorted()).toEqual(others.toSorted())
})

test('a page names inputs and outputs that there are', () => {
  const known = new Set([...Object.keys(action.inputs), ...Object.keys(action.outputs)])
  const claimed = [...pageTexts()].flatMap(([file, text]) =>
    [...text.matchAll(/`([a-z]+(?:-[a-z]+)+)(?:: [^`\n]+)`/g)].map(([, name = '']) => ({ file, name })),
  )
  const foreign = new Set([
    'role-duration-seconds',
    'output-credentials',
    'cancel-in-progress',
    'id-token',
    'pull-requests',
  ])
  expect(claimed.length).toBeGreaterThan(20)
  expect(claimed.filter(({ name }) => !known.has(name) && !foreign.has(name))).toEqual([])
})
