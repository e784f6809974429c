import { type Conduct, conductInputs, readConduct } from './inputs/conduct.ts'
import { Form } from './inputs/form.ts'
import { type Making, makingInputs, readMaking, type Workspace } from './inputs/making.ts'
import { pullNeeded, readPull } from './inputs/pull.ts'
import { readVersion, type Source } from './inputs/source.ts'
import { type FunctionNamed, type Naming, readAlias, readFunctions } from './inputs/target.ts'
import { readWaves } from './inputs/waves.ts'
import type { Run } from './rollout/journal.ts'
import type { Command, Target } from './rollout/outcome.ts'
import { type Pull, previewAlias, previewEnvironment, previewPrefix, type UrlAuth } from './rollout/preview.ts'

/** One function and alias; `arn` when the function was named by it. */
export type Named = { readonly target: Target; readonly arn?: string }

/** One function and alias, and what goes on it. */
export type DeployTarget = Named & { readonly source: Source }

/** What is to be deployed where, and how. */
export type DeployInputs = Conduct &
  Making & {
    readonly targets: readonly DeployTarget[]
    /** How many targets move together, wave by wave; none: all of them. */
    readonly waves: readonly number[]
    readonly beforeTraffic: string | undefined
  }

/** A version that exists: by its number, or that of another alias. */
export type VersionNamed = Extract<Source, { kind: 'version' | 'version-of' }>

/** Which canaries are to be taken on, and how. */
export type PromoteInputs = Conduct & {
  readonly targets: readonly Named[]
  /** The canary to take on, where it is not the one that this workflow run left. */
  readonly version: VersionNamed | undefined
}

/** What is to go back, and where to. */
export type RollbackInputs = {
  readonly targets: readonly Named[]
  /** Where to go back to, where it is not the version served before. */
  readonly version: VersionNamed | undefined
  readonly dryRun: boolean
}

/** The preview of a pull request, or its end. */
export type PreviewInputs = {
  readonly target: Target
  readonly arn?: string
  readonly pull: Pull
  readonly auth: UrlAuth
  /** The one of GitHub in which it is a deployment. */
  readonly environment: string
  readonly dryRun: boolean
  /** What the preview shows; nothing where it is to be taken away. */
  readonly shows: (Making & { readonly source: Source }) | undefined
}

/** What is to be tidied up, and what is kept. */
export type PruneInputs = {
  readonly functionName: string
  readonly arn?: string
  readonly region: string
  readonly keepVersions: number
  /** The one of GitHub in which previews are deployments. */
  readonly environment: string
  readonly dryRun: boolean
}

/** What a step is asked for; `environment` is the one of GitHub in which it is a deployment. */
export type Inputs = { readonly environment: string | undefined } & (
  | ({ readonly command: 'deploy' } & DeployInputs)
  | ({ readonly command: 'promote' } & PromoteInputs)
  | ({ readonly command: 'rollback' } & RollbackInputs)
  | ({ readonly command: 'preview' } & PreviewInputs)
  | ({ readonly command: 'prune' } & PruneInputs)
)

/** Where the inputs come from: the step's `with:`, the process's environment, the event, and the workspace. */
export type InputSources = Workspace & {
  readonly get: (name: string) => string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run: Run
  readonly ref: string
  /** What the event that started the workflow says. */
  readonly event: unknown
}

/** The inputs, or all that is wrong with them. */
export type Loaded =
  | { readonly kind: 'inputs'; readonly inputs: Inputs }
  | { readonly kind: 'problems'; readonly command: Command; readonly problems: readonly string[] }

const commands = ['deploy', 'promote', 'rollback', 'preview', 'prune'] as const

/** The inputs that each command uses, besides those that all do. One that is used by others only is refused. */
const uses: Readonly<Record<Command, readonly string[]>> = {
  deploy: ['alias', 'environment', 'waves', 'before-traffic', ...makingInputs, ...conductInputs],
  promote: ['alias', 'environment', 'version', ...conductInputs],
  rollback: ['alias', 'environment', 'version', 'dry-run'],
  preview: ['environment', 'function-url-auth', 'dry-run', ...makingInputs],
  prune: ['keep-versions', 'environment', 'dry-run'],
}

/** Reads every input once; all that is wrong with them is reported together, before anything is touched. */
export async function loadInputs(sources: InputSources): Promise<Loaded> {
  const form = new Form(sources.get)
  const command = form.choice('command', commands, 'deploy')
  refuseUnused(form, command)
  // The role is taken on where the world is wired.
  form.roleArn('role-to-assume', 'deploy-orders')
  const named = readFunctions(form, sources.env, namings[command])
  const inputs = await read(command, form, named, sources)
  return inputs === undefined || form.problems.length > 0
    ? { kind: 'problems', command, problems: form.problems }
    : { kind: 'inputs', inputs }
}

const namings: Readonly<Record<Command, Naming>> = {
  deploy: 'with artifacts',
  promote: 'several',
  rollback: 'several',
  preview: 'one',
  prune: 'one',
}

function refuseUnused(form: Form, command: Command): void {
  const used = uses[command]
  const others = new Set(
    Object.values(uses)
      .flat()
      .filter(name => !used.includes(name)),
  )
  for (const name of others) form.refuse(name, whyUnused(command, name))
}

function whyUnused(command: Command, name: string): string {
  if (command === 'preview' && name === 'alias') return '`command: preview` names its alias itself, `pr-<number>`'
  return `\`command: ${command}\` does not use it`
}

async function read(
  command: Command,
  form: Form,
  functions: readonly FunctionNamed[],
  sources: InputSources,
): Promise<Inputs | undefined> {
  const [named = { functionName: '', region: '' }] = functions
  const environment = form.text('environment')
  switch (command) {
    case 'deploy': {
      const wishes = targetsOf(functions, readAlias(form))
      const own = functions.map(({ artifact }) => artifact)
      const { sources: made, ...making } = await readMaking(form, sources, { says: describe(sources), own })
      const targets = wishes.flatMap((wish, i): readonly DeployTarget[] => {
        const source = made[i]
        return source === undefined ? [] : [{ ...wish, source }]
      })
      const conduct = readConduct(form)
      const waves = readWaves(form, functions.length, conduct.shape)
      return { command, environment, targets, waves, ...making, ...conduct, beforeTraffic: form.text('before-traffic') }
    }
    case 'promote': {
      const targets = targetsOf(functions, readAlias(form))
      return { command, environment, targets, version: readOne(form, functions), ...readConduct(form, true) }
    }
    case 'rollback': {
      const targets = targetsOf(functions, readAlias(form))
      return { command, environment, targets, version: readOne(form, functions), dryRun: form.flag('dry-run') }
    }
    case 'preview':
      return await readPreview(form, named, environment, sources)
    case 'prune': {
      const { functionName, region, arn } = named
      const keepVersions = form.count('keep-versions', 10, 1)
      const recordedIn = environment ?? previewEnvironment
      const prune = {
        functionName,
        region,
        ...(arn !== undefined && { arn }),
        keepVersions,
        dryRun: form.flag('dry-run'),
      }
      return { command, environment: recordedIn, ...prune }
    }
  }
}

/** Where a preview is to be taken away, what would be built for it is not there, and is not asked for. */
async function readPreview(
  form: Form,
  named: FunctionNamed,
  environment: string | undefined,
  sources: InputSources,
): Promise<Inputs | undefined> {
  const pull = readPull(sources.event)
  if (pull === undefined) {
    form.complain(pullNeeded)
    return undefined
  }
  const { repository } = sources.run
  const prefix = previewPrefix(repository, pull.number)
  const recordedIn = environment ?? previewEnvironment
  const target = targetOf(named, previewAlias(pull.number))
  const auth = form.choice('function-url-auth', ['AWS_IAM', 'NONE'] as const, 'AWS_IAM')
  const common = {
    command: 'preview',
    environment: recordedIn,
    ...target,
    pull,
    auth,
    dryRun: form.flag('dry-run'),
  } as const
  if (pull.closed) return { ...common, shows: undefined }
  const described = { prefix, says: describe(sources, pull.commit), own: [undefined] }
  const { sources: made, ...making } = await readMaking(form, sources, described)
  const [source] = made
  return source === undefined ? undefined : { ...common, shows: { ...making, source } }
}

function targetOf({ functionName, region, arn }: FunctionNamed, alias: string): Named {
  return { target: { functionName, region, alias }, ...(arn !== undefined && { arn }) }
}

function targetsOf(functions: readonly FunctionNamed[], alias: string): readonly Named[] {
  return functions.map(named => targetOf(named, alias))
}

/** Reads `version`, whose number is one function's own. */
function readOne(form: Form, functions: readonly FunctionNamed[]): VersionNamed | undefined {
  const version = readVersion(form)
  if (version?.kind === 'version' && functions.length > 1) {
    form.complain(
      `\`version\` is “${version.version}”, and every function counts its own versions; leave it out, or use a step for each`,
    )
  }
  return version
}

/** What a version's description says where nobody gives one. */
function describe({ run, ref }: InputSources, commit = run.commit): string {
  const by = `${commit.slice(0, 7)} ${ref === '' ? '' : `${ref} `}run ${run.id}.${run.attempt}`
  return `${run.repository}@${by}`
}
