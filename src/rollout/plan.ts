/** A share of the traffic for the candidate, over 0 and at most 1, and how long it is held and watched. */
export type Step = { readonly weight: number; readonly bakeMs: number }

/** How the traffic moves: steps of growing weight, the last of them 1. `name` is what the user called it. */
export type Plan = { readonly name: string; readonly steps: readonly Step[] }

/** A plan of these steps; everything is added as the last one where they end before it. */
export function plan(name: string, steps: readonly Step[]): Plan {
  const last = steps.at(-1)
  return { name, steps: last?.weight === 1 ? steps : [...steps, { weight: 1, bakeMs: 0 }] }
}

/** `weight` for `bakeMs`, then everything. */
export function canary(name: string, weight: number, bakeMs: number): Plan {
  return plan(name, [{ weight, bakeMs }])
}

/** `weight` more every `bakeMs`, until everything. */
export function linear(name: string, weight: number, bakeMs: number): Plan {
  const count = Math.ceil(Number((1 / weight).toFixed(6))) - 1
  const steps = Array.from({ length: count }, (_, i) => ({ weight: Number(((i + 1) * weight).toFixed(6)), bakeMs }))
  return plan(name, steps)
}

/**
 * The plan that carries on from a canary which already has `weight`: it is baked anew for as long as the step that it
 * reached says (the first one, where it lies below all), then come the steps above it.
 */
export function carryOn(from: Plan, weight: number): Plan {
  const reached = from.steps.findLast(step => step.weight <= weight + 1e-9 && step.weight < 1) ?? from.steps[0]
  const above = from.steps.filter(step => step.weight > weight + 1e-9 || step.weight === 1)
  return { name: from.name, steps: [{ weight, bakeMs: reached?.bakeMs ?? 0 }, ...above] }
}

/** Whether the plan shares traffic between two versions at any time. */
export function splitsTraffic({ steps }: Plan): boolean {
  return steps.some(step => step.weight < 1)
}

/** Whether a step is the promotion that ends the plan at once: the last one, without a bake. */
export function endsAtOnce({ steps }: Plan, step: number): boolean {
  return step === steps.length - 1 && steps[step]?.bakeMs === 0
}

/** How long the whole plan bakes. */
export function planMs({ steps }: Plan): number {
  return steps.reduce((total, step) => total + step.bakeMs, 0)
}
