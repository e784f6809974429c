import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decide, type Observation, type Policy, type Progress } from '../../src/rollout/decide.ts'
import type { Plan } from '../../src/rollout/plan.ts'
import { whole } from '../../src/rollout/routing.ts'
import {
  asked,
  candidate,
  health,
  minute,
  plan,
  policy,
  progress,
  second,
  seen,
  stable,
  stands,
  start,
} from '../support/builders.ts'
import { codeIn, tableAfter } from './pages.ts'

/** docs/how-it-works.md has decide's cases as a table, in decide's order; the code is held against it in two ways. */

const rows = tableAfter('how-it-works.md', '<!-- decisions -->')
const decisions = rows.map(([, decision]) => codeIn(decision).join(' or '))

const source = readFileSync(new URL('../../src/rollout/decide.ts', import.meta.url), 'utf8')

/** The body of a function of decide.ts. */
function bodyOf(name: string): string {
  const [, body] = new RegExp(`function ${name}\\([\\s\\S]*?\\{\\n([\\s\\S]*?)\\n\\}\\n`).exec(source) ?? []
  if (body === undefined) throw new Error(`decide.ts has no function ${name}`)
  return body
}

/** All kinds that a decision may be of, from its type. */
const kinds = [...(/type Decision =\n((?: {2}\|.*\n)+)/.exec(source)?.[1] ?? '').matchAll(/kind: '([^']+)'/g)].map(
  ([, kind = '']) => kind,
)

/** The decisions that the text of a function comes to, from its top to its bottom. */
function decisionsIn(name: string): readonly string[] {
  const body = bodyOf(name).replaceAll(/kind === '[^']*'|verdict === '[^']*'/g, '')
  return [...body.matchAll(/'([a-z-]+)'|\b(giveUp|wait|advance)\(/g)].flatMap(([, literal = '', call]) => {
    if (call === 'giveUp') return [[...new Set(decisionsIn(call))].toSorted().toReversed().join(' or ')]
    if (call === 'wait') return ['wait']
    if (call === 'advance') return decisionsIn(call)
    return kinds.includes(literal) ? [literal] : []
  })
}

test("the table has decide's decisions, all of them, in its order", () => {
  expect(kinds.length).toBeGreaterThan(7)
  expect(decisions).toEqual(decisionsIn('decideAnyTime'))
})

const bakeEnds = start + 5 * minute
const failing = health({ verdict: 'failing', because: 'alarm orders-errors went to ALARM' })
const unknown = health({ verdict: 'unknown', because: 'DescribeAlarms was throttled' })
const silent = health({ because: 'alarm: 1 without data', insufficient: ['orders-p99'] })
const atTop = { step: 1, targets: [{ name: 'orders:live', asked: asked(1) }] }
const topStands = { targets: [stands(1)] }

type Found = {
  readonly plan?: Plan
  readonly policy?: Partial<Policy>
  readonly knows?: Partial<Progress>
  readonly finds?: Partial<Observation>
}

/** What each row speaks of, in the rows' order. */
const cases: readonly Found[] = [
  {
    knows: { guardDue: start, targets: [{ name: 'orders:live', asked: asked(0.1), back: asked(0) }] },
    finds: { targets: [{ kind: 'alias', ...asked(0), description: asked(0.1).description, moving: false }] },
  },
  { finds: { targets: [stands(0.1, { routing: whole('6') })] } },
  { knows: atTop, finds: topStands },
  { finds: { cancelled: true } },
  { finds: { session: { at: bakeEnds + minute, known: true } } },
  { finds: { trouble: 'UpdateAlias is not allowed' } },
  { knows: { ...atTop, proven: 'the hook says Failed' }, finds: topStands, policy: { afterTraffic: true } },
  { finds: { health: failing } },
  { knows: { unknownLooks: 4 }, finds: { health: unknown } },
  {
    knows: atTop,
    finds: { ...topStands, session: { at: start + 25 * minute, known: true } },
    policy: { afterTraffic: true },
  },
  { knows: atTop, finds: topStands, policy: { afterTraffic: true } },
  { finds: { now: bakeEnds - second } },
  { finds: { health: unknown } },
  { finds: { targets: [stands(0.1, { moving: true })] } },
  {
    finds: { health: silent, now: bakeEnds + 30 * minute },
    policy: { insufficientData: { kind: 'wait', ms: 30 * minute } },
  },
  { finds: { health: silent }, policy: { insufficientData: { kind: 'wait', ms: 30 * minute } } },
  { plan: { name: 'pausing', steps: [{ weight: 0.1, bakeMs: 5 * minute }], pauses: true } },
  {
    plan: plan({ weight: 0.1, bakeMs: 5 * minute }, { weight: 1, bakeMs: 5 * minute }),
    knows: atTop,
    finds: topStands,
  },
  {},
  { plan: plan({ weight: 0.1, bakeMs: 5 * minute }, { weight: 0.5, bakeMs: minute }, { weight: 1, bakeMs: 0 }) },
]

describe('a row of the table', () => {
  test('is spoken of by each case, and by one', () => {
    expect(cases.length).toBe(rows.length)
  })

  test.each(cases.map((found, i) => ({ row: rows[i]?.[0] ?? '', says: decisions[i] ?? '', found })))(
    'is true: $row → $says',
    ({ says, found }) => {
      const decided = (['roll-back', 'hold'] as const).map(onFailure => kindOf(found, onFailure))
      expect([...new Set(decided)]).toEqual(says.split(' or '))
    },
  )
})

function kindOf(found: Found, onFailure: Policy['onFailure']): string {
  const look = seen({ now: bakeEnds, ...found.finds })
  return decide(found.plan ?? plan(), policy({ onFailure, ...found.policy }), progress(found.knows), look).kind
}

test('the page says rightly that nothing is held before the first shift', () => {
  const before = progress({ step: -1, targets: [{ name: 'orders:live', asked: asked(0) }] })
  const look = seen({ targets: [stands(0)], health: failing })
  expect(decide(plan(), policy({ onFailure: 'hold' }), before, look).kind).toBe('roll-back')
  expect([stable, candidate]).toEqual(['7', '8'])
})
