import { leftOut } from '../rollout/waves.ts'
import type { Shape } from '../strategy.ts'
import type { Form } from './form.ts'

/** Reads `waves`: how many of `count` functions move together, wave by wave; `*` is all that are left. */
export function readWaves(form: Form, count: number, shape: Shape): readonly number[] {
  const text = form.text('waves')
  if (text === undefined) return []
  if (count < 2) {
    form.refuse('waves', '`function-name` has one function, which moves at once')
    return []
  }
  if (shape.kind === 'fixed' && shape.plan.pauses === true) {
    form.refuse('waves', `\`strategy: ${shape.plan.name}\` pauses, and no wave would follow the first`)
    return []
  }
  const parts = text.split(',').map(part => part.trim())
  const sizes = parts.map((part, i) => {
    if (part === '*' && i === parts.length - 1) return Number.POSITIVE_INFINITY
    return /^[1-9]\d*$/.test(part) ? Number(part) : undefined
  })
  const known = sizes.filter(size => size !== undefined)
  if (known.length < sizes.length) {
    form.complain(
      `\`waves\` is “${text}”; write how many functions move together, wave by wave, for example \`5, 25, *\``,
    )
    return []
  }
  const left = leftOut(count, known)
  if (left > 0) {
    form.complain(
      `\`waves\` is “${text}” and leaves ${left} of ${count} functions out; end it with \`*\`, which is all that are left`,
    )
  }
  return known
}
