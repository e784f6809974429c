import { count, type Input, list, structure, structures, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { invalidParameterCombination, invalidParameterValue, missingParameter } from './errors.ts'
import { type Addition, addDatum } from './metrics.ts'
import type { Dimension } from './state.ts'

/** PutMetricData: values, lists of values with counts, or sets of statistics. */
export function putMetricData(world: World, input: Input): Answer {
  const namespace = text(input, 'Namespace')
  if (!namespace) throw missingParameter('The parameter Namespace is required.')
  if (namespace.startsWith('AWS/')) {
    throw invalidParameterValue('The value AWS/ for parameter Namespace is invalid.')
  }
  const data = structures(input, 'MetricData')
  const checked = data.map((datum, index) => ({ datum, additions: additionsOf(datum, index + 1) }))
  for (const { datum, additions } of checked) {
    const name = { namespace, name: text(datum, 'MetricName') ?? '', dimensions: dimensionsOf(datum) }
    const seconds = count(datum, 'Timestamp')
    const at = seconds === undefined ? world.now() : seconds * 1000
    for (const addition of additions) addDatum(world, name, text(datum, 'Unit') ?? 'None', at, addition)
  }
  return {}
}

/** The dimensions that a structure names. */
export function dimensionsOf(input: Input): readonly Dimension[] {
  return structures(input, 'Dimensions').map(({ Name, Value }) => ({ Name: String(Name), Value: String(Value) }))
}

function additionsOf(datum: Input, member: number): readonly Addition[] {
  const at = `MetricData.member.${member}`
  if (!text(datum, 'MetricName')) throw missingParameter(`The parameter ${at}.MetricName is required.`)
  const value = count(datum, 'Value')
  const values = list(datum, 'Values').map(Number)
  const statistics = structure(datum, 'StatisticValues')
  if ([value !== undefined, values.length > 0, statistics !== undefined].filter(Boolean).length > 1) {
    throw invalidParameterCombination(
      `The parameters ${at}.Value and ${at}.${statistics ? 'StatisticValues' : 'Values'} are mutually exclusive and you have specified both.`,
    )
  }
  if (statistics) return [statisticsOf(statistics)]
  const all = value === undefined ? values : [value]
  if (all.length === 0) throw missingParameter(`At least one of the parameters ${at}.Value must be specified.`)
  if (all.some(Number.isNaN)) throw invalidParameterValue(`The value NaN for parameter ${at}.Value is invalid.`)
  const counts = list(datum, 'Counts').map(Number)
  if (counts.length > 0 && counts.length !== all.length) {
    throw invalidParameterValue(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`)
  }
  return all.map((one, index) => ({ kind: 'value', value: one, count: counts[index] ?? 1 }))
}

function statisticsOf(set: Input): Addition {
  return {
    kind: 'statistics',
    count: count(set, 'SampleCount') ?? 0,
    sum: count(set, 'Sum') ?? 0,
    minimum: count(set, 'Minimum') ?? 0,
    maximum: count(set, 'Maximum') ?? 0,
  }
}
