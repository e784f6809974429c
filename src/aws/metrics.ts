import { type CloudWatchClient, type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch'
import { CallFailed, type Metrics, type Series, type Window } from '../ports.ts'
import type { Points } from '../rollout/minutes.ts'
import { callOptions } from './client.ts'
import { doing } from './errors.ts'
import { pagesOf } from './pages.ts'

/** GetMetricData takes so many queries in a call. */
const queriesPerCall = 500

/** What Lambda's metrics are, by minute; all series in as few calls as CloudWatch allows. */
export class CloudWatchMetrics implements Metrics {
  readonly #cloudwatch: CloudWatchClient

  constructor(cloudwatch: CloudWatchClient) {
    this.#cloudwatch = cloudwatch
  }

  async read(series: readonly Series[], window: Window, cut?: AbortSignal): Promise<readonly Points[]> {
    const starts = Array.from({ length: Math.ceil(series.length / queriesPerCall) }, (_, i) => i * queriesPerCall)
    const parts = await Promise.all(
      starts.map(start => this.#readSome(series.slice(start, start + queriesPerCall), window, cut)),
    )
    return parts.flat()
  }

  /** One call with all its pages. A result may be spread over several of them. */
  #readSome(series: readonly Series[], { from, to, periodS }: Window, cut?: AbortSignal): Promise<readonly Points[]> {
    return doing({ what: 'read the metrics', action: 'cloudwatch:GetMetricData', resource: '*' }, async () => {
      const points = series.map(() => new Map<number, number>())
      const query = {
        MetricDataQueries: series.map((one, i) => queryOf(one, i, periodS)),
        StartTime: new Date(from),
        EndTime: new Date(to),
        ScanBy: 'TimestampAscending',
      } as const
      const pages = paginateGetMetricData({ client: this.#cloudwatch }, query, callOptions(cut))
      for await (const { MetricDataResults = [] } of pagesOf(pages, 'NextToken')) {
        for (const { Id = '', Timestamps = [], Values = [], StatusCode } of MetricDataResults) {
          if (StatusCode === 'InternalError' || StatusCode === 'Forbidden') throw unreadable(StatusCode)
          Timestamps.forEach((at, i) => {
            points[Number(Id.slice(1))]?.set(at.getTime(), Values[i] ?? 0)
          })
        }
      }
      return points
    })
  }
}

function unreadable(status: string): CallFailed {
  const kind = status === 'Forbidden' ? 'denied' : 'unavailable'
  return new CallFailed(
    kind,
    `could not read the metrics, because CloudWatch answers ${status}`,
    kind === 'denied' ? 'allow cloudwatch:GetMetricData on *' : 're-run',
  )
}

/** The exact dimensions under which Lambda counts an alias's invocations, of all versions or of one. */
function queryOf({ functionName, alias, version, metric, stat }: Series, i: number, periodS: number): MetricDataQuery {
  const dimensions = [
    { Name: 'FunctionName', Value: functionName },
    { Name: 'Resource', Value: `${functionName}:${alias}` },
    ...(version === undefined ? [] : [{ Name: 'ExecutedVersion', Value: version }]),
  ]
  return {
    Id: `m${i}`,
    MetricStat: {
      Metric: { Namespace: 'AWS/Lambda', MetricName: metric, Dimensions: dimensions },
      Period: periodS,
      Stat: stat,
    },
  }
}
