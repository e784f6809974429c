import { expect, test } from 'vitest'
import { loadInputs } from '../../src/inputs.ts'
import { run } from '../support/builders.ts'
import { type RolloutStep, resolved, rolloutSteps } from './recipes.ts'

/** What the runner puts in the place of the recipes' expressions. */
const values = {
  'inputs.alias': 'live',
  'inputs.function': 'orders',
  'inputs.version': '8',
  'matrix.function': 'orders',
  'needs.canary.outputs.previous-version': '7',
  'needs.canary.outputs.version': '8',
  'needs.staging.outputs.version': '8',
  'steps.build.outputs.digest': `sha256:${'a'.repeat(64)}`,
  'steps.ecr.outputs.registry': '111122223333.dkr.ecr.eu-west-1.amazonaws.com',
  'steps.stable.outputs.version': '7',
  'steps.upload.outputs.artifact': 's3://my-builds/orders/app.zip?versionId=abc',
  'steps.waiting.outputs.version': '8',
}

function load(step: RolloutStep, { closed = false, ...others }: { closed?: boolean; [input: string]: unknown } = {}) {
  const given: Readonly<Record<string, unknown>> = { ...resolved(step.with, values), ...others }
  return loadInputs({
    get: name => String(given[name] ?? ''),
    env: { AWS_REGION: 'eu-west-1' },
    lies: () => (closed ? 'nothing' : 'directory'),
    read: () => undefined,
    run: run({}),
    ref: 'main',
    event: { action: closed ? 'closed' : 'opened', pull_request: { number: 7, head: { sha: 'abc1234' } } },
  })
}

test.each(rolloutSteps().map(step => ({ name: `${step.workflow.name} ${step.job}`, step })))(
  'the inputs of $name are such that the action takes',
  async ({ step }) => {
    expect(await load(step)).toMatchObject({ kind: 'inputs' })
    expect(await load(step, { 'poll-interval': 'soon', alias: 'a/b' })).toMatchObject({ kind: 'problems' })
  },
)

test('the button without a version, and a preview that closes and has built nothing, are as good', async () => {
  const [button, preview] = ['rollback', 'previews'].map(recipe =>
    rolloutSteps().find(({ workflow }) => workflow.recipe === recipe),
  )
  expect(button && (await load(button, { version: '' }))).toMatchObject({ inputs: { version: undefined } })
  expect(preview && (await load(preview, { closed: true }))).toMatchObject({ inputs: { shows: undefined } })
})
