import { validationError } from './errors.ts'
import type { StateValue } from './state.ts'

/** A composite alarm's rule. */
export type Rule =
  | { readonly kind: 'state'; readonly state: StateValue; readonly alarm: string }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'and' | 'or'; readonly left: Rule; readonly right: Rule }

/** Reads a rule: ALARM(), OK(), INSUFFICIENT_DATA(), AND, OR, NOT, TRUE, FALSE and parentheses. */
export function parseRule(source: string): Rule {
  const tokens = source.match(/"[^"]*"|[()]|[^\s()"]+/g) ?? []
  let at = 0

  function either(): Rule {
    let left = both()
    while (tokens[at] === 'OR') {
      at += 1
      left = { kind: 'or', left, right: both() }
    }
    return left
  }

  function both(): Rule {
    let left = single()
    while (tokens[at] === 'AND') {
      at += 1
      left = { kind: 'and', left, right: single() }
    }
    return left
  }

  function single(): Rule {
    const token = tokens[at++]
    switch (token) {
      case 'NOT':
        return { kind: 'not', rule: single() }
      case 'TRUE':
      case 'FALSE':
        return { kind: 'constant', value: token === 'TRUE' }
      case '(': {
        const inner = either()
        take(')')
        return inner
      }
      case 'ALARM':
      case 'OK':
      case 'INSUFFICIENT_DATA':
        return { kind: 'state', state: token, alarm: name() }
    }
    throw refused()
  }

  /** A name or an ARN, in quotes or bare; bare ones may have blanks. */
  function name(): string {
    take('(')
    const words: string[] = []
    while (at < tokens.length && tokens[at] !== ')') words.push(tokens[at++] ?? '')
    take(')')
    const given = words.join(' ').replaceAll('"', '')
    return /^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/.exec(given)?.[1] ?? given
  }

  function take(token: string): void {
    if (tokens[at++] !== token) throw refused()
  }

  function refused() {
    return validationError(`AlarmRule must be a valid rule, but is: ${source}`)
  }

  const whole = either()
  if (at < tokens.length) throw refused()
  return whole
}

/** The alarms that a rule names. */
export function namesOf(rule: Rule): readonly string[] {
  switch (rule.kind) {
    case 'state':
      return [rule.alarm]
    case 'constant':
      return []
    case 'not':
      return namesOf(rule.rule)
    case 'and':
    case 'or':
      return [...namesOf(rule.left), ...namesOf(rule.right)]
  }
}

/** Whether a rule holds, given the states of the alarms that it names. */
export function holds(rule: Rule, stateOf: (alarm: string) => StateValue): boolean {
  switch (rule.kind) {
    case 'state':
      return stateOf(rule.alarm) === rule.state
    case 'constant':
      return rule.value
    case 'not':
      return !holds(rule.rule, stateOf)
    case 'and':
      return holds(rule.left, stateOf) && holds(rule.right, stateOf)
    case 'or':
      return holds(rule.left, stateOf) || holds(rule.right, stateOf)
  }
}
