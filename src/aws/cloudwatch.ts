import type { Alarms, Metrics } from '../ports.ts'
import type { ClientConfig } from './client.ts'

/** CloudWatch's alarms and metrics, over one client; it and what speaks to it are loaded when one is first read. */
export function cloudWatch(config: ClientConfig): { readonly alarms: Alarms; readonly metrics: Metrics } {
  let loading: ReturnType<typeof load> | undefined
  const loaded = () => (loading ??= load(config))
  return {
    alarms: {
      find: async patterns => (await loaded()).alarms.find(patterns),
      read: async (names, cut) => (await loaded()).alarms.read(names, cut),
      history: async (name, since, cut) => (await loaded()).alarms.history(name, since, cut),
    },
    metrics: {
      read: async (series, window, cut) => (await loaded()).metrics.read(series, window, cut),
    },
  }
}

async function load(config: ClientConfig) {
  const [{ CloudWatchClient }, { CloudWatchAlarms }, { CloudWatchMetrics }] = await Promise.all([
    import('@aws-sdk/client-cloudwatch'),
    import('./alarms.ts'),
    import('./metrics.ts'),
  ])
  const client = new CloudWatchClient(config)
  return { alarms: new CloudWatchAlarms(client), metrics: new CloudWatchMetrics(client) }
}
