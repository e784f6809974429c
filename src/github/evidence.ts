import type { Fact } from '../ports.ts'
import type { CheckReading, ChecksReading } from '../rollout/checks.ts'
import { detectableRate } from '../rollout/evidence.ts'
import type { Minute, Sample } from '../rollout/minutes.ts'
import { percent } from '../rollout/routing.ts'
import { chart } from './chart.ts'
import { folded, table } from './markdown.ts'
import { wavesIn } from './steps.ts'
import { block, code, inline } from './text.ts'

type Look = Extract<Fact, { kind: 'looked' }>

/**
 * The chart of the last wave: its shares, and what both versions' errors were minute by minute, over all its targets.
 */
export function picture(facts: readonly Fact[], endedAt: number): readonly string[] {
  const { looks = [] } = wavesIn(facts).at(-1) ?? {}
  const of = looks.at(-1)?.minutes ?? []
  const minutes = pooled(of)
  const isOne = of.length === 1
  const plan = facts.findLast(fact => fact.kind === 'planned')?.plan
  const candidate = facts.findLast(fact => fact.kind === 'version')?.version
  const stable = facts.findLast(fact => fact.kind === 'found')?.stable?.version ?? 'stable'
  if (plan === undefined || candidate === undefined || minutes.every(isEmpty)) return []
  const titles = isOne
    ? { stable: `Errors of ${stable}`, candidate: `Errors of ${candidate}` }
    : { stable: 'Errors (old)', candidate: 'Errors (new)' }
  const shares = plan.steps.flatMap(({ weight }, i) => {
    const since = looks.find(look => look.step === i)?.since
    return since === undefined
      ? []
      : [{ from: since, until: looks.find(look => look.step > i)?.since ?? endedAt, weight }]
  })
  return [chart(shares, minutes, titles)]
}

/** The minutes of all targets in one: what they served and failed together. */
function pooled(all: readonly (readonly Minute[])[]): readonly Minute[] {
  if (all.length < 2) return all[0] ?? []
  const byMinute = Map.groupBy(all.flat(), ({ at }) => at)
  const minutes = [...byMinute.values()].flatMap(some => {
    const [first] = some
    if (first === undefined) return []
    return [{ ...first, stable: sum(some, 'stable'), candidate: sum(some, 'candidate') }]
  })
  return minutes.toSorted((a, b) => a.at - b.at)
}

function sum(minutes: readonly Minute[], side: 'stable' | 'candidate'): Sample {
  const total = (count: (sample: Sample) => number) => minutes.reduce((all, minute) => all + count(minute[side]), 0)
  return {
    invocations: total(({ invocations }) => invocations),
    errors: total(({ errors }) => errors),
    throttles: total(({ throttles }) => throttles),
    durations: {},
    slower: undefined,
  }
}

function isEmpty({ stable, candidate }: Minute): boolean {
  return stable.invocations + candidate.invocations === 0
}

/** The table of the checks, and what it takes to fail them. */
export function checks(facts: readonly Fact[]): readonly string[] {
  const reading = facts.findLast((fact): fact is Look => fact.kind === 'looked' && fact.step >= 0)?.checks
  if (reading === undefined || reading.readings.length === 0) return []
  const isOne = reading.readings.every(({ target }) => target === undefined)
  const shown = isOne ? reading.readings : reading.readings.toSorted(byWeight).slice(0, mostShown)
  const rows = shown.map(({ target, text, verdict, stable, candidate, evidence }) => [
    ...(isOne ? [] : [inline(target ?? '')]),
    inline(text),
    tally(candidate),
    tally(stable),
    evidence === undefined ? '' : eValue(evidence),
    verdict === 'failing' ? '**failing**' : inline(verdict),
  ])
  const hidden = reading.readings.length - shown.length
  const rest = hidden === 0 ? [] : [`${hidden} more, which weigh less, are not shown.`]
  const mean = isOne ? [] : [`The mean of all e-values is ${eValue(reading.evidence)}.`]
  const head = [...(isOne ? [] : ['Alias']), 'Check', 'Candidate', 'Stable', 'E-value', 'Verdict']
  return ['### Checks', table(head, rows), [...rest, ...mean, ...detectable(reading)].join(' ')].filter(Boolean)
}

/** So many checks of many targets are shown: those that fail, and then those with the most evidence. */
const mostShown = 15

function byWeight(a: CheckReading, b: CheckReading): number {
  const failing = ({ verdict }: CheckReading) => Number(verdict === 'failing')
  return failing(b) - failing(a) || (b.evidence ?? 0) - (a.evidence ?? 0) || b.candidate.served - a.candidate.served
}

/** Beyond any threshold that anybody sets, the digits say nothing. */
function eValue(value: number): string {
  return value > 1e6 ? 'over a million' : Number(value.toPrecision(3)).toString()
}

function tally({ served, bad }: { served: number; bad: number }): string {
  return served === 0 ? 'no traffic' : `${bad} of ${served} (${percent(bad / served)})`
}

/** What the e-values are held against, and what they could have shown. */
function detectable({ readings, falseAlarmRate }: ChecksReading): readonly string[] {
  const compared = readings.filter(({ evidence }) => evidence !== undefined)
  if (compared.length === 0) return []
  const targets = new Set(compared.map(({ target }) => target)).size
  const served = Math.min(...compared.map(({ candidate }) => candidate.served))
  const least = detectableRate(served, falseAlarmRate / targets)
  const limit = `The candidate is rolled back once the mean e-value reaches ${Number((1 / falseAlarmRate).toPrecision(3))}; a candidate that is no worse gets there in at most ${percent(falseAlarmRate)} of all rollouts.`
  return [
    least === undefined
      ? limit
      : `${limit} With ${served} of its invocations seen${targets === 1 ? '' : ' where they are fewest'}, an error rate of ${percent(least)} or more would have shown.`,
  ]
}

/** What the candidate logged as errors, folded away. */
export function errors(facts: readonly Fact[]): readonly string[] {
  const isOne = facts.find(fact => fact.kind === 'started')?.targets.length === 1
  return facts
    .filter(fact => fact.kind === 'errors')
    .flatMap(fact => {
      return errorsOf(
        fact,
        isOne ? `version ${fact.version}` : `version ${fact.version} of ${fact.target.functionName}`,
      )
    })
}

function errorsOf(fact: Extract<Fact, { kind: 'errors' }>, what: string): readonly string[] {
  if (fact.list.length === 0) return [`No error lines of ${what} were found in ${code(fact.group)} yet.`]
  const rows = fact.list.map(({ what, count }) => [String(count), inline(what)])
  const examples = fact.list.map(({ example }) => block(example, '')).join('\n\n')
  return folded(
    `What ${what} logged as errors (${fact.list.length})`,
    `${table(['Count', 'Error'], rows)}\n\nOne of each:\n\n${examples}`,
  )
}
