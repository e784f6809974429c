import type { Deployment, DeploymentState, Deployments, PreviewNote, Pulls, Standing } from '../../../src/ports.ts'
import type { Calls } from './calls.ts'

/** A deployment, and every state that it was told to be in, the last one last. */
type Kept = Deployment & {
  readonly commit: string
  readonly transient: boolean
  readonly states: { readonly state: DeploymentState; readonly description: string; readonly url?: string }[]
}

/** The deployments that GitHub keeps of a repository. */
export class SimDeployments implements Deployments {
  /** All that there are, oldest first. */
  readonly kept: Kept[] = []
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  /** One that was made before the story and stands since. */
  has(environment: string, of: string): void {
    this.#add({ environment, of, commit: '0ldc0de', transient: true }).states.push({
      state: 'success',
      description: '',
    })
  }

  /** The state that each was last told to be in: `preview orders:pr-7 success`. */
  stand(): readonly string[] {
    return this.kept.map(({ environment, of, states }) => `${environment} ${of} ${states.at(-1)?.state ?? 'pending'}`)
  }

  async create(wish: Parameters<Deployments['create']>[0]): Promise<Deployment> {
    return await this.#calls.make('create deployment', () => shown(this.#add(wish)))
  }

  async tell({ id }: Deployment, state: DeploymentState, description: string, url?: string): Promise<void> {
    await this.#calls.make('tell deployment', () => {
      const told = { state, description, ...(url !== undefined && { url }) }
      this.kept.find(deployment => deployment.id === id)?.states.push(told)
    })
  }

  async standing(environment: string, of: string): Promise<readonly Standing[]> {
    return await this.#calls.make('list deployments', () => {
      const same = this.kept.filter(one => one.environment === environment && one.of === of).toReversed()
      const over = same.findIndex(({ states }) => states.at(-1)?.state === 'inactive')
      return same
        .slice(0, over === -1 ? undefined : over)
        .filter(({ states }) => states.at(-1)?.state !== 'failure')
        .map(one => ({ ...shown(one), waits: one.states.at(-1)?.state !== 'success' }))
    })
  }

  #add({ environment, of, commit, transient }: Omit<Kept, 'id' | 'states'>): Kept {
    const made = { id: this.kept.length + 1, environment, of, commit, transient, states: [] }
    this.kept.push(made)
    return made
  }
}

/** The pull requests of a repository, and what was said of previews there. */
export class SimPulls implements Pulls {
  /** What the comment of each says by now; none where there is no comment. */
  readonly says = new Map<number, PreviewNote>()
  readonly #open = new Map<number, boolean>()
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  /** There is a pull request, and it is open or closed. */
  has(pull: number, state: 'open' | 'closed'): void {
    this.#open.set(pull, state === 'open')
  }

  async isOpen(pull: number): Promise<boolean | undefined> {
    return await this.#calls.make('read pull request', () => this.#open.get(pull))
  }

  async comment(pull: number, note: PreviewNote): Promise<void> {
    await this.#calls.make('comment', () => {
      if (note.kind === 'ready' || this.says.has(pull)) this.says.set(pull, note)
    })
  }
}

function shown({ id, environment, of }: Kept): Deployment {
  return { id, environment, of }
}
