import { expect, test } from 'vitest'
import { policyOf } from '../../docs/policies.ts'
import type { Result } from '../../src/rollout/outcome.ts'
import { oneChanged, sandboxed, secondWaveFails } from './lives.ts'
import { type Life, play } from './lives-played.ts'

/** What the recipe says of functions that are rolled out together, with its own policy. */

test('a push that changes one function is a rollout of that one, and the others stay as they are', async () => {
  expect(await endsOf(oneChanged)).toEqual({
    result: 'promoted',
    each: { billing: 'promoted from 2 to 3', orders: 'unchanged from 2 to 2', mail: 'unchanged from 2 to 2' },
  })
})

test('the first wave goes back with the second, though it was promoted', async () => {
  expect(await endsOf(secondWaveFails)).toEqual({
    result: 'rolled-back',
    each: { billing: 'rolled-back from 1 to 2', orders: 'rolled-back from 1 to 2', mail: 'rolled-back from 1 to 2' },
  })
})

/** How the last run of a life ended, and each of its functions. */
async function endsOf(life: Life) {
  const acts = await play(life, { policyOf: name => policyOf(name, sandboxed), post: true })
  const played = acts.at(-1)
  const targets = JSON.parse(played?.targets || '[]') as readonly End[]
  const each = targets.map(end => [
    /:([\w-]+):live$/.exec(end['alias-arn'])?.[1],
    `${end.result} from ${end['previous-version']} to ${end.version}`,
  ])
  return { result: played?.result, each: Object.fromEntries(each) }
}

type End = Readonly<Record<'alias-arn' | 'previous-version' | 'version', string>> & { readonly result: Result }
