import { CallFailed, type UrlSeen, type Urls } from '../../../src/ports.ts'
import { describeTarget, type Target } from '../../../src/rollout/outcome.ts'
import type { UrlAuth } from '../../../src/rollout/preview.ts'
import type { SimAliases } from './aliases.ts'
import type { Calls } from './calls.ts'

/** Function URLs of aliases, each gone with its alias, and the permission for everybody to call them. */
export class SimUrls implements Urls {
  /** AWS refuses permissions for everybody. */
  publicPolicies: 'allowed' | 'blocked' = 'allowed'
  readonly #urls = new Map<string, UrlAuth>()
  readonly #open = new Set<string>()
  readonly #aliases: SimAliases
  readonly #calls: Calls

  constructor(aliases: SimAliases, calls: Calls) {
    this.#aliases = aliases
    this.#calls = calls
  }

  /** An alias has had a URL since before the story; one with `NONE` lets anybody in unless it is said otherwise. */
  has(name: string, auth: UrlAuth, open = auth === 'NONE'): void {
    this.#urls.set(name, auth)
    if (open) this.#open.add(name)
  }

  /** Whom a URL lets in: `nobody` where there is none, or one with `NONE` and no permission. */
  lets(name: string): 'nobody' | 'whom IAM lets' | 'anybody' {
    const auth = this.#see(name)?.auth
    if (auth === undefined) return 'nobody'
    if (auth === 'AWS_IAM') return 'whom IAM lets'
    return this.#open.has(name) ? 'anybody' : 'nobody'
  }

  /** Whether an alias has the permission for everybody, which counts for nothing without a URL that asks for it. */
  isPermitted(name: string): boolean {
    return this.#open.has(name)
  }

  async read(target: Target): Promise<UrlSeen | undefined> {
    return await this.#calls.make('read url', () => this.#see(describeTarget(target)))
  }

  async create(target: Target, auth: UrlAuth): Promise<UrlSeen> {
    return await this.#calls.make('create url', () => {
      const name = this.#requireAlias(target)
      return this.#see(name) ?? this.#put(name, auth)
    })
  }

  async update(target: Target, auth: UrlAuth): Promise<UrlSeen> {
    return await this.#calls.make('update url', () => {
      const name = this.#requireAlias(target)
      if (!this.#urls.has(name)) throw new CallFailed('rejected', `${name} has no function URL`)
      return this.#put(name, auth)
    })
  }

  async remove(target: Target): Promise<void> {
    await this.#calls.make('delete url', () => this.#urls.delete(describeTarget(target)))
  }

  async open(target: Target): Promise<'open' | 'blocked'> {
    return await this.#calls.make('open url', () => {
      const name = this.#requireAlias(target)
      if (this.publicPolicies === 'blocked') return 'blocked'
      this.#open.add(name)
      return 'open'
    })
  }

  async close(target: Target): Promise<void> {
    await this.#calls.make('close url', () => this.#open.delete(describeTarget(target)))
  }

  #put(name: string, auth: UrlAuth): UrlSeen {
    this.#urls.set(name, auth)
    return seen(name, auth)
  }

  #see(name: string): UrlSeen | undefined {
    const auth = this.#aliases.says(name) === undefined ? undefined : this.#urls.get(name)
    return auth && seen(name, auth)
  }

  #requireAlias(target: Target): string {
    const name = describeTarget(target)
    if (this.#aliases.says(name) === undefined) throw new CallFailed('rejected', `there is no alias ${name}`)
    return name
  }
}

function seen(name: string, auth: UrlAuth): UrlSeen {
  return { url: `https://${name.replace(':', '-')}.lambda-url.eu-west-1.on.aws/`, auth }
}
