import { readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import { parse } from 'yaml'
import { fill } from './fill.ts'

/** `npm run docs`: writes the README's tables of inputs and outputs anew from action.yml, which is their only source. */

type Described = { readonly description: string; readonly required?: boolean }
type Action = { readonly inputs: Record<string, Described>; readonly outputs: Record<string, Described> }

const readme = new URL('../README.md', import.meta.url)
const action = new URL('../action.yml', import.meta.url)

/** The README as it is, and as it would be with tables made anew. */
export function readmeTables(): { readonly now: string; readonly fresh: string } {
  const now = readFileSync(readme, 'utf8')
  const { inputs, outputs } = parse(readFileSync(action, 'utf8')) as Action
  return { now, fresh: fill('README.md', fill('README.md', now, 'inputs', table(inputs)), 'outputs', table(outputs)) }
}

function table(described: Record<string, Described>): string {
  const rows = Object.entries(described).map(([name, { description, required }]) => [
    `\`${name}\`${required ? ' (required)' : ''}`,
    description.trim().replaceAll('\n', ' ').replaceAll('|', '\\|'),
  ])
  return markdownTable([['Name', 'Description'], ...rows], { alignDelimiters: false, padding: true })
}

if (import.meta.main) writeFileSync(readme, readmeTables().fresh)
