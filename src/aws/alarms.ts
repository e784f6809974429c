import {
  type AlarmType,
  type CloudWatchClient,
  type DescribeAlarmsInput,
  paginateDescribeAlarmHistory,
  paginateDescribeAlarms,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import type { Alarms } from '../ports.ts'
import type { AlarmReading, AlarmState, Transition } from '../rollout/alarms.ts'
import { callOptions } from './client.ts'
import { type Doing, doing } from './errors.ts'
import { all, pagesOf } from './pages.ts'

/** Left out, AWS returns metric alarms only, and a composite or log alarm would silently be missing. */
const everyType: AlarmType[] = ['MetricAlarm', 'CompositeAlarm', 'LogAlarm']

/** AWS takes so many names in a call. */
const namesPerCall = 100

/** CloudWatch alarms of every kind, read page by page. */
export class CloudWatchAlarms implements Alarms {
  readonly #cloudwatch: CloudWatchClient

  constructor(cloudwatch: CloudWatchClient) {
    this.#cloudwatch = cloudwatch
  }

  async find(patterns: readonly string[]) {
    const named = patterns.filter(pattern => !pattern.endsWith('*'))
    const prefixes = patterns.filter(pattern => pattern.endsWith('*')).map(pattern => pattern.slice(0, -1))
    const [byName, ...byPrefix] = await Promise.all([
      this.read([...new Set(named.map(nameOf))]),
      ...prefixes.map(prefix => this.#describe({ AlarmNamePrefix: prefix })),
    ])
    const alarms = new Map([...byName, ...byPrefix.flat()].map(alarm => [alarm.name, alarm]))
    const unknown = [
      ...named.filter(pattern => !byName.some(alarm => alarm.name === pattern || alarm.arn === pattern)),
      ...prefixes.filter((_, i) => byPrefix[i]?.length === 0).map(prefix => `${prefix}*`),
    ]
    return { alarms: [...alarms.values()], unknown }
  }

  async read(names: readonly string[], cut?: AbortSignal): Promise<readonly AlarmReading[]> {
    const starts = Array.from({ length: Math.ceil(names.length / namesPerCall) }, (_, i) => i * namesPerCall)
    const chunks = starts.map(start => names.slice(start, start + namesPerCall))
    const pages = await Promise.all(chunks.map(chunk => this.#describe({ AlarmNames: [...chunk] }, cut)))
    return pages.flat()
  }

  history(name: string, since: number, cut?: AbortSignal): Promise<readonly Transition[]> {
    return doing(reading(`the history of alarm ${name}`, 'DescribeAlarmHistory'), async () => {
      const query = {
        AlarmName: name,
        AlarmTypes: everyType,
        HistoryItemType: 'StateUpdate',
        StartDate: new Date(since),
        ScanBy: 'TimestampAscending',
      } as const
      const pages = paginateDescribeAlarmHistory({ client: this.#cloudwatch }, query, callOptions(cut))
      const items = await all(pagesOf(pages, 'NextToken'), ({ AlarmHistoryItems }) => AlarmHistoryItems)
      return items.map(item => transition(item.Timestamp, item.HistoryData))
    })
  }

  #describe(query: DescribeAlarmsInput, cut?: AbortSignal): Promise<readonly AlarmReading[]> {
    return doing(reading('the alarms', 'DescribeAlarms'), async () => {
      const whole = { ...query, AlarmTypes: everyType, MaxRecords: 100 }
      const pages = paginateDescribeAlarms({ client: this.#cloudwatch }, whole, callOptions(cut))
      const alarms = await all(
        pagesOf(pages, 'NextToken'),
        ({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }): readonly Described[] => [
          ...MetricAlarms,
          ...CompositeAlarms,
          ...LogAlarms,
        ],
      )
      return alarms.map(readAlarm)
    })
  }
}

function reading(what: string, operation: string): Doing {
  return { what: `read ${what}`, action: `cloudwatch:${operation}`, resource: '*' }
}

/** `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`, whose name may hold colons, or the name itself. */
function nameOf(pattern: string): string {
  return /^arn:aws[a-z-]*:cloudwatch:[^:]+:\d+:alarm:(.+)$/.exec(pattern)?.[1] ?? pattern
}

type Described = {
  AlarmName?: string | undefined
  AlarmArn?: string | undefined
  StateValue?: StateValue | undefined
  StateReason?: string | undefined
  StateTransitionedTimestamp?: Date | undefined
  StateUpdatedTimestamp?: Date | undefined
}

function readAlarm(alarm: Described): AlarmReading {
  return {
    name: alarm.AlarmName ?? '',
    arn: alarm.AlarmArn ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    reason: alarm.StateReason ?? '',
    transitionedAt: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime() ?? 0,
  }
}

/** One item of the history; its data is JSON with `oldState` and `newState`. */
function transition(at: Date | undefined, data = '{}'): Transition {
  const { newState } = JSON.parse(data) as { newState?: { stateValue?: AlarmState; stateReason?: string } }
  return {
    at: at?.getTime() ?? 0,
    to: newState?.stateValue ?? 'INSUFFICIENT_DATA',
    reason: newState?.stateReason ?? '',
  }
}
