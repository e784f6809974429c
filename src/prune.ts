import { anotherAccount } from './beginning/found.ts'
import { formatBytes } from './bytes.ts'
import type { PruneInputs } from './inputs.ts'
import { CallFailed, type CodeStorage, type World } from './ports.ts'
import { closedPreviews, lookAtAll, takeAllAway } from './previewing/closed.ts'
import { mayBeDone, problemOf } from './problem.ts'
import { readShelf, readStorage, remembering, removeVersions, type Shelf, soFar, spareHeld } from './retain.ts'
import type { Run } from './rollout/journal.ts'
import { type Outcome, refused } from './rollout/outcome.ts'
import { previewAlias, pullOfAlias, pullOfVersion } from './rollout/preview.ts'
import { type Retention, retention } from './rollout/retention.ts'

/**
 * Deletes what closed pull requests left behind, and the versions that nothing holds on to. Throws for nothing that
 * AWS, GitHub or a person may do.
 */
export async function prune(inputs: PruneInputs, run: Run, outside: World): Promise<Outcome> {
  const { world, removed } = remembering(outside)
  const traces: Traces = { removed, deleting: false }
  try {
    return await tidy(inputs, run, traces, world)
  } catch (error) {
    const problem = problemOf(error, world, '')
    if (problem === undefined) throw error
    // A deletion whose answer never came may have been applied.
    const mayHave = traces.deleting && error instanceof CallFailed && mayBeDone(error)
    return endedBy(problem, removed, mayHave)
  }
}

/** What has become of a run so far; it decides what its end is called when something goes wrong. */
type Traces = { readonly removed: readonly string[]; deleting: boolean }

function endedBy(problem: string, removed: readonly string[], mayHave: boolean): Outcome {
  if (removed.length === 0 && !mayHave) return refused([problem])
  return { result: 'failed', reason: `${soFar(removed)}${problem}` }
}

async function tidy(inputs: PruneInputs, run: Run, traces: Traces, world: World): Promise<Outcome> {
  const { functionName, arn, region, dryRun } = inputs
  const latest = arn === undefined ? undefined : await world.functions.latest(functionName)
  if (arn !== undefined && latest !== undefined && latest.arn !== arn) return refused([anotherAccount(arn, latest.arn)])
  const found = await readShelf(functionName, world)
  if (found === undefined) {
    return refused([`there is no function ${functionName} in ${region}; correct \`function-name\` or \`aws-region\``])
  }
  const before = await readStorage(world)
  const closed = await closedPreviews(found, inputs, run, world)
  const previews = dryRun ? await lookAtAll(closed, run, world) : await takeAllAway(closed, run, world)
  if (previews.kind === 'failed') return endedBy(previews.because, traces.removed, previews.touched)
  const left = dryRun || closed.length === 0 ? found : ((await readShelf(functionName, world)) ?? nothing)
  const judged = await judge(left, previews.gone, inputs, run, world)
  world.reporter.tell({ kind: 'retention', retention: judged })
  if (!dryRun) {
    traces.deleting = true
    await removeVersions(functionName, judged.goes, world)
  }
  const after = dryRun ? undefined : before && (await readStorage(world))
  if (before !== undefined) world.reporter.tell({ kind: 'storage', before, after })
  return dryRun
    ? { result: 'planned', reason: describePlan(inputs, judged, previews.gone) }
    : { result: 'pruned', reason: describeEnd(inputs, traces.removed, previews.gone, found, before, after) }
}

/** What a function has that somebody deleted meanwhile. */
const nothing: Shelf = { versions: [], aliases: [], provisioned: [] }

/** What may go: what is left of closed previews does not keep its place for being new, and its alias holds nothing. */
async function judge(
  { versions, aliases, provisioned }: Shelf,
  closed: readonly number[],
  { functionName, keepVersions }: PruneInputs,
  { repository }: Run,
  world: World,
): Promise<Retention> {
  const isClosed = (pull: number | undefined) => pull !== undefined && closed.includes(pull)
  const standing = aliases.filter(({ name, description }) => !isClosed(pullOfAlias(name, description, repository)))
  const over = versions.filter(({ description }) => isClosed(pullOfVersion(description, repository)))
  const keeping = { keep: keepVersions, provisioned, over: over.map(({ version }) => version) }
  return await spareHeld(functionName, retention(versions, standing, keeping), world)
}

function describePlan({ functionName }: PruneInputs, { goes, stays }: Retention, closed: readonly number[]): string {
  if (goes.length === 0 && closed.length === 0)
    return `there is nothing to prune: ${allStay(functionName, stays.length)}; nothing was changed`
  const named = closed.length === 0 ? '' : ` (${closed.map(previewAlias).join(', ')})`
  return `${describeGone(goes.length, closed.length)}${named} of ${functionName} would be deleted; nothing was changed`
}

function describeEnd(
  { functionName }: PruneInputs,
  removed: readonly string[],
  closed: readonly number[],
  { versions }: Shelf,
  before: CodeStorage | undefined,
  after: CodeStorage | undefined,
): string {
  const gone = removed.filter(what => what.startsWith('version ')).length
  if (gone + closed.length === 0) return `there was nothing to prune: ${allStay(functionName, versions.length)}`
  const freed =
    before && after ? `; code storage went from ${formatBytes(before.used)} to ${formatBytes(after.used)}` : ''
  return `${describeGone(gone, closed.length)} of ${functionName} ${gone + closed.length === 1 ? 'was' : 'were'} deleted${freed}`
}

function allStay(functionName: string, kept: number): string {
  return `${functionName} has ${count(kept, 'version')}, and ${kept === 1 ? 'it stays' : 'all stay'}`
}

/** `3 versions and 1 preview`; the one of which there is none is left out. */
function describeGone(versions: number, previews: number): string {
  const parts = [versions > 0 && count(versions, 'version'), previews > 0 && count(previews, 'preview')]
  return parts.filter(part => part !== false).join(' and ')
}

function count(number: number, of: string): string {
  return `${number} ${of}${number === 1 ? '' : 's'}`
}
