import { readdirSync, readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installed, openBrowser, show } from './browser.ts'

/** The summaries of all scenarios, as the shipped action wrote them. */
const golden = new URL('../scenarios/golden/', import.meta.url)
const summaries = readdirSync(golden).flatMap(file => {
  const parts = readFileSync(new URL(file, golden), 'utf8')
    .split(/^── summary ─+$/m)
    .slice(1)
  return parts.map((part, i) => ({ name: `${file} ${i + 1}`, markdown: part.split(/^── |^══ /m)[0] ?? '' }))
})

// On a machine without Chromium there is no browser to look with; where everything has to hold, there is one.
const canLook = installed !== undefined || process.env.CI === 'true'

describe.skipIf(!canLook)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('every summary of every scenario is drawn, and nothing of it fails', { timeout: 120_000 }, async () => {
    const shown = await show(
      browser,
      summaries.map(({ markdown }) => markdown),
    )
    const judged = shown.map(({ failures, charts, overflow, text }, i) => {
      const { name = '', markdown = '' } = summaries[i] ?? {}
      const missing = markdown.split('```mermaid').length - 1 - charts
      return { name, failures, missing, overflow, raw: /```|\| -|(?<!\*)\*\*(?!\*)|<\/?details/.test(text) }
    })
    const fine = { failures: [], missing: 0, overflow: 0, raw: false }
    expect(judged).toEqual(summaries.map(({ name }) => ({ name, ...fine })))
    expect(summaries.filter(({ markdown }) => markdown.includes('```mermaid')).length).toBeGreaterThan(5)
  })

  test('what is no diagram is seen to fail', async () => {
    const broken = '```mermaid\ngantt\n  dateFormat x\n  10 % :crit, nonsense\n  section\n```'
    const [shown] = await show(browser, [broken])
    expect({ failed: (shown?.failures.length ?? 0) > 0, charts: shown?.charts }).toEqual({ failed: true, charts: 0 })
  })
})
