import { seeded } from '../sandbox/random.ts'
import type { Account } from './account.ts'
import { type End, Process, type Step } from './process.ts'
import { type Act, type Breach, breaches, type Trial } from './promise.ts'
import { type Policy, Stage, type Waiting } from './stage.ts'
import { run, type Story, storyNamed, surroundings } from './stories.ts'
import { type Setting, usually, type Verdict, withChance } from './trial.ts'

/** Several runs at once on one function. */
export type Race = {
  readonly name: string
  /** The story that lends the account and the alias. */
  readonly story: Story
  readonly steps: readonly Step[]
}

const newer = { ...run, id: '988', commit: 'feedbac1' }
const newest = { ...run, id: '989', commit: 'cafecafe' }

function deployOf(code: string, by = run, more: Readonly<Record<string, string>> = {}): Step {
  const built = `s3://built/${code.replace(' ', '-')}.zip`
  return {
    with: { 'function-name': 'orders', artifact: built, 'bake-time': '1m', 'poll-interval': '1m', ...more },
    run: by,
  }
}

function commandOf(command: string, by = newer, more: Readonly<Record<string, string>> = {}): Step {
  return { with: { 'function-name': 'orders', command, ...more }, run: by }
}

const s3 = storyNamed('s3')
/** Which code is to be served depends on who wins. */
const { code: _, ...anyCode } = s3
const promotion: Story = { ...storyNamed('promote'), code: 'code 4' }
const { code: __, ...opened } = storyNamed('preview-push')

/** The races that are run. */
export const races: readonly Race[] = [
  { name: 'two-deploys', story: anyCode, steps: [deployOf('code 4'), deployOf('code 5', newer)] },
  { name: 'two-deploys-of-the-same', story: anyCode, steps: [deployOf('code 4'), deployOf('code 4', newer)] },
  { name: 'two-jobs-of-one-run', story: anyCode, steps: [deployOf('code 4'), deployOf('code 5')] },
  { name: 'deploy-and-rerun', story: anyCode, steps: [deployOf('code 4'), deployOf('code 4', { ...run, attempt: 2 })] },
  { name: 'deploy-and-rollback', story: anyCode, steps: [deployOf('code 4'), commandOf('rollback')] },
  {
    name: 'deploy-and-prune',
    story: anyCode,
    steps: [deployOf('code 4'), commandOf('prune', newer, { 'keep-versions': '1' })],
  },
  {
    name: 'two-promotes',
    story: promotion,
    steps: [promotion.step, { ...promotion.step, run: newer, with: { ...promotion.step.with, version: '4' } }],
  },
  { name: 'promote-and-rollback', story: promotion, steps: [promotion.step, commandOf('rollback')] },
  { name: 'two-rollbacks', story: promotion, steps: [commandOf('rollback', run), commandOf('rollback')] },
  {
    name: 'push-and-close',
    story: opened,
    steps: [
      { ...opened.step, with: { ...opened.step.with, artifact: '', version: '3' } },
      { ...storyNamed('preview-close').step, run: newer },
    ],
  },
  {
    name: 'two-pushes',
    story: opened,
    steps: [opened.step, { ...opened.step, run: newer, with: { ...opened.step.with, artifact: '', version: '3' } }],
  },
  {
    name: 'three-deploys',
    story: anyCode,
    steps: [deployOf('code 4'), deployOf('code 5', newer), deployOf('code 6', newest)],
  },
]

const letters = 'ABC'

/** Runs a race in one order of its writes: `ABBA…`, each letter a write of that run with all that it reads after it. */
export async function raceInOrder(race: Race, order: string, setting = usually): Promise<Verdict> {
  return await runRace(race, inOrder(order), setting)
}

/** Runs a race in an order of all its requests that chance makes. */
export async function raceByChance(race: Race, nth: number, setting = usually): Promise<Verdict> {
  return await runRace(race, byChance(setting.seed * 1_000 + nth), setting)
}

/** How often each run of a race comes to a write, or to its first request, when it is alone. */
export async function writesOf(race: Race): Promise<readonly number[]> {
  const counts: number[] = []
  for (const step of race.steps) {
    const stage = new Stage()
    const account = await prepared(race, stage)
    const process = new Process('alone', step, account, surroundings())
    await stage.play(process.main())
    await account.sandbox.close()
    counts.push(1 + process.calls.filter(({ writes }) => writes).length)
  }
  return counts
}

async function prepared({ story }: Race, stage: Stage): Promise<Account> {
  const account = await story.account(stage)
  if (story.name === 's3') await account.build('code 4', 'code 5', 'code 6')
  return account
}

async function runRace(race: Race, policy: Policy, { seed, sabotage }: Setting): Promise<Verdict> {
  const stage = new Stage()
  const account = await prepared(race, stage)
  const { story } = race
  try {
    return await withChance(seed, async () => {
      const around = surroundings()
      const versionsBefore = await account.versions()
      const found: Breach[] = []
      const acts: Act[] = []
      const runs = race.steps.map(async (step, i) => {
        const name = letters[i] ?? ''
        const process = new Process(name, step, account, around, [], {}, sabotage)
        const before = await account.alias(story.alias)
        const end: End = await process.main()
        const [after, versions] = [await account.alias(story.alias), await account.versions()]
        const { writes, changes } = account
        const command = step.with.command ?? 'deploy'
        acts.push({
          process,
          who: name,
          part: 'main',
          end,
          before,
          after,
          versions,
          command,
          writes: [...writes],
          changes: [...changes],
        })
      })
      try {
        await stage.play(Promise.all(runs), policy)
      } catch (error) {
        found.push({ says: `the race came to no end: ${error instanceof Error ? error.message : String(error)}` })
      }
      await stage.rest(60_000)
      const trial: Trial = {
        story,
        acts,
        writes: account.writes,
        versionsBefore,
        versions: await account.versions(),
        aliases: await account.aliases(),
        whose: by => by,
        rerun: 'tells the truth',
        quickMs: undefined,
      }
      return {
        breaches: [...found, ...breaches(trial)],
        log: acts.flatMap(({ process }) => [`--- ${process.name}`, ...process.log]),
        result: acts.map(({ who, end }) => `${who} ${end.kind === 'ended' ? end.outcome.result : end.kind}`).join(', '),
      }
    })
  } finally {
    await account.sandbox.close()
  }
}

/** Each letter lets that run make the write, or the beginning, that it stands before, and go on to the next one. */
function inOrder(order: string): Policy {
  let at = 0
  let current = ''
  const begun = new Set<string>()
  return waiting => {
    const ofActor = (actor: string) => waiting.filter(one => one.actor === actor)
    const mine = ofActor(current)
    const free =
      mine.find(one => one.kind === 'request' && !isBarrier(one, begun)) ??
      (mine.some(({ kind }) => kind === 'request') ? undefined : mine[0])
    if (free !== undefined) return free
    const actors = [...new Set(waiting.map(({ actor }) => actor))].sort()
    // A run that has just been let on may not have come to what it waits for next.
    if (actors.length === 0) return undefined
    while (at < order.length && !actors.includes(order[at] ?? '')) at += 1
    current = order[at++] ?? actors[0] ?? ''
    const [next] = ofActor(current).filter(({ kind }) => kind === 'request')
    begun.add(current)
    return next ?? ofActor(current)[0]
  }
}

function isBarrier(one: Waiting, begun: ReadonlySet<string>): boolean {
  return one.kind === 'request' && (one.writes || !begun.has(one.actor))
}

function byChance(seed: number): Policy {
  const chance = seeded(seed)
  return waiting => {
    const requests = waiting.filter(({ kind }) => kind === 'request')
    const sleeps = waiting.filter(one => one.kind === 'sleep').toSorted((a, b) => a.at - b.at)
    // Mostly somebody's request, and now and then time goes by although some are on their way.
    const isLate = sleeps.length > 0 && chance.next() < 0.15
    if (requests.length === 0 || isLate) return sleeps[0]
    return requests[Math.floor(chance.next() * requests.length)]
  }
}

/** All orders of so many writes each: `AAB`, `ABA`, `BAA`. */
export function ordersOf(counts: readonly number[]): readonly string[] {
  if (counts.every(count => count === 0)) return ['']
  return counts.flatMap((count, i) =>
    count === 0 ? [] : ordersOf(counts.with(i, count - 1)).map(rest => `${letters[i]}${rest}`),
  )
}
