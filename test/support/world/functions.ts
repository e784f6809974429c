import {
  CallFailed,
  type Changed,
  type Code,
  type FunctionSeen,
  type Functions,
  type Triggers,
} from '../../../src/ports.ts'
import type { LambdaState } from '../../../src/rollout/readiness.ts'
import type { Settings } from '../../../src/rollout/settings.ts'
import type { Calls } from './calls.ts'
import { durationMs, type Time } from './time.ts'

type Running = { readonly codeSha256: string; readonly settings: Settings; readonly state: LambdaState }

/** `$LATEST` or a version; `busy` until it settles into what it becomes, under a new revision. */
type Release = Running & {
  readonly version: string
  readonly revision: string
  readonly busy?: { readonly until: number; readonly becomes: Running } | undefined
}

type LambdaFunction = {
  readonly packageType: 'Zip' | 'Image'
  /** `$LATEST` and the versions. */
  readonly releases: Map<string, Release>
  /** What the last version was made from: publishing the same again makes no new one. */
  published: { readonly version: string; readonly from: string }
  next: number
}

export const active: LambdaState = { state: 'Active', update: 'Successful' }

export const settings: Settings = {
  Handler: 'index.handler',
  MemorySize: 128,
  Role: 'arn:aws:iam::111122223333:role/orders',
  Runtime: 'nodejs22.x',
  Timeout: 3,
}

/** Lambda's functions: versions, revisions, and changes that take their time to settle. */
export class SimFunctions implements Functions {
  /** How long changes take to settle: no time, but under a new revision all the same. */
  readonly settles = { create: '0s', update: '0s', publish: '0s', snapshot: '90s' }
  /** How the next update, or the next version, ends instead of well. */
  readonly next: { update?: LambdaState | undefined; version?: LambdaState | undefined } = {}
  triggered: Triggers = { found: [], unreadable: [] }
  readonly #throttled = new Set<string>()
  readonly #functions = new Map<string, LambdaFunction>()
  readonly #time: Time
  readonly #calls: Calls
  #cancel: AbortSignal
  #revisions = 0

  constructor(time: Time, calls: Calls, cancel: AbortSignal) {
    this.#time = time
    this.#calls = calls
    this.#cancel = cancel
  }

  /** A function with these versions, `$LATEST` as the last of them. */
  has(name: string, versions: Readonly<Record<string, Partial<Running>>>, packageType: 'Zip' | 'Image' = 'Zip'): void {
    const releases = Object.entries(versions).map(([version, running]) =>
      this.#release(version, { codeSha256: `code of ${version}`, settings, state: active, ...running }),
    )
    const last = releases.at(-1)
    if (last === undefined) throw new Error('a function has a version at least here')
    const all = [this.#release('$LATEST', last), ...releases]
    this.#functions.set(name, {
      packageType,
      releases: new Map(all.map(release => [release.version, release])),
      published: { version: last.version, from: contentOf(last) },
      next: Number(last.version) + 1,
    })
  }

  /** From now on it is another process that reads, such as the post step: a cancel of the one before is over. */
  areReadBy(cancel: AbortSignal): void {
    this.#cancel = cancel
  }

  /** There is no such function. */
  lacks(name: string): void {
    this.#functions.delete(name)
  }

  /** Somebody else changes `$LATEST` or a version. */
  changes(name: string, version: string, change: Partial<Running>): void {
    const { releases } = this.#of(name)
    const before = releases.get(version)
    if (before === undefined) throw new Error(`${name} has no version ${version}`)
    releases.set(version, { ...before, ...change, revision: this.#revision() })
  }

  /** Nothing of a function is invoked any more. */
  isThrottled(name: string): void {
    this.#throttled.add(name)
  }

  /** A version is deleted. */
  drops(name: string, version: string): void {
    this.#of(name).releases.delete(version)
  }

  /** The versions that there are, oldest first. */
  versions(name: string): readonly string[] {
    return [...this.#of(name).releases.keys()].filter(version => version !== '$LATEST')
  }

  /** The settings of a version, or of `$LATEST`; undefined where there is none. */
  settings(name: string, version: string): Settings | undefined {
    return this.#functions.get(name)?.releases.get(version)?.settings
  }

  async latest(name: string): Promise<FunctionSeen | undefined> {
    const look = () => {
      const seen = this.#see(name, '$LATEST')
      return seen && { ...seen, ...(this.#throttled.has(name) && { throttled: true as const }) }
    }
    return await this.#calls.make('read function', look, this.#cancel)
  }

  async version(name: string, version: string): Promise<FunctionSeen | undefined> {
    return await this.#calls.make('read version', () => this.#see(name, version), this.#cancel)
  }

  async triggers(): Promise<Triggers> {
    return await this.#calls.make('list triggers', () => this.triggered, this.#cancel)
  }

  async create(name: string, code: Code, given: Settings): Promise<Changed<{ codeSha256: string }>> {
    return await this.#calls.make('create function', () => {
      if (this.#functions.has(name)) return { kind: 'moved' }
      const codeSha256 = hashOf(code)
      const becomes = { codeSha256, settings: given, state: active }
      const busy = { until: this.#due('create'), becomes }
      const latest = { ...this.#release('$LATEST', { ...becomes, state: { state: 'Pending' } }), busy }
      this.#functions.set(name, {
        packageType: code.kind === 'image' ? 'Image' : 'Zip',
        releases: new Map([['$LATEST', latest]]),
        published: { version: '', from: '' },
        next: 1,
      })
      return { kind: 'done', codeSha256 }
    })
  }

  async configure(name: string, named: Settings, revision: string): Promise<Changed> {
    return await this.#calls.make('configure function', () =>
      this.#update(name, revision, latest => ({ settings: { ...latest.settings, ...named } })),
    )
  }

  async upload(name: string, code: Code, architectures: unknown, revision: string) {
    return await this.#calls.make('upload code', (): Changed<{ codeSha256: string }> => {
      const codeSha256 = hashOf(code)
      const named = architectures === undefined ? {} : { Architectures: architectures }
      const { kind } = this.#update(name, revision, ({ settings }) => ({
        codeSha256,
        settings: { ...settings, ...named },
      }))
      return kind === 'moved' ? { kind } : { kind, codeSha256 }
    })
  }

  async publish(name: string, codeSha256: string, revision: string, description: string) {
    return await this.#calls.make('publish version', (): Changed<{ version: string }> => {
      const fn = this.#of(name)
      const latest = this.#latestOf(fn)
      if (latest.busy !== undefined || latest.revision !== revision) return { kind: 'moved' }
      if (latest.codeSha256 !== codeSha256) throw new CallFailed('rejected', 'CodeSHA256 is different')
      fn.releases.set('$LATEST', { ...latest, revision: this.#revision() })
      if (fn.published.from === contentOf(latest)) return { kind: 'done', version: fn.published.version }
      const version = String(fn.next++)
      fn.published = { version, from: contentOf(latest) }
      fn.releases.set(version, this.#newVersion(version, latest, description))
      return { kind: 'done', version }
    })
  }

  #update(name: string, revision: string, change: (latest: Release) => Partial<Running>): Changed {
    const fn = this.#of(name)
    const latest = this.#latestOf(fn)
    if (latest.busy !== undefined || latest.revision !== revision) return { kind: 'moved' }
    const { codeSha256, settings } = { ...latest, ...change(latest) }
    const failure = this.next.update
    this.next.update = undefined
    const becomes = failure === undefined ? { codeSha256, settings, state: active } : { ...latest, state: failure }
    const updating = this.#release('$LATEST', { codeSha256, settings, state: { ...active, update: 'InProgress' } })
    fn.releases.set('$LATEST', { ...updating, busy: { until: this.#due('update'), becomes } })
    return { kind: 'done' }
  }

  #newVersion(version: string, { codeSha256, settings }: Release, description: string): Release {
    const snapStarts = settings.SnapStart !== undefined
    const state = { ...(this.next.version ?? active), ...(snapStarts && { snapshot: 'On' }) }
    this.next.version = undefined
    const becomes = { codeSha256, settings: { ...settings, Description: description }, state }
    const until = this.#due(snapStarts ? 'snapshot' : 'publish')
    if (until === this.#time.now()) return this.#release(version, becomes)
    const pending = { state: 'Pending', ...(snapStarts && { snapshot: 'Off' }) }
    return { ...this.#release(version, { ...becomes, state: pending }), busy: { until, becomes } }
  }

  #see(name: string, version: string): FunctionSeen | undefined {
    const fn = this.#functions.get(name)
    const release = fn && this.#settled(fn, version)
    if (fn === undefined || release === undefined) return undefined
    const { codeSha256, revision, settings, state } = release
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:${name}${version === '$LATEST' ? '' : `:${version}`}`
    return { ...state, arn, version, codeSha256, revision, packageType: fn.packageType, settings }
  }

  #latestOf(fn: LambdaFunction): Release {
    return this.#settled(fn, '$LATEST') as Release
  }

  /** A release as it is by now. What settles has a new revision: one that was kept from before will not do. */
  #settled({ releases }: LambdaFunction, version: string): Release | undefined {
    const release = releases.get(version)
    if (release?.busy === undefined || release.busy.until > this.#time.now()) return release
    const settled = this.#release(version, release.busy.becomes)
    releases.set(version, settled)
    return settled
  }

  #of(name: string): LambdaFunction {
    const fn = this.#functions.get(name)
    if (fn === undefined) throw new CallFailed('rejected', `there is no function ${name}`)
    return fn
  }

  #due(change: keyof SimFunctions['settles']): number {
    return this.#time.now() + durationMs(this.settles[change])
  }

  #release(version: string, { codeSha256, settings, state }: Running): Release {
    return { version, codeSha256, settings, state, revision: this.#revision() }
  }

  #revision(): string {
    this.#revisions += 1
    return `f${this.#revisions}`
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
