import { createHash } from 'node:crypto'
import type { components } from '@octokit/openapi-types'
import type { Answer } from '../wire.ts'
import type { Author, Repository, User } from './state.ts'
import type { Token } from './tokens.ts'

/** What GitHub answers, in its own description. */
export type Schemas = components['schemas']

/** GetUser: who a personal token belongs to. */
export function getUser({ api }: Repository, token: Token): Answer {
  return { body: showUser(api, token.author.user) }
}

/** A user, as it stands in whatever the user made. */
export function showUser(api: string, { login, type }: User): Schemas['simple-user'] {
  const url = `${api}/users/${encodeURIComponent(login)}`
  const id = createHash('sha1').update(login).digest().readUInt32BE()
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${type === 'Bot' ? `apps/${login.replace('[bot]', '')}` : login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  }
}

/** The app that did something, or null. Whether GitHub names it on each kind of thing is not verified. */
export function showApp(api: string, { user, app }: Author): Schemas['nullable-integration'] {
  if (!app) return null
  const slug = user.login.replace('[bot]', '')
  const id = slug === 'github-actions' ? 15368 : createHash('sha1').update(slug).digest().readUInt32BE()
  return {
    id,
    slug,
    node_id: nodeId('App', id),
    owner: showUser(api, { login: 'github', type: 'User' }),
    name: slug === 'github-actions' ? 'GitHub Actions' : slug,
    description: '',
    external_url: 'https://help.github.com/en/actions',
    html_url: `https://github.com/apps/${slug}`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2024-04-10T20:33:16Z',
    permissions: { deployments: 'write', issues: 'write', metadata: 'read', pull_requests: 'write' },
    events: [],
  }
}

/** An opaque name, as GraphQL knows the thing by. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}
