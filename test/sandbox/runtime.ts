import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'
import type { Input } from './input.ts'
import type { Code, Running } from './lambda/state.ts'

/** One run of a handler. */
export type Execution = {
  readonly functionName: string
  readonly version: string
  readonly arn: string
  readonly code: Code
  readonly handler: string
  readonly environment: Input
  readonly region: string
  readonly memory: number
  readonly requestId: string
  readonly timeoutMs: number
  readonly payload: unknown
  readonly clientContext?: string | undefined
}

/** What a run came to; the payload is JSON, the log is at most the last 4 KB. */
export type Result = {
  readonly kind: 'success' | 'error'
  readonly payload: string
  readonly log: string
  readonly durationMs: number
}

/** Runs handlers of real artifacts, each version in a process of its own that is kept warm. */
export interface Executor {
  run(execution: Execution): Promise<Result>
  close(): Promise<void>
}

/** What a warm process answers: see `bootstrap.ts`. */
type Reply = { readonly kind: 'success' | 'error'; readonly payload: string }

type Environment = { readonly child: ChildProcess; readonly directory: string; log: string; last: Promise<unknown> }

/** Whether there is a handler that can be run: the zip holds the file that a Node.js function's handler names. */
export function isExecutable({ code, configuration }: Running): boolean {
  if (code.kind !== 'zip' || !configuration.Runtime?.startsWith('nodejs')) return false
  return handlerFile(code.bytes, configuration.Handler ?? '') !== undefined
}

function handlerFile(zip: Uint8Array, handler: string): string | undefined {
  const module = handler.slice(0, handler.lastIndexOf('.'))
  const candidates = ['.js', '.mjs', '.cjs'].map(extension => `${module}${extension}`)
  let found: string | undefined
  unzipSync(zip, {
    filter: ({ name }) => {
      if (candidates.includes(name)) found = name
      return false
    },
  })
  return found
}

/** Starts nothing until a handler is to be run. */
export function newExecutor(): Executor {
  const environments = new Map<string, Promise<Environment>>()

  function warm(execution: Execution): Promise<Environment> {
    const key = `${execution.functionName}:${execution.version}:${execution.code.sha256}`
    const running = environments.get(key) ?? start(execution)
    environments.set(key, running)
    return running
  }

  function discard(gone: Environment): Promise<void> {
    for (const [key, environment] of environments) {
      void environment.then(found => found === gone && environments.delete(key))
    }
    gone.child.kill('SIGKILL')
    return rm(gone.directory, { recursive: true, force: true })
  }

  async function run(execution: Execution): Promise<Result> {
    const environment = await warm(execution)
    const turn = environment.last.then(() => invoke(environment, execution))
    environment.last = turn
    const result = await turn
    if (environment.child.exitCode !== null || environment.child.killed) await discard(environment)
    return result
  }

  return {
    run,
    close: async () => {
      const all = await Promise.allSettled(environments.values())
      environments.clear()
      await Promise.all(all.map(one => (one.status === 'fulfilled' ? discard(one.value) : undefined)))
    },
  }
}

async function start(execution: Execution): Promise<Environment> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-lambda-'))
  await unpack(execution.code, directory)
  const child = fork(fileURLToPath(new URL('bootstrap.ts', import.meta.url)), [directory, execution.handler], {
    cwd: directory,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: variables(execution),
  })
  child.unref()
  child.channel?.unref()
  const environment: Environment = { child, directory, log: '', last: Promise.resolve() }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      environment.log += chunk.toString()
    })
  }
  return environment
}

async function unpack(code: Code, directory: string): Promise<void> {
  if (code.kind !== 'zip') return
  for (const [name, bytes] of Object.entries(unzipSync(code.bytes))) {
    const path = join(directory, normalize(name))
    if (name.endsWith('/') || !path.startsWith(directory + sep)) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}

/** A function sees its own variables and Lambda's, nothing of the machine's but where programs are. */
function variables(execution: Execution): NodeJS.ProcessEnv {
  const own = Object.entries(execution.environment).map(([name, value]) => [name, String(value)])
  return {
    PATH: process.env.PATH,
    ...Object.fromEntries(own),
    AWS_REGION: execution.region,
    AWS_LAMBDA_FUNCTION_NAME: execution.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: execution.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(execution.memory),
    LAMBDA_TASK_ROOT: '.',
  }
}

async function invoke(environment: Environment, execution: Execution): Promise<Result> {
  const { requestId, version } = execution
  environment.log = `START RequestId: ${requestId} Version: ${version}\n`
  const began = performance.now()
  const reply = await ask(environment, execution)
  const durationMs = performance.now() - began
  const told = durationMs.toFixed(2)
  await new Promise(resolve => setImmediate(resolve))
  const log = `${environment.log}END RequestId: ${requestId}\nREPORT RequestId: ${requestId}\tDuration: ${told} ms\tBilled Duration: ${Math.ceil(durationMs)} ms\tMemory Size: ${execution.memory} MB\n`
  return { ...reply, durationMs, log: log.slice(-4096) }
}

/** Sends one event to the process. One that dies or takes too long answers with Lambda's own errors. */
function ask({ child }: Environment, execution: Execution): Promise<Reply> {
  const { requestId, timeoutMs, payload } = execution
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      end(
        failure(
          'Sandbox.Timedout',
          `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
        ),
      )
    }, timeoutMs)
    const onExit = (code: number | null) => {
      const how = code === null || code === 0 ? 'without providing a reason' : `with error: exit status ${code}`
      end(failure('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited ${how}`))
    }
    const onMessage = (reply: unknown) => end(reply as Reply)
    child.once('exit', onExit)
    child.once('message', onMessage)
    child.send({ payload, context: contextOf(execution) }, error => {
      if (error) onExit(child.exitCode)
    })

    function end(reply: Reply): void {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.off('message', onMessage)
      resolve(reply)
    }
  })
}

function failure(errorType: string, errorMessage: string): Reply {
  return { kind: 'error', payload: JSON.stringify({ errorType, errorMessage }) }
}

function contextOf(execution: Execution): Input {
  return {
    functionName: execution.functionName,
    functionVersion: execution.version,
    invokedFunctionArn: execution.arn,
    memoryLimitInMB: String(execution.memory),
    awsRequestId: execution.requestId,
    deadlineMs: Date.now() + execution.timeoutMs,
    ...(execution.clientContext && {
      clientContext: JSON.parse(Buffer.from(execution.clientContext, 'base64').toString()),
    }),
  }
}
