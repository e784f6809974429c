import { type Plan, planMs } from './plan.ts'

/** When the AWS credentials end (epoch ms), and whether they tell or it is assumed. */
export type SessionEnd = { readonly at: number; readonly known: boolean }

/** A rollout is rolled back this long before its credentials end, so that a roll-back never finds them expired. */
const marginMs = 10 * 60_000

/** When a rollout has to be over, one way or the other, epoch ms. */
export function lastMoment({ at }: SessionEnd): number {
  return at - marginMs
}

/** A release takes a while before the first bake, and every look a little. */
const besidesMs = 5 * 60_000
/** So many hooks run at once: what they test may be the same. */
export const hooksAtOnce = 10

/** How many rounds the hooks of so many functions take, one after the other. */
export function hookRounds(functions: number): number {
  return Math.ceil(functions / hooksAtOnce)
}

/** A hook at 100 % may take as long as Lambda lets a function run. */
const hookMs = 15 * 60_000
/** Credentials that do not tell their end are good for a plan of so long. */
const untoldMs = 45 * 60_000

/** How often a plan is gone through, wave by wave, and how many hooks that run one after the other end its waves. */
export type Rounds = { readonly waves: number; readonly hooks: number }

/** What is in the way of a plan that takes longer than its credentials. */
export function sessionObstacles(
  plan: Plan,
  now: number,
  end: SessionEnd | undefined,
  { waves, hooks }: Rounds = { waves: 1, hooks: 0 },
): readonly string[] {
  if (end === undefined) return []
  const longestMs = end.known ? lastMoment(end) - now - besidesMs : untoldMs
  const bakesMs = planMs(plan) * waves
  if (bakesMs + hooks * hookMs <= longestMs) return []
  const longest = Math.max(0, Math.floor(longestMs / 60_000))
  const minutes = Math.ceil(bakesMs / 60_000)
  const inWaves = waves === 1 ? '' : ` in ${waves} waves`
  const beside = hooks === 0 ? '' : ` beside the ${(hooks * hookMs) / 60_000} that \`after-traffic\` may take`
  const room = `the plan bakes for ${minutes} minutes${inWaves}${beside}, and`
  const reserve = 'with ten minutes kept for a roll-back and five for the release'
  return [
    end.known
      ? `${room} the AWS credentials leave ${longest}, ${reserve}; give them longer (\`role-duration-seconds\` of configure-aws-credentials), shorten \`strategy\`, or set \`role-to-assume\`, which renews them`
      : `${room} AWS credentials that do not tell their end are good for ${longest}, ${reserve}; set \`role-to-assume\`, which renews them, or tell their end in AWS_CREDENTIAL_EXPIRATION (configure-aws-credentials puts it out as \`aws-expiration\` with \`output-credentials: true\`)`,
  ]
}

/** Why so many rounds of hooks are not to begin: they might outlast the credentials. Undefined where there is time. */
export function hooksOutlast(now: number, end: SessionEnd | undefined, rounds: number): string | undefined {
  if (end === undefined || now + rounds * hookMs <= lastMoment(end)) return undefined
  const at = new Date(end.at).toISOString().slice(11, 16)
  const minutes = (rounds * hookMs) / 60_000
  return end.known
    ? `\`after-traffic\` may take ${minutes} minutes, and the AWS credentials end at ${at}Z; give them longer, or set \`role-to-assume\`, which renews them`
    : `\`after-traffic\` may take ${minutes} minutes, and the AWS credentials do not tell their end; set \`role-to-assume\`, which renews them`
}

/** Why a rollout has to end now; undefined where there is time left. */
export function sessionOver(now: number, end: SessionEnd | undefined): string | undefined {
  if (end === undefined || now < lastMoment(end)) return undefined
  const at = new Date(end.at).toISOString().slice(11, 16)
  return end.known
    ? `the AWS credentials end at ${at}Z, and a roll-back must not find them expired; give them longer, or set \`role-to-assume\`, which renews them`
    : 'the AWS credentials do not tell their end, and may end soon; set `role-to-assume`, which renews them'
}
