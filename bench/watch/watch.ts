import { markdownTable } from 'markdown-table'
import { roll } from '../../src/roll.ts'
import { formatJournal } from '../../src/rollout/journal.ts'
import { whole } from '../../src/rollout/routing.ts'
import { plan, policy, watched } from '../../test/support/builders.ts'
import { run } from '../../test/support/world.ts'
import { expectAtMost, publish } from '../page.ts'
import { countedWorld } from './world.ts'

/** `npm run bench:watch`: a rollout of 100 functions that bakes for six hours, in simulated time, by the action's own loop. */

const targets = 100
const hours = 6
const hourMs = 3_600_000
/** The heap is measured to a megabyte or so, and time less well. */
const limits = { grownMegabytes: 1, requests: 1.05, cpu: 2 }

if (globalThis.gc === undefined) throw new Error('the heap can only be measured with `node --expose-gc`')
const collect = globalThis.gc

const stable = '7'
const movers = Array.from({ length: targets }, (_, i) => {
  const target = { functionName: `orders-${i}`, alias: 'live', region: 'eu-west-1' }
  const arn = `arn:aws:lambda:eu-west-1:111122223333:function:orders-${i}:live`
  const description = formatJournal({ version: stable, after: '5', run })
  const alias = { arn, revision: '1', routing: whole(stable), description }
  return { target, candidate: '8', stable: { version: stable, after: '5', alias }, back: alias, carriesOn: false }
})
const standing = new Map(movers.map(({ target, stable }) => [target, stable.alias]))
const { world, clock, facts, requests } = countedWorld([...standing.keys()], target => {
  const alias = standing.get(target)
  if (alias === undefined) throw new Error('there is no such alias')
  return alias
})

type Hour = { readonly megabytes: number; readonly requestsAMinute: number; readonly cpuMs: number }
const ends: Hour[] = []
let asked = 0
let cpu = process.cpuUsage()
for (let hour = 1; hour <= hours; hour++) clock.at(`${hour * 60 - 1}m`, noteHour)

const { outcome } = await roll(
  {
    run,
    plan: plan({ weight: 0.1, bakeMs: hours * hourMs }, { weight: 1, bakeMs: 0 }),
    policy: policy(),
    movers,
    alarms: [watched()],
    beside: [],
    goesOn: false,
    watch: { checks: [{ kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' }], falseAlarmRate: 0.01 },
    afterTraffic: undefined,
  },
  world,
)
if (outcome.result !== 'promoted') throw new Error(`the rollout ended as ${outcome.result}: ${outcome.reason}`)
report(ends)

/** What is in use after an hour, once what is not has been collected. */
function noteHour(): void {
  const { user, system } = process.cpuUsage(cpu)
  collect()
  const minutes = ends.length === 0 ? 59 : 60
  ends.push({
    megabytes: process.memoryUsage().heapUsed / 2 ** 20,
    requestsAMinute: (requests() - asked) / minutes,
    cpuMs: (user + system) / 1_000 / (minutes * 4),
  })
  asked = requests()
  cpu = process.cpuUsage()
}

function report(hours: readonly Hour[]): void {
  const [first, last] = [hours[0], hours.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no hour was measured')
  expectAtMost(
    'what the heap grows by from the first hour to the last, in MB,',
    last.megabytes - first.megabytes,
    limits.grownMegabytes,
  )
  expectAtMost(
    "the last hour's requests beside the first one's",
    last.requestsAMinute / first.requestsAMinute,
    limits.requests,
  )
  expectAtMost("the time of the last hour's looks beside the first one's", last.cpuMs / first.cpuMs, limits.cpu)
  const rows = hours.map(({ megabytes, requestsAMinute, cpuMs }, i) => [
    String(i + 1),
    `${megabytes.toFixed(1)} MB`,
    requestsAMinute.toFixed(1),
    `${cpuMs.toFixed(0)} ms`,
  ])
  publish(
    'watch',
    [
      `${targets} functions at 10 % for six hours of simulated time, looked at every 15 seconds with one alarm and \`errors no worse than stable\`; the loop and all it decides are the action's own, the ports around it count. ${facts.length} facts are remembered for the end.`,
      markdownTable([['Hour', 'Heap in use at its end', 'Requests a minute', 'CPU time of a look'], ...rows]),
    ].join('\n\n'),
  )
}
