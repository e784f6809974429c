import type { Bindings } from './bindings.ts'

/** Texts that stand for any value of a kind. */
const masks = new Set(['code-sha256', 'lambda-url', 'date', 'timestamp', '<code-size>', '<location>'])

/** Members that AWS has added since the oldest recordings. */
const addedSince2022 = ['LoggingConfig', 'SnapStart', 'RuntimeVersionConfig', 'EphemeralStorage']

/** How an answer differs from the recorded one, by path; nothing where it does not. */
export function differences(
  recorded: unknown,
  actual: unknown,
  bindings: Bindings,
  old: boolean,
  path = '',
): readonly string[] {
  if (typeof recorded === 'string') return ofText(recorded, actual, bindings, path)
  if (Array.isArray(recorded)) {
    if (!Array.isArray(actual)) return [`${path}: expected a list, got ${show(actual)}`]
    const lengths = recorded.length === actual.length ? [] : [`${path}: ${actual.length} items, not ${recorded.length}`]
    return [
      ...lengths,
      ...recorded.flatMap((item, index) => differences(item, actual[index], bindings, old, `${path}[${index}]`)),
    ]
  }
  if (typeof recorded === 'object' && recorded !== null) return ofStructure(recorded, actual, bindings, old, path)
  return recorded === actual ? [] : [`${path}: expected ${show(recorded)}, got ${show(actual)}`]
}

function ofText(recorded: string, actual: unknown, bindings: Bindings, path: string): readonly string[] {
  if (masks.has(recorded)) return actual === undefined ? [`${path}: missing`] : []
  if (typeof actual !== 'string') return [`${path}: expected ${recorded}, got ${show(actual)}`]
  const problem = bindings.match(recorded, actual)
  return problem === undefined ? [] : [`${path}: ${problem}`]
}

function ofStructure(
  recorded: object,
  actual: unknown,
  bindings: Bindings,
  old: boolean,
  path: string,
): readonly string[] {
  const parsed = typeof actual === 'string' ? parse(actual) : actual
  if (typeof parsed !== 'object' || parsed === null) return [`${path}: expected a structure, got ${show(actual)}`]
  const given = Object.entries(parsed).filter(([, value]) => value !== undefined)
  const extra = given.filter(([key]) => !(key in recorded) && !(old && addedSince2022.includes(key)))
  return [
    ...extra.map(([key, value]) => `${path}.${key}: not recorded, got ${show(value)}`),
    ...Object.entries(recorded).flatMap(([key, value]) =>
      differences(value, Reflect.get(parsed, key), bindings, old, `${path}.${key}`),
    ),
  ]
}

/** Members that travel as JSON text were recorded parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
