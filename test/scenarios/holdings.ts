import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionRequest,
  GetFunctionConfigurationCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  ResourceNotFoundException,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { zipOf } from '../sandbox/rig.ts'
import { codeOf } from './account.ts'
import type { Stage } from './stage.ts'

/** Creates a function that has published some versions and has no alias. */
export async function createFunction(
  stage: Stage,
  name: string,
  versions: number,
  differs: Partial<CreateFunctionRequest> = {},
): Promise<void> {
  const { lambda } = stage.aws
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: `arn:aws:iam::111122223333:role/${name}`,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: zipOf(codeOf(1)) },
      ...differs,
    }),
  )
  stage.pass(2_000)
  for (let version = 1; version <= versions; version++) await publish(stage, name, version)
}

/** Publishes what is the code of a version by its number; gives the number that it gets. */
export async function publish(stage: Stage, name: string, version: number, description = ''): Promise<string> {
  const { lambda } = stage.aws
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zipOf(codeOf(version)) }))
  stage.pass(2_000)
  const published = await lambda.send(new PublishVersionCommand({ FunctionName: name, Description: description }))
  stage.pass(2_000)
  return published.Version ?? ''
}

/** Creates an alias of any function. */
export async function createAlias(stage: Stage, name: string, alias: string, version: string, description = '') {
  const request = { FunctionName: name, Name: alias, FunctionVersion: version, Description: description }
  await stage.aws.lambda.send(new CreateAliasCommand(request))
}

/** The numbers of all versions, `$LATEST` left out. */
export async function versionsOf(stage: Stage, name: string): Promise<readonly string[]> {
  const listed = await stage.aws.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name }))
  let { NextMarker: marker } = listed
  const versions = [...(listed.Versions ?? [])]
  while (marker) {
    const more = await stage.aws.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name, Marker: marker }))
    versions.push(...(more.Versions ?? []))
    marker = more.NextMarker
  }
  return versions.map(({ Version = '' }) => Version).filter(version => version !== '$LATEST')
}

/** What each alias serves, by its name. */
export async function aliasesOf(stage: Stage, name: string): Promise<Readonly<Record<string, string>>> {
  const { Aliases = [] } = await stage.aws.lambda.send(new ListAliasesCommand({ FunctionName: name }))
  return Object.fromEntries(Aliases.map(({ Name = '', FunctionVersion = '' }) => [Name, FunctionVersion]))
}

/** The function URL of an alias and who may call it, and the statements of its policy. */
export async function doorOf({ aws: { lambda } }: Stage, name: string, alias: string): Promise<Door> {
  const qualified = { FunctionName: name, Qualifier: alias }
  const url = await unlessGone(lambda, client => client.send(new GetFunctionUrlConfigCommand(qualified)))
  const policy = await unlessGone(lambda, client => client.send(new GetPolicyCommand(qualified)))
  const { Statement = [] } = JSON.parse(policy?.Policy ?? '{}') as { readonly Statement?: readonly { Sid: string }[] }
  return { url: url?.FunctionUrl, auth: url?.AuthType, statements: Statement.map(({ Sid }) => Sid) }
}

export type Door = {
  readonly url: string | undefined
  readonly auth: string | undefined
  readonly statements: readonly string[]
}

/** A door that is not there. */
export const noDoor: Door = { url: undefined, auth: undefined, statements: [] }

/** The variables of `$LATEST`, or of a version. */
export async function variablesOf({ aws: { lambda } }: Stage, name: string, version = '$LATEST') {
  const request = { FunctionName: name, Qualifier: version }
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand(request))
  return Environment?.Variables
}

async function unlessGone<T>(lambda: LambdaClient, ask: (lambda: LambdaClient) => Promise<T>): Promise<T | undefined> {
  try {
    return await ask(lambda)
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

/** The states of each deployment in turn, oldest first. */
export function recordOf(stage: Stage, environment?: string): readonly (readonly string[])[] {
  return stage.github
    .deployments()
    .filter(deployment => environment === undefined || deployment.environment === environment)
    .map(({ statuses }) => statuses.map(({ state }) => state))
}
