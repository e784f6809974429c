import type { Input } from '../input.ts'
import type { Pace } from './pace.ts'

/** What a version runs. A zip's hash is base64, an image's is the hex of its digest. */
export type Code =
  | { readonly kind: 'zip'; readonly sha256: string; readonly size: number; readonly bytes: Uint8Array }
  | { readonly kind: 'image'; readonly sha256: string; readonly uri: string; readonly resolvedUri: string }

/** Members of a function's configuration that its owner sets, under Lambda's names. */
export type Configuration = {
  readonly Role: string
  readonly Description: string
  readonly Timeout: number
  readonly MemorySize: number
  readonly Architectures: readonly string[]
  readonly PackageType: string
  readonly EphemeralStorage: Input
  readonly LoggingConfig: Input
  readonly SnapStart: { readonly ApplyOn: string }
  readonly TracingConfig: Input
  readonly Runtime?: string
  readonly Handler?: string
  readonly Environment?: Input
  readonly VpcConfig?: Input
  readonly DeadLetterConfig?: Input
  readonly KMSKeyArn?: string
  readonly Layers?: readonly string[]
  readonly FileSystemConfigs?: readonly unknown[]
  readonly ImageConfig?: Input
  readonly DurableConfig?: Input
}

/** How a settling change is going to end. */
export type Failure = { readonly reason: string; readonly code: string }

export type ReleaseState =
  | { readonly kind: 'pending'; readonly until: number; readonly failure?: Failure }
  | { readonly kind: 'active' }
  | { readonly kind: 'failed'; readonly failure: Failure }

export type UpdateState =
  | { readonly kind: 'successful' }
  | { readonly kind: 'in-progress'; readonly until: number; readonly failure?: Failure; readonly before: Running }
  | { readonly kind: 'failed'; readonly failure: Failure }

export type Running = { readonly code: Code; readonly configuration: Configuration }

/** `$LATEST` or a published version. */
export type Release = {
  readonly version: string
  code: Code
  configuration: Configuration
  revisionId: string
  lastModified: number
  state: ReleaseState
  update: UpdateState
}

/** Weights that AWS itself puts on an alias while its provisioned concurrency moves to another version. */
export type Move = { readonly from: string; readonly since: number; readonly until: number; readonly weight: number }

export type Alias = {
  readonly name: string
  version: string
  description: string
  weights: ReadonlyMap<string, number>
  revisionId: string
  move?: Move | undefined
}

export type Policy = { readonly statements: Map<string, Input>; revisionId: string }

export type UrlConfig = {
  readonly url: string
  readonly created: number
  modified: number
  authType: string
  invokeMode?: string | undefined
  cors?: Input | undefined
}

export type Provisioned = { readonly requested: number; readonly modified: number; readonly until: number }

/** What the last version was made from: publishing the same again makes no new one. */
export type Published = { readonly version: string; readonly from: string }

/** What runs one invocation of a version after the other, and the log stream that it writes to. */
export type ExecutionEnvironment = { readonly stream: string; busyUntil: number }

export type LambdaFunction = {
  readonly name: string
  readonly latest: Release
  readonly versions: Map<string, Release>
  readonly tags: Input
  nextVersion: number
  published?: Published
  readonly aliases: Map<string, Alias>
  /** Policies, URLs and provisioned concurrency by qualifier; '' is the function itself. */
  readonly policies: Map<string, Policy>
  readonly urls: Map<string, UrlConfig>
  readonly provisioned: Map<string, Provisioned>
  /** How many invocations may be under way at a time; undefined where nothing is reserved. */
  reserved?: number | undefined
}

export type EventSource = { readonly id: string; readonly created: number; readonly arn: string; readonly input: Input }

/** What a test has ordered for the next change of a function. */
export type Order =
  | {
      readonly kind: 'fail'
      readonly what: 'update' | 'version' | 'create'
      readonly name: string
      readonly failure: Failure
    }
  | { readonly kind: 'stall'; readonly name: string; readonly ms: number }

export type LambdaState = {
  readonly functions: Map<string, LambdaFunction>
  readonly eventSources: Map<string, EventSource>
  orders: readonly Order[]
  /** Whether permissions may be given to everybody. */
  publicPolicies: 'allowed' | 'blocked'
  /** By what they run, in the order in which they were made. */
  readonly environments: WeakMap<LambdaFunction, Map<string, ExecutionEnvironment[]>>
  readonly pace: Pace
}

export function newLambda(): LambdaState {
  return {
    functions: new Map(),
    eventSources: new Map(),
    orders: [],
    publicPolicies: 'allowed',
    environments: new WeakMap(),
    pace: new Map(),
  }
}
