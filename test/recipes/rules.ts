import { action, pinned } from './actions.ts'
import { type Job, ours, type Step, takesOn, type Workflow } from './recipes.ts'

/** What the house asks of a recipe beyond what GitHub does; each finding says where. */
export function ruleBreaks(workflow: Workflow): readonly string[] {
  const isUngrouped = (job: Job) => workflow.concurrency === undefined && job.concurrency === undefined
  const ungrouped = Object.entries(workflow.jobs).filter(([, job]) => isUngrouped(job))
  return [
    ...workflowBreaks(workflow),
    ...ungrouped.map(([name]) => `the job ${name} has no concurrency group`),
    ...(/cancel-in-progress: *(?!false)/.test(workflow.text) ? ['a rollout must not be cancelled by the next'] : []),
  ]
}

/** What it asks of any workflow: nothing is granted without a need and a reason, and nothing runs that is not pinned. */
export function workflowBreaks(workflow: Workflow): readonly string[] {
  return [
    ...(isEmpty(workflow.permissions) ? [] : ['there is no `permissions: {}` at the top']),
    ...Object.entries(workflow.jobs).flatMap(([name, job]) => [
      ...(job.permissions === undefined ? [`the job ${name} has no permissions of its own`] : []),
      ...grantBreaks(name, job),
      ...job.steps.flatMap(stepBreaks),
    ]),
    ...lineBreaks(workflow.text),
  ]
}

/** What is wrong with a step, wherever it stands. */
export function stepBreaks(step: Step): readonly string[] {
  const { run = '', uses = '', with: inputs = {} } = step
  const isOurs = ours.test(uses)
  const unknown = isOurs ? Object.keys(inputs).filter(name => !(name in action.inputs)) : []
  return [
    ...(run.includes('${{') ? ['an expression stands in a script'] : []),
    ...unknown.map(name => `the action has no input ${name}`),
    ...(isOurs && !('function-name' in inputs) ? ['function-name is missing'] : []),
    ...(isOurs && /always\(\)|cancelled\(\)/.test(step.if ?? '')
      ? ['a rollout step that runs on a cancel is never told of it']
      : []),
    ...(uses !== '' && !isOurs ? pinBreaks(uses) : []),
  ]
}

/** A job is granted what its steps need and nothing more. */
function grantBreaks(name: string, { permissions = {}, steps }: Job): readonly string[] {
  const needed = Object.assign({}, ...steps.map(grantsOf)) as Readonly<Record<string, string>>
  return [
    ...Object.entries(needed)
      .filter(([scope, level]) => permissions[scope] !== level)
      .map(([scope, level]) => `the job ${name} needs ${scope}: ${level}`),
    ...Object.keys(permissions)
      .filter(scope => !(scope in needed))
      .map(scope => `nothing in the job ${name} needs ${scope}`),
  ]
}

function grantsOf({ uses = '', run = '', with: inputs = {} }: Step): Readonly<Record<string, string>> {
  if (/^ *gh /m.test(run)) return { contents: 'write' }
  if (uses.startsWith('actions/attest@')) return { 'id-token': 'write', attestations: 'write' }
  if (uses.startsWith('actions/checkout@')) return { contents: 'read' }
  if (uses.startsWith('aws-actions/configure-aws-credentials@')) return { 'id-token': 'write' }
  if (!ours.test(uses)) return {}
  return { ...grantsOfOurs(inputs), ...(takesOn in inputs && { 'id-token': 'write' }) }
}

function grantsOfOurs(inputs: NonNullable<Step['with']>): Readonly<Record<string, string>> {
  const { command } = inputs
  if (command === 'preview' || command === 'prune') return { 'pull-requests': 'write', deployments: 'write' }
  return 'environment' in inputs ? { deployments: 'write' } : {}
}

function pinBreaks(uses: string): readonly string[] {
  const [name = '', ref] = uses.split('@')
  const release = pinned[name]
  if (release === undefined) return [`${name} is not among the pinned actions`]
  return ref === release.sha ? [] : [`${name} is not pinned to ${release.sha}`]
}

function isEmpty(permissions: unknown): boolean {
  return typeof permissions === 'object' && permissions !== null && Object.keys(permissions).length === 0
}

/** What only the text tells: comments, which YAML drops. */
function lineBreaks(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    const where = `line ${at + 1}`
    const [, action = '', comment] = /uses: ([^@\s]+)@\S+(?: # (\S+))?/.exec(line) ?? []
    const release = pinned[action]
    return [
      ...(/^\s+[a-z-]+: (read|write)\b/.test(line) && !/ # \S/.test(line)
        ? [`${where}: a grant without a reason`]
        : []),
      ...(/^\s+group: /.test(line) && !/ # \S/.test(line) ? [`${where}: a concurrency group without a reason`] : []),
      ...(release !== undefined && comment !== release.version
        ? [`${where}: the pin of ${action} does not say ${release.version}`]
        : []),
    ]
  })
}
