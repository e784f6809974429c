import { CallFailed, type Invoked, type World } from '../ports.ts'
import type { Target } from '../rollout/outcome.ts'

/** The versions that a hook is told of. */
type Told = { readonly stable: string | undefined; readonly candidate: string }

/** Lines of a failed invocation's log that are shown. */
const logLines = 20

/** Invokes the candidate before it gets traffic; says what is wrong with its answer, or nothing. */
export async function smokeTest(
  target: Target,
  candidate: string,
  payload: string,
  world: World,
): Promise<string | undefined> {
  const name = `version ${candidate} of ${target.functionName}`
  return await prove(`the smoke test of ${name}`, world, async () => {
    const answer = await world.invoker.invoke(target.functionName, candidate, payload)
    const status = memberOf(answer.payload, 'statusCode')
    const failed = answer.functionError !== undefined || (typeof status === 'number' && status >= 500)
    return { answer, failed, why: answer.functionError ?? `statusCode ${String(status)}` }
  })
}

/** Invokes a hook function with what is being rolled out; says what is wrong, or nothing. */
export async function runHook(
  hook: string,
  input: 'before-traffic' | 'after-traffic',
  target: Target,
  { stable, candidate }: Told,
  world: World,
): Promise<string | undefined> {
  const payload = JSON.stringify({
    function: target.functionName,
    alias: target.alias,
    stable: stable ?? null,
    candidate,
  })
  return await prove(`the ${input} hook ${hook}`, world, async () => {
    const answer = await world.invoker.invoke(hook, undefined, payload)
    const failed = answer.functionError !== undefined || memberOf(answer.payload, 'status') === 'Failed'
    return { answer, failed, why: answer.functionError ?? 'status Failed' }
  })
}

type Proof = { readonly answer: Invoked; readonly failed: boolean; readonly why: string }

async function prove(
  what: string,
  { reporter, cancel }: World,
  run: () => Promise<Proof>,
): Promise<string | undefined> {
  try {
    const { answer, failed, why } = await run()
    if (!failed) {
      reporter.tell({ kind: 'note', text: `Passed: ${what}` })
      return undefined
    }
    const tail = answer.log.trimEnd().split('\n').slice(-logLines)
    for (const line of tail) reporter.tell({ kind: 'note', text: `  | ${line}` })
    return `${what} failed (${why}): ${answer.payload.slice(0, 500)}`
  } catch (error) {
    if (cancel.aborted) return `${what} was cut short: the workflow was cancelled`
    if (!(error instanceof CallFailed)) throw error
    return `${what} could not be run: ${error.message}`
  }
}

function memberOf(payload: string, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(payload)
    return typeof parsed === 'object' && parsed !== null && name in parsed
      ? (parsed as Record<string, unknown>)[name]
      : undefined
  } catch {
    return undefined
  }
}
