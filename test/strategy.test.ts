import { describe, expect, test } from 'vitest'
import type { Plan, Step } from '../src/rollout/plan.ts'
import { describePlan, parseStrategy, planOf, weightFor } from '../src/strategy.ts'
import { minute } from './support/builders.ts'

const step = (weight: number, bakeMs: number): Step => ({ weight, bakeMs })
const everything = step(1, 0)
const linearByTen = (bakeMs: number) => [
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map(weight => step(weight, bakeMs)),
  everything,
]

function fixed(name: string, steps: readonly Step[]) {
  return { kind: 'fixed', plan: { name, steps } }
}

test.each(['canary', 'linear'] as const)('%s takes its shape from canary-weight and bake-time', text => {
  expect(parseStrategy(text)).toEqual({ kind: text })
})

test('all-at-once is everything, without a bake', () => {
  expect(parseStrategy('all-at-once')).toEqual(fixed('all-at-once', [everything]))
})

describe('CodeDeploy’s names', () => {
  const predefined: Readonly<Record<string, readonly Step[]>> = {
    LambdaAllAtOnce: [everything],
    LambdaCanary10Percent5Minutes: [step(0.1, 5 * minute), everything],
    LambdaCanary10Percent10Minutes: [step(0.1, 10 * minute), everything],
    LambdaCanary10Percent15Minutes: [step(0.1, 15 * minute), everything],
    LambdaCanary10Percent30Minutes: [step(0.1, 30 * minute), everything],
    LambdaLinear10PercentEvery1Minute: linearByTen(minute),
    LambdaLinear10PercentEvery2Minutes: linearByTen(2 * minute),
    LambdaLinear10PercentEvery3Minutes: linearByTen(3 * minute),
    LambdaLinear10PercentEvery10Minutes: linearByTen(10 * minute),
  }

  test.each(Object.entries(predefined))('%s, in full, for short and as SAM writes it', (name, steps) => {
    for (const text of [`CodeDeployDefault.${name}`, name, name.replace('Lambda', '')]) {
      expect(parseStrategy(text)).toEqual(fixed(text, steps))
    }
  })

  test.each([
    ['Canary25Percent1Minute', [step(0.25, minute), everything]],
    ['Linear50PercentEvery7Minutes', [step(0.5, 7 * minute), everything]],
    ['codedeploydefault.lambdacanary10percent5minutes', [step(0.1, 5 * minute), everything]],
  ])('others of the same form: %s', (text, steps) => {
    expect(parseStrategy(text)).toEqual(fixed(text, steps))
  })

  test.each(['Canary0Percent5Minutes', 'Canary100Percent5Minutes', 'Linear0PercentEvery1Minute'])(
    '%s has no share that could be split',
    text => {
      expect(parseStrategy(text)).toEqual({
        kind: 'problem',
        problem: `\`strategy\` is “${text}”, whose share must lie between 1 and 99 percent`,
      })
    },
  )

  test.each(['Canary10Percent0Minutes', 'LambdaLinear10PercentEvery0Minutes'])('%s has no time to watch', text => {
    expect(parseStrategy(text)).toEqual({
      kind: 'problem',
      problem: `\`strategy\` is “${text}”, which leaves no time to watch; its minutes must be at least 1`,
    })
  })
})

describe('steps', () => {
  test.each<[text: string, steps: readonly Step[]]>([
    ['10% for 5m', [step(0.1, 5 * minute), everything]],
    [
      '1% for 5m, 10% for 10m, 50% for 10m, 100% for 10m',
      [step(0.01, 5 * minute), step(0.1, 10 * minute), step(0.5, 10 * minute), step(1, 10 * minute)],
    ],
    ['1% for 5m, 100%', [step(0.01, 5 * minute), everything]],
    ['100%', [everything]],
    ['100% for 10m', [step(1, 10 * minute)]],
    ['0.5% for 1h30m', [step(0.005, 90 * minute), everything]],
    ['7 %  for  5m ,\n 14% FOR 500ms', [step(0.07, 5 * minute), step(0.14, 500), everything]],
    ['33.3% for 1m, 66.6% for 1m', [step(0.333, minute), step(0.666, minute), everything]],
  ])('%j', (text, steps) => {
    expect(parseStrategy(text)).toEqual(fixed(text, steps))
  })

  const example = 'write for example `canary`, `linear`, `all-at-once` or `1% for 5m, 10% for 10m, 50% for 10m`'
  const none = (part: string) =>
    `\`strategy\` has the step “${part}”, which is none: a step is a share over 0 % and up to 100 % with its time; ${example}`
  const timeless = (part: string, share: string) =>
    `\`strategy\` has the step “${part}” without a time to hold it; write for example \`${share}% for 10m\``
  const shrinking = (part: string, after: string) =>
    `\`strategy\` has the step “${part}” after one of ${after} %; every step must be larger than the one before`

  test.each([
    ['10%', timeless('10%', '10')],
    ['10% for', none('10% for')],
    ['10% for ever', timeless('10% for ever', '10')],
    ['10% for 5', timeless('10% for 5', '10')],
    ['10% for 0s', timeless('10% for 0s', '10')],
    ['100% for ever', timeless('100% for ever', '100')],
    ['0% for 5m', none('0% for 5m')],
    ['0.00001% for 5m', none('0.00001% for 5m')],
    ['101% for 5m', none('101% for 5m')],
    ['-10% for 5m', none('-10% for 5m')],
    ['10% for 5m,', none('')],
    ['10 for 5m, 20% for 5m', none('10 for 5m')],
    ['ten% for 5m', none('ten% for 5m')],
    ['10% for 5m; 20% for 5m', timeless('10% for 5m; 20% for 5m', '10')],
    ['10% for 5m, 10% for 5m', shrinking('10% for 5m', '10')],
    ['50% for 5m, 0.5% for 5m', shrinking('0.5% for 5m', '50')],
    ['100% for 5m, 100% for 5m', shrinking('100% for 5m', '100')],
  ])('%s is refused', (text, problem) => {
    expect(parseStrategy(text)).toEqual({ kind: 'problem', problem })
  })

  test.each(['blue-green', 'Canary10Percent', 'LambdaCanary10Percent5Minutesx', 'canary 10', '10 for 5m'])(
    '%s is no strategy',
    text => {
      expect(parseStrategy(text)).toEqual({
        kind: 'problem',
        problem: `\`strategy\` is “${text}”, which is no strategy; ${example}`,
      })
    },
  )
})

describe('the plan of a shape', () => {
  test.each<[kind: 'canary' | 'linear', name: string, steps: readonly Step[]]>([
    ['canary', '40 % for 5m, then 100 %', [step(0.4, 5 * minute), everything]],
    ['linear', '40 % for 5m, then 80 % for 5m, then 100 %', [step(0.4, 5 * minute), step(0.8, 5 * minute), everything]],
  ])('%s of 40 %% for five minutes, named by its steps: %s', (kind, name, steps) => {
    expect(planOf({ kind, weight: 0.4, bakeMs: 5 * minute }, 0)).toEqual({ name, steps })
  })

  test('that says its own steps is these, under the name that it was given, whatever the traffic', () => {
    const plan = { name: 'LambdaAllAtOnce', steps: [everything] }
    expect(planOf({ kind: 'fixed', plan }, 1_000)).toBe(plan)
  })

  test.each<[kind: 'canary' | 'linear', name: string]>([
    ['canary', '30 % for 5m, then 100 %'],
    ['linear', '30 % for 5m, then 60 % for 5m, then 90 % for 5m, then 100 %'],
  ])('%s of auto takes its weight from the traffic: 250 a minute make it %s', (kind, name) => {
    expect(planOf({ kind, weight: 'auto', bakeMs: 5 * minute }, 250).name).toBe(name)
  })
})

test.each<[perMinute: number, weight: number]>([
  [0, 0.5],
  [0.2, 0.5],
  [60, 0.5],
  [149, 0.5],
  [150, 0.5],
  [154, 0.48],
  [600, 0.12],
  [6_000, 0.01],
  [750, 0.1],
  [3_750, 0.02],
  [7_500, 0.01],
  [1_000_000, 0.01],
])(
  'of %d invocations a minute, auto gives the candidate about 75, as %d of all, in whole percents',
  (perMinute, weight) => {
    expect(weightFor(perMinute)).toBe(weight)
  },
)

test.each<[words: string, steps: Plan['steps']]>([
  ['100 %', [everything]],
  ['10 % for 5m, then 100 %', [step(0.1, 5 * minute), everything]],
  [
    '0.5 % for 1h30m, then 33.33 % for 30s, then 100 % for 10m',
    [step(0.005, 90 * minute), step(0.33333, 30_000), step(1, 10 * minute)],
  ],
])('in words: %s', (words, steps) => {
  expect(describePlan({ name: '', steps })).toBe(words)
})

describe('a pause', () => {
  test.each<[text: string, steps: readonly Step[], says: string]>([
    ['10% for 10m, pause', [step(0.1, 10 * minute)], '10 % for 10m, then a pause'],
    [
      '1% for 5m, 50% for 10m, Pause',
      [step(0.01, 5 * minute), step(0.5, 10 * minute)],
      '1 % for 5m, then 50 % for 10m, then a pause',
    ],
    ['20%, pause', [step(0.2, 0)], '20 %, then a pause'],
    ['5% for 5m, 20%, pause', [step(0.05, 5 * minute), step(0.2, 0)], '5 % for 5m, then 20 %, then a pause'],
  ])('ends %s with the candidate in place', (text, steps, says) => {
    const plan: Plan = { name: text, steps, pauses: true }
    expect(parseStrategy(text)).toEqual({ kind: 'fixed', plan })
    expect(describePlan(plan)).toBe(says)
  })

  test.each<[text: string, problem: string]>([
    [
      '10% for 10m, pause, 50% for 10m',
      '`strategy` is “10% for 10m, pause, 50% for 10m”, which goes on after `pause`, where the run ends; give the steps after it to the step with `command: promote`',
    ],
    [
      '100% for 10m, pause',
      '`strategy` is “100% for 10m, pause”, which pauses at 100 %, where nothing is left to promote; leave `pause` out, or stop at a smaller share',
    ],
    [
      'pause',
      '`strategy` is “pause”, which is no strategy; write for example `canary`, `linear`, `all-at-once` or `1% for 5m, 10% for 10m, 50% for 10m`',
    ],
    ['10%, 20%, pause', '`strategy` has the step “10%” without a time to hold it; write for example `10% for 10m`'],
  ])('is refused in %s', (text, problem) => {
    expect(parseStrategy(text)).toEqual({ kind: 'problem', problem })
  })
})
