import { expect, test } from 'vitest'
import { type Node, whereItLeads } from '../../src/artifact/links.ts'

const file: Node = { kind: 'file' }
const directory: Node = { kind: 'directory' }
const link = (target: string): Node => ({ kind: 'link', target })

const tree = new Map<string, Node>([
  ['file', file],
  ['lib', directory],
  ['lib/deep', directory],
  ['lib/deep/file', file],
  ['near', link('lib/deep/file')],
  ['lib/deep/up', link('../../file')],
  ['root', link('.')],
  ['current', link('lib/deep')],
  ['through', link('current/../../file')],
  ['chain', link('near')],
  ['over', link('../dist/file')],
  ['lib/deep/over', link('../../../file')],
  ['climbs', link('current/../../../file')],
  ['absolute', link('/etc/passwd')],
  ['chain-out', link('absolute')],
  ['missing', link('lib/none')],
  ['chain-missing', link('missing')],
  ['case', link('FILE')],
  ['self', link('self')],
  ['ping', link('pong')],
  ['pong', link('ping')],
  ['beneath-file', link('file/more')],
  ['file-as-directory', link('file/')],
  ['spare-slashes', link('./lib//deep/./file')],
])

test.each(['near', 'lib/deep/up', 'root', 'current', 'through', 'chain', 'spare-slashes'])(
  '%s leads inside, links to directories counted as where they lead',
  path => {
    expect(whereItLeads(path, tree)).toBe('inside')
  },
)

test.each(['over', 'lib/deep/over', 'climbs', 'absolute', 'chain-out'])(
  '%s leads outside, even where it would come back in',
  path => {
    expect(whereItLeads(path, tree)).toBe('outside')
  },
)

test.each(['missing', 'chain-missing', 'case', 'self', 'ping', 'beneath-file', 'file-as-directory'])(
  '%s leads nowhere on Lambda, whatever it does here',
  path => {
    expect(whereItLeads(path, tree)).toBe('nowhere')
  },
)
