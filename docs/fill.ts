/**
 * A page's text with what stands between `<!-- name -->` and `<!-- /name -->` made anew. `page` is its name, for whom it
 * tells that there is no such place, or more than one.
 */
export function fill(page: string, text: string, name: string, body: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from || text.indexOf(start, from + 1) >= 0) {
    throw new Error(`${page} has no one place for ${name}: put ${start} and ${end} there`)
  }
  return `${text.slice(0, from + start.length)}\n\n${body}\n\n${text.slice(to)}`
}
