import type { Account } from './account.ts'
import { type Fault, faults } from './faults.ts'
import { type Incident, type Point, Process } from './process.ts'
import { ordersOf, raceByChance, raceInOrder, races, writesOf } from './races.ts'
import { searchWorlds } from './random.ts'
import { Stage } from './stage.ts'
import { type Story, stories, surroundings } from './stories.ts'
import { strangers } from './strangers.ts'
import { type Ordeal, type Setting, tryOut, usually, type Verdict } from './trial.ts'

/** One trial that can be had again by its id. */
export type Case = {
  readonly id: string
  readonly kind: string
  readonly variant: string
  readonly run: () => Promise<Verdict>
  readonly runs: number
}

/** How many requests a story makes by itself, which of them write an alias, and how often it waits. */
type Length = { readonly calls: number; readonly waits: number; readonly moves: readonly number[] }

async function lengthOf(story: Story): Promise<Length> {
  const stage = new Stage()
  const account = await story.account(stage)
  story.nature?.(account)
  const process = new Process('main', story.step, account, surroundings())
  const end = await stage.play(process.main())
  await account.sandbox.close()
  if (end.kind !== 'ended' || end.outcome.result !== story.ends)
    throw new Error(`${story.name} ended ${JSON.stringify(end)}`)
  const moves = process.calls.flatMap(({ writes, label }, i) => (writes && label.includes('/aliases') ? [i + 1] : []))
  return { calls: process.calls.length, waits: process.waits, moves }
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

/** Every trial of the systematic parts. */
export async function allCases(setting: Setting = usually): Promise<readonly Case[]> {
  const cases: Case[] = []
  for (const story of stories) {
    const length = await lengthOf(story)
    const parts = [
      untouched(story),
      faultCases(story, length),
      deathCases(story, length),
      strangerCases(story, length),
      pairCases(story, length),
    ]
    for (const { id, kind, variant, ordeal } of parts.flat()) {
      cases.push({ id, kind, variant, runs: 1, run: () => tryOut(story, ordeal, setting) })
    }
  }
  for (const race of races) {
    const counts = await writesOf(race)
    const all = race.steps.length > 2 ? [] : ordersOf(counts)
    const step = Math.max(1, Math.ceil(all.length / mostOrders))
    const orders = all.filter((_, i) => i % step === 0)
    const id = (variant: string) => `race/${race.name}/${variant}`
    cases.push(
      ...orders.map(order => ({
        id: id(order),
        kind: 'race',
        variant: race.name,
        runs: 1,
        run: () => raceInOrder(race, order, setting),
      })),
      ...upTo(randomOrders).map(nth => ({
        id: id(`chance-${nth}`),
        kind: 'race',
        variant: race.name,
        runs: 1,
        run: () => raceByChance(race, nth, setting),
      })),
    )
  }
  cases.push(...upTo(searches).map(nth => search(setting.seed * 1_000 + nth)))
  return cases
}

const searches = 24
const worldsEach = 40

/** Worlds that chance makes, and the smallest of those that break the promise. */
function search(seed: number): Case {
  const run = async (): Promise<Verdict> => {
    const found = await searchWorlds(seed, worldsEach)
    if (found === undefined) return { breaches: [], log: [], result: 'kept' }
    const { world, verdict, path } = found
    const where = `in the world ${JSON.stringify(world)} (seed ${seed}, path ${path}): `
    return { ...verdict, breaches: verdict.breaches.map(breach => ({ ...breach, says: where + breach.says })) }
  }
  return { id: `random/${seed}`, kind: 'random', variant: 'worlds', runs: worldsEach, run }
}

/** Of more orders than these, every second, third, … is tried. */
const mostOrders = 260
const randomOrders = 60

type Planned = Pick<Case, 'id' | 'kind' | 'variant'> & { readonly ordeal: Ordeal }

function make(kind: string, story: Story, variant: string, where: string, ordeal: Ordeal): Planned {
  return { id: [kind, story.name, variant, where].join('/'), kind, variant, ordeal }
}

function untouched(story: Story): readonly Planned[] {
  return [make('calm', story, 'nothing', '-', { incidents: [] })]
}

function faultCases(story: Story, { calls }: Length): readonly Planned[] {
  return Object.entries(faults).flatMap(([name, fault]) =>
    upTo(calls).map(call => {
      const incidents: Incident[] = [{ at: 'before', call, what: { kind: 'fault', fault } }]
      return make('fault', story, name, `call-${call}`, { incidents })
    }),
  )
}

function points({ calls, waits }: Length): readonly (readonly [string, Point])[] {
  return [
    ...upTo(calls).map(call => [`before-${call}`, { at: 'before', call }] as const),
    ...upTo(calls).map(call => [`after-${call}`, { at: 'after', call }] as const),
    ...upTo(waits).map(wait => [`wait-${wait}`, { at: 'wait', wait }] as const),
  ]
}

function deathCases(story: Story, length: Length): readonly Planned[] {
  return points(length).flatMap(([where, point]) => [
    make('death', story, 'signal', where, { incidents: [{ ...point, what: { kind: 'signal' } }] }),
    make('death', story, 'kill-post', where, { incidents: [{ ...point, what: { kind: 'death' } }] }),
    make('death', story, 'kill-rerun', where, { incidents: [{ ...point, what: { kind: 'death' } }], orphaned: true }),
  ])
}

function strangerCases(story: Story, length: Length): readonly Planned[] {
  return Object.entries(strangers).flatMap(([name, act]) =>
    points(length)
      .filter(([, { at }]) => at !== 'after')
      .map(([where, point]) => {
        // Where the alias is not there, or the function is busy, there is nothing for him to do.
        const what = {
          kind: 'stranger',
          act: (account: Account) => act(account, story.alias).catch(() => undefined),
        } as const
        return make('stranger', story, name, where, { incidents: [{ ...point, what }], rerun: 'tells the truth' })
      }),
  )
}

/** Two things at once, at each write to the alias, where everything is most delicate. */
function pairCases(story: Story, { moves }: Length): readonly Planned[] {
  const stranger = (name: string) => {
    const act = strangers[name] ?? (async () => undefined)
    return { kind: 'stranger', act: (account: Account) => act(account, story.alias).catch(() => undefined) } as const
  }
  const fault = (name: string) => ({ kind: 'fault', fault: faults[name] as Fault }) as const
  const hands = ['cli-version', 'cli-weights', 'cli-delete', 'newer-run', 'newer-run-promoted', 'cli-same']
  return moves.flatMap(call => [
    ...hands.flatMap(who => [
      ...[
        'applied-answer-lost',
        'reset-before-applied',
        'throttled-once',
        'answered-after-30s',
        'applied-after-30s',
        'not-json',
      ].map(name =>
        make('pair', story, `${name}+${who}`, `call-${call}`, {
          incidents: [
            { at: 'before', call, what: fault(name) },
            { at: 'before', call: call + 1, what: stranger(who) },
          ],
          rerun: 'tells the truth',
        }),
      ),
      ...(['before', 'after'] as const).map(at =>
        make('pair', story, `kill+${who}+post`, `${at}-${call}`, {
          incidents: [{ at, call, what: { kind: 'death' } }],
          meanwhile: account => stranger(who).act(account),
          rerun: 'tells the truth',
        }),
      ),
      make('pair', story, `signal+${who}`, `call-${call}`, {
        incidents: [
          { at: 'after', call, what: { kind: 'signal' } },
          { at: 'before', call: call + 1, what: stranger(who) },
        ],
        rerun: 'tells the truth',
      }),
    ]),
    ...[1, 2, 3].map(later =>
      make('pair', story, 'signal+kill+post', `call-${call}+${later}`, {
        incidents: [
          { at: 'after', call, what: { kind: 'signal' } },
          { at: 'after', call: call + later, what: { kind: 'death' } },
        ],
      }),
    ),
    ...[
      'applied-answer-lost',
      'answers-lost-7-times',
      'applied-after-30s',
      'throttled-5-times',
      '500-for-2m',
      'expired',
    ].flatMap(name => [
      make('pair', story, `${name}+signal`, `call-${call}`, {
        incidents: [
          { at: 'before', call, what: fault(name) },
          { at: 'after', call, what: { kind: 'signal' } },
        ],
      }),
      make('pair', story, `${name}+kill+post`, `call-${call}`, {
        incidents: [
          { at: 'before', call, what: fault(name) },
          { at: 'before', call: call + 1, what: { kind: 'death' } },
        ],
      }),
      make('pair', story, `kill+post-${name}`, `call-${call}`, {
        incidents: [{ at: 'after', call, what: { kind: 'death' } }],
        post: [{ at: 'before', call: 2, what: fault(name) }],
      }),
    ]),
  ])
}
