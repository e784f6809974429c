import { overtaken } from './begin.ts'
import { describeRun, parseJournal, type Run } from './journal.ts'

/** The pull request that an event tells of. */
export type Pull = {
  readonly number: number
  /** Its previews are to be taken away. */
  readonly closed: boolean
  /** The head of its branch, as people know it; the workflow itself runs on a merge of it. */
  readonly commit: string
  /** It comes from another repository, whose workflows get a token that may only read. */
  readonly fromFork: boolean
}

/** Who may call a preview's function URL: whom IAM lets, or anybody. */
export type UrlAuth = 'AWS_IAM' | 'NONE'

/** The alias of a pull request's preview: `pr-7`. */
export function previewAlias(pull: number): string {
  return `pr-${pull}`
}

/** What the description of every version of a pull request's preview begins with. */
export function previewPrefix(repository: string, pull: number): string {
  return `preview ${repository}#${pull}: `
}

/** Whether a version was made for a preview, whichever repository's. */
export function isPreview(description: string): boolean {
  return versionForm.test(description)
}

const versionForm = /^preview (\S+)#([1-9]\d*): /

/** The number of the pull request whose preview a version was made for, if it is one of this repository. */
export function pullOfVersion(description: string, repository: string): number | undefined {
  const [, owner, number] = versionForm.exec(description) ?? []
  return owner === repository ? Number(number) : undefined
}

/** The number of the pull request whose preview an alias is, if its journal says that this repository made it. */
export function pullOfAlias(name: string, description: string, repository: string): number | undefined {
  const [, number] = /^pr-([1-9]\d*)$/.exec(name) ?? []
  return number !== undefined && isOurs(description, repository) ? Number(number) : undefined
}

/** Whether a run of this repository wrote an alias last. */
export function isOurs(description: string, repository: string): boolean {
  return parseJournal(description)?.run.repository === repository
}

/** The environment of GitHub that previews are deployments in, where none is named. */
export const previewEnvironment = 'preview'

/** Whether the alias of a preview may be written, or taken away, by a run; if not, why. */
export type Claim = { readonly kind: 'ours' } | { readonly kind: 'not-ours' | 'overtaken'; readonly because: string }

/** Whose the alias of a preview is, as its journal says. `name` is the alias in the words of the log. */
export function claim(name: string, description: string, run: Run): Claim {
  const journal = parseJournal(description)
  if (journal?.run.repository !== run.repository) {
    const whose =
      journal === undefined
        ? 'was not made by a preview'
        : `was made by ${describeRun(journal.run)}, another repository`
    return {
      kind: 'not-ours',
      because: `the alias ${name} is there and ${whose}, so it is left alone; delete it if nobody needs it, or give each repository's previews a function of their own`,
    }
  }
  if (overtaken(run, journal.run)) {
    return {
      kind: 'overtaken',
      because: `a newer run (${describeRun(journal.run)}) has already been at ${name}; re-run this one if it should go ahead all the same`,
    }
  }
  return { kind: 'ours' }
}
