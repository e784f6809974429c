import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The end of `npm run build`: writes dist/licenses.txt from what ncc says that it has bundled. ncc's own `--license`
 * writes that file once for each part of the bundle, so that only the last part's packages remain.
 */

/** A module as webpack's statistics have it; one that was merged from others holds those. */
type Module = {
  readonly nameForCondition?: string | null
  readonly chunks?: readonly unknown[]
  readonly modules?: readonly Module[]
}

type Manifest = {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly repository?: string | { readonly url?: string }
}

type Package = {
  /** Name and version: one package may be there in two versions. */
  readonly head: string
  readonly licence: string
  readonly repository: string | undefined
  /** Empty where the package brings none. */
  readonly text: string
}

const stats = new URL('../lib/stats.json', import.meta.url)
const list = new URL('../dist/licenses.txt', import.meta.url)
const rule = '='.repeat(80)

/** The folders of the packages that a module in the bundle came from. */
export function foldersOf(modules: readonly Module[]): readonly string[] {
  // What is in no chunk was read and left out, or is in the bundle as a part of another module.
  const files = modules.filter(({ chunks = [] }) => chunks.length > 0).flatMap(filesOf)
  const folders = files.flatMap(file => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0] ?? [])
  return [...new Set(folders)]
}

/** The list of the packages in these folders, each with its licence; throws for one whose licence has no text. */
export function licencesOf(folders: readonly string[]): string {
  const packages = folders.map(read)
  const entries = new Map(packages.map(shown => [shown.head, entry(shown, packages)]))
  const inOrder = [...entries.keys()].toSorted().map(head => `\n${rule}\n${entries.get(head)}`)
  return `What dist/ holds of others, and under which licences.\n${inOrder.join('')}`
}

function filesOf({ nameForCondition, modules = [] }: Module): readonly string[] {
  return [...(nameForCondition ? [nameForCondition] : []), ...modules.flatMap(filesOf)]
}

function read(folder: string): Package {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const { name, version, license, repository } = manifest
  if (license === undefined) throw new Error(`${name} names no licence: find out which it has before it is shipped`)
  const url = typeof repository === 'string' ? repository : repository?.url
  return { head: `${name} ${version}`, licence: license, repository: url, text: textIn(folder) }
}

function textIn(folder: string): string {
  const files = readdirSync(folder).filter(file => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file))
  const texts = files.toSorted().map(file => readFileSync(join(folder, file), 'utf8'))
  return texts.map(text => text.replaceAll('\r\n', '\n').trim()).join('\n\n')
}

function entry({ head, licence, repository, text }: Package, packages: readonly Package[]): string {
  if (text !== '') return `${head}\n${licence}\n\n${text}\n`
  const kin = packages
    .filter(other => other.text !== '' && other.licence === licence && other.repository === repository)
    .toSorted((a, b) => (a.head < b.head ? -1 : 1))[0]
  if (repository === undefined || kin === undefined) {
    throw new Error(`${head} brings no text of its licence (${licence}): find it before it is shipped`)
  }
  return `${head}\n${licence}\n\nIt brings no text; this is that of ${kin.head}, which is of the same repository.\n\n${kin.text}\n`
}

if (import.meta.main) {
  const { modules } = JSON.parse(readFileSync(stats, 'utf8')) as { readonly modules: readonly Module[] }
  writeFileSync(list, licencesOf(foldersOf(modules)))
}
