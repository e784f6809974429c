import { checkFunction, digestOf, readChosen, stateProblems } from './beginning/found.ts'
import type { Shown } from './deployment.ts'
import { Failure } from './failure.ts'
import type { PreviewInputs } from './inputs.ts'
import {
  type AliasSeen,
  CallFailed,
  type FunctionSeen,
  type Packed,
  type Triggers,
  type UrlSeen,
  type World,
} from './ports.ts'
import { closedAlready, giveUrl, isOpen, point, shutBefore } from './previewing/address.ts'
import { onLoan } from './previewing/loan.ts'
import { closePreview } from './previewing/unpreview.ts'
import { problemOf } from './problem.ts'
import { codeOf, pack } from './releasing/code.ts'
import { smokeTest } from './releasing/prove.ts'
import { noting, release, sameVersion, usableAsSeen } from './releasing/release.ts'
import type { Run } from './rollout/journal.ts'
import { describeTarget, type Outcome, refused, type Target } from './rollout/outcome.ts'
import { claim } from './rollout/preview.ts'
import { primary } from './rollout/routing.ts'
import { differences, overlay } from './rollout/settings.ts'

/**
 * A pull request that is opened or pushed to gets a version, an alias and a URL of its own; one that is closed loses
 * them. Throws for nothing that AWS, GitHub or a person may do.
 */
export async function preview(inputs: PreviewInputs, run: Run, world: World): Promise<Shown> {
  const { shows } = inputs
  const traces: Traces = { touched: false }
  try {
    return shows === undefined
      ? await closePreview(inputs, run, world)
      : await show({ ...inputs, shows }, run, traces, world)
  } catch (error) {
    const problem = problemOf(error, world)
    if (problem === undefined) throw error
    return traces.touched ? { result: 'failed', reason: problem } : refused([problem])
  }
}

/** What a run has done so far; it decides what its end is called when something goes wrong. */
type Traces = { touched: boolean }

type Showing = PreviewInputs & { readonly shows: NonNullable<PreviewInputs['shows']> }

async function show(wish: Showing, run: Run, traces: Traces, world: World): Promise<Shown> {
  const { target, auth, shows } = wish
  const { reporter } = world
  const packed = await pack(shows, world)
  const found = await readFound(wish, run, world)
  const { alias, stable, latest, triggers } = found
  reporter.tell({ kind: 'found', target, alias, stable })
  if (triggers !== undefined) reporter.tell({ kind: 'triggers', target, triggers })
  tellDifferences(wish, found, reporter)
  if (found.problems.length > 0) return refused(found.problems)
  if (wish.dryRun) return planned(wish, found)

  const touching = () => {
    traces.touched = true
  }
  const version = await versionOf(wish, found, packed, touching, world)
  reporter.tell({ kind: 'version', target, version: version.version, arn: version.arn, codeSha256: version.codeSha256 })
  if (latest !== undefined) tellArchitectures(wish, latest, version, world)
  await prove(wish, version, world)
  if (world.cancel.aborted) throw new Failure('the workflow was cancelled before the preview was there')

  // Code that is not to be open to anybody must not be served at a URL that still is.
  if (auth === 'AWS_IAM' && alias !== undefined) await noting(touching, () => shutBefore(target, world))
  const moved = await point(target, version.version, alias, { run, pull: wish.pull.number }, touching, world)
  if (moved.kind === 'stood-aside') return { result: 'stood-aside', reason: moved.because }
  reporter.tell({ kind: 'routed', at: world.clock.now(), target, routing: moved.alias.routing })

  const url = await giveUrl(wish, version, moved.alias, world)
  if (url.kind !== 'given') return { result: url.kind, reason: url.because }
  reporter.tell({ kind: 'url', ...url.seen })
  await comment(wish, version, moved.alias, url.seen, run, world)
  const who = auth === 'NONE' ? 'to everybody' : 'to requests that IAM lets in'
  return {
    result: 'previewed',
    reason: `${describeTarget(target)} serves version ${version.version} at ${url.seen.url}, open ${who}`,
    url: url.seen.url,
  }
}

/** Everything that is read before anything is changed, and what cannot work. */
type Found = {
  readonly latest: FunctionSeen | undefined
  readonly alias: AliasSeen | undefined
  /** The version that the alias serves by now. */
  readonly stable: FunctionSeen | undefined
  /** The version that was named instead of an artifact. */
  readonly chosen: FunctionSeen | undefined
  readonly triggers: Triggers | undefined
  readonly problems: readonly string[]
}

async function readFound({ target, shows, ...wish }: Showing, run: Run, world: World): Promise<Found> {
  const { functionName } = target
  const { source, configuration } = shows
  const { functions, aliases, cancel } = world
  const named = source.kind === 'version' || source.kind === 'version-of' ? source : undefined
  const problems: string[] = []
  const [latest, alias, listed, others, open] = await Promise.all([
    functions.latest(functionName),
    aliases.read(target, cancel),
    named === undefined ? functions.triggers(functionName) : undefined,
    named === undefined ? atLatest(functionName, world) : [],
    isOpen(wish.pull.number, world),
  ])
  if (!open) problems.push(closedAlready(wish.pull.number))
  problems.push(...others)
  const sound = await collecting(problems, () => {
    checkFunction({ target, source, ...(wish.arn !== undefined && { arn: wish.arn }) }, latest, configuration)
    return true
  })
  if (named === undefined) problems.push(...stateProblems(target, latest))
  if (alias !== undefined) {
    const whose = claim(describeTarget(target), alias.description, run)
    if (whose.kind !== 'ours') problems.push(whose.because)
  }
  const triggers = latest === undefined ? undefined : listed
  if (triggers !== undefined) problems.push(...triggerProblems(target, triggers))
  const chosen =
    named === undefined || sound !== true
      ? undefined
      : await collecting(problems, () => readChosen(target, named, world))
  const served = alias && primary(alias.routing)
  const stable = served === undefined ? undefined : await functions.version(functionName, served)
  return { latest, alias, stable, chosen, triggers, problems }
}

/** An alias at `$LATEST` would serve the preview's code, whole, to whoever uses it. */
async function atLatest(functionName: string, { versions }: World): Promise<readonly string[]> {
  const aliases = await versions.aliases(functionName)
  return aliases
    .filter(({ routing }) => routing.kind === 'whole' && routing.version === '$LATEST')
    .map(
      ({ name }) =>
        `the alias ${name} of ${functionName} points at $LATEST and would serve the preview's code, whole; give previews a function of their own, or move the alias to a version`,
    )
}

/** What is in the way of one thing is told beside what is in the way of the others. */
async function collecting<T>(problems: string[], read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    problems.push(error.message)
    return undefined
  }
}

/** Whatever invokes the function without a qualifier runs `$LATEST`, which an artifact replaces at once. */
function triggerProblems({ functionName }: Target, { found, unreadable }: Triggers): readonly string[] {
  const cure = 'give previews a function of their own, or let the triggers invoke an alias'
  return [
    ...(found.length === 0
      ? []
      : [
          `${functionName} itself is invoked by others, who would run the preview's code, whole: ${found.join('; ')}; ${cure}`,
        ]),
    ...(unreadable.length === 0
      ? []
      : [
          `what invokes ${functionName} itself, and so would run the preview's code, could not be listed: ${unreadable.join('; ')}; allow that`,
        ]),
  ]
}

function tellDifferences(
  { target, shows }: Showing,
  { stable, latest, chosen }: Found,
  reporter: World['reporter'],
): void {
  if (stable === undefined || latest === undefined) return
  const settings = chosen?.settings ?? overlay(latest.settings, shows.configuration)
  const list = differences(stable.settings, settings).filter(({ name }) => name !== 'Description')
  reporter.tell({ kind: 'differences', target, from: `version ${stable.version}`, to: 'the preview', list })
}

function planned({ target, shows, auth }: Showing, { alias }: Found): Outcome {
  const { source } = shows
  const what =
    source.kind === 'version'
      ? `version ${source.version}`
      : source.kind === 'version-of'
        ? `the version of ${source.alias}`
        : 'a version of this artifact'
  const verb = alias === undefined ? 'would be created on' : 'would serve'
  return {
    result: 'planned',
    reason: `${describeTarget(target)} ${verb} ${what}, at a function URL with ${auth}; nothing was changed`,
  }
}

/** The version to show: the one that is named, the one that is served already, or a new one. */
async function versionOf(
  { target, shows }: Showing,
  { latest, chosen, stable }: Found,
  packed: Packed | undefined,
  touching: () => void,
  world: World,
): Promise<FunctionSeen> {
  const { functionName, region } = target
  const { configuration, versionDescription: description, readyTimeoutMs, uploadBucket, source } = shows
  if (chosen !== undefined) return await usableAsSeen({ functionName, readyTimeoutMs }, chosen, world)
  const published = stable?.version === '$LATEST' ? undefined : stable
  const codeSha256 = packed?.sha256 ?? digestOf(source)
  if (published !== undefined && codeSha256 !== undefined) {
    const settings = overlay(latest?.settings ?? {}, configuration)
    if (sameVersion({ codeSha256, settings }, published)) return published
  }
  const wanted = {
    functionName,
    code: codeOf(source, functionName, packed, uploadBucket, touching, world),
    codeSha256,
    configuration,
    description,
    readyTimeoutMs,
    latest,
    stable: published,
  }
  const released = await onLoan({ functionName, region }, configuration, world, configuring =>
    release({ ...wanted, configuring }, touching, world),
  )
  return released.kind === 'version' ? released.version : (published as FunctionSeen)
}

/** The code that an architecture goes with stays on `$LATEST`, and so does the architecture. */
function tellArchitectures(
  { target, shows }: Showing,
  latest: FunctionSeen,
  version: FunctionSeen,
  { reporter }: World,
): void {
  const named = 'Architectures' in shows.configuration
  const pick = ({ settings }: FunctionSeen) => ({ Architectures: settings.Architectures })
  if (!named || differences(pick(latest), pick(version)).length === 0) return
  const text = `Architectures of ${target.functionName} stays as this preview set it: it goes with the code, and so is put right by the next one that names it`
  reporter.tell({ kind: 'warning', text })
}

async function prove({ target, shows }: Showing, { version }: FunctionSeen, world: World): Promise<void> {
  if (shows.smokeTest === undefined) return
  const problem = await smokeTest(target, version, shows.smokeTest, world)
  if (problem !== undefined) throw new Failure(problem)
}

/** A preview that GitHub may not be told of is a preview all the same. */
async function comment(
  { target, pull, auth }: Showing,
  { version, codeSha256 }: FunctionSeen,
  { arn: aliasArn }: AliasSeen,
  { url }: UrlSeen,
  run: Run,
  world: World,
): Promise<void> {
  const { commit, number, fromFork } = pull
  try {
    await world.pulls.comment(number, { kind: 'ready', target, run, commit, version, aliasArn, codeSha256, url, auth })
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const fork = fromFork ? '; a pull request from a fork gets a token that may only read' : ''
    const text = `The preview is there, and pull request #${number} has no comment that says so: ${error.message}${fork}`
    world.reporter.tell({ kind: 'warning', text })
  }
}
