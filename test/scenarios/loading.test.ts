import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { action, newStage, type Stage } from './stage.ts'

/** What the parts of the bundle are known by. */
const marks = {
  CloudWatch: /class CloudWatchClient extends/,
  Logs: /class CloudWatchLogsClient extends/,
  S3: /class S3Client extends/,
  Scheduler: /class SchedulerClient extends/,
  // The client of GitHub, and of the runner's tokens.
  undici: /class ProxyAgent extends/,
  YAML: /function parseDocument\(/,
  deflate: /zlibDeflate/,
  unzip: /FdSlicer/,
}

type Part = keyof typeof marks

/** The parts that a run loads, as far as they are known. */
async function loaded(stage: Stage, inputs: Readonly<Record<string, string>>): Promise<readonly Part[]> {
  const file = join(stage.workspace, 'loads')
  const { main } = await stage.run(inputs, {
    lost: true,
    env: { LOADS: file, NODE_OPTIONS: `--import ${new URL('../support/loads.ts', import.meta.url).href}` },
  })
  expect(main.exitCode, main.log).toBe(0)
  const urls = readFileSync(file, 'utf8').trim().split('\n')
  const own = [...new Set(urls)].filter(url => url.includes('/dist/'))
  expect(own).toContain(new URL(`file://${join(action, 'dist/index.js')}`).href)
  const texts = own.map(url => readFileSync(fileURLToPath(url), 'utf8'))
  return (Object.keys(marks) as Part[]).filter(part => texts.some(text => marks[part].test(text)))
}

test('a roll-back loads nothing that it does not need', async () => {
  expect(await loaded(await newStage({ versions: 2 }), { command: 'rollback', version: '2', artifact: '' })).toEqual([])
})

test('a rollout of a version that nobody watches loads no packer and no CloudWatch', async () => {
  const inputs = { version: '2', artifact: '', strategy: 'all-at-once' }
  expect(await loaded(await newStage({ versions: 2 }), inputs)).toEqual([])
})

test('a directory that is watched takes what packs and CloudWatch: no S3, no Scheduler, no logs, no YAML, no GitHub', async () => {
  expect(await loaded(await newStage(), { strategy: 'canary', 'bake-time': '1m' })).toEqual(['CloudWatch', 'deflate'])
})

test('YAML and GitHub are loaded where they are asked for', async () => {
  const inputs = {
    strategy: 'all-at-once',
    configuration: 'MemorySize: 512',
    environment: 'production',
  }
  expect(await loaded(await newStage(), inputs)).toEqual(['undici', 'YAML', 'deflate'])
})
