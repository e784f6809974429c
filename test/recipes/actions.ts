import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** An action that the recipes or our own workflows use: the release that they pin, and the inputs that it has there. */
export type Pinned = {
  readonly version: string
  readonly sha: string
  readonly inputs: readonly string[]
  readonly required?: readonly string[]
}

/** Each by its name. The inputs are those that are given and some more; a new one is looked up at that commit. */
export const pinned: Readonly<Record<string, Pinned>> = {
  'actions/checkout': {
    version: 'v7.0.1',
    sha: '3d3c42e5aac5ba805825da76410c181273ba90b1',
    inputs: ['repository', 'ref', 'token', 'persist-credentials', 'path', 'fetch-depth', 'fetch-tags', 'submodules'],
  },
  'actions/setup-node': {
    version: 'v5.0.0',
    sha: 'a0853c24544627f65ddf259abe73b1d18a591444',
    inputs: ['node-version', 'node-version-file', 'cache', 'registry-url', 'token'],
  },
  'actions/attest': {
    version: 'v4.2.2',
    sha: '1e69f48acb82d1966a394da916b4c1698aa569d6',
    inputs: ['subject-path', 'subject-digest', 'subject-name', 'subject-checksums', 'github-token', 'show-summary'],
  },
  'aws-actions/configure-aws-credentials': {
    version: 'v6.2.3',
    sha: 'e6de054238d6b7531b4efff3b6587d9aade6a06c',
    inputs: ['aws-region', 'role-to-assume', 'role-duration-seconds', 'role-session-name', 'output-credentials'],
    required: ['aws-region'],
  },
  'aws-actions/amazon-ecr-login': {
    version: 'v2.1.7',
    sha: '03f1aad4c6c7ffd436567f42f9384779290529bd',
    inputs: ['registries', 'registry-type', 'mask-password', 'skip-logout'],
  },
  'docker/setup-buildx-action': {
    version: 'v4.3.0',
    sha: '37fe631027851001ddb9b187196cc803df7f5f0e',
    inputs: ['version', 'driver', 'platforms'],
  },
  'docker/build-push-action': {
    version: 'v7.3.0',
    sha: '53b7df96c91f9c12dcc8a07bcb9ccacbed38856a',
    inputs: ['context', 'file', 'push', 'platforms', 'provenance', 'sbom', 'tags', 'cache-from', 'cache-to'],
  },
}

/** What action.yml says of the action's inputs and outputs. */
export const action = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean }>>
  readonly outputs: Readonly<Record<string, unknown>>
}
