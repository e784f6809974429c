import { expect, test } from 'vitest'
import { commentOf, markerOf } from '../../src/github/comment.ts'
import type { PreviewNote } from '../../src/ports.ts'
import { run, start, target } from '../support/builders.ts'

type Ready = Extract<PreviewNote, { kind: 'ready' }>

const preview = target({ alias: 'pr-7' })
const commit = 'abc1234def5678'

function ready(over: Partial<Ready> = {}): Ready {
  return {
    kind: 'ready',
    target: preview,
    run: run(),
    commit,
    version: '8',
    aliasArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders:pr-7',
    codeSha256: 'bmV3+/=',
    url: 'https://abcdefgh.lambda-url.eu-west-1.on.aws/',
    auth: 'AWS_IAM',
    ...over,
  }
}

function comment(note: PreviewNote): string {
  return commentOf(note, 'https://github.com', start)
}

test.each<[name: string, note: PreviewNote]>([
  ['preview-signed', ready()],
  ['preview-open', ready({ auth: 'NONE' })],
  ['preview-removed', { kind: 'removed', target: preview, run: run(), commit }],
])('%s', async (name, note) => {
  await expect(comment(note)).toMatchFileSnapshot(`golden/${name}.md`)
})

test('each begins with the same marker', () => {
  const removed: PreviewNote = { kind: 'removed', target: preview, run: run(), commit }
  for (const note of [ready(), removed]) expect(comment(note).split('\n')[0]).toBe(markerOf(preview))
})

test('what comes from outside stays text', () => {
  const nasty = '](https://evil.example) | @octocat <img src=x>\n# big'
  const note = ready({ version: nasty, aliasArn: nasty, codeSha256: nasty, url: nasty, commit: nasty })
  const rows = comment(note)
    .split('\n')
    .filter(line => line.startsWith('|'))
  expect(rows.map(row => row.match(/(?<!\\)\|/g)?.length)).toEqual(rows.map(() => 3))
  // In a block nothing is markup, in the type of code neither, nor where a link leads to.
  const text = comment(note)
    .replace(/```sh\n[\s\S]*?\n```/g, '')
    .replace(/`[^`]+`/g, '')
    .replace(/(?<=[^\\]\])\([^()\s]*\)/g, '')
  expect(text).not.toMatch(/@octocat/)
  expect(text).not.toMatch(/<img/)
  expect(text).not.toMatch(/^# big/m)
  expect(text).not.toMatch(/(?<!\\)\]\(https:\/\/evil/)
})

test('a URL ends no command and begins none', () => {
  const url = "https://x.example/';rm -rf ~;'"
  expect(comment(ready({ auth: 'NONE', url }))).toContain(`curl 'https://x.example/'\\'';rm -rf ~;'\\'''\n`)
})
