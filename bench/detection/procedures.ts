import type { Check } from '../../src/rollout/checks.ts'
import { judgeChecks } from '../../src/rollout/checks.ts'
import { decide, type Policy, type Progress } from '../../src/rollout/decide.ts'
import { judge } from '../../src/rollout/health.ts'
import { minuteMs } from '../../src/rollout/minutes.ts'
import { partWay } from '../../src/rollout/routing.ts'
import type { Stream, WorldSpec } from './worlds.ts'

/** Index of the look at which a procedure rolls back; undefined when it never does. */
export type Procedure = {
  readonly name: string
  readonly stopsAt: (streams: readonly Stream[], spec: WorldSpec) => number | undefined
}

const alpha = 0.01
const errorsNoWorse: Check = { kind: 'no-worse', text: 'errors no worse than stable', of: 'errors' }
const plan = {
  name: 'bench',
  steps: [
    { weight: 0.1, bakeMs: 61 * minuteMs },
    { weight: 1, bakeMs: 0 },
  ],
}
const policy: Policy = {
  onFailure: 'roll-back',
  insufficientData: { kind: 'continue' },
  minInvocations: 0,
  lowTraffic: { kind: 'proceed' },
  pollMs: minuteMs,
  afterTraffic: false,
}
const asked = { routing: partWay('7', '8', 0.1), description: '' }
const target = { kind: 'alias', ...asked, moving: false } as const
const progress: Progress = { step: 0, since: 0, targets: [{ name: 'bench', asked }], unknownLooks: 0, proven: false }

/** The action itself: its checks, its verdict and its decision, on what it would have read at each look. */
export function ours(checks: readonly Check[] = [errorsNoWorse]): Procedure {
  return {
    name: 'Lambda Rollout',
    stopsAt: streams =>
      firstLook(streams, look => {
        const now = (look + 1) * minuteMs
        const reading = judgeChecks(
          checks,
          streams.map(stream => stream.looks[look] ?? []),
          alpha,
          now,
        )
        const metrics = { checks: reading, served: 1, comparison: '' }
        const health = judge({ alarms: [], metrics, minInvocations: 0 })
        return decide(plan, policy, progress, { now, cancelled: false, targets: [target], health }).kind === 'roll-back'
      }),
  }
}

/** The alarm of SAM's example for CodeDeploy: one error of the alias in a minute. */
export const aliasCountAlarm = alarm('alias Errors ≥ 1', ({ e0, e1 }) => e0 + e1 >= 1)

export const canaryCountAlarm = alarm('canary Errors ≥ 5', ({ e1 }) => e1 >= 5)

export const aliasRateAlarm = alarm('alias error rate > 1 %', ({ n0, e0, n1, e1 }) => e0 + e1 > 0.01 * (n0 + n1))

/** A threshold on the canary's rate, where missing data fails too and the fifth failed check rolls back. */
export const flaggerLike: Procedure = {
  name: 'Flagger-like',
  stopsAt: streams => {
    let failed = 0
    return firstLook(streams, look => {
      const counts = streams[0]?.minutes[look]
      if (counts === undefined || counts.n1 === 0 || counts.e1 > 0.01 * counts.n1) failed++
      return failed >= 5
    })
  },
}

/** Wald's test of the canary alone, which knows both rates. */
export const ideal: Procedure = {
  name: 'ideal (knows both rates)',
  stopsAt: (streams, { stableRate, candidateRate }) => {
    let log = 0
    return firstLook(streams, look => {
      const { n1 = 0, e1 = 0 } = streams[0]?.minutes[look] ?? {}
      log += e1 * Math.log(candidateRate / stableRate) + (n1 - e1) * Math.log((1 - candidateRate) / (1 - stableRate))
      return log >= Math.log(1 / alpha)
    })
  },
}

function alarm(name: string, fires: (counts: Stream['minutes'][number]) => boolean): Procedure {
  return {
    name,
    stopsAt: streams =>
      firstLook(streams, look => {
        const counts = streams[0]?.minutes[look]
        return counts !== undefined && fires(counts)
      }),
  }
}

function firstLook(streams: readonly Stream[], stops: (look: number) => boolean): number | undefined {
  const looks = streams[0]?.minutes.length ?? 0
  for (let look = 0; look < looks; look++) if (stops(look)) return look
  return undefined
}
