import type { World } from '../world.ts'
import { addDatum } from './metrics.ts'
import type { Dimension } from './state.ts'

/** One invocation, as the metrics see it. */
export type Invocation = {
  readonly name: string
  /** The alias or version that was asked for, or undefined for the function itself. */
  readonly qualifier: string | undefined
  readonly version: string
  /** When it began, in ms: the minute that its points belong to. */
  readonly at: number
  readonly failed: boolean
  readonly durationMs: number
  /** Whether it was not let through: then it is no invocation, and nothing else is known of it. */
  readonly throttled?: boolean
}

/** Counts an invocation, at once or, where a time is given in ms, when that is come. */
export function recordInvocation(world: World, invocation: Invocation, visible?: number): void {
  if (visible === undefined) addPoints(world, invocation)
  else world.cloudwatch.late.push({ visible, invocation })
}

/** Lets metrics show what they are to show by this time, in ms. */
export function revealInvocations(world: World, time: number): void {
  const { cloudwatch } = world
  const due = cloudwatch.late.filter(({ visible }) => visible <= time)
  if (due.length === 0) return
  cloudwatch.late = cloudwatch.late.filter(({ visible }) => visible > time)
  for (const { invocation } of due) addPoints(world, invocation)
}

/** Adds points under each dimension set that AWS/Lambda has for an invocation. */
function addPoints(world: World, invocation: Invocation): void {
  const minute = Math.floor(invocation.at / 60_000) * 60_000
  const points = invocation.throttled ? throttle : pointsOf(invocation)
  for (const dimensions of dimensionSets(invocation)) {
    for (const [name, unit, value] of points) {
      addDatum(world, { namespace: 'AWS/Lambda', name, dimensions }, unit, minute, { kind: 'value', value, count: 1 })
    }
  }
}

type Point = readonly [name: string, unit: string, value: number]

const throttle: readonly Point[] = [['Throttles', 'Count', 1]]

function pointsOf({ failed, durationMs }: Invocation): readonly Point[] {
  return [
    ['Invocations', 'Count', 1],
    ['Errors', 'Count', failed ? 1 : 0],
    ['Throttles', 'Count', 0],
    ['Duration', 'Milliseconds', Number(durationMs.toPrecision(3))],
  ]
}

/** An alias's invocations are told apart by version, and are not counted under the version itself. */
function dimensionSets({ name, qualifier, version }: Invocation): readonly (readonly Dimension[])[] {
  const fn = { Name: 'FunctionName', Value: name }
  if (qualifier === undefined || qualifier === '$LATEST') return [[], [fn]]
  const resource = { Name: 'Resource', Value: `${name}:${qualifier}` }
  const plain = [[], [fn], [fn, resource]]
  if (/^\d+$/.test(qualifier)) return plain
  return [...plain, [fn, resource, { Name: 'ExecutedVersion', Value: version }]]
}
