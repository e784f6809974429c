import type { Fact, Started } from '../ports.ts'
import type { AlarmReading, WatchedAlarm } from '../rollout/alarms.ts'
import { describeTarget, describeTargets, type Outcome, type Place, serveCommand } from '../rollout/outcome.ts'
import { describeRouting } from '../rollout/routing.ts'
import { alarmLink } from './console.ts'
import { checks, errors, picture } from './evidence.ts'
import { folded, table } from './markdown.ts'
import { overview, titles } from './overview.ts'
import { shelf } from './shelf.ts'
import { steps } from './steps.ts'
import { block, code, inline, link, prose, sentence, timeOfDay } from './text.ts'

/**
 * The job summary of a run, in GitHub's markdown, with links to the server at `serverUrl`: what became of it first,
 * then how, then what else there is to know.
 */
export function summaryOf(facts: readonly Fact[], serverUrl: string): string {
  const ended = facts.findLast(fact => fact.kind === 'ended')
  if (ended === undefined) return ''
  const started = facts.find(fact => fact.kind === 'started')
  const parts = [
    headline(ended.outcome, started?.targets ?? []),
    ...mending(ended.outcome),
    ...overview(facts, ended.outcome, serverUrl),
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

function headline({ result, reason, problems = [] }: Outcome, targets: readonly Place[]): string {
  const name = targets.length === 0 ? 'Lambda Rollout' : describeTargets(targets)
  const said = problems.length < 2 ? prose(sentence(reason)) : problems.map(problem => `- ${prose(problem)}`).join('\n')
  return `## ${titles[result]}: ${inline(name)}\n\n${said}`
}

function mending({ result, cure }: Outcome): readonly string[] {
  if (cure === undefined) return []
  if (result === 'held') {
    const says =
      'The candidate still has its traffic, and nobody watches it. `command: rollback` takes it away, or this:'
    return [`> [!CAUTION]\n> ${says}`, block(cure, 'sh')]
  }
  if (result !== 'part-way') return []
  return [
    `> [!CAUTION]\n> The alias is not as it should be, and nobody watches it. This makes it whole:`,
    block(cure, 'sh'),
  ]
}

/** Where a preview can be called. */
function address(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'url')
  if (fact === undefined) return []
  const who = fact.auth === 'NONE' ? 'open to everybody' : 'for requests that are signed with AWS credentials'
  return [`### Function URL\n\n${link(fact.url, fact.url)}, ${who}`]
}

/** Whether something in AWS stood by, and whether it still does. */
function watchdog(facts: readonly Fact[]): readonly string[] {
  const states = facts.filter(fact => fact.kind === 'watchdog').map(({ state }) => state)
  if (!states.includes('set')) return []
  const now =
    states.at(-1) === 'removed' ? 'it was removed at the end' : '**it is still set**, and puts back what this run found'
  return [`A watchdog in EventBridge Scheduler stood by in case this run was lost; ${now}.`]
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
  const isOpen = result === 'rolled-back' || result === 'held'
  const versions = facts.filter(fact => fact.kind === 'version')
  const [first] = versions
  if (!isOpen || started?.command === 'rollback' || first === undefined) return []
  const commands = versions.map(({ target, version }) => serveCommand(target, version)).join('\n')
  const whose = versions.length === 1 ? `version ${inline(first.version)}` : 'the candidates'
  return folded(`By hand: to give ${whose} all traffic all the same`, block(commands, 'sh'))
}

function differences(facts: readonly Fact[]): readonly string[] {
  const all = facts.filter(fact => fact.kind === 'differences').filter(({ list }) => list.length > 0)
  const [first] = all
  if (first === undefined) return []
  const isOne = facts.find(fact => fact.kind === 'started')?.targets.length === 1
  const rows = all.flatMap(({ target, list }) =>
    list.map(({ name, from, to }) => [
      ...(isOne ? [] : [inline(target.functionName)]),
      inline(name),
      code(from),
      code(to),
    ]),
  )
  const head = isOne ? ['', first.from, first.to] : ['Function', '', 'stable', first.to]
  return folded(`What differs in the configuration (${rows.length})`, table(head, rows))
}

function triggers(facts: readonly Fact[]): readonly string[] {
  const isOne = facts.find(fact => fact.kind === 'started')?.targets.length === 1
  const all = facts.filter(fact => fact.kind === 'triggers')
  const lines = all.flatMap(({ target, triggers: { found, unreadable } }) => {
    const whose = isOne ? '' : `${inline(target.functionName)}: `
    return [
      ...found.map(what => `${whose}${inline(what)}`),
      ...unreadable.map(what => `${whose}could not be read: ${inline(what)}`),
    ]
  })
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
  const places = started?.targets ?? []
  const isOne = places.length === 1
  const rows = routed.map(({ at, routing, target }) => {
    const name = isOne ? target.alias : describeTarget(target)
    const whose = isOne && target.alias === places[0]?.alias ? '' : `${inline(name)}: `
    return [timeOfDay(at), `${whose}${routing === undefined ? 'deleted' : inline(describeRouting(routing))}`]
  })
  return folded(
    `Every write to the ${isOne ? 'alias' : 'aliases'} (${rows.length})`,
    table(['Time', 'The alias serves'], rows),
  )
}

function warnings(facts: readonly Fact[]): readonly string[] {
  const texts = facts.filter(fact => fact.kind === 'warning').map(fact => fact.text)
  return texts.length === 0 ? [] : [`### Warnings\n\n${texts.map(text => `- ${prose(text)}`).join('\n')}`]
}
