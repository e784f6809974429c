import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { getAccountSettings } from './account.ts'
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from './aliases.ts'
import { deleteFunctionConcurrency, getFunctionConcurrency, putFunctionConcurrency } from './concurrency.ts'
import { createFunction } from './create-function.ts'
import { deleteFunction } from './delete-function.ts'
import {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
} from './event-sources.ts'
import { getFunction, getFunctionConfiguration } from './get-function.ts'
import { invoke } from './invoke.ts'
import { listFunctions, listVersionsByFunction } from './list-versions.ts'
import { addPermission, getPolicy, removePermission } from './policies.ts'
import { deleteProvisioned, getProvisioned, listProvisioned, putProvisioned } from './provisioned.ts'
import { publishVersion } from './publish-version.ts'
import { updateFunctionCode, updateFunctionConfiguration } from './update-function.ts'
import {
  createFunctionUrlConfig,
  deleteFunctionUrlConfig,
  getFunctionUrlConfig,
  listFunctionUrlConfigs,
  updateFunctionUrlConfig,
} from './urls.ts'

type Run = (world: World, input: Input) => Answer | Promise<Answer>

/** An operation of Lambda's REST API, and the members of its input that are modelled. */
export type Route = {
  readonly operation: string
  readonly method: string
  readonly path: string
  /** Whether it is the one that `?List=ALL` tells from another of the same path. */
  readonly list: boolean
  readonly status: number
  readonly members: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly run: Run
}

const functions = '/2015-03-31/functions'
const oneFunction = `${functions}/{FunctionName}`
const versions = `${oneFunction}/versions`
const aliases = `${oneFunction}/aliases`
const policy = `${oneFunction}/policy`
const provisioned = '/2019-09-30/functions/{FunctionName}/provisioned-concurrency'
const reserve = '/2017-10-31/functions/{FunctionName}/concurrency'
const url = '/2021-10-31/functions/{FunctionName}/url'
const sources = '/2015-03-31/event-source-mappings'

const configurationMembers =
  'Role Handler Description Timeout MemorySize VpcConfig Environment Runtime DeadLetterConfig KMSKeyArn TracingConfig Layers FileSystemConfigs ImageConfig EphemeralStorage SnapStart LoggingConfig DurableConfig'
const codeMembers = 'ZipFile S3Bucket S3Key S3ObjectVersion ImageUri Publish DryRun RevisionId Architectures'
const permissionMembers =
  'Qualifier StatementId Action Principal SourceArn SourceAccount EventSourceToken RevisionId PrincipalOrgID FunctionUrlAuthType InvokedViaFunctionUrl'
const sourceMembers = 'EventSourceArn Enabled BatchSize StartingPosition MaximumBatchingWindowInSeconds'

/** All that is modelled of Lambda. */
export const routes: readonly Route[] = [
  route(
    'CreateFunction',
    `POST ${functions}`,
    201,
    createFunction,
    `Code PackageType Publish Tags Architectures ${configurationMembers}`,
  ),
  route('ListFunctions', `GET ${functions}`, 200, listFunctions, 'Marker MaxItems'),
  route('GetFunction', `GET ${oneFunction}`, 200, getFunction, 'Qualifier'),
  route('DeleteFunction', `DELETE ${oneFunction}`, 204, deleteFunction, 'Qualifier'),
  route('GetFunctionConfiguration', `GET ${oneFunction}/configuration`, 200, getFunctionConfiguration, 'Qualifier'),
  route(
    'UpdateFunctionConfiguration',
    `PUT ${oneFunction}/configuration`,
    200,
    updateFunctionConfiguration,
    `RevisionId ${configurationMembers}`,
  ),
  route('UpdateFunctionCode', `PUT ${oneFunction}/code`, 200, updateFunctionCode, codeMembers),
  route('PublishVersion', `POST ${versions}`, 201, publishVersion, 'CodeSha256 Description RevisionId'),
  route('ListVersionsByFunction', `GET ${versions}`, 200, listVersionsByFunction, 'Marker MaxItems'),
  route('CreateAlias', `POST ${aliases}`, 201, createAlias, 'FunctionVersion Description RoutingConfig'),
  route('ListAliases', `GET ${aliases}`, 200, listAliases, 'FunctionVersion Marker MaxItems'),
  route('GetAlias', `GET ${aliases}/{Name}`, 200, getAlias, ''),
  route(
    'UpdateAlias',
    `PUT ${aliases}/{Name}`,
    200,
    updateAlias,
    'FunctionVersion Description RoutingConfig RevisionId',
  ),
  route('DeleteAlias', `DELETE ${aliases}/{Name}`, 204, deleteAlias, ''),
  route('Invoke', `POST ${oneFunction}/invocations`, 200, invoke, 'Qualifier Payload', {
    InvocationType: 'x-amz-invocation-type',
    LogType: 'x-amz-log-type',
    ClientContext: 'x-amz-client-context',
  }),
  route('AddPermission', `POST ${policy}`, 201, addPermission, permissionMembers),
  route('GetPolicy', `GET ${policy}`, 200, getPolicy, 'Qualifier'),
  route('RemovePermission', `DELETE ${policy}/{StatementId}`, 204, removePermission, 'Qualifier RevisionId'),
  route('CreateFunctionUrlConfig', `POST ${url}`, 201, createFunctionUrlConfig, 'Qualifier AuthType Cors InvokeMode'),
  route('GetFunctionUrlConfig', `GET ${url}`, 200, getFunctionUrlConfig, 'Qualifier'),
  route('UpdateFunctionUrlConfig', `PUT ${url}`, 200, updateFunctionUrlConfig, 'Qualifier AuthType Cors InvokeMode'),
  route('DeleteFunctionUrlConfig', `DELETE ${url}`, 204, deleteFunctionUrlConfig, 'Qualifier'),
  route('ListFunctionUrlConfigs', `GET ${url}s`, 200, listFunctionUrlConfigs, 'Marker MaxItems'),
  route('CreateEventSourceMapping', `POST ${sources}`, 202, createEventSourceMapping, `FunctionName ${sourceMembers}`),
  route(
    'ListEventSourceMappings',
    `GET ${sources}`,
    200,
    listEventSourceMappings,
    'FunctionName EventSourceArn Marker MaxItems',
  ),
  route('GetEventSourceMapping', `GET ${sources}/{UUID}`, 200, getEventSourceMapping, ''),
  route('DeleteEventSourceMapping', `DELETE ${sources}/{UUID}`, 202, deleteEventSourceMapping, ''),
  route(
    'PutProvisionedConcurrencyConfig',
    `PUT ${provisioned}`,
    202,
    putProvisioned,
    'Qualifier ProvisionedConcurrentExecutions',
  ),
  route('GetProvisionedConcurrencyConfig', `GET ${provisioned}`, 200, getProvisioned, 'Qualifier'),
  route('DeleteProvisionedConcurrencyConfig', `DELETE ${provisioned}`, 204, deleteProvisioned, 'Qualifier'),
  route('ListProvisionedConcurrencyConfigs', `GET ${provisioned}?List=ALL`, 200, listProvisioned, 'Marker MaxItems'),
  route('PutFunctionConcurrency', `PUT ${reserve}`, 200, putFunctionConcurrency, 'ReservedConcurrentExecutions'),
  route(
    'GetFunctionConcurrency',
    'GET /2019-09-30/functions/{FunctionName}/concurrency',
    200,
    getFunctionConcurrency,
    '',
  ),
  route('DeleteFunctionConcurrency', `DELETE ${reserve}`, 204, deleteFunctionConcurrency, ''),
  route('GetAccountSettings', 'GET /2016-08-19/account-settings', 200, getAccountSettings, ''),
]

function route(
  operation: string,
  line: string,
  status: number,
  run: Run,
  members: string,
  headers: Readonly<Record<string, string>> = {},
): Route {
  const [method = '', target = ''] = line.split(' ')
  const [path = '', query] = target.split('?')
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '')
  const all = [...inPath, ...members.split(' '), ...Object.keys(headers), ...bodyNames(operation)]
  return { operation, method, path, list: query !== undefined, status, members: all, headers, run }
}

/** CreateFunction and CreateAlias name in the body what the other operations name in the path. */
function bodyNames(operation: string): readonly string[] {
  if (operation === 'CreateFunction') return ['FunctionName']
  return operation === 'CreateAlias' ? ['Name'] : []
}
