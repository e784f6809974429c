import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfiguration } from '../src/inputs/configuration.ts'
import type { Settings } from '../src/rollout/settings.ts'

/** What Node would print of its own accord, past the log and its care for secrets. */
const warnings: string[] = []
const listen = ({ message }: Error) => warnings.push(message)
beforeEach(() => {
  warnings.length = 0
  process.on('warning', listen)
})
afterEach(() => {
  process.off('warning', listen)
})

const everyMember = `
Architectures: [arm64]
CapacityProviderConfig: {}
DeadLetterConfig: { TargetArn: arn:aws:sqs:eu-west-1:123456789012:dead }
Description: takes orders
DurableConfig: { ExecutionTimeout: 60 }
Environment: { Variables: { STAGE: live, GONE: null } }
EphemeralStorage: { Size: 1024 }
FileSystemConfigs: []
Handler: index.handler
ImageConfig: { Command: [index.handler] }
KMSKeyArn: ''
Layers:
  - arn:aws:lambda:eu-west-1:123456789012:layer:tools:1
LoggingConfig: { LogFormat: JSON }
MemorySize: 512
Role: arn:aws:iam::123456789012:role/orders
Runtime: nodejs24.x
SnapStart: { ApplyOn: PublishedVersions }
Timeout: 30
TracingConfig: { Mode: Active }
VpcConfig: { SubnetIds: [subnet-1], SecurityGroupIds: [sg-1] }
`

const everySetting: Settings = {
  Architectures: ['arm64'],
  CapacityProviderConfig: {},
  DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:123456789012:dead' },
  Description: 'takes orders',
  DurableConfig: { ExecutionTimeout: 60 },
  Environment: { Variables: { STAGE: 'live', GONE: null } },
  EphemeralStorage: { Size: 1024 },
  FileSystemConfigs: [],
  Handler: 'index.handler',
  ImageConfig: { Command: ['index.handler'] },
  KMSKeyArn: '',
  Layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:1'],
  LoggingConfig: { LogFormat: 'JSON' },
  MemorySize: 512,
  Role: 'arn:aws:iam::123456789012:role/orders',
  Runtime: 'nodejs24.x',
  SnapStart: { ApplyOn: 'PublishedVersions' },
  Timeout: 30,
  TracingConfig: { Mode: 'Active' },
  VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
}

test.each([
  ['YAML', everyMember],
  ['JSON', JSON.stringify(everySetting)],
])('every member of Lambda’s configuration is taken from %s as it is', async (_, text) => {
  expect(await parseConfiguration(text)).toEqual({ settings: everySetting, problems: [] })
})

test('what is said once in YAML may be meant twice', async () => {
  const text = 'Environment: { Variables: { A: &stage live, B: *stage } }'
  expect(await parseConfiguration(text)).toEqual({
    settings: { Environment: { Variables: { A: 'live', B: 'live' } } },
    problems: [],
  })
})

describe('a problem is told by the name of its member', () => {
  const unknown = (name: string, advice: string) =>
    `\`configuration\` names \`${name}\`, which is no member of Lambda's function configuration; ${advice}`
  const members = `it can be ${Object.keys(everySetting).join(', ')}`

  test.each<[text: string, problem: string]>([
    ['Memory: 512', unknown('Memory', members)],
    ['FunctionName: orders', unknown('FunctionName', members)],
    ['memorySize: 512', unknown('memorySize', 'write it `MemorySize`')],
    ['constructor: 512', unknown('constructor', members)],
    ['MemorySize: lots', '`configuration` must give `MemorySize` a whole number'],
    ['MemorySize: "512"', '`configuration` must give `MemorySize` a whole number'],
    ['Timeout: 1.5', '`configuration` must give `Timeout` a whole number'],
    ['Handler: [index]', '`configuration` must give `Handler` a text'],
    ['Runtime: 24', '`configuration` must give `Runtime` a text'],
    ['Layers: arn:a', '`configuration` must give `Layers` a list, such as [arm64]'],
    ['VpcConfig: [a]', '`configuration` must give `VpcConfig` members, such as { Size: 1024 }'],
    ['Role: null', '`configuration` must give `Role` a text'],
    [
      'Environment: { STAGE: live }',
      '`configuration` must give `Environment` its `Variables`, for example `Environment: { Variables: { STAGE: live } }`',
    ],
  ])('%s', async (text, problem) => {
    expect((await parseConfiguration(text)).problems).toEqual([problem])
  })

  test.each(['8080', 'true', '010', '1.0', '[a]', '{ a: b }'])(
    'an environment variable may not be %s without quotes',
    async value => {
      const { problems } = await parseConfiguration(`Environment: { Variables: { PORT: ${value}, STAGE: live } }`)
      expect(problems).toEqual([
        '`configuration` gives the environment variable `PORT` a value that is no text; put it in quotes, for example `PORT: "…"` (or null to remove it)',
      ])
    },
  )

  test('and all of them at once', async () => {
    const { problems } = await parseConfiguration('Memory: 1\nTimeout: x\nEnvironment: { Variables: { A: 1, B: 2 } }')
    expect(problems.map(text => text.match(/`([A-Za-z]+)`/g)?.[1])).toEqual(['`Memory`', '`Timeout`', '`A`', '`B`'])
  })
})

describe('what cannot be read is told without a word of it', () => {
  const members = '`configuration` must hold members, for example `MemorySize: 512`'
  const neither = (line: number) =>
    `\`configuration\` is neither YAML nor JSON (line ${line}); write for example \`MemorySize: 512\``
  const tag = (line: number) =>
    `\`configuration\` has a YAML tag that means nothing here (line ${line}); write the value itself`
  const alias = '`configuration` has a YAML alias that leads nowhere or too far; write the value itself'

  test.each<[what: string, text: string, problem: string]>([
    ['a text', 'hunter2', members],
    ['a list', '[hunter2]', members],
    ['an open bracket', '{ Handler: hunter2', neither(1)],
    ['an open quote', 'Handler: index\nRole: "hunter2', neither(2)],
    ['a member that is there twice', 'Handler: a\nHandler: hunter2', neither(2)],
    ['a list among members', 'Environment:\n  Variables:\n    A: hunter2\n  - b', neither(4)],
    ['two documents', 'Handler: index\n---\nHandler: hunter2', neither(2)],
    ['a tag of CloudFormation', 'Handler: !Ref hunter2', tag(1)],
    ['a tag beside a secret', 'Timeout: 3\nEnvironment: { Variables: { KEY: hunter2, B: !GetAtt a.b } }', tag(2)],
    ['an alias that leads nowhere', 'Handler: *hunter2', alias],
    ['aliases without end', `Layers: &a [hunter2]\nVpcConfig: { SubnetIds: [${'*a, '.repeat(200)}] }`, alias],
  ])('%s', async (_, text, problem) => {
    expect(await parseConfiguration(text)).toEqual({ settings: {}, problems: [problem] })
    await new Promise(setImmediate)
    expect(warnings).toEqual([])
  })
})

test('no problem ever shows a value', async () => {
  const text = `
Handler: { secret: hunter2 }
MemorySize: hunter2
Layers: hunter2
Environment: { Variables: { A: [hunter2], B: { hunter2: hunter2 } }, Other: hunter2 }
`
  const { problems } = await parseConfiguration(text)
  expect(problems).toHaveLength(5)
  expect(problems.join('\n')).not.toContain('hunter2')
})
