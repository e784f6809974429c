import type { World } from '../world.ts'
import { conflict } from './errors.ts'
import { functionArn } from './names.ts'
import type { Alias, Failure, LambdaFunction, Order, Release, UpdateState } from './state.ts'

/** How many revisions AWS goes through while it moves an alias's provisioned concurrency. */
const movingSteps = 10

/** Lets everything about a function happen that was due by now. A change that settles has a new revision. */
export function catchUp(world: World, fn: LambdaFunction): void {
  for (const release of [fn.latest, ...fn.versions.values()]) settleRelease(world, release)
  for (const alias of fn.aliases.values()) moveProvisioned(world, alias)
}

function settleRelease(world: World, release: Release): void {
  const { state, update } = release
  if (state.kind === 'pending' && state.until <= world.now()) {
    release.state = state.failure ? { kind: 'failed', failure: state.failure } : { kind: 'active' }
    release.revisionId = world.ids.uuid()
  }
  if (update.kind === 'in-progress' && update.until <= world.now()) {
    if (update.failure) Object.assign(release, update.before)
    release.update = update.failure ? { kind: 'failed', failure: update.failure } : { kind: 'successful' }
    release.revisionId = world.ids.uuid()
  }
}

function moveProvisioned(world: World, alias: Alias): void {
  const { move } = alias
  if (!move) return
  const gone = (world.now() - move.since) / (move.until - move.since)
  const weight = gone >= 1 ? 0 : 1 - Math.floor(gone * movingSteps) / movingSteps
  if (weight === move.weight) return
  alias.move = weight > 0 ? { ...move, weight } : undefined
  alias.revisionId = world.ids.uuid()
}

/** Refuses a change of a function that is still busy with the last one, or never came up. */
export function requireSettled(world: World, fn: LambdaFunction): void {
  const { state, update } = fn.latest
  if (state.kind === 'pending') throw notInState('Pending')
  if (state.kind === 'failed') throw notInState('Failed')
  if (update.kind === 'in-progress') {
    const arn = functionArn(world, fn.name)
    throw conflict(`The operation cannot be performed at this time. An update is in progress for resource: ${arn}`)
  }
}

/** What is said of a function, or of a version, that is not Active. */
export function notInState(state: 'Pending' | 'Failed') {
  return conflict(
    `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
  )
}

/** Starts an update of `$LATEST` that settles in time; until then, and if it fails, the old code serves. */
export function beginUpdate(world: World, fn: LambdaFunction, change: Partial<Release>): void {
  const { latest } = fn
  const before = { code: latest.code, configuration: latest.configuration }
  Object.assign(latest, change)
  const usual = latest.code.kind === 'image' ? world.settle.image : world.settle.update
  const failure = takeFailure(world, 'update', fn.name)
  const update: UpdateState = {
    kind: 'in-progress',
    until: world.now() + (takeStall(world, fn.name) ?? usual),
    before,
    ...(failure && { failure }),
  }
  latest.update = update
  latest.revisionId = world.ids.uuid()
  latest.lastModified = world.now()
}

/** Takes what a test ordered for the next such change, if it did. */
export function takeFailure(world: World, what: 'update' | 'version' | 'create', name: string): Failure | undefined {
  const order = take(world, order => order.kind === 'fail' && order.what === what && order.name === name)
  return order?.kind === 'fail' ? order.failure : undefined
}

/** Takes the time that a test ordered the next change to last, in ms. */
export function takeStall(world: World, name: string): number | undefined {
  const order = take(world, order => order.kind === 'stall' && order.name === name)
  return order?.kind === 'stall' ? order.ms : undefined
}

function take(world: World, wanted: (order: Order) => boolean): Order | undefined {
  const order = world.lambda.orders.find(wanted)
  world.lambda.orders = world.lambda.orders.filter(other => other !== order)
  return order
}
