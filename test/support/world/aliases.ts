import { type Aliases, type AliasSeen, CallFailed, type Written } from '../../../src/ports.ts'
import type { Asked } from '../../../src/rollout/decide.ts'
import { describeTarget, type Target } from '../../../src/rollout/outcome.ts'
import { describeRouting, partWay, primary, type Routing, sameRouting } from '../../../src/rollout/routing.ts'
import type { Calls } from './calls.ts'
import type { SimFunctions } from './functions.ts'
import { durationMs, type Time } from './time.ts'

/** AWS moves provisioned concurrency here from another version: with weights of its own, revision after revision. */
type Move = { readonly from: string; readonly since: number; readonly until: number }

type Alias = Asked & { readonly revision: string; readonly move?: Move | undefined }

/** A write that was applied: so much time after the start, what the alias serves since, and its description. */
export type AliasWrite = readonly [at: string, serves: string, description: string]

/** Lambda's aliases, by compare and set, held to what Lambda lets them point at. */
export class SimAliases implements Aliases {
  /** What was written through the port; what strangers do is not in it. */
  readonly wrote: AliasWrite[] = []
  /** Aliases with provisioned concurrency, such as `orders:live`, and how long it takes to follow one. */
  readonly provisioned = new Set<string>()
  movesIn = '3m'
  /** So many reads to come answer with what stood before the last write, as a replica that lags behind would. */
  laggingReads = 0
  readonly #aliases = new Map<string, Alias>()
  readonly #before = new Map<string, Alias>()
  /** All that aliases ever served, oldest first. */
  readonly #served: { readonly name: string; readonly at: number; readonly routing: Routing | undefined }[] = []
  readonly #functions: SimFunctions
  readonly #time: Time
  readonly #calls: Calls
  #revisions = 0

  constructor(functions: SimFunctions, time: Time, calls: Calls) {
    this.#functions = functions
    this.#time = time
    this.#calls = calls
  }

  /** Somebody else, who may be an earlier run, points an alias where they please. */
  points(name: string, routing: Routing, description = ''): void {
    this.#aliases.set(name, { routing, description, revision: this.#revision() })
    this.#serve(name, routing)
  }

  /** Somebody else deletes an alias, or there never was one. */
  lacks(name: string): void {
    this.#aliases.delete(name)
    this.#serve(name, undefined)
  }

  /** The revision moves and nothing else does. */
  touches(name: string): void {
    const alias = this.#aliases.get(name)
    if (alias !== undefined) this.#aliases.set(name, { ...alias, revision: this.#revision() })
  }

  /** How an alias really stands: `7 at 90 %, 8 at 10 %`; `gone` where there is none. */
  serves(name: string): string {
    const alias = this.#see(name)
    return alias === undefined ? 'gone' : describeRouting(alias.routing)
  }

  /** What an alias served at an instant (epoch ms), and before the story what it began with. */
  routingAt(name: string, at: number): Routing | undefined {
    const known = this.#served.filter(served => served.name === name)
    return (known.findLast(served => served.at <= at) ?? known[0])?.routing
  }

  /** Every alias of a function, by name. */
  all(functionName: string): readonly (AliasSeen & { readonly name: string })[] {
    const names = [...this.#aliases.keys()].filter(name => name.startsWith(`${functionName}:`)).toSorted()
    return names.map(name => ({ ...(this.#see(name) as AliasSeen), name: name.slice(functionName.length + 1) }))
  }

  /** An alias's description. */
  says(name: string): string | undefined {
    return this.#aliases.get(name)?.description
  }

  async read(target: Target, cut?: AbortSignal): Promise<AliasSeen | undefined> {
    return await this.#calls.make('read alias', () => this.#look(describeTarget(target)), cut)
  }

  async create(target: Target, asked: Asked): Promise<Written> {
    return await this.#calls.make('create alias', () => {
      const name = describeTarget(target)
      return this.#aliases.has(name) ? this.#standing(name, asked) : this.#put(target, asked)
    })
  }

  async update(target: Target, asked: Asked, revision: string): Promise<Written> {
    return await this.#calls.make('update alias', () => {
      const name = describeTarget(target)
      const seen = this.#see(name)
      if (seen === undefined) throw new CallFailed('rejected', `could not update the alias ${name}: it is not found`)
      return seen.revision === revision ? this.#put(target, asked) : this.#standing(name, asked)
    })
  }

  async remove(target: Target): Promise<void> {
    await this.#calls.make('delete alias', () => {
      if (!this.#aliases.delete(describeTarget(target))) return
      this.#serve(describeTarget(target), undefined)
      this.wrote.push([this.#time.elapsed(), 'deleted', ''])
    })
  }

  async moving(target: Target): Promise<boolean> {
    return await this.#calls.make('read provisioned concurrency', () => {
      const move = this.#aliases.get(describeTarget(target))?.move
      return move !== undefined && move.until > this.#time.now()
    })
  }

  /** What was asked for and is there counts as written, as the port says. */
  #standing(name: string, asked: Asked): Written {
    const alias = this.#see(name)
    const isThere = alias?.description === asked.description && sameRouting(alias.routing, asked.routing)
    return alias !== undefined && isThere ? { kind: 'written', alias } : { kind: 'conflict' }
  }

  #put(target: Target, { routing, description }: Asked): Written {
    this.#requireRoutable(target, routing)
    const name = describeTarget(target)
    const move = this.#moveTo(name, routing)
    const before = this.#aliases.get(name)
    if (before !== undefined) this.#before.set(name, before)
    this.#aliases.set(name, { routing, description, revision: this.#revision(), move })
    this.#serve(name, routing)
    this.wrote.push([this.#time.elapsed(), describeRouting(routing), description])
    return { kind: 'written', alias: this.#see(name) as AliasSeen }
  }

  /** Provisioned concurrency follows an alias to another version, unless its owner names weights. */
  #moveTo(name: string, routing: Routing): Move | undefined {
    const before = this.#aliases.get(name)?.routing
    if (before === undefined || !this.provisioned.has(name)) return undefined
    if (routing.kind === 'part-way' || routing.version === primary(before)) return undefined
    const since = this.#time.now()
    return { from: primary(before), since, until: since + durationMs(this.movesIn) }
  }

  #look(name: string): AliasSeen | undefined {
    if (this.laggingReads === 0) return this.#see(name)
    this.laggingReads -= 1
    return this.#see(name, this.#before.get(name))
  }

  #see(name: string, alias = this.#aliases.get(name)): AliasSeen | undefined {
    if (alias === undefined) return undefined
    const { routing, description, revision, move } = alias
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:${name}`
    const now = this.#time.now()
    if (move === undefined || now >= move.until) return { arn, routing, description, revision }
    const left = Math.ceil(((move.until - now) / (move.until - move.since)) * 10) / 10
    const weight = Math.min(left, 0.9)
    const shown = partWay(primary(routing), move.from, weight)
    return { arn, routing: shown, description, revision: `${revision} with ${weight} left` }
  }

  #serve(name: string, routing: Routing | undefined): void {
    this.#served.push({ name, at: this.#time.now(), routing })
  }

  #requireRoutable({ functionName }: Target, routing: Routing): void {
    const versions = routing.kind === 'whole' ? [routing.version] : [routing.stable, routing.candidate]
    const roles = versions.map(version => this.#functions.settings(functionName, version)?.Role)
    if (roles.includes(undefined)) throw new CallFailed('rejected', `function not found: ${versions.join(', ')}`)
    if (routing.kind === 'whole') return
    if (versions.includes('$LATEST')) throw new CallFailed('rejected', '$LATEST is not supported with weights')
    if (roles[0] !== roles[1]) throw new CallFailed('rejected', 'the versions have different roles')
  }

  #revision(): string {
    this.#revisions += 1
    return `a${this.#revisions}`
  }
}
