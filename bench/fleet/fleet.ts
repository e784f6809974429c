import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateAliasCommand, CreateFunctionCommand, LambdaClient, PublishVersionCommand } from '@aws-sdk/client-lambda'
import { markdownTable } from 'markdown-table'
import { startGitHub } from '../../test/sandbox/github/github.ts'
import { zipOf } from '../../test/sandbox/rig.ts'
import { type Sandbox, startSandbox } from '../../test/sandbox/sandbox.ts'
import { codeOf, credentials, region } from '../../test/scenarios/account.ts'
import { startStep } from '../../test/support/runner.ts'
import { against, atOnce } from '../against.ts'
import { expectAtMost, publish } from '../page.ts'
import { describeSpread, spreadOf } from '../spread.ts'

/** `npm run bench:fleet`: how much more memory the action takes for each function that it rolls out in lockstep. */

const rounds = 3
const many = 100
const mostMegabytes = 1
const action = fileURLToPath(new URL('../../', import.meta.url))
const peak = new URL('peak.ts', import.meta.url).href

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'index.mjs'), codeOf(2))
  const pairs: { readonly one: number; readonly all: number }[] = []
  for (let round = 0; round < rounds; round++) pairs.push({ one: await peakOf(1), all: await peakOf(many) })
  const each = spreadOf(pairs.map(({ one, all }) => (all - one) / (many - 1)))
  expectAtMost('what a function adds to the peak memory, in MB,', each.median, mostMegabytes)
  publish(
    'fleet',
    [
      `Peak memory of the process of a deployment in lockstep (a canary of two seconds, with the default check); the median of ${rounds} pairs, run in turn, with the middle half of them.`,
      markdownTable([
        ['1 function', `${many} functions`, 'Each function more', 'At most'],
        [
          `${describeSpread(spreadOf(pairs.map(({ one }) => one)), 0)} MB`,
          `${describeSpread(spreadOf(pairs.map(({ all }) => all)), 0)} MB`,
          `${describeSpread(each, 2)} MB`,
          `${mostMegabytes} MB`,
        ],
      ]),
    ].join('\n\n'),
  )
} finally {
  rmSync(folder, { recursive: true })
}

/** In MB. */
async function peakOf(count: number): Promise<number> {
  const sandbox = await startSandbox({ region, settle: atOnce })
  const github = await startGitHub({})
  const file = join(folder, 'peak')
  try {
    const names = Array.from({ length: count }, (_, i) => `f${i + 1}`)
    await create(sandbox, names)
    const step = startStep({
      action,
      workspace: folder,
      inputs: {
        'function-name': names.join('\n'),
        artifact: 'dist',
        strategy: '10% for 2s',
        'poll-interval': '500ms',
      },
      env: {
        ...against(sandbox, github),
        NODE_OPTIONS: `--import ${peak}`,
        BENCH_PEAK: file,
      },
    })
    const { conclusion, log } = await step.done
    if (conclusion !== 'success') throw new Error(`the run failed:\n${log}`)
    return Number(readFileSync(file, 'utf8')) / 1024
  } finally {
    await Promise.all([sandbox.close(), github.close()])
  }
}

/** Functions that each serve version 1 on `live`. */
async function create({ endpoint, advance }: Sandbox, names: readonly string[]): Promise<void> {
  const lambda = new LambdaClient({ region, endpoint, credentials })
  const code = { Code: { ZipFile: zipOf(codeOf(1)) }, Role: 'arn:aws:iam::111122223333:role/orders' }
  for (const FunctionName of names) {
    const handled = { Runtime: 'nodejs22.x', Handler: 'index.handler' } as const
    await lambda.send(new CreateFunctionCommand({ FunctionName, ...code, ...handled }))
    await advance()
    await lambda.send(new PublishVersionCommand({ FunctionName }))
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  }
  lambda.destroy()
}
