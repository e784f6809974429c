import { describe, expect, test } from 'vitest'
import {
  canary,
  carryOn,
  endsAtOnce,
  isTop,
  linear,
  type Plan,
  pausesAt,
  plan,
  planMs,
  splitsTraffic,
  takeOn,
  withoutStable,
} from '../../src/rollout/plan.ts'
import { minute } from '../support/builders.ts'

const five = 5 * minute

describe('a plan', () => {
  test('of no steps is everything at once', () => {
    expect(plan('all-at-once', [])).toEqual({ name: 'all-at-once', steps: [{ weight: 1, bakeMs: 0 }] })
  })

  test('that ends before everything gets everything as its last step', () => {
    expect(plan('mine', [{ weight: 0.5, bakeMs: five }])).toEqual({
      name: 'mine',
      steps: [
        { weight: 0.5, bakeMs: five },
        { weight: 1, bakeMs: 0 },
      ],
    })
  })

  test('that ends with everything stays as it is, its last bake included', () => {
    const steps = [
      { weight: 0.5, bakeMs: five },
      { weight: 1, bakeMs: five },
    ]
    expect(plan('mine', steps)).toEqual({ name: 'mine', steps })
  })
})

test('a canary is its weight for its bake, then everything', () => {
  expect(canary('canary', 0.1, five)).toEqual({
    name: 'canary',
    steps: [
      { weight: 0.1, bakeMs: five },
      { weight: 1, bakeMs: 0 },
    ],
  })
})

test.each([
  { weight: 0.1, weights: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
  { weight: 0.25, weights: [0.25, 0.5, 0.75, 1] },
  { weight: 0.3, weights: [0.3, 0.6, 0.9, 1] },
  { weight: 0.333, weights: [0.333, 0.666, 0.999, 1] },
  { weight: 0.5, weights: [0.5, 1] },
  { weight: 0.6, weights: [0.6, 1] },
  { weight: 0.99, weights: [0.99, 1] },
])('linear by $weight goes $weights, without the noise of fractions', ({ weight, weights }) => {
  expect(linear('linear', weight, five).steps).toEqual(
    weights.map(weight => ({ weight, bakeMs: weight === 1 ? 0 : five })),
  )
})

test('linear by half a percent takes two hundred steps that grow, each held for its bake', () => {
  const { steps } = linear('linear', 0.005, minute)
  expect(steps).toHaveLength(200)
  expect(steps.every((step, i) => step.weight > (steps[i - 1]?.weight ?? 0))).toBe(true)
  expect(planMs({ name: '', steps })).toBe(199 * minute)
})

describe('carrying on from a canary', () => {
  const from = plan('mine', [
    { weight: 0.01, bakeMs: 1 * minute },
    { weight: 0.1, bakeMs: 2 * minute },
    { weight: 0.5, bakeMs: 3 * minute },
    { weight: 1, bakeMs: 4 * minute },
  ])

  test.each([
    { at: 0.1, found: 'on a step', bake: 2, above: [0.5, 1] },
    { at: 0.5, found: 'on the last step before everything', bake: 3, above: [1] },
    { at: 0.2, found: 'between two steps', bake: 2, above: [0.5, 1] },
    { at: 0.9, found: 'above all but the last', bake: 3, above: [1] },
    { at: 0.005, found: 'below all', bake: 1, above: [0.01, 0.1, 0.5, 1] },
  ])('at $at, $found, bakes for $bake minutes and goes on to $above', ({ at, bake, above }) => {
    expect(carryOn(from, at)).toEqual({
      name: 'mine',
      steps: [{ weight: at, bakeMs: bake * minute }, ...from.steps.filter(step => above.includes(step.weight))],
    })
  })

  test.each([
    [0.3, 0.1 + 0.2],
    [0.1 + 0.2, 0.3],
  ])('at %f has reached a step of %f, and does not shift by the noise of fractions', (at, weight) => {
    const noisy = plan('mine', [
      { weight: 0.1, bakeMs: five },
      { weight, bakeMs: minute },
    ])
    expect(carryOn(noisy, at).steps).toEqual([
      { weight: at, bakeMs: minute },
      { weight: 1, bakeMs: 0 },
    ])
  })

  test('with all at once has no bake and promotes', () => {
    expect(carryOn(plan('all-at-once', []), 0.2).steps).toEqual([
      { weight: 0.2, bakeMs: 0 },
      { weight: 1, bakeMs: 0 },
    ])
  })
})

test.each([
  { of: 'a canary', asks: canary('', 0.1, five), splits: true, ms: five },
  { of: 'linear by a half', asks: linear('', 0.5, five), splits: true, ms: five },
  { of: 'all at once', asks: plan('', []), splits: false, ms: 0 },
  { of: 'all at once with a bake', asks: plan('', [{ weight: 1, bakeMs: five }]), splits: false, ms: five },
])('$of splits traffic: $splits; bakes for $ms ms', ({ asks, splits, ms }) => {
  expect({ splits: splitsTraffic(asks), ms: planMs(asks) }).toEqual({ splits, ms })
})

describe('a plan that pauses', () => {
  const paused: Plan = { name: 'mine', steps: [{ weight: 0.1, bakeMs: 0 }], pauses: true }

  test('has no top, and its last step ends nothing at once', () => {
    expect([isTop(paused, 0), endsAtOnce(paused, 0)]).toEqual([false, false])
    expect([isTop(plan('p', []), 0), endsAtOnce(plan('p', []), 0)]).toEqual([true, true])
    expect([isTop(plan('p', []), -1), endsAtOnce(plan('p', []), -1)]).toEqual([false, false])
  })

  test('pauses also where it is carried on', () => {
    const steps = [{ weight: 0.05, bakeMs: five }, ...paused.steps]
    expect(carryOn({ ...paused, steps }, 0.05)).toEqual({ ...paused, steps })
  })
})

describe('a canary that has waited is taken on', () => {
  const waited = { weight: 0.1, bakeMs: 90 * minute }

  test.each<[what: string, given: Plan, steps: Plan['steps'], pauses: boolean]>([
    [
      'by the steps above its weight',
      plan('p', [waited, { weight: 0.5, bakeMs: five }]),
      [waited, { weight: 0.5, bakeMs: five }, { weight: 1, bakeMs: 0 }],
      false,
    ],
    ['with everything at once where none is left', canary('p', 0.1, five), [waited, { weight: 1, bakeMs: 0 }], false],
    [
      'with a watched last step',
      plan('p', [{ weight: 1, bakeMs: five }]),
      [waited, { weight: 1, bakeMs: five }],
      false,
    ],
    [
      'up to the next pause',
      { name: 'p', steps: [{ weight: 0.5, bakeMs: five }], pauses: true },
      [waited, { weight: 0.5, bakeMs: five }],
      true,
    ],
  ])('%s', (_, given, steps, pauses) => {
    expect(takeOn(given, 0.1, 90 * minute)).toEqual({ name: 'p', steps, ...(pauses && { pauses }) })
  })
})

test('a plan pauses where it is at a weight above which it has no step', () => {
  const pausing: Plan = { name: 'p', steps: [{ weight: 0.1, bakeMs: five }], pauses: true }
  expect([0.05, 0.1, 0.5].map(weight => pausesAt(pausing, weight))).toEqual([false, true, true])
  expect(pausesAt(canary('p', 0.1, five), 0.1)).toBe(false)
})

test('a canary that is carried on by a plan without bakes is baked all the same, where somebody says for how long', () => {
  expect(carryOn(plan('p', []), 0.1, five).steps[0]).toEqual({ weight: 0.1, bakeMs: five })
  expect(carryOn(plan('p', []), 0.1).steps[0]).toEqual({ weight: 0.1, bakeMs: 0 })
})

test('without a version to share with, a plan is everything for the last step’s bake, and pauses nowhere', () => {
  expect(withoutStable(plan('p', [{ weight: 1, bakeMs: five }])).steps).toEqual([{ weight: 1, bakeMs: five }])
  expect(withoutStable({ name: 'p', steps: [{ weight: 0.1, bakeMs: five }], pauses: true })).toEqual({
    name: 'p',
    steps: [{ weight: 1, bakeMs: five }],
  })
})
