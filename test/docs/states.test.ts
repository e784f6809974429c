import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseJournal } from '../../src/rollout/journal.ts'
import { codeIn, pageTexts, tableAfter } from './pages.ts'

/** The states of the alias in docs/how-it-works.md are real ones: each was written by a run whose transcript is kept. */

const home = new URL('../scenarios/golden/', import.meta.url)
const transcripts = globSync('*.txt', { cwd: home }).map(file => readFileSync(new URL(file, home), 'utf8'))
/** What was written to an alias, by the action itself or by the schedule that it left. */
const writes = transcripts.flatMap(text =>
  text.split('\n').flatMap(line => {
    if (/lambda (?:Create|Update)Alias \{.*→ 20[01]$/.test(line)) return [line]
    const [, input] = /scheduler (?:Create|Update)Schedule .*?Input: '(\{[^']*\})'/.exec(line) ?? []
    return input === undefined ? [] : [input]
  }),
)

/** How a write would read that leaves an alias like this: the action's own call, or the schedule's input. */
function written([, version = '', weights = '', description = '']: readonly string[]): readonly string[] {
  const says = codeIn(description)[0] ?? ''
  const [, number, share] = /^(\d+): (\d+) %$/.exec(weights) ?? []
  const map = number === undefined ? '{}' : `{ '${number}': ${Number(share) / 100} }`
  if (share === '0') {
    return [`"FunctionVersion":"${version}"`, `{"AdditionalVersionWeights":{"${number}":0}}`, `"Description":"${says}"`]
  }
  return [`FunctionVersion: '${version}', Description: '${says}', RoutingConfig: { AdditionalVersionWeights: ${map} }`]
}

const rows = tableAfter('how-it-works.md', '<!-- states -->')

test('there are states of every kind: rolling, paused, held, whole', () => {
  expect(rows.length).toBeGreaterThan(12)
  const told = rows.flatMap(row => parseJournal(codeIn(row[3])[0] ?? '') ?? [])
  expect(new Set(told.map(({ candidate }) => candidate?.state))).toEqual(
    new Set(['rolling', 'paused', 'held', undefined]),
  )
})

test.each(rows.map(row => ({ moment: row[0], row })))('%#: an alias was left so, $moment', ({ row }) => {
  const parts = written(row)
  expect(writes.some(line => parts.every(part => line.includes(part)))).toBe(true)
})

test('a state that no run has ever left is found', () => {
  const parts = written(['', '1', '2: 11 %', '(none)'])
  expect(writes.some(line => parts.every(part => line.includes(part)))).toBe(false)
})

test('every journal that a page cites is one', () => {
  const cited = [...pageTexts()].flatMap(([file, text]) =>
    [...text.matchAll(/`(lambda-rollout \d[^`]*)`/g)].map(([, journal = '']) => ({ file, journal })),
  )
  expect(cited.length).toBeGreaterThan(8)
  expect(cited.filter(({ journal }) => parseJournal(journal) === undefined)).toEqual([])
})
