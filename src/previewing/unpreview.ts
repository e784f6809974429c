import { anotherAccount } from '../beginning/found.ts'
import { retireDeployments } from '../deployment.ts'
import type { PreviewInputs } from '../inputs.ts'
import { CallFailed, type UrlSeen, type World } from '../ports.ts'
import { mayBeDone, problemOf } from '../problem.ts'
import { deleteUnheld, remembering } from '../retain.ts'
import type { Run } from '../rollout/journal.ts'
import { describeTarget, describeWhere, type Outcome, refused, type Target } from '../rollout/outcome.ts'
import { claim, pullOfVersion } from '../rollout/preview.ts'
import type { Shelved } from '../rollout/retention.ts'

/** The end of a pull request: takes its preview away, or tells what a dry run would. Throws `CallFailed`. */
export async function closePreview(inputs: PreviewInputs, run: Run, world: World): Promise<Outcome> {
  const { target, arn, pull, environment, dryRun } = inputs
  const over = { target, pull: pull.number, commit: pull.commit, environment }
  if (arn !== undefined) {
    const latest = await world.functions.latest(target.functionName)
    if (latest !== undefined && latest.arn !== arn) {
      return refused([anotherAccount(arn, latest.arn)])
    }
  }
  const name = `the preview of pull request #${pull.number} on ${target.functionName}`
  if (dryRun) {
    const seen = await lookAtPreview(over, run, world)
    if ('because' in seen) return refused([seen.because])
    const what = seen.what.length === 0 ? 'nothing is left' : `${seen.what.join(', ')} would be removed`
    return { result: 'planned', reason: `of ${name} ${what}; nothing was changed` }
  }
  const taken = await unpreview(over, run, world)
  switch (taken.kind) {
    case 'removed':
      return {
        result: 'removed',
        reason: taken.what.length === 0 ? `nothing was left of ${name}` : `${name} is gone: ${taken.what.join(', ')}`,
      }
    case 'left':
      return taken.touched ? { result: 'stood-aside', reason: taken.because } : refused([taken.because])
    case 'failed':
      return taken.touched ? { result: 'failed', reason: taken.because } : refused([taken.because])
  }
}

/** The preview of a pull request that is over. */
export type Previewed = {
  readonly target: Target
  readonly pull: number
  readonly commit: string
  /** The environment of GitHub that it is a deployment in. */
  readonly environment: string
}

/** What became of it; `touched`: something was, or may have been, taken away before it came to this. */
export type Unpreviewed =
  /** All of it is gone; `what` was there until now, and may be nothing. */
  | { readonly kind: 'removed'; readonly what: readonly string[] }
  /** The alias is somebody else's, or a newer run's, and is left alone. */
  | { readonly kind: 'left'; readonly because: string; readonly touched: boolean }
  | { readonly kind: 'failed'; readonly because: string; readonly touched: boolean }

/**
 * Takes the preview of a pull request away: its URL and who may call it, its alias, its versions, and on GitHub what
 * says that it is there. Each may be gone already. Throws for nothing that AWS, GitHub or a person may do.
 */
export async function unpreview(preview: Previewed, run: Run, outside: World): Promise<Unpreviewed> {
  const { world, removed } = remembering(outside)
  const traces: Traces = { touched: false, gone: false }
  const problem = await problemIn(world, async () => {
    const because = await takeAliasAway(preview.target, run, traces, world)
    if (because !== undefined) return because
    traces.gone = true
    await noting(traces, () => deleteVersions(preview, run, world))
    return undefined
  })
  if (traces.gone) await tellGitHub(preview, run, world)
  if (problem === undefined) return { kind: 'removed', what: removed }
  const { because, failed } = problem
  return { kind: failed ? 'failed' : 'left', because, touched: traces.touched || removed.length > 0 }
}

/** What would be taken away, in words; `because` where the alias is to be left alone. Throws `CallFailed`. */
export async function lookAtPreview(
  { target, pull }: Previewed,
  run: Run,
  world: World,
): Promise<{ readonly what: readonly string[] } | { readonly because: string }> {
  const name = describeTarget(target)
  const alias = await world.aliases.read(target, world.cancel)
  const whose = alias && claim(name, alias.description, run)
  if (whose !== undefined && whose.kind !== 'ours') return whose
  const url = alias && (await world.urls.read(target))
  const versions = await versionsOf(target, pull, run, world)
  return {
    what: [
      ...(url === undefined ? [] : [urlInWords(url.url)]),
      ...(alias === undefined ? [] : [aliasInWords(target)]),
      ...versions.map(({ version }) => `version ${version} unless something else refers to it`),
    ],
  }
}

type Traces = {
  /** A call may have been applied whose effect was not told. */
  touched: boolean
  /** The alias, and with it the preview, is there no longer. */
  gone: boolean
}

type Problem = { readonly because: string; readonly failed: boolean }

async function problemIn(world: World, work: () => Promise<string | undefined>): Promise<Problem | undefined> {
  try {
    const because = await work()
    return because === undefined ? undefined : { because, failed: false }
  } catch (error) {
    const because = problemOf(error, world, '')
    if (because === undefined) throw error
    return { because, failed: true }
  }
}

/** The URL first, so that nobody calls what is half gone; says why where the alias is to be left alone. */
async function takeAliasAway(target: Target, run: Run, traces: Traces, world: World): Promise<string | undefined> {
  const { aliases, urls, reporter, clock } = world
  const refusal = async (): Promise<'gone' | 'ours' | { readonly because: string }> => {
    const alias = await aliases.read(target)
    if (alias === undefined) return 'gone'
    const whose = claim(describeTarget(target), alias.description, run)
    return whose.kind === 'ours' ? 'ours' : whose
  }
  const before = await refusal()
  if (before === 'gone') return undefined
  if (before !== 'ours') return before.because
  const url = await unlessDenied(() => urls.read(target), reporter)
  if (url !== undefined) {
    await noting(traces, () => urls.remove(target))
    if (url === 'denied') traces.touched = true
    else reporter.tell({ kind: 'removed', what: urlInWords(url.url) })
  }
  await noting(traces, () => shut(target, url, world))
  // No revision guards a deletion, so the alias is looked at once more right before it.
  const now = await refusal()
  if (now === 'gone') return undefined
  if (now !== 'ours') return now.because
  await noting(traces, () => aliases.remove(target))
  reporter.tell({ kind: 'removed', what: aliasInWords(target) })
  reporter.tell({ kind: 'routed', at: clock.now(), target, routing: undefined })
  return undefined
}

/**
 * Takes away who may call a URL. A role for previews that are never open to anybody may not do that, and needs not:
 * without a URL that is open what may be left of it lets nobody in.
 */
export async function shut(
  target: Target,
  url: Pick<UrlSeen, 'auth'> | 'denied' | undefined,
  { urls }: World,
): Promise<void> {
  const mayBeOpen = url === 'denied' || url?.auth === 'NONE'
  if (mayBeOpen) await urls.close(target)
  else await unlessDenied(() => urls.close(target))
}

async function unlessDenied<T>(call: () => Promise<T>, reporter?: World['reporter']): Promise<T | 'denied'> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof CallFailed) || error.kind !== 'denied') throw error
    reporter?.tell({ kind: 'warning', text: error.message })
    return 'denied'
  }
}

async function deleteVersions({ target, pull }: Previewed, run: Run, world: World): Promise<void> {
  const { functionName, alias } = target
  const versions = await versionsOf(target, pull, run, world)
  if (versions.length === 0) return
  const provisioned = await world.versions.provisioned(functionName)
  const aliases = await world.versions.aliases(functionName)
  // A listing may lag behind and still show the alias that was just deleted.
  const others = aliases.filter(({ name }) => name !== alias)
  await deleteUnheld(functionName, versions, others, provisioned, world)
}

/** The versions that were made for this preview; none where the function itself is gone. */
async function versionsOf(
  { functionName }: Target,
  pull: number,
  { repository }: Run,
  { versions }: World,
): Promise<readonly Shelved[]> {
  const all = (await versions.list(functionName)) ?? []
  return all.filter(({ description }) => pullOfVersion(description, repository) === pull)
}

/** What GitHub may not be told is a warning: the preview itself is gone. */
async function tellGitHub(preview: Previewed, run: Run, world: World): Promise<void> {
  const { target, pull, commit, environment } = preview
  await retireDeployments(environment, describeWhere([target]), `pull request #${pull} is closed`, world)
  try {
    await world.pulls.comment(pull, { kind: 'removed', target, run, commit })
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const text = `The preview is gone, and a comment on pull request #${pull} may still say that it is there: ${error.message}`
    world.reporter.tell({ kind: 'warning', text })
  }
}

/** A call that AWS denies or rejects has touched nothing; one whose answer is lost may have. */
async function noting(traces: Pick<Traces, 'touched'>, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (mayBeDone(error)) traces.touched = true
    throw error
  }
}

function urlInWords(url: string): string {
  return `the function URL ${url}`
}

function aliasInWords({ alias }: Target): string {
  return `the alias ${alias}`
}
