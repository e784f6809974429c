import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { mostConcurrent, reservedBy } from './concurrency.ts'

/** GetAccountSettings: AWS's own limits, and what is used of them. */
export function getAccountSettings(world: World, _input: Input): Answer {
  const functions = [...world.lambda.functions.values()]
  const releases = functions.flatMap(fn => [fn.latest, ...fn.versions.values()])
  return {
    body: {
      AccountLimit: {
        TotalCodeSize: 300 * 2 ** 30,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: mostConcurrent,
        UnreservedConcurrentExecutions: mostConcurrent - reservedBy(functions),
      },
      AccountUsage: {
        TotalCodeSize: releases.reduce((sum, { code }) => sum + (code.kind === 'zip' ? code.size : 0), 0),
        FunctionCount: functions.length,
      },
    },
  }
}
