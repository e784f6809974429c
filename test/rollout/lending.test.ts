import { describe, expect, test } from 'vitest'
import { lend, lendMore, namesOf, returnOf } from '../../src/rollout/lending.ts'
import { overlay, type Settings } from '../../src/rollout/settings.ts'

const before: Settings = {
  MemorySize: 128,
  Timeout: 3,
  LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/orders' },
  Environment: { Variables: { STAGE: 'live', SECRET: 'hidden' } },
}

/** What is left of a loan that was made, and then changed by `later`. */
function afterwards(named: Settings, later: Settings = {}) {
  return returnOf(lend(before, named), overlay(overlay(before, named), later))
}

describe('a loan', () => {
  test('is what a configuration changes, and what it was', () => {
    expect(lend(before, { MemorySize: 512, Timeout: 3 })).toEqual({
      lent: { MemorySize: 512 },
      was: { MemorySize: 128 },
    })
  })

  test('is made variable by variable, the absent ones and those taken away too', () => {
    expect(lend(before, { Environment: { Variables: { STAGE: 'pr', SECRET: null, DEBUG: '' } } })).toEqual({
      lent: { Environment: { Variables: { STAGE: 'pr', SECRET: null, DEBUG: '' } } },
      was: { Environment: { Variables: { STAGE: 'live', SECRET: 'hidden', DEBUG: null } } },
    })
  })

  test('of nothing is none', () => {
    const named = { MemorySize: 128, Layers: [], Environment: { Variables: { STAGE: 'live' } } }
    expect(lend(before, named)).toEqual({ lent: {}, was: {} })
  })

  test('that is made twice gives back what somebody else set in between', () => {
    const first = lend(before, { MemorySize: 512, Timeout: 30 })
    const second = lend({ MemorySize: 256, Timeout: 30 }, { MemorySize: 512, Timeout: 30 })
    expect(lendMore(first, second)).toEqual({
      lent: { MemorySize: 512, Timeout: 30 },
      was: { MemorySize: 256, Timeout: 3 },
    })
  })

  test('is named without a value', () => {
    expect(namesOf(lend(before, { MemorySize: 512, Environment: { Variables: { TOKEN: 'hidden' } } }))).toEqual([
      'MemorySize',
      'the variable TOKEN',
    ])
  })
})

describe('what is given back', () => {
  test('is what it was', () => {
    const { settings, back, changed } = afterwards({ MemorySize: 512 })
    expect({ settings, back, changed }).toEqual({ settings: { MemorySize: 128 }, back: ['MemorySize'], changed: [] })
  })

  test('is nothing where it is back already', () => {
    expect(returnOf(lend(before, { MemorySize: 512 }), before)).toEqual({ settings: {}, back: [], changed: [] })
  })

  test('is not what somebody else has changed since', () => {
    expect(afterwards({ MemorySize: 512, Timeout: 30 }, { MemorySize: 1024 })).toEqual({
      settings: { Timeout: 3 },
      back: ['Timeout'],
      changed: ['MemorySize'],
    })
  })

  test('is a variable and not those of others', () => {
    const named = { Environment: { Variables: { STAGE: 'pr', DEBUG: '1', SECRET: null } } }
    expect(afterwards(named, { Environment: { Variables: { STAGE: 'theirs', MORE: 'theirs' } } })).toEqual({
      settings: { Environment: { Variables: { STAGE: 'theirs', MORE: 'theirs', SECRET: 'hidden' } } },
      back: ['the variable DEBUG', 'the variable SECRET'],
      changed: ['the variable STAGE'],
    })
  })

  test('is whole, where Lambda adds members of its own to what was named', () => {
    const loan = lend(before, { LoggingConfig: { LogFormat: 'JSON' } })
    const current = {
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '/aws/lambda/orders', ApplicationLogLevel: 'INFO' },
    }
    expect(returnOf(loan, current).settings).toEqual({ LoggingConfig: before.LoggingConfig })
  })

  test.each<[name: string, named: unknown, empty: unknown]>([
    ['Layers', ['arn:aws:lambda:eu-west-1:111122223333:layer:tools:1'], []],
    ['KMSKeyArn', 'arn:aws:kms:eu-west-1:111122223333:key/1', ''],
    ['DeadLetterConfig', { TargetArn: 'arn:aws:sqs:eu-west-1:111122223333:dead' }, { TargetArn: '' }],
    ['VpcConfig', { SubnetIds: ['a'], SecurityGroupIds: ['b'] }, { SubnetIds: [], SecurityGroupIds: [] }],
  ])('takes %s away again where it was absent, in the form in which Lambda takes that', (name, named, empty) => {
    expect(afterwards({ [name]: named })).toEqual({ settings: { [name]: empty }, back: [name], changed: [] })
  })

  test('takes the environment away again with its last variable', () => {
    const loan = lend({}, { Environment: { Variables: { DEBUG: '1' } } })
    expect(returnOf(loan, { Environment: { Variables: { DEBUG: '1' } } }).settings).toEqual({
      Environment: { Variables: {} },
    })
  })
})
