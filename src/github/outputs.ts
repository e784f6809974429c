import type { Fact } from '../ports.ts'
import { primary } from '../rollout/routing.ts'

/** The action's outputs, on every end; what a run did not come to know is empty. */
export function outputsOf(facts: readonly Fact[]): Readonly<Record<string, string>> {
  const started = facts.find(fact => fact.kind === 'started')
  const found = facts.find(fact => fact.kind === 'found')
  const version = facts.findLast(fact => fact.kind === 'version')
  const url = facts.findLast(fact => fact.kind === 'url')
  const ended = facts.findLast(fact => fact.kind === 'ended')
  const single = {
    result: ended?.outcome.result ?? '',
    reason: ended?.outcome.reason ?? '',
    version: version?.version ?? '',
    'version-arn': version?.arn ?? '',
    'previous-version': found?.alias === undefined ? '' : primary(found.alias.routing),
    'alias-arn': found?.alias?.arn ?? aliasArn(version?.arn, started?.target.alias),
    'code-sha256': version?.codeSha256 ?? '',
    'function-url': url?.url ?? '',
  }
  const { functionName, alias = '' } = started?.target ?? {}
  const target = started && { 'function-name': functionName, alias, ...single }
  return { ...single, targets: JSON.stringify(target === undefined ? [] : [target]) }
}

/** The ARN of an alias that was created by this run: the version's, with the alias in place of the number. */
function aliasArn(versionArn: string | undefined, alias: string | undefined): string {
  return versionArn === undefined || alias === undefined ? '' : versionArn.replace(/:\d+$/, `:${alias}`)
}
