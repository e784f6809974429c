import { globSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { ours, type Step, type Workflow, workflow } from '../recipes/recipes.ts'

/** The user's pages in docs/, as a reader finds them: their tables, and the YAML that a reader copies. */

const home = new URL('../../docs/', import.meta.url)

/** A block of YAML: of which page, and where it stands in it, for messages. */
export type Block = { readonly name: string; readonly text: string }

/** Texts of all pages by their files' names; the recipes are another matter. */
export function pageTexts(): ReadonlyMap<string, string> {
  const files = globSync('*.md', { cwd: home }).toSorted()
  return new Map(files.map(file => [file, pageText(file)]))
}

export function pageText(file: string): string {
  return readFileSync(new URL(file, home), 'utf8')
}

/** Complete workflows. */
export function pageWorkflows(): readonly Workflow[] {
  return blocks(/^name:/).map(({ name, text }) => workflow(name, text))
}

/** Steps that a page shows outside of a workflow. */
export function pageSteps(): readonly { readonly name: string; readonly step: Step }[] {
  return blocks(/^ *- /).flatMap(({ name, text }) => (parse(text) as readonly Step[]).map(step => ({ name, step })))
}

/** Inputs that a page shows outside of a step. */
export function pageInputs(): readonly { readonly name: string; readonly with: Inputs }[] {
  return blocks(/^(?!name:|(?: *- ))/).map(({ name, text }) => ({ name, with: texts(parse(text) as Step['with']) }))
}

type Inputs = Readonly<Record<string, string>>

/** What every use of the action on any page is given, in workflows, steps and by itself. */
export function givenInputs(): readonly { readonly name: string; readonly with: Inputs }[] {
  const steps = [
    ...pageWorkflows().flatMap(({ name, jobs }) =>
      Object.values(jobs).flatMap(job => job.steps.map(step => ({ name, step }))),
    ),
    ...pageSteps(),
  ]
  const used = steps.filter(({ step }) => ours.test(step.uses ?? ''))
  return [...used.map(({ name, step }) => ({ name, with: texts(step.with) })), ...pageInputs()]
}

function texts(inputs: Step['with'] = {}): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
}

function blocks(beginning: RegExp): readonly Block[] {
  const readme = '../README.md'
  return [[readme, pageText(readme)] as const, ...pageTexts()].flatMap(([file, text]) =>
    [...text.matchAll(/^ *```yaml\n(.*?)^ *```$/gms)]
      .map(([, block = ''], at) => ({ name: `${file}#${at + 1}`, text: block }))
      .filter(block => beginning.test(block.text)),
  )
}

/** The rows of the table that follows `after` in a page, without its head; each with its cells. */
export function tableAfter(file: string, after: string): readonly (readonly string[])[] {
  const text = pageText(file)
  const from = text.indexOf(after)
  if (from < 0) throw new Error(`docs/${file} has no “${after}”`)
  const lines = text.slice(from + after.length).split('\n')
  const first = lines.findIndex(line => line.startsWith('|'))
  const rows = lines.slice(first)
  const end = rows.findIndex(line => !line.startsWith('|'))
  return rows.slice(2, end < 0 ? undefined : end).map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  )
}

/** What stands in backticks in a cell. */
export function codeIn(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}
