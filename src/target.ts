import type { Form } from './form.ts'
import type { Target } from './rollout/outcome.ts'
import { aliasName } from './source.ts'

/** The function that a run is about; `arn` when it was named by it. */
export type FunctionNamed = Omit<Target, 'alias'> & { readonly arn?: string }

const functionArn = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:([a-zA-Z0-9-_]{1,64})$/
const functionNameOnly = /^[a-zA-Z0-9-_]{1,64}$/

/** Reads `function-name` and the region that it lies in. */
export function readFunction(form: Form, env: Readonly<Record<string, string | undefined>>): FunctionNamed | undefined {
  const givenRegion = form.text('aws-region') ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? ''
  const names = form.lines('function-name')
  if (names.length > 1) {
    form.complain(
      `\`function-name\` has ${names.length} lines; one step takes one function so far, so use a step (or a matrix job) for each`,
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
  return { functionName: arn === undefined ? name : arnName, region, ...(arn !== undefined && { arn }) }
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
