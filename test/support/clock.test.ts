import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  type ClockSpec,
  clockNow,
  fasterNow,
  type JumpingClock,
  jumpingNow,
  jumpTo,
  startFaster,
} from './clock/spec.ts'
import { fakeAction } from './runner/fake-action.ts'
import { runPost, type StepResult, startStep } from './runner.ts'

const origin = Date.UTC(2026, 10, 23, 10)
const folder = mkdtempSync(join(tmpdir(), 'clock-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('every clock', () => {
  test('answers all the ways to ask Date for the present, and no other question', async () => {
    const { seen } = await runIn(
      jumping(),
      `output('seen', [Date.now(), new Date().getTime(), Date.parse(Date()), new Date(5).getTime(), new Date(2020, 0).getFullYear(),
         new Date() instanceof Date, new Date().constructor === Date, Date.UTC(1970, 0), new (class D extends Date {})().getTime()])`,
    )
    expect(seen).toEqual([origin, origin, origin, 5, 2020, true, true, 0, origin])
  })

  test.each(['faster', 'jumping'])(
    'lets a %s sleep return its value, and only sleeps of timers/promises change',
    async kind => {
      const clock = kind === 'jumping' ? jumping() : startFaster(1_000, origin)
      const { seen } = await runIn(
        clock,
        `import { setTimeout as sleep } from 'node:timers/promises'
       const start = performance.now()
       await new Promise(resolve => setTimeout(resolve, 100))
       const real = performance.now() - start
       output('seen', { real: real >= 99 && real < 2000, value: await sleep(60_000, 'value'), took: performance.now() - start < 2000 })`,
      )
      expect(seen).toEqual({ real: true, value: 'value', took: true })
    },
  )

  test.each([
    ['an import', `import { setTimeout as sleep } from 'node:timers/promises'`],
    ['an import without node:', `import * as timers from 'timers/promises'; const sleep = timers.setTimeout`],
    ['a dynamic import', `const { setTimeout: sleep } = await import('node:timers/promises')`],
    [
      'require',
      `import { createRequire } from 'node:module'; const { setTimeout: sleep } = createRequire(import.meta.url)('timers/promises')`,
    ],
    ['timers.promises', `import timers from 'node:timers'; const sleep = timers.promises.setTimeout`],
  ])('reaches a sleep that comes by %s', async (_, imports) => {
    const { seen } = await runIn(jumping(), `${imports}\nawait sleep(3_600_000); output('seen', Date.now())`)
    expect(seen).toBe(origin + 3_600_000)
  })
})

describe('a faster clock', () => {
  test('shows one time to all processes that share it', async () => {
    const clock = startFaster(600, origin)
    const before = clockNow(clock)
    const { seen } = await runIn(clock, `output('seen', Date.now())`)
    expect(before).toBeLessThanOrEqual(Number(seen))
    expect(fasterNow(clock)).toBeGreaterThanOrEqual(Number(seen))
    expect(fasterNow(clock)).toBeLessThan(origin + 600 * 10_000)
  })

  test('never wakes a sleeper early', async () => {
    const { seen } = await runIn(
      startFaster(1_000, origin),
      `import { setTimeout as sleep } from 'node:timers/promises'
       const slept = []
       for (let i = 0; i < 20; i++) { const start = Date.now(); await sleep(1_500); slept.push(Date.now() - start) }
       output('seen', Math.min(...slept))`,
    )
    expect(seen).toBeGreaterThanOrEqual(1_500)
  })

  test('makes a sleep as much shorter, and ends it on an abort', async () => {
    const { seen } = await runIn(
      startFaster(100, origin),
      `import { setTimeout as sleep } from 'node:timers/promises'
       const [real, virtual] = [performance.now(), Date.now()]
       await sleep(20_000)
       const slept = { real: performance.now() - real, virtual: Date.now() - virtual }
       const error = await sleep(3_600_000, undefined, { signal: AbortSignal.timeout(20) }).catch(error => error)
       output('seen', { ...slept, error: error.name, code: error.code, cause: error.cause.name })`,
    )
    const { real, virtual, ...error } = seen as Record<string, number>
    expect(real).toBeGreaterThanOrEqual(195)
    expect(real).toBeLessThan(1_000)
    expect(virtual).toBeGreaterThanOrEqual(20_000)
    expect(error).toEqual({ error: 'AbortError', code: 'ABORT_ERR', cause: 'TimeoutError' })
  })
})

describe('a jumping clock', () => {
  test('stands still but for sleeps, and then moves by exactly their length', async () => {
    const clock = jumping()
    const { seen } = await runIn(
      clock,
      `import { setTimeout as sleep } from 'node:timers/promises'
       const times = [Date.now()]
       await new Promise(resolve => setTimeout(resolve, 50))
       times.push(Date.now())
       for (const ms of [15_000, 1, 0, 500]) { await sleep(ms); times.push(Date.now()) }
       output('seen', times)`,
    )
    expect(sinceOrigin(seen)).toEqual([0, 0, 15_000, 15_001, 15_001, 15_501])
    expect(jumpingNow(clock)).toBe(origin + 15_501)
    expect(readFileSync(clock.file, 'latin1')).toBe(`000${origin + 15_501}`)
  })

  test('is seen alike by a server in another process at each request, which may move it on', async () => {
    const clock = jumping()
    const seenByServer: number[] = []
    const port = await serve((_, response) => {
      seenByServer.push(jumpingNow(clock) - origin)
      jumpTo(clock, jumpingNow(clock) + 200)
      response.end()
    })
    const { seen } = await runIn(
      clock,
      `import { setTimeout as sleep } from 'node:timers/promises'
       const times = []
       for (let i = 0; i < 3; i++) { await fetch('http://127.0.0.1:${port}'); times.push(Date.now()); await sleep(15_000) }
       output('seen', times)`,
    )
    expect(seenByServer).toEqual([0, 15_200, 30_400])
    expect(sinceOrigin(seen)).toEqual([200, 15_400, 30_600])
  })

  test('never goes back', () => {
    const clock = jumping()
    jumpTo(clock, origin + 1_000)
    jumpTo(clock, origin + 10)
    expect(jumpingNow(clock)).toBe(origin + 1_000)
  })

  test('does not move for a sleep that is aborted, before or while it lasts', async () => {
    const { seen } = await runIn(
      jumping(),
      `import { setTimeout as sleep } from 'node:timers/promises'
       const caught = error => [error.name, error.code, error.message, error.cause]
       const aborter = new AbortController()
       const during = sleep(15_000, undefined, { signal: aborter.signal }).catch(caught)
       aborter.abort('cancelled')
       const before = sleep(15_000, undefined, { signal: AbortSignal.abort('cancelled') }).catch(caught)
       output('seen', [await during, await before, Date.now()])`,
    )
    const aborted = ['AbortError', 'ABORT_ERR', 'The operation was aborted', 'cancelled']
    expect(seen).toEqual([aborted, aborted, origin])
  })

  test('ends concurrent sleeps by when they are due, with what each sets off before the next', async () => {
    const { seen } = await runIn(
      jumping(),
      `import { setTimeout as sleep } from 'node:timers/promises'
       const order = []
       async function every(name, ms, times) {
         for (let i = 0; i < times; i++) { await sleep(ms); order.push(name + (Date.now() - ${origin})) }
       }
       await Promise.all([every('long', 60_000, 1), every('short', 15_000, 5), every('same', 30_000, 2)])
       output('seen', order)`,
    )
    expect(seen).toEqual([
      ...['short15000', 'same30000', 'short30000', 'short45000'],
      ...['long60000', 'same60000', 'short60000', 'short75000'],
    ])
  })

  test('stands still while a request is open, so that the answer does not come hours later', async () => {
    const clock = jumping()
    const port = await serve(async (_, response) => {
      await realSleep(150)
      response.end(String(jumpingNow(clock) - origin))
    })
    const { seen } = await runIn(clock, `${racing(port)}\noutput('seen', await answer.then(r => r.text()))`)
    expect(seen).toBe('0')
  })

  test('moves on for a request that is never answered, so that it can be given up', async () => {
    const port = await serve(() => {})
    const { seen } = await runIn(jumping(), `${racing(port)}\nawait waited; output('seen', Date.now()); process.exit()`)
    expect(seen).toBe(origin + 60_000)
  })

  function racing(port: number): string {
    return `import { setTimeout as sleep } from 'node:timers/promises'
      const answer = fetch('http://127.0.0.1:${port}')
      const waited = sleep(60_000)`
  }
})

describe('requests under a clock', () => {
  test.each([
    ['an import', `import { request } from 'node:http'`],
    ['an import without node:', `import http from 'http'; const request = http.request`],
    ['a dynamic import', `const { request } = await import('node:http')`],
    [
      'require',
      `import { createRequire } from 'node:module'; const { request } = createRequire(import.meta.url)('http')`,
    ],
  ])('are numbered in the order they are made, with http.request by %s', async (_, imports) => {
    const port = await echo()
    const { seen } = await runIn(
      jumping(),
      `${imports}
       const ask = (...args) => new Promise((resolve, reject) => {
         request(...args, async answer => resolve((await answer.toArray()).join(''))).on('error', reject).end()
       })
       const url = 'http://127.0.0.1:${port}/'
       const headers = { Expect: '100-continue' }
       output('seen', await Promise.all([ask({ port: ${port}, host: '127.0.0.1' }), ask(url), ask(url, { headers }), ask(new URL(url))]))`,
    )
    expect(seen).toEqual(['1', '2', '3', '4'])
  })

  test('are numbered in one series with fetch, http.get and https', async () => {
    const port = await echo()
    const { seen } = await runIn(
      jumping(),
      `import http from 'node:http'
       import https from 'node:https'
       const got = new Promise(resolve => http.get('http://127.0.0.1:${port}', async a => resolve((await a.toArray()).join(''))))
       const secure = https.request({ port: ${port}, host: '127.0.0.1' }).on('error', () => {}).end()
       const fetched = fetch('http://127.0.0.1:${port}').then(answer => answer.text())
       output('seen', [await got, secure.getHeader('x-sequence'), await fetched])`,
    )
    expect(seen).toEqual(['1', '2', '3'])
  })

  test('are numbered in one series with those of the GitHub client, which brings a fetch of its own', async () => {
    const numbers: unknown[] = []
    const port = await serve((request, response) => {
      numbers.push(request.headers['x-sequence'])
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
    })
    const { result } = await runIn(
      jumping(),
      `import { getOctokit } from '${client}'
       const { rest } = getOctokit('token', { baseUrl: 'http://127.0.0.1:${port}' })
       await rest.repos.listDeployments({ owner: 'octo', repo: 'orders' })
       await fetch('http://127.0.0.1:${port}')
       await rest.repos.createDeployment({ owner: 'octo', repo: 'orders', ref: 'main' })
       output('seen', null)`,
    )
    expect(numbers).toEqual(['1', '2', '3'])
    expect(result.timeline).toEqual([1, 2, 3])
  })

  test('stand in the timeline of the step where they were made, and the post step goes on counting', async () => {
    const port = await echo()
    const script = `console.log('before'); await fetch('http://127.0.0.1:${port}'); console.log('after')`
    const step = { action: fakeAction(script, { post: script }), inputs: {}, clock: jumping() }
    const main = await startStep(step).done
    const post = await runPost(step, main)
    expect(main.timeline).toEqual(['before', 1, 'after'])
    expect(main.log).toBe('before\nafter')
    expect(post.timeline).toEqual(['before', 2, 'after'])
  })

  test('are left alone without a clock', async () => {
    const port = await echo()
    const { seen } = await runIn(undefined, `output('seen', await (await fetch('http://127.0.0.1:${port}')).text())`)
    expect(seen).toBe('none')
  })

  function echo(): Promise<number> {
    return serve((request, response) => response.end(request.headers['x-sequence'] ?? 'none'))
  }
})

/** By its file, since an action in a folder of its own finds no packages. */
const client = new URL('../../node_modules/@actions/github/lib/github.js', import.meta.url).href

let clocks = 0
function jumping(): JumpingClock {
  return { kind: 'jumping', file: join(folder, `now-${++clocks}`), origin }
}

async function runIn(clock: ClockSpec | undefined, source: string): Promise<{ result: StepResult; seen: unknown }> {
  const result = await startStep({ action: fakeAction(source), inputs: {}, ...(clock && { clock }) }).done
  expect(result).toMatchObject({ conclusion: 'success', log: '' })
  return { result, seen: JSON.parse(result.outputs.seen ?? 'null') }
}

function sinceOrigin(times: unknown): number[] {
  return (times as number[]).map(time => time - origin)
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
