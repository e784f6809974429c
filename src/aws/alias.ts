import {
  type AliasConfiguration,
  CreateAliasCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  GetProvisionedConcurrencyConfigCommand,
  type LambdaClient,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { type Aliases, type AliasSeen, CallFailed, type Written } from '../ports.ts'
import type { Asked } from '../rollout/decide.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import { routingOf, sameRouting } from '../rollout/routing.ts'
import { callOptions } from './client.ts'
import { type Doing, doing, isNamed } from './errors.ts'

/** Aliases of Lambda functions: guarded by `RevisionId`, and read back wherever an answer leaves a doubt. */
export class LambdaAliases implements Aliases {
  readonly #lambda: LambdaClient

  constructor(lambda: LambdaClient) {
    this.#lambda = lambda
  }

  read(target: Target, cut?: AbortSignal): Promise<AliasSeen | undefined> {
    return doing(describe('read', 'GetAlias', target), async () => {
      try {
        return aliasSeen(await this.#lambda.send(new GetAliasCommand(named(target)), callOptions(cut)))
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return undefined
        throw error
      }
    })
  }

  create(target: Target, asked: Asked): Promise<Written> {
    return this.#write(describe('create', 'CreateAlias', target), target, asked, () =>
      this.#lambda.send(new CreateAliasCommand({ ...named(target), ...request(asked) })),
    )
  }

  /** The version and the weights go in one call, and no weights as an empty map: left out, they would stay. */
  update(target: Target, asked: Asked, revision: string): Promise<Written> {
    return this.#write(describe('update', 'UpdateAlias', target), target, asked, () =>
      this.#lambda.send(new UpdateAliasCommand({ ...named(target), ...request(asked), RevisionId: revision })),
    )
  }

  /** DeleteAlias knows no revision, so the caller has just read the alias; one that is gone already is gone. */
  remove(target: Target): Promise<void> {
    return doing(describe('delete', 'DeleteAlias', target), async () => {
      try {
        await this.#lambda.send(new DeleteAliasCommand(named(target)))
      } catch (error) {
        if (!isNamed(error, 'ResourceNotFoundException')) throw error
      }
    })
  }

  moving(target: Target): Promise<boolean> {
    return doing(
      describe('read the provisioned concurrency of', 'GetProvisionedConcurrencyConfig', target),
      async () => {
        try {
          const qualified = { FunctionName: target.functionName, Qualifier: target.alias }
          const { Status } = await this.#lambda.send(new GetProvisionedConcurrencyConfigCommand(qualified))
          return Status === 'IN_PROGRESS'
        } catch (error) {
          if (isNamed(error, 'ProvisionedConcurrencyConfigNotFoundException', 'ResourceNotFoundException')) return false
          throw error
        }
      },
    )
  }

  /**
   * A write that the service applied and whose answer was lost comes back as a conflict from the SDK's retry, or as
   * an error after the last one: what stands there tells which.
   */
  async #write(what: Doing, target: Target, asked: Asked, send: () => Promise<AliasConfiguration>): Promise<Written> {
    try {
      return await doing(what, async () => {
        try {
          return { kind: 'written', alias: aliasSeen(await send()) } as const
        } catch (error) {
          if (!isNamed(error, 'PreconditionFailedException', 'ResourceConflictException')) throw error
          return await this.#standing(target, asked)
        }
      })
    } catch (error) {
      if (!(error instanceof CallFailed) || error.kind !== 'unavailable') throw error
      const standing = await this.#standing(target, asked)
      if (standing.kind === 'written') return standing
      throw error
    }
  }

  async #standing(target: Target, asked: Asked): Promise<Written> {
    const alias = await this.read(target)
    const written = alias !== undefined && isAsAsked(alias, asked)
    return written ? { kind: 'written', alias } : { kind: 'conflict' }
  }
}

function isAsAsked(alias: AliasSeen, asked: Asked): boolean {
  return alias.description === asked.description && sameRouting(alias.routing, asked.routing)
}

function describe(verb: string, operation: string, target: Target): Doing {
  const name = describeTarget(target)
  return {
    what: `${verb} the alias ${name}`,
    action: `lambda:${operation}`,
    resource: `the function ${target.functionName}`,
  }
}

function named({ functionName, alias }: Target) {
  return { FunctionName: functionName, Name: alias }
}

function request({ routing, description }: Asked) {
  const weights = routing.kind === 'whole' ? {} : { [routing.candidate]: routing.weight }
  return {
    FunctionVersion: routing.kind === 'whole' ? routing.version : routing.stable,
    RoutingConfig: { AdditionalVersionWeights: weights },
    Description: description,
  }
}

/** An alias as AWS describes it. */
export function aliasSeen({
  AliasArn,
  FunctionVersion,
  RoutingConfig,
  Description,
  RevisionId,
}: AliasConfiguration): AliasSeen {
  return {
    arn: AliasArn ?? '',
    routing: routingOf(FunctionVersion ?? '', RoutingConfig?.AdditionalVersionWeights),
    description: Description ?? '',
    revision: RevisionId ?? '',
  }
}
