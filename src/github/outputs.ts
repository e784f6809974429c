import type { Fact } from '../ports.ts'
import { describeTarget, type Outcome, type Place } from '../rollout/outcome.ts'
import { primary } from '../rollout/routing.ts'

/** The action's outputs, on every end; what a run did not come to know is empty. */
export function outputsOf(facts: readonly Fact[]): Readonly<Record<string, string>> {
  const places = facts.find(fact => fact.kind === 'started')?.targets ?? []
  const outcome = facts.findLast(fact => fact.kind === 'ended')?.outcome
  const { result = '', reason = '' } = outcome ?? {}
  const each = places.map(place => {
    const end = places.length === 1 ? outcome : outcome?.targets?.find(({ target }) => isSame(target, place))
    return { place, outputs: outputsOn(place, facts, end ?? outcome) }
  })
  const [first] = each
  // Of several targets none is the one that a single output would speak of.
  const single = each.length === 1 && first !== undefined ? first.outputs : empty
  const targets = each.map(({ place: { functionName, alias = '' }, outputs }) => {
    return { 'function-name': functionName, alias, ...outputs }
  })
  return { ...single, result, reason, targets: JSON.stringify(targets) }
}

type Outputs = ReturnType<typeof outputsOn>

const empty: Outputs = {
  result: '',
  reason: '',
  version: '',
  'version-arn': '',
  'previous-version': '',
  'alias-arn': '',
  'code-sha256': '',
  'function-url': '',
}

function isSame(a: Place, b: Place): boolean {
  return describeTarget(a) === describeTarget(b)
}

function outputsOn(place: Place, facts: readonly Fact[], end: Pick<Outcome, 'result' | 'reason'> | undefined) {
  const found = facts.filter(fact => fact.kind === 'found').find(({ target }) => isSame(target, place))
  const version = facts.filter(fact => fact.kind === 'version').findLast(({ target }) => isSame(target, place))
  const url = facts.findLast(fact => fact.kind === 'url')
  return {
    result: end?.result ?? '',
    reason: end?.reason ?? '',
    version: version?.version ?? '',
    'version-arn': version?.arn ?? '',
    'previous-version': found?.alias === undefined ? '' : primary(found.alias.routing),
    'alias-arn': found?.alias?.arn ?? aliasArn(version?.arn, place.alias),
    'code-sha256': version?.codeSha256 ?? '',
    'function-url': url?.url ?? '',
  }
}

/** The ARN of an alias that was created by this run: the version's, with the alias in place of the number. */
function aliasArn(versionArn: string | undefined, alias: string | undefined): string {
  return versionArn === undefined || alias === undefined ? '' : versionArn.replace(/:\d+$/, `:${alias}`)
}
