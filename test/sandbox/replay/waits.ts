import type { Api, Output } from './api.ts'
import type { RecordedCall } from './scenario.ts'

/** The sandbox's clock, in the hands of whoever waits. */
export interface WaitClock {
  now(): number
  pass(ms: number): void
}

/** Lets time go by until what a wait waits for is there; ten minutes at most. */
export async function wait(api: Api, operation: string, input: Output, clock: WaitClock): Promise<void> {
  for (let second = 0; second < 600; second += 1) {
    if (await isDone(api, operation, input, clock.now())) return
    clock.pass(1000)
  }
  throw new Error(`${operation} ${JSON.stringify(input)} did not come true within ten minutes of the sandbox's time`)
}

async function isDone(api: Api, operation: string, input: Output, now: number): Promise<boolean> {
  switch (operation) {
    case '$waitFunctionActive':
      return (await read('lambda', 'GetFunction', input, 'Configuration', 'State')) === 'Active'
    case '$waitFunctionUpdated':
      return (await read('lambda', 'GetFunction', input, 'Configuration', 'LastUpdateStatus')) === 'Successful'
    case '$waitProvisionedConcurrencyReady':
      return (await read('lambda', 'GetProvisionedConcurrencyConfig', input, 'Status')) === 'READY'
    case '$waitAlarmState': {
      const query = { AlarmNames: [input.AlarmName], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }
      const states = await Promise.all(
        ['MetricAlarms', 'CompositeAlarms'].map(kind =>
          read('cloudwatch', 'DescribeAlarms', query, kind, '0', 'StateValue'),
        ),
      )
      return states.includes(input.StateValue)
    }
    case '$waitMetricData': {
      const query = {
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: input, Period: 60, Stat: 'SampleCount' } }],
        StartTime: new Date(now - 3_600_000),
        EndTime: new Date(now + 3_600_000),
      }
      return (await read('cloudwatch', 'GetMetricData', query, 'MetricDataResults', '0', 'Values', '0')) !== undefined
    }
  }
  throw new Error(`There is no way to ${operation}`)

  async function read(service: RecordedCall['service'], name: string, query: Output, ...path: readonly string[]) {
    const reply = await api.send({ service, operation: name }, query)
    if (reply.kind === 'error') throw reply.error
    let value: unknown = reply.output
    for (const member of path) value = Reflect.get(Object(value), member)
    return value
  }
}
