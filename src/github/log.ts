import { formatBytes } from '../bytes.ts'
import { formatDuration } from '../duration.ts'
import type { Fact } from '../ports.ts'
import type { AlarmReading } from '../rollout/alarms.ts'
import type { Decision } from '../rollout/decide.ts'
import { describeRun } from '../rollout/journal.ts'
import { describeTarget, type Outcome, type Place } from '../rollout/outcome.ts'
import type { Plan } from '../rollout/plan.ts'
import { describeRouting, percent } from '../rollout/routing.ts'
import { describePlan } from '../strategy.ts'
import { inRanges, logSafe, timeOfDay } from './text.ts'

/**
 * Prints each fact at once, for the person who watches: the time and one line a decision. What is told of each of many
 * targets is folded, which the runner does for what stands between `::group::` and `::endgroup::`.
 */
export function logger(print: (line: string) => void, now: () => number): (fact: Fact) => void {
  let plan: Plan = { name: '', steps: [] }
  let count = 1
  let open: string | undefined
  return fact => {
    if (fact.kind === 'planned') plan = fact.plan
    if (fact.kind === 'started') count = fact.targets.length
    const whose =
      count > 1 && 'target' in fact && fact.kind !== 'routed' ? `${describeTarget(fact.target as Place)}: ` : ''
    const lines = linesOf(fact, plan).map(line => `${timeOfDay(now())}  ${logSafe(`${whose}${line}`)}`)
    if (lines.length === 0) return
    const title = count > mostUnfolded ? groups[fact.kind] : undefined
    if (open !== undefined && open !== title) print('::endgroup::')
    if (title !== undefined && open !== title) print(`::group::${title}`)
    open = title
    for (const line of lines) print(line)
  }
}

/** So many targets' lines are still read as they are. */
const mostUnfolded = 5

const groups: Partial<Readonly<Record<Fact['kind'], string>>> = {
  found: 'The aliases as they stand',
  triggers: 'Triggers, and what differs in the configurations',
  differences: 'Triggers, and what differs in the configurations',
  release: 'Releases',
  version: 'The versions',
  routed: 'Writes to the aliases',
  retention: 'Versions that stay and go',
}

function linesOf(fact: Fact, plan: Plan): readonly string[] {
  switch (fact.kind) {
    case 'started': {
      const { command, targets, run, dryRun } = fact
      const what = targets.length > mostUnfolded ? `${targets.length} functions: ` : ''
      return [
        `${command === 'deploy' ? '' : `${command} `}${what}${targets.map(describeTarget).join(', ')} in ${targets[0]?.region ?? ''}, by ${describeRun(run)}${dryRun ? ' (dry run)' : ''}`,
      ]
    }
    case 'wave': {
      const { number, of, targets } = fact
      const names = targets.map(describeTarget).join(', ')
      return [`Wave ${number} of ${of}, ${targets.length} ${targets.length === 1 ? 'function' : 'functions'}: ${names}`]
    }
    case 'found':
      return [foundLine(fact)]
    case 'planned':
      return [
        `Plan: ${describePlan(fact.plan)}`,
        ...fact.notes.map(note => `Plan: ${note}`),
        ...alarmLines(fact.alarms),
      ]
    case 'triggers': {
      const { found, unreadable } = fact.triggers
      return [
        ...found.map(
          trigger =>
            `Beware: the function without a qualifier has a trigger, which gets new code at the upload: ${trigger}`,
        ),
        ...unreadable.map(
          what => `Could not read ${what}; triggers of the function without a qualifier may be missing here`,
        ),
      ]
    }
    case 'differences':
      return fact.list.map(({ name, from, to }) =>
        name === 'Environment'
          ? `Configuration: the environment of ${fact.to} ${to} beside ${fact.from}`
          : `Configuration: ${name} is ${from || '(none)'} in ${fact.from} and ${to || '(none)'} in ${fact.to}`,
      )
    case 'version':
      return [`Version ${fact.version}${fact.codeSha256 === '' ? '' : `, code sha256 ${fact.codeSha256}`}`]
    case 'routed':
      return [
        `${describeTarget(fact.target)} ${fact.routing === undefined ? 'is deleted' : `now serves ${describeRouting(fact.routing)}`}`,
      ]
    case 'looked':
      return [lookLine(fact, plan)]
    case 'errors':
      return errorLines(fact)
    case 'url':
      return [`Function URL ${fact.url} (${fact.auth === 'NONE' ? 'open to everybody' : 'for signed requests'})`]
    case 'removed':
      return [`Removed: ${fact.what}`]
    case 'retention':
      return retentionLines(fact)
    case 'storage':
      return [storageLine(fact)]
    case 'watchdog':
      return [
        fact.state === 'set'
          ? 'Watchdog set: five minutes after the last sign of life of this run, AWS itself takes the candidate away'
          : 'Watchdog removed',
      ]
    case 'release':
    case 'note':
      return [fact.text]
    case 'warning':
      return [`Warning: ${fact.text}`]
    case 'ended':
      return endLines(fact.outcome)
  }
}

function endLines({ result, reason, problems = [] }: Outcome): readonly string[] {
  if (problems.length < 2) return [`Result: ${result}. ${reason}`]
  return [`Result: ${result}. ${problems.length} things are in the way:`, ...problems.map(problem => `  - ${problem}`)]
}

function errorLines({ version, group, list }: Extract<Fact, { kind: 'errors' }>): readonly string[] {
  if (list.length === 0) return [`No error lines of version ${version} were found in ${group} yet`]
  return [`Errors of version ${version} in ${group}:`, ...list.map(({ what, count }) => `  ${count} × ${what}`)]
}

function retentionLines({ retention: { goes, stays } }: Extract<Fact, { kind: 'retention' }>): readonly string[] {
  return [
    ...stays.map(({ version, because }) => `Version ${version} stays: ${because}`),
    ...(goes.length === 0
      ? []
      : [
          `Nothing holds on to ${inRanges(goes.map(({ version }) => version))} (${formatBytes(goes.reduce((sum, { codeBytes }) => sum + codeBytes, 0))})`,
        ]),
  ]
}

function storageLine({ before, after }: Extract<Fact, { kind: 'storage' }>): string {
  const now = after === undefined ? '' : `, now ${formatBytes(after.used)}`
  return `Code storage: ${formatBytes(before.used)} of ${formatBytes(before.limit)}${now}`
}

function foundLine({ alias }: Extract<Fact, { kind: 'found' }>): string {
  if (alias === undefined) return 'The alias does not exist yet'
  const journal = alias.description === '' ? 'no description' : `“${alias.description}”`
  return `The alias serves ${describeRouting(alias.routing)} (${journal})`
}

function alarmLines(alarms: readonly AlarmReading[]): readonly string[] {
  return alarms.map(({ name, state }) => `Alarm ${name} is ${state}`)
}

function lookLine({ at, step, since, health, decision }: Extract<Fact, { kind: 'looked' }>, plan: Plan): string {
  const { weight, bakeMs } = plan.steps[step] ?? { weight: 0, bakeMs: 0 }
  const share =
    bakeMs === 0 ? percent(weight) : `${percent(weight)} for ${formatDuration(at - since)} of ${formatDuration(bakeMs)}`
  const held = step < 0 ? 'before the first shift' : share
  return `${held}; ${health.verdict}, ${health.because}; ${nextLine(decision, at, health.because)}`
}

function nextLine(decision: Decision, at: number, said: string): string {
  const why = 'because' in decision && decision.because !== said ? `: ${decision.because}` : ''
  switch (decision.kind) {
    case 'wait':
      return `next look in ${formatDuration(decision.until - at)}${why}`
    case 'shift':
      return `shifting to ${percent(decision.weight)}`
    case 'promote':
      return 'promoting to 100 %'
    case 'prove':
      return 'running the after-traffic hook'
    case 'finish':
      return 'done'
    case 'pause':
      return 'pausing'
    case 'hold':
      return `holding${why}`
    case 'roll-back':
      return `rolling back${why}`
    case 'stand-aside':
      return `standing aside${why}`
  }
}
