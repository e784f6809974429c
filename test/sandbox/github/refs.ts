import { commitOf, type Ref, type Repository } from './state.ts'

/** What differs from a branch that is up to date and whose commit one check, this very run's, is still to pass. */
export type RefSpec = Partial<Ref>

/** Puts a branch (`main`), or any ref by its full name (`refs/tags/v1`), on a commit. */
export function addRef({ refs }: Repository, name: string, spec: RefSpec = {}): void {
  const fullName = name.startsWith('refs/') ? name : `refs/heads/${name}`
  refs.set(fullName, { sha: commitOf(fullName), checks: usualChecks, behind: false, ...spec })
}

/** What a ref leads to, in any of the spellings that git takes, or a commit itself; undefined where there is none. */
export function resolveRef({ refs }: Repository, ref: string): Ref | undefined {
  const found = [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`].find(name => refs.has(name))
  if (found !== undefined) return refs.get(found)
  if (!/^[0-9a-f]{40}$/.test(ref)) return undefined
  const named = [...refs.values()].find(({ sha }) => sha === ref)
  return { sha: ref, checks: named?.checks ?? usualChecks, behind: false }
}

const usualChecks = { deploy: 'pending' } as const
