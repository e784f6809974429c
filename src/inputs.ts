import { defaultCheck, parseCheck } from './checks.ts'
import { parseConfiguration } from './configuration.ts'
import { parseDuration } from './duration.ts'
import { Form } from './form.ts'
import type { Check } from './rollout/checks.ts'
import type { Policy } from './rollout/decide.ts'
import type { Run } from './rollout/journal.ts'
import type { Target } from './rollout/outcome.ts'
import type { Settings } from './rollout/settings.ts'
import { aliasName, type Lies, readSource, type Source } from './source.ts'
import { parseStrategy, type Shape } from './strategy.ts'

/** One function and alias, and what goes on it. `arn` when the function was named by it. */
export type DeployTarget = { readonly target: Target; readonly arn?: string; readonly source: Source }

export type DeployInputs = {
  readonly targets: readonly DeployTarget[]
  readonly configuration: Settings
  readonly versionDescription: string
  readonly uploadBucket: { readonly bucket: string; readonly prefix: string } | undefined
  readonly shape: Shape
  readonly policy: Policy
  readonly checks: readonly Check[]
  /** Nobody asked for these checks: they give way where metrics may not be read. */
  readonly checksByDefault: boolean
  readonly falseAlarmRate: number
  /** JSON that the candidate is invoked with before it gets traffic. */
  readonly smokeTest: string | undefined
  readonly beforeTraffic: string | undefined
  readonly afterTraffic: string | undefined
  readonly alarms: readonly string[]
  readonly alreadyInAlarm: 'fail' | 'ignore'
  readonly dryRun: boolean
  readonly readyTimeoutMs: number
}

/** Where the inputs come from: the step's `with:`, the process's environment, and what lies in the workspace. */
export type InputSources = {
  readonly get: (name: string) => string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly lies: Lies
  /** The text of a file; undefined when there is none. */
  readonly read: (path: string) => string | undefined
  readonly run: Run
  readonly ref: string
}

export type Loaded =
  | { readonly kind: 'inputs'; readonly inputs: DeployInputs }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

/** Reads every input once; all that is wrong with them is reported together, before anything is touched. */
export async function loadInputs(sources: InputSources): Promise<Loaded> {
  const form = new Form(sources.get)
  form.choice('command', ['deploy'], 'deploy')
  const region = form.text('aws-region') ?? sources.env.AWS_REGION ?? sources.env.AWS_DEFAULT_REGION ?? ''
  const target = readTarget(form, region)
  const source = readSource(form, sources.lies)
  const { shape, policy } = readStrategy(form)
  const checks = readChecks(form)
  const alarms = form.lines('alarms')
  const alreadyInAlarm = form.choice('already-in-alarm', ['fail', 'ignore'] as const, 'fail')
  const configuration = await readConfiguration(form)
  const inputs: DeployInputs = {
    targets: target === undefined || source === undefined ? [] : [{ ...target, source }],
    configuration,
    versionDescription: readDescription(form, sources),
    uploadBucket: readBucket(form),
    shape,
    policy,
    checks,
    checksByDefault: form.text('checks') === undefined,
    falseAlarmRate: form.percentage('false-alarm-rate', '1%'),
    smokeTest: readSmokeTest(form, sources.read),
    beforeTraffic: form.text('before-traffic'),
    afterTraffic: form.text('after-traffic'),
    alarms,
    alreadyInAlarm,
    dryRun: form.choice('dry-run', ['true', 'false'] as const, 'false') === 'true',
    readyTimeoutMs: form.duration('ready-timeout', '15m'),
  }
  refuseUnused(form, inputs, source)
  return form.problems.length > 0 ? { kind: 'problems', problems: form.problems } : { kind: 'inputs', inputs }
}

const functionArn = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:([a-zA-Z0-9-_]{1,64})$/
const functionNameOnly = /^[a-zA-Z0-9-_]{1,64}$/

function readTarget(form: Form, givenRegion: string): Omit<DeployTarget, 'source'> | undefined {
  const names = form.lines('function-name')
  const alias = form.text('alias') ?? 'live'
  if (!aliasName.test(alias)) {
    form.complain(
      `\`alias\` is “${alias}”; an alias is letters, digits, - and _, and not digits alone, for example \`live\``,
    )
  }
  if (names.length > 1) {
    form.complain(
      `\`function-name\` has ${names.length} lines; one step rolls out one function so far, so use a step (or a matrix job) for each`,
    )
    return undefined
  }
  const [name = ''] = names
  const [arn, arnRegion = '', arnName = ''] = functionArn.exec(name) ?? []
  if (arn === undefined && !functionNameOnly.test(name)) {
    form.complain(
      name === ''
        ? '`function-name` is missing; give a name or an ARN without a qualifier, for example `orders`'
        : `\`function-name\` is “${name}”; give a name or an ARN without a qualifier, for example \`orders\``,
    )
  }
  if (arn !== undefined && givenRegion !== '' && givenRegion !== arnRegion) {
    form.complain(
      `\`function-name\` lies in ${arnRegion} and the region is ${givenRegion}; set \`aws-region: ${arnRegion}\``,
    )
  }
  const region = arn === undefined ? givenRegion : arnRegion
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) {
    form.complain(
      region === ''
        ? '`aws-region` is missing and AWS_REGION is not set; run aws-actions/configure-aws-credentials first or set for example `aws-region: eu-west-1`'
        : `\`aws-region\` is “${region}”, which is no region; write for example \`eu-west-1\``,
    )
  }
  const functionName = arn === undefined ? name : arnName
  return { target: { functionName, alias, region }, ...(arn !== undefined && { arn }) }
}

function readBucket(form: Form): DeployInputs['uploadBucket'] {
  const text = form.text('upload-bucket')
  if (text === undefined) return undefined
  const [, bucket, prefix = ''] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? []
  if (bucket !== undefined) return { bucket, prefix: prefix.replace(/\/+$/, '') }
  form.complain(`\`upload-bucket\` is “${text}”; write \`bucket\` or \`bucket/prefix\``)
  return undefined
}

function readStrategy(form: Form): { shape: Shape; policy: Policy } {
  const text = form.text('strategy') ?? 'canary'
  const strategy = parseStrategy(text)
  const policy: Policy = {
    onFailure: form.choice('on-failure', ['roll-back', 'hold'] as const, 'roll-back'),
    insufficientData: readInsufficientData(form),
    minInvocations: form.count('min-invocations', 0),
    lowTraffic: readLowTraffic(form),
    pollMs: form.duration('poll-interval', '15s'),
    afterTraffic: form.text('after-traffic') !== undefined,
  }
  if (strategy.kind === 'problem') {
    form.complain(strategy.problem)
    return { shape: { kind: 'fixed', plan: { name: text, steps: [] } }, policy }
  }
  if (strategy.kind === 'fixed') {
    const because = `\`strategy: ${text}\` says its own steps`
    form.refuse('canary-weight', because)
    form.refuse('bake-time', because)
    return { shape: strategy, policy }
  }
  const weight = form.text('canary-weight')?.toLowerCase() === 'auto' ? 'auto' : form.percentage('canary-weight', '10')
  return { shape: { kind: strategy.kind, weight, bakeMs: form.duration('bake-time', '5m') }, policy }
}

function readChecks(form: Form): readonly Check[] {
  const lines = form.lines('checks')
  if (lines.length === 1 && lines[0] === 'none') return []
  return (lines.length === 0 ? [defaultCheck] : lines).flatMap(line => {
    const parsed = parseCheck(line)
    if (parsed.kind === 'check') return [parsed.check]
    form.complain(parsed.problem)
    return []
  })
}

function readLowTraffic(form: Form): Policy['lowTraffic'] {
  const text = form.text('low-traffic') ?? 'extend 30m'
  if (text === 'proceed' || text === 'fail') return { kind: text }
  const [, duration = ''] = /^extend\s+(.+)$/.exec(text) ?? []
  const ms = parseDuration(duration)
  if (ms !== undefined && ms > 0) return { kind: 'extend', ms }
  form.complain(`\`low-traffic\` is “${text}”; it must be \`proceed\`, \`fail\` or for example \`extend 30m\``)
  return { kind: 'proceed' }
}

/** JSON as it stands, or a file of it. */
function readSmokeTest(form: Form, read: InputSources['read']): string | undefined {
  const text = form.text('smoke-test')
  if (text === undefined || isJson(text)) return text
  const content = read(text)
  if (content !== undefined && isJson(content)) return content
  const why = content === undefined ? 'which is neither JSON nor a file' : 'a file that holds no JSON'
  form.complain(`\`smoke-test\` is “${text}”, ${why}; write for example \`{"ping": true}\``)
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function readInsufficientData(form: Form): Policy['insufficientData'] {
  const text = form.text('insufficient-data') ?? 'continue'
  if (text === 'continue' || text === 'fail') return { kind: text }
  const [, duration = ''] = /^wait\s+(.+)$/.exec(text) ?? []
  const ms = parseDuration(duration)
  if (ms !== undefined && ms > 0) return { kind: 'wait', ms }
  form.complain(`\`insufficient-data\` is “${text}”; it must be \`continue\`, \`fail\` or for example \`wait 30m\``)
  return { kind: 'continue' }
}

async function readConfiguration(form: Form): Promise<Settings> {
  const text = form.text('configuration')
  if (text === undefined) return {}
  const { settings, problems } = await parseConfiguration(text)
  for (const problem of problems) form.complain(problem)
  return settings
}

/** Lambda allows a description of at most 256 characters. */
const longestDescription = 256

function readDescription(form: Form, { run, ref }: InputSources): string {
  const given = form.text('version-description')
  if (given === undefined) {
    const by = `${run.commit.slice(0, 7)} ${ref === '' ? '' : `${ref} `}run ${run.id}.${run.attempt}`
    return `${run.repository}@${by}`.slice(0, longestDescription)
  }
  if (given.length > longestDescription) {
    form.complain(
      `\`version-description\` has ${given.length} characters; Lambda allows ${longestDescription}, so shorten it`,
    )
  }
  return given
}

/** An input that the source, the strategy or the checks do not use is refused, not ignored. */
function refuseUnused(form: Form, { shape, alarms, checks, policy }: DeployInputs, source: Source | undefined): void {
  if (source?.kind === 'version' || source?.kind === 'version-of') {
    const because = '`version` rolls out a version as it was published'
    form.refuseAll(['configuration', 'version-description', 'upload-bucket'], because)
  }
  if (source?.kind === 's3' || source?.kind === 'image') {
    form.refuse('upload-bucket', 'the artifact already lies where Lambda takes it from')
  }
  if (shape.kind === 'fixed' && shape.plan.steps.length > 0 && shape.plan.steps.every(step => step.bakeMs === 0)) {
    const because = `\`strategy: ${shape.plan.name}\` has no bake in which it would be used`
    form.refuseAll(['poll-interval', 'insufficient-data'], because)
    form.refuseAll(['checks', 'false-alarm-rate', 'min-invocations', 'low-traffic'], because)
    if (!policy.afterTraffic) form.refuse('on-failure', because)
  } else {
    if (alarms.length === 0) form.refuse('insufficient-data', 'there are no `alarms` that it is about')
    if (policy.minInvocations === 0 && !form.isWrong('min-invocations')) {
      form.refuse('low-traffic', 'without `min-invocations` no step waits for traffic')
    }
    if (checks.every(check => check.kind === 'limit') && !form.isWrong('checks')) {
      form.refuse('false-alarm-rate', 'no check of `checks` compares the candidate with stable')
    }
  }
  if (alarms.length === 0) form.refuse('already-in-alarm', 'there are no `alarms` that it is about')
}
