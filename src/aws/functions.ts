import { readFile } from 'node:fs/promises'
import {
  CreateFunctionCommand,
  type CreateFunctionRequest,
  type FunctionCode,
  type FunctionConfiguration,
  GetFunctionCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  type UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda'
import type { Changed, Code, FunctionSeen, Functions } from '../ports.ts'
import type { Settings } from '../rollout/settings.ts'
import { callOptions, thoroughMs, uploadMs } from './client.ts'
import { doing, isNamed } from './errors.ts'
import { settingsOf, stateOf } from './settings.ts'
import { listTriggers } from './triggers.ts'

/**
 * Lambda functions and their versions. They are read with GetFunction, which has a quota of its own, wide enough to
 * poll with (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
export class LambdaFunctions implements Functions {
  readonly #lambda: LambdaClient
  readonly #cancel: AbortSignal

  constructor(lambda: LambdaClient, cancel: AbortSignal) {
    this.#lambda = lambda
    this.#cancel = cancel
  }

  latest(name: string): Promise<FunctionSeen | undefined> {
    return this.#read(`the function ${name}`, { FunctionName: name })
  }

  version(name: string, version: string): Promise<FunctionSeen | undefined> {
    return this.#read(`version ${version} of ${name}`, { FunctionName: name, Qualifier: version })
  }

  triggers(name: string) {
    return listTriggers(this.#lambda, name, this.#cancel)
  }

  create(name: string, code: Code, settings: Settings): Promise<Changed<{ codeSha256: string }>> {
    return this.#change(
      name,
      'create',
      `CreateFunction${readsToo(code)}`,
      async () => {
        const request: CreateFunctionRequest = {
          ...(settings as Partial<CreateFunctionRequest>),
          Role: String(settings.Role),
          FunctionName: name,
          PackageType: code.kind === 'image' ? 'Image' : 'Zip',
          Code: await codeMembers(code),
        }
        const created = await this.#lambda.send(new CreateFunctionCommand(request), upload)
        return { kind: 'done', codeSha256: created.CodeSha256 ?? '' }
      },
      settings,
    )
  }

  configure(name: string, settings: Settings, revision: string): Promise<Changed> {
    return this.#change(
      name,
      'configure',
      'UpdateFunctionConfiguration',
      async () => {
        const request: UpdateFunctionConfigurationRequest = { ...settings, FunctionName: name, RevisionId: revision }
        await this.#lambda.send(new UpdateFunctionConfigurationCommand(request), thorough)
        return { kind: 'done' }
      },
      settings,
    )
  }

  upload(name: string, code: Code, architectures: unknown, revision: string): Promise<Changed<{ codeSha256: string }>> {
    return this.#change(name, 'update the code of', `UpdateFunctionCode${readsToo(code)}`, async () => {
      const request: UpdateFunctionCodeRequest = {
        FunctionName: name,
        RevisionId: revision,
        ...(await codeMembers(code)),
        ...(Array.isArray(architectures) && { Architectures: architectures }),
      }
      const updated = await this.#lambda.send(new UpdateFunctionCodeCommand(request), upload)
      return { kind: 'done', codeSha256: updated.CodeSha256 ?? '' }
    })
  }

  publish(
    name: string,
    codeSha256: string,
    revision: string,
    description: string,
  ): Promise<Changed<{ version: string }>> {
    return this.#change(name, 'publish a version of', 'PublishVersion', async () => {
      const request = { FunctionName: name, CodeSha256: codeSha256, RevisionId: revision, Description: description }
      const published = await this.#lambda.send(new PublishVersionCommand(request), thorough)
      return { kind: 'done', version: published.Version ?? '' }
    })
  }

  #read(what: string, input: { FunctionName: string; Qualifier?: string }): Promise<FunctionSeen | undefined> {
    const call = {
      what: `read ${what}`,
      action: 'lambda:GetFunction',
      resource: `${input.FunctionName} and its versions`,
    }
    return doing(call, async () => {
      try {
        const seen = await this.#lambda.send(new GetFunctionCommand(input), callOptions(this.#cancel))
        const throttled = seen.Concurrency?.ReservedConcurrentExecutions === 0 && { throttled: true as const }
        return seen.Configuration && { ...functionSeen(seen.Configuration), ...throttled }
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return undefined
        throw error
      }
    })
  }

  /** A change that somebody else's change or update came before is no failure: the caller reads again. */
  #change<T>(
    name: string,
    verb: string,
    operation: string,
    send: () => Promise<Changed<T>>,
    settings: Settings = {},
  ): Promise<Changed<T>> {
    const call = {
      what: `${verb} the function ${name}`,
      action: `lambda:${operation}`,
      resource: `the function ${name}`,
      secrets: environmentValues(settings),
    }
    return doing(call, async () => {
      try {
        return await send()
      } catch (error) {
        if (isNamed(error, 'PreconditionFailedException', 'ResourceConflictException')) return { kind: 'moved' }
        throw error
      }
    })
  }
}

const thorough = callOptions(undefined, thoroughMs)
const upload = callOptions(undefined, uploadMs)

async function codeMembers(code: Code): Promise<FunctionCode> {
  switch (code.kind) {
    case 'zip':
      return { ZipFile: await readFile(code.file) }
    case 's3':
      return { S3Bucket: code.bucket, S3Key: code.key, ...(code.versionId && { S3ObjectVersion: code.versionId }) }
    case 'image':
      return { ImageUri: code.uri }
  }
}

function environmentValues({ Environment: environment }: Settings): readonly string[] {
  const { Variables: variables = {} } = (environment ?? {}) as { Variables?: Record<string, string> }
  return Object.values(variables)
}

function functionSeen(seen: FunctionConfiguration): FunctionSeen {
  return {
    ...stateOf(seen),
    arn: seen.FunctionArn ?? '',
    version: seen.Version ?? '',
    codeSha256: seen.CodeSha256 ?? '',
    revision: seen.RevisionId ?? '',
    packageType: seen.PackageType ?? 'Zip',
    settings: settingsOf(seen),
  }
}

/** Lambda reads code from S3 in the caller's name. */
function readsToo(code: Code): string {
  if (code.kind !== 's3') return ''
  const action = code.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
  return ` (and ${action} on arn:aws:s3:::${code.bucket}/${code.key})`
}
