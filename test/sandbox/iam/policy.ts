/** An IAM policy document, as far as it is modelled; what is not, `readPolicy` throws at. */
export type PolicyDocument = {
  readonly Version: '2012-10-17'
  readonly Statement: PolicyStatement | readonly PolicyStatement[]
}

export type PolicyStatement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: OneOrMore
  readonly Resource: OneOrMore
  /** Values by condition key, by operator. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>
}

type OneOrMore = string | readonly string[]

/** One thing that a call has to be allowed: an action on a resource, and what conditions can see of it. */
export type Need = { readonly action: string; readonly resource: string; readonly context?: Context }

/** Values by condition key; a key that a call does not have meets no condition. */
export type Context = Readonly<Partial<Record<ConditionKey, string>>>

/** How a policy answers to a need; what it does not allow is refused, and a Deny wins over any Allow. */
export type Ruling = 'allowed' | 'not allowed' | 'denied'

export interface Policy {
  rule(need: Need): Ruling
}

const conditionKeys = [
  'lambda:FunctionUrlAuthType',
  'lambda:Principal',
  'lambda:InvokedViaFunctionUrl',
  'lambda:FunctionArn',
  'iam:PassedToService',
] as const

type ConditionKey = (typeof conditionKeys)[number]

type Matches = (wanted: string, actual: string) => boolean

/** How values are compared, by operator. */
const operators: Readonly<Record<string, Matches>> = {
  StringEquals: (wanted, actual) => wanted === actual,
  StringLike: like,
  Bool: (wanted, actual) => wanted.toLowerCase() === actual,
  ArnLike: (wanted, actual) => isArn(wanted) && matchesArn(wanted, actual),
}

/** Reads a policy document; throws at whatever the sandbox would otherwise have to pass over. */
export function readPolicy(document: PolicyDocument): Policy {
  requireKnown('the policy', document, ['Version', 'Id', 'Statement'])
  if (document.Version !== '2012-10-17') throw unreadable(`Version ${document.Version}`)
  const rules = listOf(document.Statement).map(readStatement)
  return {
    rule: need => {
      const effects = rules.filter(rule => rule.applies(need)).map(rule => rule.effect)
      if (effects.includes('Deny')) return 'denied'
      return effects.includes('Allow') ? 'allowed' : 'not allowed'
    },
  }
}

type Rule = { readonly effect: 'Allow' | 'Deny'; readonly applies: (need: Need) => boolean }

function readStatement(statement: PolicyStatement): Rule {
  requireKnown('a statement', statement, ['Sid', 'Effect', 'Action', 'Resource', 'Condition'])
  const { Effect, Action, Resource, Condition = {} } = statement
  if (Effect !== 'Allow' && Effect !== 'Deny') throw unreadable(`Effect ${Effect}`)
  const actions = listOf(Action).map(requireAction)
  const resources = listOf(Resource).map(requireResource)
  const conditions = readConditions(Condition)
  return {
    effect: Effect,
    applies: ({ action, resource, context = {} }) =>
      actions.some(pattern => like(pattern.toLowerCase(), action.toLowerCase())) &&
      resources.some(pattern => pattern === '*' || matchesArn(pattern, resource)) &&
      conditions.every(isMet => isMet(context)),
  }
}

function readConditions(condition: NonNullable<PolicyStatement['Condition']>): readonly ((met: Context) => boolean)[] {
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const matches = operators[operator]
    if (!matches) throw unreadable(`the condition operator ${operator}`)
    return Object.entries(keys).map(([name, values]) => {
      const key = conditionKeys.find(known => known.toLowerCase() === name.toLowerCase())
      if (!key) throw unreadable(`the condition key ${name}`)
      return (context: Context) => {
        const actual = context[key]
        return actual !== undefined && listOf(values).some(wanted => matches(wanted, actual))
      }
    })
  })
}

function requireAction(action: string): string {
  if (action !== '*' && !/^[a-z0-9-]+:[A-Za-z*?]+$/.test(action)) throw unreadable(`Action ${action}`)
  return action
}

/** Policy variables look like any text, and would match nothing. */
function requireResource(resource: string): string {
  const readable = resource === '*' || (isArn(resource) && !resource.includes('${'))
  if (!readable) throw unreadable(`Resource ${resource}`)
  return resource
}

function requireKnown(what: string, element: object, known: readonly string[]): void {
  const strange = Object.keys(element).filter(name => !known.includes(name))
  const missing = known.filter(name => !['Id', 'Sid', 'Condition'].includes(name) && !(name in element))
  if (strange.length > 0) throw unreadable(`${strange.join(', ')} of ${what}`)
  if (missing.length > 0) throw unreadable(`${what} without ${missing.join(', ')}`)
}

function unreadable(what: string): Error {
  return new Error(`The sandbox cannot enforce ${what}; write the policy without it, or teach it to test/sandbox/iam`)
}

function isArn(text: string): boolean {
  return /^arn(:[^:]*){4}:./.test(text)
}

/** By parts: a wildcard stays within its part, and the last part, after the account, has colons of its own. */
function matchesArn(pattern: string, arn: string): boolean {
  const parts = partsOf(arn)
  return partsOf(pattern).every((part, index) => like(part, parts[index] ?? ''))
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/** Whether a text is what a pattern with `*` and `?` says. */
function like(pattern: string, text: string): boolean {
  const literal = pattern.replace(/[\\^$.+()[\]{}|/-]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text)
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}
