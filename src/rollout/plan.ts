/** A share of the traffic for the candidate, over 0 and at most 1, and how long it is held and watched. */
export type Step = { readonly weight: number; readonly bakeMs: number }

/** How the traffic moves: steps of growing weight, up to 1 unless it pauses. `name` is what the user called it. */
export type Plan = {
  readonly name: string
  readonly steps: readonly Step[]
  /** It ends with the candidate in place, for a later run to take on. */
  readonly pauses?: true
}

/** A plan of these steps; everything is added as the last one where they end before it. */
export function plan(name: string, steps: readonly Step[]): Plan {
  const last = steps.at(-1)
  return { name, steps: last?.weight === 1 ? steps : [...steps, everything] }
}

const everything: Step = { weight: 1, bakeMs: 0 }

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
 * reached says (the first one, where it lies below all), or for `otherwiseMs` where that does not bake; then come the
 * steps above it.
 */
export function carryOn(from: Plan, weight: number, otherwiseMs = 0): Plan {
  const reached = from.steps.findLast(step => step.weight <= weight + 1e-9 && step.weight < 1) ?? from.steps[0]
  return { ...from, steps: [{ weight, bakeMs: reached?.bakeMs || otherwiseMs }, ...above(from, weight)] }
}

/** Whether a plan pauses no further up than at this weight. */
export function pausesAt(plan: Plan, weight: number): boolean {
  return plan.pauses === true && above(plan, weight).length === 0
}

/**
 * The plan that takes on a canary which was left with `weight` for `bakedMs`: that has been its first bake, and the
 * steps above it follow, the last of which is everything unless the plan pauses before.
 */
export function takeOn(from: Plan, weight: number, bakedMs: number): Plan {
  return { ...from, steps: [{ weight, bakeMs: bakedMs }, ...above(from, weight)] }
}

function above({ steps }: Plan, weight: number): readonly Step[] {
  return steps.filter(step => step.weight > weight + 1e-9 || step.weight === 1)
}

/** What a plan comes to where there is no version to share the traffic with: everything, for the last step's bake. */
export function withoutStable({ name, steps }: Plan): Plan {
  return { name, steps: [{ weight: 1, bakeMs: steps.at(-1)?.bakeMs ?? 0 }] }
}

/** Whether the plan shares traffic between two versions at any time. */
export function splitsTraffic({ steps }: Plan): boolean {
  return steps.some(step => step.weight < 1)
}

/** Whether a step is the last one, with all traffic. */
export function isTop({ steps, pauses }: Plan, step: number): boolean {
  return pauses !== true && step >= 0 && step === steps.length - 1
}

/** Whether a step is the promotion that ends the plan at once: the last one, without a bake. */
export function endsAtOnce(plan: Plan, step: number): boolean {
  return isTop(plan, step) && plan.steps[step]?.bakeMs === 0
}

/** How long the whole plan bakes. */
export function planMs({ steps }: Plan): number {
  return steps.reduce((total, step) => total + step.bakeMs, 0)
}
