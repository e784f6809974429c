import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A call as it was recorded, or one that is needed and whose answer was not (`recorded: false`). */
export type RecordedCall = {
  readonly name: string
  readonly service: 'lambda' | 'cloudwatch'
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  readonly recorded?: boolean
  readonly paginated?: boolean
  readonly status?: number
  readonly output?: Readonly<Record<string, unknown>>
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly body?: Readonly<Record<string, unknown>>
  }
}

export type Scenario = { readonly name: string; readonly recorded: string; readonly calls: readonly RecordedCall[] }

/** All scenarios of a directory of recordings. */
export function readScenarios(directory: string): readonly Scenario[] {
  const files = readdirSync(directory).filter(file => file.endsWith('.json'))
  return files.flatMap(file => {
    const scenarios: Record<string, Omit<Scenario, 'name'>> = JSON.parse(readFileSync(join(directory, file), 'utf8'))
    return Object.entries(scenarios).map(([name, scenario]) => ({ name, ...scenario }))
  })
}
