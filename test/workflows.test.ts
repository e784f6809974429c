import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Step, type Workflow, workflow } from './recipes/recipes.ts'
import { workflowBreaks } from './recipes/rules.ts'
import { testValidity } from './recipes/validators.ts'

const home = new URL('../.github/workflows/', import.meta.url)
const files = globSync('*.yml', { cwd: home }).toSorted()
const all = files.map(file => workflow(file, readFileSync(new URL(file, home), 'utf8')))

test('the workflows are these', () => {
  expect(all.map(({ name, jobs }) => `${name}: ${Object.keys(jobs).join(', ')}`)).toEqual([
    'check-dist.yml: check-dist',
    'ci.yml: test',
    'release.yml: test, publish',
  ])
})

describe.each(all)('$name', each => {
  testValidity(each)

  test('grants nothing without a need and a reason, and runs nothing that is not pinned', () => {
    expect(workflowBreaks(each)).toEqual([])
  })

  test('is run as ours are', () => {
    expect(ownBreaks(each)).toEqual([])
  })
})

/** What is asked of our own workflows, and not of recipes, which are to be short. */
function ownBreaks({ text, on, jobs }: Workflow): readonly string[] {
  const dangerous = ['pull_request_target', 'workflow_run', 'issue_comment']
  return [
    ...(text.startsWith('# ') ? [] : ['it does not begin with why it is safe']),
    ...dangerous.filter(event => event in on).map(event => `it runs strangers' code with our permissions, on ${event}`),
    ...Object.entries(jobs).flatMap(([name, job]) => [
      ...(job['timeout-minutes'] === undefined ? [`the job ${name} may run for six hours`] : []),
      ...(/-\d/.test(job['runs-on'] ?? '') ? [] : [`the job ${name} runs on another system one day`]),
      ...job.steps.filter(isLeaky).map(() => `the job ${name} leaves its token where any package can read it`),
      ...(isTrusting(job.permissions, job.steps) ? [`the job ${name} may write and runs packages`] : []),
    ]),
  ]
}

function isLeaky({ uses = '', with: inputs }: Step): boolean {
  return uses.startsWith('actions/checkout@') && inputs?.['persist-credentials'] !== false
}

function isTrusting(permissions: Readonly<Record<string, string>> = {}, steps: readonly Step[]): boolean {
  return (
    Object.values(permissions).includes('write') && steps.some(({ run = '' }) => /\b(npm|npx|\.ci\/run)\b/.test(run))
  )
}

const release = all.find(({ name }) => name === 'release.yml') as Workflow

/** Each breaks the release in one place, and says what has to be found. */
const broken: readonly (readonly [what: string, from: string | RegExp, to: string, found: string])[] = [
  ['a grant without a reason', / # to sign.*/, '', 'a grant without a reason'],
  [
    'a grant that nothing needs',
    /( *)id-token: write/,
    '$1packages: write # for nothing\n$&',
    'nothing in the job publish needs packages',
  ],
  ['a grant that is missing', / *attestations: write.*\n/, '', 'the job publish needs attestations: write'],
  ['an action by its tag', /attest@\w+/, 'attest@v4', 'actions/attest is not pinned to'],
  ['a pin whose version is another', '# v4.2.2', '# v4.2.1', 'does not say v4.2.2'],
  ['an expression in a script', '$RUNNER_TEMP/notes.md', `\${{ runner.temp }}`, 'an expression stands in a script'],
  ['a group without a reason', / # one at a time.*/, '', 'a concurrency group without a reason'],
  ['a job without an end', /.*timeout-minutes.*\n/, '', 'may run for six hours'],
  ['a system that moves', 'ubuntu-24.04', 'ubuntu-latest', 'runs on another system one day'],
  ['a token that stays', 'persist-credentials: false', 'persist-credentials: true', 'leaves its token'],
  [
    'packages beside permissions',
    'gh release create',
    'npm run demo && gh release create',
    'may write and runs packages',
  ],
  ['no word of why it is safe', /^(# .*\n)+/, '', 'why it is safe'],
  ['an event of strangers', /on:\n {2}push:\n.*\n/, 'on: {pull_request_target: {}}\n', "runs strangers' code"],
]

describe('the checks can fail:', () => {
  test.each(broken)('%s is found', (_, from, to, found) => {
    const text = release.text.replace(from, to)
    expect(text).not.toBe(release.text)
    const bad = workflow('broken', text)
    expect([...workflowBreaks(bad), ...ownBreaks(bad)]).toEqual([expect.stringContaining(found)])
  })
})

describe('a release', () => {
  let place = ''
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'release-'))
    git('init', '--quiet', '--initial-branch=main')
    commit('1.3.0')
  })
  afterEach(() => rmSync(place, { recursive: true }))

  test('is of what package.json, the changelog and main agree on', () => {
    expect(run('agreed', 'v1.3.0')).toEqual({ ok: true, said: [] })
  })

  test.each([
    ['another version than package.json has', 'v1.4.0', '', 'package.json has another version than 1.4.0'],
    ['a version that the changelog is silent about', 'v1.3.0', '# Changelog\n', 'CHANGELOG.md says nothing of 1.3.0'],
  ])('is refused of %s', (_, tag, changelog, why) => {
    if (changelog !== '') writeFileSync(join(place, 'CHANGELOG.md'), changelog)
    expect(run('agreed', tag)).toEqual({ ok: false, said: [`::error::${why}`] })
  })

  test('is refused of what does not lie on main', () => {
    git('checkout', '--quiet', '-b', 'aside')
    git('commit', '--quiet', '--allow-empty', '-m', 'aside')
    expect(run('agreed', 'v1.3.0')).toEqual({ ok: false, said: ['::error::v1.3.0 does not lie on main'] })
  })

  test('says what the changelog says of it, and of no other', () => {
    const { said } = run('publish', 'v1.3.0')
    expect(said).toEqual(['gh release create v1.3.0 --verify-tag --title v1.3.0 --notes-file notes.md'])
    expect(readFileSync(join(place, 'notes.md'), 'utf8').trim()).toBe('What is new.\n\n### More\n\nOf it.')
  })

  test('that could still be changed is no release, and the major tag stays', () => {
    expect(run('immutable', 'v1.3.0', 'gh() { echo true; }')).toEqual({ ok: true, said: [] })
    expect(run('immutable', 'v1.3.0', 'gh() { echo false; }').ok).toBe(false)
  })

  test('moves its major tag', () => {
    const { said } = run('major', 'v1.3.0')
    const sha = git('rev-parse', 'HEAD')
    expect(said).toEqual([`gh api --method PATCH repos/octo/rollout/git/refs/tags/v1 -f sha=${sha} -F force=true`])
  })

  test('makes its major tag, where it is the first', () => {
    const { said } = run('major', 'v1.3.0', 'gh() { [ "$2" = --method ] && echo "gh $*"; }')
    const sha = git('rev-parse', 'HEAD')
    expect(said).toEqual([`gh api --method POST repos/octo/rollout/git/refs -f ref=refs/tags/v1 -f sha=${sha}`])
  })

  test('of an older version leaves the major tag where it is', () => {
    git('tag', 'v1.10.0')
    git('tag', 'v10.0.0')
    expect(run('major', 'v1.3.0')).toEqual({
      ok: true,
      said: ['::notice::v1 stays at v1.10.0, which is newer than v1.3.0'],
    })
  })

  function commit(version: string): void {
    writeFileSync(join(place, 'package.json'), JSON.stringify({ version }))
    writeFileSync(
      join(place, 'CHANGELOG.md'),
      `# Changelog\n\n## ${version} (2026-12-01)\n\nWhat is new.\n\n### More\n\nOf it.\n\n## 1.2.0 (2026-11-01)\n\nOld.\n`,
    )
    git('add', '.')
    git('commit', '--quiet', '-m', version)
    git('tag', `v${version}`)
    git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  }

  function git(...args: readonly string[]): string {
    const who = [
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@example.com',
      '-c',
      'tag.gpgSign=false',
      '-c',
      'commit.gpgSign=false',
    ]
    return execFileSync('git', [...who, ...args], { cwd: place, encoding: 'utf8' }).trim()
  }

  /** A step's script as the runner would run it, with a GitHub CLI that only says what it is asked. */
  function run(id: string, tag: string, gh = 'gh() { [ "$1 $3" = "api " ] || echo "gh $*"; }') {
    const step = Object.values(release.jobs)
      .flatMap(({ steps }) => steps)
      .find(each => each.id === id)
    const env = { PATH: process.env.PATH, GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: 'octo/rollout', RUNNER_TEMP: place }
    const stubs = `jq() { node -p "require('./package.json').version"; }\n${gh}\n`
    try {
      const script = `${stubs}${step?.run ?? 'exit 2'}`
      const out = execFileSync('bash', ['--norc', '-eo', 'pipefail', '-c', script], {
        cwd: place,
        env,
        encoding: 'utf8',
        stdio: 'pipe',
      })
      return { ok: true, said: lines(out) }
    } catch (error) {
      return { ok: false, said: lines(String((error as { stdout?: string }).stdout)) }
    }
  }

  function lines(out: string): readonly string[] {
    return out
      .replaceAll(`${place}/`, '')
      .split('\n')
      .filter(line => line !== '')
  }
})
