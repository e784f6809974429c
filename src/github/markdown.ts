import { markdownTable } from 'markdown-table'

/** A table of GitHub's markdown; the cells are markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([[...head], ...rows.map(row => [...row])])
}

/** A part that is folded away under its title, which is HTML. */
export function folded(title: string, body: string): readonly string[] {
  return [`<details><summary>${title}</summary>\n\n${body}\n\n</details>`]
}
