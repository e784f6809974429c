import { differences, isRecord, type Settings } from './settings.ts'

/**
 * What is lent to `$LATEST`, and what it was before: member by member, variables one by one; `null` for one that is
 * absent.
 */
export type Lent = { readonly lent: Settings; readonly was: Settings }

/** What a configuration that names some members changes of the one that is there. */
export function lend(before: Settings, named: Settings): Lent {
  const members = membersOf(named).filter(({ path, value }) => !agrees(path, read(before, path), value))
  return {
    lent: gather(members),
    was: gather(members.map(({ path }) => ({ path, value: read(before, path) ?? null }))),
  }
}

/** Both loans as one; where both lent the same member, the later one knows what it was. */
export function lendMore(a: Lent, b: Lent): Lent {
  return {
    lent: gather([...membersOf(a.lent), ...membersOf(b.lent)]),
    was: gather([...membersOf(a.was), ...membersOf(b.was)]),
  }
}

/** What becomes of what was lent. */
export type Return = {
  /** What is to be set so that it is as it was. */
  readonly settings: Settings
  /** Members that are to be put back, and those that somebody else has changed since; names alone, no values. */
  readonly back: readonly string[]
  readonly changed: readonly string[]
}

/**
 * What is still to be put back: members that read as they were lent. What somebody has changed since is left to them.
 */
export function returnOf({ lent, was }: Lent, current: Settings): Return {
  const members = membersOf(lent).map(({ path, value }) => {
    const [seen, before] = [read(current, path), read(was, path) ?? null]
    const state = agrees(path, seen, before) ? 'back' : agrees(path, seen, value) ? 'lent' : 'changed'
    return { path, before, seen, state }
  })
  const lentStill = members.filter(({ state }) => state === 'lent')
  const variables = lentStill.filter(({ path }) => isVariable(path))
  const environment = variables.length === 0 ? {} : { Environment: environmentWith(current, variables) }
  const others = lentStill.flatMap(({ path: [name], before, seen }) =>
    name === undefined || name === 'Environment' ? [] : [[name, before ?? emptied(seen)] as const],
  )
  return {
    settings: { ...Object.fromEntries(others), ...environment },
    back: lentStill.map(nameOf),
    changed: members.filter(({ state }) => state === 'changed').map(nameOf),
  }
}

/** The members that were lent, by name. */
export function namesOf({ lent }: Lent): readonly string[] {
  return membersOf(lent).map(nameOf)
}

type Path = readonly string[]
type Member = { readonly path: Path; readonly value: unknown }

/** A configuration's members, and of its environment the variables, each of which has an owner of its own. */
function membersOf(settings: Settings): readonly Member[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (name !== 'Environment') return [{ path: [name], value }]
    const variables = recordOf(recordOf(value).Variables)
    return Object.entries(variables).map(([variable, text]) => ({ path: [name, 'Variables', variable], value: text }))
  })
}

function gather(members: readonly Member[]): Settings {
  const variables: Record<string, unknown> = {}
  const settings: Record<string, unknown> = {}
  for (const { path, value } of members) {
    if (isVariable(path)) variables[path[2] ?? ''] = value
    else settings[path[0] ?? ''] = value
  }
  return { ...settings, ...(Object.keys(variables).length > 0 && { Environment: { Variables: variables } }) }
}

function environmentWith(current: Settings, changes: readonly { path: Path; before: unknown }[]): Settings {
  const variables = { ...recordOf(recordOf(current.Environment).Variables) }
  for (const { path, before } of changes) {
    const name = path[2] ?? ''
    if (before === null) delete variables[name]
    else variables[name] = before
  }
  return { ...recordOf(current.Environment), Variables: variables }
}

/**
 * Whether a member reads as it was named. Of one that has members of its own only those that are named count: Lambda
 * adds others to them, such as the levels of a log that is set to JSON.
 */
function agrees(path: Path, seen: unknown, named: unknown): boolean {
  // A variable that is empty is there.
  if (isVariable(path)) return (seen ?? null) === named
  if (!isRecord(named)) return differences({ value: seen ?? null }, { value: named }).length === 0
  const members = recordOf(seen)
  return Object.entries(named).every(
    ([name, value]) => differences({ value: { [name]: members[name] } }, { value: { [name]: value } }).length === 0,
  )
}

/** A value's empty form, which is how a request takes a member away: left out, it would stay. */
function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return []
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, emptied(member)]))
  return typeof value === 'string' ? '' : typeof value === 'boolean' ? false : undefined
}

function nameOf({ path }: { readonly path: Path }): string {
  return isVariable(path) ? `the variable ${path[2]}` : (path[0] ?? '')
}

function isVariable(path: Path): boolean {
  return path.length === 3
}

function read(settings: Settings, path: Path): unknown {
  return path.reduce<unknown>((value, name) => {
    const members = recordOf(value)
    return Object.hasOwn(members, name) ? members[name] : undefined
  }, settings)
}

function recordOf(value: unknown): Settings {
  return isRecord(value) ? value : {}
}
