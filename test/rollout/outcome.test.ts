import { expect, test } from 'vitest'
import {
  deleteCommand,
  describeTarget,
  leftPartWay,
  type Result,
  refused,
  serveCommand,
  succeeds,
} from '../../src/rollout/outcome.ts'
import { partWay } from '../../src/rollout/routing.ts'
import { succeedsWith, target } from '../support/builders.ts'

test.each(Object.entries(succeedsWith) as [Result, boolean][])('a step that ends %s succeeds: %s', (result, does) => {
  expect(succeeds(result, 'deploy')).toBe(does)
  expect(succeeds(result, 'promote')).toBe(does)
  expect(succeeds(result, 'rollback')).toBe(does || result === 'rolled-back')
})

test('a refusal keeps its problems apart and says them in one sentence', () => {
  expect(refused(['a is wrong', 'b is missing'])).toEqual({
    result: 'refused',
    reason: 'a is wrong; b is missing',
    problems: ['a is wrong', 'b is missing'],
  })
})

test('a target is called by function and alias', () => {
  expect(describeTarget(target())).toBe('orders:live')
  expect(describeTarget({ functionName: 'orders', region: 'eu-west-1' })).toBe('orders')
})

const update = 'aws lambda update-alias --region eu-west-1 --function-name orders --name live'

test.each([
  ['8', `${update} --function-version 8 --routing-config AdditionalVersionWeights={}`],
  ['$LATEST', `${update} --function-version '$LATEST' --routing-config AdditionalVersionWeights={}`],
])('the command that gives %s everything takes the weights away, and a shell reads it as it is', (version, command) => {
  expect(serveCommand(target(), version)).toBe(command)
})

test('the command that takes an alias away', () => {
  expect(deleteCommand(target())).toBe('aws lambda delete-alias --region eu-west-1 --function-name orders --name live')
})

test.each([
  ['what it serves', partWay('7', '8', 0.1), 'it serves 7 at 90 %, 8 at 10 %'],
  ['that nobody knows', undefined, 'its state could not be read'],
])('an alias left part-way is told with %s, why, and the command that mends it', (_, routing, stands) => {
  const cure = serveCommand(target(), '7')
  expect(leftPartWay(target(), routing, 'UpdateAlias is not allowed', cure)).toEqual({
    result: 'part-way',
    reason: `orders:live could not be made whole (${stands}): UpdateAlias is not allowed; run \`${cure}\``,
    cure,
  })
})
