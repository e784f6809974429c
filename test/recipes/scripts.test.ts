import { describe, expect, test } from 'vitest'
import { type RolloutStep, rolloutSteps, type Step, templates, workflows } from './recipes.ts'
import { asking, told } from './scripts.ts'

const minute = 60_000
const now = Date.UTC(2026, 10, 23, 16, 30)

function stepOf(job: string): RolloutStep {
  const found = rolloutSteps().find(step => step.workflow.recipe === 'unattended' && step.job === job)
  if (found === undefined) throw new Error(`unattended.md has no job ${job}`)
  return found
}

const [starts, finishes, drops] = ['start', 'finish', 'drop'].map(stepOf) as [RolloutStep, RolloutStep, RolloutStep]

/** An alias at version 7, whose canary, version 8, was left so many minutes ago. */
function left(minutes: number, { state = 'paused', weights = { 8: 0.05 } as Record<string, number> } = {}) {
  const since = `${new Date(now - minutes * minute).toISOString().slice(0, 16)}Z`
  return {
    FunctionVersion: '7',
    Description: `lambda-rollout 7 after 5; candidate 8 ${state} since ${since}; octo/orders@abc1234 run 987.1`,
    RoutingConfig: { AdditionalVersionWeights: weights },
  }
}

const whole = { FunctionVersion: '8', Description: 'lambda-rollout 8 after 7; octo/orders@abc1234 run 988.1' }

describe('the run that finishes', () => {
  const waits = (alias: object, hours = '6') => told(asking(finishes), { alias, now, env: { HOURS: hours } })

  test('finds a canary that has waited for six hours, to the minute', () => {
    expect([359, 360, 361, 3_000].map(minutes => waits(left(minutes)))).toEqual([undefined, '8', '8', '8'])
  })

  test('finds any that waits where it was started by hand, and knows which it was by the event alone', () => {
    expect(waits(left(0), '0')).toBe('8')
    expect(asking(finishes).env).toEqual({ HOURS: `\${{ github.event_name == 'schedule' && '6' || '0' }}` })
  })

  test.each([
    ['nothing waits', whole],
    ['the alias was made by hand', { FunctionVersion: '7', Description: '', RoutingConfig: {} }],
    ['a run is at work', left(400, { state: 'rolling' })],
    ['somebody has taken it away in the console', left(400, { weights: {} })],
    ['a description says something else', { ...left(400), Description: 'candidate $(id) paused since 2026-11-23' }],
  ])('is skipped where %s', (_, alias) => {
    expect(waits(alias)).toBeUndefined()
  })

  test('tells no more than a number, whatever follows it', () => {
    const { Description, ...rest } = left(400)
    expect(waits({ ...rest, Description: `${Description}\nversion=1` })).toBe('8')
  })
})

describe('the run that drops', () => {
  const beside = (alias: object) => told(asking(drops), { alias, now })

  test('names the version that a canary stands beside, also one that somebody else started', () => {
    expect(beside(left(0))).toBe('7')
    expect(beside({ ...left(0), Description: 'by hand' })).toBe('7')
  })

  test('is skipped where there is no canary', () => {
    expect(beside(whole)).toBeUndefined()
  })
})

test('the steps behind these scripts are skipped where they tell nothing', () => {
  const conditions = [finishes, drops].map(step => [asking(step).id, lastOf(step).if, step.with.version])
  expect(conditions).toEqual(
    ['waiting', 'stable'].map(id => [id, `steps.${id}.outputs.version != ''`, `\${{ steps.${id}.outputs.version }}`]),
  )
})

function lastOf({ workflow, job }: RolloutStep): Step {
  return workflow.jobs[job]?.steps.at(-1) ?? {}
}

describe('the template', () => {
  const [{ Resources }] = templates() as [ReturnType<typeof templates>[number]]
  const properties = (name: string) => Resources[name]?.Properties as Readonly<Record<string, unknown>>

  test('is about the alarms that the rollouts watch, and ALARM alone', () => {
    const watched = [starts, finishes].map(step => step.with.alarms?.trim().split('\n'))
    const { alarmName, state } = (properties('OnAlarm').EventPattern as { detail: Record<string, unknown> }).detail
    expect(watched).toEqual([alarmName, alarmName])
    expect(state).toEqual({ value: ['ALARM'] })
  })

  test('starts the workflow that drops, on the branch that its role trusts, with nothing of the event', () => {
    const [target] = properties('OnAlarm').Targets as Record<string, unknown>[]
    expect(JSON.parse(String(target?.Input))).toEqual({ ref: 'main' })
    expect(properties('DropCanary').InvocationEndpoint).toMatch(/\/actions\/workflows\/drop-canary\.yml\/dispatches$/)
    const drop = workflows().find(({ name }) => name === drops.workflow.name)
    expect(drop?.on).toEqual({ workflow_dispatch: null })
  })

  test('lets EventBridge call GitHub and do nothing else', () => {
    const [{ PolicyDocument }] = properties('CallGitHub').Policies as [{ PolicyDocument: { Statement: unknown } }]
    expect(PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'events:InvokeApiDestination', Resource: 'DropCanary.Arn' },
    ])
  })

  test('refers to nothing that it does not hold', () => {
    const references = [...JSON.stringify(Resources).matchAll(/"(\w+)\.Arn"/g)].map(([, name = '']) => name)
    expect(references.filter(name => !(name in Resources))).toEqual([])
    expect(references.length).toBeGreaterThan(3)
  })
})
