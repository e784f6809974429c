/** A function's configuration under Lambda's own member names, in the form in which a request sets it. */
export type Settings = Readonly<Record<string, unknown>>

/** One member that differs; of environment variables the names only, since their values may be secrets. */
export type Difference = { readonly name: string; readonly from: string; readonly to: string }

/**
 * What `named` leaves of `current`: only what is named changes; lists are replaced whole, `null` takes a member away.
 */
export function overlay(current: Settings, named: Settings): Settings {
  const result: Record<string, unknown> = { ...current }
  for (const [name, value] of Object.entries(named)) {
    const before = result[name]
    if (value === null) delete result[name]
    else result[name] = isRecord(value) ? overlay(isRecord(before) ? before : {}, value) : value
  }
  return result
}

/** The members in which two configurations differ, by name; absent and empty are the same. */
export function differences(from: Settings, to: Settings): readonly Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return names.flatMap(name => {
    if (name === 'Environment') return environmentDifference(variablesOf(from), variablesOf(to))
    const [a, b] = [display(from[name]), display(to[name])]
    return a === b ? [] : [{ name, from: a, to: b }]
  })
}

function environmentDifference(from: Settings, to: Settings): readonly Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  const with_ = (verb: string, picked: readonly string[]) =>
    picked.length === 0 ? [] : [`${verb} ${picked.join(', ')}`]
  const parts = [
    ...with_(
      'adds',
      names.filter(name => !Object.hasOwn(from, name)),
    ),
    ...with_(
      'changes',
      names.filter(name => Object.hasOwn(from, name) && Object.hasOwn(to, name) && from[name] !== to[name]),
    ),
    ...with_(
      'removes',
      names.filter(name => !Object.hasOwn(to, name)),
    ),
  ]
  if (parts.length === 0) return []
  return [{ name: 'Environment', from: count(from), to: parts.join('; ') }]
}

function count(variables: Settings): string {
  const size = Object.keys(variables).length
  return size === 1 ? '1 variable' : `${size} variables`
}

function variablesOf(settings: Settings): Settings {
  const environment = settings.Environment
  const variables = isRecord(environment) ? environment.Variables : undefined
  return isRecord(variables) ? variables : {}
}

/** A canonical text of a value: keys sorted, what is empty left out, members that are sets in order. */
function display(value: unknown): string {
  const text = JSON.stringify(canonical(value))
  return text === undefined ? '' : text.replace(/^"(.*)"$/, '$1')
}

const sets = new Set(['SubnetIds', 'SecurityGroupIds'])

function canonical(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map(item => canonical(item))
    if (items.length === 0) return undefined
    return sets.has(name) ? items.sort() : items
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, member]) => [key, canonical(member, key)] as const)
    const kept = entries.filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
    return kept.length === 0 ? undefined : Object.fromEntries(kept)
  }
  return value === '' || value === false || value === null ? undefined : value
}

/** Whether a value has members of its own. */
export function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
