/** A workflow command: what a step asks of the runner in a line of its output. */
export type Command = {
  /** In small letters. */
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** The command in a line, if its name is among `names`; with any other the line is text. */
export function parseCommand(line: string, names: readonly string[]): Command | undefined {
  return parse(line, names, modern) ?? parse(line, names, legacy)
}

/** After https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs */
type Syntax = {
  readonly pattern: RegExp
  readonly separator: string
  readonly inProperties: Escapes
  readonly inData: Escapes
}

type Escapes = readonly (readonly [string, string])[]

const lineEnds: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
]
const legacyEscapes: Escapes = [['%3B', ';'], ...lineEnds, ['%5D', ']'], ['%25', '%']]

/** `::name key=value,key=value::data`, at the start of a line. */
const modern: Syntax = {
  pattern: /^\s*::(?<info>.*?)::(?<data>.*)$/s,
  separator: ',',
  inProperties: [...lineEnds, ['%3A', ':'], ['%2C', ','], ['%25', '%']],
  inData: [...lineEnds, ['%25', '%']],
}

/** `##[name key=value;key=value]data`, anywhere in a line. */
const legacy: Syntax = {
  pattern: /##\[(?<info>[^\]]*)\](?<data>.*)$/s,
  separator: ';',
  inProperties: legacyEscapes,
  inData: legacyEscapes,
}

function parse(line: string, names: readonly string[], syntax: Syntax): Command | undefined {
  const { info = '', data = '' } = syntax.pattern.exec(line)?.groups ?? {}
  const [name = '', ...rest] = info.split(' ')
  if (!names.includes(name.toLowerCase())) return undefined
  const properties: Record<string, string> = {}
  for (const pair of rest.join(' ').trim().split(syntax.separator)) {
    const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
    if (key && value) properties[key.toLowerCase()] = unescaped(value, syntax.inProperties)
  }
  return { name: name.toLowerCase(), properties, data: unescaped(data, syntax.inData) }
}

function unescaped(text: string, escapes: Escapes): string {
  return escapes.reduce((soFar, [escaped, plain]) => soFar.replaceAll(escaped, plain), text)
}
