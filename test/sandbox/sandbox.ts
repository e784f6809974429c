import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, type FaultRule, newFaults } from './faults.ts'
import { denialTo, refusedBy } from './iam/denial.ts'
import { type Policy, type PolicyDocument, readPolicy } from './iam/policy.ts'
import { newRoles, type Roles } from './iam/roles.ts'
import { describeInput } from './input.ts'
import { type Invocations, newInvocations } from './lambda/answers.ts'
import type { Limits } from './lambda/pace.ts'
import type { Failure } from './lambda/state.ts'
import type { MetricsOptions } from './late.ts'
import type { LogsOptions } from './logs/api.ts'
import { newProgress } from './progress.ts'
import type { RequestRecord } from './record.ts'
import { newExecutor } from './runtime.ts'
import type { SchedulerOptions } from './scheduler/state.ts'
import { newSchedules, type Schedules } from './scheduler/view.ts'
import { respond } from './server.ts'
import { errorOf, expired, invalid, readCall, type ServiceCall } from './service.ts'
import { newOidc, type Oidc } from './sts/oidc.ts'
import { callerOf, newSessions, type Sessions, userArn } from './sts/sessions.ts'
import { newTraffic, type TrafficSpec } from './traffic.ts'
import { ApiError, ConnectionLost, encode, type WireReply, type WireRequest } from './wire.ts'
import { newWorld, type Settle } from './world.ts'

export type { Behaviour, ColdStart, Failing, Spread } from './behaviour.ts'
export type { Fault, FaultRule } from './faults.ts'
export type { PolicyDocument, PolicyStatement } from './iam/policy.ts'
export type { Principal, RoleSpec, Roles } from './iam/roles.ts'
export type { Answered, Answering, Invocations } from './lambda/answers.ts'
export type { Limits } from './lambda/pace.ts'
export type { MetricsOptions } from './late.ts'
export type { LogsOptions } from './logs/api.ts'
export type { RequestRecord } from './record.ts'
export type { Run, RunResult, SchedulerOptions, TargetFailure } from './scheduler/state.ts'
export type { Schedules, ScheduleView } from './scheduler/view.ts'
export type { Oidc } from './sts/oidc.ts'
export type { Sessions } from './sts/sessions.ts'
export type { Session } from './sts/state.ts'
export type { TrafficSpec } from './traffic.ts'
export { ConnectionLost, type WireReply, type WireRequest } from './wire.ts'
export type { Settle } from './world.ts'

export type SandboxOptions = {
  /** The sandbox's time, in ms of the epoch; all its time comes from here. */
  readonly now?: () => number
  readonly port?: number
  readonly region?: string
  readonly account?: string
  /** How long things take to settle, in ms. */
  readonly settle?: Partial<Settle>
  /** How late metrics and logs are, by default not at all, and which metrics there are. */
  readonly metrics?: Partial<MetricsOptions>
  readonly logs?: Partial<LogsOptions>
  /** How Scheduler does what AWS leaves open. */
  readonly scheduler?: Partial<SchedulerOptions>
  /** How many calls a second Lambda's control plane takes; any number, where nothing is said. */
  readonly limits?: Limits
  readonly seed?: number
}

/** An embedded AWS on loopback, disposable. A stand-in: what it does not model it refuses. */
export interface Sandbox {
  readonly endpoint: string
  readonly requests: readonly RequestRecord[]
  readonly faults: { add(rule: FaultRule): void; clear(): void }
  readonly traffic: { add(spec: TrafficSpec): void; clear(): void }
  /** Lets callers do what the policy allows and no more, from now on; without one they may do anything. */
  enforce(policy: PolicyDocument | undefined): void
  /** The roles there are; each may have a policy of its own. */
  readonly roles: Roles
  /** Keys that are good until a time. */
  readonly sessions: Sessions
  /** GitHub's issuer of tokens, which STS trusts. */
  readonly oidc: Oidc
  /** What Scheduler has to do, and did. */
  readonly schedules: Schedules
  /** Lets the account refuse policies for everybody, as its owner can have it, or take them again. */
  blockPublicPolicies(blocked: boolean): void
  /** What Invoke and executed traffic answer in place of a version's code. */
  readonly invocations: Invocations
  /** Answers a request without a socket; rejects with ConnectionLost where a socket would be destroyed. */
  handle(request: WireRequest): Promise<WireReply>
  /** Catches up with `now()`: what settles, traffic, alarms, schedules. Each request does so first. */
  advance(): void
  /** Lets the next such change of the function end Failed, with this reason. */
  failNext(what: 'update' | 'version' | 'create', functionName: string, failure: Failure): void
  /** Lets the next update or publish of the function take this long. */
  stall(functionName: string, ms: number): void
  close(): Promise<void>
}

/** How often a sandbox that has traffic catches up by itself, in real ms. */
const tickMs = 200

/** Starts a sandbox on a port of 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { now = Date.now, port = 0, region = 'eu-west-1', account = '111122223333', seed = 1 } = options
  const { settle = {}, metrics = {}, logs = {}, scheduler = {}, limits = {} } = options
  const executor = newExecutor()
  const world = newWorld({ now, region, account, settle, metrics, logs, scheduler, limits, seed }, executor)
  const requests: Writable<RequestRecord>[] = []
  const faults = newFaults()
  const traffic = newTraffic(world)
  const progress = newProgress(world, traffic)
  let policy: Policy | undefined
  let ticker: NodeJS.Timeout | undefined

  /** What goes wrong here goes wrong again at the next request, whose caller is told. */
  function tick(): void {
    try {
      progress.advance()
    } catch {
      clearInterval(ticker)
    }
  }

  async function handle(request: WireRequest): Promise<WireReply> {
    await progress.catchUp()
    const call = readCall(request)
    const record = begin(call, request)
    requests.push(record)
    const due = faults.due(record)
    if (due[0]) record.fault = due.map(fault => fault.kind).join(', ')
    for (const fault of due) {
      if (fault.kind === 'before') await fault.run(record)
      if (fault.kind === 'delay') await sleep(fault.ms)
    }
    const reply = replaced(due, call, record) ?? (await answer(call, request, record))
    for (const fault of due) if (fault.kind === 'after') await fault.run(record)
    if (due.some(fault => fault.kind === 'lose-answer')) {
      record.status = 'none'
      throw new ConnectionLost('The answer was lost')
    }
    record.status = reply.status
    return reply
  }

  function begin(call: ServiceCall, request: WireRequest): Writable<RequestRecord> {
    const { service, operation, input } = call
    const sequence = Number(request.headers['x-sequence'] ?? Number.NaN)
    return {
      seq: requests.length + 1,
      at: now(),
      service,
      operation,
      input: describeInput(input),
      status: 'none',
      ...(Number.isFinite(sequence) && { sequence }),
    }
  }

  /** What comes in place of an answer, where a fault keeps the call from being applied. */
  function replaced(due: readonly Fault[], call: ServiceCall, record: Writable<RequestRecord>): WireReply | undefined {
    for (const fault of due) {
      if (fault.kind === 'reset') throw new ConnectionLost('The connection was reset')
      if (fault.kind === 'html') return html(fault.status)
      const error = errorOf(fault, call, world)
      if (error) return refusal(call, record, error)
    }
    return undefined
  }

  async function answer(call: ServiceCall, request: WireRequest, record: Writable<RequestRecord>): Promise<WireReply> {
    try {
      const caller = callerOf(world, request)
      if (caller.kind === 'expired') throw expired[call.service]()
      if (caller.kind === 'invalid') throw invalid[call.service]()
      const session = caller.kind === 'session' ? caller.session : undefined
      const held = world.roles.get(session?.role ?? '')?.policy ?? policy
      const refused = held && refusedBy(held, call, world)
      if (refused) {
        const { action, resource } = refused.need
        record.missing = { action, resource }
        throw denialTo(userArn(world, session), call.service, refused.need, refused.ruling)
      }
      return call.write(await call.run(world), world.requestIds.uuid())
    } catch (error) {
      if (error instanceof ApiError) return refusal(call, record, error)
      throw error
    }
  }

  function refusal(call: ServiceCall, record: Writable<RequestRecord>, error: ApiError): WireReply {
    record.error = error.name
    return call.writeError(error, world.requestIds.uuid())
  }

  const server = createServer((incoming, response) => {
    void respond(handle, now, incoming, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    faults,
    traffic: {
      add: spec => {
        progress.advance()
        traffic.add(spec)
        ticker ??= setInterval(tick, tickMs).unref()
      },
      clear: () => {
        progress.advance()
        traffic.clear()
      },
    },
    enforce: document => {
      policy = document && readPolicy(document)
    },
    roles: newRoles(world.roles),
    sessions: newSessions(world),
    oidc: newOidc(world),
    schedules: newSchedules(world),
    blockPublicPolicies: blocked => {
      world.lambda.publicPolicies = blocked ? 'blocked' : 'allowed'
    },
    invocations: newInvocations(world.answers),
    handle,
    advance: progress.advance,
    failNext: (what, name, failure) => {
      world.lambda.orders = [...world.lambda.orders, { kind: 'fail', what, name, failure }]
    },
    stall: (name, ms) => {
      world.lambda.orders = [...world.lambda.orders, { kind: 'stall', name, ms }]
    },
    close: async () => {
      clearInterval(ticker)
      traffic.clear()
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
      await executor.close()
    },
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function html(status: number): WireReply {
  const body = `<html><body><h1>${status}</h1></body></html>`
  return { status, headers: { 'content-type': 'text/html' }, body: encode(body) }
}
