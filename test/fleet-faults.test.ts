import { beforeEach, describe, expect, test } from 'vitest'
import { clearUp } from '../src/aftermath.ts'
import { deploy } from '../src/deploy.ts'
import type { Run } from '../src/rollout/journal.ts'
import type { Outcome } from '../src/rollout/outcome.ts'
import { whole } from '../src/rollout/routing.ts'
import type { Operation } from './support/world/calls.ts'
import { inputs, Killed, newWorld, run, type Sim, served } from './support/world.ts'

const names = ['a', 'b', 'c']
let world: Sim

beforeEach(begin)

function begin(): void {
  world = newWorld()
  world.alarms.is('errors', 'OK')
  for (const name of names) {
    world.functions.has(name, { 5: {}, 7: {} })
    world.aliases.points(`${name}:live`, whole('7'), served)
  }
}

/** Two waves of two steps, with an alarm. */
function rollOut(by: Run = run): Promise<Outcome> {
  const source = { kind: 'directory', path: 'code of 8' } as const
  const targets = names.map(functionName => ({ target: { functionName, alias: 'live', region: 'eu-west-1' }, source }))
  const wish = inputs({ strategy: '10% for 30s, 50% for 30s', alarms: ['errors'], waves: [1, 2] })
  return deploy({ ...wish, targets }, by, world)
}

const serve = () => names.map(name => world.aliases.serves(`${name}:live`)).join(' ')

/** How often each operation is called where nothing befalls. */
async function calm(): Promise<readonly (readonly [Operation, number])[]> {
  await rollOut()
  const counts = new Map<Operation, number>()
  for (const { operation } of world.calls.made) counts.set(operation, (counts.get(operation) ?? 0) + 1)
  return [...counts]
}

/** Lets something befall every single call, and looks at how it ends. */
async function everyCall(
  befall: (operation: Operation, nth: number) => void,
  end: (where: string) => Promise<string | undefined>,
): Promise<{ readonly runs: number; readonly broken: readonly string[] }> {
  const broken: string[] = []
  let runs = 0
  for (const [operation, count] of await calm()) {
    for (let nth = 1; nth <= count; nth += 1) {
      begin()
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

const either = (): string | undefined => (['7 7 7', '8 8 8'].includes(serve()) ? undefined : `they serve ${serve()}`)

const kill = () => {
  throw new Killed()
}

async function dies(): Promise<void> {
  await expect(rollOut()).rejects.toThrow(Killed)
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
      (operation, nth) => {
        const stop = () => world.stop()
        world.calls.befall(operation, when === 'before' ? { before: stop } : { after: stop }, { nth })
      },
      async () => isKept(await rollOut()),
    )
    expect(broken).toEqual([])
  })

  test.each(['before', 'after'] as const)('by the post step, where the process is killed %s any call', async when => {
    const { broken } = await everyCall(
      (operation, nth) => {
        world.calls.befall(operation, when === 'before' ? { before: kill } : { after: kill }, { nth })
      },
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
        (operation, nth) => {
          world.calls.befall(operation, when === 'before' ? { before: kill } : { after: kill }, { nth })
        },
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
})
