import type { World } from '../world.ts'
import type { Datum, Dimension, Metric } from './state.ts'

/** A metric by name and exact dimensions. */
export type MetricName = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
}

/** What is to be added at one time: a value so many times, or a set of statistics. */
export type Addition =
  | { readonly kind: 'value'; readonly value: number; readonly count: number }
  | {
      readonly kind: 'statistics'
      readonly count: number
      readonly sum: number
      readonly minimum: number
      readonly maximum: number
    }

/** The metric of this name and these dimensions, whatever their order; undefined where nothing was ever put. */
export function findMetric(world: World, name: MetricName): Metric | undefined {
  return world.cloudwatch.metrics.get(keyOf(name))
}

/** Adds to a metric at a time, in ms. */
export function addDatum(world: World, name: MetricName, unit: string, at: number, addition: Addition): void {
  const key = keyOf(name)
  const metric = world.cloudwatch.metrics.get(key) ?? { ...name, units: new Map<string, Map<number, Datum>>() }
  world.cloudwatch.metrics.set(key, metric)
  const data = metric.units.get(unit) ?? new Map<number, Datum>()
  metric.units.set(unit, data)
  const second = Math.floor(at / 1000)
  const datum = data.get(second) ?? newDatum()
  data.set(second, datum)
  add(datum, addition)
}

/** The data of a metric within [from, to), in ms, merged into periods; the key is the period's start in ms. */
export function byPeriod(
  metric: Metric | undefined,
  unit: string | undefined,
  periodMs: number,
  from: number,
  to: number,
): Map<number, Datum> {
  const periods = new Map<number, Datum>()
  const units = unit === undefined ? [...(metric?.units.values() ?? [])] : [metric?.units.get(unit) ?? new Map()]
  for (const data of units) {
    for (const [second, datum] of data) {
      const at = second * 1000
      if (at < from || at >= to) continue
      const start = Math.floor(at / periodMs) * periodMs
      const merged = periods.get(start) ?? newDatum()
      periods.set(start, merged)
      merge(merged, datum)
    }
  }
  return periods
}

function keyOf({ namespace, name, dimensions }: MetricName): string {
  const sorted = dimensions.map(({ Name, Value }) => `${Name}\u0000${Value}`).sort()
  return [namespace, name, ...sorted].join('\u0001')
}

function newDatum(): Datum {
  return { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY, values: new Map() }
}

function add(datum: Datum, addition: Addition): void {
  if (addition.kind === 'value') {
    const { value, count } = addition
    merge(datum, { count, sum: value * count, minimum: value, maximum: value, values: new Map([[value, count]]) })
  } else {
    merge(datum, { ...addition, values: undefined })
  }
}

function merge(into: Datum, from: Datum): void {
  into.count += from.count
  into.sum += from.sum
  into.minimum = Math.min(into.minimum, from.minimum)
  into.maximum = Math.max(into.maximum, from.maximum)
  if (!from.values) into.values = undefined
  for (const [value, count] of from.values ?? []) into.values?.set(value, (into.values.get(value) ?? 0) + count)
}
