import { isAbsolute } from 'node:path'

/** What a path of the tree is; paths are relative to its root, with `/` between names. */
export type Node = { readonly kind: 'file' | 'directory' } | { readonly kind: 'link'; readonly target: string }

/**
 * Where a path of the tree ends up, through links to links and links to directories. Pure: only what is in the tree
 * counts, since only that will be there when Lambda unpacks it; a way out and back in by the tree's old name is a way
 * out.
 */
export function whereItLeads(path: string, tree: ReadonlyMap<string, Node>): 'inside' | 'outside' | 'nowhere' {
  const here: string[] = [] // free of links at all times, so `..` is simply one name less
  const ahead = path.split('/')
  let linksFollowed = 0
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (here.pop() === undefined) return 'outside'
      continue
    }
    here.push(name)
    const node = tree.get(here.join('/'))
    if (node === undefined || (node.kind === 'file' && ahead.length > 0)) return 'nowhere'
    if (node.kind === 'link') {
      if (isAbsolute(node.target)) return 'outside'
      if (++linksFollowed > mostLinks) return 'nowhere'
      here.pop()
      ahead.unshift(...node.target.split('/'))
    }
  }
  return 'inside'
}

/** Linux gives up after 40, which also ends links that lead to themselves. */
const mostLinks = 40
