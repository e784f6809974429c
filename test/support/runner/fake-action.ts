import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const all = mkdtempSync(join(tmpdir(), 'fake-actions-'))
afterAll(() => rmSync(all, { recursive: true }))

/** Writes an action of one script, and a post script if it is given, into a folder of its own that goes after the tests; returns it. */
export function fakeAction(source: string, options: { readonly post?: string; readonly inputs?: string } = {}): string {
  const folder = mkdtempSync(join(all, 'action-'))
  const { post, inputs = '{}' } = options
  const runs = `using: node24, main: index.js${post === undefined ? '' : ', post: post.js'}`
  writeFileSync(join(folder, 'action.yml'), `name: fake\ninputs: ${inputs}\nruns: { ${runs} }\n`)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'index.js'), `${prelude}\n${source}`)
  if (post !== undefined) writeFileSync(join(folder, 'post.js'), `${prelude}\n${post}`)
  return folder
}

/** `put(variable, text)` appends to a command file; `output(name, value)` sets an output, any value as JSON. */
const prelude = `
import { appendFileSync } from 'node:fs'
const put = (variable, text) => appendFileSync(process.env[variable], text + '\\n')
const output = (name, value) => put('GITHUB_OUTPUT', name + '=' + JSON.stringify(value))
`
