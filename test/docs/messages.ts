import { globSync, readFileSync } from 'node:fs'
import { parseAst } from 'vitest/node'

/** Something that the source says: a text, or a template whose holes are written `…`. */
export type Saying = {
  readonly file: string
  readonly line: number
  readonly text: string
  /** It names what is being done, to what, or with which permission: it fills the holes of `could not …; allow … on …`. */
  readonly isDoing: boolean
}

const source = new URL('../../src/', import.meta.url)

/** Everything that the source says, file by file. */
export function sayings(): readonly Saying[] {
  const files = globSync('**/*.ts', { cwd: source }).toSorted()
  return files.flatMap(file => sayingsIn(file, readFileSync(new URL(file, source), 'utf8')))
}

/** The texts and templates of one file; names of modules, and types, are none. */
export function sayingsIn(file: string, text: string): readonly Saying[] {
  const found: Saying[] = []
  const hear = (value: unknown, isDoing: boolean): void => {
    if (Array.isArray(value)) for (const item of value) hear(item, isDoing)
    if (!isNode(value) || silent.has(value.type)) return
    const said = saidBy(value)
    const line = text.slice(0, Number(value.start)).split('\n').length
    if (said !== undefined) found.push({ file, line, text: said, isDoing })
    for (const member of Object.values(value)) hear(member, isDoing || namesDoing(value))
  }
  hear(parseAst(text, { lang: 'ts' }), false)
  return found
}

/** Whether it is prose: three words of its own at least, which is the least that tells a message from a name. */
export function isProse({ text }: Pick<Saying, 'text'>): boolean {
  return (text.match(/[A-Za-z][A-Za-z'’-]+/g) ?? []).length >= 3 && / /.test(text.trim())
}

/** Whether it can be part of a text, its holes filled with whatever. */
export function isPartOf(saying: Pick<Saying, 'text'>, text: string): boolean {
  return piecesIn(saying, text).length > 0
}

/** Where its pieces between the holes lie in a text, in their order; none unless all of them do. */
function piecesIn(
  { text: said }: Pick<Saying, 'text'>,
  text: string,
): readonly (readonly [from: number, to: number])[] {
  const pieces = said
    .trim()
    .split('…')
    .filter(piece => /[A-Za-z]/.test(piece))
  const places: [number, number][] = []
  let from = 0
  for (const piece of pieces) {
    const at = text.indexOf(piece, from)
    if (at < 0) return []
    from = at + piece.length
    places.push([at, from])
  }
  return places
}

/** The words of a text that none of these sayings can have put there. */
export function strangeWords(text: string, all: readonly Pick<Saying, 'text'>[]): readonly string[] {
  const known = all.filter(({ text }) => text.length > 2).flatMap(saying => piecesIn(saying, text))
  return [...text.matchAll(/[A-Za-z][A-Za-z'’-]*/g)]
    .filter(({ index, 0: word }) => !known.some(([from, to]) => from <= index && index + word.length <= to))
    .map(([word]) => word)
}

/** The messages that a page explains: code that stands alone on its line, as the item of a list or after another one. */
export function messagesOn(page: string): readonly string[] {
  return [...page.matchAll(/^(?:- | {2})(`+) ?(.+?) ?\1 \\$/gm)].map(([, , message = '']) => message)
}

/** What an explanation quotes of a message: code in the midst of it. */
export function quotesIn(page: string): readonly string[] {
  const explanations = page.split('\n').filter(line => !line.endsWith(' \\'))
  return explanations.flatMap(line => [...line.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote))
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

/** Where a text is no saying: the name of a module, or a type. */
const silent = new Set(['ImportDeclaration', 'ImportExpression', 'TSImportType', 'TSLiteralType', 'TSTypeAnnotation'])

/** `{ what: … }`, `const what = …` or `describe(…)`, and the like. */
function namesDoing({ type, key, id, callee }: Node): boolean {
  if (type === 'CallExpression') return nameOf(callee) === 'describe'
  return ['what', 'action', 'resource'].includes(nameOf(type === 'Property' ? key : id) ?? '')
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && typeof node.name === 'string' ? node.name : undefined
}

function saidBy({ type, value, quasis }: Node): string | undefined {
  if (type === 'Literal') return typeof value === 'string' ? value : undefined
  if (type !== 'TemplateLiteral' || !Array.isArray(quasis)) return undefined
  return quasis.map(({ value }: { value: { cooked: string } }) => value.cooked).join('…')
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
