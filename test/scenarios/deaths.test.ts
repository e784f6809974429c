import { describe, expect, test } from 'vitest'
import { type Moment, newStage } from './stage.ts'

const inputs = { strategy: '10% for 1m, 50% for 1m', 'poll-interval': '30s' }

/** Every write of such a rollout, in its order. */
const writes: readonly Moment[] = [
  ...[{ before: 'UpdateFunctionCode' }, { after: 'UpdateFunctionCode' }],
  ...[{ before: 'PublishVersion' }, { after: 'PublishVersion' }],
  ...[1, 2, 3].flatMap(nth => [
    { before: 'UpdateAlias', nth },
    { after: 'UpdateAlias', nth },
  ]),
]

const named = (moment: Moment) => ('before' in moment ? `before ${moment.before}` : `after ${moment.after}`)
const cases = writes.map(moment => [`${named(moment)} ${moment.nth ?? 1}`, moment] as const)

/** How much `live` served before, and what it is to serve in the end: one of both, whole. */
const whole = ['1', '2']

describe.each(['SIGINT', 'SIGTERM'] as const)('%s leaves the alias whole', signal => {
  test.each(cases)('%s', async (_, moment) => {
    const stage = await newStage()
    stage.at(moment, step => step.kill(signal))
    const { end } = await stage.deploy(inputs)
    expect(whole).toContain(end.live)
    expect(end.result).toMatch(end.live === '2' ? /^promoted$/ : /^(rolled-back|failed|refused)$/)
  })
})

describe('SIGKILL leaves the alias whole once its post step has run', () => {
  test.each(cases)('%s', async (_, moment) => {
    const stage = await newStage()
    stage.kill(moment)
    const { end } = await stage.deploy(inputs)
    expect(whole).toContain(end.live)
  })
})

describe('SIGKILL without a post step is brought to a good end by a re-run', () => {
  test.each(cases)('%s', async (_, moment) => {
    const stage = await newStage()
    stage.kill(moment)
    await stage.deploy(inputs, { lost: true })
    const { end } = await stage.deploy(inputs, { attempt: 2 })
    expect(['promoted', 'unchanged']).toContain(end.result)
    // What was published twice would be version 3.
    expect(end.live).toBe('2')
  })
})
