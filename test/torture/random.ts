import fc from 'fast-check'
import { faults } from './faults.ts'
import type { Incident } from './process.ts'
import { type Story, setAlarm, stories, storyNamed } from './stories.ts'
import { strangers } from './strangers.ts'
import { type Ordeal, type Setting, tryOut, usually, type Verdict } from './trial.ts'

/** A world that chance makes, in words that can be read in a counterexample. */
export type World = {
  readonly story: string
  readonly strategy: string
  readonly pollS: number
  /** When the alarm goes off and on again, in seconds after the start, in turns. */
  readonly alarm: readonly number[]
  /** The share of the candidate's requests that fail, in percent; no traffic where it is negative. */
  readonly errors: number
  readonly stallS: number
  readonly mishaps: readonly { readonly what: string; readonly at: 'before' | 'after' | 'wait'; readonly nth: number }[]
  readonly orphaned: boolean
}

const deploying = ['promotion', 'first-alias', 'carry-on', 'drop', 's3', 'promote', 'version', 'hold'].filter(name =>
  stories.some(story => story.name === name),
)
const strategies = [
  'all-at-once',
  'canary',
  'linear',
  '1% for 1m, 25% for 3m',
  '50% for 2m, 100% for 3m',
  '10% for 1m, 20% for 1m, 100% for 1m',
  '99% for 30s',
]

const mishap = fc.record({
  what: fc.constantFrom(...Object.keys(faults), 'signal', 'death', ...Object.keys(strangers)),
  at: fc.constantFrom('before' as const, 'after' as const, 'wait' as const),
  nth: fc.integer({ min: 1, max: 40 }),
})

const worlds: fc.Arbitrary<World> = fc.record({
  story: fc.constantFrom(...deploying),
  strategy: fc.constantFrom(...strategies),
  pollS: fc.integer({ min: 10, max: 90 }),
  alarm: fc.array(fc.integer({ min: 5, max: 600 }), { maxLength: 3 }),
  errors: fc.integer({ min: -60, max: 40 }),
  stallS: fc.constantFrom(0, 0, 20, 200),
  mishaps: fc.array(mishap, { maxLength: 3 }),
  orphaned: fc.boolean(),
})

/** The same story in another world. */
function storyIn({ story: name, strategy, pollS, alarm, errors, stallS }: World): Story {
  const story = storyNamed(name)
  const { 'bake-time': _, alarms, 'poll-interval': __, ...given } = story.step.with
  const bakes = strategy !== 'all-at-once'
  const watches = alarms !== undefined && bakes
  const { 'on-failure': onFailure, ...others } = given
  const withThese = {
    ...others,
    strategy,
    ...(bakes && { 'poll-interval': `${pollS}s`, ...(onFailure !== undefined && { 'on-failure': onFailure }) }),
    ...(alarms !== undefined && { alarms }),
    ...(strategy === 'linear' && { 'canary-weight': '30', 'bake-time': '1m' }),
  }
  return {
    ...story,
    step: { ...story.step, with: withThese },
    nature: account => {
      if (stallS > 0) account.sandbox.stall('orders', stallS * 1_000)
      if (errors >= 0) {
        const behaviour = (version: string) => ({ errorRate: version === '3' ? 0.001 : errors / 100, durationMs: 30 })
        account.sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 1, behaviour })
        account.stage.after(25 * 60_000, async () => account.sandbox.traffic.clear())
      }
      if (!watches) return
      for (const [i, s] of [...alarm].sort((a, b) => a - b).entries()) {
        account.stage.after(s * 1_000, () => setAlarm(account, i % 2 === 0 ? 'ALARM' : 'OK'))
      }
      account.stage.after(15 * 60_000, () => setAlarm(account, 'OK'))
    },
  }
}

function incidentOf({ what, at, nth }: World['mishaps'][number], story: Story): Incident {
  const point = at === 'wait' ? ({ at, wait: Math.ceil(nth / 4) } as const) : ({ at, call: nth } as const)
  const fault = faults[what]
  if (fault !== undefined) return { at: 'before', call: nth, what: { kind: 'fault', fault } }
  if (what === 'signal' || what === 'death') return { ...point, what: { kind: what } }
  const act = strangers[what] ?? (async () => undefined)
  return { ...point, what: { kind: 'stranger', act: account => act(account, story.alias).catch(() => undefined) } }
}

/** Tries a world. */
export async function tryWorld(world: World, setting: Setting = usually): Promise<Verdict> {
  const story = storyIn(world)
  const ordeal: Ordeal = {
    incidents: world.mishaps.map(one => incidentOf(one, story)),
    ...(world.orphaned && { orphaned: true as const }),
    rerun: 'tells the truth',
  }
  return await tryOut(story, ordeal, setting)
}

/** A world in which the promise is broken, as small as it could be made; undefined where none was found. */
export type Counterexample = {
  readonly world: World
  readonly verdict: Verdict
  readonly seed: number
  readonly path: string
}

/** Looks for worlds in which the promise is broken. */
export async function searchWorlds(seed: number, numRuns: number, path?: string): Promise<Counterexample | undefined> {
  const property = fc.asyncProperty(worlds, async world => isKept(await tryWorld(world)))
  const found = await fc.check(property, { seed, numRuns, endOnFailure: false, ...(path !== undefined && { path }) })
  const [world] = found.counterexample ?? []
  if (world === undefined) return undefined
  return { world, verdict: await tryWorld(world), seed: found.seed, path: found.counterexamplePath ?? '' }
}

function isKept({ breaches }: Verdict): boolean {
  return breaches.every(({ limit }) => limit === true)
}
