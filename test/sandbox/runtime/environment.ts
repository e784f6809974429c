import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'
import type { Input } from '../input.ts'
import { linesIn } from '../lambda/log-lines.ts'
import type { Code } from '../lambda/state.ts'
import type { Execution, Result } from '../runtime.ts'

/** A warm process, and the directory that its code was unpacked to. */
export type Environment = { readonly child: ChildProcess; readonly directory: string; log: string; fresh: boolean }

/** What a process answers: see `bootstrap.ts`. */
type Reply = Pick<Result, 'kind' | 'payload'>

/** Unpacks the code and starts a process for it, which loads the handler when the first event comes. */
export async function start(execution: Execution): Promise<Environment> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-lambda-'))
  await unpack(execution.code, directory)
  const child = fork(fileURLToPath(new URL('bootstrap.ts', import.meta.url)), [directory, execution.handler], {
    cwd: directory,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: variables(execution, directory),
  })
  child.unref()
  child.channel?.unref()
  const environment: Environment = { child, directory, log: '', fresh: true }
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
function variables(execution: Execution, directory: string): NodeJS.ProcessEnv {
  const own = Object.entries(execution.environment).map(([name, value]) => [name, String(value)])
  return {
    PATH: process.env.PATH,
    ...Object.fromEntries(own),
    AWS_REGION: execution.region,
    AWS_LAMBDA_FUNCTION_NAME: execution.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: execution.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(execution.memory),
    LAMBDA_TASK_ROOT: directory,
  }
}

/** Whether the process can take another event. */
export function isAlive({ child }: Environment): boolean {
  return child.exitCode === null && child.signalCode === null && !child.killed
}

/** Ends the process and removes its code. */
export async function stop({ child, directory }: Environment): Promise<void> {
  child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
}

/** Sends one event and waits for its end, which is also the end of the function's time. */
export async function invoke(environment: Environment, execution: Execution): Promise<Result> {
  const { requestId, version, memory } = execution
  const start = `START RequestId: ${requestId} Version: ${version}\n`
  const { fresh } = environment
  environment.log = start
  environment.fresh = false
  const began = performance.now()
  const reply = await ask(environment.child, execution)
  const durationMs = performance.now() - began
  // What the handler printed last may still be on its way.
  await new Promise(resolve => setImmediate(resolve))
  const report = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${memory} MB`,
  ]
  const log = `${environment.log}END RequestId: ${requestId}\n${report.join('\t')}\n`
  return { ...reply, durationMs, fresh, output: linesIn(environment.log.slice(start.length)), log: log.slice(-4096) }
}

/** A process that dies or takes too long answers with Lambda's own errors. */
function ask(child: ChildProcess, execution: Execution): Promise<Reply> {
  const { requestId, timeoutMs, payload } = execution
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      const seconds = (timeoutMs / 1000).toFixed(2)
      end(failure('Sandbox.Timedout', `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`))
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

/** What Lambda answers where the handler did not. */
export function failure(errorType: string, errorMessage: string): Reply {
  return { kind: 'error', payload: JSON.stringify({ errorType, errorMessage }) }
}

function contextOf(execution: Execution): Input {
  const { clientContext } = execution
  return {
    functionName: execution.functionName,
    functionVersion: execution.version,
    invokedFunctionArn: execution.arn,
    memoryLimitInMB: String(execution.memory),
    awsRequestId: execution.requestId,
    deadlineMs: Date.now() + execution.timeoutMs,
    ...(clientContext && { clientContext: JSON.parse(Buffer.from(clientContext, 'base64').toString()) }),
  }
}
