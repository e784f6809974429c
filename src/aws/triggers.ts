import {
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda'
import type { Triggers } from '../ports.ts'
import { callOptions } from './client.ts'
import { isNamed } from './errors.ts'
import { all, pagesOf } from './pages.ts'

/** What invokes a function without a qualifier: its resource policy, event source mappings and function URL. */
export async function listTriggers(lambda: LambdaClient, name: string, cut: AbortSignal): Promise<Triggers> {
  const listings = await Promise.all([
    listing('its resource policy (lambda:GetPolicy)', () => policyTriggers(lambda, name, cut)),
    listing('its event source mappings (lambda:ListEventSourceMappings)', () => eventSources(lambda, name, cut)),
    listing('its function URL (lambda:GetFunctionUrlConfig)', () => functionUrl(lambda, name, cut)),
  ])
  return {
    found: listings.flatMap(({ found }) => found),
    unreadable: listings.flatMap(({ unreadable }) => unreadable),
  }
}

/** To know the triggers is worth a line and no failure: a listing that fails for any reason is named and left out. */
async function listing(what: string, list: () => Promise<readonly string[]>): Promise<Triggers> {
  try {
    return { found: await list(), unreadable: [] }
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return { found: [], unreadable: [] }
    return { found: [], unreadable: [what] }
  }
}

type Statement = {
  Effect?: string
  Principal?: string | Record<string, unknown>
  Condition?: Record<string, Record<string, unknown>>
}

async function policyTriggers(lambda: LambdaClient, name: string, cut: AbortSignal): Promise<readonly string[]> {
  const { Policy = '{}' } = await lambda.send(new GetPolicyCommand({ FunctionName: name }), callOptions(cut))
  const { Statement = [] } = JSON.parse(Policy) as { Statement?: readonly Statement[] }
  return Statement.filter(({ Effect }) => Effect === 'Allow').map(({ Principal, Condition = {} }) => {
    const who =
      typeof Principal === 'string'
        ? Principal
        : Object.values(Principal ?? {})
            .flat()
            .join(', ')
    const source = Object.values(Condition)
      .flatMap(Object.entries)
      .find(([key]) => /^aws:sourcearn$/i.test(key))?.[1]
    return `${who} may invoke it${source === undefined ? '' : ` for ${String(source)}`}`
  })
}

async function eventSources(lambda: LambdaClient, name: string, cut: AbortSignal): Promise<readonly string[]> {
  const pages = paginateListEventSourceMappings({ client: lambda }, { FunctionName: name }, callOptions(cut))
  return (await all(pagesOf(pages, 'NextMarker'), ({ EventSourceMappings }) => EventSourceMappings))
    .filter(({ FunctionArn = '' }) => /:function:[^:]+(:\$LATEST)?$/.test(FunctionArn))
    .map(({ EventSourceArn, UUID }) => `event source mapping of ${EventSourceArn ?? UUID}`)
}

async function functionUrl(lambda: LambdaClient, name: string, cut: AbortSignal): Promise<readonly string[]> {
  const { FunctionUrl } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name }), callOptions(cut))
  return FunctionUrl === undefined ? [] : [`function URL ${FunctionUrl}`]
}
