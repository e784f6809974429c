import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const home = new URL('../', import.meta.url)

function read(file: string): string {
  return readFileSync(new URL(file, home), 'utf8')
}

type Element = {
  readonly type: string
  readonly id?: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly validations?: { readonly required?: boolean }
}

type Form = { readonly name: string; readonly description: string; readonly body: readonly Element[] }

const forms = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: home }).filter(file => !file.endsWith('/config.yml'))

/** What each kind of element needs, as GitHub documents its issue forms. */
const needed: Readonly<Record<string, string>> = {
  markdown: 'value',
  dropdown: 'options',
  input: 'label',
  textarea: 'label',
}

describe.each(forms.toSorted())('%s', file => {
  const { name, description, body } = parse(read(file)) as Form
  const asked = body.filter(({ type }) => type !== 'markdown')

  test('is a form that GitHub takes', () => {
    expect([name, description].map(text => text.length > 5)).toEqual([true, true])
    expect(body.filter(({ type, attributes }) => !(String(needed[type]) in attributes))).toEqual([])
    expect(asked.filter(({ id = '', attributes }) => !/^[a-z]+$/.test(id) || !attributes.label)).toEqual([])
    expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length)
  })

  test('asks for something without which nobody could help, and for more if there is more', () => {
    const required = asked.filter(({ validations }) => validations?.required)
    expect(required.length).toBeGreaterThan(1)
    expect(required.length).toBeLessThan(asked.length)
  })
})

test('there is a form for what went wrong and one for what is missing, and no empty issue', () => {
  expect(forms.length).toBe(2)
  const { blank_issues_enabled: blank, contact_links: links } = parse(read('.github/ISSUE_TEMPLATE/config.yml'))
  expect(blank).toBe(false)
  expect(links.map(({ url }: { url: string }) => url)).toContainEqual(
    expect.stringContaining('/security/advisories/new'),
  )
})

test('Dependabot proposes what workflows pin and what npm installs, and lets it age', () => {
  const { version, updates } = parse(read('.github/dependabot.yml'))
  expect(version).toBe(2)
  expect(updates.map((update: Record<string, unknown>) => update['package-ecosystem'])).toEqual([
    'github-actions',
    'npm',
  ])
  expect(updates.map(({ cooldown }: { cooldown: unknown }) => cooldown)).toEqual(Array(2).fill({ 'default-days': 7 }))
})

test('nobody owns the code before somebody takes it over', () => {
  expect(
    read('.github/CODEOWNERS')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#')),
  ).toEqual([])
})

test('what is built is marked as generated, and what is written by people is not', () => {
  const args = ['check-attr', 'linguist-generated', '--', 'dist/index.js', 'dist/thread/index.js', 'src/main.ts']
  const said = execFileSync('git', args, { cwd: fileURLToPath(home), encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(said.map(line => line.split(': ').at(-1))).toEqual(['true', 'true', 'unspecified'])
})

describe('CHANGELOG.md', () => {
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  const form = /^(?:Unreleased|(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\))$/

  test('has a heading a version, as the release looks for it, the newest first', () => {
    expect(headings.filter(heading => !form.test(heading))).toEqual([])
    const versions = headings.flatMap(heading => form.exec(heading)?.[1] ?? [])
    const newestFirst = versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    expect(versions).toEqual(newestFirst)
  })

  test('tells what is unreleased above all', () => {
    expect(headings.indexOf('Unreleased')).toBeLessThan(1)
  })
})

describe('CONTRIBUTING.md', () => {
  const text = read('CONTRIBUTING.md')

  test('names only files that are there', () => {
    const named = [...text.matchAll(/`((?:src|test|docs|bench|\.ci|\.github)\/[\w./*-]*)`/g)].map(
      ([, file = '']) => file,
    )
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(file => globSync(file.replace(/\/$/, ''), { cwd: home }).length === 0)).toEqual([])
  })

  test('names only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, script = '']) => script)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter(script => !(script in scripts))).toEqual([])
  })
})
