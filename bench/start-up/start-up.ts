import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownTable } from 'markdown-table'
import { expectAtMost, publish } from '../page.ts'
import { describeSpread, spreadOf } from '../spread.ts'

/**
 * `npm run bench:start-up`: the time from the start of the process to its first request, beside a Node.js process that
 * does nothing, from its start to its end. Another bundle than dist/index.js may be given.
 */

const rounds = 31
const limit = 3
const root = fileURLToPath(new URL('../../', import.meta.url))
const bundle = resolve(process.argv[2] ?? join(root, 'dist/index.js'))

type Process = {
  readonly name: string
  readonly script: string
  /** Its inputs, by name. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Ours, held to the limit. */
  readonly ours?: boolean
}

const request = `import { createRequire } from 'node:module'
createRequire(import.meta.url)('http').get(process.env.AWS_ENDPOINT_URL, answer => answer.resume())
`
const call = `import { GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda'
await new LambdaClient({ maxAttempts: 1 }).send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' })).catch(() => {})
`

const orders = { 'function-name': 'orders' }
const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'bench-'))
let requestedAt: number | undefined
const server = createServer((_, response) => {
  requestedAt ??= performance.now()
  response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' })
  response.end('{"Message":"no"}')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
try {
  report(await measure(processes()))
} finally {
  server.close()
  rmSync(folder, { recursive: true })
}

function processes(): readonly Process[] {
  mkdirSync(join(folder, 'build'))
  writeFileSync(join(folder, 'build', 'index.mjs'), 'export const handler = async () => 2\n')
  return [
    { name: 'one HTTP request, by Node.js alone', script: script('request', request) },
    { name: 'one GetAlias by the AWS SDK, bundled as the action is', script: bundled(script('call', call)) },
    { name: '`rollback`', script: bundle, inputs: { ...orders, command: 'rollback' }, ours: true },
    { name: '`deploy` of a version', script: bundle, inputs: { ...orders, version: '2' }, ours: true },
    {
      name: '`deploy` of a directory, packed before the request',
      script: bundle,
      inputs: { ...orders, artifact: 'build' },
      ours: true,
    },
  ]
}

function script(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, text)
  return file
}

function bundled(file: string): string {
  const out = join(folder, 'bundled')
  execFileSync('ncc', ['build', file, '--no-cache', '--quiet', '-o', out], { cwd: root })
  return join(out, 'index.mjs')
}

/** The ratios to the empty process that was run just before, round after round. */
async function measure(all: readonly Process[]): Promise<ReadonlyMap<Process, readonly number[]>> {
  const nothing = { name: 'nothing', script: script('nothing', '') }
  const ratios = new Map<Process, number[]>(all.map(one => [one, []]))
  for (const one of all) await run(one)
  for (let round = 0; round < rounds; round++) {
    for (const [one, list] of ratios) {
      const empty = await run(nothing)
      list.push((await run(one)) / empty)
    }
  }
  return ratios
}

/** From the start to the first request; to the end where there is none. In ms. */
async function run({ script, inputs = {} }: Process): Promise<number> {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    ...Object.fromEntries(variables),
  }
  requestedAt = undefined
  const startedAt = performance.now()
  const child = spawn(process.execPath, [script], { cwd: folder, env, stdio: 'ignore' })
  await once(child, 'exit')
  return (requestedAt ?? performance.now()) - startedAt
}

function report(ratios: ReadonlyMap<Process, readonly number[]>): void {
  const rows = [...ratios].map(([{ name, ours }, list]) => {
    const spread = spreadOf(list)
    if (ours) expectAtMost(`start-up of ${name}`, spread.median, limit)
    return [name, describeSpread(spread), ours ? String(limit) : '']
  })
  publish(
    'start-up',
    [
      `How many times as long as an empty Node.js process takes from its start to its end: the median of ${rounds} pairs, run in turn, with the middle half of them.`,
      markdownTable([
        ['From the start of the process to its first request', 'Times an empty process', 'At most'],
        ...rows,
      ]),
    ].join('\n\n'),
  )
}
