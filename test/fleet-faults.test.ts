import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import { deploy } from '../src/deploy.ts'
import { promote } from '../src/promote.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { fleetWorld, kill, wish } from './support/fleet.ts'
import type { Operation } from './support/world/calls.ts'
import { Killed, run, type Sim } from './support/world.ts'

const names = ['a', 'b', 'c']
let world: Sim

beforeEach(begin)

function begin(): void {
  world = fleetWorld(...names)
}

/** Two waves of two steps, with an alarm. */
function rollOut(by: Run = run): Promise<Outcome> {
  return deploy(wish(names, { strategy: '10% for 30s, 50% for 30s', waves: [1, 2] }), by, world)
}

const serve = () => names.map(name => world.aliases.serves(`${name}:live`)).join(' ')

/** A canary of each waits, and is taken on: a step at half of the traffic, and everything. */
async function leaveCanaries(): Promise<void> {
  const paused = await deploy(wish(names, { strategy: '10% for 30s, pause' }), run, world)
  expect(paused.result).toBe('paused')
  world.calls.made.length = 0
}

function takeOn(by: Run = run): Promise<Outcome> {
  const { waves: _, targets, ...conduct } = wish(names, { strategy: '10% for 30s, 50% for 30s' })
  return promote({ ...conduct, waited: true, targets, version: undefined }, by, world)
}

/** What is played, call by call: what comes before it, and it. */
type Play = { readonly before: () => Promise<void>; readonly act: (by?: Run) => Promise<Outcome> }

const deploying: Play = { before: async () => {}, act: rollOut }
const promoting: Play = { before: leaveCanaries, act: takeOn }

/** How often each operation is called where nothing befalls. */
async function calm({ before, act }: Play): Promise<readonly (readonly [Operation, number])[]> {
  begin()
  await before()
  await act()
  const counts = new Map<Operation, number>()
  for (const { operation } of world.calls.made) counts.set(operation, (counts.get(operation) ?? 0) + 1)
  return [...counts]
}

/** Lets something befall every single call, and looks at how it ends. */
async function everyCall(
  befall: (operation: Operation, nth: number) => void,
  end: (where: string) => Promise<string | undefined>,
  play: Play = deploying,
): Promise<{ readonly runs: number; readonly broken: readonly string[] }> {
  const broken: string[] = []
  let runs = 0
  for (const [operation, count] of await calm(play)) {
    for (let nth = 1; nth <= count; nth += 1) {
      begin()
      await play.before()
      befall(operation, nth)
      const problem = await end(`${operation} ${nth}`)
      if (problem !== undefined) broken.push(`${operation} ${nth}: ${problem}`)
      runs += 1
    }
  }
  return { runs, broken }
}

/** The promise for several: all of them alike and whole, as the end says. */
function isKept({ result, reason }: Outcome): string | undefined {
  const stands = serve()
  const expected = result === 'promoted' || result === 'unchanged' ? '8 8 8' : '7 7 7'
  return stands === expected ? undefined : `${result} (${reason}), and they serve ${stands}`
}

/** Lets something happen right before the nth call of an operation is applied, or once it is and not answered yet. */
function befall(operation: Operation, nth: number, when: 'before' | 'after', does: () => void): void {
  world.calls.befall(operation, when === 'before' ? { before: does } : { after: does }, { nth })
}

const either = (): string | undefined => (['7 7 7', '8 8 8'].includes(serve()) ? undefined : `they serve ${serve()}`)

async function dies({ act }: Play = deploying): Promise<void> {
  await expect(act()).rejects.toThrow(Killed)
}

describe('three functions in two waves are left alike', () => {
  test.each([
    ['fails once', { fails: 'unavailable' }],
    ['is denied once', { fails: 'denied' }],
    ['is rejected once', { fails: 'rejected' }],
    ['has expired credentials once', { fails: 'expired' }],
    ['loses its answer', { loses: 'answer' }],
  ] as const)('where any single call %s', async (_, mishap) => {
    const { runs, broken } = await everyCall(
      (operation, nth) => world.calls.befall(operation, mishap, { nth }),
      async () => isKept(await rollOut()),
    )
    expect(broken).toEqual([])
    expect(runs).toBeGreaterThan(50)
  })

  test.each(['before', 'after'] as const)('by a cancel %s any call', async when => {
    const { broken } = await everyCall(
      (operation, nth) => befall(operation, nth, when, () => world.stop()),
      async () => isKept(await rollOut()),
    )
    expect(broken).toEqual([])
  })

  test.each(['before', 'after'] as const)('by the post step, where the process is killed %s any call', async when => {
    const { broken } = await everyCall(
      (operation, nth) => befall(operation, nth, when, kill),
      async () => {
        await dies()
        // A process that is killed before it has shifted anything has kept nothing.
        if (serve() !== '7 7 7') await clearUp({ left: world.left() }, world)
        return either()
      },
    )
    expect(broken).toEqual([])
  })

  test.each(['before', 'after'] as const)(
    'by a re-run, where the process is killed %s any call and its post step with it',
    async when => {
      const { broken } = await everyCall(
        (operation, nth) => befall(operation, nth, when, kill),
        async () => {
          await dies()
          const versions = () => names.map(name => world.functions.versions(name).length).join(' ')
          const outcome = await rollOut({ ...run, attempt: 2 })
          if (outcome.result !== 'promoted' && outcome.result !== 'unchanged')
            return `the re-run ended ${outcome.result}`
          return versions() === '3 3 3' ? isKept(outcome) : `versions were published twice: ${versions()}`
        },
      )
      expect(broken).toEqual([])
    },
  )

  const again = { ...run, attempt: 2 }

  test.each<[string, () => void]>([
    ['is refused', () => world.alarms.is('errors', 'ALARM')],
    ['fails', () => world.clock.after(20_000, () => world.alarms.is('errors', 'ALARM'))],
  ])('by a re-run that %s, wherever the attempt before was killed', async (_, trouble) => {
    for (const when of ['before', 'after'] as const) {
      const { broken } = await everyCall(
        (operation, nth) => befall(operation, nth, when, kill),
        async () => {
          await dies()
          trouble()
          await rollOut(again)
          return either()
        },
      )
      expect(broken).toEqual([])
    }
  })
})

describe('three canaries that are taken on together are left alike', () => {
  test.each([
    ['fails once', { fails: 'unavailable' }],
    ['is denied once', { fails: 'denied' }],
    ['loses its answer', { loses: 'answer' }],
  ] as const)('where any single call %s', async (_, mishap) => {
    const { runs, broken } = await everyCall(
      (operation, nth) => world.calls.befall(operation, mishap, { nth }),
      async () => waitsOrKept(await takeOn()),
      promoting,
    )
    expect(broken).toEqual([])
    expect(runs).toBeGreaterThan(30)
  })

  test.each(['before', 'after'] as const)('by the post step, where the process is killed %s any call', async when => {
    const { broken } = await everyCall(
      (operation, nth) => befall(operation, nth, when, kill),
      async () => {
        await dies(promoting)
        if (world.calls.writes.length === 0) return undefined
        await clearUp({ left: world.left() }, world)
        return either()
      },
      promoting,
    )
    expect(broken).toEqual([])
  })

  test.each(['before', 'after'] as const)('by a re-run, where the process is killed %s any call', async when => {
    const { broken } = await everyCall(
      (operation, nth) => befall(operation, nth, when, kill),
      async () => {
        await dies(promoting)
        return isKept(await takeOn({ ...run, attempt: 2 }))
      },
      promoting,
    )
    expect(broken).toEqual([])
  })
})

/** What is refused before anything is touched leaves all canaries waiting. */
function waitsOrKept(outcome: Outcome): string | undefined {
  const waits = Array(3).fill('7 at 90 %, 8 at 10 %').join(' ')
  return outcome.result === 'refused' && serve() === waits ? undefined : isKept(outcome)
}
