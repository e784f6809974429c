/**
 * What each recipe's roles may do in AWS, and who may take them on: the one source of the policies in docs/recipes and
 * of those that the tests have the sandbox enforce. Data and pure functions.
 */

/** What the policies are written for. */
export type Place = {
  readonly region: string
  readonly account: string
  readonly functionName: string
  /** Where zips go or lie, and under which prefix. */
  readonly bucket: string
  readonly prefix: string
  /** The ECR repository of the images. */
  readonly repository: string
}

/** The placeholders that the recipes show. */
export const placeholders: Place = {
  region: 'REGION',
  account: 'ACCOUNT',
  functionName: 'orders',
  bucket: 'BUCKET',
  prefix: 'orders',
  repository: 'orders',
}

/** One statement of a policy, with its reason. */
export type Statement = {
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly because: string
  /** When it is called, where that is not on every run. */
  readonly onlyWhen?: string
  /** What a run does that may not call it: it cannot do its work, or it gives way and says so. */
  readonly without: 'fails' | 'gives way'
  /** The only service that a role may be passed to. */
  readonly passedTo?: string
}

/** A role of a recipe: what a job may do, and which jobs may take it on. */
export type Role = {
  /** The recipe's file, without its ending. */
  readonly recipe: string
  /** The function that the recipe names, where it is not `orders` itself. */
  readonly functionName?: string
  /** All that the recipe names, where it rolls out several: then these, whichever the place names. */
  readonly functionNames?: readonly string[]
  /** What follows `repo:OWNER/REPO:` in the token's subject; with `*` in it for any. */
  readonly subject: string
  readonly statements: (place: Place) => readonly Statement[]
}

/** All roles by their names, as the recipes' `role-to-assume` names them. */
export const roles = {
  'deploy-orders': {
    recipe: 'canary',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms, ...afterwards(at)],
  },
  'stage-orders': {
    recipe: 'release',
    subject: 'ref:refs/tags/v*',
    statements: at => [read(at), release(at), move(at), creation(at), provisioned(at), ...triggers(at), invoke(at)],
  },
  'release-orders': {
    recipe: 'release',
    subject: 'environment:production',
    statements: at => [...rolling(at), ...alarms],
  },
  'canary-orders': {
    recipe: 'approval',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms, listVersions(at)],
  },
  'promote-orders': {
    recipe: 'approval',
    subject: 'environment:production',
    statements: at => [read(at), move(at), provisioned(at), ...alarms, metrics, logs(at)],
  },
  'preview-orders': {
    recipe: 'previews',
    functionName: 'orders-preview',
    subject: 'pull_request',
    statements: at => [
      read(at),
      release(at),
      previewAlias(at),
      ...previewUrl(at),
      openUrl(at),
      closeUrl(at),
      ...triggersOfPreview(at),
      aliases(at),
      ...[listingForClosing(at), deleteVersions(at, 'fails')].map(one => ({
        ...one,
        onlyWhen: 'the pull request closes',
      })),
    ],
  },
  'sweep-orders': {
    recipe: 'previews',
    functionName: 'orders-preview',
    subject: 'ref:refs/heads/main',
    statements: at => [...pruning(at), sweepPreviews(at), sweptUrl(at)],
  },
  'rollback-orders': {
    recipe: 'rollback',
    subject: 'ref:refs/heads/main',
    statements: at => [moveOnly(at), provisionedBack(at), listVersions(at)],
  },
  'long-orders': {
    recipe: 'long',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms, ...watchdog(at)],
  },
  'matrix-orders': {
    recipe: 'matrix',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms],
  },
  'monorepo-shop': {
    recipe: 'monorepo',
    functionNames: ['orders', 'billing', 'mail'],
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms],
  },
  's3-orders': {
    recipe: 's3',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms, putObject(at), getObject(at)],
  },
  'image-orders': {
    recipe: 'image',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms, login, push(at), takeImage(at)],
  },
  'start-orders': {
    recipe: 'unattended',
    subject: 'ref:refs/heads/main',
    statements: at => [...deploying(at), ...alarms],
  },
  'finish-orders': {
    recipe: 'unattended',
    subject: 'ref:refs/heads/main',
    statements: at => [read(at), askedBefore(move(at)), provisioned(at), ...alarms, metrics, logs(at)],
  },
  'drop-orders': {
    recipe: 'unattended',
    subject: 'ref:refs/heads/main',
    statements: at => [askedBefore(moveOnly(at)), provisionedBack(at)],
  },
} satisfies Record<string, Role>

/** A role of a recipe that no job takes on, but EventBridge Scheduler, when a watchdog's time has come. */
export type WatchdogRole = Pick<Role, 'recipe' | 'statements'>

/** All of them by their names, as the recipes' `watchdog-role` names them. */
export const watchdogRoles = {
  'watchdog-orders': {
    recipe: 'long',
    statements: at => [mend(at)],
  },
} satisfies Record<string, WatchdogRole>

/** The name of a role that EventBridge Scheduler takes on. */
export type WatchdogRoleName = keyof typeof watchdogRoles

/** The names of all of them. */
export const watchdogRoleNames = Object.keys(watchdogRoles) as readonly WatchdogRoleName[]

/** The name of a role. */
export type RoleName = keyof typeof roles

/** The names of all roles, in the order of the recipes. */
export const roleNames = Object.keys(roles) as readonly RoleName[]

/** What a role may do, on the function or functions that its recipe names, or on the one function of the place. */
export function statementsOf(name: RoleName | WatchdogRoleName, place?: Place): readonly Statement[] {
  const role: WatchdogRole & Pick<Role, 'functionName' | 'functionNames'> = { ...roles, ...watchdogRoles }[name]
  const { functionName = placeholders.functionName, functionNames } = role
  const at = place ?? { ...placeholders, functionName }
  const functions = functionNames ?? [at.functionName]
  return onEach(functions.map(one => role.statements({ ...at, functionName: one })))
}

/** The statements of several functions, alike but for what they are about, as those of one that are about all. */
function onEach([first = [], ...others]: readonly (readonly Statement[])[]): readonly Statement[] {
  return first.map((statement, i) => {
    const all = [statement, ...others.flatMap(statements => statements[i] ?? [])]
    return { ...statement, resources: [...new Set(all.flatMap(({ resources }) => resources))] }
  })
}

/** An IAM policy as IAM takes it. */
export type PolicyDocument = {
  readonly Version: '2012-10-17'
  readonly Statement: readonly {
    readonly Sid: string
    readonly Effect: 'Allow'
    readonly Action: readonly string[]
    readonly Resource: readonly string[]
    readonly Condition?: { readonly StringEquals: Readonly<Record<string, string>> }
  }[]
}

/** The policy of a role, ready to be attached. */
export function policyOf(name: RoleName | WatchdogRoleName, place?: Place): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statementsOf(name, place).map(({ sid, actions, resources, passedTo }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(passedTo !== undefined && { Condition: { StringEquals: { 'iam:PassedToService': passedTo } } }),
    })),
  }
}

/** Who GitHub says that a job is of. */
export type Repository = {
  readonly owner: string
  readonly ownerId: string
  readonly name: string
  readonly id: string
  readonly account: string
}

/** The placeholders of the trust policies. */
export const somebody: Repository = {
  owner: 'OWNER',
  ownerId: 'OWNER-ID',
  name: 'REPO',
  id: 'REPO-ID',
  account: placeholders.account,
}

/** Both forms of the token's subject: by names, and, for repositories made or renamed since 2026-07-15, by ids too. */
export function subjectsOf(name: RoleName, { owner, ownerId, name: repo, id }: Repository): readonly string[] {
  const { subject }: Role = roles[name]
  return [`repo:${owner}/${repo}:${subject}`, `repo:${owner}@${ownerId}/${repo}@${id}:${subject}`]
}

/** The trust policy of a role: only those jobs of that repository, by GitHub's OIDC provider. */
export function trustOf(name: RoleName, repository: Repository = somebody) {
  const subjects = subjectsOf(name, repository)
  const [aud, sub] = ['token.actions.githubusercontent.com:aud', 'token.actions.githubusercontent.com:sub']
  const audience = { [aud]: 'sts.amazonaws.com' }
  const any = subjects.some(subject => subject.includes('*'))
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          Federated: `arn:aws:iam::${repository.account}:oidc-provider/token.actions.githubusercontent.com`,
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: any
          ? { StringEquals: audience, StringLike: { [sub]: subjects } }
          : { StringEquals: { ...audience, [sub]: subjects } },
      },
    ],
  }
}

/** The trust policy of a watchdog's role: EventBridge Scheduler, for the schedules of this account and region alone. */
export function watchdogTrust({ region, account }: Pick<Place, 'region' | 'account'> = placeholders) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: scheduler },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': `arn:aws:scheduler:${region}:${account}:schedule-group/default`,
          },
        },
      },
    ],
  }
}

const scheduler = 'scheduler.amazonaws.com'

function unqualified({ region, account, functionName }: Place): string {
  return `arn:aws:lambda:${region}:${account}:function:${functionName}`
}

function qualified(at: Place): string {
  return `${unqualified(at)}:*`
}

/** Lambda compares a call's qualifier too: the unqualified ARN alone does not cover a version or an alias. */
function either(at: Place): readonly string[] {
  return [unqualified(at), qualified(at)]
}

/** A rollout of a new artifact. */
function deploying(at: Place): readonly Statement[] {
  return [read(at), release(at), ...rest(at), ...triggers(at)]
}

/** A rollout of a version that exists: nothing is released, and `$LATEST` and what invokes it do not matter. */
function rolling(at: Place): readonly Statement[] {
  return [read(at), ...rest(at)]
}

function rest(at: Place): readonly Statement[] {
  return [move(at), firstRun(at), provisioned(at), metrics, logs(at)]
}

function read(at: Place): Statement {
  return {
    sid: 'Read',
    actions: ['lambda:GetFunction'],
    resources: either(at),
    because: 'the state, code hash and configuration of the function and of the versions',
    without: 'fails',
  }
}

function release(at: Place): Statement {
  return {
    sid: 'Release',
    actions: ['lambda:UpdateFunctionCode', 'lambda:PublishVersion'],
    resources: [unqualified(at)],
    because:
      'to make the artifact a version; with `configuration`, add `lambda:UpdateFunctionConfiguration`, and `iam:PassRole` on the function’s role if that changes',
    without: 'fails',
  }
}

function move(at: Place): Statement {
  return {
    sid: 'Move',
    actions: ['lambda:GetAlias', 'lambda:UpdateAlias'],
    resources: either(at),
    because: 'the rollout and its roll-back; IAM cannot tell one alias of a function from another',
    without: 'fails',
  }
}

function moveOnly(at: Place): Statement {
  return { ...move(at), because: 'one read and one write; nothing else of the function has to work' }
}

/** Besides the action itself, a step before it asks what waits. */
function askedBefore(statement: Statement): Statement {
  return { ...statement, because: `${statement.because}; the step before reads the alias, too` }
}

function firstRun(at: Place): Statement {
  return {
    sid: 'FirstRun',
    actions: ['lambda:CreateAlias', 'lambda:DeleteAlias'],
    resources: either(at),
    because: 'the alias’s creation, and its roll-back; you can take this statement away once it is there',
    onlyWhen: 'the alias does not exist yet',
    without: 'fails',
  }
}

/** All at once there is nothing to watch, and so nothing to take an alias away again for. */
function creation(at: Place): Statement {
  return {
    ...firstRun(at),
    actions: ['lambda:CreateAlias'],
    because: 'the alias’s creation; you can take this statement away once it is there',
  }
}

function provisioned(at: Place): Statement {
  return {
    sid: 'ProvisionedConcurrency',
    actions: ['lambda:GetProvisionedConcurrencyConfig'],
    resources: [qualified(at)],
    because: 'to tell the weights that AWS sets meanwhile from a stranger’s, before which a rollout stands aside',
    onlyWhen: 'AWS moves provisioned concurrency on the alias',
    without: 'fails',
  }
}

function provisionedBack(at: Place): Statement {
  return { ...provisioned(at), because: 'to tell the weights that AWS sets after the roll-back from a stranger’s' }
}

function triggers(at: Place): readonly Statement[] {
  return [
    {
      sid: 'Triggers',
      actions: ['lambda:GetPolicy', 'lambda:GetFunctionUrlConfig'],
      resources: [unqualified(at)],
      because: 'to list what invokes `$LATEST`, which gets new code at the upload',
      without: 'gives way',
    },
    {
      sid: 'EventSources',
      actions: ['lambda:ListEventSourceMappings'],
      resources: ['*'],
      because: 'the same, for event source mappings; this action knows no resource',
      without: 'gives way',
    },
  ]
}

const alarms: readonly Statement[] = [
  {
    sid: 'Alarms',
    actions: ['cloudwatch:DescribeAlarms'],
    resources: ['*'],
    because: '`alarms`; on `*`, since composite alarms cannot be seen otherwise',
    without: 'fails',
  },
  {
    sid: 'AlarmHistory',
    actions: ['cloudwatch:DescribeAlarmHistory'],
    resources: ['*'],
    because: 'whether one fired and was well again between two looks; on `*` likewise',
    onlyWhen: 'an alarm has changed its state meanwhile',
    without: 'fails',
  },
]

const metrics: Statement = {
  sid: 'Metrics',
  actions: ['cloudwatch:GetMetricData'],
  resources: ['*'],
  because: '`checks`; this action knows no resource. Only the default check gives way',
  without: 'gives way',
}

function logs({ region, account, functionName }: Place): Statement {
  const group = `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${functionName}`
  return {
    sid: 'Logs',
    actions: ['logs:FilterLogEvents'],
    resources: [group, `${group}:*`],
    because:
      'to show what the candidate logged as errors; where the function logs to a log group of your own, put its ARN here in the policy',
    onlyWhen: 'the candidate was rolled back',
    without: 'gives way',
  }
}

function invoke(at: Place): Statement {
  return {
    sid: 'SmokeTest',
    actions: ['lambda:InvokeFunction'],
    resources: [qualified(at)],
    because: '`smoke-test` invokes the candidate by its version',
    without: 'fails',
  }
}

function listVersions(at: Place): Statement {
  return {
    sid: 'ListVersions',
    actions: ['lambda:ListVersionsByFunction'],
    resources: [unqualified(at)],
    because: 'to list the versions that there are to go back to',
    onlyWhen: '`rollback` does not know which was served before',
    without: 'gives way',
  }
}

function listing(at: Place, without: Statement['without']): Statement {
  return {
    sid: 'List',
    actions: ['lambda:ListVersionsByFunction', 'lambda:ListAliases', 'lambda:ListProvisionedConcurrencyConfigs'],
    resources: [unqualified(at)],
    because: 'which versions there are, and which of them something refers to',
    without,
  }
}

/** A preview looks at the aliases at each opening, and at the rest of what is listed when it closes. */
function listingForClosing(at: Place): Statement {
  const all = listing(at, 'fails')
  return { ...all, actions: all.actions.filter(action => action !== 'lambda:ListAliases') }
}

function aliases(at: Place): Statement {
  return {
    sid: 'Aliases',
    actions: ['lambda:ListAliases'],
    resources: [unqualified(at)],
    because: 'whether an alias is at `$LATEST` and would serve the preview’s code; which versions aliases refer to',
    without: 'fails',
  }
}

function deleteVersions(at: Place, without: Statement['without']): Statement {
  return {
    sid: 'DeleteVersions',
    actions: ['lambda:DeleteFunction'],
    resources: [qualified(at)],
    because: 'versions only: **never grant it on the ARN without `:*`, that would be the function itself**',
    without,
  }
}

/** `keep-versions` of a rollout, which is over by then, so that what goes wrong is a warning. */
function afterwards(at: Place): readonly Statement[] {
  return keeping(at, 'gives way').map(one => ({ ...one, onlyWhen: 'the candidate was promoted' }))
}

/** The versions that may go. */
function keeping(at: Place, without: Statement['without']): readonly Statement[] {
  return [
    listing(at, without),
    {
      sid: 'PinnedVersions',
      actions: ['lambda:GetPolicy'],
      resources: [qualified(at)],
      because: 'a version with a policy of its own is somebody’s and stays',
      without,
    },
    deleteVersions(at, without),
    {
      sid: 'Storage',
      actions: ['lambda:GetAccountSettings'],
      resources: ['*'],
      because: 'code storage before and after; this action knows no resource',
      without: 'gives way',
    },
  ]
}

/** What `prune` needs for versions; a rollout may list event sources already, as triggers. */
function pruning(at: Place): readonly Statement[] {
  return [
    ...keeping(at, 'fails'),
    {
      sid: 'EventSources',
      actions: ['lambda:ListEventSourceMappings'],
      resources: ['*'],
      because: 'a version that an event source mapping invokes stays; this action knows no resource',
      without: 'fails',
    },
  ]
}

function previewAlias(at: Place): Statement {
  return {
    sid: 'PreviewAlias',
    actions: ['lambda:GetAlias', 'lambda:CreateAlias', 'lambda:UpdateAlias', 'lambda:DeleteAlias'],
    resources: either(at),
    because: 'the alias `pr-<number>`, made, moved and removed',
    without: 'fails',
  }
}

function previewUrl(at: Place): readonly Statement[] {
  return [
    {
      sid: 'PreviewUrl',
      actions: ['lambda:GetFunctionUrlConfig', 'lambda:CreateFunctionUrlConfig', 'lambda:DeleteFunctionUrlConfig'],
      resources: either(at),
      because: 'the alias’s function URL; read without a qualifier too, to see whether one leads to `$LATEST`',
      without: 'fails',
    },
    {
      sid: 'ChangeUrl',
      actions: ['lambda:UpdateFunctionUrlConfig'],
      resources: either(at),
      because: 'the same URL with other callers',
      onlyWhen: '`function-url-auth` is another than it was',
      without: 'fails',
    },
  ]
}

function openUrl(at: Place): Statement {
  return {
    sid: 'OpenUrl',
    actions: ['lambda:AddPermission'],
    resources: either(at),
    because: '`function-url-auth: NONE` lets anybody call the URL; leave it out with `AWS_IAM`',
    without: 'fails',
  }
}

function closeUrl(at: Place): Statement {
  return {
    sid: 'CloseUrl',
    actions: ['lambda:RemovePermission'],
    resources: either(at),
    because: 'whatever let anybody call the URL is taken away',
    onlyWhen: 'the pull request closes, or its URL is no longer to be open',
    without: 'fails',
  }
}

function triggersOfPreview(at: Place): readonly Statement[] {
  return [
    {
      sid: 'Triggers',
      actions: ['lambda:GetPolicy'],
      resources: either(at),
      because: 'a preview is refused where something invokes `$LATEST`; a version with a policy of its own stays',
      without: 'fails',
    },
    {
      sid: 'EventSources',
      actions: ['lambda:ListEventSourceMappings'],
      resources: ['*'],
      because: 'the same, for event source mappings; this action knows no resource',
      without: 'fails',
    },
  ]
}

function sweepPreviews(at: Place): Statement {
  return {
    sid: 'SweepPreviews',
    actions: ['lambda:GetAlias', 'lambda:DeleteFunctionUrlConfig', 'lambda:RemovePermission', 'lambda:DeleteAlias'],
    resources: either(at),
    because: 'what the previews of pull requests that are closed by now left behind',
    without: 'fails',
  }
}

function sweptUrl(at: Place): Statement {
  return {
    sid: 'SweptUrl',
    actions: ['lambda:GetFunctionUrlConfig'],
    resources: either(at),
    because: 'which URL it is that goes',
    without: 'gives way',
  }
}

/** The schedule of a watchdog; its name holds the first 36 characters of the function's, and ends in letters that vary. */
function watchdog({ region, account, functionName }: Place): readonly Statement[] {
  const schedules = `schedule/default/lambda-rollout-${functionName.slice(0, 36)}-*`
  const resources = [`arn:aws:scheduler:${region}:${account}:${schedules}`]
  return [
    {
      sid: 'Watchdog',
      actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
      resources,
      because: '`watchdog-role`: the schedule that acts when this run is gone, set, moved on, and removed at the end',
      without: 'fails',
    },
    {
      sid: 'WatchdogRole',
      actions: ['iam:PassRole'],
      resources: [`arn:aws:iam::${account}:role/watchdog-orders`],
      because: 'the schedule acts as that role; only Scheduler may be handed it',
      passedTo: scheduler,
      without: 'fails',
    },
  ]
}

/** What a watchdog does, when the run that set it is gone. */
function mend(at: Place): Statement {
  return {
    sid: 'Mend',
    actions: ['lambda:UpdateAlias'],
    resources: either(at),
    because: 'to take the canary of a dead run off the alias',
    onlyWhen: 'a run is gone and left a canary',
    without: 'fails',
  }
}

function putObject({ bucket, prefix }: Place): Statement {
  return {
    sid: 'Upload',
    actions: ['s3:PutObject'],
    resources: [`arn:aws:s3:::${bucket}/${prefix}/*`],
    because: 'the build puts the zip there; where `upload-bucket` does it instead, add `s3:AbortMultipartUpload`',
    without: 'fails',
  }
}

function getObject({ bucket, prefix }: Place): Statement {
  return {
    sid: 'TakeObject',
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    resources: [`arn:aws:s3:::${bucket}/${prefix}/*`],
    because: 'Lambda fetches the zip in the name of who calls it; `s3:GetObject` is for one whose version is not named',
    without: 'fails',
  }
}

const login: Statement = {
  sid: 'EcrLogin',
  actions: ['ecr:GetAuthorizationToken'],
  resources: ['*'],
  because: 'to log Docker in; this action knows no resource',
  without: 'fails',
}

function imagesOf({ region, account, repository }: Place): readonly string[] {
  return [`arn:aws:ecr:${region}:${account}:repository/${repository}`]
}

function push(at: Place): Statement {
  return {
    sid: 'PushImage',
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
      'ecr:PutImage',
    ],
    resources: imagesOf(at),
    because: 'to push the image',
    without: 'fails',
  }
}

function takeImage(at: Place): Statement {
  return {
    sid: 'TakeImage',
    actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    resources: imagesOf(at),
    because: 'Docker reads what is there already, and Lambda takes the image in the name of who calls it',
    without: 'fails',
  }
}
