import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openBrowser, show } from '../test/browser/browser.ts'

/** `npm run pictures`: the README's picture, which is the summary of a scenario as a browser shows it. */

const story = readFileSync(new URL('../test/scenarios/golden/evidence-later.txt', import.meta.url), 'utf8')
const [, summary] = story.split(/^── (?:summary ─+|post.*)\n/m)
if (summary === undefined) throw new Error('the story of evidence-later has no summary')

const browser = await openBrowser()
await show(browser, [summary], fileURLToPath(new URL('rolled-back.png', import.meta.url)))
await browser.close()
