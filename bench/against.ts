import type { GitHub } from '../test/sandbox/github/github.ts'
import type { Sandbox } from '../test/sandbox/sandbox.ts'
import { credentials, region } from '../test/scenarios/account.ts'

/** An AWS that settles everything at once. */
export const atOnce = { create: 0, update: 0, publish: 0, publishWithUpdate: 0 }

/** The environment of a process of the action that is to find these in place of AWS, and of GitHub. */
export function against(sandbox: Sandbox, github?: GitHub): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(github && { GITHUB_API_URL: github.endpoint }),
  }
}
