import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as core from '@actions/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Runner } from '../../src/github/runner.ts'

const texts = ['', 'plain', '100 %', 'two\nlines\r\nand more', 'a: b, c', '::error::', '%0A', 'ü “quoted”']

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** What is printed while something is said, by @actions/core or by us. */
function printed(say: () => void): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  say()
  const text = write.mock.calls.map(([chunk]) => chunk).join('')
  write.mockRestore()
  return text
}

function runner(): Runner {
  return new Runner(process.env, text => process.stdout.write(text))
}

describe('says to the runner what @actions/core says', () => {
  test.each(texts)('in annotations, of %j', text => {
    const ours = printed(() => {
      runner().say('error', text)
      runner().say('warning', text, { title: text || 'none' })
      runner().say('notice', 'said', { title: 'a: b, c' })
      runner().say('debug', text)
      runner().info(text)
    })
    const theirs = printed(() => {
      core.error(text)
      core.warning(text, { title: text || 'none' })
      core.notice('said', { title: 'a: b, c' })
      core.debug(text)
      core.info(text)
    })
    expect(ours).toBe(theirs)
  })

  test.each(texts)('outside of a runner, of %j', text => {
    vi.stubEnv('GITHUB_STATE', '')
    vi.stubEnv('GITHUB_OUTPUT', '')
    const ours = printed(() => {
      runner().saveState('kept', text)
      runner().output('result', text)
    })
    const theirs = printed(() => {
      core.saveState('kept', text)
      core.setOutput('result', text)
    })
    expect(ours).toBe(theirs.replace(/^\n/gm, ''))
  })

  test('in files, but for the line that ends a value, which nobody can foresee', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runner-'))
    const files = Object.fromEntries(['STATE', 'OUTPUT', 'STEP_SUMMARY'].map(name => [name, join(folder, name)]))
    const kept = (say: () => void) => {
      for (const [name, file] of Object.entries(files)) {
        writeFileSync(file, 'before\n')
        vi.stubEnv(`GITHUB_${name}`, file)
      }
      say()
      const ends = /(?:ghadelimiter_|end-)[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g
      return Object.values(files).map(file => readFileSync(file, 'utf8').replace(ends, 'END'))
    }
    const ours = kept(() => {
      for (const text of texts) runner().saveState('kept', text)
      for (const text of texts) runner().output('result', text)
      runner().summarize('# Summary\n')
    })
    const theirs = kept(() => {
      for (const text of texts) core.saveState('kept', text)
      for (const text of texts) core.setOutput('result', text)
    })
    rmSync(folder, { recursive: true })
    expect(ours.slice(0, 2)).toEqual(theirs.slice(0, 2))
    expect(ours[2]).toBe('before\n# Summary\n')
  })

  test('no two values end with the same line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runner-'))
    const file = join(folder, 'output')
    const own = new Runner({ GITHUB_OUTPUT: file }, () => {})
    own.output('a', '1')
    own.output('b', '2')
    const ends = readFileSync(file, 'utf8').match(/<<.+/g)
    rmSync(folder, { recursive: true })
    expect(new Set(ends).size).toBe(2)
  })
})

test('reads inputs and state as @actions/core reads them', () => {
  vi.stubEnv('INPUT_FUNCTION-NAME', '  orders\n')
  vi.stubEnv('INPUT_WITH_BLANK', 'x')
  vi.stubEnv('STATE_kept', ' {} ')
  for (const name of ['function-name', 'with blank', 'absent']) expect(runner().input(name)).toBe(core.getInput(name))
  for (const name of ['kept', 'absent']) expect(runner().state(name)).toBe(core.getState(name))
  expect([runner().input('function-name'), runner().state('kept')]).toEqual(['orders', ' {} '])
})
