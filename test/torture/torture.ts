import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { allCases } from './cases.ts'
import type { Sabotage } from './process.ts'
import { describeReport, judgeAll, merge, type Report } from './report.ts'

/**
 * `npm run torture`: every fault at every call, every death at every point, strangers, races and random worlds, each held
 * to the promise. `--only <id>` tries the cases whose id begins so, and prints the log where there are few; `--seed`
 * makes other chances; `--sabotage no-revision` or `no-read-back` breaks the product on purpose.
 */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    sabotage: { type: 'string', default: 'none' },
    shard: { type: 'string' },
  },
})

const seed = Number(values.seed)
const workers = Number(values.workers)
/** So few cases are shown with their logs. */
const fewEnough = 3

process.on('unhandledRejection', error => {
  console.error('An error that nobody waited for:', error)
  process.exitCode = 1
})

if (values.shard !== undefined) await beShard(Number(values.shard))
else if (values.only !== '') await showSome(values.only)
else await runAll()

async function chosen(only: string) {
  const all = await allCases({ seed, sabotage: values.sabotage as Sabotage })
  return all.filter(({ id }) => id === only || id.startsWith(only))
}

async function showSome(only: string): Promise<void> {
  const some = await chosen(only)
  if (some.length === 0) {
    const kinds = [...new Set((await chosen('')).map(({ id }) => id.split('/').slice(0, 2).join('/')))].toSorted()
    console.error(`No case has an id that begins with ${only}; they begin with one of\n${kinds.join('\n')}`)
    process.exitCode = 1
    return
  }
  const exact = some.filter(({ id }) => id === only)
  const cases = exact.length > 0 ? exact : some
  if (cases.length <= fewEnough) {
    for (const one of cases) console.log([`=== ${one.id}`, ...(await one.run()).log].join('\n'))
  }
  conclude(await judgeAll(cases))
}

/** A share of all cases, told to the parent. */
async function beShard(shard: number): Promise<void> {
  const cases = (await chosen('')).filter((_, i) => i % workers === shard)
  const report = await judgeAll(cases)
  const cpuMs = process.cpuUsage().user / 1_000
  process.send?.({ report, cpuMs })
}

async function runAll(): Promise<void> {
  const began = performance.now()
  const told = await Promise.all(Array.from({ length: workers }, (_, shard) => runShard(shard)))
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`
  const cpuMs = told.reduce((sum, one) => sum + one.cpuMs, 0)
  conclude(merge(told.map(({ report }) => report)))
  console.log(`\nSeed ${seed}; ${seconds(performance.now() - began)}, of ${workers} processes' time ${seconds(cpuMs)}`)
}

type Told = { readonly report: Report; readonly cpuMs: number }

function runShard(shard: number): Promise<Told> {
  const child = fork(import.meta.filename, [...process.argv.slice(2), '--shard', String(shard)])
  return new Promise((resolve, reject) => {
    let told: Told | undefined
    child.on('message', message => {
      told = message as Told
    })
    child.on('error', reject)
    child.on('exit', code => {
      if (told !== undefined && code === 0) resolve(told)
      else reject(new Error(`a process of the harness ended with ${code}`))
    })
  })
}

function conclude(report: Report): void {
  console.log(describeReport(report))
  if (report.findings.length > 0) process.exitCode = 1
}
