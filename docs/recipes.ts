import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import { fill } from './fill.ts'
import {
  policyOf,
  type RoleName,
  roleNames,
  roles,
  statementsOf,
  trustOf,
  type WatchdogRoleName,
  watchdogRoleNames,
  watchdogRoles,
  watchdogTrust,
} from './policies.ts'

/** Writes the policies in docs/recipes anew from docs/policies.ts, which is their only source. */

/** Any role that a recipe shows. */
type Shown = RoleName | WatchdogRoleName

const home = new URL('recipes/', import.meta.url)

/** A recipe's text as it is, and as it would be with its policies made anew. */
export type Recipe = { readonly file: string; readonly now: string; readonly fresh: string }

/** All recipes; throws where a role has no place, or more than one. */
export function recipes(): readonly Recipe[] {
  const files = globSync('*.md', { cwd: home }).toSorted()
  return files.map(file => {
    const now = readFileSync(new URL(file, home), 'utf8')
    const shown = [...roleNames, ...watchdogRoleNames].filter(name => fileOf(name) === file)
    const fresh = shown.reduce((text, name) => fill(file, text, `role ${name}`, body(name)), now)
    return { file, now, fresh }
  })
}

function fileOf(name: Shown): string {
  const { recipe } = { ...roles, ...watchdogRoles }[name]
  return `${recipe}.md`
}

function body(name: Shown): string {
  const rows = statementsOf(name).map(({ sid, because, onlyWhen, without }) => [
    `\`${sid}\``,
    because,
    onlyWhen === undefined ? '' : `only when ${onlyWhen}`,
    without === 'fails' ? 'fails' : 'goes on and says so',
  ])
  const head = ['Statement', 'What for', 'When', 'Without it the run']
  return [
    `What \`${name}\` may do; replace what is in capitals:`,
    json(policyOf(name)),
    markdownTable([head, ...rows], {
      alignDelimiters: false,
      padding: true,
    }),
    ...whoMayBe(name),
  ].join('\n\n')
}

function whoMayBe(name: Shown): readonly string[] {
  if (isWatchdogRole(name)) {
    return [`Who may be \`${name}\`: EventBridge Scheduler, for the schedules of this account:`, json(watchdogTrust())]
  }
  return [
    `Who may be \`${name}\`; keep the one of the two subjects that your repository sends ([which?](README.md#the-two-forms-of-the-subject)):`,
    json(trustOf(name)),
  ]
}

function isWatchdogRole(name: Shown): name is WatchdogRoleName {
  return name in watchdogRoles
}

function json(document: unknown): string {
  const text = JSON.stringify(document, null, 2).replaceAll(/\[\s+("[^"]*")\s+\]/g, '[$1]')
  return `\`\`\`json\n${text}\n\`\`\``
}

if (import.meta.main) {
  for (const { file, now, fresh } of recipes()) {
    if (fresh !== now) writeFileSync(new URL(file, home), fresh)
  }
}
