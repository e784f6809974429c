import type { AlarmReading, Transition, WatchedAlarm } from './rollout/alarms.ts'
import type { ChecksReading } from './rollout/checks.ts'
import type { Asked, Decision } from './rollout/decide.ts'
import type { Health } from './rollout/health.ts'
import type { Run } from './rollout/journal.ts'
import type { Minute, Points } from './rollout/minutes.ts'
import type { Command, Outcome, Place, Target } from './rollout/outcome.ts'
import type { Plan } from './rollout/plan.ts'
import type { UrlAuth } from './rollout/preview.ts'
import type { LambdaState } from './rollout/readiness.ts'
import type { Retention, Shelved } from './rollout/retention.ts'
import type { Routing } from './rollout/routing.ts'
import type { SessionEnd } from './rollout/session.ts'
import type { Difference, Settings } from './rollout/settings.ts'

/** Everything that the stories need from the world. `cancel` ends waits and reads, never writes. */
export type World = {
  readonly artifacts: Artifacts
  readonly functions: Functions
  readonly aliases: Aliases
  readonly alarms: Alarms
  readonly metrics: Metrics
  readonly invoker: Invoker
  readonly logs: Logs
  readonly storage: Storage
  readonly versions: Versions
  readonly urls: Urls
  readonly deployments: Deployments
  readonly pulls: Pulls
  readonly session: Session
  /** Undefined: none is asked for. */
  readonly watchdog: Watchdog | undefined
  readonly clock: Clock
  readonly memory: Memory
  readonly reporter: Reporter
  readonly cancel: AbortSignal
}

/** An alias as the list of a function's aliases shows it. */
export type AliasListed = AliasSeen & { readonly name: string }

/** Code storage of the account in the region, in bytes. */
export type CodeStorage = { readonly used: number; readonly limit: number }

/** All versions and aliases that a function has, and taking versions away. Every method may throw `CallFailed`. */
export interface Versions {
  /** The published ones, oldest first, `$LATEST` left out; undefined where there is no such function. */
  list(functionName: string): Promise<readonly Shelved[] | undefined>
  aliases(functionName: string): Promise<readonly AliasListed[]>
  /** Those that have provisioned concurrency of their own, not by way of an alias. */
  provisioned(functionName: string): Promise<readonly string[]>
  /**
   * What else holds on to a version: `a resource policy`, `the event source mapping of …`; empty where nothing does.
   */
  holders(functionName: string, version: string): Promise<readonly string[]>
  /** Deletes one version, which may be gone already. `referenced`: an alias refers to it after all. */
  remove(functionName: string, version: string): Promise<'removed' | 'referenced'>
  storage(): Promise<CodeStorage>
}

/** A function URL as it stands. */
export type UrlSeen = { readonly url: string; readonly auth: UrlAuth }

/** Function URLs of aliases, and who may call them. Every method may throw `CallFailed`. */
export interface Urls {
  read(target: Target): Promise<UrlSeen | undefined>
  /** Where there is one already, that is given back as it stands. */
  create(target: Target, auth: UrlAuth): Promise<UrlSeen>
  update(target: Target, auth: UrlAuth): Promise<UrlSeen>
  /** One that is gone already is gone. */
  remove(target: Target): Promise<void>
  /** Lets anybody call it; `blocked` where AWS is set to refuse policies that let anybody in. */
  open(target: Target): Promise<'open' | 'blocked'>
  /** Takes that permission away, which may be gone already. */
  close(target: Target): Promise<void>
}

/** A deployment as GitHub keeps it. */
export type Deployment = {
  readonly id: number
  readonly environment: string
  /** What it deploys, such as `orders:live`: a later one of the same supersedes it. */
  readonly of: string
}

/** One that has not ended: it waits or is under way, or is what is deployed. */
export type Standing = Deployment & { readonly waits: boolean }

/** As GitHub calls the states that we set. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive'

/** The deployments of the repository on GitHub. Every method may throw `CallFailed`. */
export interface Deployments {
  create(wish: {
    readonly environment: string
    readonly of: string
    readonly commit: string
    readonly transient: boolean
    readonly description: string
  }): Promise<Deployment>
  /** Sets the status; the description is cut to what GitHub takes. */
  tell(deployment: Deployment, state: DeploymentState, description: string, url?: string): Promise<void>
  /**
   * Those of the same in the same environment that still count as there, back to the first that is inactive already.
   */
  standing(environment: string, of: string): Promise<readonly Standing[]>
}

/** What a pull request's comment says of its preview. */
export type PreviewNote = { readonly target: Target; readonly run: Run; readonly commit: string } & (
  | {
      readonly kind: 'ready'
      readonly version: string
      readonly aliasArn: string
      readonly codeSha256: string
      readonly url: string
      readonly auth: UrlAuth
    }
  | { readonly kind: 'removed' }
)

/** Pull requests of the repository on GitHub. Every method may throw `CallFailed`. */
export interface Pulls {
  /** Whether it is open; undefined where there is none of this number. */
  isOpen(pull: number): Promise<boolean | undefined>
  /**
   * The one comment about a preview, found again and edited; a first one is written only for a preview that is there.
   */
  comment(pull: number, note: PreviewNote): Promise<void>
}

/**
 * What AWS does by itself when a run is gone: takes the candidate's weight away, or puts back what was there before.
 */
export type WatchdogAct =
  | { readonly kind: 'drop'; readonly candidate: string }
  /** Only as long as the alias still has this revision. */
  | { readonly kind: 'restore'; readonly candidate: string; readonly back: Asked; readonly revision: string }

/** A dead man's switch in AWS, one an alias. Every method may throw `CallFailed`. */
export interface Watchdog {
  /** Sees that one can be made and removed, and leaves the one that may be there as it is. */
  prepare(target: Target): Promise<void>
  /** What it does, and when (epoch ms), unless it is set anew or removed before. */
  set(target: Target, act: WatchdogAct, at: number, cut?: AbortSignal): Promise<void>
  /** Whether there was one. */
  remove(target: Target): Promise<boolean>
  /** Switches it off, where it cannot be removed. */
  disarm(target: Target): Promise<void>
  /** The AWS CLI command that removes it. */
  removal(target: Target): string
}

/** The AWS credentials that a run works with. */
export interface Session {
  /** When they end, as far as is known by now; undefined where they do not. */
  end(): SessionEnd | undefined
  /** Renewed when they are used, which has to be every so often. */
  readonly longestWaitMs?: number
}

/** Time; nothing else waits. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after `ms`, or as soon as `cut` aborts. */
  sleep(ms: number, cut?: AbortSignal): Promise<void>
}

/** A call that the world did not grant. `message` says what was being done, to what, and the cure. */
export class CallFailed extends Error {
  /**
   * `unavailable`: throttled, a server's fault or no connection, after retries; it may pass, and a write may have been
   * applied. `denied` and `expired`: permissions and credentials. `rejected`: AWS says that the request is wrong.
   */
  readonly kind: 'unavailable' | 'denied' | 'expired' | 'rejected'

  /** The message without the cure, for when the run goes on. */
  readonly said: string

  constructor(kind: CallFailed['kind'], said: string, cure = '', cause?: unknown) {
    super(cure === '' ? said : `${said}; ${cure}`, { cause })
    this.name = 'CallFailed'
    this.kind = kind
    this.said = said
  }
}

/** Code as Lambda takes it. */
export type Code =
  | { readonly kind: 'zip'; readonly file: string; readonly bytes: number }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string; readonly versionId?: string | undefined }
  | { readonly kind: 'image'; readonly uri: string }

/** `$LATEST` or a version, as Lambda describes it. */
export type FunctionSeen = LambdaState & {
  readonly arn: string
  readonly version: string
  /** Base64 SHA-256 of the zip, or the hex digest of the image. */
  readonly codeSha256: string
  readonly revision: string
  readonly packageType: 'Zip' | 'Image'
  readonly settings: Settings
  /** Nothing of the function is invoked: its reserved concurrency is 0. */
  readonly throttled?: true
}

/** What invokes a function without a qualifier, and so runs `$LATEST`; `unreadable` names what may not be listed. */
export type Triggers = { readonly found: readonly string[]; readonly unreadable: readonly string[] }

/** `moved`: somebody else changed the function, or an update of it is in progress; read it again. */
export type Changed<T = unknown> = ({ readonly kind: 'done' } & T) | { readonly kind: 'moved' }

/** Lambda functions and their versions. Every method may throw `CallFailed`. */
export interface Functions {
  latest(name: string): Promise<FunctionSeen | undefined>
  version(name: string, version: string): Promise<FunctionSeen | undefined>
  triggers(name: string): Promise<Triggers>
  create(name: string, code: Code, settings: Settings): Promise<Changed<{ codeSha256: string }>>
  configure(name: string, settings: Settings, revision: string): Promise<Changed>
  upload(name: string, code: Code, architectures: unknown, revision: string): Promise<Changed<{ codeSha256: string }>>
  publish(
    name: string,
    codeSha256: string,
    revision: string,
    description: string,
  ): Promise<Changed<{ version: string }>>
}

/** An alias as it stands. */
export type AliasSeen = Asked & { readonly arn: string; readonly revision: string }

/** `conflict`: the alias is no longer as the caller saw it, and is not what the caller asked for either. */
export type Written = { readonly kind: 'written'; readonly alias: AliasSeen } | { readonly kind: 'conflict' }

/**
 * Aliases, by compare and set. A write whose answer is lost is read back: what was asked for and is there counts as
 * written. Every method may throw `CallFailed`.
 */
export interface Aliases {
  read(target: Target, cut?: AbortSignal): Promise<AliasSeen | undefined>
  create(target: Target, write: Asked): Promise<Written>
  update(target: Target, write: Asked, revision: string): Promise<Written>
  remove(target: Target): Promise<void>
  /** Whether AWS is moving provisioned concurrency on the alias right now, and so may have injected weights. */
  moving(target: Target): Promise<boolean>
}

/** CloudWatch alarms of every kind. Every method may throw `CallFailed`. */
export interface Alarms {
  /** Resolves names, ARNs and `prefix-*`; `unknown` are those that match nothing. */
  find(
    patterns: readonly string[],
  ): Promise<{ readonly alarms: readonly AlarmReading[]; readonly unknown: readonly string[] }>
  read(names: readonly string[], cut?: AbortSignal): Promise<readonly AlarmReading[]>
  /** Changes of state after `since`, oldest first. */
  history(name: string, since: number, cut?: AbortSignal): Promise<readonly Transition[]>
}

/** A zip on disk, ready to send. */
export type Packed = {
  readonly file: string
  /** Base64, as Lambda's `CodeSha256`. */
  readonly sha256: string
  readonly zippedBytes: number
  readonly unzippedBytes: number
  readonly entries: number
}

/** What the build made. Throws `Failure` with one sentence where that cannot be deployed. */
export interface Artifacts {
  pack(source: { readonly kind: 'directory' | 'zip'; readonly path: string }): Promise<Packed>
}

/** Where a zip goes that is too large to send to Lambda directly. May throw `CallFailed`. */
export interface Storage {
  put(file: string, bytes: number, at: { bucket: string; prefix: string; name: string }): Promise<Code & { kind: 's3' }>
}

/** What the post step needs to make the alias whole when this process is gone. */
export type Left = {
  readonly run: Run
  /** The rollout came to its own end; nothing is left to do. */
  readonly over: boolean
  /** Why the main step was rolling back, where it came that far and could not. */
  readonly because?: string
  readonly targets: readonly LeftTarget[]
}

/** One alias of it: what it goes back to (nothing: it was created and is deleted), and all that was asked of it. */
export type LeftTarget = {
  readonly target: Target
  readonly back: Asked | undefined
  readonly asked: readonly Asked[]
  /** The promotion, or the pause, that ends the rollout at once: an alias that stands so is where it should be. */
  readonly final?: Asked
  /** A canary that waited there, as it was found: one that still stands so is left waiting. */
  readonly waited?: Asked
}

/** What `$LATEST` was lent for a preview: members of its configuration that are to be put back as they were. */
export type Loan = {
  readonly functionName: string
  readonly region: string
  readonly lent: Settings
  readonly was: Settings
}

/** Outlives the process. */
export interface Memory {
  keep(left: Left): void
  /** The deployment whose end GitHub has not been told yet; nothing once it has. `ended` is what that end is. */
  keepDeployment(open: Deployment | undefined, ended?: Outcome): void
  /** What is to be put back on `$LATEST`; nothing once it is. */
  keepLoan(loan: Loan | undefined): void
}

/** What a run sets out to do. */
export type Started = {
  readonly kind: 'started'
  readonly command: Command
  /** What it is about: one function at least, all in one region. */
  readonly targets: readonly Place[]
  readonly run: Run
  readonly dryRun: boolean
}

/** Everything that a run has to tell; the log prints each at once, the summary is made of all. */
export type Fact =
  | Started
  | {
      readonly kind: 'found'
      readonly target: Target
      readonly alias: AliasSeen | undefined
      readonly stable: FunctionSeen | undefined
    }
  | {
      readonly kind: 'planned'
      readonly plan: Plan
      readonly alarms: readonly AlarmReading[]
      readonly notes: readonly string[]
    }
  | { readonly kind: 'triggers'; readonly target: Target; readonly triggers: Triggers }
  | {
      readonly kind: 'differences'
      readonly target: Target
      readonly from: string
      readonly to: string
      readonly list: readonly Difference[]
    }
  | {
      readonly kind: 'version'
      readonly target: Target
      readonly version: string
      readonly arn: string
      readonly codeSha256: string
    }
  /** A part of the targets begins to move, where they do not all move together. */
  | {
      readonly kind: 'wave'
      readonly at: number
      readonly number: number
      readonly of: number
      readonly targets: readonly Target[]
    }
  | { readonly kind: 'routed'; readonly at: number; readonly target: Target; readonly routing: Routing | undefined }
  | {
      readonly kind: 'looked'
      readonly at: number
      readonly step: number
      readonly since: number
      readonly health: Health
      readonly alarms: readonly WatchedAlarm[]
      readonly minutes: readonly (readonly Minute[])[]
      readonly checks: ChecksReading | undefined
      readonly decision: Decision
    }
  | {
      readonly kind: 'errors'
      readonly target: Target
      readonly version: string
      readonly group: string
      readonly list: readonly ErrorSeen[]
    }
  | { readonly kind: 'url'; readonly url: string; readonly auth: UrlAuth }
  | { readonly kind: 'removed'; readonly what: string }
  | { readonly kind: 'retention'; readonly retention: Retention }
  | { readonly kind: 'storage'; readonly before: CodeStorage; readonly after: CodeStorage | undefined }
  | { readonly kind: 'watchdog'; readonly state: 'set' | 'removed' }
  /** A change of a function on its way to a version. */
  | { readonly kind: 'release'; readonly target: Omit<Target, 'alias' | 'region'>; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'ended'; readonly at: number; readonly outcome: Outcome }

/** Tells people. */
export interface Reporter {
  tell(fact: Fact): void
}

/** One series of Lambda's metrics, by the minute: of an alias, or of one version behind it. */
export type Series = {
  readonly functionName: string
  readonly alias: string
  readonly version?: string
  readonly metric: 'Invocations' | 'Errors' | 'Throttles' | 'Duration'
  /** `Sum`, `p99`, `TC(800:)` … */
  readonly stat: string
}

/** CloudWatch metrics. May throw `CallFailed`. */
export interface Metrics {
  /** The points of each series, in the order of the series. */
  read(series: readonly Series[], window: Window, cut?: AbortSignal): Promise<readonly Points[]>
}

/** From when up to when (epoch ms, whole periods), in points of how many seconds. */
export type Window = { readonly from: number; readonly to: number; readonly periodS: number }

/** What an invocation came to. */
export type Invoked = {
  /** `Unhandled` when the handler threw; undefined when it answered. */
  readonly functionError: string | undefined
  /** The answer, or the error, as text. */
  readonly payload: string
  /** The last lines of its log. */
  readonly log: string
}

/** Invokes functions and waits for their answer. May throw `CallFailed`. */
export interface Invoker {
  invoke(functionName: string, version: string | undefined, payload: string): Promise<Invoked>
}

/** A kind of error that a version had, how often, and one whole message of it. */
export type ErrorSeen = { readonly what: string; readonly count: number; readonly example: string }

/** The logs of versions. May throw `CallFailed`. */
export interface Logs {
  /** The most frequent errors of a version between two instants (epoch ms), the most frequent first. */
  errors(
    log: { group: string; functionName: string; version: string },
    from: number,
    to: number,
  ): Promise<readonly ErrorSeen[]>
}
