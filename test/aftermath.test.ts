import { beforeEach, expect, test } from 'vitest'
import { clearUp, isLeft, type Kept } from '../src/aftermath.ts'
import type { Left, Loan } from '../src/ports.ts'
import { partWay, whole } from '../src/rollout/routing.ts'
import { newWorld, run, type Sim, served, settings, target, waiting } from './support/world.ts'

let world: Sim

beforeEach(() => {
  world = newWorld()
  world.functions.has('orders', { 5: {}, 7: {}, 8: {} })
})

const rolling = { routing: partWay('7', '8', 0.1), description: waiting() }
const left: Left = {
  run,
  over: false,
  targets: [{ target, back: { routing: whole('7'), description: served }, asked: [rolling] }],
}
const loan: Loan = {
  functionName: 'orders',
  region: 'eu-west-1',
  lent: { ...settings, MemorySize: 512 },
  was: settings,
}

async function openDeployment() {
  const wish = { environment: 'production', of: 'orders:live', commit: 'abc1234', transient: false, description: '' }
  const deployment = await world.deployments.create(wish)
  await world.deployments.tell(deployment, 'in_progress', 'deploy orders:live')
  return deployment
}

test.each<[what: string, kept: Kept, is: boolean]>([
  ['nothing at all', {}, false],
  ['a rollout that is over', { left: { ...left, over: true } }, false],
  ['a rollout', { left }, true],
  ['a loan', { loan }, true],
  ['a deployment', { deployment: { id: 1, environment: 'production', of: 'orders:live' } }, true],
])('whether a killed run has left something: %s', (_, kept, is) => {
  expect(isLeft(kept)).toBe(is)
})

test('a canary is taken away, and GitHub told that the deployment failed', async () => {
  world.aliases.points('orders:live', rolling.routing, rolling.description)
  const deployment = await openDeployment()
  const outcome = await clearUp({ left, deployment }, world)
  expect(outcome?.result).toBe('rolled-back')
  expect(world.aliases.serves('orders:live')).toBe('7')
  expect(world.deployments.stand()).toEqual(['production orders:live failure'])
})

test('a deployment of a run that had moved no traffic yet has failed as well, and there is nothing to tell of', async () => {
  const deployment = await openDeployment()
  expect(await clearUp({ deployment }, world)).toBeUndefined()
  expect(world.deployments.stand()).toEqual(['production orders:live failure'])
})

test('traffic is mended although GitHub does not answer', async () => {
  world.aliases.points('orders:live', rolling.routing, rolling.description)
  const deployment = await openDeployment()
  world.calls.befall('tell deployment', { fails: 'unavailable' })
  expect((await clearUp({ left, deployment }, world))?.result).toBe('rolled-back')
})
