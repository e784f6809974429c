import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { EOL } from 'node:os'

type Environment = Readonly<Record<string, string | undefined>>

/** What can be said beside the log: an annotation, or a line for those who asked for debug logs. */
type Kind = 'error' | 'warning' | 'notice' | 'debug'

/**
 * What GitHub's runner gives a step in its environment, and takes from it: commands on its output, and files
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands). @actions/core does the same, and
 * brings an HTTP client along that is a third of all that a run would have to load before its first request.
 */
export class Runner {
  readonly #env: Environment
  readonly #print: (text: string) => void

  constructor(env: Environment, print: (text: string) => void) {
    this.#env = env
    this.#print = print
  }

  /** An input as the workflow gives it; empty where it gives none. */
  readonly input = (name: string): string => {
    return (this.#env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()
  }

  /** What main kept for post; empty where it kept nothing under this name. */
  state(name: string): string {
    return this.#env[`STATE_${name}`] ?? ''
  }

  saveState(name: string, value: string): void {
    this.#keep('STATE', 'save-state', name, value)
  }

  output(name: string, value: string): void {
    this.#keep('OUTPUT', 'set-output', name, value)
  }

  /** Adds to the job's summary, where there is one. */
  summarize(markdown: string): void {
    const file = this.#env.GITHUB_STEP_SUMMARY
    if (file !== undefined) appendFileSync(file, markdown)
  }

  readonly info = (line: string): void => this.#print(`${line}${EOL}`)

  say(kind: Kind, text: string, properties: Readonly<Record<string, string>> = {}): void {
    this.info(command(kind, text, properties))
  }

  /**
   * In a file whose name the runner tells; a shell that is no runner gets the older command, which a person can read.
   */
  #keep(what: 'STATE' | 'OUTPUT', older: string, name: string, value: string): void {
    const file = this.#env[`GITHUB_${what}`] ?? ''
    // No value can know the line that ends it.
    const end = `end-${randomUUID()}`
    if (file === '') this.info(command(older, value, { name }))
    else appendFileSync(file, `${name}<<${end}${EOL}${value}${EOL}${end}${EOL}`)
  }
}

function command(name: string, text: string, properties: Readonly<Record<string, string>>): string {
  const told = Object.entries(properties).map(([key, value]) => `${key}=${escaped(value, /[%\r\n:,]/g)}`)
  return `::${[name, ...(told.length === 0 ? [] : [told.join(',')])].join(' ')}::${escaped(text, /[%\r\n]/g)}`
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, one => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
