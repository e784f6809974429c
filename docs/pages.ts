import { readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import { fill } from './fill.ts'
import {
  type Place,
  type PolicyDocument,
  policyOf,
  type Role,
  type RoleName,
  roleNames,
  roles,
  type Statement,
  statementsOf,
  trustOf,
  type WatchdogRoleName,
  watchdogRoleNames,
  watchdogRoles,
} from './policies.ts'

/** Writes what docs/permissions.md and docs/first-run.md say of policies anew from docs/policies.ts, their only source. */

/** A page's text as it is, and as it would be with its generated parts made anew. */
export type Page = { readonly file: string; readonly now: string; readonly fresh: string }

const home = new URL('./', import.meta.url)

/** The pages that have generated parts; throws where one has no place for them. */
export function pages(): readonly Page[] {
  return [page('permissions.md', { actions }), page('first-run.md', { trust, policy })]
}

function page(file: string, parts: Readonly<Record<string, () => string>>): Page {
  const now = readFileSync(new URL(file, home), 'utf8')
  const fresh = Object.entries(parts).reduce((text, [name, body]) => fill(`docs/${file}`, text, name, body()), now)
  return { file, now, fresh }
}

type AnyRole = RoleName | WatchdogRoleName

/** One action for one reason, and the roles that have it for that. */
type Use = {
  readonly action: string
  readonly because: string
  readonly when: string
  readonly without: string
  readonly names: readonly AnyRole[]
}

/** The table of all actions that any recipe's role has, each reason for it in a row of its own. */
function actions(): string {
  const every = [...roleNames, ...watchdogRoleNames].flatMap(name =>
    statementsOf(name).flatMap(statement => usesOf(name, statement)),
  )
  const merged = [
    ...Map.groupBy(every, ({ action, because, when, without }) => [action, because, when, without].join('\n')).values(),
  ].map(same => ({ ...(same[0] as Use), names: same.flatMap(({ names }) => names) }))
  const rows = merged
    .toSorted((a, b) => (a.action === b.action ? 0 : a.action < b.action ? -1 : 1))
    .map(({ action, because, when, without, names }) => [
      `\`${action}\``,
      because,
      when,
      without,
      linksTo([...new Set(names.map(recipeOf))]),
    ])
  const head = ['Action', 'What for', 'When', 'Without it the run', 'Recipes']
  return markdownTable([head, ...rows], { alignDelimiters: false, padding: true })
}

function usesOf(name: AnyRole, { actions, because, onlyWhen, without }: Statement): readonly Use[] {
  return actions.map(action => ({
    action,
    because,
    when: onlyWhen === undefined ? '' : `only when ${onlyWhen}`,
    without: without === 'fails' ? 'fails' : 'goes on and says so',
    names: [name],
  }))
}

/** Those that roll something out on an alias share most of their actions: together they are one word. */
function linksTo(recipes: readonly string[]): string {
  const rolling = new Set(roleNames.filter(rollsOut).map(recipeOf))
  const all = [...rolling].every(recipe => recipes.includes(recipe))
  const links = recipes
    .filter(recipe => !(all && rolling.has(recipe)))
    .map(recipe => `[${recipe}](recipes/${recipe}.md)`)
  return [...(all ? ['each that rolls out'] : []), ...links].join(', ')
}

function rollsOut(name: RoleName): boolean {
  const sids = statementsOf(name).map(({ sid }) => sid)
  return ['Release', 'Move', 'AlarmHistory'].every(sid => sids.includes(sid))
}

function recipeOf(name: AnyRole): string {
  const { recipe }: Pick<Role, 'recipe'> = { ...roles, ...watchdogRoles }[name]
  return recipe
}

/** The role of the first run, as a shell writes it: what begins with `$` is a variable there. */
const shell = { region: '$REGION', account: '$ACCOUNT', functionName: 'rollout-test' } as const

/** The role whose policy the first run takes. */
const firstRole = 'deploy-orders'

function trust(): string {
  return heredoc('trust.json', trustInShell())
}

const elsewhere = { bucket: '', prefix: '', repository: '' }

/** What the first run's role may do: what the canary's may, but for what `keep-versions` needs. */
export function firstPolicy(place: Place): PolicyDocument {
  const { Version, Statement } = policyOf(firstRole, place)
  const forPruning = ['List', 'PinnedVersions', 'DeleteVersions', 'Storage']
  return { Version, Statement: Statement.filter(({ Sid }) => !forPruning.includes(Sid)) }
}

function policy(): string {
  return heredoc('policy.json', firstPolicy({ ...shell, ...elsewhere }))
}

/** The trust policy with the one subject that the shell has found to be the repository's. */
function trustInShell(): unknown {
  const somebody = { owner: 'OWNER', ownerId: 'OWNER-ID', name: 'REPO', id: 'REPO-ID', account: shell.account }
  const text = JSON.stringify(trustOf(firstRole, somebody))
  return JSON.parse(text, (_, value: unknown) => (isSubjects(value) ? '$SUBJECT' : value))
}

function isSubjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(one => typeof one === 'string' && one.startsWith('repo:'))
}

function heredoc(file: string, document: unknown): string {
  const text = JSON.stringify(document, null, 2).replaceAll(/\[\s+("[^"]*")\s+\]/g, '[$1]')
  return `\`\`\`sh\ncat > ${file} <<END\n${text}\nEND\n\`\`\``
}

if (import.meta.main) {
  for (const { file, now, fresh } of pages()) {
    if (fresh !== now) writeFileSync(new URL(file, home), fresh)
  }
}
