import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { foldersOf, licencesOf } from '../docs/licenses.ts'

type Manifest = {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

type Locked = {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly hasInstallScript?: boolean
  readonly link?: boolean
}

const manifest = JSON.parse(read('package.json')) as Manifest
const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> }
const locked = Object.entries(lock.packages).filter(([path]) => path !== '')

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

/** What is bundled into dist/ asks for no more than its notice. */
const licences = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Zlib', '(MIT AND Zlib)']

type Listed = { readonly name: string; readonly version: string; readonly licence: string; readonly text: string }

/** The packages that a list of licences holds, in its order. */
function packagesIn(list: string): readonly Listed[] {
  const [, ...entries] = list.split(/^={80}\n/m)
  return entries.map(entry => {
    const [head = '', licence = '', ...text] = entry.split('\n')
    const [name = '', version = ''] = head.split(' ')
    return { name, version, licence, text: text.join('\n').trim() }
  })
}

/** The packages that the bundle itself names: those in a format that is merged into its users', and what these use. */
function named(): ReadonlySet<string> {
  const comments = /(?:CONCATENATED|EXTERNAL) MODULE: \.\/(?:.*\/)?node_modules\/((?:@[\w.-]+\/)?[\w.-]+)/g
  const parts = globSync('**/*.js', { cwd: new URL('../dist/', import.meta.url) }).map(file => read(`dist/${file}`))
  return new Set(parts.flatMap(part => [...part.matchAll(comments)].map(([, name = '']) => name)))
}

describe('dependencies', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })

  test('are pinned to one version each', () => {
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('are locked with the hash of their content, those that they depend on included', () => {
    expect(locked.length).toBeGreaterThan(all.length)
    expect(locked.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity))).toEqual([])
    expect(all.map(([name, version]) => [name, lock.packages[`node_modules/${name}`]?.version === version])).toEqual(
      all.map(([name]) => [name, true]),
    )
  })

  test('run nothing when they are installed, and neither does this project', () => {
    expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']
    expect(hooks.filter(hook => hook in manifest.scripts)).toEqual([])
  })

  test('come from the registry by their names: none from an address, a repository or a folder', () => {
    expect(locked.filter(([, { link, version }]) => link || !/^\d/.test(version))).toEqual([])
  })
})

describe('what is shipped', () => {
  const shipped = locked.filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
  const listed = packagesIn(read('dist/licenses.txt'))

  test('has a licence that asks for its notice and no more', () => {
    expect(shipped.filter(([, { license = '' }]) => !licences.includes(license)).map(([path]) => path)).toEqual([])
    expect(listed.length).toBeGreaterThan(5)
    expect(listed.filter(({ licence }) => !licences.includes(licence))).toEqual([])
  })

  test('is listed with its licence in dist/licenses.txt', () => {
    const names = listed.map(({ name }) => name)
    const ofOthers = ['undici', 'tunnel', 'pend', 'bowser', '@smithy/core', '@aws-sdk/nested-clients']
    const due = [...Object.keys(manifest.dependencies), ...ofOthers, ...named()]
    expect(named().size).toBeGreaterThan(20)
    expect(due.filter(name => !names.includes(name))).toEqual([])
    expect(listed.filter(({ text }) => text.length < 500).map(({ name }) => name)).toEqual([])
  })

  test('is listed in order, each once, as it is locked', () => {
    const heads = listed.map(({ name, version }) => `${name} ${version}`)
    expect(heads).toEqual([...new Set(heads)].toSorted())
    const known = shipped.map(
      ([path, { version, license }]) => `${path.replace(/.*node_modules\//, '')} ${version} ${license}`,
    )
    expect(listed.map(({ licence }, i) => `${heads[i]} ${licence}`).filter(head => !known.includes(head))).toEqual([])
  })

  test('starts from dist/ alone: the action installs nothing on the runner', () => {
    const { runs } = parse(read('action.yml')) as { readonly runs: unknown }
    expect(runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/index.js' })
  })
})

describe('the list of licences', () => {
  let home = ''

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'licences-'))
  })
  afterAll(() => rmSync(home, { recursive: true }))

  /** The folder of a package with these files. */
  function folder(name: string, over: object, files: Readonly<Record<string, string>>): string {
    const path = mkdtempSync(join(home, 'package-'))
    writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT', ...over }))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
    return path
  }

  const ours = { repository: { url: 'https://example.com/both' } }

  test('takes what was merged into a module, and leaves what is in no part of the bundle', () => {
    const module = (file: string) => ({ nameForCondition: `/home/node_modules/${file}` })
    const modules = [
      { ...module('yauzl/index.js'), chunks: [1] },
      { ...module('unused/index.js'), chunks: [] },
      {
        nameForCondition: '/home/lib/main.js',
        chunks: [1],
        modules: [module('@octokit/core/a.js'), module('fflate/b.js')],
      },
      { ...module('@actions/github/node_modules/@actions/http-client/lib/index.js'), chunks: [2] },
      { nameForCondition: null, chunks: [1] },
    ]
    expect(foldersOf(modules)).toEqual([
      '/home/node_modules/yauzl',
      '/home/node_modules/@octokit/core',
      '/home/node_modules/fflate',
      '/home/node_modules/@actions/github/node_modules/@actions/http-client',
    ])
  })

  test('has the text of each, and of one that brings none that of its repository', () => {
    const list = licencesOf([
      folder('b', ours, { 'index.js': '' }),
      folder('c', {}, { LICENSE: "c's terms\r\nand more\n", NOTICE: "c's notice" }),
      folder('a', ours, { 'license.md': "a's terms" }),
    ])
    expect(packagesIn(list).map(({ name, text }) => [name, text])).toEqual([
      ['a', "a's terms"],
      ['b', "It brings no text; this is that of a 1.0.0, which is of the same repository.\n\na's terms"],
      ['c', "c's terms\nand more\n\nc's notice"],
    ])
  })

  test('is none where a licence or its text is not to be found', () => {
    const a = folder('a', ours, { LICENSE: "a's terms" })
    const refused = /^b 1\.0\.0 brings no text of its licence/
    const nowhere = folder('c', {}, { LICENSE: "c's terms" })
    expect(() => licencesOf([a, nowhere, folder('b', {}, {})])).toThrow(refused)
    expect(() => licencesOf([a, folder('b', { repository: 'https://example.com/b' }, {})])).toThrow(refused)
    expect(() => licencesOf([a, folder('b', { ...ours, license: 'ISC' }, {})])).toThrow(refused)
    expect(() => licencesOf([a, folder('b', { license: undefined }, {})])).toThrow(/^b names no licence/)
  })
})

describe("the project's own workflows", () => {
  const workflows = ['ci.yml', 'check-dist.yml'].map(name => read(`.github/workflows/${name}`))

  test.each(workflows)('pin what they use, grant nothing at the top and read no secret: %#', text => {
    const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, used = '']) => used)
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter(used => !/@[0-9a-f]{40}$/.test(used))).toEqual([])
    expect(text).toMatch(/^permissions: \{\}$/m)
    expect(text).not.toMatch(/secrets\.|pull_request_target|: write/)
  })

  test('build dist/ anew, and fail where it is not what is committed', () => {
    expect(workflows.join('\n')).toContain('npm run check-dist')
    expect(manifest.scripts['check-dist']).toMatch(/^npm run build && .*git status --porcelain -- dist/)
  })
})
