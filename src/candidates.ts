import { type Member, serves } from './beginning/member.ts'
import type { Traces } from './beginning/traces.ts'
import { Failure } from './failure.ts'
import type { DeployInputs } from './inputs.ts'
import { inParallel } from './parallel.ts'
import type { FunctionSeen, World } from './ports.ts'
import { codeOf } from './releasing/code.ts'
import { runHook, smokeTest } from './releasing/prove.ts'
import { release, usableAsSeen } from './releasing/release.ts'
import type { Mover } from './rolling/course.ts'

/**
 * So many functions are released and proven at once: more would be no faster, as few calls a second as Lambda takes.
 */
const atOnce = 12

/** Releases a version of each, all before any gets traffic; undefined where the alias serves it already. */
export async function releaseAll(
  members: readonly Member[],
  inputs: DeployInputs,
  traces: Traces,
  world: World,
): Promise<readonly (FunctionSeen | undefined)[]> {
  return await inParallel(members, atOnce, async member =>
    serves(member) ? undefined : await candidateOf(member, inputs, traces, world),
  )
}

/**
 * The version to roll out: the one that is named, the one that is carried on, or a new one; undefined: it serves
 * already.
 */
async function candidateOf(
  { wish: { target, source }, packed, found, beginning }: Member,
  inputs: DeployInputs,
  traces: Traces,
  world: World,
): Promise<FunctionSeen | undefined> {
  const { readyTimeoutMs, configuration, versionDescription, uploadBucket } = inputs
  const { functionName } = target
  const named = beginning.kind === 'carry-on' ? found.canary : found.chosen
  if (named !== undefined) return await usableAsSeen({ functionName, readyTimeoutMs }, named, world)
  const touching = () => {
    traces.touched = true
    traces.released = true
  }
  const wanted = {
    functionName,
    code: codeOf(source, functionName, packed, uploadBucket, touching, world),
    codeSha256: found.knownSha256,
    configuration,
    description: versionDescription,
    readyTimeoutMs,
    latest: found.latest,
    stable: found.stable?.version === '$LATEST' ? undefined : found.stable,
  }
  const released = await release(wanted, touching, world)
  return released.kind === 'version' ? released.version : undefined
}

/** Proves candidates while they have no traffic. Throws `Failure` with what one of them answered. */
export async function proveAll(movers: readonly Mover[], inputs: DeployInputs, world: World): Promise<void> {
  await inParallel(movers, atOnce, mover => prove(mover, inputs, world))
}

async function prove({ target, candidate, stable }: Mover, inputs: DeployInputs, world: World): Promise<void> {
  const { smokeTest: payload, beforeTraffic } = inputs
  if (payload !== undefined) fail(await smokeTest(target, candidate, payload, world))
  const versions = { stable: stable?.version, candidate }
  if (beforeTraffic !== undefined) fail(await runHook(beforeTraffic, 'before-traffic', target, versions, world))
}

function fail(problem: string | undefined): void {
  if (problem !== undefined) throw new Failure(problem)
}
