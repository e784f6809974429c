import { remember } from '../../src/github/remember.ts'
import type { AliasSeen, Fact, Metrics, World } from '../../src/ports.ts'
import type { Asked } from '../../src/rollout/decide.ts'
import { describeTarget, type Target } from '../../src/rollout/outcome.ts'
import { Time } from '../../test/support/world/time.ts'
import { newWorld } from '../../test/support/world.ts'

/** CloudWatch's limits of a GetMetricData call: so many queries, and so many points in each page of its answer. */
const queriesPerCall = 500
const pointsPerPage = 100_800
const alarmsPerCall = 100

/** What a world of the benchmark counts besides what it answers. */
export type Counted = {
  readonly world: World
  readonly clock: Time
  readonly facts: readonly Fact[]
  requests(): number
}

/** A world in which nothing goes wrong: whole aliases, alarms that are OK, and versions that do alike. */
export function countedWorld(targets: readonly Target[], alias: (target: Target) => AliasSeen): Counted {
  const clock = new Time()
  const standing = new Map(targets.map(target => [describeTarget(target), alias(target)]))
  const facts: Fact[] = []
  let requests = 0
  const seen = (target: Target) => standing.get(describeTarget(target))
  const write = (target: Target, asked: Asked, revision: string) => {
    const before = seen(target)
    if (before === undefined || before.revision !== revision) return { kind: 'conflict' } as const
    const written = { ...before, ...asked, revision: `${Number(revision) + 1}` }
    standing.set(describeTarget(target), written)
    return { kind: 'written', alias: written } as const
  }
  const world: World = {
    ...newWorld(),
    clock,
    aliases: {
      read: async target => {
        requests++
        return seen(target)
      },
      update: async (target, asked, revision) => {
        requests++
        return write(target, asked, revision)
      },
      create: () => Promise.reject(new Error('the aliases are there')),
      remove: () => Promise.reject(new Error('the aliases stay')),
      moving: async () => false,
    },
    alarms: {
      find: () => Promise.reject(new Error('the alarms were found')),
      history: async () => [],
      read: async names => {
        requests += Math.ceil(names.length / alarmsPerCall)
        return names.map(name => ({ name, arn: name, state: 'OK', reason: 'all is well', transitionedAt: 0 }))
      },
    },
    metrics: metrics(clock, pages => {
      requests += pages
    }),
    // As the action does it, so that what it remembers counts as well.
    reporter: { tell: fact => remember(facts, fact) },
    memory: { keep: () => {}, keepDeployment: () => {}, keepLoan: () => {} },
  }
  return { world, clock, facts, requests: () => requests }
}

function metrics(clock: Time, count: (pages: number) => void): Metrics {
  return {
    read: async (series, { from, to, periodS }) => {
      const until = Math.min(to, clock.now())
      const points = Math.ceil((until - from) / (periodS * 1_000))
      for (let left = series.length; left > 0; left -= queriesPerCall) {
        count(Math.max(1, Math.ceil((Math.min(left, queriesPerCall) * points) / pointsPerPage)))
      }
      return series.map(({ metric, version }) => {
        const value = metric === 'Invocations' ? (version === '8' ? 60 : 540) : 0
        return new Map(Array.from({ length: points }, (_, i) => [from + i * periodS * 1_000, value]))
      })
    },
  }
}
