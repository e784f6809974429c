import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { outputsOf } from '../../src/github/outputs.ts'
import type { Fact, Started } from '../../src/ports.ts'
import { partWay } from '../../src/rollout/routing.ts'
import { aliasSeen, run, start, target, versionSeen } from '../support/builders.ts'

const live = 'arn:aws:lambda:eu-west-1:123456789012:function:orders:live'
const started: Started = { kind: 'started', command: 'deploy', targets: [target()], run: run(), dryRun: false }
const found: Fact = { kind: 'found', target: target(), alias: aliasSeen(), stable: versionSeen() }
const { arn, codeSha256 } = versionSeen({ version: '8', codeSha256: 'bmV3' })
const version: Fact = { kind: 'version', target: target(), version: '8', arn, codeSha256 }
const ended: Fact = {
  kind: 'ended',
  at: start,
  outcome: { result: 'promoted', reason: 'orders:live serves version 8' },
}

const full = {
  result: 'promoted',
  reason: 'orders:live serves version 8',
  version: '8',
  'version-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:orders:8',
  'previous-version': '7',
  'alias-arn': live,
  'code-sha256': 'bmV3',
  'function-url': '',
}
const nothing = {
  result: '',
  reason: '',
  version: '',
  'version-arn': '',
  'previous-version': '',
  'alias-arn': '',
  'code-sha256': '',
  'function-url': '',
}

test.each<[when: string, facts: readonly Fact[], outputs: typeof full]>([
  ['a run that went all the way', [started, found, version, ended], full],
  [
    'an alias that the run created',
    [started, { kind: 'found', target: target(), alias: undefined, stable: undefined }, version, ended],
    { ...full, 'previous-version': '' },
  ],
  [
    'a run that was refused on what it found',
    [started, found, { kind: 'ended', at: start, outcome: { result: 'refused', reason: 'no such alarm' } }],
    { ...nothing, result: 'refused', reason: 'no such alarm', 'previous-version': '7', 'alias-arn': live },
  ],
  [
    'a preview',
    [started, found, version, { kind: 'url', url: 'https://abc.on.aws/', auth: 'NONE' }, ended],
    { ...full, 'function-url': 'https://abc.on.aws/' },
  ],
  [
    'an alias that is part-way when the run starts',
    [
      started,
      { kind: 'found', target: target(), alias: aliasSeen({ routing: partWay('7', '8', 0.1) }), stable: undefined },
      ended,
    ],
    { ...nothing, result: 'promoted', reason: full.reason, 'previous-version': '7', 'alias-arn': live },
  ],
  ['a run that died before it ended', [started], nothing],
])('the outputs of %s are set, and what is not known is empty', (_, facts, outputs) => {
  const { targets, ...single } = outputsOf(facts)
  expect(single).toEqual(outputs)
  expect(JSON.parse(targets ?? '')).toEqual([{ 'function-name': 'orders', alias: 'live', ...outputs }])
})

test('a run whose inputs are bad has no target', () => {
  const refused: Fact = { kind: 'ended', at: start, outcome: { result: 'refused', reason: '`alias` is “7”' } }
  expect(outputsOf([refused])).toEqual({ ...nothing, result: 'refused', reason: '`alias` is “7”', targets: '[]' })
})

test('a run that is about no alias has a function for its target', () => {
  const pruning: Fact = { ...started, command: 'prune', targets: [{ functionName: 'orders', region: 'eu-west-1' }] }
  expect(JSON.parse(outputsOf([pruning, ended]).targets ?? '')).toMatchObject([
    { 'function-name': 'orders', alias: '' },
  ])
})

test('the last end counts: a surprise may come after another', () => {
  const surprise: Fact = { kind: 'ended', at: start, outcome: { result: 'failed', reason: 'a surprise' } }
  expect(outputsOf([started, ended, surprise])).toMatchObject({ result: 'failed', reason: 'a surprise' })
})

test('action.yml has these outputs and no others', () => {
  const { outputs } = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8'))
  expect(Object.keys(outputsOf([])).toSorted()).toEqual(Object.keys(outputs).toSorted())
})
