import { type Input, text } from '../input.ts'
import type { World } from '../world.ts'
import { accessDenied, atMost, invalidParameter, matches, present, resourceNotFound, validate } from './errors.ts'

/** A function as a call names it. */
export type Named = { readonly name: string; readonly qualifier: string | undefined }

const functionPattern =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?'
const qualifierPattern = '\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+'
const parts =
  /^(?:arn:aws[a-z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/

/** The ARN of a function, or of one of its versions and aliases. */
export function functionArn(
  { region, account }: Pick<World, 'region' | 'account'>,
  name: string,
  qualifier?: string,
): string {
  const arn = `arn:aws:lambda:${region}:${account}:function:${name}`
  return qualifier ? `${arn}:${qualifier}` : arn
}

/** What a `FunctionName` says; nothing where it is none. */
export function partsOf(given: string): {
  readonly region?: string
  readonly account?: string
  readonly name?: string
  readonly qualifier?: string
} {
  return parts.exec(given)?.groups ?? {}
}

/** Reads `FunctionName` (a name, a partial or a whole ARN, each with or without a qualifier) and `Qualifier`. */
export function named(world: World, input: Input, pattern = qualifierPattern): Named {
  const given = present(text(input, 'FunctionName'), 'functionName')
  const asked = text(input, 'Qualifier')
  validate(
    matches(given, 'functionName', functionPattern) ?? atMost(256, given, 'functionName'),
    matches(asked, 'qualifier', pattern) ?? atMost(128, asked, 'qualifier'),
  )
  const { region, account, name = given, qualifier: derived } = partsOf(given)
  if (account && account !== world.account) {
    throw accessDenied('lambda:GetFunction', given, world.account)
  }
  if (region && region !== world.region) {
    throw resourceNotFound(`Functions from '${region}' are not reachable in this region ('${world.region}')`)
  }
  if (derived !== undefined && asked !== undefined && derived !== asked) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.')
  }
  return { name, qualifier: asked ?? derived }
}

/** For calls on the function as a whole: a qualifier in the name is an error. */
export function namedUnqualified(world: World, input: Input): string {
  const { name, qualifier } = named(world, input)
  if (qualifier !== undefined && qualifier !== '$LATEST') {
    throw invalidParameter('Current operation does not support versions other than $LATEST')
  }
  return name
}

/** Whether a qualifier is a version's number. */
export function isNumber(qualifier: string): boolean {
  return /^\d+$/.test(qualifier)
}
