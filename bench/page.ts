import { readFileSync, writeFileSync } from 'node:fs'
import { fill } from '../docs/fill.ts'

const page = new URL('../docs/benchmarks.md', import.meta.url)

/** Prints what a bench has found and puts it into its place in docs/benchmarks.md, between `<!-- name -->` and its end. */
export function publish(name: string, body: string): void {
  console.log(body)
  writeFileSync(page, fill('docs/benchmarks.md', readFileSync(page, 'utf8'), name, body))
}

/** Says that a limit is not kept, and lets the bench fail at its end. */
export function expectAtMost(what: string, value: number, limit: number): void {
  if (value <= limit) return
  process.exitCode = 1
  console.error(`${what} is ${Number(value.toPrecision(3))}, and at most ${limit} is allowed`)
}
