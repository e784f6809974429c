import { formatDuration } from '../duration.ts'
import type { Fact } from '../ports.ts'
import { percent } from '../rollout/routing.ts'
import { describePlan } from '../strategy.ts'
import { table } from './markdown.ts'
import { inline, prose, sentence, timeOfDay } from './text.ts'

type Planned = Extract<Fact, { kind: 'planned' }>
type Look = Extract<Fact, { kind: 'looked' }>

/** One row a step: planned weight and bake, and where it came to it the times and the last reading; a table a wave. */
export function steps(facts: readonly Fact[], endedAt: number): readonly string[] {
  const planned = facts.findLast(fact => fact.kind === 'planned')
  if (planned === undefined) return []
  if (!facts.some(fact => fact.kind === 'looked')) return planOnly(planned)
  const tables = wavesIn(facts).map(({ wave, looks }, i, all) => {
    const until = all[i + 1]?.wave?.at ?? endedAt
    const title =
      wave === undefined ? [] : [`**Wave ${wave.number} of ${wave.of}**, ${wave.targets.length} of the functions`]
    return [...title, stepTable(planned, looks, facts, until)].join('\n\n')
  })
  return [`### Steps\n\n${inline(describePlan(planned.plan))}`, ...tables, ...notes(planned)]
}

type Wave = { readonly wave: Extract<Fact, { kind: 'wave' }> | undefined; readonly looks: readonly Look[] }

/** The looks of each wave; of a rollout without waves, all. */
export function wavesIn(facts: readonly Fact[]): readonly Wave[] {
  const waves: { wave: Wave['wave']; looks: Look[] }[] = []
  for (const fact of facts) {
    if (fact.kind === 'wave') waves.push({ wave: fact, looks: [] })
    if (fact.kind !== 'looked') continue
    if (waves.length === 0) waves.push({ wave: undefined, looks: [] })
    waves.at(-1)?.looks.push(fact)
  }
  return waves
}

function stepTable({ plan }: Planned, looks: readonly Look[], facts: readonly Fact[], endedAt: number): string {
  const rows = plan.steps.map(({ weight, bakeMs }, i) => {
    const last = looks.findLast(look => look.step === i)
    const planned = [percent(weight), bakeMs === 0 ? '' : formatDuration(bakeMs)]
    if (last === undefined) return [...planned, 'not reached', '', '']
    const until = looks.find(look => look.step > i)?.since ?? movedAfter(last, facts) ?? endedAt
    return [...planned, timeOfDay(last.since), formatDuration(until - last.since), reading(last)]
  })
  return table(['Weight', 'Bake', 'Since', 'Held', 'Last reading'], rows)
}

/** When the traffic was moved after a look: a step is over then, whatever else the run still does. */
function movedAfter(look: Look, facts: readonly Fact[]): number | undefined {
  return facts.slice(facts.indexOf(look)).find(fact => fact.kind === 'routed')?.at
}

/** The steps of a rollout that did not begin. */
function planOnly(planned: Planned): readonly string[] {
  const { steps } = planned.plan
  const rows = steps.map(({ weight, bakeMs }) => [percent(weight), bakeMs === 0 ? '' : formatDuration(bakeMs)])
  return ['### Plan', table(['Weight', 'Bake'], rows), ...notes(planned)]
}

function notes({ notes }: Planned): readonly string[] {
  return notes.length === 0 ? [] : [notes.map(note => `- ${prose(sentence(note))}`).join('\n')]
}

/** The long story of an alarm that fired stands in the table of alarms. */
function reading({ health, alarms }: Look): string {
  const fired = alarms.filter(alarm => alarm.fired !== undefined).map(alarm => alarm.name)
  if (health.verdict === 'healthy') return inline(health.because)
  return `**${health.verdict}**: ${inline(fired.length > 0 ? `alarm ${fired.join(', ')}` : health.because)}`
}
