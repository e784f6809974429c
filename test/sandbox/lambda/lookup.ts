import type { World } from '../world.ts'
import { resourceNotFound } from './errors.ts'
import { catchUp } from './lifecycle.ts'
import { functionArn, isNumber } from './names.ts'
import type { Alias, LambdaFunction, Release, Running } from './state.ts'

/** The function of this name, as it stands now, or undefined. */
export function lookUp(world: World, name: string): LambdaFunction | undefined {
  const found = world.lambda.functions.get(name)
  if (found) catchUp(world, found)
  return found
}

/** The function of this name; 404 with `arn` where there is none. */
export function getFunctionOr404(world: World, name: string, arn = functionArn(world, name)): LambdaFunction {
  const found = lookUp(world, name)
  if (!found) throw resourceNotFound(`Function not found: ${arn}`)
  return found
}

/** The release that a qualifier leads to on its own, weights aside. */
export function releaseOf(fn: LambdaFunction, qualifier: string | undefined): Release | undefined {
  if (qualifier === undefined || qualifier === '' || qualifier === '$LATEST') return fn.latest
  return fn.versions.get(qualifier) ?? releaseOfAlias(fn, fn.aliases.get(qualifier))
}

function releaseOfAlias(fn: LambdaFunction, alias: Alias | undefined): Release | undefined {
  if (!alias) return undefined
  return alias.version === '$LATEST' ? fn.latest : fn.versions.get(alias.version)
}

/** What serves: while an update is in progress that is still the code before it. */
export function runningOf(release: Release): Running {
  return release.update.kind === 'in-progress' ? release.update.before : release
}

/** The release behind a qualifier; 404 where there is none. */
export function getReleaseOr404(world: World, name: string, qualifier: string | undefined) {
  const arn = functionArn(world, name, qualifier)
  const fn = getFunctionOr404(world, name, arn)
  const release = releaseOf(fn, qualifier)
  if (!release) throw resourceNotFound(`Function not found: ${arn}`)
  return { fn, release }
}

/** The alias; 404 in the words that policies and provisioned concurrency share with GetAlias. */
export function getAliasOr404(world: World, fn: LambdaFunction, name: string): Alias {
  const alias = fn.aliases.get(name)
  if (!alias) throw resourceNotFound(`Cannot find alias arn: ${functionArn(world, fn.name, name)}`)
  return alias
}

/** Refuses a qualifier that is neither a version nor an alias of the function, in the words for its kind. */
export function requireQualifier(world: World, fn: LambdaFunction, qualifier: string): void {
  if (isNumber(qualifier) ? fn.versions.has(qualifier) : fn.aliases.has(qualifier)) return
  if (isNumber(qualifier) || qualifier.includes('$')) {
    throw resourceNotFound(`Function not found: ${functionArn(world, fn.name, qualifier)}`)
  }
  getAliasOr404(world, fn, qualifier)
}
