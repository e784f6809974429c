import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StepLog } from './log.ts'

/** The files that a step writes to for the runner, by the environment variable that names each. */
export type CommandFiles = Readonly<Record<CommandFile, string>>

type CommandFile = 'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_STEP_SUMMARY' | 'GITHUB_ENV' | 'GITHUB_PATH'

/** Lays out the files of one step, empty. */
export function createCommandFiles(folder: string): CommandFiles {
  mkdirSync(folder, { recursive: true })
  function create(name: string): string {
    const path = join(folder, name)
    writeFileSync(path, '')
    return path
  }
  return {
    GITHUB_OUTPUT: create('set_output'),
    GITHUB_STATE: create('save_state'),
    GITHUB_STEP_SUMMARY: create('step_summary'),
    GITHUB_ENV: create('set_env'),
    GITHUB_PATH: create('add_path'),
  }
}

/** The pairs of an output or state file; what comes before a fault in it counts, and the fault fails the step. */
export function readPairs(files: CommandFiles, file: 'GITHUB_OUTPUT' | 'GITHUB_STATE', log: StepLog) {
  const pairs: Record<string, string> = {}
  try {
    for (const [key, value] of keyValues(readFileSync(files[file], 'utf8'))) pairs[key] = value
  } catch (error) {
    const name = file.slice('GITHUB_'.length).toLowerCase()
    log.fail(`file command '${name}'`, error instanceof Error ? error.message : String(error))
  }
  return pairs
}

/** The summary with secrets masked; empty, and an error, if it is too long for GitHub. */
export function readSummary(files: CommandFiles, log: StepLog): string {
  const summary = readFileSync(files.GITHUB_STEP_SUMMARY)
  if (summary.length <= summaryLimit) return log.mask(summary.toString('utf8'))
  const [limit, got] = [summaryLimit, summary.length].map(bytes => `${Math.floor(bytes / 1024)}k`)
  const message = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${limit}, got ${got}.`
  log.raise({ level: 'error', message })
  return ''
}

const summaryLimit = 1024 * 1024

/** `key=value` lines and `key<<END` blocks. */
function* keyValues(text: string): Generator<readonly [string, string]> {
  const lines = text.split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue
    const [, key, sign, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? []
    if (key === undefined) throw new Error(`Invalid format '${line}'`)
    if (sign === '=') {
      yield [key, rest]
      continue
    }
    if (!key || !rest) {
      throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`)
    }
    const end = lines.indexOf(rest)
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`)
    yield [key, lines.splice(0, end).join('\n')]
    lines.shift()
  }
}
