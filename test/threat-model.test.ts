import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const home = new URL('../', import.meta.url)
const text = readFileSync(new URL('docs/threat-model.md', home), 'utf8')

/** `test/….test.ts`: “title”, as the document names a test. */
const named = [...text.matchAll(/`(test\/[^`]+\.test\.ts)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}))

/** The rows of the document's tables: a threat, what is done against it, and what checks that. */
const rows = text
  .split('\n')
  .filter(line => line.startsWith('| ') && !/^\| (---|Could)/.test(line))
  .map(line => line.slice(2, -2).split(' | '))

/** Whether a file has a test, or a group of tests, with this title. */
function has(file: string, title: string): boolean {
  const place = new URL(file, home)
  return existsSync(place) && titlesIn(readFileSync(place, 'utf8')).includes(title)
}

function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(/(?:^|[\s(,)])(['"])((?:(?!\1)[^\\\n]|\\.)+)\1,/g)].map(([, , title = '']) => title)
}

describe('the threat model', () => {
  test('names tests, and each of them is there', () => {
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter(({ file, title }) => !has(file, title))).toEqual([])
  })

  test('says of each threat what is done against it, and which test checks that', () => {
    expect(rows.length).toBeGreaterThan(25)
    expect(
      rows.filter(row => row.length !== 3 || !/`test\/[^`]+`: “/.test(row[2] ?? '')).map(([threat]) => threat),
    ).toEqual([])
  })

  test('cites no test in another form, which nobody would look for', () => {
    const mentioned = [...text.matchAll(/test\/[\w/.-]+/g)].length
    expect(mentioned).toBe(named.length)
  })

  test('says what is not defended', () => {
    const [, not = ''] = text.split('## What is not defended')
    expect(not.split('\n').filter(line => line.startsWith('- ')).length).toBeGreaterThan(5)
  })

  test('is what SECURITY.md points at, which tells where to report', () => {
    const security = readFileSync(new URL('SECURITY.md', home), 'utf8')
    expect(security).toContain('(docs/threat-model.md)')
    expect(security).toContain('github.com/OWNER/lambda-rollout/security/advisories/new')
  })
})

test('a test that is not there is found to be missing', () => {
  expect(has('test/threat-model.test.ts', 'names tests, and each of them is there')).toBe(true)
  expect(has('test/threat-model.test.ts', 'names no tests')).toBe(false)
  expect(has('test/nowhere.test.ts', 'names tests, and each of them is there')).toBe(false)
})
