import { parseDuration } from '../duration.ts'
import type { Check } from '../rollout/checks.ts'
import type { Policy } from '../rollout/decide.ts'
import { parseStrategy, type Shape } from '../strategy.ts'
import { defaultCheck, parseCheck } from './checks.ts'
import type { Form } from './form.ts'

/** How traffic is to move and what is to be watched meanwhile. */
export type Conduct = {
  readonly shape: Shape
  readonly policy: Policy
  readonly checks: readonly Check[]
  /** Nobody asked for these checks: they give way where metrics may not be read. */
  readonly checksByDefault: boolean
  readonly falseAlarmRate: number
  readonly afterTraffic: string | undefined
  readonly alarms: readonly string[]
  readonly alreadyInAlarm: 'fail' | 'ignore'
  /** How many versions a promotion leaves; undefined: it takes none away. */
  readonly keepVersions: number | undefined
  readonly dryRun: boolean
  /** The candidate has had traffic for a while: there is a bake to be judged whatever the strategy says. */
  readonly waited: boolean
}

/** The inputs that `readConduct` reads. */
export const conductInputs = [
  ...['strategy', 'canary-weight', 'bake-time', 'poll-interval', 'on-failure', 'after-traffic', 'keep-versions'],
  ...[
    'alarms',
    'already-in-alarm',
    'insufficient-data',
    'checks',
    'false-alarm-rate',
    'min-invocations',
    'low-traffic',
  ],
  ...['watchdog-role', 'dry-run'],
]

/** Reads how a rollout is to be conducted. What the strategy or the checks do not use is refused, not ignored. */
export function readConduct(form: Form, waited = false): Conduct {
  const { shape, policy } = readStrategy(form)
  const conduct: Conduct = {
    shape,
    policy,
    checks: readChecks(form),
    checksByDefault: form.text('checks') === undefined,
    falseAlarmRate: form.percentage('false-alarm-rate', '1%'),
    afterTraffic: form.text('after-traffic'),
    alarms: form.lines('alarms'),
    alreadyInAlarm: form.choice('already-in-alarm', ['fail', 'ignore'] as const, 'fail'),
    keepVersions: form.text('keep-versions') === undefined ? undefined : form.count('keep-versions', 10, 1),
    dryRun: form.flag('dry-run'),
    waited,
  }
  // The watchdog itself is made where the world is wired.
  form.roleArn('watchdog-role', 'rollout-watchdog')
  refuseUnused(form, conduct)
  return conduct
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

function readInsufficientData(form: Form): Policy['insufficientData'] {
  const text = form.text('insufficient-data') ?? 'continue'
  if (text === 'continue' || text === 'fail') return { kind: text }
  const [, duration = ''] = /^wait\s+(.+)$/.exec(text) ?? []
  const ms = parseDuration(duration)
  if (ms !== undefined && ms > 0) return { kind: 'wait', ms }
  form.complain(`\`insufficient-data\` is “${text}”; it must be \`continue\`, \`fail\` or for example \`wait 30m\``)
  return { kind: 'continue' }
}

function refuseUnused(form: Form, { shape, alarms, checks, policy, waited }: Conduct): void {
  const steps = shape.kind === 'fixed' ? shape.plan.steps : undefined
  if (!waited && steps !== undefined && steps.length > 0 && steps.every(step => step.bakeMs === 0)) {
    const because = `\`strategy: ${shape.kind === 'fixed' ? shape.plan.name : ''}\` has no bake in which it would be used`
    form.refuseAll(['poll-interval', 'insufficient-data'], because)
    if (!policy.afterTraffic) form.refuse('watchdog-role', because)
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
  if (shape.kind === 'fixed' && shape.plan.pauses === true) {
    const because = `\`strategy: ${shape.plan.name}\` pauses before any promotion; give it to the step with \`command: promote\``
    form.refuseAll(['after-traffic', 'keep-versions'], because)
  }
}
