import { formatDuration } from '../../../src/duration.ts'
import {
  type Aliases,
  type AliasSeen,
  CallFailed,
  type Changed,
  type Code,
  type FunctionSeen,
  type Functions,
  type Triggers,
  type Written,
} from '../../../src/ports.ts'
import type { Asked } from '../../../src/rollout/decide.ts'
import type { Target } from '../../../src/rollout/outcome.ts'
import type { LambdaState } from '../../../src/rollout/readiness.ts'
import { describeRouting, partWay, primary, type Routing, sameRouting } from '../../../src/rollout/routing.ts'
import { overlay, type Settings } from '../../../src/rollout/settings.ts'
import type { Calls } from './calls.ts'
import { durationMs, type Time } from './time.ts'

type Running = { codeSha256: string; settings: Settings; state: LambdaState }

/** `$LATEST` or a version. `busy` until it settles into what it becomes, with a revision of its own. */
type Release = Running & {
  readonly version: string
  revision: string
  busy?: { readonly until: number; readonly becomes: Running } | undefined
}

/** AWS moves provisioned concurrency from another version: weights of its own, and revision after revision. */
type Move = { readonly from: string; readonly since: number; readonly until: number }

type Alias = Asked & { readonly revision: string; readonly move?: Move | undefined }

type Fn = {
  readonly name: string
  readonly packageType: 'Zip' | 'Image'
  readonly latest: Release
  readonly versions: Map<string, Release>
  readonly aliases: Map<string, Alias>
  /** What the last version was made from: publishing the same again makes no new one. */
  published: { readonly version: string; readonly from: string }
  next: number
}

/** A write to an alias that was applied, at so much time after the start. */
export type AliasWrite = readonly [at: string, serves: string, description: string]

export const active: LambdaState = { state: 'Active', update: 'Successful' }

export const settings: Settings = {
  Handler: 'index.handler',
  MemorySize: 128,
  Role: 'arn:aws:iam::111122223333:role/orders',
  Runtime: 'nodejs22.x',
  Timeout: 3,
}

/** Lambda as the stories see it: versions, revisions, things that settle in time, and aliases by compare and set. */
export class Lambda implements Functions, Aliases {
  /** What this run wrote to aliases, in order. */
  readonly wrote: AliasWrite[] = []
  readonly functions = new Map<string, Fn>()
  /** How long changes take to settle. */
  settles = { create: '4s', update: '2s', publish: '0s', snapshot: '90s', provisioned: '3m' }
  /** How the next update, or the next version, ends instead of well. */
  nextUpdate: LambdaState | undefined
  nextVersion: LambdaState | undefined
  /** Aliases with provisioned concurrency. */
  readonly provisioned = new Set<string>()
  triggered: Triggers = { found: [], unreadable: [] }
  readonly #time: Time
  readonly #calls: Calls
  readonly #cancel: AbortSignal
  #revisions = 0

  constructor(time: Time, calls: Calls, cancel: AbortSignal) {
    this.#time = time
    this.#calls = calls
    this.#cancel = cancel
  }

  /** A function with versions of these codes, `$LATEST` as the last of them. */
  has(name: string, versions: Readonly<Record<string, Partial<Running>>>, packageType: Fn['packageType'] = 'Zip'): void {
    const releases = Object.entries(versions).map(([version, running]) =>
      this.#release(version, { codeSha256: `code of ${version}`, settings, state: active, ...running }),
    )
    const last = releases.at(-1)
    if (last === undefined) throw new Error('a function has at least one version here')
    const latest = this.#release('$LATEST', last)
    this.functions.set(name, {
      name,
      packageType,
      latest,
      versions: new Map(releases.map(release => [release.version, release])),
      aliases: new Map(),
      published: { version: last.version, from: contentOf(latest) },
      next: Number(last.version) + 1,
    })
  }

  /** Somebody, who may be a run before this one, sets an alias as it pleases them, unguarded. */
  points(name: string, alias: string, routing: Routing, description = ''): void {
    this.#fn(name).aliases.set(alias, { routing, description, revision: this.#revision() })
  }

  /** Somebody deletes an alias. */
  loses(name: string, alias: string): void {
    this.#fn(name).aliases.delete(alias)
  }

  /** Only the revision moves, as when AWS touches the alias itself. */
  touches(name: string, alias: string): void {
    const before = this.#alias(name, alias)
    this.#fn(name).aliases.set(alias, { ...before, revision: this.#revision() })
  }

  /** Somebody changes `$LATEST`. */
  changesLatest(name: string, change: Partial<Running>): void {
    Object.assign(this.#fn(name).latest, change, { revision: this.#revision() })
  }

  /** How an alias stands: `7 at 90 %, 8 at 10 %`; `gone` where there is none. */
  serves(name: string, alias: string): string {
    const there = this.functions.get(name)?.aliases.get(alias)
    return there === undefined ? 'gone' : describeRouting(there.routing)
  }

  /** What an alias's description says. */
  says(name: string, alias: string): string {
    return this.#alias(name, alias).description
  }

  latest(name: string): Promise<FunctionSeen | undefined> {
    return this.#calls.make('read function', () => this.#see(name, '$LATEST'), this.#cancel)
  }

  version(name: string, version: string): Promise<FunctionSeen | undefined> {
    return this.#calls.make('read version', () => this.#see(name, version), this.#cancel)
  }

  triggers(): Promise<Triggers> {
    return this.#calls.make('list triggers', () => this.triggered, this.#cancel)
  }

  create(name: string, code: Code, settings: Settings): Promise<Changed<{ codeSha256: string }>>
  create(target: Target, asked: Asked): Promise<Written>
  create(
    of: string | Target,
    what: Code | Asked,
    settings: Settings = {},
  ): Promise<Changed<{ codeSha256: string }> | Written> {
    return typeof of === 'string'
      ? this.#calls.make('create function', () => this.#createFunction(of, what as Code, settings))
      : this.#calls.make('create alias', () => this.#createAlias(of, what as Asked))
  }

  configure(name: string, named: Settings, revision: string): Promise<Changed> {
    return this.#calls.make('configure function', () =>
      this.#update(name, revision, latest => ({ settings: overlay(latest.settings, named) })),
    )
  }

  upload(name: string, code: Code, architectures: unknown, revision: string): Promise<Changed<{ codeSha256: string }>> {
    return this.#calls.make('upload code', () => {
      const codeSha256 = hashOf(code)
      const moved = architectures === undefined ? {} : { Architectures: architectures }
      const changed = this.#update(name, revision, latest => ({
        codeSha256,
        settings: { ...latest.settings, ...moved },
      }))
      return changed.kind === 'moved' ? changed : { kind: 'done', codeSha256 }
    })
  }

  publish(name: string, codeSha256: string, revision: string, description: string) {
    return this.#calls.make('publish version', () => this.#publish(name, codeSha256, revision, description))
  }

  read(target: Target, cut?: AbortSignal): Promise<AliasSeen | undefined> {
    return this.#calls.make('read alias', () => this.#seeAlias(target), cut)
  }

  update(target: Target, asked: Asked, revision: string): Promise<Written> {
    return this.#calls.make('update alias', () => this.#updateAlias(target, asked, revision))
  }

  remove(target: Target): Promise<void> {
    return this.#calls.make('delete alias', () => {
      this.#fn(target.functionName).aliases.delete(target.alias)
      this.wrote.push([this.#time.elapsed(), 'deleted', ''])
    })
  }

  moving({ functionName, alias }: Target): Promise<boolean> {
    return this.#calls.make('read provisioned concurrency', () => {
      const move = this.functions.get(functionName)?.aliases.get(alias)?.move
      return move !== undefined && move.until > this.#time.now()
    })
  }

  #createFunction(name: string, code: Code, given: Settings): Changed<{ codeSha256: string }> {
    if (this.functions.has(name)) return { kind: 'moved' }
    const codeSha256 = hashOf(code)
    const latest = this.#release('$LATEST', { codeSha256, settings: given, state: { state: 'Pending' } })
    const becomes = { ...latest, state: this.nextUpdate ?? active }
    latest.busy = { until: this.#time.now() + durationMs(this.settles.create), becomes }
    const packageType = code.kind === 'image' ? 'Image' : 'Zip'
    const published = { version: '', from: '' }
    this.functions.set(name, { name, packageType, latest, versions: new Map(), aliases: new Map(), published, next: 1 })
    return { kind: 'done', codeSha256 }
  }

  #update(name: string, revision: string, change: (latest: Release) => Partial<Running>): Changed {
    const { latest } = this.#settled(name)
    if (latest.busy !== undefined || latest.revision !== revision) return { kind: 'moved' }
    const before = { codeSha256: latest.codeSha256, settings: latest.settings }
    Object.assign(latest, change(latest), {
      state: { state: 'Active', update: 'InProgress' },
      revision: this.#revision(),
    })
    const after = { codeSha256: latest.codeSha256, settings: latest.settings }
    const becomes = this.nextUpdate === undefined ? { ...after, state: active } : { ...before, state: this.nextUpdate }
    this.nextUpdate = undefined
    latest.busy = { until: this.#time.now() + durationMs(this.settles.update), becomes }
    return { kind: 'done' }
  }

  #publish(name: string, codeSha256: string, revision: string, description: string): Changed<{ version: string }> {
    const fn = this.#settled(name)
    const { latest } = fn
    if (latest.busy !== undefined || latest.revision !== revision) return { kind: 'moved' }
    if (latest.codeSha256 !== codeSha256) throw new CallFailed('rejected', 'CodeSHA256 is different')
    latest.revision = this.#revision()
    if (fn.published.from === contentOf(latest)) return { kind: 'done', version: fn.published.version }
    const version = String(fn.next++)
    fn.published = { version, from: contentOf(latest) }
    fn.versions.set(version, this.#newVersion(version, latest, description))
    return { kind: 'done', version }
  }

  #newVersion(version: string, { codeSha256, settings }: Release, description: string): Release {
    const snapStarts = settings.SnapStart !== undefined
    const becomes = { codeSha256, settings: { ...settings, Description: description }, state: this.nextVersion ?? active }
    this.nextVersion = undefined
    const takes = durationMs(snapStarts ? this.settles.snapshot : this.settles.publish)
    const settled = { ...becomes, state: { ...becomes.state, ...(snapStarts && { snapshot: 'On' }) } }
    if (takes === 0) return this.#release(version, settled)
    const pending: LambdaState = { state: 'Pending', ...(snapStarts && { snapshot: 'Off' }) }
    return {
      ...this.#release(version, { ...becomes, state: pending }),
      busy: { until: this.#time.now() + takes, becomes: settled },
    }
  }

  #see(name: string, version: string): FunctionSeen | undefined {
    if (!this.functions.has(name)) return undefined
    const { latest, versions, packageType } = this.#settled(name)
    const release = version === '$LATEST' ? latest : versions.get(version)
    if (release === undefined) return undefined
    const { codeSha256, revision, settings, state } = release
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:${name}`
    const qualified = version === '$LATEST' ? arn : `${arn}:${version}`
    return { ...state, arn: qualified, version, codeSha256, revision, packageType, settings }
  }

  #settled(name: string): Fn {
    const fn = this.#fn(name)
    for (const release of [fn.latest, ...fn.versions.values()]) {
      if (release.busy === undefined || release.busy.until > this.#time.now()) continue
      const { codeSha256, settings, state } = release.busy.becomes
      Object.assign(release, { codeSha256, settings, state, revision: this.#revision(), busy: undefined })
    }
    return fn
  }

  #seeAlias({ functionName, alias: name }: Target): AliasSeen | undefined {
    const alias = this.functions.get(functionName)?.aliases.get(name)
    if (alias === undefined) return undefined
    const { routing, description, move } = alias
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:${functionName}:${name}`
    const now = this.#time.now()
    if (move === undefined || move.until <= now) return { arn, routing, description, revision: alias.revision }
    const left = Number((1 - (now - move.since) / (move.until - move.since)).toFixed(1))
    const shown = left > 0 ? partWay(primary(routing), move.from, left) : routing
    return { arn, routing: shown, description, revision: `${alias.revision} moving ${left}` }
  }

  #createAlias(target: Target, asked: Asked): Written {
    const fn = this.#fn(target.functionName)
    if (fn.aliases.has(target.alias)) return this.#standing(target, asked)
    this.#requireRoutable(fn, asked.routing)
    return this.#put(target, asked)
  }

  #updateAlias(target: Target, asked: Asked, revision: string): Written {
    const fn = this.#fn(target.functionName)
    const seen = this.#seeAlias(target)
    if (seen === undefined) throw new CallFailed('rejected', `could not update the alias ${target.alias}: not found`)
    if (seen.revision !== revision) return this.#standing(target, asked)
    this.#requireRoutable(fn, asked.routing)
    return this.#put(target, asked, this.#moveFrom(target, asked))
  }

  /** Provisioned concurrency follows an alias to another version, where the owner names no weights. */
  #moveFrom({ functionName, alias }: Target, { routing }: Asked): Move | undefined {
    const from = primary(this.#alias(functionName, alias).routing)
    if (!this.provisioned.has(alias) || routing.kind === 'part-way' || routing.version === from) return undefined
    const since = this.#time.now()
    return { from, since, until: since + durationMs(this.settles.provisioned) }
  }

  #put(target: Target, { routing, description }: Asked, move?: Move): Written {
    const alias = { routing, description, revision: this.#revision(), move }
    this.#fn(target.functionName).aliases.set(target.alias, alias)
    this.wrote.push([formatDuration(this.#time.now() - this.#time.start), describeRouting(routing), description])
    return { kind: 'written', alias: this.#seeAlias(target) as AliasSeen }
  }

  #standing(target: Target, asked: Asked): Written {
    const alias = this.#seeAlias(target)
    const isOurs = alias?.description === asked.description && sameRouting(alias.routing, asked.routing)
    return alias !== undefined && isOurs ? { kind: 'written', alias } : { kind: 'conflict' }
  }

  #requireRoutable(fn: Fn, routing: Routing): void {
    const versions = routing.kind === 'whole' ? [routing.version] : [routing.stable, routing.candidate]
    if (versions.some(version => version !== '$LATEST' && !fn.versions.has(version))) {
      throw new CallFailed('rejected', `function not found: ${versions.join(', ')}`)
    }
    if (routing.kind === 'whole') return
    if (versions.includes('$LATEST')) throw new CallFailed('rejected', '$LATEST is not supported with weights')
    const [a, b] = versions.map(version => fn.versions.get(version)?.settings.Role)
    if (a !== b) throw new CallFailed('rejected', 'versions with different roles')
  }

  #fn(name: string): Fn {
    const fn = this.functions.get(name)
    if (fn === undefined) throw new CallFailed('rejected', `function not found: ${name}`)
    return fn
  }

  #alias(name: string, alias: string): Alias {
    const there = this.#fn(name).aliases.get(alias)
    if (there === undefined) throw new Error(`${name} has no alias ${alias}`)
    return there
  }

  #release(version: string, { codeSha256, settings, state }: Running): Release {
    return { version, codeSha256, settings, state, revision: this.#revision() }
  }

  #revision(): string {
    this.#revisions += 1
    return `r${this.#revisions}`
  }
}

/** The hash of what was packed is the name of its file here. */
function hashOf(code: Code): string {
  switch (code.kind) {
    case 'zip':
      return code.file
    case 's3':
      return `code at s3://${code.bucket}/${code.key}`
    case 'image':
      return /@sha256:(\w+)/.exec(code.uri)?.[1] ?? `digest of ${code.uri}`
  }
}

function contentOf({ codeSha256, settings: { Description: _, ...rest } }: Running): string {
  return JSON.stringify([codeSha256, Object.entries(rest).sort()])
}
