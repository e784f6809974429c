import { formatBytes } from '../bytes.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { Changed, Code, FunctionSeen, World } from '../ports.ts'
import { mayBeDone } from '../problem.ts'
import { readiness, versionReadiness } from '../rollout/readiness.ts'
import { differences, overlay, type Settings } from '../rollout/settings.ts'
import { settle } from './settle.ts'

/** What is to become a version. */
export type Wanted = {
  readonly functionName: string
  /** The code, brought to where Lambda takes it from when it is first asked for. */
  readonly code: () => Promise<Code>
  /** The code's `CodeSha256`, where it is known before Lambda has it. */
  readonly codeSha256: string | undefined
  /** The named part of the configuration. */
  readonly configuration: Settings
  readonly description: string
  readonly readyTimeoutMs: number
  /**
   * `$LATEST` as it was just read: it need not be read once more before the first change, which its revision guards.
   */
  readonly latest?: FunctionSeen | undefined
  /** The version that serves already: one that would be the same is not published. */
  readonly stable: FunctionSeen | undefined
  /** Told what the configuration is right before each change of it. */
  readonly configuring?: (before: Settings) => void
}

/** The version that was made, or that none was needed. */
export type Released = { readonly kind: 'version'; readonly version: FunctionSeen } | { readonly kind: 'unchanged' }

/** So often at most is `$LATEST` brought closer to what is wanted; others keep changing it if that is not enough. */
const passesAllowed = 12
const pauseAfterConflictMs = 1_000

/**
 * Artifact and configuration → a usable version. `$LATEST` is read and the first thing that is missing is done, over
 * and over, each change guarded by the revision read last: a lost answer, an update in progress or another writer is
 * just another pass. `touching` is called before the first change.
 */
export async function release(wanted: Wanted, touching: () => void, world: World): Promise<Released> {
  const changes = new Changes(wanted)
  for (let pass = 0; pass < passesAllowed; pass++) {
    const latest = pass === 0 && isSettled(wanted.latest) ? wanted.latest : await settledLatest(wanted, world)
    if (world.cancel.aborted) throw new Cancelled('a version was being released')
    const next = changes.next(latest)
    if (next.kind === 'failed')
      throw new Failure(`${wanted.functionName} could not be updated: ${next.because}; mend that, then re-run`)
    if (next.kind === 'publish' && wanted.stable !== undefined && sameVersion(next.latest, wanted.stable)) {
      return { kind: 'unchanged' }
    }
    const done = await noting(touching, () => take(next, wanted, changes, world))
    if (done.kind === 'published') return { kind: 'version', version: await usable(wanted, done.version, world) }
    if (done.kind === 'moved') await world.clock.sleep(pauseAfterConflictMs, world.cancel)
  }
  throw new Failure(
    `${wanted.functionName} keeps being changed by somebody else while this run releases a version; see who deploys it besides, then re-run`,
  )
}

/** A change that AWS denies or rejects has touched nothing; one whose answer is lost may have. */
export async function noting<T>(touching: () => void, change: () => Promise<T>): Promise<T> {
  try {
    const done = await change()
    touching()
    return done
  } catch (error) {
    if (mayBeDone(error)) touching()
    throw error
  }
}

type Step = Exclude<Next, { readonly kind: 'failed' }>
type Taken = { readonly kind: 'changed' | 'moved' } | { readonly kind: 'published'; readonly version: string }

async function take(next: Step, wanted: Wanted, changes: Changes, world: World): Promise<Taken> {
  const { functionName, code, configuration, description, configuring } = wanted
  const { functions, reporter } = world
  const target = { functionName }
  switch (next.kind) {
    case 'create': {
      reporter.tell({ kind: 'release', target, text: `Creating the function ${functionName}` })
      return changes.note(await functions.create(functionName, await code(), configuration))
    }
    case 'configure': {
      reporter.tell({ kind: 'release', target, text: `Updating the configuration: ${next.what}` })
      configuring?.(next.before)
      return changes.note(await functions.configure(functionName, next.settings, next.revision))
    }
    case 'upload': {
      const from = await code()
      reporter.tell({ kind: 'release', target, text: `Updating the code from ${describeCode(from)}` })
      return changes.note(await functions.upload(functionName, from, next.architectures, next.revision))
    }
    case 'publish': {
      const published = await functions.publish(functionName, next.latest.codeSha256, next.latest.revision, description)
      return published.kind === 'moved' ? published : { kind: 'published', version: published.version }
    }
  }
}

function describeCode(code: Code): string {
  switch (code.kind) {
    case 'zip':
      return `a zip of ${formatBytes(code.bytes)}`
    case 's3':
      return `s3://${code.bucket}/${code.key}`
    case 'image':
      return code.uri
  }
}

/** Whether a version has this code and this configuration. */
export function sameVersion(a: Pick<FunctionSeen, 'codeSha256' | 'settings'>, b: FunctionSeen): boolean {
  return (
    a.codeSha256 === b.codeSha256 &&
    differences(withoutDescription(a.settings), withoutDescription(b.settings)).length === 0
  )
}

/** Every version has a description of its own. */
function withoutDescription({ Description: _, ...settings }: Settings): Settings {
  return settings
}

/** A version that was just read, once it can take traffic. Throws `Failure` like `usable`. */
export async function usableAsSeen(
  wanted: Pick<Wanted, 'functionName' | 'readyTimeoutMs'>,
  seen: FunctionSeen,
  world: World,
): Promise<FunctionSeen> {
  return versionReadiness(seen).kind === 'ready' ? seen : await usable(wanted, seen.version, world)
}

/** A version that can take traffic; throws `Failure` with AWS's reason when it never will. */
async function usable(
  { functionName, readyTimeoutMs }: Pick<Wanted, 'functionName' | 'readyTimeoutMs'>,
  version: string,
  world: World,
): Promise<FunctionSeen> {
  const what = `version ${version} of ${functionName} to become usable`
  const read = () => world.functions.version(functionName, version)
  const seen = await settle(read, versionReadiness, { what, timeoutMs: readyTimeoutMs }, world)
  if (seen === undefined)
    throw new Failure(
      `${functionName} has no version ${version}; \`aws lambda list-versions-by-function --function-name ${functionName}\` lists those it has`,
    )
  const verdict = versionReadiness(seen)
  if (verdict.kind === 'failed') {
    throw new Failure(
      `version ${version} of ${functionName} cannot be used, it is ${verdict.because}; change the code or the configuration so that a new version is made`,
    )
  }
  return seen
}

function isSettled(latest: FunctionSeen | undefined): boolean {
  return latest !== undefined && readiness(latest).kind !== 'pending'
}

function settledLatest({ functionName, readyTimeoutMs }: Wanted, world: World): Promise<FunctionSeen | undefined> {
  const what = `${functionName} to settle`
  return settle(() => world.functions.latest(functionName), readiness, { what, timeoutMs: readyTimeoutMs }, world)
}

type Next =
  | { readonly kind: 'create' }
  | {
      readonly kind: 'configure'
      readonly before: Settings
      readonly settings: Settings
      readonly revision: string
      readonly what: string
    }
  | { readonly kind: 'upload'; readonly architectures: unknown; readonly revision: string }
  | { readonly kind: 'failed'; readonly because: string }
  | { readonly kind: 'publish'; readonly latest: FunctionSeen }

/** What `$LATEST` still lacks: configuration before code, each settled before the next. */
class Changes {
  readonly #wanted: Wanted
  #codeSha256: string | undefined
  #changed = false

  constructor(wanted: Wanted) {
    this.#wanted = wanted
    this.#codeSha256 = wanted.codeSha256
  }

  /** Keeps that `$LATEST` has been changed by this run, and the hash that its code now has where Lambda tells. */
  note(change: Changed<{ codeSha256?: string }>): Taken {
    if (change.kind === 'moved') return change
    this.#changed = true
    this.#codeSha256 = change.codeSha256 ?? this.#codeSha256
    return { kind: 'changed' }
  }

  next(latest: FunctionSeen | undefined): Next {
    if (latest === undefined) return { kind: 'create' }
    const verdict = readiness(latest)
    // An update that failed before this run is no obstacle: the next upload may mend it.
    if (verdict.kind === 'failed' && (this.#changed || latest.state !== 'Active')) return verdict
    const { configuration } = this.#wanted
    const target = overlay(latest.settings, configuration)
    const { Architectures: architectures, ...rest } = target
    const named = Object.keys(configuration).filter(name => name !== 'Architectures')
    const changes = differences(pick(latest.settings, named), pick(rest, named))
    if (changes.length > 0) {
      const what = changes.map(({ name, from, to }) => `${name} ${from || '(none)'} → ${to || '(none)'}`).join(', ')
      const { settings: before, revision } = latest
      return { kind: 'configure', before, settings: pick(rest, named), revision, what }
    }
    const moved = differences(pick(latest.settings, ['Architectures']), { Architectures: architectures }).length > 0
    if (latest.codeSha256 !== this.#codeSha256 || moved || verdict.kind === 'failed') {
      const named = 'Architectures' in configuration ? architectures : undefined
      return { kind: 'upload', architectures: named, revision: latest.revision }
    }
    return { kind: 'publish', latest }
  }
}

function pick(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(names.filter(name => name in settings).map(name => [name, settings[name]]))
}
