import { flag, type Input, text, texts } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { codeFrom } from './code.ts'
import { configure, showConfiguration } from './configuration.ts'
import { invalidParameter, preconditionFailed } from './errors.ts'
import { beginUpdate, requireSettled } from './lifecycle.ts'
import { getFunctionOr404 } from './lookup.ts'
import { namedUnqualified } from './names.ts'
import { publish } from './publish-version.ts'
import type { LambdaFunction, Release } from './state.ts'

/** UpdateFunctionCode: InProgress until it settles, also where the code is the same; Publish answers with the version. */
export function updateFunctionCode(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  requirePackageType(fn, input)
  requireRevision(fn, input)
  requireSettled(world, fn)
  const code = codeFrom(world, input)
  const architectures = texts(input, 'Architectures')
  const configuration = {
    ...fn.latest.configuration,
    ...(architectures.length > 0 && { Architectures: architectures }),
  }
  if (flag(input, 'DryRun')) {
    const candidate: Release = { ...fn.latest, code, configuration }
    return { body: showConfiguration(world, fn, candidate) }
  }
  beginUpdate(world, fn, { code, configuration })
  if (!flag(input, 'Publish')) return { body: showConfiguration(world, fn, fn.latest) }
  const version = publish(world, fn, { settleMs: world.settle.publishWithUpdate })
  return { body: showConfiguration(world, fn, version, version.version) }
}

/** UpdateFunctionConfiguration: each member that is named replaces the one before; InProgress until it settles. */
export function updateFunctionConfiguration(world: World, input: Input): Answer {
  const fn = getFunctionOr404(world, namedUnqualified(world, input))
  requireRevision(fn, input)
  requireSettled(world, fn)
  beginUpdate(world, fn, { configuration: configure(fn.latest.configuration, input) })
  return { body: showConfiguration(world, fn, fn.latest) }
}

function requireRevision(fn: LambdaFunction, input: Input): void {
  const revision = text(input, 'RevisionId')
  if (revision !== undefined && revision !== fn.latest.revisionId) throw preconditionFailed('GetFunction/GetAlias')
}

function requirePackageType(fn: LambdaFunction, input: Input): void {
  const image = text(input, 'ImageUri') !== undefined
  if (fn.latest.code.kind === 'zip' && image) {
    throw invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.")
  }
  if (fn.latest.code.kind === 'image' && !image) {
    throw invalidParameter('Please provide ImageUri when updating a function with packageType Image.')
  }
}
