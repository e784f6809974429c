import { expect, test } from 'vitest'
import { remember } from '../../src/github/remember.ts'
import type { Fact } from '../../src/ports.ts'
import { health, measured } from '../support/builders.ts'

type Look = Extract<Fact, { kind: 'looked' }>

function look(at: number, step: number): Look {
  const decision = { kind: 'wait', until: at + 15, because: 'it bakes' } as const
  return {
    kind: 'looked',
    at,
    step,
    since: 0,
    health: health(),
    alarms: [],
    minutes: [[measured()]],
    checks: undefined,
    decision,
  }
}

function kept(...told: readonly Fact[]): readonly Fact[] {
  const facts: Fact[] = []
  for (const fact of told) remember(facts, fact)
  return facts
}

const note: Fact = { kind: 'note', text: 'said' }

test('of the looks at a step the first and the last are kept, and what else was told', () => {
  const looks = [look(0, -1), look(1, 0), look(2, 0), note, look(3, 0), look(4, 0), look(5, 1), look(6, 1)]
  expect(kept(...looks).map(fact => (fact.kind === 'looked' ? fact.at : fact.kind))).toEqual([0, 1, 'note', 4, 5, 6])
})

test('only the newest look keeps its minutes', () => {
  const facts = kept(look(1, 0), look(2, 0), look(3, 0), note)
  expect(facts.flatMap(fact => (fact.kind === 'looked' ? [fact.minutes.length] : []))).toEqual([0, 1])
})

test('thousands of looks take no more room than two', () => {
  const facts = kept(...Array.from({ length: 5_000 }, (_, i) => look(i, 0)))
  expect(facts.map(fact => fact.kind === 'looked' && fact.at)).toEqual([0, 4_999])
})
