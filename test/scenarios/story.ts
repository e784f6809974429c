import type { RequestRecord } from '../sandbox/sandbox.ts'
import type { StepResult } from '../support/runner.ts'
import { type Replacement, type SeenRequest, transcript } from '../support/transcript.ts'

/** A run of the action: its step, its post step and the calls that were made meanwhile. */
export type Told = {
  readonly run: string
  readonly main: StepResult
  readonly post: StepResult | undefined
  readonly requests: readonly RequestRecord[]
  /** Epoch ms from which times are counted. */
  readonly origin: number
}

/** Runs as a text: of each the log with its calls in place, the outputs, the summary, then the same of its post step. */
export function story(runs: readonly Told[]): string {
  const replace = [...revisions(runs.flatMap(({ requests }) => requests)), everyType]
  const told = runs.map(run => tellRun(run, replace))
  if (told.length === 1) return told.join('')
  return told.map((text, i) => `══ run ${runs[i]?.run} ${'═'.repeat(40)}\n${text}`).join('\n')
}

function tellRun({ main, post, requests, origin }: Told, replace: readonly Replacement[]): string {
  const seen = requests.map(asSeen)
  const tell = (log: Timeline, { outputs, summary }: StepResult) =>
    transcript({
      log,
      requests: seen.filter(({ sequence }) => includes(log, sequence)),
      outputs,
      summary,
      origin,
      replace,
    })
  const text = tell(withAsides(untilKilled(main, seen), seen), main)
  if (post === undefined) return `${text}\n── post: the runner is gone\n`
  if (post.timeline.length === 0 && post.summary === '') return `${text}\n── post: nothing to do\n`
  return `${text}\n── post ${'─'.repeat(56)}\n${tell(withAsides(post.timeline, seen), post)}`
}

type Timeline = readonly (string | number)[]

/**
 * The timeline of a run up to the call at which it was killed. What it asked at the same moment besides may have come
 * to the server or not, so of the calls of the last moment only the first is told.
 */
function untilKilled({ signal, timeline }: StepResult, requests: readonly SeenRequest[]): Timeline {
  if (signal !== 'SIGKILL') return timeline
  const words = timeline.findLastIndex(entry => typeof entry === 'string') + 1
  const seen = timeline.slice(words).flatMap(entry => requests.find(({ sequence }) => sequence === entry) ?? [])
  const lastMoment = Math.max(...seen.map(({ at }) => at))
  const first = seen.find(({ at }) => at === lastMoment)
  const told = seen.filter(request => request.at < lastMoment || request === first)
  return [...timeline.slice(0, words), ...told.flatMap(({ sequence }) => sequence ?? [])]
}

function includes(timeline: Timeline, sequence: number | undefined): boolean {
  return sequence !== undefined && timeline.includes(sequence)
}

/** A call that is numbered between two of the run's own was made by somebody else. */
function asSeen({ fault, ...record }: RequestRecord): SeenRequest {
  const service = isAside(record) ? `(somebody else) ${record.service}` : record.service
  const weather = fault?.split(', ').filter(kind => kind !== 'before' && kind !== 'after')
  const input = inFewWords(record)
  return { ...record, input, service, ...(weather?.[0] && { fault: weather.join(', ') }) }
}

function inFewWords({ service, operation, input }: RequestRecord): unknown {
  if (service === 'GitHub') return withoutRepository(input)
  return operation === 'GetMetricData' ? asSeries(input) : input
}

/** A story has one repository, which need not be said each time. */
function withoutRepository(input: unknown): unknown {
  const { owner: _owner, repo: _repo, ...rest } = input as Readonly<Record<string, unknown>>
  return rest
}

type Queries = {
  readonly MetricDataQueries: readonly {
    readonly MetricStat: {
      readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly { readonly Value: string }[] }
      readonly Period: number
      readonly Stat: string
    }
  }[]
  readonly StartTime: unknown
  readonly EndTime: unknown
}

/** The series of a reading, each in a few words: its metric, its dimensions' values and its statistic. */
function asSeries(input: unknown): unknown {
  const { MetricDataQueries, StartTime, EndTime } = input as Queries
  const series = MetricDataQueries.map(({ MetricStat: { Metric, Period, Stat } }) => {
    const values = Metric.Dimensions.slice(1).map(({ Value }) => Value)
    return `${Metric.MetricName} ${values.join(' ')} ${Stat}/${Period}`
  })
  return { series, StartTime, EndTime }
}

/** How far from the run's call somebody else's is numbered that is made just before or just after it. */
export const aside = 0.25

function isAside({ sequence }: { readonly sequence?: number }): boolean {
  return sequence !== undefined && !Number.isInteger(sequence)
}

/** The timeline with what others did, each in its place. */
function withAsides(timeline: Timeline, requests: readonly SeenRequest[]): Timeline {
  const asides = new Set(requests.filter(isAside).map(({ sequence }) => sequence ?? 0))
  return timeline.flatMap((entry): Timeline => {
    if (typeof entry === 'string') return [entry]
    return [entry - aside, entry, entry + aside].filter(sequence => sequence === entry || asides.has(sequence))
  })
}

/** What each DescribeAlarms asks for besides its names, which no reader wants to read a hundred times. */
const everyType: Replacement = [
  "AlarmTypes: [ 'MetricAlarm', 'CompositeAlarm', 'LogAlarm' ], MaxRecords: 100",
  'AlarmTypes: (all)',
]

/** Revisions by the order in which they were first sent, over all runs. */
function revisions(requests: readonly RequestRecord[]): readonly Replacement[] {
  const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g
  const found = new Set(requests.flatMap(({ input }) => JSON.stringify(input ?? '').match(uuid) ?? []))
  return [...found].map((id, i) => [id, `<rev:${i + 1}>`])
}
