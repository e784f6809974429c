import { formatDuration, parseDuration } from './duration.ts'
import { canary, linear, type Plan, plan, type Step } from './rollout/plan.ts'
import { percent } from './rollout/routing.ts'

/** What `strategy` may say, and whether `canary-weight` and `bake-time` belong to it. */
export type Strategy =
  | { readonly kind: 'canary' }
  | { readonly kind: 'linear' }
  | { readonly kind: 'fixed'; readonly plan: Plan }
  | { readonly kind: 'problem'; readonly problem: string }

const codeDeploy =
  /^(?:CodeDeployDefault\.)?(?:Lambda)?(?:(AllAtOnce)|Canary(\d+)Percent(\d+)Minutes?|Linear(\d+)PercentEvery(\d+)Minutes?)$/i
const step = /^(\d+(?:\.\d+)?)\s*%(?:\s+for\s+(.+))?$/i
const example = 'write for example `canary`, `linear`, `all-at-once` or `1% for 5m, 10% for 10m, 50% for 10m`'

const words = new Set(['canary', 'linear', 'all-at-once'])

/** Reads a strategy: a word, a CodeDeploy name, or steps. */
export function parseStrategy(given: string): Strategy {
  const text = words.has(given.toLowerCase()) ? given.toLowerCase() : given
  if (text === 'canary' || text === 'linear') return { kind: text }
  if (text === 'all-at-once') return { kind: 'fixed', plan: plan(text, []) }
  const named = codeDeploy.exec(text)
  if (named !== null) return codeDeployPlan(text, named)
  return text.includes('%') ? steps(text) : problem(`\`strategy\` is “${text}”, which is no strategy; ${example}`)
}

/** How traffic is to move, as far as it is known before the alias's traffic is. */
export type Shape =
  | { readonly kind: 'fixed'; readonly plan: Plan }
  | { readonly kind: 'canary' | 'linear'; readonly weight: number | 'auto'; readonly bakeMs: number }

/** The plan of a shape; `perMinute` is the alias's traffic, which `auto` picks the weight by. */
export function planOf(shape: Shape, perMinute: number): Plan {
  if (shape.kind === 'fixed') return shape.plan
  const weight = shape.weight === 'auto' ? weightFor(perMinute) : shape.weight
  const plan =
    shape.kind === 'canary' ? canary(shape.kind, weight, shape.bakeMs) : linear(shape.kind, weight, shape.bakeMs)
  return { ...plan, name: describePlan(plan) }
}

/** So many invocations a minute are enough to see a bad candidate soon, and few enough to harm little. */
const wantedPerMinute = 75

/** A weight that gives the candidate about 75 invocations a minute: at least 1 %, at most 50 %, in whole percents. */
export function weightFor(perMinute: number): number {
  const weight = Math.floor((100 * wantedPerMinute) / Math.max(perMinute, 1)) / 100
  return Math.min(0.5, Math.max(0.01, weight))
}

/** The steps of a plan in words: `10 % for 5m, then 100 %`. */
export function describePlan({ steps, pauses }: Plan): string {
  return [...steps.map(describeStep), ...(pauses === true ? ['a pause'] : [])].join(', then ')
}

function describeStep({ weight, bakeMs }: Step): string {
  const share = percent(weight)
  return bakeMs === 0 ? share : `${share} for ${formatDuration(bakeMs)}`
}

/** The predefined configurations of CodeDeploy for Lambda, and any others of the same form. */
function codeDeployPlan(
  name: string,
  [, all, canaryPercent, canaryMinutes, percent, minutes]: RegExpExecArray,
): Strategy {
  if (all !== undefined) return { kind: 'fixed', plan: plan(name, []) }
  const weight = Number(canaryPercent ?? percent) / 100
  const bakeMs = Number(canaryMinutes ?? minutes) * 60_000
  if (weight <= 0 || weight >= 1)
    return problem(`\`strategy\` is “${name}”, whose share must lie between 1 and 99 percent`)
  if (bakeMs === 0)
    return problem(`\`strategy\` is “${name}”, which leaves no time to watch; its minutes must be at least 1`)
  return {
    kind: 'fixed',
    plan: canaryPercent === undefined ? linear(name, weight, bakeMs) : canary(name, weight, bakeMs),
  }
}

/** Steps by their share and time; `pause` as the last of them leaves the candidate there, for `command: promote`. */
function steps(text: string): Strategy {
  const parsed: Step[] = []
  const parts = text.split(',').map(part => part.trim())
  const pauseAt = parts.findIndex(part => part.toLowerCase() === 'pause')
  if (pauseAt >= 0 && pauseAt < parts.length - 1) {
    return problem(
      `\`strategy\` is “${text}”, which goes on after \`pause\`, where the run ends; give the steps after it to the step with \`command: promote\``,
    )
  }
  const pauses = pauseAt >= 0
  for (const [i, part] of (pauses ? parts.slice(0, -1) : parts).entries()) {
    const [, share, duration] = step.exec(part) ?? []
    const weight = Number((Number(share) / 100).toFixed(6))
    if (share === undefined || weight > 1 || weight <= 0) {
      return problem(
        `\`strategy\` has the step “${part}”, which is none: a step is a share over 0 % and up to 100 % with its time; ${example}`,
      )
    }
    const bakeMs = duration === undefined ? undefined : parseDuration(duration)
    const isLeftAtOnce = duration === undefined && i === pauseAt - 1
    if ((bakeMs === undefined && duration !== undefined) || (!bakeMs && weight < 1 && !isLeftAtOnce)) {
      return problem(
        `\`strategy\` has the step “${part}” without a time to hold it; write for example \`${share}% for 10m\``,
      )
    }
    const before = parsed.at(-1)?.weight ?? 0
    if (weight <= before) {
      return problem(
        `\`strategy\` has the step “${part}” after one of ${Number((before * 100).toFixed(4))} %; every step must be larger than the one before`,
      )
    }
    parsed.push({ weight, bakeMs: bakeMs ?? 0 })
  }
  if (!pauses) return { kind: 'fixed', plan: plan(text, parsed) }
  if (parsed.at(-1)?.weight === 1) {
    return problem(
      `\`strategy\` is “${text}”, which pauses at 100 %, where nothing is left to promote; leave \`pause\` out, or stop at a smaller share`,
    )
  }
  return { kind: 'fixed', plan: { name: text, steps: parsed, pauses } }
}

function problem(text: string): Strategy {
  return { kind: 'problem', problem: text }
}
