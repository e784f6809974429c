import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { firstPolicy } from '../../docs/pages.ts'
import { policyOf, trustOf } from '../../docs/policies.ts'
import { describePlan, parseStrategy } from '../../src/strategy.ts'
import { pageText, pageWorkflows } from './pages.ts'

/** The first run in a real account: what of it can be true or false without one. */

const text = pageText('first-run.md')
const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
const scratch = mkdtempSync(join(tmpdir(), 'first-run-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const env = { PATH: process.env.PATH ?? '', REGION: 'eu-west-1', ACCOUNT: '111122223333', SUBJECT: 'repo:octo/shop:x' }

/** What a block that writes a file has written, in a shell that knows the names. */
function writes(file: string): unknown {
  const block = blocks.find(each => each.startsWith(`cat > ${file} `)) ?? ''
  execFileSync('bash', ['--norc', '-euc', block], { cwd: scratch, env })
  return JSON.parse(readFileSync(join(scratch, file), 'utf8'))
}

test("what it pastes as the role's policy is the canary's, for the test function and without what `keep-versions` needs", () => {
  const nowhere = { bucket: '', prefix: '', repository: '' }
  const place = { region: 'eu-west-1', account: env.ACCOUNT, functionName: 'rollout-test', ...nowhere }
  expect(writes('policy.json')).toEqual(firstPolicy(place))
  expect(firstPolicy(place).Statement.map(({ Sid }) => Sid)).toEqual(
    policyOf('deploy-orders', place)
      .Statement.map(({ Sid }) => Sid)
      .filter(sid => !/^(List|PinnedVersions|DeleteVersions|Storage)$/.test(sid)),
  )
})

test('what it pastes as the trust policy names the one subject', () => {
  const repository = { owner: 'octo', ownerId: '1', name: 'shop', id: '2', account: env.ACCOUNT }
  const both = JSON.stringify(trustOf('deploy-orders', repository))
  expect(writes('trust.json')).toEqual(JSON.parse(both.replace(/\["repo:[^\]]*\]/, '"repo:octo/shop:x"')))
})

test('every block is what bash can read', () => {
  expect(blocks.length).toBeGreaterThan(10)
  for (const block of blocks) execFileSync('bash', ['--norc', '-nc', block])
  expect(() => execFileSync('bash', ['--norc', '-nc', 'while :; do'], { stdio: 'ignore' })).toThrow()
})

/** What the page makes by an AWS CLI command, and what takes it away again, each by its name. */
const made: readonly (readonly [make: RegExp, remove: string])[] = [
  [/create-role --role-name (\S+)/g, 'delete-role --role-name'],
  [/create-function --function-name (\S+)/g, 'delete-function --function-name'],
  [/put-metric-alarm --alarm-name (\S+)/g, 'delete-alarms --alarm-names'],
  [/put-role-policy --role-name (\S+)/g, 'delete-role-policy --role-name'],
  [/attach-role-policy --role-name (\S+)/g, 'detach-role-policy --role-name'],
]

test.each(made)('what %s makes is taken away again by the name that it has', (make, remove) => {
  const names = [...text.matchAll(make)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(0)
  expect(names.filter(name => !text.includes(`${remove} ${name}`))).toEqual([])
})

test('the last line of the dry run is what such a run says', () => {
  const golden = readFileSync(new URL('../scenarios/golden/dry-run.txt', import.meta.url), 'utf8')
  const [, said = ''] =
    /Result: planned\. orders:live would be rolled out: (.*); nothing was changed/.exec(golden) ?? []
  expect(said).not.toBe('')
  const [workflow] = pageWorkflows().filter(({ name }) => name.startsWith('first-run'))
  const [, strategy = ''] = /strategy: (.+)/.exec(workflow?.text ?? '') ?? []
  const parsed = parseStrategy(strategy)
  const plan = parsed.kind === 'fixed' ? describePlan(parsed.plan) : ''
  expect(text).toContain(`Result: planned. rollout-test:live would be rolled out: ${plan}; nothing was changed`)
})
