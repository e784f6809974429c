/** Text without its line breaks. */
export function oneLine(text: string): string {
  const [first = '', ...rest] = text.split(/[\r\n\u2028\u2029]+/)
  return rest.length === 0 ? text : [first.trimEnd(), ...rest.map(line => line.trim())].join(' ')
}

/**
 * Text that comes from AWS or GitHub, made harmless for a line of the log: a line break could start a workflow command
 * (`::set-output::`), and the runner finds the older form (`##[command]`) anywhere in a line
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
 */
export function logSafe(text: string): string {
  return text
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replaceAll('##[', '# #[')
    .replace(/^(\s*)::/, '$1: :')
}

/** Text that shows as it is inside a paragraph or a table cell: no markup, no HTML, no mention, one line. */
export function inline(text: string): string {
  return text
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~#!]/g, '\\$&')
    .replace(/@(?=\w)/g, '@\u200b')
}

/** Text in the type of code, inside a paragraph or a table cell. */
export function code(text: string): string {
  const line = text.replace(/[\r\n\u2028\u2029]+/g, ' ').replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return line === '' ? '' : `${fence}${pad}${line}${pad}${fence}`
}

/** The same text with a capital at its beginning, unless a name stands there. */
export function sentence(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

/** A sentence of ours: what stands between backticks in the type of code, all else as it is. */
export function prose(text: string): string {
  const parts = text.split(/`([^`]+)`/)
  return parts.map((part, i) => (i % 2 === 1 ? code(part) : inline(part))).join('')
}

/** A block that can be copied, such as a command. */
export function block(text: string, language: string): string {
  return `\`\`\`${language}\n${text.replaceAll('```', "'''")}\n\`\`\``
}

/** `label` as a link; the label is shown as it is. */
export function link(label: string, url: string): string {
  const safe = url
    .replace(/[\s<>]/g, encodeURIComponent)
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
    .replaceAll('|', '%7C')
  return `[${inline(label)}](${safe})`
}

/** `10:00:15Z` of an instant. */
export function timeOfDay(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`
}

/** Version numbers as people say them: `versions 1 to 44, 47`. */
export function inRanges(versions: readonly string[]): string {
  const runs: [first: number, last: number][] = []
  for (const number of versions.map(Number).toSorted((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run !== undefined && number === run[1] + 1) run[1] = number
    else runs.push([number, number])
  }
  const words = runs.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`))
  return `${versions.length === 1 ? 'version' : 'versions'} ${words.join(', ')}`
}
