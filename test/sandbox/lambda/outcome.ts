import { type Input, isInput, text } from '../input.ts'

/** How an invocation ended. */
export type Outcome =
  | { readonly kind: 'success' }
  | {
      readonly kind: 'thrown'
      readonly errorType: string
      readonly errorMessage: string
      readonly stack: readonly string[]
    }
  /** The process is gone; `how` goes on where Lambda says `Runtime exited`. */
  | { readonly kind: 'exit'; readonly how: string }
  | { readonly kind: 'timeout' }

/** The outcome behind an error that Lambda answers with: its own errors have names of their own. */
export function outcomeOf(errorPayload: string): Outcome {
  const { errorType, errorMessage, trace } = readError(errorPayload)
  if (errorType === 'Sandbox.Timedout') return { kind: 'timeout' }
  const exited = errorType === 'Runtime.ExitError' ? /Runtime exited (.*)$/.exec(errorMessage)?.[1] : undefined
  if (exited !== undefined) return { kind: 'exit', how: exited }
  return { kind: 'thrown', errorType, errorMessage, stack: trace }
}

function readError(payload: string) {
  const error = parse(payload)
  const trace = Array.isArray(error.trace) ? error.trace.map(String) : []
  return { errorType: text(error, 'errorType') ?? 'Error', errorMessage: text(error, 'errorMessage') ?? '', trace }
}

function parse(payload: string): Input {
  try {
    const error: unknown = JSON.parse(payload)
    return isInput(error) ? error : {}
  } catch {
    return {}
  }
}
