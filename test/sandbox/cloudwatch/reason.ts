import type { Input } from '../input.ts'
import type { Evaluated, Watch } from './evaluation.ts'
import type { AlarmState } from './history.ts'
import type { StateValue } from './state.ts'

/** A state with CloudWatch's own words for why, and the data that it was judged by. */
export function told(
  watch: Watch,
  recent: readonly Evaluated[],
  value: StateValue,
  when: { readonly from: number; readonly at: number },
): AlarmState {
  return { value, reason: reasonOf(watch, recent, value), reasonData: dataOf(watch, recent, when) }
}

function reasonOf(watch: Watch, recent: readonly Evaluated[], value: StateValue): string {
  const absent = watch.periods - recent.length
  if (value === 'INSUFFICIENT_DATA') return `Insufficient Data: ${number(absent, 'datapoint')} ${was(absent)} unknown.`
  if (recent.length === 0) {
    const treated = watch.missing === 'breaching' ? 'Breaching' : 'NonBreaching'
    return `Threshold Crossed: no datapoints were received for ${number(absent, 'period')} and ${number(absent, 'missing datapoint')} ${was(absent)} treated as [${treated}].`
  }
  const telling = recent.filter(point => point.breaching === (value === 'ALARM'))
  const shown = telling.length > 0 ? telling : recent
  const list = shown.map(point => `${double(point.value)} (${stamp(point.at)})`).join(', ')
  const not = value === 'ALARM' ? '' : 'not '
  const threshold = `${not}${comparisonOf(watch.comparison)} the threshold (${double(watch.threshold)})`
  if (watch.explicit) {
    const transition = value === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK'
    const needed = value === 'ALARM' ? watch.toAlarm : watch.periods - watch.toAlarm + 1
    return `Threshold Crossed: ${shown.length} out of the last ${watch.periods} datapoints [${list}] ${was(shown.length)} ${threshold} (minimum ${number(needed, 'datapoint')} for ${transition} transition).`
  }
  return `Threshold Crossed: ${number(shown.length, 'datapoint')} [${list}] ${was(shown.length)} ${threshold}.`
}

function dataOf(watch: Watch, recent: readonly Evaluated[], { from, at }: { from: number; at: number }): Input {
  return {
    version: '1.0',
    queryDate: date(at),
    ...(recent.length > 0 && { startDate: date(from) }),
    ...(watch.unit !== undefined && { unit: watch.unit }),
    ...(watch.statistic !== undefined && { statistic: watch.statistic }),
    period: watch.periodMs / 1000,
    recentDatapoints: recent.map(point => point.value).reverse(),
    threshold: watch.threshold,
    evaluatedDatapoints: recent.map(point => ({
      timestamp: date(point.at),
      sampleCount: point.samples,
      value: point.value,
    })),
  }
}

const comparisons: Readonly<Record<string, string>> = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
}

function comparisonOf(operator: string): string {
  return comparisons[operator] ?? operator
}

function number(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function was(count: number): string {
  return count === 1 ? 'was' : 'were'
}

function double(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

/** `23/11/26 10:00:00`, the way CloudWatch writes times in reasons. */
function stamp(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`
}

/** `2026-11-23T10:00:00.000+0000`. */
function date(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000')
}
