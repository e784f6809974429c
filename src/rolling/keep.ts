import type { AliasSeen, LeftTarget, World } from '../ports.ts'
import type { Asked } from '../rollout/decide.ts'
import type { Course, Moving, Rollout } from './course.ts'

type Now = { readonly over?: boolean; readonly final?: boolean; readonly because?: string }

/** Says to the post step what it would have to do if this process were gone from now on. */
export function keep({ run, beside }: Rollout, { moving }: Course, { memory }: World, now: Now): void {
  const targets = [...beside, ...moving].map(mover =>
    leftOf(mover, now.final === true ? (mover.doubtful ?? mover.asked) : undefined),
  )
  memory.keep({ run, over: now.over ?? false, targets, ...(now.because !== undefined && { because: now.because }) })
}

/**
 * What the post step has to know of a moving alias; `final` when the write to come ends the rollout. A dead run's
 * canary that this run carries on is as good as asked for: it is not to be left behind a second time.
 */
function leftOf(mover: Moving, final: Asked | undefined): LeftTarget {
  const { target, back, history, carriesOn, waits, stable } = mover
  const found = carriesOn && stable !== undefined ? asked(stable.alias) : undefined
  return {
    target,
    back,
    asked: [...(found === undefined || waits ? [] : [found]), ...history],
    ...(final !== undefined && { final }),
    ...(found !== undefined && waits && { waited: found }),
  }
}

function asked({ routing, description }: AliasSeen): Asked {
  return { routing, description }
}
