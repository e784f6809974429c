import type { AliasListed, CodeStorage, Versions } from '../../../src/ports.ts'
import type { Shelved } from '../../../src/rollout/retention.ts'
import { primary } from '../../../src/rollout/routing.ts'
import type { SimAliases } from './aliases.ts'
import type { Calls } from './calls.ts'
import type { SimFunctions } from './functions.ts'

/** The code of every version here, in bytes. */
const codeBytes = 1_000_000

/** The versions of Lambda's functions, as they are listed and deleted. */
export class SimVersions implements Versions {
  /** Versions with provisioned concurrency of their own, such as `orders:5`. */
  readonly provisionedAlone = new Set<string>()
  /** What else holds on to a version, such as `orders:5`. */
  readonly held = new Map<string, readonly string[]>()
  /** Every version whose holders were asked for, in that order. */
  readonly asked: string[] = []
  /** Code storage of the account, before anything is deleted. */
  used = 50_000_000
  readonly #functions: SimFunctions
  readonly #aliases: SimAliases
  readonly #calls: Calls
  readonly #cancel: AbortSignal

  constructor(functions: SimFunctions, aliases: SimAliases, calls: Calls, cancel: AbortSignal) {
    this.#functions = functions
    this.#aliases = aliases
    this.#calls = calls
    this.#cancel = cancel
  }

  async list(functionName: string): Promise<readonly Shelved[] | undefined> {
    return await this.#calls.make('list versions', () => this.#list(functionName), this.#cancel)
  }

  async aliases(functionName: string): Promise<readonly AliasListed[]> {
    return await this.#calls.make('list aliases', () => this.#aliases.all(functionName), this.#cancel)
  }

  async provisioned(functionName: string): Promise<readonly string[]> {
    const all = () => [...this.provisionedAlone].filter(name => name.startsWith(`${functionName}:`))
    const list = () => all().map(name => name.slice(functionName.length + 1))
    return await this.#calls.make('list provisioned concurrency', list, this.#cancel)
  }

  async holders(functionName: string, version: string): Promise<readonly string[]> {
    const look = () => {
      this.asked.push(version)
      return this.held.get(`${functionName}:${version}`) ?? []
    }
    return await this.#calls.make('read holders', look, this.#cancel)
  }

  async remove(functionName: string, version: string): Promise<'removed' | 'referenced'> {
    return await this.#calls.make('delete version', () => {
      if (!/^[1-9]\d*$/.test(version)) throw new Error(`this would delete all of ${functionName}`)
      if (this.#isReferenced(functionName, version)) return 'referenced'
      if (this.#functions.settings(functionName, version) !== undefined) this.used -= codeBytes
      this.#functions.drops(functionName, version)
      return 'removed'
    })
  }

  async storage(): Promise<CodeStorage> {
    return await this.#calls.make('read code storage', () => ({ used: this.used, limit: 300 * 2 ** 30 }), this.#cancel)
  }

  #list(functionName: string): readonly Shelved[] | undefined {
    const latest = this.#functions.settings(functionName, '$LATEST')
    if (latest === undefined) return undefined
    return this.#functions.versions(functionName).map(version => {
      const { Description } = this.#functions.settings(functionName, version) ?? {}
      const description = typeof Description === 'string' ? Description : ''
      return { version, description, codeBytes, durable: latest.DurableConfig !== undefined }
    })
  }

  #isReferenced(functionName: string, version: string): boolean {
    return this.#aliases
      .all(functionName)
      .some(
        ({ routing }) => primary(routing) === version || (routing.kind === 'part-way' && routing.candidate === version),
      )
  }
}
