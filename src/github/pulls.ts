import { CallFailed, type Clock, type PreviewNote, type Pulls } from '../ports.ts'
import { type Asking, type GitHubApi, isId, isListOf, isNotFound } from './api.ts'
import { commentOf, markerOf } from './comment.ts'

/** GitHub gives at most so many of a list at a time. */
const pageSize = 100

/** Pull requests through GitHub's REST API. */
export class GitHubPulls implements Pulls {
  readonly #api: GitHubApi
  readonly #clock: Clock
  readonly #serverUrl: string
  #person: Promise<string | undefined> | undefined

  constructor(api: GitHubApi, clock: Clock, serverUrl: string) {
    this.#api = api
    this.#clock = clock
    this.#serverUrl = serverUrl
  }

  async isOpen(pull: number): Promise<boolean | undefined> {
    const asking: Asking = { what: `read pull request #${pull}`, permission: 'pull-requests: read', cut: true }
    try {
      const { state } = await this.#api.asking(
        asking,
        (rest, common) => rest.pulls.get({ ...common, pull_number: pull }),
        // What says neither must not pass for closed: a preview would be taken away.
        read => read.state === 'open' || read.state === 'closed',
      )
      return state === 'open'
    } catch (error) {
      if (!isNotFound(error)) throw error
      // To a token that may not see the repository nothing of it exists; that must not pass for a pull request that
      // does not. The list tells the two apart.
      await this.#api.asking(
        asking,
        (rest, common) => rest.pulls.list({ ...common, per_page: 1 }),
        list => isListOf(list, ({ id }) => isId(id)),
      )
      return undefined
    }
  }

  async comment(pull: number, note: PreviewNote): Promise<void> {
    const body = commentOf(note, this.#serverUrl, this.#clock.now())
    for (let again = false; ; again = true) {
      const found = await this.#find(pull, markerOf(note.target))
      if (found !== undefined && (await this.#edit(pull, found, body))) return
      if (note.kind === 'removed') return
      try {
        await this.#create(pull, body)
        return
      } catch (error) {
        // The comment may be there and only the answer lost, so that it is looked for before it is written again.
        if (again || !(error instanceof CallFailed && error.kind === 'unavailable')) throw error
      }
    }
  }

  /** The oldest comment that is about this preview and ours, should two runs have written one at the same time. */
  async #find(pull: number, marker: string): Promise<number | undefined> {
    const asking: Asking = { what: `list the comments of pull request #${pull}`, permission: 'pull-requests: write' }
    for (let page = 1; ; page++) {
      const comments = await this.#api.asking(
        asking,
        (rest, common) => rest.issues.listComments({ ...common, issue_number: pull, per_page: pageSize, page }),
        list => isListOf(list, ({ id, body }) => isId(id) && (typeof body === 'string' || body == null)),
      )
      for (const { id, body, user } of comments) {
        if (body?.startsWith(marker) && (await this.#isOurs(user))) return id
      }
      if (comments.length < pageSize) return undefined
    }
  }

  /** Anybody may write our marker into a comment: only one that this token's owner wrote is ours. */
  async #isOurs(author: { readonly login: string; readonly type: string } | null): Promise<boolean> {
    this.#person ??= this.#readPerson()
    const person = await this.#person
    return person === undefined ? author?.type === 'Bot' : author?.login === person
  }

  /**
   * The login of whose token it is; undefined for an app's, such as a job's own, which may not ask and writes as a bot.
   */
  async #readPerson(): Promise<string | undefined> {
    const asking: Asking = { what: 'read whose token it is', permission: 'pull-requests: write' }
    try {
      const { login } = await this.#api.asking(
        asking,
        (rest, { request }) => rest.users.getAuthenticated({ request }),
        // Without a login anybody's app would pass for the one whose token it is.
        person => typeof person.login === 'string',
      )
      return login
    } catch (error) {
      if (error instanceof CallFailed && error.kind === 'denied') return undefined
      throw error
    }
  }

  /** Whether it was there to be edited. */
  async #edit(pull: number, comment: number, body: string): Promise<boolean> {
    const asking: Asking = { what: `edit the comment on pull request #${pull}`, permission: 'pull-requests: write' }
    try {
      await this.#api.asking(asking, (rest, common) =>
        rest.issues.updateComment({ ...common, comment_id: comment, body }),
      )
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async #create(pull: number, body: string): Promise<void> {
    const what = `comment on pull request #${pull}`
    await this.#api.asking({ what, permission: 'pull-requests: write', creates: true }, (rest, common) =>
      rest.issues.createComment({ ...common, issue_number: pull, body }),
    )
  }
}
