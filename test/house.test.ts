import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const home = fileURLToPath(new URL('../src/', import.meta.url))

type Room = {
  readonly holds: readonly string[]
  /** The rooms it may import from, besides itself. */
  readonly imports: readonly string[]
  /** The npm packages that are its own; what it may take of Node. */
  readonly packages?: readonly string[]
  readonly node?: 'any' | readonly string[]
}

/** The floors from the bottom to the top: nobody imports from above, and adapters not from each other. */
const rooms: Readonly<Record<string, Room>> = {
  core: { holds: ['rollout/*.ts'], imports: [] },
  measures: { holds: ['duration.ts', 'bytes.ts'], imports: [] },
  failure: { holds: ['failure.ts'], imports: [] },
  strategy: { holds: ['strategy.ts'], imports: ['core', 'measures'] },
  ports: { holds: ['ports.ts'], imports: ['core'] },
  parallel: { holds: ['parallel.ts'], imports: [] },
  problem: { holds: ['problem.ts'], imports: ['failure', 'ports'] },
  inputs: {
    holds: ['inputs.ts', 'inputs/*.ts'],
    imports: ['core', 'measures', 'strategy'],
    packages: ['yaml'],
  },
  mending: { holds: ['mending/*.ts'], imports: ['core', 'ports'] },
  releasing: {
    holds: ['releasing/*.ts'],
    imports: ['core', 'measures', 'failure', 'ports', 'problem', 'inputs'],
  },
  rolling: { holds: ['rolling/*.ts'], imports: ['core', 'ports', 'parallel', 'mending'] },
  beginning: {
    holds: ['beginning/*.ts'],
    imports: ['core', 'measures', 'failure', 'ports', 'inputs', 'mending', 'releasing', 'rolling'],
  },
  retaining: { holds: ['retain.ts'], imports: ['core', 'ports', 'problem'] },
  deployment: { holds: ['deployment.ts'], imports: ['core', 'ports'] },
  previewing: {
    holds: ['previewing/*.ts'],
    imports: ['core', 'failure', 'ports', 'problem', 'deployment', 'retaining', 'inputs', 'releasing', 'beginning'],
  },
  stories: {
    holds: [
      ...['deploy.ts', 'promote.ts', 'rollback.ts', 'preview.ts', 'prune.ts'],
      ...['roll.ts', 'trial.ts', 'candidates.ts', 'abandon.ts', 'perform.ts', 'aftermath.ts'],
    ],
    imports: [
      ...[
        'core',
        'measures',
        'failure',
        'strategy',
        'ports',
        'parallel',
        'problem',
        'deployment',
        'retaining',
        'inputs',
      ],
      ...['mending', 'releasing', 'rolling', 'beginning', 'previewing'],
    ],
  },
  artifact: {
    holds: ['artifact/*.ts'],
    imports: ['core', 'measures', 'failure', 'ports'],
    packages: ['fflate', 'pako', 'yauzl'],
    node: 'any',
  },
  aws: {
    holds: ['aws/*.ts'],
    imports: ['core', 'measures', 'failure', 'ports'],
    packages: ['@aws-sdk/*', '@smithy/types'],
    node: 'any',
  },
  github: {
    holds: ['github/*.ts'],
    imports: ['core', 'measures', 'failure', 'strategy', 'ports'],
    packages: ['@actions/github', 'markdown-table'],
    node: 'any',
  },
  clock: { holds: ['clock.ts'], imports: ['ports'], node: ['node:timers/promises'] },
  main: {
    holds: ['main.ts'],
    imports: [
      ...['core', 'measures', 'failure', 'strategy', 'ports', 'inputs', 'stories'],
      ...['artifact', 'aws', 'github', 'clock'],
    ],
    packages: ['@actions/core'],
    node: 'any',
  },
}

/** Whatever names another module. */
const importing = new Set([
  ...['ImportDeclaration', 'ImportExpression', 'TSImportType'],
  ...['ExportNamedDeclaration', 'ExportAllDeclaration'],
])

/** The SDK's clients are made where all is wired; nothing else of the SDK leaves its room. */
const wired = /^@aws-sdk\/client-/

const files = globSync('**/*.ts', { cwd: home }).toSorted()
const sources = files.map(file => read(file, readFileSync(join(home, file), 'utf8')))

describe('every file', () => {
  test('is there to be judged', () => {
    expect(files.length).toBeGreaterThan(40)
    expect(sources.flatMap(source => source.imports).length).toBeGreaterThan(100)
  })

  test.each(files)('src/%s belongs to one room', file => {
    expect(roomsOf(file)).toHaveLength(1)
  })
})

describe('imports only what lies below it', () => {
  test.each(Object.keys(rooms))('%s', room => {
    expect(sources.filter(source => roomsOf(source.file).includes(room)).flatMap(strayImports)).toEqual([])
  })

  test('a package has one room, and main besides where it wires', () => {
    const users = new Map<string, Set<string>>()
    for (const { file, imports } of sources) {
      for (const { specifier } of imports.filter(({ specifier }) => !/^(\.|node:)/.test(specifier))) {
        const rooms = roomsOf(file).filter(room => room !== 'main')
        users.set(specifier, new Set([...(users.get(specifier) ?? []), ...rooms]))
      }
    }
    expect(users.size).toBeGreaterThan(5)
    expect([...users].filter(([, rooms]) => rooms.size > 1)).toEqual([])
  })

  test('the ports are types and one error: they take nothing from the core but types', () => {
    const ports = sources.filter(({ file }) => file === 'ports.ts').flatMap(({ imports }) => imports)
    expect(ports.filter(({ typeOnly }) => !typeOnly)).toEqual([])
  })
})

/** What may be written in some files only; no file at all where there is none. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  process: ['main.ts'],
  // The SDK dates Retry-After from its own Date.now, so that alone tells how long it asks to wait.
  'the present': ['clock.ts', 'aws/retry.ts'],
  'a bare timer': [],
  console: [],
  'default export': [],
  barrel: [],
  enum: [],
  namespace: [],
  any: [],
}

describe('is written in its own place', () => {
  test.each(Object.entries(reserved))('%s: only %j', (what, where) => {
    const found = sources.filter(({ marks }) => marks.includes(what)).map(({ file }) => file)
    expect(found.filter(file => !where.includes(file))).toEqual([])
    expect(where.filter(file => !found.includes(file))).toEqual([])
  })

  test('a comment: within 120 columns, which the formatter does not see to', () => {
    const wide = files.flatMap(file =>
      readFileSync(join(home, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => (/^\s*(\/\*\*|\*|\/\/)/.test(line) && line.length > 120 ? [`${file}:${i + 1}`] : [])),
    )
    expect(wide).toEqual([])
  })

  test('chance: only where the world is', () => {
    const world = ['artifact', 'aws', 'github', 'clock', 'main']
    const found = sources.filter(({ marks }) => marks.includes('chance')).map(({ file }) => file)
    expect(found.filter(file => !roomsOf(file).some(room => world.includes(room)))).toEqual([])
  })
})

describe('this judge', () => {
  test.each<[file: string, text: string, stray: readonly string[]]>([
    ['rollout/a.ts', `import { b } from './b.ts'`, []],
    ['rollout/a.ts', `import type { Clock } from '../ports.ts'`, ['rollout/a.ts → ../ports.ts']],
    ['rollout/a.ts', `export { x } from '../duration.ts'`, ['rollout/a.ts → ../duration.ts']],
    ['rollout/a.ts', `import { readFile } from 'node:fs'`, ['rollout/a.ts → node:fs']],
    ['rollout/a.ts', `const yaml = await import('yaml')`, ['rollout/a.ts → yaml']],
    ['rollout/a.ts', `type A = import('../ports.ts').Clock`, ['rollout/a.ts → ../ports.ts']],
    ['rollout/a.ts', 'const a = await import(name)', ['rollout/a.ts → (computed)']],
    ['duration.ts', `import './bytes.ts'`, []],
    ['duration.ts', `import './rollout/plan.ts'`, ['duration.ts → ./rollout/plan.ts']],
    ['roll.ts', `import { decide } from './rollout/decide.ts'`, []],
    ['roll.ts', `import { clock } from './clock.ts'`, ['roll.ts → ./clock.ts']],
    ['roll.ts', `import type { A } from './aws/alias.ts'`, ['roll.ts → ./aws/alias.ts']],
    ['roll.ts', `import { markdownTable } from 'markdown-table'`, ['roll.ts → markdown-table']],
    ['aws/a.ts', `import { S3Client } from '@aws-sdk/client-s3'`, []],
    ['aws/a.ts', `import { log } from '../github/log.ts'`, ['aws/a.ts → ../github/log.ts']],
    ['aws/a.ts', `import { roll } from '../roll.ts'`, ['aws/a.ts → ../roll.ts']],
    ['aws/a.ts', `import * as core from '@actions/core'`, ['aws/a.ts → @actions/core']],
    ['github/a.ts', `import { LambdaClient } from '@aws-sdk/client-lambda'`, ['github/a.ts → @aws-sdk/client-lambda']],
    ['clock.ts', `import { setTimeout } from 'node:timers'`, ['clock.ts → node:timers']],
    ['main.ts', `import { LambdaClient } from '@aws-sdk/client-lambda'`, []],
    ['main.ts', `import { Upload } from '@aws-sdk/lib-storage'`, ['main.ts → @aws-sdk/lib-storage']],
    ['main.ts', `import { strange } from './elsewhere.ts'`, ['main.ts → ./elsewhere.ts']],
  ])('in %s, of %s', (file, text, stray) => {
    expect(strayImports(read(file, text))).toEqual(stray)
  })

  test.each<[text: string, marks: readonly string[]]>([
    [`// process, any, enum and Date.now() in a comment`, []],
    ['const a = `Date.now() process`', []],
    ['const a = world.process', []],
    ['const a = { process: 1, any: 2 }', []],
    ['const a = new Date(0)', []],
    ['type A = { process: string }', []],
    ['const { env } = process', ['process']],
    [`const a = \`\${process.pid}\``, ['process']],
    ['const a = { process }', ['process']],
    [`import { env } from 'node:process'`, ['process']],
    ['const a = globalThis.process', ['process']],
    ['const a = Date.now()', ['the present']],
    ['const a = new Date()', ['the present']],
    ['const a = Date()', ['the present']],
    ['const { now } = Date', ['the present']],
    ['const a = performance.now()', ['the present']],
    ['setTimeout(a, 1)', ['a bare timer']],
    ['const a = setInterval', ['a bare timer']],
    ['console.log(1)', ['console']],
    ['export default 1', ['default export']],
    ['const a = 1\nexport { a as default }', ['default export']],
    [`export * from './a.ts'`, ['barrel']],
    ['enum A {}', ['enum']],
    ['namespace A { export const a = 1 }', ['namespace']],
    ['const a = b as any', ['any']],
    ['const a: Record<string, any[]> = {}', ['any']],
    ['const a = Math.random()', ['chance']],
    [`import { randomUUID } from 'node:crypto'`, ['chance']],
  ])('of %s', (text, marks) => {
    expect(read('a.ts', text).marks).toEqual(marks)
  })
})

type Import = { readonly specifier: string; readonly typeOnly: boolean }
type Source = { readonly file: string; readonly imports: readonly Import[]; readonly marks: readonly string[] }

function roomsOf(file: string): readonly string[] {
  const within = ({ holds }: Room) =>
    holds.some(path => (path.endsWith('/*.ts') ? dirname(file) === dirname(path) : file === path))
  return Object.entries(rooms).flatMap(([name, room]) => (within(room) ? [name] : []))
}

/** What a file imports and may not. */
function strayImports({ file, imports }: Source): readonly string[] {
  const [name = ''] = roomsOf(file)
  const { imports: below = [], packages = [], node = [] } = rooms[name] ?? {}
  const isAllowed = (specifier: string) => {
    if (specifier.startsWith('.')) {
      const [room] = roomsOf(join(dirname(file), specifier))
      return room !== undefined && (room === name || below.includes(room))
    }
    if (specifier.startsWith('node:')) return node === 'any' || node.includes(specifier)
    const isOwn = (own: string) => (own.endsWith('/*') ? specifier.startsWith(own.slice(0, -1)) : specifier === own)
    return packages.some(isOwn) || (name === 'main' && wired.test(specifier))
  }
  return imports.filter(({ specifier }) => !isAllowed(specifier)).map(({ specifier }) => `${file} → ${specifier}`)
}

/** What a file imports, and what else of interest is written in it; comments and texts do not count. */
function read(file: string, text: string): Source {
  const imports: Import[] = []
  const marks = new Set<string>()
  const note = (node: Node, parent: Node | undefined, key: string) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) imports.push({ specifier, typeOnly: isTypeOnly(node) })
    const mark = markOf(node, parent, key)
    if (mark !== undefined) marks.add(mark)
  }
  walk(parseAst(text, { lang: 'ts' }), note)
  return { file, imports, marks: [...marks] }
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function walk(
  value: unknown,
  visit: (node: Node, parent: Node | undefined, key: string) => void,
  parent?: Node,
  key = '',
): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit, parent, key)
  if (!isNode(value)) return
  visit(value, parent, key)
  for (const [name, member] of Object.entries(value)) walk(member, visit, value, name)
}

function specifierOf(node: Node): string | undefined {
  if (!importing.has(node.type) || !isNode(node.source)) return undefined
  return typeof node.source.value === 'string' ? node.source.value : '(computed)'
}

function isTypeOnly({ type, importKind, exportKind }: Node): boolean {
  return type === 'TSImportType' || importKind === 'type' || exportKind === 'type'
}

function markOf(node: Node, parent: Node | undefined, key: string): string | undefined {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      return 'default export'
    case 'ExportSpecifier':
      return nameOf(node.exported) === 'default' ? 'default export' : undefined
    case 'ExportAllDeclaration':
      return 'barrel'
    case 'TSEnumDeclaration':
      return 'enum'
    case 'TSModuleDeclaration':
      return 'namespace'
    case 'TSAnyKeyword':
      return 'any'
    case 'NewExpression':
      return nameOf(node.callee) === 'Date' && Array.isArray(node.arguments) && node.arguments.length === 0
        ? 'the present'
        : undefined
    case 'CallExpression':
      return nameOf(node.callee) === 'Date' ? 'the present' : undefined
    case 'MemberExpression':
      return markOfMember(nameOf(node.object), nameOf(node.property))
    case 'VariableDeclarator':
      return nameOf(node.init) === 'Date' ? 'the present' : undefined
    case 'ImportDeclaration':
      return isNode(node.source) && node.source.value === 'node:process' ? 'process' : undefined
    case 'Identifier':
      return isReference(parent, key) ? markOfGlobal(nameOf(node)) : undefined
    case 'ImportSpecifier':
      return nameOf(node.imported)?.startsWith('random') ? 'chance' : undefined
    default:
      return undefined
  }
}

function markOfMember(object: string | undefined, property: string | undefined): string | undefined {
  if (object === 'Date' && property === 'now') return 'the present'
  if (object === 'Math' && property === 'random') return 'chance'
  return object === 'globalThis' ? markOfGlobal(property) : undefined
}

function markOfGlobal(name: string | undefined): string | undefined {
  switch (name) {
    case 'process':
    case 'console':
      return name
    case 'performance':
      return 'the present'
    case 'setTimeout':
    case 'setInterval':
    case 'setImmediate':
      return 'a bare timer'
    default:
      return undefined
  }
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && typeof node.name === 'string' ? node.name : undefined
}

/** Whether an identifier there stands for a value, and does not only name a member, an import or a type's part. */
function isReference(parent: Node | undefined, key: string): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return key === 'object' || parent.computed === true
    case 'Property':
      return key === 'value' || parent.computed === true
    case 'ImportSpecifier':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return key === 'value' || key === 'typeAnnotation'
    default:
      return true
  }
}
