import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { StepLog } from './log.ts'

/** What the runner reads in an action.yml. */
export type Manifest = {
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string }
  readonly inputs?: Readonly<Record<string, { readonly default?: string; readonly deprecationMessage?: string } | null>>
}

/** The action.yml (or .yaml) of the action in `folder`; each value is the text that stands there. */
export function readManifest(folder: string): Manifest {
  const file = ['action.yml', 'action.yaml'].map(name => join(folder, name)).find(existsSync)
  if (!file) throw new Error(`no action.yml in ${folder}`)
  return parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }) as Manifest
}

/**
 * What the action finds in `INPUT_…`: names in capitals with blanks as `_` and hyphens as they are, defaults for what
 * the workflow does not give, and what it gives in vain too, with a warning.
 */
export function inputVariables(
  { inputs = {} }: Manifest,
  given: Readonly<Record<string, string>>,
  evaluate: (expression: string) => string,
  log: StepLog,
): Record<string, string> {
  const defaults = Object.entries(inputs).map(([name, input]) => [name, evaluate(input?.default ?? '')] as const)
  const variables = [...defaults, ...Object.entries(given)].map(([name, value]) => [variable(name), value] as const)

  for (const [name, input] of Object.entries(inputs)) {
    const message = input?.deprecationMessage
    if (message === undefined || !hasName(Object.keys(given), name)) continue
    log.raise({ level: 'warning', message: `Input '${name}' has been deprecated with message: ${message}` })
  }
  const unexpected = Object.keys(given).filter(name => !hasName(Object.keys(inputs), name))
  if (unexpected.length > 0) {
    const message = `Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(Object.keys(inputs))}]`
    log.raise({ level: 'warning', message })
  }
  return Object.fromEntries(variables)
}

function variable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

function hasName(names: readonly string[], wanted: string): boolean {
  return names.some(name => name.toUpperCase() === wanted.toUpperCase())
}

function quoted(names: readonly string[]): string {
  return names.map(name => `'${name}'`).join(', ')
}
