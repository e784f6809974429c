import { type Input, text } from '../input.ts'
import type { World } from '../world.ts'
import { groupNotFound, invalidParameter, validationException } from './errors.ts'
import type { LogGroup } from './state.ts'

/** The group that a call names, by its name or as an identifier: a name or an ARN. */
export function groupOr404(world: World, input: Input): LogGroup {
  const name = text(input, 'logGroupName')
  const identifier = text(input, 'logGroupIdentifier')
  if (name !== undefined && identifier !== undefined) {
    throw validationException('LogGroup name and LogGroup ARN are mutually exclusive parameters.')
  }
  const given = name ?? identifier
  if (given === undefined) throw invalidParameter('Either LogGroup name or LogGroup ARN must be given.')
  const group = world.logs.groups.get(name ?? given.replace(arnPrefix(world), ''))
  if (!group) throw groupNotFound()
  return group
}

/** The ARN of a group, without the `:*` that IAM wants behind it. */
export function groupArn(world: World, name: string): string {
  return arnPrefix(world) + name
}

function arnPrefix({ region, account }: World): string {
  return `arn:aws:logs:${region}:${account}:log-group:`
}
