import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { showConfiguration } from './configuration.ts'
import { atMost, conflict, invalidParameter, preconditionFailed, validate } from './errors.ts'
import { requireSettled, takeFailure, takeStall } from './lifecycle.ts'
import { getFunctionOr404 } from './lookup.ts'
import { functionArn, namedUnqualified } from './names.ts'
import type { LambdaFunction, Release, ReleaseState } from './state.ts'

/** PublishVersion: a new version of `$LATEST`, or the last one where nothing has changed since. */
export function publishVersion(world: World, input: Input): Answer {
  const description = text(input, 'Description')
  validate(atMost(256, description, 'description'))
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  const revision = text(input, 'RevisionId')
  if (revision !== undefined && revision !== fn.latest.revisionId) throw preconditionFailed('GetFunction/GetAlias')
  requireSettled(world, fn)
  if (fn.latest.update.kind === 'failed') {
    throw conflict(
      `The operation cannot be performed at this time. The last update failed for resource: ${functionArn(world, fn.name)}`,
    )
  }
  requireSha256(fn, text(input, 'CodeSha256'))
  const version = publish(world, fn, { ...(description !== undefined && { description }) })
  return { body: showConfiguration(world, fn, version, version.version) }
}

function requireSha256(fn: LambdaFunction, given: string | undefined): void {
  const current = fn.latest.code.sha256
  if (given === undefined || given === current) return
  throw invalidParameter(
    `CodeSHA256 (${given}) is different from current CodeSHA256 in $LATEST (${current}). Please try again with the CodeSHA256 in $LATEST.`,
  )
}

/** How a new version differs from a copy of `$LATEST`. */
export type Publication = {
  readonly description?: string
  /** How long it takes to settle; what its kind of function takes where absent. */
  readonly settleMs?: number
  readonly state?: ReleaseState
}

/** Makes the next version, which moves `$LATEST`'s revision too; gives the last one where nothing has changed. */
export function publish(world: World, fn: LambdaFunction, publication: Publication): Release {
  const from = fingerprint(fn.latest)
  const last = fn.published?.from === from ? fn.versions.get(fn.published.version) : undefined
  if (last) return last
  const version = String(fn.nextVersion)
  const { configuration } = fn.latest
  const release: Release = {
    version,
    code: fn.latest.code,
    configuration: { ...configuration, Description: publication.description || configuration.Description },
    revisionId: world.ids.uuid(),
    lastModified: world.now(),
    state: publication.state ?? settling(world, fn, publication),
    update: { kind: 'successful' },
  }
  fn.nextVersion += 1
  fn.versions.set(version, release)
  fn.published = { version, from }
  fn.latest.revisionId = world.ids.uuid()
  return release
}

function fingerprint({ code, configuration }: Release): string {
  return JSON.stringify([code.sha256, Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1))])
}

function settling(world: World, fn: LambdaFunction, publication: Publication): ReleaseState {
  const failure = takeFailure(world, 'version', fn.name)
  const snapStart = fn.latest.configuration.SnapStart.ApplyOn === 'PublishedVersions'
  const usual = snapStart ? world.settle.snapStart : (publication.settleMs ?? world.settle.publish)
  const ms = takeStall(world, fn.name) ?? usual
  if (ms === 0 && !failure) return { kind: 'active' }
  return { kind: 'pending', until: world.now() + ms, ...(failure && { failure }) }
}
