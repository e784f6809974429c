import { formatDuration } from '../duration.ts'
import type { Fact, Started } from '../ports.ts'
import type { AlarmReading, WatchedAlarm } from '../rollout/alarms.ts'
import {
  type Command,
  describeTarget,
  type Outcome,
  type Place,
  type Result,
  serveCommand,
} from '../rollout/outcome.ts'
import { describeRouting, percent, primary } from '../rollout/routing.ts'
import { describePlan } from '../strategy.ts'
import { alarmLink, functionLink } from './console.ts'
import { checks, errors, picture } from './evidence.ts'
import { folded, table } from './markdown.ts'
import { shelf } from './shelf.ts'
import { block, code, inline, link, prose, sentence, timeOfDay } from './text.ts'
import { commitUrl, runUrl } from './web.ts'

/**
 * The job summary of a run, in GitHub's markdown, with links to the server at `serverUrl`: what became of it first, then
 * how, then what else there is to know.
 */
export function summaryOf(facts: readonly Fact[], serverUrl: string): string {
  const ended = facts.findLast(fact => fact.kind === 'ended')
  if (ended === undefined) return ''
  const started = facts.find(fact => fact.kind === 'started')
  const parts = [
    headline(ended.outcome, started?.target),
    ...mending(ended.outcome),
    ...overview(facts, started, serverUrl),
    ...address(facts),
    ...shelf(facts),
    ...steps(facts, ended.at),
    ...watchdog(facts),
    ...picture(facts, ended.at),
    ...checks(facts),
    ...alarms(facts),
    ...errors(facts),
    ...byHand(facts, ended.outcome, started),
    ...differences(facts),
    ...triggers(facts),
    ...timeline(facts, started),
    ...warnings(facts),
  ]
  return `${parts.join('\n\n')}\n`
}

const titles: Readonly<Record<Result, string>> = {
  promoted: '✅ Promoted',
  unchanged: '✅ Unchanged',
  paused: '⏸️ Paused',
  previewed: '🔎 Previewed',
  removed: '🧹 Removed',
  pruned: '🧹 Pruned',
  planned: '📝 Planned',
  'rolled-back': '↩️ Rolled back',
  held: '⏸️ Held',
  'stood-aside': '✋ Stood aside',
  refused: '⛔ Refused',
  failed: '❌ Failed',
  'part-way': '🚨 Part-way',
}

function headline({ result, reason, problems = [] }: Outcome, target: Place | undefined): string {
  const name = target === undefined ? 'Lambda Rollout' : describeTarget(target)
  const said = problems.length < 2 ? prose(sentence(reason)) : problems.map(problem => `- ${prose(problem)}`).join('\n')
  return `## ${titles[result]}: ${inline(name)}\n\n${said}`
}

function mending({ result, cure }: Outcome): readonly string[] {
  if (result !== 'part-way' || cure === undefined) return []
  return [
    `> [!CAUTION]\n> The alias is not as it should be, and nobody watches it. This makes it whole:`,
    block(cure, 'sh'),
  ]
}

/** What the version that a run is about is to the alias. */
const versionTitles: Readonly<Record<Command, string>> = {
  deploy: 'Candidate',
  promote: 'Candidate',
  rollback: 'Version now',
  preview: 'Version',
  prune: 'Version',
}

function overview(facts: readonly Fact[], started: Started | undefined, serverUrl: string): readonly string[] {
  const found = facts.find(fact => fact.kind === 'found')
  const version = facts.findLast(fact => fact.kind === 'version')
  if (started === undefined) return []
  const { target, run, command } = started
  const { alias } = target
  const cells = [
    ['Function', link(target.functionName, functionLink(target))],
    ['Alias', alias && inline(alias)],
    ['Version before', found && (found.alias === undefined ? 'none' : inline(primary(found.alias.routing)))],
    [versionTitles[command], version && inline(version.version)],
    ['Commit', link(run.commit.slice(0, 7), commitUrl(serverUrl, run.repository, run.commit))],
    ['Run', link(`${run.id}.${run.attempt}`, runUrl(serverUrl, run))],
  ] as const
  const known = cells.filter((cell): cell is readonly [(typeof cell)[0], string] => cell[1] !== undefined)
  const row = known.map(([, value]) => value)
  const sha256 = version?.codeSha256 ?? ''
  const what = versionTitles[command].toLowerCase()
  const hash = sha256 === '' ? [] : [`Code SHA-256 of the ${what}: ${code(sha256)}`]
  return [
    table(
      known.map(([name]) => name),
      [row],
    ),
    ...hash,
  ]
}

/** Where a preview can be called. */
function address(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'url')
  if (fact === undefined) return []
  const who = fact.auth === 'NONE' ? 'open to everybody' : 'for requests that are signed with AWS credentials'
  return [
    `### Function URL

${link(fact.url, fact.url)}, ${who}`,
  ]
}

/** One row a step: planned weight and bake, and where it came to it the times and the last reading. */
function steps(facts: readonly Fact[], endedAt: number): readonly string[] {
  const planned = facts.findLast(fact => fact.kind === 'planned')
  if (planned === undefined) return []
  const { plan } = planned
  const looks = facts.filter(fact => fact.kind === 'looked')
  if (looks.length === 0) return planOnly(planned)
  const rows = plan.steps.map(({ weight, bakeMs }, i) => {
    const mine = looks.filter(look => look.step === i)
    const last = mine.at(-1)
    const planned = [percent(weight), bakeMs === 0 ? '' : formatDuration(bakeMs)]
    if (last === undefined) return [...planned, 'not reached', '', '']
    const until = looks.find(look => look.step > i)?.since ?? endedAt
    return [...planned, timeOfDay(last.since), formatDuration(until - last.since), reading(last)]
  })
  const title = `### Steps\n\n${inline(describePlan(plan))}`
  const notes = planned.notes.map(note => `- ${prose(sentence(note))}`).join('\n')
  return [title, table(['Weight', 'Bake', 'Since', 'Held', 'Last reading'], rows), ...(notes === '' ? [] : [notes])]
}

/** Whether something in AWS stood by, and whether it still does. */
function watchdog(facts: readonly Fact[]): readonly string[] {
  const states = facts.filter(fact => fact.kind === 'watchdog').map(({ state }) => state)
  if (!states.includes('set')) return []
  const now =
    states.at(-1) === 'removed' ? 'it was removed at the end' : '**it is still set**, and puts back what this run found'
  return [`A watchdog in EventBridge Scheduler stood by in case this run was lost; ${now}.`]
}

/** The steps of a rollout that did not begin. */
function planOnly({ plan, notes }: Extract<Fact, { kind: 'planned' }>): readonly string[] {
  const rows = plan.steps.map(({ weight, bakeMs }) => [percent(weight), bakeMs === 0 ? '' : formatDuration(bakeMs)])
  const list = notes.map(note => `- ${prose(sentence(note))}`).join('\n')
  return ['### Plan', table(['Weight', 'Bake'], rows), ...(list === '' ? [] : [list])]
}

/** The long story of an alarm that fired stands in the table of alarms. */
function reading({ health, alarms }: Extract<Fact, { kind: 'looked' }>): string {
  const fired = alarms.filter(alarm => alarm.fired !== undefined).map(alarm => alarm.name)
  if (health.verdict === 'healthy') return inline(health.because)
  return `**${health.verdict}**: ${inline(fired.length > 0 ? `alarm ${fired.join(', ')}` : health.because)}`
}

function alarms(facts: readonly Fact[]): readonly string[] {
  const looked = facts.findLast(fact => fact.kind === 'looked')?.alarms
  const known: readonly (AlarmReading | WatchedAlarm)[] =
    looked ?? facts.findLast(fact => fact.kind === 'planned')?.alarms ?? []
  if (known.length === 0) return []
  const rows = known.map(alarm => [
    link(alarm.name, alarmLink(alarm.arn, alarm.name)),
    alarmState(alarm),
    inline(alarmReason(alarm)),
  ])
  return ['### Alarms', table(['Alarm', 'State', 'Reason'], rows)]
}

function alarmState(alarm: AlarmReading | WatchedAlarm): string {
  if ('missing' in alarm) return 'deleted'
  if ('fired' in alarm && alarm.state !== 'ALARM') return `**ALARM**, then ${inline(alarm.state)}`
  if ('ignored' in alarm && alarm.ignored) return `${inline(alarm.state)} (ignored until OK)`
  return alarm.state === 'ALARM' ? '**ALARM**' : inline(alarm.state)
}

function alarmReason(alarm: AlarmReading | WatchedAlarm): string {
  return 'fired' in alarm && alarm.fired !== undefined ? alarm.fired.reason : alarm.reason
}

/** How a person gives the candidate all traffic that did not get it. */
function byHand(facts: readonly Fact[], { result }: Outcome, started: Started | undefined): readonly string[] {
  const version = facts.findLast(fact => fact.kind === 'version')
  const { functionName, region, alias } = started?.target ?? {}
  const isOpen = (['rolled-back', 'held'] as const).some(end => end === result)
  if (!isOpen || started?.command === 'rollback' || version === undefined) return []
  if (functionName === undefined || region === undefined || alias === undefined) return []
  const command = serveCommand({ functionName, region, alias }, version.version)
  return [`### By hand\n\nTo give version ${inline(version.version)} all traffic all the same:`, block(command, 'sh')]
}

function differences(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'differences')
  if (fact === undefined || fact.list.length === 0) return []
  const rows = fact.list.map(({ name, from, to }) => [inline(name), code(from), code(to)])
  return folded(`What differs in the configuration (${rows.length})`, table(['', fact.from, fact.to], rows))
}

function triggers(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'triggers')
  if (fact === undefined) return []
  const { found, unreadable } = fact.triggers
  const lines = [...found.map(inline), ...unreadable.map(what => `could not be read: ${inline(what)}`)]
  if (lines.length === 0) return []
  const why = 'These invoke the function without a qualifier and get new code at the upload, beyond any roll-back:'
  return folded(
    `Triggers of <code>$LATEST</code> (${lines.length})`,
    `${why}\n\n${lines.map(line => `- ${line}`).join('\n')}`,
  )
}

function timeline(facts: readonly Fact[], started: Started | undefined): readonly string[] {
  const routed = facts.filter(fact => fact.kind === 'routed')
  if (routed.length === 0) return []
  const rows = routed.map(({ at, routing, target: { alias } }) => [
    timeOfDay(at),
    `${alias === started?.target.alias ? '' : `${inline(alias)}: `}${routing === undefined ? 'deleted' : inline(describeRouting(routing))}`,
  ])
  return folded(`Every write to the alias (${rows.length})`, table(['Time', 'The alias serves'], rows))
}

function warnings(facts: readonly Fact[]): readonly string[] {
  const texts = facts.filter(fact => fact.kind === 'warning').map(fact => fact.text)
  return texts.length === 0 ? [] : [`### Warnings\n\n${texts.map(text => `- ${prose(text)}`).join('\n')}`]
}
