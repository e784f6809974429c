import type { StepResult } from '../support/runner.ts'

/** How a run ended, in short. Annotations by their level and the result that they tell: `error rolled-back`. */
export type End = {
  readonly result: string | undefined
  readonly exitCode: number | null
  readonly conclusion: StepResult['conclusion']
  readonly annotations: readonly string[]
  /** What the alias serves when all is over, read from the sandbox: `2`, `1, and 2 at 10 %`, or `nothing`. */
  readonly live: string
  readonly post: Post
}

/** What the post step said, and how many calls it made. */
export type Post = { readonly annotations: readonly string[]; readonly calls: number }

/** A post step that finds nothing to do, and asks nobody. */
export const idle: Post = { annotations: [], calls: 0 }

/** The end of a step that succeeds and leaves its post step nothing to do. */
export function succeeded(result: string, live: string): End {
  return { result, exitCode: 0, conclusion: 'success', annotations: [`notice ${result}`], live, post: idle }
}

/** The end of a step that fails in good order and leaves its post step nothing to do. */
export function failed(result: string, live: string): End {
  return { result, exitCode: 1, conclusion: 'failure', annotations: [`error ${result}`], live, post: idle }
}

/** The end of a step that a person cancelled and that came to an end of its own. */
export function cancelled(result: string, live: string): End {
  return { ...failed(result, live), conclusion: 'cancelled' }
}

/** The end of a step whose process was killed before it could say anything. */
export function killed(live: string, post: Post = idle): End {
  return { result: undefined, exitCode: null, conclusion: 'failure', annotations: [], live, post }
}

/** The end of a run from what is left of its steps. */
export function endOf(main: StepResult, post: StepResult | undefined, live: string): End {
  const { outputs, exitCode, conclusion } = main
  return {
    result: outputs.result,
    exitCode,
    conclusion,
    annotations: annotationsOf(main),
    live,
    post: post === undefined ? idle : postOf(post),
  }
}

function postOf(post: StepResult): Post {
  const calls = post.timeline.filter(entry => typeof entry === 'number').length
  return { annotations: annotationsOf(post), calls }
}

/** `notice promoted` of a notice that reads `promoted: …`. */
function annotationsOf({ annotations }: StepResult): readonly string[] {
  return annotations.map(({ level, message }) => `${level} ${message.split(':')[0]}`)
}
