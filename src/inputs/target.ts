import type { Target } from '../rollout/outcome.ts'
import type { Form } from './form.ts'
import { aliasName } from './source.ts'

/** A function that a run is about; `arn` when it was named by it, `artifact` where it has one of its own. */
export type FunctionNamed = Omit<Target, 'alias'> & { readonly arn?: string; readonly artifact?: string }

const functionArn = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:([a-zA-Z0-9-_]{1,64})$/
const functionNameOnly = /^[a-zA-Z0-9-_]{1,64}$/

/** What `function-name` may be: one function, one a line, or one a line that may bring its artifact (`name: path`). */
export type Naming = 'one' | 'several' | 'with artifacts'

/** Reads `function-name`, and the region that all of them lie in. There is one at least, if only without a name. */
export function readFunctions(
  form: Form,
  env: Readonly<Record<string, string | undefined>>,
  naming: Naming,
): readonly FunctionNamed[] {
  const lines = form.lines('function-name')
  if (naming === 'one' && lines.length > 1) {
    form.complain(
      `\`function-name\` has ${lines.length} lines, and \`command: ${form.text('command') ?? ''}\` takes one function; use a step (or a matrix job) for each`,
    )
  }
  const named = (lines.length === 0 ? [''] : lines).map(line => readLine(form, line, naming))
  const twice = named.find(({ functionName }, i) => named.findIndex(one => one.functionName === functionName) < i)
  if (twice !== undefined && twice.functionName !== '') {
    form.complain(`\`function-name\` names ${twice.functionName} twice; a rollout moves an alias once`)
  }
  const region = readRegion(form, env, named)
  return named.map(one => ({ ...one, region }))
}

/**
 * A line, `name` or `name: path`: split at the first colon that a blank follows, since ARNs and paths hold colons too.
 */
function readLine(form: Form, line: string, naming: Naming): FunctionNamed {
  const [name = '', artifact] = /:\s/.test(line) ? [line.replace(/:\s.*$/s, ''), line.replace(/^.*?:\s+/s, '')] : [line]
  if (artifact !== undefined && naming !== 'with artifacts') {
    form.complain(`\`function-name\` has the line “${line}” with an artifact, which only \`command: deploy\` takes`)
  }
  const [arn, region = '', arnName = ''] = functionArn.exec(name) ?? []
  if (arn === undefined && !functionNameOnly.test(name)) {
    form.complain(
      name === ''
        ? '`function-name` is missing; give a name or an ARN without a qualifier, for example `orders`'
        : `\`function-name\` is “${name}”; give a name or an ARN without a qualifier, for example \`orders\``,
    )
  }
  return {
    functionName: arn === undefined ? name : arnName,
    region,
    ...(arn !== undefined && { arn }),
    ...(artifact !== undefined && { artifact }),
  }
}

/** One run works in one region: that of the ARNs, or the one that is given. */
function readRegion(
  form: Form,
  env: Readonly<Record<string, string | undefined>>,
  named: readonly FunctionNamed[],
): string {
  const givenRegion = form.text('aws-region') ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? ''
  const regions = [...new Set(named.flatMap(({ region }) => (region === '' ? [] : [region])))]
  const [arnRegion] = regions
  if (regions.length > 1) {
    form.complain(
      `\`function-name\` has functions in ${regions.join(' and ')}; one run works in one region, so use a matrix`,
    )
  }
  if (arnRegion !== undefined && givenRegion !== '' && givenRegion !== arnRegion) {
    form.complain(
      `\`function-name\` lies in ${arnRegion} and the region is ${givenRegion}; set \`aws-region: ${arnRegion}\``,
    )
  }
  const region = arnRegion ?? givenRegion
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) {
    form.complain(
      region === ''
        ? '`aws-region` is missing and AWS_REGION is not set; run aws-actions/configure-aws-credentials first or set for example `aws-region: eu-west-1`'
        : `\`aws-region\` is “${region}”, which is no region; write for example \`eu-west-1\``,
    )
  }
  return region
}

/** Reads `alias`. */
export function readAlias(form: Form): string {
  const alias = form.text('alias') ?? 'live'
  if (!aliasName.test(alias)) {
    form.complain(
      `\`alias\` is “${alias}”; an alias is letters, digits, - and _, and not digits alone, for example \`live\``,
    )
  }
  return alias
}
