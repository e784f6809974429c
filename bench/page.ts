import { readFileSync, writeFileSync } from 'node:fs'

const page = new URL('../docs/benchmarks.md', import.meta.url)

/** Prints what a bench has found and puts it into its place in docs/benchmarks.md, between `<!-- name -->` and its end. */
export function publish(name: string, body: string): void {
  console.log(body)
  const text = readFileSync(page, 'utf8')
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error(`docs/benchmarks.md has no place for ${name}: put ${start} and ${end} there`)
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${body}\n\n${text.slice(to)}`)
}

/** Says that a limit is not kept, and lets the bench fail at its end. */
export function expectAtMost(what: string, value: number, limit: number): void {
  if (value <= limit) return
  process.exitCode = 1
  console.error(`${what} is ${Number(value.toPrecision(3))}, and at most ${limit} is allowed`)
}
