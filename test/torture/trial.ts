import { seeded } from '../sandbox/random.ts'
import type { Account } from './account.ts'
import { type End, type Incident, Process, type Sabotage, type Step } from './process.ts'
import { type Act, type Breach, breaches, describe, isWhole, leavesWork, type Trial } from './promise.ts'
import { Stage } from './stage.ts'
import { type Story, surroundings } from './stories.ts'

/** What befalls the first run of a story, and what comes after it. */
export type Ordeal = {
  readonly incidents: readonly Incident[]
  /** What somebody else does between a run and its post step. */
  readonly meanwhile?: (account: Account) => Promise<void>
  /** What befalls the post step, where there is one. */
  readonly post?: readonly Incident[]
  /** Whether a post step follows a run that was killed. */
  readonly orphaned?: true
  readonly rerun?: Trial['rerun'] | 'none'
}

/** What is the same for all trials of a run of the harness. */
export type Setting = { readonly seed: number; readonly sabotage: Sabotage }

export const usually: Setting = { seed: 1, sabotage: 'none' }

/** What came of a trial: everything that broke the promise, and the log of all processes for whoever wants to read it. */
export type Verdict = { readonly breaches: readonly Breach[]; readonly log: readonly string[]; readonly result: string }

/** Puts a story through an ordeal, and judges it. */
export async function tryOut(story: Story, ordeal: Ordeal, setting = usually): Promise<Verdict> {
  const stage = new Stage()
  const account = await story.account(stage)
  try {
    return await withChance(setting.seed, () => judge(story, ordeal, account, setting))
  } finally {
    await account.sandbox.close()
  }
}

async function judge(story: Story, ordeal: Ordeal, account: Account, { sabotage }: Setting): Promise<Verdict> {
  const { incidents, orphaned, rerun = 'ends well' } = ordeal
  const { stage } = account
  story.nature?.(account)
  const around = surroundings()
  const acts: Act[] = []
  const found: Breach[] = []
  const versionsBefore = await account.versions()
  type More = { readonly incidents?: readonly Incident[]; readonly kept?: Process['kept'] }
  const play = async (name: string, who: string, part: Act['part'], step: Step, more: More) => {
    const before = await account.alias(story.alias)
    const [writes, changes] = [account.writes.length, account.changes.length]
    const process = new Process(name, step, account, around, more.incidents, more.kept, sabotage)
    let end: End = { kind: 'killed' }
    try {
      end = await stage.play(part === 'main' ? process.main() : process.post())
    } catch (error) {
      found.push({ says: `${name} came to no end: ${error instanceof Error ? error.message : String(error)}` })
    }
    // A promotion is over only when AWS has stopped moving traffic; any other end may come before.
    const isPromoted = end.kind === 'ended' && end.outcome.result === 'promoted'
    if (story.movesMs !== undefined && !isPromoted) await stage.rest(story.movesMs)
    const after = await account.alias(story.alias)
    const command = step.with.command ?? 'deploy'
    const versions = await account.versions()
    const act = {
      process,
      who,
      part,
      end,
      before,
      after,
      versions,
      command,
      writes: account.writes.slice(writes),
      changes: account.changes.slice(changes),
    }
    acts.push(act)
    found.push(...(await cures(act, story)))
    return process
  }

  const first = await play('main', 'run', 'main', story.step, { incidents })
  await stage.rest(1_000)
  await ordeal.meanwhile?.(account)
  if (leavesWork(first) && !orphaned)
    await play('post', 'run', 'post', story.step, { kept: first.kept, ...(ordeal.post && { incidents: ordeal.post }) })
  // Whatever is still on its way arrives, and alarms are over.
  await stage.rest(20 * 60_000)
  if (rerun !== 'none') {
    const again = { ...story.step, run: { ...story.step.run, attempt: story.step.run.attempt + 1 } }
    await play('rerun', 'rerun', 'main', again, {})
  }
  const trial: Trial = {
    story,
    acts,
    writes: account.writes,
    versionsBefore,
    versions: await account.versions(),
    aliases: await account.aliases(),
    whose: by => acts.find(({ process }) => process.name === by)?.who ?? by,
    rerun: rerun === 'none' ? 'tells the truth' : rerun,
    quickMs: ordeal.incidents.some(({ what }) => what.kind === 'fault') ? undefined : 7_500,
  }
  return {
    breaches: [...found, ...breaches(trial)],
    log: acts.flatMap(({ process }) => [`--- ${process.name}`, ...process.log]),
    result: acts.map(({ end }) => (end.kind === 'ended' ? end.outcome.result : end.kind)).join(', then '),
  }
}

/** The command that the end of a part-way or held alias gives makes it whole; it is tried, and taken back. */
async function cures({ end, after, process }: Act, story: Story): Promise<readonly Breach[]> {
  if (end.kind !== 'ended' || !['part-way', 'held'].includes(end.outcome.result)) return []
  // Somebody has deleted the alias since it was held.
  if (end.outcome.result === 'held' && after === undefined) return []
  const { cure = '' } = end.outcome
  const { account } = process
  const [, version] =
    /^aws lambda update-alias .*--function-version '?([^ ']+)'? --routing-config AdditionalVersionWeights=\{\}$/.exec(
      cure,
    ) ?? []
  if (version === undefined) {
    return /^aws lambda delete-alias /.test(cure) ? [] : [{ says: `“${cure}” mends nothing` }]
  }
  const kept = account.writes.length
  await account.update(
    'the cure',
    { FunctionVersion: version, RoutingConfig: { AdditionalVersionWeights: {} } },
    story.alias,
  )
  await account.stage.rest(story.movesMs ?? 0)
  const mended = await account.alias(story.alias)
  const back = {
    FunctionVersion: after?.version,
    RoutingConfig: { AdditionalVersionWeights: after?.weights ?? {} },
    Description: after?.description,
  }
  await account.update('the cure', back, story.alias)
  await account.stage.rest(story.movesMs ?? 0)
  account.writes.splice(kept)
  return isWhole(mended) ? [] : [{ says: `after “${cure}” the alias serves ${describe(mended)}` }]
}

/** Lets chance be the same each time: the pauses between retries are partly random. */
export async function withChance<T>(seed: number, work: () => Promise<T>): Promise<T> {
  const { random } = Math
  const chance = seeded(seed)
  Math.random = () => chance.next()
  try {
    return await work()
  } finally {
    Math.random = random
  }
}
