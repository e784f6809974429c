import { describe, expect, test } from 'vitest'
import { allCases, type Case } from './torture/cases.ts'
import { judgeAll } from './torture/report.ts'

const minutes = 120_000

/** Every so many-th of them, from the middle of each stretch on, so that each kind and each story has its share. */
function everyNth(cases: readonly Case[], nth: number): readonly Case[] {
  return cases.filter((_, i) => i % nth === Math.floor(nth / 2))
}

/** The cases whose ids begin so, on a product that was broken on purpose. */
async function broken(sabotage: 'no-revision' | 'no-read-back', ...ids: readonly string[]) {
  const all = await allCases({ seed: 1, sabotage })
  return await judgeAll(all.filter(({ id }) => ids.some(start => id.startsWith(start))))
}

describe('a fixed part of the torture', () => {
  test('breaks the promise nowhere', { timeout: minutes }, async () => {
    const all = await allCases()
    const systematic = all.filter(({ kind }) => kind !== 'random' && kind !== 'calm')
    const some = [
      ...all.filter(({ kind }) => kind === 'calm'),
      ...everyNth(systematic, 67),
      ...everyNth(
        all.filter(({ kind }) => kind === 'random'),
        12,
      ),
    ]
    const { findings, counts } = await judgeAll(some)
    expect(findings).toEqual([])
    expect(counts.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThan(400)
  })

  test('finds lost writes where an alias is updated without its revision', { timeout: minutes }, async () => {
    const { findings } = await broken(
      'no-revision',
      'race/two-deploys/AABBB',
      'stranger/promotion/cli-version/before-3',
    )
    expect(findings.map(({ says }) => says).join('\n')).toMatch(/over what (A|B|person) had written/)
  })

  test('finds untrue ends where a write that got no answer is not read back', { timeout: minutes }, async () => {
    const { findings } = await broken('no-read-back', 'fault/promotion/applied-answer-lost/call-2')
    expect(findings.map(({ says }) => says).join('\n')).toMatch(/says stood-aside .* nobody else wrote the alias/)
  })
})
