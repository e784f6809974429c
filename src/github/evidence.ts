import type { Fact } from '../ports.ts'
import type { ChecksReading } from '../rollout/checks.ts'
import { detectableRate } from '../rollout/evidence.ts'
import type { Minute } from '../rollout/minutes.ts'
import { percent } from '../rollout/routing.ts'
import { chart } from './chart.ts'
import { folded, table } from './markdown.ts'
import { block, code, inline } from './text.ts'

type Look = Extract<Fact, { kind: 'looked' }>

/** The chart of the first target: its shares, and what both versions' errors were minute by minute. */
export function picture(facts: readonly Fact[], endedAt: number): readonly string[] {
  const looks = facts.filter(fact => fact.kind === 'looked')
  const minutes = looks.at(-1)?.minutes[0] ?? []
  const plan = facts.findLast(fact => fact.kind === 'planned')?.plan
  const candidate = facts.findLast(fact => fact.kind === 'version')?.version
  const stable = facts.findLast(fact => fact.kind === 'found')?.stable?.version
  if (plan === undefined || candidate === undefined || minutes.every(isEmpty)) return []
  const shares = plan.steps.flatMap(({ weight }, i) => {
    const since = looks.find(look => look.step === i)?.since
    return since === undefined
      ? []
      : [{ from: since, until: looks.find(look => look.step > i)?.since ?? endedAt, weight }]
  })
  return [chart(shares, minutes, { stable: stable ?? 'stable', candidate })]
}

function isEmpty({ stable, candidate }: Minute): boolean {
  return stable.invocations + candidate.invocations === 0
}

/** The table of the checks, and what it takes to fail them. */
export function checks(facts: readonly Fact[]): readonly string[] {
  const reading = facts.findLast((fact): fact is Look => fact.kind === 'looked' && fact.step >= 0)?.checks
  if (reading === undefined || reading.readings.length === 0) return []
  const rows = reading.readings.map(({ text, verdict, stable, candidate, evidence }) => [
    inline(text),
    tally(candidate),
    tally(stable),
    evidence === undefined ? '' : eValue(evidence),
    verdict === 'failing' ? '**failing**' : inline(verdict),
  ])
  const power = detectable(facts, reading)
  return ['### Checks', table(['Check', 'Candidate', 'Stable', 'E-value', 'Verdict'], rows), ...power]
}

/** Beyond any threshold that anybody sets, the digits say nothing. */
function eValue(value: number): string {
  return value > 1e6 ? 'over a million' : Number(value.toPrecision(3)).toString()
}

function tally({ served, bad }: { served: number; bad: number }): string {
  return served === 0 ? 'no traffic' : `${bad} of ${served} (${percent(bad / served)})`
}

/** What the e-values are held against, and what they could have shown. */
function detectable(facts: readonly Fact[], { readings }: ChecksReading): readonly string[] {
  const rate = facts.findLast(fact => fact.kind === 'planned')?.falseAlarmRate
  const served = readings.find(({ evidence }) => evidence !== undefined)?.candidate.served
  const least = rate === undefined || served === undefined ? undefined : detectableRate(served, rate)
  if (rate === undefined || served === undefined) return []
  const limit = `The candidate is rolled back once the mean e-value reaches ${Number((1 / rate).toPrecision(3))}; a candidate that is no worse gets there in at most ${percent(rate)} of all rollouts.`
  return [
    least === undefined
      ? limit
      : `${limit} With ${served} of its invocations seen, an error rate of ${percent(least)} or more would have shown.`,
  ]
}

/** What the candidate logged as errors, folded away. */
export function errors(facts: readonly Fact[]): readonly string[] {
  const fact = facts.findLast(fact => fact.kind === 'errors')
  if (fact === undefined) return []
  if (fact.list.length === 0)
    return [`No error lines of version ${fact.version} were found in ${code(fact.group)} yet.`]
  const rows = fact.list.map(({ what, count }) => [String(count), inline(what)])
  const examples = fact.list.map(({ example }) => block(example, '')).join('\n\n')
  return folded(
    `What version ${fact.version} logged as errors (${fact.list.length})`,
    `${table(['Count', 'Error'], rows)}\n\nOne of each:\n\n${examples}`,
  )
}
