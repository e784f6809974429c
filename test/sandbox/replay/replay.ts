import { startSandbox } from '../sandbox.ts'
import { connect, type Output, type Reply } from './api.ts'
import { newBindings } from './bindings.ts'
import { differences } from './compare.ts'
import type { RecordedCall, Scenario } from './scenario.ts'
import { materialize } from './values.ts'
import { type WaitClock, wait } from './waits.ts'

const region = 'eu-west-1'
const account = '111111111111'
const start = Date.parse('2026-11-23T10:00:07.250Z')

/** Makes a scenario's calls against a sandbox of its own and says how the answers differ from those recorded. */
export async function replay(scenario: Scenario): Promise<readonly string[]> {
  let now = start
  const clock: WaitClock = {
    now: () => now,
    pass: ms => {
      now += ms
    },
  }
  const sandbox = await startSandbox({ now: clock.now, region, account })
  const api = connect(sandbox.endpoint, region)
  const bindings = newBindings({ '<partition>': 'aws', '<region>': region })
  const outputs = new Map<string, unknown>()
  const old = Number(scenario.recorded.slice(6, 10)) < 2025
  const found: string[] = []
  try {
    for (const call of scenario.calls) {
      const input = materialize(call.input, { bindings, outputs, now: start }) as Output
      if (call.operation.startsWith('$')) {
        await wait(api, call.operation, input, clock)
        continue
      }
      const reply = await (call.paginated ? api.all(call, input) : api.send(call, input))
      clock.pass(10)
      if (reply.kind === 'output') outputs.set(call.name, reply.output)
      const problems = call.recorded === false ? unexpected(reply) : compare(call, reply)
      found.push(...problems.map(problem => `${call.name} (${call.operation}) ${problem}`))
    }
  } finally {
    api.close()
    await sandbox.close()
  }
  return found

  function compare(call: RecordedCall, reply: Reply): readonly string[] {
    const status =
      call.status === undefined || call.status === reply.status ? [] : [`status: ${reply.status}, not ${call.status}`]
    if (reply.kind === 'output') {
      if (call.error) return [`expected ${call.error.code}, but it succeeded`]
      return [...status, ...differences(call.output ?? {}, reply.output, bindings, old)]
    }
    if (!call.error) return [...status, ...unexpected(reply)]
    const { code, message, body } = call.error
    return [
      ...status,
      ...differences({ code, message }, { code: reply.error.name, message: reply.error.message }, bindings, old),
      ...(body ? differences(body, JSON.parse(reply.body), bindings, old, '.body') : []),
    ]
  }
}

function unexpected(reply: Reply): readonly string[] {
  return reply.kind === 'error' ? [`failed: ${reply.error.name}: ${reply.error.message}`] : []
}
