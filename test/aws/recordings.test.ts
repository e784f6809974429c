import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { replay } from '../sandbox/replay/replay.ts'
import { readScenarios } from '../sandbox/replay/scenario.ts'

/** Scenarios that cannot be replayed, each with the reason. */
const notModelled: Readonly<Record<string, string>> = {}

const directory = process.env.RECORDINGS ?? fileURLToPath(new URL('recordings', import.meta.url))
const scenarios = readScenarios(directory)

describe('the sandbox answers as AWS did', () => {
  it('in every scenario that was recorded', () => {
    expect(scenarios.length).toBeGreaterThan(0)
  })

  for (const scenario of scenarios) {
    const reason = notModelled[scenario.name]
    it.skipIf(reason !== undefined)(`${scenario.name}${reason ? `: ${reason}` : ''}`, { timeout: 60_000 }, async () => {
      expect(await replay(scenario)).toEqual([])
    })
  }
})
