import { readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import type { Check } from '../../src/rollout/checks.ts'
import { judgeChecks } from '../../src/rollout/checks.ts'
import { minuteMs } from '../../src/rollout/minutes.ts'
import {
  aliasCountAlarm,
  aliasRateAlarm,
  canaryCountAlarm,
  flaggerLike,
  ideal,
  ours,
  type Procedure,
} from './procedures.ts'
import { lookMinutes, type Stream, simulate, type WorldSpec } from './worlds.ts'

/** `npm run bench:detection`: how often and how soon the action rolls back, beside others, on the same simulated rollouts. */

const rollouts = 2_000
const falseAlarmRate = 0.01
const rates = [1, 10, 100]
const same = { weight: 0.1, stableRate: 0.001, candidateRate: 0.001 }
const threeChecks: readonly Check[] = [
  { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' },
  { kind: 'no-worse', text: 'duration no worse than stable', of: 'duration' },
  {
    kind: 'limit',
    text: 'error-rate < 60%',
    measure: { kind: 'error-rate' },
    limit: { kind: 'value', value: 0.6 },
    minutes: 1,
  },
]

function run(procedure: Procedure, spec: WorldSpec, seed: number, targets = 1): readonly (number | undefined)[] {
  return Array.from({ length: rollouts }, (_, i) => procedure.stopsAt(worlds(spec, seed + i * targets, targets), spec))
}

function worlds(spec: WorldSpec, seed: number, targets: number): readonly Stream[] {
  return Array.from({ length: targets }, (_, i) => simulate(spec, seed + i))
}

/** The share of rollouts of identical versions that were rolled back within the hour; the bench fails where it is too large. */
function falseAlarms(): string {
  const covered = 6
  const variants: readonly (readonly [string, Partial<WorldSpec>, Procedure, number])[] = [
    ['Lambda Rollout', {}, ours(), 1],
    ['… under error bursts', { bursts: true }, ours(), 1],
    ['… points up to 3 minutes late', { late: true }, ours(), 1],
    ['… 12 to 30 % really split where 10 % was configured', { skewed: true }, ours(), 1],
    ['… three checks at once', { durations: true }, ours(threeChecks), 1],
    ['… 20 targets at once', {}, ours(), 20],
    ['… failures pinned in clusters of 5 (not covered)', { pinned: true }, ours(), 1],
    ['alias Errors ≥ 1', {}, aliasCountAlarm, 1],
    ['canary Errors ≥ 5', {}, canaryCountAlarm, 1],
    ['alias error rate > 1 %', {}, aliasRateAlarm, 1],
    ['Flagger-like', {}, flaggerLike, 1],
  ]
  const rows = variants.map(([name, more, procedure, targets], i) => [
    name,
    ...rates.map(perSecond => {
      const stops = run(procedure, { ...same, ...more, perSecond }, 1_000_000 * perSecond, targets)
      const rolledBack = stops.filter(stop => stop !== undefined).length
      if (i < covered && rolledBack > falseAlarmRate * rollouts) process.exitCode = 1
      return share(rolledBack)
    }),
  ])
  return markdownTable([['Rolled back although no worse', ...rates.map(rate => `${rate}/s`)], ...rows])
}

function share(count: number): string {
  return `${((100 * count) / rollouts).toFixed(2)} %`
}

/** Median minutes of data until a bad version is rolled back, and the candidate's requests by then. */
function detection(): string {
  const procedures = [ideal, ours(), canaryCountAlarm, aliasRateAlarm, flaggerLike]
  const cells = [0.01, 0.05, 0.5].flatMap(candidateRate =>
    rates.map(perSecond => ({ ...same, candidateRate, perSecond })),
  )
  const rows = cells.map(spec => {
    const name = `${spec.candidateRate * 100} % at ${spec.perSecond}/s`
    return [name, ...procedures.map(procedure => describe(procedure, spec))]
  })
  return markdownTable([['Errors of the candidate', ...procedures.map(({ name }) => name)], ...rows])
}

function describe(procedure: Procedure, spec: WorldSpec): string {
  const stops = Array.from({ length: rollouts }, (_, i) => {
    const [stream] = worlds(spec, 7_000_000 + 10_000 * spec.perSecond + i, 1)
    const stop = stream && procedure.stopsAt([stream], spec)
    const exposed = stream?.minutes.slice(0, (stop ?? lookMinutes - 1) + 1).reduce((sum, { n1 }) => sum + n1, 0) ?? 0
    return { stop: stop ?? Number.POSITIVE_INFINITY, exposed }
  })
  const found = stops.filter(({ stop }) => Number.isFinite(stop)).length
  const middle = stops.map(({ stop }) => stop).sort((a, b) => a - b)[rollouts / 2] ?? Number.POSITIVE_INFINITY
  const minutes = Number.isFinite(middle) ? `${middle + 1} min` : '> 60 min'
  const exposed = Math.round(stops.reduce((sum, stop) => sum + stop.exposed, 0) / rollouts)
  return `${minutes}, ${exposed} requests${found < rollouts ? ` (found in ${((100 * found) / rollouts).toFixed(0)} %)` : ''}`
}

/** CPU time of judging one look at the end of an hour. */
function cost(): string {
  const rows = [1, 100].map(targets => {
    const looks = Array.from(
      { length: targets },
      (_, i) => simulate({ ...same, perSecond: 10, durations: true }, i).looks.at(-1) ?? [],
    )
    const judged = () => judgeChecks(threeChecks, looks, falseAlarmRate, lookMinutes * minuteMs)
    for (let i = 0; i < 200; i++) judged()
    const times = targets === 1 ? 5_000 : 200
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++) judged()
    const { user, system } = process.cpuUsage(before)
    return [String(targets), `${((user + system) / times / 1_000).toFixed(3)} ms`]
  })
  return markdownTable([['Targets', 'CPU time of one look at 60 minutes of data, three checks'], ...rows])
}

const started = performance.now()
const body = [
  `Each cell is ${rollouts} simulated rollouts at 10 % for 60 minutes, looked at every minute; 0.1 % of stable's requests fail. All procedures see the same streams. \`false-alarm-rate\` is 1 %.`,
  falseAlarms(),
  'How soon a bad candidate is found: the median of the minutes of data it takes, and the mean of the requests that reached the candidate by then.',
  detection(),
  cost(),
].join('\n\n')
console.log(body)
console.log(`\n${((performance.now() - started) / 1_000).toFixed(0)} s`)

const file = new URL('../../docs/benchmarks.md', import.meta.url)
const [start, end] = ['<!-- detection -->', '<!-- /detection -->']
const text = readFileSync(file, 'utf8')
writeFileSync(
  file,
  `${text.slice(0, text.indexOf(start) + start.length)}\n\n${body}\n\n${text.slice(text.indexOf(end))}`,
)
