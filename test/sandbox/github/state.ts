import { createHash } from 'node:crypto'
import type { Input } from '../input.ts'

export type User = { readonly login: string; readonly type: 'User' | 'Bot' }

export const deploymentStates = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'] as const

export type DeploymentState = (typeof deploymentStates)[number]

/** Who did something, and whether as an app. */
export type Author = { readonly user: User; readonly app: boolean }

export type DeploymentStatus = {
  readonly id: number
  readonly at: number
  readonly author: Author
  readonly state: DeploymentState
  readonly description: string
  readonly environment: string
  readonly environmentUrl: string
  readonly logUrl: string
}

export type Deployment = {
  readonly id: number
  readonly at: number
  readonly author: Author
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly payload: Input | string
  readonly description: string | null
  readonly transient: boolean
  readonly production: boolean
  readonly originalEnvironment: string
  environment: string
  updated: number
  /** Oldest first. */
  readonly statuses: DeploymentStatus[]
}

export type Comment = {
  readonly id: number
  readonly number: number
  readonly at: number
  readonly author: Author
  body: string
  updated: number
}

export type Pull = {
  readonly number: number
  readonly opened: number
  readonly user: User
  readonly title: string
  readonly branch: string
  readonly base: string
  /** `deleted`: it was one, and is there no more. */
  readonly fork: boolean | 'deleted'
  sha: string
  updated: number
  closed: number | undefined
  merged: boolean
}

/** What a branch, a tag or a pull request's merge points at, and how the checks of its commit stand. */
export type Ref = {
  readonly sha: string
  /** By context. */
  readonly checks: Readonly<Record<string, 'success' | 'pending' | 'failure'>>
  /** It lacks commits of the default branch, which GitHub can merge into it, or cannot. */
  readonly behind: false | 'mergeable' | 'conflict'
}

/** One repository, private, and what this project uses of it. */
export type Repository = {
  readonly now: () => number
  /** Where the API is served. */
  readonly api: string
  readonly fullName: string
  /** Under full names, `refs/heads/main`. */
  readonly refs: Map<string, Ref>
  readonly pulls: Map<number, Pull>
  /** Oldest first. */
  readonly deployments: Deployment[]
  comments: Comment[]
  made: number
}

/** The number by which links name the repository. */
export const repositoryId = 1296269

export const defaultBranch = 'main'

export function newRepository(now: () => number, api: string, fullName: string): Repository {
  return { now, api, fullName, refs: new Map(), pulls: new Map(), deployments: [], comments: [], made: 0 }
}

/** Ids only grow, over everything that there is. */
export function nextId(repository: Repository): number {
  repository.made += 1
  return 2_500_000_000 + repository.made
}

/** A commit that is always the same for a name. */
export function commitOf(name: string): string {
  return createHash('sha1').update(name).digest('hex')
}

/** A time as GitHub writes it: whole seconds. */
export function shownTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
