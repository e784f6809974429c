import { flag, type Input, structure, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { codeFrom } from './code.ts'
import { initialConfiguration, showConfiguration } from './configuration.ts'
import { atMost, conflict, matches, present, validate } from './errors.ts'
import { takeFailure, takeStall } from './lifecycle.ts'
import { named } from './names.ts'
import { publish } from './publish-version.ts'
import type { LambdaFunction, Release } from './state.ts'

const rolePattern = 'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'

/** CreateFunction: Pending until it settles; with Publish, version 1 along with it. */
export function createFunction(world: World, input: Input): Answer {
  const { name } = named(world, input)
  const role = present(text(input, 'Role'), 'role')
  validate(matches(role, 'role', rolePattern), atMost(64, name, 'functionName'))
  if (world.lambda.functions.has(name)) throw conflict(`Function already exist: ${name}`)
  const code = codeFrom(world, structure(input, 'Code') ?? {})
  const fn: LambdaFunction = {
    name,
    latest: pending(world, name, {
      version: '$LATEST',
      code,
      configuration: initialConfiguration(name, input),
      revisionId: world.ids.uuid(),
      lastModified: world.now(),
      state: { kind: 'active' },
      update: { kind: 'successful' },
    }),
    tags: structure(input, 'Tags') ?? {},
    versions: new Map(),
    nextVersion: 1,
    aliases: new Map(),
    policies: new Map(),
    urls: new Map(),
    provisioned: new Map(),
  }
  world.lambda.functions.set(name, fn)
  const created = showConfiguration(world, fn, fn.latest)
  if (!flag(input, 'Publish')) return { body: created }
  const { version } = publish(world, fn, { state: fn.latest.state })
  return { body: { ...created, Version: version } }
}

function pending(world: World, name: string, release: Release): Release {
  const failure = takeFailure(world, 'create', name)
  const usual = release.code.kind === 'image' ? world.settle.image : world.settle.create
  const until = world.now() + (takeStall(world, name) ?? usual)
  return { ...release, state: { kind: 'pending', until, ...(failure && { failure }) } }
}
