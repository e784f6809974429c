import type { Input } from '../input.ts'
import type { Invocation } from './lambda-metrics.ts'

/** What a metric holds of one second. `values` counts each value, as far as values are known one by one. */
export type Datum = {
  count: number
  sum: number
  minimum: number
  maximum: number
  /** How often each value came; undefined once a set of statistics came, which hides its values. */
  values: Map<number, number> | undefined
}

/** A metric's data by unit and by second of the epoch. */
export type Metric = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
  readonly units: Map<string, Map<number, Datum>>
}

export type Dimension = { readonly Name: string; readonly Value: string }

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

export type AlarmKind = 'MetricAlarm' | 'CompositeAlarm' | 'LogAlarm'

/** An alarm: its configuration as it was put, and its state. */
export type Alarm = {
  readonly kind: AlarmKind
  readonly name: string
  readonly arn: string
  input: Input
  configured: number
  value: StateValue
  reason: string
  reasonData: Input | undefined
  updated: number
  transitioned: number
}

/** History is kept also when its alarm is gone. */
export type HistoryItem = {
  readonly alarm: string
  readonly kind: AlarmKind
  readonly at: number
  readonly type: 'StateUpdate' | 'ConfigurationUpdate'
  readonly summary: string
  readonly data: Input
}

export type Late = { readonly visible: number; readonly invocation: Invocation }

export type CloudWatchState = {
  readonly metrics: Map<string, Metric>
  readonly alarms: Map<string, Alarm>
  readonly history: HistoryItem[]
  /** Invocations that no metric shows yet, and from when on they do, in ms. */
  late: Late[]
  /** Alarms have been evaluated up to this time, in ms. */
  evaluated: number
}

export function newCloudWatch(now: number): CloudWatchState {
  return { metrics: new Map(), alarms: new Map(), history: [], late: [], evaluated: now }
}
