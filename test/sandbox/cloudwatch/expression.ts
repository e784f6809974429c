import { validationError } from './errors.ts'

/** Metric math, as far as ratios need it: + - * / ( ), ids and numbers. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Expression; readonly right: Expression }

/** Reads an expression; throws ValidationError on any that is not modelled. */
export function parseExpression(source: string): Expression {
  const tokens = source.match(/\d+(?:\.\d+)?|[a-z]\w*|[-+*/()]|\S/g) ?? []
  let at = 0

  function sum(): Expression {
    let left = product()
    while (tokens[at] === '+' || tokens[at] === '-') left = operation(left, product)
    return left
  }

  function product(): Expression {
    let left = factor()
    while (tokens[at] === '*' || tokens[at] === '/') left = operation(left, factor)
    return left
  }

  function operation(left: Expression, next: () => Expression): Expression {
    const operator = tokens[at++] ?? ''
    return { kind: 'operation', operator, left, right: next() }
  }

  function factor(): Expression {
    const token = tokens[at++]
    if (token === '-') return { kind: 'operation', operator: '-', left: { kind: 'number', value: 0 }, right: factor() }
    if (token === '(') {
      const inner = sum()
      if (tokens[at++] !== ')') throw refused()
      return inner
    }
    if (token !== undefined && /^\d/.test(token)) return { kind: 'number', value: Number(token) }
    if (token !== undefined && /^[a-z]/.test(token)) return { kind: 'id', id: token }
    throw refused()
  }

  function refused() {
    return validationError(`The sandbox reads + - * / ( ), ids and numbers only, not the expression: ${source}`)
  }

  const whole = sum()
  if (at < tokens.length) throw refused()
  return whole
}

/** The ids that an expression refers to. */
export function idsOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'number':
      return []
    case 'id':
      return [expression.id]
    case 'operation':
      return [...idsOf(expression.left), ...idsOf(expression.right)]
  }
}

/** The value where each id has one; undefined where one is missing, or where something is divided by nothing. */
export function evaluate(expression: Expression, of: (id: string) => number | undefined): number | undefined {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'id':
      return of(expression.id)
    case 'operation':
      return combine(expression.operator, evaluate(expression.left, of), evaluate(expression.right, of))
  }
}

function combine(operator: string, left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  return right === 0 ? undefined : left / right
}
