import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatDuration, parseDuration } from '../src/duration.ts'
import { table } from '../src/github/markdown.ts'
import { block, code, inline, link, logSafe, oneLine, prose } from '../src/github/text.ts'
import { parseCheck } from '../src/inputs/checks.ts'
import { parseConfiguration } from '../src/inputs/configuration.ts'
import { readPull } from '../src/inputs/pull.ts'
import { loadInputs } from '../src/inputs.ts'
import { formatJournal, type Journal, leftAt, newerRun, parseJournal } from '../src/rollout/journal.ts'
import { claim, isPreview, pullOfAlias, pullOfVersion } from '../src/rollout/preview.ts'
import { parseStrategy } from '../src/strategy.ts'
import { hostileText, json, mutated, seeded } from './fuzz/arbitraries.ts'
import { run } from './support/builders.ts'
import { StepLog } from './support/runner/log.ts'

const { inputs: known } = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8')) as {
  readonly inputs: Readonly<Record<string, unknown>>
}
const names = Object.keys(known)

type With = Readonly<Record<string, string>>

const commands = ['deploy', 'promote', 'rollback', 'preview', 'prune']

/** What the inputs usually are, so that what is wrong with one is not hidden by what is wrong with all. */
const usual: With = {
  'function-name': 'orders',
  'aws-region': 'eu-west-1',
  alias: 'live',
  artifact: 'dist/',
  configuration: 'MemorySize: 512\nEnvironment: { Variables: { STAGE: live } }',
  strategy: '1% for 5m, 10% for 10m, pause',
  'canary-weight': '10%',
  'bake-time': '1h30m',
  checks: 'errors no worse than stable\np99 duration < 1.2x stable for 3m\nerror-rate < 1%',
  'insufficient-data': 'wait 30m',
  'low-traffic': 'extend 30m',
  'smoke-test': '{"ping": true}',
  'upload-bucket': 'builds/orders',
  'role-to-assume': 'arn:aws:iam::111122223333:role/deploy-orders',
}

const pull = { number: 7, head: { sha: 'feedc0de', repo: { full_name: 'octo/orders' } }, base: {} }

async function problemsOf(step: With, event: unknown = { action: 'opened', pull_request: pull }) {
  const loaded = await loadInputs({
    get: name => (Object.hasOwn(step, name) ? (step[name] ?? '') : ''),
    env: {},
    lies: path => (path === 'dist/' ? 'directory' : 'nothing'),
    read: path => (path.includes('json') ? path : undefined),
    run: run(),
    ref: 'main',
    event,
  })
  return loaded.kind === 'problems' ? loaded.problems : []
}

/** One sentence, that begins with the input that it is about. */
function isOfAnInput(problem: string): boolean {
  const [, name = ''] = /^`([a-z-]+)(?:: preview)?`/.exec(problem) ?? []
  return Object.hasOwn(known, name) && !/[\r\n]|\n\s+at /.test(oneLine(problem))
}

/** What it took since then, whoever else is busy. */
function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

describe('inputs', () => {
  /** Some inputs at their best, some of them changed a little, some of them anything. */
  const step = fc.record({
    command: fc.constantFrom(...commands),
    kept: fc.subarray(Object.keys(usual)),
    changed: fc.dictionary(fc.constantFrom(...Object.keys(usual)), fc.integer({ min: 0 }), { maxKeys: 4 }),
    anything: fc.dictionary(fc.constantFrom(...names), hostileText(), { maxKeys: 4 }),
  })

  test('whatever they hold, nothing is thrown, and every problem is a sentence that names one', async () => {
    await fc.assert(
      fc.asyncProperty(step, async ({ command, kept, changed, anything }) => {
        const whole = Object.fromEntries(kept.map(name => [name, usual[name] ?? '']))
        const bent = Object.entries(changed).map(([name, seed]) => [name, mutated(usual[name] ?? '', seed)])
        const problems = await problemsOf({ command, ...whole, ...Object.fromEntries(bent), ...anything })
        expect(problems.filter(problem => !isOfAnInput(problem))).toEqual([])
      }),
      seeded(1_500),
    )
  })

  const long = 100_000
  const repeated = ['a', ' ', '1', '1h', '%,', '\n', '-a', 'a: ', '[', '{"a":', '*a ', '1.', ' for ', 'a.', 'pause,']

  test.each(names)('%s: a text of a hundred thousand characters takes no time to be refused', async name => {
    for (const part of repeated) {
      for (const [before, after] of [
        ['', ''],
        ['x', '!'],
      ]) {
        const text = `${before}${part.repeat(long / part.length)}${after}`
        const begun = process.cpuUsage()
        await problemsOf({ ...usual, [name]: text })
        expect(`${JSON.stringify(part)}: ${cpuMs(begun) < 5_000}`).toBe(`${JSON.stringify(part)}: true`)
      }
    }
  })
})

describe('what is read from one text', () => {
  test('a strategy, a check or a duration is understood, or refused in one sentence', () => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 0 }), (text, seed) => {
        for (const given of [
          text,
          mutated(usual.strategy ?? '', seed),
          mutated('LambdaLinear10PercentEvery1Minute', seed),
        ]) {
          const strategy = parseStrategy(given)
          if (strategy.kind === 'problem') expect(isOfAnInput(strategy.problem)).toBe(true)
          if (strategy.kind === 'fixed') {
            const shares = strategy.plan.steps.map(({ weight }) => weight)
            expect(shares.every((share, i) => share > (shares[i - 1] ?? 0) && share <= 1)).toBe(true)
            expect(strategy.plan.steps.every(({ bakeMs }) => bakeMs >= 0 && !Number.isNaN(bakeMs))).toBe(true)
          }
        }
        for (const given of [text, mutated('p99 duration < 1.2x stable for 3m', seed)]) {
          const check = parseCheck(given)
          if (check.kind === 'problem') expect(isOfAnInput(check.problem)).toBe(true)
        }
        for (const given of [text, mutated('1h30m', seed)]) {
          const ms = parseDuration(given) ?? 0
          expect(ms).toBeGreaterThanOrEqual(0)
        }
      }),
      seeded(2_000),
    )
  })

  test('a duration reads back as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), s => {
        expect(parseDuration(formatDuration(s * 1_000))).toBe(s * 1_000)
      }),
      seeded(500),
    )
  })

  const members = fc.constantFrom('MemorySize', 'Environment', 'Layers', 'Role', '__proto__', 'constructor', 'toString')

  test('a configuration of any shape is understood, or refused by the name of its member', async () => {
    const document = fc.dictionary(members, json(), { maxKeys: 3 }).map(value => JSON.stringify(value))
    const yaml = fc
      .integer({ min: 0 })
      .map(seed => mutated(`&a {b: [*a, !!js/x 1]}\n${usual.configuration}\n? [x]\n: y`, seed))
    await fc.assert(
      fc.asyncProperty(fc.oneof(document, yaml, hostileText()), async text => {
        const { problems } = await parseConfiguration(text)
        expect(problems.filter(problem => !problem.startsWith('`configuration` '))).toEqual([])
      }),
      seeded(1_000),
    )
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  const nested = (open: string, close: string, times: number) =>
    `Environment: ${open.repeat(times)}1${close.repeat(times)}`
  const laughs = [...'abcdefghij'].map(
    (name, i, all) => `${name}: &${name} [${`*${all[i - 1]},`.repeat(i === 0 ? 0 : 9)}1]`,
  )

  test.each([
    ['a billion laughs', laughs.join('\n')],
    ['a billion laughs where a list is due', `Layers:\n${laughs.map(laugh => `- ${laugh}`).join('\n')}`],
    ['an alias of itself', 'a: &a [*a]'],
    ['ten thousand lists in each other', nested('[', ']', 10_000)],
    ['ten thousand members in each other', nested('{a: ', '}', 10_000)],
    [
      'ten thousand lists, one a line',
      `Environment:\n${Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}-`).join('\n')}`,
    ],
    ['ten thousand members', Array.from({ length: 10_000 }, (_, i) => `a${i}: 1`).join('\n')],
    ['one name a thousand times', 'MemorySize: 1\n'.repeat(1_000)],
    ['a merge of a text', '<<: x'],
    ['a prototype', '__proto__: { polluted: true }'],
    ['two documents', 'MemorySize: 1\n---\nMemorySize: 2'],
    ['no document at all', '---\n...\n'],
    ['bytes', '\u0000\u0001\ufeff\ud800'],
  ])('a configuration that is %s is refused quickly, in sentences', async (_, text) => {
    const begun = process.cpuUsage()
    const { problems } = await parseConfiguration(text)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.filter(problem => !problem.startsWith('`configuration` '))).toEqual([])
    expect(cpuMs(begun)).toBeLessThan(10_000)
    expect(Object.prototype).not.toHaveProperty('polluted')
  })
})

describe('what stands in AWS', () => {
  const number = fc.integer({ min: 1, max: 10_000_000 }).map(String)
  const word = (letters: string, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength })
  const name = word('abcXYZ019-_.', 40)
  const journals: fc.Arbitrary<Journal> = fc
    .record({
      version: number,
      after: fc.option(number, { nil: undefined }),
      candidate: fc.option(
        fc.record({
          version: number,
          state: fc.constantFrom('rolling' as const, 'paused' as const, 'held' as const),
          since: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map(at => at.toISOString()),
        }),
        { nil: undefined },
      ),
      run: fc.record({
        repository: fc.tuple(name, name).map(parts => parts.join('/')),
        commit: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 7, maxLength: 7 }),
        id: fc.integer({ min: 1, max: 1e12 }).map(String),
        attempt: fc.integer({ min: 1, max: 99 }),
      }),
    })
    .map(({ after, candidate, ...rest }) => ({
      ...rest,
      ...(after !== undefined && { after }),
      ...(candidate !== undefined && { candidate }),
    }))

  test('a journal reads back as it was written, and fits', () => {
    fc.assert(
      fc.property(journals, journal => {
        expect(parseJournal(formatJournal(journal))).toEqual(journal)
        expect(formatJournal(journal).length).toBeLessThanOrEqual(256)
      }),
      seeded(1_000),
    )
  })

  test('any description is a journal or none, and one that was bent says nothing that cannot be used', () => {
    fc.assert(
      fc.property(journals, fc.integer({ min: 0 }), hostileText(), (journal, seed, text) => {
        for (const description of [mutated(formatJournal(journal), seed), text, text.slice(0, 256)]) {
          const read = parseJournal(description)
          if (read === undefined) continue
          expect(read.version).toMatch(/^\d+$/)
          expect(typeof newerRun(read.run, { ...run(), repository: read.run.repository })).toBe('boolean')
          if (read.candidate !== undefined) expect(leftAt(read.candidate)).not.toBeNaN()
        }
      }),
      seeded(1_500),
    )
  })

  test("any description is a preview's or not, and a bent one gives no number that is none", () => {
    fc.assert(
      fc.property(journals, fc.integer({ min: 0 }), hostileText(), (journal, seed, text) => {
        const version = mutated(`preview ${journal.run.repository}#7: abc1234 main run 987.1`, seed)
        const alias = mutated(formatJournal(journal), seed)
        for (const description of [version, alias, text]) {
          expect(typeof isPreview(description)).toBe('boolean')
          const numbers = [
            pullOfVersion(description, journal.run.repository),
            pullOfAlias(text, description, journal.run.repository),
            pullOfAlias(mutated('pr-7', seed), description, journal.run.repository),
          ]
          expect(numbers.filter(number => number !== undefined && !(Number.isInteger(number) && number > 0))).toEqual(
            [],
          )
          expect(['ours', 'not-ours', 'overtaken']).toContain(claim(text, description, journal.run).kind)
        }
      }),
      seeded(1_000),
    )
  })
})

describe('events', () => {
  const parts = {
    number: json(),
    state: json(),
    head: fc.oneof(json(), fc.record({ sha: json(), repo: json() })),
    base: fc.oneof(json(), fc.record({ repo: fc.record({ full_name: json() }) })),
  }
  const events = fc.oneof(
    json(),
    fc.record({ action: json(), pull_request: json() }),
    fc.record({ action: fc.constantFrom('opened', 'closed'), pull_request: fc.record(parts, { requiredKeys: [] }) }),
    fc.record({ pull_request: fc.record({ ...parts, number: fc.nat(), head: fc.record({ sha: hostileText() }) }) }),
  )

  test('any JSON tells of a pull request or of none', async () => {
    await fc.assert(
      fc.asyncProperty(events, async event => {
        const found = readPull(event)
        if (found !== undefined) expect([typeof found.number, typeof found.commit]).toEqual(['number', 'string'])
        const problems = await problemsOf(
          { command: 'preview', 'function-name': 'orders', artifact: 'dist/', 'aws-region': 'eu-west-1' },
          event,
        )
        expect(problems.filter(problem => !isOfAnInput(problem))).toEqual([])
      }),
      seeded(1_000),
    )
  })
})

describe('texts', () => {
  const texts = hostileText({ markup: true })

  test('whatever comes from outside starts no workflow command, and stays on its line', () => {
    fc.assert(
      fc.property(texts, text => {
        const shown: string[] = []
        const log = new StepLog({ secrets: [], debug: true, show: line => shown.push(line) })
        const line = logSafe(text)
        for (const part of line.split(/\r\n|\r|\n|\u2028|\u2029/)) log.read(part)
        expect({ shown, annotations: log.annotations, masks: log.masks, failed: log.failed }).toEqual({
          shown: [line],
          annotations: [],
          masks: [],
          failed: false,
        })
        expect(oneLine(text)).not.toMatch(/[\r\n\u2028\u2029]/)
      }),
      seeded(2_000),
    )
  })

  /** GitHub takes a pipe for the end of a cell unless a backslash stands before it. */
  function cellsOf(row: string): number {
    return row.split(/(?<!\\)\|/).length - 2
  }

  test('a table keeps its columns and rows', () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        const rows = table(['a', 'b', 'c'], [[inline(a), code(b), prose(c)]]).split('\n')
        expect(rows.map(cellsOf)).toEqual([3, 3, 3])
      }),
      seeded(1_500),
    )
  })

  /** The tags of what a reader of the markdown gets, but for links that GitHub makes of any address. */
  function tagsOf(markdown: string): readonly string[] {
    const html = marked.parse(markdown, { async: false, gfm: true })
    return [...html.matchAll(/<\/?([a-z0-9]+)[^>]*>/gi)]
      .filter(([tag]) => !/^<a href="(https?|ftp|mailto):/.test(tag) && tag !== '</a>')
      .map(([, name = '']) => name)
  }

  test('a cell shows text, and no HTML, picture, link of its own or markup', () => {
    const plain = tagsOf(table(['a'], [['b']]))
    fc.assert(
      fc.property(texts, text => {
        if (inline(text).trim() !== '') expect(tagsOf(table(['a'], [[inline(text)]]))).toEqual(plain)
        expect(inline(text)).not.toMatch(/[<>]/)
        expect(prose(text).replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')).not.toMatch(/[<>]/)
        // How a backslash before a pipe is read differs from renderer to renderer; GitHub's way is counted above.
        const shown = table(['a'], [[code(text.replaceAll('\\', '/'))]])
        expect(tagsOf(shown).filter(tag => tag !== 'code')).toEqual(plain)
      }),
      seeded(1_500),
    )
  })

  test('a block to copy is one block, and a link is one link', () => {
    fc.assert(
      fc.property(texts, text => {
        expect(marked.lexer(block(text, 'sh')).map(({ type }) => type)).toEqual(['code'])
        const html = marked.parse(`see ${link(text, `https://example.com/${text}`)}`, { async: false })
        expect(html).not.toMatch(/<(?!\/?(p|a)\b)/)
        expect(
          [...html.matchAll(/href="([^"]*)"/g)].filter(([, to = '']) => !/^(https?|ftp|mailto):/.test(to)),
        ).toEqual([])
      }),
      seeded(1_000),
    )
  })
})
