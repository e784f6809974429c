import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownTable } from 'markdown-table'
import { startGitHub } from '../../test/sandbox/github/github.ts'
import { type RequestRecord, startSandbox } from '../../test/sandbox/sandbox.ts'
import { Account, codeOf, region } from '../../test/scenarios/account.ts'
import { startStep } from '../../test/support/runner.ts'
import { against, atOnce } from '../against.ts'
import { expectAtMost, publish } from '../page.ts'
import { describeSpread, spreadOf } from '../spread.ts'

/**
 * `npm run bench:overhead`: how long a run without any bake takes, and how many requests, against an embedded AWS that
 * settles everything at once and answers at once, or 50 ms later. Another action than this one's folder may be given.
 */

const rounds = 7
const latencyMs = 50
const action = resolve(process.argv[2] ?? fileURLToPath(new URL('../../', import.meta.url)))

type Story = {
  readonly name: string
  readonly inputs: Readonly<Record<string, string>>
  /** What has to follow one upon the other, for the same guarantees. */
  readonly least: readonly string[]
  /** How many more there may be. */
  readonly atMost: number
}

const look = ['GetAlias (and alarms, metrics): a look before the write', 'UpdateAlias', 'GetAlias: read back']
const stories: readonly Story[] = [
  {
    name: '`deploy` of a directory, `all-at-once`',
    inputs: { artifact: 'dist', strategy: 'all-at-once' },
    least: [
      'GetFunction, GetAlias, its version, triggers, metrics: all at once',
      'UpdateFunctionCode, with the revision',
      'GetFunction until it has settled',
      'PublishVersion, with the revision and the hash',
      'GetFunction until the version is usable',
      ...look,
    ],
    atMost: 12,
  },
  {
    name: '`deploy` of a version, `all-at-once`',
    inputs: { version: '2', strategy: 'all-at-once' },
    least: ['GetFunction of the version, GetAlias, its version, metrics: all at once', ...look],
    atMost: 7,
  },
  {
    name: '`rollback` to a version',
    inputs: { command: 'rollback', version: '2' },
    least: ['GetAlias, GetFunction', 'UpdateAlias', 'GetAlias: read back'],
    atMost: 4,
  },
]

type Ran = { readonly ms: number; readonly requests: readonly RequestRecord[] }

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'index.mjs'), codeOf(3))
  const rows: string[][] = []
  for (const story of stories) rows.push(...(await measure(story)))
  publish(
    'overhead',
    [
      `Wall time of the step from the start of its process to its end, and what it asks of AWS. Nothing bakes, and AWS settles everything at once. The median of ${rounds} runs with the middle half of them; what an answer that comes ${latencyMs} ms later costs is a matter of how many requests have to wait for one another, and those are counted.`,
      markdownTable([
        ['Run', 'At once', `${latencyMs} ms a call`, 'Requests', 'One after another', 'At least'],
        ...rows,
      ]),
    ].join('\n\n'),
  )
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(story: Story): Promise<string[][]> {
  const soon: Ran[] = []
  const late: Ran[] = []
  for (let round = 0; round < rounds; round++) {
    soon.push(await run(story, 0))
    late.push(await run(story, latencyMs))
  }
  const requests = late[0]?.requests ?? []
  const chain = Math.min(...late.map(({ requests }) => chainOf(requests)))
  if (process.argv.includes('--requests'))
    console.log(requests.map(({ at, operation }) => `${at - (requests[0]?.at ?? 0)} ${operation}`).join('\n'))
  expectAtMost(`the number of requests of ${story.name} that wait for one another`, chain, story.atMost)
  const time = (runs: readonly Ran[]) => `${describeSpread(spreadOf(runs.map(({ ms }) => ms)), 0)} ms`
  return [[story.name, time(soon), time(late), String(requests.length), String(chain), String(story.least.length)]]
}

/** A step of its own on an account of its own. */
async function run({ inputs }: Story, delayMs: number): Promise<Ran> {
  const sandbox = await startSandbox({ region, settle: atOnce })
  const github = await startGitHub({})
  try {
    await new Account(sandbox, () => undefined).create({ versions: 2, differs: {}, live: {} }, () => sandbox.advance())
    const before = sandbox.requests.length
    if (delayMs > 0) sandbox.faults.add({ fault: { kind: 'delay', ms: delayMs } })
    const step = startStep({
      action,
      workspace: folder,
      inputs: { 'function-name': 'orders', ...inputs },
      env: against(sandbox, github),
    })
    const { conclusion, wallMs, log } = await step.done
    if (conclusion !== 'success') throw new Error(`the run failed:\n${log}`)
    return { ms: wallMs, requests: sandbox.requests.slice(before) }
  } finally {
    await Promise.all([sandbox.close(), github.close()])
  }
}

/** How many requests waited for one before, at least: the longest row of them of which none overlaps the next. */
function chainOf(requests: readonly RequestRecord[]): number {
  let chain = 0
  let free = Number.NEGATIVE_INFINITY
  for (const { at } of requests) {
    if (at < free) continue
    chain++
    free = at + latencyMs
  }
  return chain
}
