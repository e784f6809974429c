import { type Input, structure, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { conflict, present, resourceNotFound, validate } from './errors.ts'
import { lookUp } from './lookup.ts'
import { functionArn, named } from './names.ts'
import { page } from './paging.ts'
import type { LambdaFunction, UrlConfig } from './state.ts'

const urlQualifierPattern = '((?!^\\d+$)^[0-9a-zA-Z-_]+$)'

/** CreateFunctionUrlConfig: one for the function itself and one for each alias. */
export function createFunctionUrlConfig(world: World, input: Input): Answer {
  const authType = requireAuthType(present(text(input, 'AuthType'), 'authType'))
  const { fn, qualifier } = ownerOf(world, input, 'Function does not exist')
  const arn = functionArn(world, fn.name, qualifier)
  if (fn.urls.has(qualifier)) {
    throw conflict(
      `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    )
  }
  const id = world.ids.uuid().replaceAll('-', '')
  const config: UrlConfig = {
    url: `https://${id}.lambda-url.${world.region}.on.aws/`,
    created: world.now(),
    modified: world.now(),
    authType,
    invokeMode: text(input, 'InvokeMode'),
    cors: structure(input, 'Cors'),
  }
  fn.urls.set(qualifier, config)
  return { body: { ...showUrl(config, arn), ...given(config, input) } }
}

/** GetFunctionUrlConfig: with the invoke mode, which the answers to writes leave out unless they name it. */
export function getFunctionUrlConfig(world: World, input: Input): Answer {
  const { config, arn } = urlOr404(world, input)
  return { body: showWhole(config, arn) }
}

/** UpdateFunctionUrlConfig: what is left out stays. */
export function updateFunctionUrlConfig(world: World, input: Input): Answer {
  const authType = text(input, 'AuthType')
  if (authType !== undefined) requireAuthType(authType)
  const { fn, qualifier } = ownerOf(world, input, 'Function does not exist')
  const config = fn.urls.get(qualifier)
  if (!config) throw resourceNotFound('The resource you requested does not exist.')
  config.authType = authType ?? config.authType
  config.invokeMode = text(input, 'InvokeMode') ?? config.invokeMode
  config.cors = structure(input, 'Cors') ?? config.cors
  config.modified = world.now()
  const arn = functionArn(world, fn.name, qualifier)
  return { body: { ...showUrl(config, arn), ...given(config, input), LastModifiedTime: iso(config.modified) } }
}

/** DeleteFunctionUrlConfig: the address is never to be had again. */
export function deleteFunctionUrlConfig(world: World, input: Input): Answer {
  const { fn, qualifier } = urlOr404(world, input)
  fn.urls.delete(qualifier)
  return { status: 204 }
}

/** ListFunctionUrlConfigs: of the function and of its aliases. */
export function listFunctionUrlConfigs(world: World, input: Input): Answer {
  const fn = lookUp(world, named(world, input).name)
  if (!fn) throw resourceNotFound('Function does not exist')
  const { items, ...more } = page([...fn.urls], input, 50)
  const shown = items.map(([qualifier, config]) => showWhole(config, functionArn(world, fn.name, qualifier)))
  return { body: { FunctionUrlConfigs: shown, ...more } }
}

function urlOr404(world: World, input: Input) {
  const missing = 'The resource you requested does not exist.'
  const { fn, qualifier } = ownerOf(world, input, missing)
  const config = fn.urls.get(qualifier)
  if (!config) throw resourceNotFound(missing)
  return { fn, qualifier, config, arn: functionArn(world, fn.name, qualifier) }
}

function ownerOf(world: World, input: Input, missing: string): { fn: LambdaFunction; qualifier: string } {
  const { name, qualifier = '' } = named(world, input, urlQualifierPattern)
  const fn = lookUp(world, name)
  if (!fn || (qualifier !== '' && !fn.aliases.has(qualifier))) throw resourceNotFound(missing)
  return { fn, qualifier }
}

function requireAuthType(authType: string): string {
  validate(
    ['NONE', 'AWS_IAM'].includes(authType)
      ? undefined
      : { value: authType, at: 'authType', constraint: 'Member must satisfy enum value set: [NONE, AWS_IAM]' },
  )
  return authType
}

function showUrl(config: UrlConfig, arn: string): Input {
  return { FunctionUrl: config.url, FunctionArn: arn, AuthType: config.authType, CreationTime: iso(config.created) }
}

function showWhole(config: UrlConfig, arn: string): Input {
  return {
    ...showUrl(config, arn),
    LastModifiedTime: iso(config.modified),
    InvokeMode: config.invokeMode ?? 'BUFFERED',
    ...(config.cors && { Cors: config.cors }),
  }
}

function given(config: UrlConfig, input: Input): Input {
  return {
    ...(text(input, 'InvokeMode') !== undefined && { InvokeMode: config.invokeMode }),
    ...(config.cors && { Cors: config.cors }),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
