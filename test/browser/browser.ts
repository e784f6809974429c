import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { marked } from 'marked'
import { type Browser, chromium } from 'playwright-core'

const require = createRequire(import.meta.url)
const chromes = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', process.env.CHROMIUM ?? '']

/** Where this machine has a Chromium; undefined where it has none. */
export const installed = chromes.find(path => path !== '' && existsSync(path))

/** A summary as a browser shows it: what it drew, what failed, and a picture where one is asked for. */
export type Shown = {
  readonly charts: number
  readonly failures: readonly string[]
  readonly text: string
  /** The widest thing on the page beside the room that GitHub gives it, in pixels. */
  readonly overflow: number
}

export function openBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
  return chromium.launch({ ...(installed && { executablePath: installed }), args })
}

/** Shows texts of Markdown in GitHub's styles one below the other; `picture` is a file that gets a screenshot. */
export async function show(browser: Browser, texts: readonly string[], picture?: string): Promise<readonly Shown[]> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 600 } })
  const css = readFileSync(require.resolve('github-markdown-css/github-markdown-light.css'), 'utf8')
  const articles = texts.map(markdown => `<article class="markdown-body">${html(markdown)}</article>`)
  await page.setContent(`<style>${css} body { padding: 24px }</style>${articles.join('')}`)
  await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') })
  const shown = (await page.evaluate(drawAndLook)) as readonly Shown[]
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true })
  await page.close()
  return shown
}

/** As GitHub does: a fence of Mermaid becomes a diagram. */
function html(markdown: string): string {
  const body = marked.parse(markdown, { async: false, gfm: true })
  return body.replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>')
}

// Runs in the page, whose globals these files do not know; as text it needs no types.
const drawAndLook = `(async () => {
  mermaid.initialize({ startOnLoad: false })
  const shown = []
  for (const article of document.querySelectorAll('article')) {
    const failures = []
    for (const node of article.querySelectorAll('.mermaid')) {
      try { await mermaid.run({ nodes: [node] }) } catch (error) { failures.push(String(error.message ?? error)) }
    }
    const charts = [...article.querySelectorAll('.mermaid svg')]
    const right = article.getBoundingClientRect().right
    shown.push({
      failures,
      charts: charts.filter(svg => svg.querySelectorAll('.task').length > 0).length,
      text: article.innerText,
      overflow: Math.max(0, ...charts.map(svg => svg.getBoundingClientRect().right - right)),
    })
  }
  return shown
})()`
