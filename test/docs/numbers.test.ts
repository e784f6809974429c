import { expect, test } from 'vitest'
import { formatDuration } from '../../src/duration.ts'
import { parseCheck } from '../../src/inputs/checks.ts'
import {
  detectableRate,
  difference,
  errorRatios,
  eValue,
  slownessRatios,
  type Trial,
} from '../../src/rollout/evidence.ts'
import { type Plan, planMs } from '../../src/rollout/plan.ts'
import { percent } from '../../src/rollout/routing.ts'
import { lastMoment, sessionObstacles } from '../../src/rollout/session.ts'
import { describePlan, parseStrategy, planOf, type Shape, weightFor } from '../../src/strategy.ts'
import { minute, start } from '../support/builders.ts'
import { codeIn, pageText, tableAfter } from './pages.ts'

/** What the pages say in numbers is what the code comes to. */

function planFor(text: string): Plan {
  const strategy = parseStrategy(text)
  if (strategy.kind === 'problem') throw new Error(strategy.problem)
  const shape: Shape = strategy.kind === 'fixed' ? strategy : { kind: strategy.kind, weight: 0.1, bakeMs: 5 * minute }
  return planOf(shape, 0)
}

const strategies = tableAfter('strategies.md', '# Strategies').map(([text, steps = '', bakes]) => {
  const [strategy = ''] = codeIn(text)
  return { strategy, steps, bakes }
})

test('the table of strategies has every form of one', () => {
  const forms = [
    /^canary$/,
    /^linear$/,
    /^all-at-once$/,
    /^Canary/,
    /^Lambda/,
    /^CodeDeployDefault\./,
    /, pause$/,
    /100%/,
  ]
  expect(forms.filter(form => !strategies.some(({ strategy }) => form.test(strategy)))).toEqual([])
})

test.each(strategies)('the steps and the time of $strategy', ({ strategy, steps, bakes }) => {
  const plan = planFor(strategy)
  const [first = '', last = ''] = steps.split('… ')
  const described = describePlan(plan)
  expect(described.startsWith(first.trim().replace(/,$/, ''))).toBe(true)
  expect(described.endsWith(last === '' ? first : last)).toBe(true)
  expect(formatDuration(planMs(plan))).toBe(bakes)
})

test('all of the names that CodeDeploy has for Lambda are taken', () => {
  const named = [5, 10, 15, 30].map(minutes => `LambdaCanary10Percent${minutes}Minutes`)
  const linear = ['1Minute', '2Minutes', '3Minutes', '10Minutes'].map(every => `LambdaLinear10PercentEvery${every}`)
  const all = [...named, ...linear, 'LambdaAllAtOnce'].map(name => `CodeDeployDefault.${name}`)
  expect(all.map(name => parseStrategy(name).kind)).toEqual(all.map(() => 'fixed'))
  expect(all.length).toBe(9)
})

test('the plan of the waves bakes for as long as the page says', () => {
  expect(pageText('strategies.md')).toContain('That bakes for half an hour: 15 minutes for `orders`')
  expect(planMs(planFor('10% for 10m, 100% for 5m'))).toBe(15 * minute)
})

test('the table of what bakes can show', () => {
  const rows = tableAfter('strategies.md', '<!-- power -->')
  const bakes = [5, 30, 60]
  const shown = rows.map(([perMinute = '']) => [
    perMinute,
    ...bakes.map(minutes => percent(detectableRate(Math.floor(Number(perMinute) * 0.1 * minutes), 0.01) ?? 1)),
  ])
  expect(rows).toEqual(shown)
  expect(rows.length).toBe(4)
})

test('the table of what `auto` picks', () => {
  const rows = tableAfter('strategies.md', '<!-- auto -->')
  expect(rows).toEqual(rows.map(([perMinute = '']) => [perMinute, percent(weightFor(Number(perMinute)))]))
  expect(rows.length).toBe(4)
})

test('the table of credentials', () => {
  const fits = (minutes: number, end: Parameters<typeof sessionObstacles>[2], hooks = 0) =>
    sessionObstacles(planFor(`10% for ${minutes}m`), start, end, { waves: 1, hooks }).length === 0
  const untold = { at: start + 60 * minute, known: false }
  const told = { at: start + 120 * minute, known: true }
  expect([fits(45, untold), fits(46, untold)]).toEqual([true, false])
  expect([fits(105, told), fits(106, told)]).toEqual([true, false])
  expect([fits(90, told, 1), fits(91, told, 1)]).toEqual([true, false])
  expect(fits(1000, undefined)).toBe(true)
  expect(lastMoment(told)).toBe(start + 110 * minute)
  expect(planMs(planFor('Linear10PercentEvery10Minutes'))).toBe(90 * minute)
})

/** Traffic that is split as configured, with so many errors on either side. */
function trial(weight: number, stable: number, candidate: number): Trial {
  const served = 10_000
  return {
    weight,
    stable: { served: served * (1 - weight), bad: stable },
    candidate: { served: served * weight, bad: candidate },
  }
}

/** `10 %` as a fraction. */
function fraction(text = ''): number {
  return Number(text.replace(' %', '')) / 100
}

test('the table of evidence', () => {
  const rows = tableAfter('checks.md', '<!-- evidence -->')
  const computed = rows.map(([stable = '', candidate = '', weight = '']) => {
    const trials = [trial(fraction(weight), Number(stable), Number(candidate))]
    const value = eValue(trials)
    const worse = difference(trials) >= 0.001
    const said = value >= 100 && worse ? 'rolled back' : 'goes on'
    return [stable, candidate, weight, String(Number(value.toPrecision(4))), said]
  })
  expect(rows).toEqual(computed)
  expect(rows.length).toBe(8)
})

test('the ratios that the page names are those that are bet on', () => {
  const text = pageText('checks.md')
  expect(text).toContain(`θ = ${errorRatios.join(', ')}`)
  expect(text).toContain(`θ = ${slownessRatios.join(', ')}`)
})

test('the table of how often a rate is rolled back that is said to show', () => {
  const rows = tableAfter('checks.md', '<!-- rolled-back -->')
  const expected = Math.log(100)
  const computed = rows.map(([weight = '']) => {
    const needed = Array.from({ length: 50 }, (_, i) => i).find(bad => eValue([trial(fraction(weight), 0, bad)]) >= 100)
    return [weight, String(needed), `${Math.round(100 * atLeast(needed ?? 0, expected))} %`]
  })
  expect(rows).toEqual(computed)
  expect(expected).toBeCloseTo(4.6, 1)
})

/** How likely so many errors or more are where `mean` are to be expected (Poisson). */
function atLeast(count: number, mean: number): number {
  const below = Array.from({ length: count }, (_, k) => Math.exp(-mean + k * Math.log(mean) - logFactorial(k)))
  return 1 - below.reduce((sum, chance) => sum + chance, 0)
}

function logFactorial(k: number): number {
  return Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce((sum, log) => sum + log, 0)
}

test('what so many invocations without an error speak against', () => {
  expect(pageText('checks.md')).toContain('3 % with 150, 1.5 % with 305, 1 % with 459')
  const rates = [150, 305, 459].map(served => 100 * (detectableRate(served, 0.01) ?? 1))
  expect(rates.map(rate => Math.round(10 * rate) / 10)).toEqual([3, 1.5, 1])
})

test('the checks of the tables are checks', () => {
  const checks = tableAfter('checks.md', '## Checks without statistics').map(([check]) => codeIn(check)[0] ?? '')
  expect(checks.length).toBeGreaterThan(5)
  expect(checks.map(check => parseCheck(check).kind)).toEqual(checks.map(() => 'check'))
})

test('an alarm on the alias sees so much of a canary', () => {
  expect(pageText('checks.md')).toContain('rate is 0.59 %')
  expect(0.1 * 5 + 0.9 * 0.1).toBeCloseTo(0.59)
})
