import { expect, test } from 'vitest'
import { claim, isOurs, previewAlias, previewPrefix, pullOfAlias, pullOfVersion } from '../../src/rollout/preview.ts'
import { run } from '../support/builders.ts'

const ours = 'lambda-rollout 12; OWNER/REPO@abc1234 run 900.1'

test('an alias and its versions tell whose they are', () => {
  expect(pullOfAlias(previewAlias(7), ours, 'OWNER/REPO')).toBe(7)
  expect(pullOfVersion(`${previewPrefix('OWNER/REPO', 7)}OWNER/REPO@abc1234 run 900.1`, 'OWNER/REPO')).toBe(7)
})

test.each([
  ['another repository’s journal', 'pr-7', 'lambda-rollout 12; OWNER/OTHER@abc1234 run 900.1'],
  ['no journal', 'pr-7', 'by hand'],
  ['another name', 'live', ours],
  ['a number that none has', 'pr-07', ours],
  ['a longer name', 'pr-7-old', ours],
])('an alias with %s is no preview of ours', (_, name, description) => {
  expect(pullOfAlias(name, description, 'OWNER/REPO')).toBeUndefined()
})

test.each([
  ['another repository’s', 'preview OWNER/OTHER#7: fix'],
  ['a repository’s whose name goes on', 'preview OWNER/REPO-2#7: fix'],
  ['one that only speaks of a preview', 'as in preview OWNER/REPO#7: fix'],
  ['a deploy’s', 'OWNER/REPO@abc1234 main run 900.1'],
])('a version like %s was not made for a preview of ours', (_, description) => {
  expect(pullOfVersion(description, 'OWNER/REPO')).toBeUndefined()
})

test('only a journal of this repository makes an alias ours', () => {
  expect(isOurs(ours, 'OWNER/REPO')).toBe(true)
  expect(isOurs(ours, 'OWNER/OTHER')).toBe(false)
  expect(isOurs('', 'OWNER/REPO')).toBe(false)
})

test.each([
  ['an older run’s', run(), ours, 'ours'],
  ['this very run’s', run(), 'lambda-rollout 12; OWNER/REPO@abc1234 run 987.1', 'ours'],
  ['a newer run’s', run(), 'lambda-rollout 12; OWNER/REPO@abc1234 run 988.1', 'overtaken'],
  ['a newer run’s before a re-run', run({ attempt: 2 }), 'lambda-rollout 12; OWNER/REPO@abc1234 run 988.1', 'ours'],
  ['another repository’s', run(), 'lambda-rollout 12; OWNER/OTHER@abc1234 run 900.1', 'not-ours'],
  ['a person’s', run(), '', 'not-ours'],
] as const)('an alias that is %s is %3$s', (_, by, description, kind) => {
  expect(claim('orders:pr-7', description, by)).toMatchObject({ kind })
})

test('what is not ours is told with the reason and a way out', () => {
  expect(claim('orders:pr-7', '', run())).toMatchObject({ because: expect.stringContaining('delete it') })
  expect(claim('orders:pr-7', 'lambda-rollout 12; OWNER/OTHER@abc1234 run 900.1', run())).toMatchObject({
    because: expect.stringContaining('OWNER/OTHER@abc1234 run 900.1'),
  })
})
