import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { clearUp, isLeft, type Kept } from '../../src/aftermath.ts'
import { CloudWatchAlarms } from '../../src/aws/alarms.ts'
import { LambdaAliases } from '../../src/aws/alias.ts'
import { type ClientConfig, clientConfig } from '../../src/aws/client.ts'
import { LambdaFunctions } from '../../src/aws/functions.ts'
import { LambdaInvoker } from '../../src/aws/invoker.ts'
import { cloudWatchLogs } from '../../src/aws/logs.ts'
import { CloudWatchMetrics } from '../../src/aws/metrics.ts'
import { s3Storage } from '../../src/aws/storage.ts'
import { LambdaUrls } from '../../src/aws/urls.ts'
import { LambdaVersions } from '../../src/aws/versions.ts'
import { logger } from '../../src/github/log.ts'
import { outputsOf } from '../../src/github/outputs.ts'
import { summaryOf } from '../../src/github/summary.ts'
import { oneLine } from '../../src/github/text.ts'
import { loadInputs } from '../../src/inputs.ts'
import { perform, placesOf, writerOf } from '../../src/perform.ts'
import {
  type Aliases,
  CallFailed,
  type Clock,
  type Deployments,
  type Fact,
  type Packed,
  type Pulls,
  type Started,
  type World,
  type Written,
} from '../../src/ports.ts'
import type { Run } from '../../src/rollout/journal.ts'
import { type Outcome, refused } from '../../src/rollout/outcome.ts'
import { ConnectionLost, type WireReply, type WireRequest } from '../sandbox/sandbox.ts'
import { type Account, answerOf, isChange, type SdkRequest, secrets, wireOf } from './account.ts'
import type { Fault, Mishap } from './faults.ts'
import { Gone, type Stage } from './stage.ts'

/** A place in the life of a process: right before or after its k-th request is applied, or while it waits the j-th time. */
export type Point =
  | { readonly at: 'before' | 'after'; readonly call: number }
  | { readonly at: 'wait'; readonly wait: number }

/** What happens to a process at a point of its life. */
export type Incident = Point & {
  readonly what:
    | { readonly kind: 'fault'; readonly fault: Fault }
    | { readonly kind: 'signal' | 'death' }
    | { readonly kind: 'stranger'; readonly act: (account: Account) => Promise<void> }
}

/** A step of a workflow: what it is asked for, by which run, on what event. */
export type Step = {
  readonly with: Readonly<Record<string, string>>
  readonly run: Run
  readonly event?: object
}

/** What GitHub and the workspace are to all processes of a story. */
export type Surroundings = {
  readonly artifacts: ReadonlyMap<string, Packed>
  readonly deployments: Deployments
  readonly pulls: Pulls
}

/** Breaks the product on purpose, to see that it is noticed. */
export type Sabotage = 'none' | 'no-revision' | 'no-read-back'

/** One request as a process made it. */
export type Call = {
  readonly label: string
  readonly writes: boolean
  readonly at: number
  /** Whether a stranger's hand, or a fault, was on it. */
  readonly incident?: string
}

/** How a process ended: `killed` where it was, and no outcome came of it. */
export type End =
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly surprise: string | undefined }
  | { readonly kind: 'nothing-left' }
  | { readonly kind: 'killed' }

/** One process of the action, main or post, on simulated time and without a socket. */
export class Process {
  readonly name: string
  readonly run: Run
  readonly account: Account
  readonly stage: Stage
  readonly facts: Fact[] = []
  readonly log: string[] = []
  readonly calls: Call[] = []
  /** Where the time went by, call or wait. */
  waits = 0
  kept: Kept
  /** When the first signal came, if one did, and when all was over. */
  signalled: number | undefined
  ended: number | undefined
  /** Revisions of aliases that an answer showed it, by alias, the first one first. */
  readonly shown = new Map<string, string[]>()
  readonly began: number
  readonly #step: Step
  readonly #incidents: readonly Incident[]
  readonly #around: Surroundings
  readonly #sabotage: Sabotage
  readonly #cancel = new AbortController()
  readonly #active: {
    readonly fault: Fault
    readonly key: string
    readonly operation: string
    left: number
    until: number
  }[] = []
  #dead = false
  /** How many answers were lost so far. */
  #lost = 0
  #die: () => void = () => undefined

  constructor(
    name: string,
    step: Step,
    account: Account,
    around: Surroundings,
    incidents: readonly Incident[] = [],
    kept: Kept = {},
    sabotage: Sabotage = 'none',
  ) {
    this.name = name
    this.run = step.run
    this.account = account
    this.stage = account.stage
    this.began = account.stage.now()
    this.kept = kept
    this.#step = step
    this.#incidents = incidents
    this.#around = around
    this.#sabotage = sabotage
  }

  /** The step itself. */
  main(): Promise<End> {
    return this.#alive(async () => {
      const { run, event = null, with: given } = this.#step
      const get = (name: string) => given[name] ?? ''
      const lies = (path: string) => (this.#around.artifacts.has(path) ? 'directory' : 'nothing')
      const env = { AWS_REGION: 'eu-west-1' }
      const loaded = await loadInputs({ get, env, lies, read: () => undefined, run, ref: 'main', event })
      if (loaded.kind === 'problems') return { outcome: refused(loaded.problems), surprise: loaded.problems.join('; ') }
      const { inputs } = loaded
      const by = writerOf(inputs, run)
      const started: Started = {
        kind: 'started',
        command: inputs.command,
        targets: placesOf(inputs),
        run: by,
        dryRun: inputs.dryRun,
      }
      this.#tell(started)
      this.#keep({ started })
      const world = this.#world()
      try {
        return { outcome: await perform(inputs, by, world), surprise: undefined }
      } catch (error) {
        const because = `an error in this action (${error instanceof Error ? error.message : String(error)})`
        const mended = await clearUp(this.kept, world)
        const surprise = error instanceof Error ? (error.stack ?? error.message) : String(error)
        if (mended === undefined) return { outcome: { result: 'failed', reason: because }, surprise }
        return { outcome: { ...mended, reason: `${mended.reason}; ${because}` }, surprise }
      }
    })
  }

  /** What runs when the job ends, however it ends. */
  post(): Promise<End> {
    return this.#alive(async () => {
      const { started } = this.kept
      if (started === undefined || !isLeft(this.kept)) return undefined
      this.#tell({ ...started, dryRun: false })
      const outcome = await clearUp(this.kept, this.#world())
      if (outcome === undefined) this.#tell({ kind: 'note', text: 'Nothing is left to mend' })
      return outcome && { outcome, surprise: undefined }
    })
  }

  /** Everything that people get to see of it, or that is kept where they may look. */
  shows(): string {
    const { loan: _, ...kept } = this.kept
    const summary = summaryOf(this.facts, 'https://github.com')
    const ended = this.facts.filter(({ kind }) => kind === 'ended')
    return [
      JSON.stringify(ended),
      ...this.log,
      summary,
      JSON.stringify(outputsOf(this.facts)),
      JSON.stringify(kept),
    ].join('\n')
  }

  async #alive(work: () => Promise<{ outcome: Outcome; surprise: string | undefined } | undefined>): Promise<End> {
    const died = new Promise<End>(resolve => {
      this.#die = () => resolve({ kind: 'killed' })
    })
    const lived = work().then((done): End => {
      if (done === undefined) return { kind: 'nothing-left' }
      this.#tell({
        kind: 'ended',
        at: this.stage.now(),
        outcome: { ...done.outcome, reason: oneLine(done.outcome.reason) },
      })
      return { kind: 'ended', ...done }
    })
    lived.catch(() => undefined)
    const end = await Promise.race([lived, died])
    this.ended = this.stage.now()
    return end
  }

  #tell(fact: Fact): void {
    this.facts.push(fact)
    this.#print(fact)
  }

  readonly #print = logger(
    line => this.log.push(line),
    () => this.stage.now(),
  )

  #keep(more: Kept): void {
    this.kept = JSON.parse(JSON.stringify({ ...this.kept, ...more })) as Kept
  }

  #world(): World {
    const clock: Clock = { now: () => this.stage.now(), sleep: (ms, cut) => this.#sleep(ms, cut) }
    const config = this.#config(clock)
    const lambda = new LambdaClient(config)
    const cloudwatch = new CloudWatchClient(config)
    const cancel = this.#cancel.signal
    const reporter = { tell: (fact: Fact) => this.#tell(fact) }
    const aliases =
      this.#sabotage === 'no-read-back' ? new WithoutReadBack(lambda, () => this.#lost) : new LambdaAliases(lambda)
    return {
      artifacts: {
        pack: async ({ path }) => {
          const packed = this.#around.artifacts.get(path)
          if (packed === undefined) throw new Error(`nothing was built at ${path}`)
          return packed
        },
      },
      functions: new LambdaFunctions(lambda, cancel),
      aliases,
      alarms: new CloudWatchAlarms(cloudwatch),
      metrics: new CloudWatchMetrics(cloudwatch),
      invoker: new LambdaInvoker(config, clock, cancel),
      logs: cloudWatchLogs(config),
      storage: s3Storage(config, true, clock, reporter),
      versions: new LambdaVersions(lambda, cancel),
      urls: new LambdaUrls(lambda),
      deployments: this.#around.deployments,
      pulls: this.#around.pulls,
      watchdog: undefined,
      session: { end: () => undefined },
      clock,
      memory: {
        keep: left => this.#keep({ left }),
        keepDeployment: deployment => this.#keep({ deployment }),
        keepLoan: loan => this.#keep({ loan }),
      },
      reporter,
      cancel,
    }
  }

  #config(clock: Clock): ClientConfig {
    const own = {
      handle: async (request: SdkRequest, options: HandlerOptions = {}) => ({
        response: answerOf(await this.#send(request, options)),
      }),
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
      destroy: () => undefined,
    }
    return {
      ...clientConfig('eu-west-1', clock),
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secrets[2] ?? '', sessionToken: secrets[3] ?? '' },
      disableClockSkewCorrection: true,
      // The sandbox looks at no signature, and they take a quarter of the time.
      signer: { sign: async (request: unknown) => request },
      requestHandler: own as unknown as ClientConfig['requestHandler'],
    } as ClientConfig
  }

  async #sleep(ms: number, cut?: AbortSignal): Promise<void> {
    if (this.#dead) await never()
    const wait = ++this.waits
    for (const { what } of this.#incidents.filter(one => one.at === 'wait' && one.wait === wait)) {
      if (what.kind === 'death') return await this.#kill()
      // Half of the wait is over by then.
      if (ms > 0 && !cut?.aborted) await this.stage.sleep(this.name, ms / 2, () => undefined, cut)
      if (what.kind === 'signal') this.#signal()
      if (what.kind === 'stranger') await what.act(this.account)
    }
    await this.stage.sleep(this.name, ms, () => undefined, cut)
    if (this.#dead) await never()
  }

  #send(request: SdkRequest, { abortSignal, requestTimeout = 5_000 }: HandlerOptions): Promise<WireReply> {
    if (this.#dead) return never()
    if (abortSignal?.aborted) return Promise.reject(aborted())
    const label = `${request.method} ${request.path}`
    const writes = isChange(request)
    const answer = this.stage.request(this.name, label, writes, () => this.#pass(request, requestTimeout, abortSignal))
    if (abortSignal === undefined) return answer
    return new Promise((resolve, reject) => {
      abortSignal.addEventListener('abort', () => reject(aborted()), { once: true })
      answer.then(resolve, reject)
    })
  }

  /** It is this request's turn. */
  async #pass(request: SdkRequest, timeoutMs: number, cut: AbortSignal | undefined): Promise<WireReply> {
    if (this.#dead) throw new Gone()
    if (cut?.aborted) throw aborted()
    const call = this.calls.length + 1
    const sent = await wireOf(request)
    const wire = this.#sabotage === 'no-revision' ? unguarded(sent) : sent
    this.calls.push({ label: `${request.method} ${request.path}`, writes: isChange(request), at: this.stage.now() })
    await this.#befall('before', call)
    const mishap = this.#mishapOf(request, call)
    const answer = () => this.account.apply(this.name, wire)
    let reply: WireReply | undefined
    switch (mishap?.kind) {
      case undefined:
        reply = await answer()
        break
      case 'answers':
        this.account.sandbox.faults.add({ fault: mishap.fault })
        reply = await this.account.sandbox.handle(wire)
        this.account.sandbox.faults.clear()
        break
      case 'quoted': {
        const message = `1 validation error detected: Value '${new TextDecoder().decode(wire.body).slice(0, 2_000)}' failed to satisfy constraint`
        const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' }
        reply = {
          status: 400,
          headers,
          body: Buffer.from(JSON.stringify({ message, Message: message, __type: 'ValidationException' })),
        }
        break
      }
      case 'refused':
        throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
      case 'reset':
        throw new ConnectionLost('read ECONNRESET')
      case 'lost':
        this.#lost += 1
        await answer()
        await this.#befall('after', call)
        throw new ConnectionLost('read ECONNRESET')
      case 'late':
      case 'straggles': {
        const isLate = mishap.kind === 'late'
        this.#lost += 1
        if (isLate) reply = await answer()
        else this.#straggle(answer)
        await this.#befall('after', call)
        if (timeoutMs > 30_000 && reply !== undefined) {
          await this.stage.rest(30_000)
          return this.#show(wire.path, reply)
        }
        await this.stage.rest(Math.min(timeoutMs, 30_000))
        throw Object.assign(new Error(`Request timed out after ${timeoutMs} ms`), { name: 'TimeoutError' })
      }
      case 'garbled':
        reply = await answer()
        reply = { ...reply, body: Buffer.from('<html>Welcome to the captive portal</html>') }
        break
    }
    await this.#befall('after', call)
    return this.#show(wire.path, reply)
  }

  /** Applied when nobody waits for it any more. */
  #straggle(answer: () => Promise<WireReply>): void {
    this.stage.after(30_000, async () => {
      await answer()
    })
  }

  async #befall(at: 'before' | 'after', call: number): Promise<void> {
    for (const { what } of this.#incidents.filter(one => one.at === at && one.call === call)) {
      if (what.kind === 'death') {
        void this.#kill()
        throw new Gone()
      }
      if (what.kind === 'signal') this.#signal()
      if (what.kind === 'stranger') await what.act(this.account)
    }
  }

  #mishapOf({ method, path }: SdkRequest, call: number): Mishap | undefined {
    const key = `${method} ${path}`
    const operation = key.replace(/\/aliases\/[^/]+/, '/aliases/…')
    for (const one of this.#incidents) {
      if (one.at !== 'before' || one.call !== call || one.what.kind !== 'fault') continue
      const { fault } = one.what
      const left = fault.reach.of === 'same' ? fault.reach.times : Number.POSITIVE_INFINITY
      const until = fault.reach.of === 'all' ? this.stage.now() + fault.reach.ms : Number.POSITIVE_INFINITY
      this.#active.push({ fault, key, operation, left, until })
    }
    const met = this.#active.find(one => {
      if (one.left <= 0 || this.stage.now() > one.until) return false
      if (one.fault.reach.of === 'all') return true
      return one.fault.reach.of === 'operation' ? one.operation === operation : one.key === key
    })
    if (met === undefined) return undefined
    met.left -= 1
    return met.fault.mishap
  }

  /** Keeps which revisions of which aliases it has been shown. */
  #show(path: string, reply: WireReply): WireReply {
    const [, alias] = /\/aliases(?:\/([^/?]+))?/.exec(path) ?? []
    if (alias !== undefined && reply.status === 404) this.shown.set(alias, [...(this.shown.get(alias) ?? []), noAlias])
    if (!path.includes('/aliases') || reply.status >= 300 || reply.body.length === 0) return reply
    try {
      const body = JSON.parse(new TextDecoder().decode(reply.body)) as {
        Name?: string
        RevisionId?: string
        Aliases?: object[]
      }
      for (const one of (body.Aliases ?? [body]) as { Name?: string; RevisionId?: string }[]) {
        const name = one.Name ?? alias ?? ''
        this.shown.set(name, [...(this.shown.get(name) ?? []), one.RevisionId ?? ''])
      }
    } catch {
      return reply
    }
    return reply
  }

  #signal(): void {
    this.signalled ??= this.stage.now()
    this.#cancel.abort()
  }

  #kill(): Promise<never> {
    this.#dead = true
    this.stage.forget(this.name)
    this.#die()
    return never()
  }
}

/** Stands for the revision of an alias that was not there. */
export const noAlias = ''

type HandlerOptions = { readonly abortSignal?: AbortSignal; readonly requestTimeout?: number }

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' })
}

/** What an UpdateAlias without its guard would be. */
function unguarded(request: WireRequest): WireRequest {
  if (request.method !== 'PUT' || !request.path.includes('/aliases/')) return request
  const { RevisionId: _, ...rest } = JSON.parse(new TextDecoder().decode(request.body)) as Record<string, unknown>
  return { ...request, body: Buffer.from(JSON.stringify(rest)) }
}

/** Aliases that take a write which got no answer for one that was not made, and never look what became of it. */
class WithoutReadBack extends LambdaAliases {
  readonly #lost: () => number
  #writing = 0

  constructor(lambda: LambdaClient, lost: () => number) {
    super(lambda)
    this.#lost = lost
  }

  override async read(...asked: Parameters<Aliases['read']>): ReturnType<Aliases['read']> {
    return this.#writing > 0 ? undefined : await super.read(...asked)
  }

  override create(...asked: Parameters<Aliases['create']>): ReturnType<Aliases['create']> {
    return this.#blindly(() => super.create(...asked))
  }

  override update(...asked: Parameters<Aliases['update']>): ReturnType<Aliases['update']> {
    return this.#blindly(() => super.update(...asked))
  }

  async #blindly(write: () => Promise<Written>): Promise<Written> {
    const before = this.#lost()
    this.#writing += 1
    try {
      const written = await write()
      if (written.kind === 'written' || this.#lost() === before) return written
    } finally {
      this.#writing -= 1
    }
    throw new CallFailed('rejected', 'the write got no answer')
  }
}
