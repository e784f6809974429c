import { type Input, text } from '../input.ts'
import type { World } from '../world.ts'

/** What names of schedules and of groups are made of. */
export const namePattern = '[0-9a-zA-Z-_.]+'

/** The group that a call names, or the one that every account has. */
export function groupOf(input: Input): string {
  return text(input, 'GroupName') ?? 'default'
}

/** The ARN of a schedule. */
export function scheduleArn(
  { region, account }: Pick<World, 'region' | 'account'>,
  group: string,
  name: string,
): string {
  return `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`
}
