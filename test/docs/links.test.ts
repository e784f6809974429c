import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** Every link of the documents leads somewhere. Nobody is asked whether a site still has a page: tests have no network. */

const home = fileURLToPath(new URL('../../', import.meta.url))
const files = globSync(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/**/*.md'], { cwd: home })

/** A document without what it only shows: code, where brackets are no links. */
function proseOf(text: string): string {
  return text.replaceAll(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

/** Where the links and pictures of a text lead. */
export function linksIn(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)/g)].map(([, to = '']) => to)
}

/** The anchors that GitHub gives the headings of a text; of equal ones the later ones get a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  const shown = text.replaceAll(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, '')
  for (const [, heading = ''] of shown.matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '').replaceAll(' ', '-')
    const free = (n: number): string => (n === 0 ? anchor : `${anchor}-${n}`)
    let n = 0
    while (anchors.has(free(n))) n++
    anchors.add(free(n))
  }
  return anchors
}

/** What is wrong with a link of a file; nothing where it leads somewhere. */
function problemOf(file: string, link: string, read: (path: string) => string | undefined): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) {
    if (!URL.canParse(link)) return 'is no address'
    return new URL(link).protocol === 'https:' ? undefined : 'is not https'
  }
  const [path = '', anchor] = link.split('#')
  const to = path === '' ? file : join(dirname(file), path)
  const text = read(to)
  if (text === undefined) return 'leads nowhere'
  if (anchor === undefined || !to.endsWith('.md')) return undefined
  return anchorsOf(text).has(anchor) ? undefined : `has no heading #${anchor}`
}

/** The text of a file, or nothing but that it is there for a folder; undefined where there is neither. */
function readFile(path: string): string | undefined {
  const place = join(home, path)
  if (relative(home, place).startsWith('..') || !existsSync(place)) return undefined
  return statSync(place).isDirectory() ? '' : readFileSync(place, 'utf8')
}

describe.each(files.map(file => ({ file })))('$file', ({ file }) => {
  test('has no link that leads nowhere', () => {
    const links = linksIn(readFileSync(join(home, file), 'utf8'))
    const broken = links.flatMap(link => {
      const problem = problemOf(file, link, readFile)
      return problem === undefined ? [] : [`${link} ${problem}`]
    })
    expect(broken).toEqual([])
  })
})

test('the documents are found, and so are their links', () => {
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/README.md', 'docs/recipes/canary.md']),
  )
  expect(files.flatMap(file => linksIn(readFileSync(join(home, file), 'utf8'))).length).toBeGreaterThan(150)
})

describe('a link that is wrong is found:', () => {
  const pages: Readonly<Record<string, string>> = {
    'docs/a.md': '# One & two\n\n## `pause` as a step\n\n## Same\n\n## Same\n\n```sh\n# no heading\n```\n',
    'docs/b.md': '',
  }
  const read = (path: string) => pages[path]

  test.each([
    ['b.md', undefined],
    ['b.md#x', 'has no heading #x'],
    ['c.md', 'leads nowhere'],
    ['../docs/a.md#one--two', undefined],
    ['#pause-as-a-step', undefined],
    ['#same-1', undefined],
    ['#same-2', 'has no heading #same-2'],
    ['#no-heading', 'has no heading #no-heading'],
    ['https://example.com/x', undefined],
    ['http://example.com/x', 'is not https'],
    ['https://exa mple', 'is no address'],
    ['mailto:somebody@example.com', 'is not https'],
  ])('%s %s', (link, problem) => {
    expect(problemOf('docs/a.md', link, read)).toBe(problem)
  })

  test('and what stands in code is none', () => {
    expect(linksIn('[a](b.md) `[c](d.md)`\n```md\n[e](f.md)\n```\n![g](h.png)')).toEqual(['b.md', 'h.png'])
  })
})
