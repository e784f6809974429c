import {
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetPolicyCommand,
  type LambdaClient,
  paginateListAliases,
  paginateListEventSourceMappings,
  paginateListProvisionedConcurrencyConfigs,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda'
import type { AliasListed, CodeStorage, Versions } from '../ports.ts'
import type { Shelved } from '../rollout/retention.ts'
import { aliasSeen } from './alias.ts'
import { callOptions, thoroughMs } from './client.ts'
import { type Doing, doing, isNamed } from './errors.ts'
import { all, pagesOf } from './pages.ts'

/** All versions and aliases of Lambda functions, page by page, and the deletion of versions: never of a function. */
export class LambdaVersions implements Versions {
  readonly #lambda: LambdaClient
  readonly #cancel: AbortSignal

  constructor(lambda: LambdaClient, cancel: AbortSignal) {
    this.#lambda = lambda
    this.#cancel = cancel
  }

  list(functionName: string): Promise<readonly Shelved[] | undefined> {
    return doing(describe('list the versions of', 'ListVersionsByFunction', functionName), async () => {
      try {
        const pages = paginateListVersionsByFunction(...this.#listing({ FunctionName: functionName }))
        const seen = await all(pagesOf(pages, 'NextMarker'), ({ Versions }) => Versions)
        // A function is durable as a whole, whichever of its versions say so, `$LATEST` included.
        const durable = seen.some(({ DurableConfig }) => DurableConfig !== undefined)
        const published = seen.filter(({ Version = '' }) => isNumber(Version))
        return published
          .map(({ Version = '', Description = '', CodeSize = 0 }) => ({
            version: Version,
            description: Description,
            codeBytes: CodeSize,
            durable,
          }))
          .toSorted((a, b) => Number(a.version) - Number(b.version))
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return undefined
        throw error
      }
    })
  }

  aliases(functionName: string): Promise<readonly AliasListed[]> {
    return doing(describe('list the aliases of', 'ListAliases', functionName), async () => {
      const pages = paginateListAliases(...this.#listing({ FunctionName: functionName }))
      return (await all(pagesOf(pages, 'NextMarker'), ({ Aliases }) => Aliases)).map(alias => ({
        ...aliasSeen(alias),
        name: alias.Name ?? '',
      }))
    })
  }

  provisioned(functionName: string): Promise<readonly string[]> {
    const what = 'list the provisioned concurrency of'
    return doing(describe(what, 'ListProvisionedConcurrencyConfigs', functionName), async () => {
      const pages = paginateListProvisionedConcurrencyConfigs(...this.#listing({ FunctionName: functionName }))
      return (
        await all(pagesOf(pages, 'NextMarker'), ({ ProvisionedConcurrencyConfigs }) => ProvisionedConcurrencyConfigs)
      )
        .map(({ FunctionArn = '' }) => FunctionArn.slice(FunctionArn.lastIndexOf(':') + 1))
        .filter(isNumber)
    })
  }

  async holders(functionName: string, version: string): Promise<readonly string[]> {
    const hasPolicy = await this.#hasPolicy(functionName, version)
    return [...(hasPolicy ? ['a resource policy'] : []), ...(await this.#eventSources(functionName, version))]
  }

  /**
   * Without a qualifier the same call deletes the whole function, with everything that belongs to it: whatever is no
   * version's number is refused here, last of all, whoever asks. A cancel does not cut it.
   */
  async remove(functionName: string, version: string): Promise<'removed' | 'referenced'> {
    if (!isNumber(version)) throw new Error(`“${version}” is no number of a version of ${functionName} to delete`)
    // On the function itself the permission would allow to delete all of it.
    const resource = `the versions of ${functionName} (${functionName}:*)`
    return await doing(describe(`delete version ${version} of`, 'DeleteFunction', functionName, resource), async () => {
      try {
        const command = new DeleteFunctionCommand({ FunctionName: functionName, Qualifier: version })
        await this.#lambda.send(command, callOptions(undefined, thoroughMs))
        return 'removed'
      } catch (error) {
        if (isNamed(error, 'ResourceConflictException')) return 'referenced'
        if (isNamed(error, 'ResourceNotFoundException')) return 'removed'
        throw error
      }
    })
  }

  storage(): Promise<CodeStorage> {
    const call = { what: 'read the code storage', action: 'lambda:GetAccountSettings', resource: '*' }
    return doing(call, async () => {
      const settings = await this.#lambda.send(new GetAccountSettingsCommand({}), callOptions(this.#cancel))
      const { AccountUsage, AccountLimit } = settings
      return { used: AccountUsage?.TotalCodeSize ?? 0, limit: AccountLimit?.TotalCodeSize ?? 0 }
    })
  }

  #hasPolicy(functionName: string, version: string): Promise<boolean> {
    const what = `read the resource policy of version ${version} of`
    const resource = `the function ${functionName} and its versions`
    return doing(describe(what, 'GetPolicy', functionName, resource), async () => {
      try {
        const command = new GetPolicyCommand({ FunctionName: functionName, Qualifier: version })
        await this.#lambda.send(command, callOptions(this.#cancel))
        return true
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return false
        throw error
      }
    })
  }

  #eventSources(functionName: string, version: string): Promise<readonly string[]> {
    const call = {
      what: `list the event source mappings of version ${version} of the function ${functionName}`,
      action: 'lambda:ListEventSourceMappings',
      resource: '*',
    }
    return doing(call, async () => {
      try {
        const pages = paginateListEventSourceMappings(...this.#listing({ FunctionName: `${functionName}:${version}` }))
        return (await all(pagesOf(pages, 'NextMarker'), ({ EventSourceMappings }) => EventSourceMappings))
          .filter(({ FunctionArn = '' }) => FunctionArn.endsWith(`:${functionName}:${version}`))
          .map(({ EventSourceArn, UUID }) => `the event source mapping of ${EventSourceArn ?? UUID}`)
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return []
        throw error
      }
    })
  }

  /** What the SDK needs to go through all pages of a listing. */
  #listing<T>(input: T) {
    return [{ client: this.#lambda }, input, callOptions(this.#cancel)] as const
  }
}

/** Lambda numbers versions from 1 on; what else may stand in place of a number is `$LATEST` or an alias. */
function isNumber(qualifier: string): boolean {
  return /^[1-9]\d*$/.test(qualifier)
}

function describe(what: string, operation: string, functionName: string, resource?: string): Doing {
  return {
    what: `${what} the function ${functionName}`,
    action: `lambda:${operation}`,
    resource: resource ?? `the function ${functionName}`,
  }
}
