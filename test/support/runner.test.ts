import { tmpdir } from 'node:os'
import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { fakeAction } from './runner/fake-action.ts'
import { runPost, type Step, type StepResult, startStep } from './runner.ts'

describe.concurrent('a step', () => {
  test('finds its inputs in capitals with their hyphens, defaults included', async () => {
    const inputs = `
  function-name: { required: true }
  two words: { default: 10 }
  absent: {}
  token: { default: "\${{ github.token }}" }`
    const { outputs, log } = await run(
      `output('seen', Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_')).sort())
       console.log('token ' + process.env.INPUT_TOKEN)`,
      { inputs: { 'function-name': 'orders' } },
      inputs,
    )
    expect(JSON.parse(outputs.seen ?? '')).toEqual([
      ['INPUT_ABSENT', ''],
      ['INPUT_FUNCTION-NAME', 'orders'],
      ['INPUT_TOKEN', expect.stringMatching(/^ghs_/)],
      ['INPUT_TWO_WORDS', '10'],
    ])
    expect(log).toBe('token ***')
  })

  test('is warned of inputs that the action does not have, and of deprecated ones', async () => {
    const { annotations, conclusion } = await run(
      '',
      { inputs: { Alias: 'live', typo: 'x' } },
      '{ alias: { deprecationMessage: use target }, b: {} }',
    )
    expect(annotations).toEqual([
      { level: 'warning', message: "Input 'alias' has been deprecated with message: use target" },
      { level: 'warning', message: "Unexpected input(s) 'typo', valid inputs are ['alias', 'b']" },
    ])
    expect(conclusion).toBe('success')
  })

  test('sees the variables of a run, what the test adds, and nothing of the parent', async () => {
    process.env.LEAKY = 'from the parent'
    const { outputs } = await run(
      `import { readFileSync } from 'node:fs'
       const { LEAKY, NODE_ENV, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_ACTIONS } = process.env
       output('seen', { LEAKY, NODE_ENV, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_ACTIONS })
       output('atHome', process.cwd() === process.env.GITHUB_WORKSPACE)
       output('event', JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8')))`,
      { env: { GITHUB_RUN_ID: '7' }, event: { number: 12 } },
    )
    expect(outputs).toEqual({
      seen: '{"GITHUB_REPOSITORY":"octo/orders","GITHUB_RUN_ID":"7","GITHUB_ACTIONS":"true"}',
      atHome: 'true',
      event: '{"number":12}',
    })
  })

  test('hands over outputs, state and a summary in files, of one line or many', async () => {
    const { outputs, state, summary } = await run(`
      put('GITHUB_OUTPUT', 'plain=a=b<<c')
      put('GITHUB_OUTPUT', 'lines<<END\\none\\n\\nx=y\\nEND')
      put('GITHUB_OUTPUT', 'empty<<END\\nEND')
      put('GITHUB_STATE', 'stable=7')
      put('GITHUB_STEP_SUMMARY', '# Promoted')`)
    expect({ outputs, state, summary }).toEqual({
      outputs: { plain: 'a=b<<c', lines: 'one\n\nx=y', empty: '' },
      state: { stable: '7' },
      summary: '# Promoted\n',
    })
  })

  test('fails on a file that cannot be read, but what stood before the fault counts', async () => {
    const { outputs, annotations, conclusion, exitCode } = await run(`
      put('GITHUB_OUTPUT', 'first=1')
      put('GITHUB_OUTPUT', 'open<<END\\nnever closed')`)
    expect({ outputs, conclusion, exitCode }).toEqual({ outputs: { first: '1' }, conclusion: 'failure', exitCode: 0 })
    expect(annotations.map(({ message }) => message)).toEqual([
      "Unable to process file command 'output' successfully.",
      "Invalid value. Matching delimiter not found 'END'",
    ])
  })

  test('loses a summary of more than a mebibyte, with an error', async () => {
    const { summary, annotations, conclusion } = await run(`put('GITHUB_STEP_SUMMARY', 'x'.repeat(1024 * 1024))`)
    expect({ summary, conclusion }).toEqual({ summary: '', conclusion: 'success' })
    expect(annotations).toEqual([{ level: 'error', message: expect.stringContaining('upload aborted') }])
  })

  test('may be given its folders from here, and still runs in its workspace', async () => {
    const here = (path: string) => relative(process.cwd(), path)
    const source = `output('cwd', process.cwd()); output('workspace', process.env.GITHUB_WORKSPACE)`
    const { outputs } = await startStep({ action: here(fakeAction(source)), inputs: {}, workspace: here(tmpdir()) })
      .done
    expect(outputs).toEqual({ cwd: JSON.stringify(tmpdir()), workspace: JSON.stringify(tmpdir()) })
  })

  test('fails by its exit code, not by an error that it reports', async () => {
    expect(await run(`console.log('::error::bad')`)).toMatchObject({ conclusion: 'success', exitCode: 0 })
    expect(await run('process.exitCode = 3')).toMatchObject({ conclusion: 'failure', exitCode: 3 })
  })

  test('has a log of both its streams, up to a last line without an end, told live', async () => {
    const live: string[] = []
    const { log } = await run(
      `console.error('::warning::from stderr')
       setTimeout(() => process.stdout.write('the end'), 50)`,
      { onLine: line => live.push(line) },
    )
    expect(log).toBe('##[warning]from stderr\nthe end')
    expect(live.join('\n')).toBe(log)
  })

  test('is over 5 s after its process at the latest, whatever that has started', async () => {
    const { conclusion, log, wallMs } = await run(`
      import { spawn } from 'node:child_process'
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 7000)'], { stdio: 'inherit' }).unref()
      console.log('end')`)
    expect({ conclusion, log }).toEqual({ conclusion: 'success', log: 'end' })
    expect(wallMs).toBeGreaterThan(4_900)
    expect(wallMs).toBeLessThan(6_500)
  })

  test('cannot be started without its Node.js', async () => {
    await expect(run('', { node: '/no/such/node' })).rejects.toThrow('ENOENT')
  })
})

describe.concurrent('a cancelled step', () => {
  test('that honours SIGINT ends there and then, and what it wrote last is kept', async () => {
    const { conclusion, outputs, exitCode, wallMs } = await cancelled(
      `process.on('SIGINT', () => { output('result', 'rolled-back'); process.exit(1) })`,
    )
    expect({ conclusion, exitCode, outputs }).toEqual({
      conclusion: 'cancelled',
      exitCode: 1,
      outputs: { result: '"rolled-back"' },
    })
    expect(wallMs).toBeLessThan(5_000)
  })

  test('that does not listen at all dies of SIGINT', async () => {
    expect(await cancelled('')).toMatchObject({ conclusion: 'cancelled', exitCode: null, signal: 'SIGINT' })
  })

  test('that ignores SIGINT gets SIGTERM after 7.5 s', async () => {
    const result = await cancelled(`
      let interrupted
      process.on('SIGINT', () => { interrupted = performance.now() })
      process.on('SIGTERM', () => { output('after', performance.now() - interrupted); process.exit(0) })`)
    expect(result).toMatchObject({ conclusion: 'cancelled', exitCode: 0 })
    expect(Number(result.outputs.after)).toBeGreaterThan(7_400)
    expect(Number(result.outputs.after)).toBeLessThan(8_500)
  })

  test('that was over already stays what it was', async () => {
    const step = startStep({ action: fakeAction(''), inputs: {} })
    await step.done
    step.cancel()
    expect((await step.done).conclusion).toBe('success')
  })
})

describe.concurrent('a post step', () => {
  test('sees the state that a killed main step left', async () => {
    const action = fakeAction(
      `put('GITHUB_STATE', 'Routing<<E\\n7\\n8\\nE')
       console.log('ready')
       setInterval(() => {}, 1000)`,
      {
        inputs: '{ function-name: {} }',
        post: `output('state', process.env.STATE_Routing); output('input', process.env['INPUT_FUNCTION-NAME'])`,
      },
    )
    const step: Step = { action, inputs: { 'function-name': 'orders' } }
    const main = await interrupted(step, running => running.kill('SIGKILL'))
    expect(main).toMatchObject({ conclusion: 'failure', exitCode: null, signal: 'SIGKILL', state: { Routing: '7\n8' } })
    expect((await runPost(step, main)).outputs).toEqual({ state: '"7\\n8"', input: '"orders"' })
  })

  test('is missed by an action that has none', async () => {
    const step = { action: fakeAction(''), inputs: {} }
    await expect(runPost(step, await startStep(step).done)).rejects.toThrow('no post script')
  })
})

function run(source: string, step: Partial<Step> = {}, inputs?: string): Promise<StepResult> {
  return startStep({ action: fakeAction(source, inputs ? { inputs } : {}), inputs: {}, ...step }).done
}

function cancelled(source: string): Promise<StepResult> {
  const action = fakeAction(`${source}\nconsole.log('ready'); setInterval(() => {}, 1000)`)
  return interrupted({ action, inputs: {} }, running => running.cancel())
}

/** Runs a step that says `ready` when it is, and then waits. */
async function interrupted(step: Step, act: (running: ReturnType<typeof startStep>) => void): Promise<StepResult> {
  const ready = Promise.withResolvers<string>()
  const running = startStep({ ...step, onLine: ready.resolve })
  expect(await Promise.race([ready.promise, sleep(5_000)])).toBe('ready')
  act(running)
  return running.done
}
