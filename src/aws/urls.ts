import {
  AddPermissionCommand,
  type AddPermissionRequest,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  type GetFunctionUrlConfigResponse,
  type LambdaClient,
  RemovePermissionCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda'
import type { UrlSeen, Urls } from '../ports.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import type { UrlAuth } from '../rollout/preview.ts'
import { type Doing, doing, isNamed } from './errors.ts'

/**
 * What lets anybody call a function URL: it takes the permission for the URL and the one for the function behind it
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html).
 */
const forAnybody = [
  { StatementId: 'lambda-rollout-url', Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' },
  { StatementId: 'lambda-rollout-invoke', Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
] as const satisfies readonly Partial<AddPermissionRequest>[]

/** Function URLs of aliases. Each call may be made again: what it asks for may be so already. */
export class LambdaUrls implements Urls {
  readonly #lambda: LambdaClient

  constructor(lambda: LambdaClient) {
    this.#lambda = lambda
  }

  read(target: Target): Promise<UrlSeen | undefined> {
    return doing(describe('read the function URL of', 'GetFunctionUrlConfig', target), async () => {
      try {
        return seen(await this.#lambda.send(new GetFunctionUrlConfigCommand(qualified(target))))
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return undefined
        throw error
      }
    })
  }

  /** A creation whose answer was lost comes back as a conflict from the SDK's retry. */
  create(target: Target, auth: UrlAuth): Promise<UrlSeen> {
    return doing(describe('create a function URL of', 'CreateFunctionUrlConfig', target), async () => {
      try {
        const request = { ...qualified(target), AuthType: auth }
        return seen(await this.#lambda.send(new CreateFunctionUrlConfigCommand(request)))
      } catch (error) {
        if (!isNamed(error, 'ResourceConflictException')) throw error
        const standing = await this.read(target)
        if (standing === undefined) throw error
        return standing
      }
    })
  }

  update(target: Target, auth: UrlAuth): Promise<UrlSeen> {
    return doing(describe('change the function URL of', 'UpdateFunctionUrlConfig', target), async () => {
      const request = { ...qualified(target), AuthType: auth }
      return seen(await this.#lambda.send(new UpdateFunctionUrlConfigCommand(request)))
    })
  }

  remove(target: Target): Promise<void> {
    return doing(describe('delete the function URL of', 'DeleteFunctionUrlConfig', target), () =>
      unlessGone(() => this.#lambda.send(new DeleteFunctionUrlConfigCommand(qualified(target)))),
    )
  }

  open(target: Target): Promise<'open' | 'blocked'> {
    return doing(describe('let anybody call the function URL of', 'AddPermission', target), async () => {
      for (const statement of forAnybody) {
        try {
          await this.#lambda.send(new AddPermissionCommand({ ...qualified(target), ...statement, Principal: '*' }))
        } catch (error) {
          if (isNamed(error, 'PublicPolicyException')) return 'blocked'
          if (!isNamed(error, 'ResourceConflictException')) throw error
        }
      }
      return 'open'
    })
  }

  close(target: Target): Promise<void> {
    return doing(describe('take away who may call the function URL of', 'RemovePermission', target), async () => {
      for (const { StatementId } of forAnybody) {
        await unlessGone(() => this.#lambda.send(new RemovePermissionCommand({ ...qualified(target), StatementId })))
      }
    })
  }
}

async function unlessGone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error
  }
}

function describe(verb: string, operation: string, target: Target): Doing {
  return {
    what: `${verb} ${describeTarget(target)}`,
    action: `lambda:${operation}`,
    resource: `the function ${target.functionName} and its aliases`,
  }
}

function qualified({ functionName, alias }: Target) {
  return { FunctionName: functionName, Qualifier: alias }
}

/** What is not known to be for anybody is for signed requests: that is the one that lets nobody in by mistake. */
function seen({ FunctionUrl, AuthType }: Pick<GetFunctionUrlConfigResponse, 'FunctionUrl' | 'AuthType'>): UrlSeen {
  return { url: FunctionUrl ?? '', auth: AuthType === 'NONE' ? 'NONE' : 'AWS_IAM' }
}
