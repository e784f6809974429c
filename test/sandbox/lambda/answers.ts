import type { Result } from '../runtime.ts'
import type { World } from '../world.ts'
import { linesIn } from './log-lines.ts'

/** What a test lets an invocation answer in place of its code. */
export type Answered = {
  /** Anything that can be JSON. */
  readonly payload: unknown
  /** Makes it a function error: the value of `X-Amz-Function-Error`. */
  readonly functionError?: 'Unhandled' | 'Handled'
  /** What it printed. */
  readonly log?: string
  /** How long it took; 50 where nothing is said. */
  readonly durationMs?: number
}

/** Answers the payload of an invocation; what it throws is the function's error. */
export type Answering = (payload: unknown) => Answered | Promise<Answered>

/** What a test has set, by function and version; `*` is any version that has nothing of its own. */
export interface Invocations {
  set(functionName: string, version: string, answering: Answering): void
  clear(): void
}

/** The answers that a world's functions give in place of their code, which none do until a test says so. */
export function newInvocations(answers: Map<string, Answering>): Invocations {
  return {
    set: (functionName, version, answering) => {
      answers.set(`${functionName}:${version}`, answering)
    },
    clear: () => answers.clear(),
  }
}

/** What was set for a version, or undefined. */
export function answeringOf({ answers }: World, functionName: string, version: string): Answering | undefined {
  return answers.get(`${functionName}:${version}`) ?? answers.get(`${functionName}:*`)
}

/** Lets it answer, as a handler would. */
export async function answerBy(answering: Answering, payload: unknown): Promise<Omit<Result, 'log'>> {
  try {
    const { payload: reply, functionError, log = '', durationMs = 50 } = await answering(payload)
    return {
      kind: functionError === undefined ? 'success' : 'error',
      payload: JSON.stringify(reply ?? null),
      ...(functionError !== undefined && { functionError }),
      durationMs,
      output: linesIn(log),
      fresh: false,
    }
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error))
    const { name: errorType, message: errorMessage, stack } = thrown
    const reply = { errorType, errorMessage, trace: stack?.split('\n') ?? [] }
    return { kind: 'error', payload: JSON.stringify(reply), durationMs: 50, output: [], fresh: false }
  }
}
