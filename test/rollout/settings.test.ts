import { describe, expect, test } from 'vitest'
import { type Difference, differences, overlay, type Settings } from '../../src/rollout/settings.ts'

describe('what is named is laid over what is there', () => {
  const current: Settings = {
    MemorySize: 128,
    Handler: 'index.handler',
    Architectures: ['x86_64'],
    Layers: ['arn:a', 'arn:b'],
    Environment: { Variables: { STAGE: 'live', LEVEL: 'info' } },
    VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
  }

  test.each<[what: string, named: Settings, changes: Settings]>([
    ['nothing named changes nothing', {}, {}],
    ['a member is set', { MemorySize: 512 }, { MemorySize: 512 }],
    ['a member is added', { Timeout: 30 }, { Timeout: 30 }],
    ['a list is replaced whole', { Layers: ['arn:c'] }, { Layers: ['arn:c'] }],
    ['a list is emptied', { Layers: [] }, { Layers: [] }],
    [
      'of members only those named change',
      { Environment: { Variables: { LEVEL: 'debug', NEW: '1' } } },
      { Environment: { Variables: { STAGE: 'live', LEVEL: 'debug', NEW: '1' } } },
    ],
    [
      'null takes a member away, and only that',
      { Environment: { Variables: { LEVEL: null } } },
      { Environment: { Variables: { STAGE: 'live' } } },
    ],
    [
      'members that were not there are taken as they are, without their nulls',
      { TracingConfig: { Mode: 'Active', Other: null } },
      { TracingConfig: { Mode: 'Active' } },
    ],
    ['members take the place of a text', { Handler: { Odd: 'x' } }, { Handler: { Odd: 'x' } }],
    [
      'an empty text is a value',
      { Environment: { Variables: { LEVEL: '' } } },
      { Environment: { Variables: { STAGE: 'live', LEVEL: '' } } },
    ],
  ])('%s', (_, named, changes) => {
    expect(overlay(current, named)).toEqual({ ...current, ...changes })
  })

  test('null takes a whole member away', () => {
    const { Layers: _, ...rest } = current
    expect(overlay(current, { Layers: null })).toEqual(rest)
  })

  test('and what was there stays as it was', () => {
    const copy = structuredClone(current)
    overlay(current, { Environment: { Variables: { LEVEL: null, NEW: '1' } }, Layers: [], MemorySize: 1 })
    expect(current).toEqual(copy)
  })
})

describe('two configurations are the same', () => {
  test.each<[when: string, from: Settings, to: Settings]>([
    ['when nothing is in either', {}, {}],
    ['when the order of members differs', { A: 1, B: { C: 1, D: 2 } }, { B: { D: 2, C: 1 }, A: 1 }],
    [
      'when subnets and security groups stand in another order',
      vpc(['a', 'b'], ['x', 'y']),
      vpc(['b', 'a'], ['y', 'x']),
    ],
    ['when a list is empty or absent', { Layers: [] }, {}],
    ['when a text is empty or absent', { KMSKeyArn: '' }, {}],
    ['when a member is null or absent', { DeadLetterConfig: null }, {}],
    ['when a flag is off or absent', { VpcConfig: { Ipv6AllowedForDualStack: false } }, {}],
    ['when members hold only what is empty', { VpcConfig: { SubnetIds: [], SecurityGroupIds: [], VpcId: '' } }, {}],
    ['when there are no environment variables or none at all', { Environment: { Variables: {} } }, {}],
  ])('%s', (_, from, to) => {
    expect([differences(from, to), differences(to, from)]).toEqual([[], []])
  })
})

describe('two configurations differ', () => {
  test.each<[what: string, from: Settings, to: Settings, shows: readonly Difference[]]>([
    ['in a number', { MemorySize: 128 }, { MemorySize: 512 }, [{ name: 'MemorySize', from: '128', to: '512' }]],
    [
      'in a text',
      { Runtime: 'nodejs22.x' },
      { Runtime: 'nodejs24.x' },
      [{ name: 'Runtime', from: 'nodejs22.x', to: 'nodejs24.x' }],
    ],
    ['where one has nothing', {}, { Handler: 'index.handler' }, [{ name: 'Handler', from: '', to: 'index.handler' }]],
    ['where one has zero', {}, { Timeout: 0 }, [{ name: 'Timeout', from: '', to: '0' }]],
    [
      'in a flag',
      {},
      { VpcConfig: { Ipv6AllowedForDualStack: true } },
      [{ name: 'VpcConfig', from: '', to: '{"Ipv6AllowedForDualStack":true}' }],
    ],
    [
      'in the order of layers, which says who wins',
      { Layers: ['arn:a', 'arn:b'] },
      { Layers: ['arn:b', 'arn:a'] },
      [{ name: 'Layers', from: '["arn:a","arn:b"]', to: '["arn:b","arn:a"]' }],
    ],
    [
      'in members, shown in the order of their names and without what is empty',
      { LoggingConfig: { LogGroup: '', LogFormat: 'Text' } },
      { LoggingConfig: { SystemLogLevel: 'INFO', LogFormat: 'JSON' } },
      [{ name: 'LoggingConfig', from: '{"LogFormat":"Text"}', to: '{"LogFormat":"JSON","SystemLogLevel":"INFO"}' }],
    ],
    [
      'in several members, told by name',
      { Timeout: 3, MemorySize: 128, Runtime: 'nodejs24.x' },
      { Timeout: 30, MemorySize: 512, Runtime: 'nodejs24.x' },
      [
        { name: 'MemorySize', from: '128', to: '512' },
        { name: 'Timeout', from: '3', to: '30' },
      ],
    ],
  ])('%s', (_, from, to, shows) => {
    expect(differences(from, to)).toEqual(shows)
  })
})

describe('of environment variables', () => {
  const from = environment({ KEPT: 'same', TOKEN: 'old-secret', GONE: 'gone-secret' })
  const to = environment({ KEPT: 'same', TOKEN: 'new-secret', ADDED: 'added-secret', MORE: 'more-secret' })

  test('the names are told', () => {
    expect(differences(from, to)).toEqual([
      { name: 'Environment', from: '3 variables', to: 'adds ADDED, MORE; changes TOKEN; removes GONE' },
    ])
  })

  test('no value is', () => {
    for (const [a, b] of [
      [from, to],
      [to, from],
      [{}, to],
      [from, {}],
    ] as const) {
      expect(JSON.stringify(differences(a, b))).not.toMatch(/secret|same/)
    }
  })

  test.each<[what: string, from: Settings, to: Settings, shows: Difference]>([
    ['the first', {}, environment({ A: 'x' }), { name: 'Environment', from: '0 variables', to: 'adds A' }],
    ['the last', environment({ A: 'x' }), {}, { name: 'Environment', from: '1 variable', to: 'removes A' }],
    [
      'an emptied one',
      environment({ A: 'x' }),
      environment({ A: '' }),
      { name: 'Environment', from: '1 variable', to: 'changes A' },
    ],
    [
      'one named like a part of every object',
      {},
      environment({ constructor: 'x' }),
      { name: 'Environment', from: '0 variables', to: 'adds constructor' },
    ],
  ])('%s is told', (_, from, to, shows) => {
    expect(differences(from, to)).toEqual([shows])
  })
})

function vpc(SubnetIds: readonly string[], SecurityGroupIds: readonly string[]): Settings {
  return { VpcConfig: { SubnetIds, SecurityGroupIds } }
}

function environment(Variables: Readonly<Record<string, string>>): Settings {
  return { Environment: { Variables } }
}
