import { expect, test } from 'vitest'
import { readWatching } from '../src/beginning/traffic.ts'
import type { Metrics } from '../src/ports.ts'
import { inputs, newWorld } from './support/world.ts'

const orders = { functionName: 'orders', alias: 'live', region: 'eu-west-1' }
const checks = [{ kind: 'no-worse', text: 'duration no worse than stable', of: 'duration' } as const]

test('the durations to compare at are those of the last whole hour, and not of the minutes since', async () => {
  const metrics: Metrics = {
    read: async (series, { from, periodS }) =>
      series.map(({ metric }) => {
        const isHourly = metric === 'Duration' && periodS === 3_600
        return new Map(isHourly ? [[from, 80.2] as const, [from + 3_600_000, 900] as const] : [])
      }),
  }
  const world = { ...newWorld(), metrics }
  const { traffic } = await readWatching([orders], inputs({ checks }), world)
  expect(traffic).toEqual([{ perMinute: 0, cuts: [81, 81, 81] }])
})
