import type { PruneInputs } from '../inputs.ts'
import { CallFailed, type World } from '../ports.ts'
import type { Shelf } from '../retain.ts'
import { parseJournal, type Run } from '../rollout/journal.ts'
import { previewAlias, pullOfAlias, pullOfVersion } from '../rollout/preview.ts'
import { lookAtPreview, type Previewed, type Unpreviewed, unpreview } from './unpreview.ts'

/** The previews that are still here of pull requests that are closed. What cannot be asked of GitHub is left alone. */
export async function closedPreviews(
  shelf: Shelf,
  inputs: PruneInputs,
  run: Run,
  world: World,
): Promise<readonly Previewed[]> {
  return (await closedPulls(shelf, run, world)).map(pull => previewOf(pull, inputs, shelf, run))
}

/** The previews that are gone, or that would go; or why one could not be taken away. */
type Previews = { readonly kind: 'gone'; readonly gone: readonly number[] } | Extract<Unpreviewed, { kind: 'failed' }>

/** Takes them away, one after the other. */
export async function takeAllAway(previews: readonly Previewed[], run: Run, world: World): Promise<Previews> {
  const gone: number[] = []
  for (const preview of previews) {
    world.cancel.throwIfAborted()
    const done = await unpreview(preview, run, world)
    if (done.kind === 'failed') return done
    if (done.kind === 'left') leave(preview, done.because, world)
    else gone.push(preview.pull)
  }
  return { kind: 'gone', gone }
}

/** Tells what would go of each. */
export async function lookAtAll(previews: readonly Previewed[], run: Run, world: World): Promise<Previews> {
  const gone: number[] = []
  for (const preview of previews) {
    const seen = await lookAtPreview(preview, run, world)
    if ('because' in seen) leave(preview, seen.because, world)
    else {
      const text = `Pull request #${preview.pull} is closed, and of its preview would go: ${seen.what.join(', ')}`
      world.reporter.tell({ kind: 'note', text })
      gone.push(preview.pull)
    }
  }
  return { kind: 'gone', gone }
}

function leave({ pull }: Previewed, because: string, { reporter }: World): void {
  const text = `The preview of pull request #${pull}, which is closed, was left alone: ${because}`
  reporter.tell({ kind: 'warning', text })
}

/** The pull requests that are closed and still have something of a preview here. */
async function closedPulls(shelf: Shelf, run: Run, { pulls, reporter, cancel }: World): Promise<readonly number[]> {
  const previewed = pullsOf(shelf, run)
  const closed: number[] = []
  const unknown: number[] = []
  const reasons: string[] = []
  for (const pull of previewed) {
    cancel.throwIfAborted()
    try {
      const open = await pulls.isOpen(pull)
      if (open === false) closed.push(pull)
      if (open === undefined) unknown.push(pull)
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      reasons.push(error.message)
      unknown.push(...previewed.slice(previewed.indexOf(pull)))
      break
    }
  }
  if (unknown.length > 0) {
    const why = reasons[0] ?? `${run.repository} has no such pull request`
    const text = `What ${unknown.map(previewAlias).join(', ')} may have left was not looked at: ${why}`
    reporter.tell({ kind: 'warning', text })
  }
  return closed
}

/** The numbers of this repository's pull requests that aliases and versions tell of. */
function pullsOf({ versions, aliases }: Shelf, { repository }: Run): readonly number[] {
  const all = [
    ...aliases.map(({ name, description }) => pullOfAlias(name, description, repository)),
    ...versions.map(({ description }) => pullOfVersion(description, repository)),
  ]
  return [...new Set(all.filter(pull => pull !== undefined))].toSorted((a, b) => a - b)
}

function previewOf(pull: number, inputs: PruneInputs, { aliases }: Shelf, run: Run): Previewed {
  const { functionName, region, environment } = inputs
  const alias = previewAlias(pull)
  const journal = parseJournal(aliases.find(({ name }) => name === alias)?.description ?? '')
  return { target: { functionName, region, alias }, pull, commit: journal?.run.commit ?? run.commit, environment }
}
