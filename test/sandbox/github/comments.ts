import type { Input } from '../input.ts'
import type { Answer } from '../wire.ts'
import { notFound, validationFailed } from './errors.ts'
import { lengthOf, requireKinds, requireText } from './members.ts'
import { pageOf } from './paging.ts'
import { pullOr404 } from './pulls.ts'
import { type Author, type Comment, nextId, type Repository, shownTime } from './state.ts'
import type { Token } from './tokens.ts'
import { nodeId, type Schemas, showApp, showUser } from './users.ts'

/**
 * What GitHub says is the most. It was seen to take 262,144 one-byte characters all the same, which nobody promises,
 * so that here a longer one is refused.
 */
const mostCharacters = 65_536

/** ListComments: oldest first. */
export function listComments(repository: Repository, input: Input): Answer {
  const { number } = pullOr404(repository, input.issue_number)
  const comments = repository.comments.filter(comment => comment.number === number)
  return pageOf(repository, `/issues/${number}/comments`, input, comments, comment => showComment(repository, comment))
}

/** CreateComment. */
export function createComment(repository: Repository, input: Input, token: Token): Answer {
  const { number } = pullOr404(repository, input.issue_number)
  const comment = addComment(repository, number, requireBody(input), token.author)
  return { status: 201, body: showComment(repository, comment) }
}

/** GetComment. */
export function getComment(repository: Repository, input: Input): Answer {
  return { body: showComment(repository, commentOr404(repository, input)) }
}

/** UpdateComment: whoever may write may change anybody's. */
export function updateComment(repository: Repository, input: Input): Answer {
  const comment = commentOr404(repository, input)
  comment.body = requireBody(input)
  comment.updated = repository.now()
  return { body: showComment(repository, comment) }
}

/** DeleteComment. */
export function deleteComment(repository: Repository, input: Input): Answer {
  const deleted = commentOr404(repository, input)
  repository.comments = repository.comments.filter(comment => comment !== deleted)
  return { status: 204 }
}

/** Puts a comment under a pull request. */
export function addComment(repository: Repository, number: number, body: string, author: Author): Comment {
  const at = repository.now()
  const comment = { id: nextId(repository), number, at, author, body, updated: at }
  repository.comments.push(comment)
  return comment
}

function commentOr404({ comments }: Repository, { comment_id }: Input): Comment {
  const found = comments.find(({ id }) => id === comment_id)
  if (!found) throw notFound()
  return found
}

function requireBody(input: Input): string {
  requireKinds(input, { body: 'string' })
  const body = requireText(input, 'body')
  if (body.trim() === '') throw unprocessable('Body cannot be blank')
  if (lengthOf(body) > mostCharacters) throw unprocessable(`Body is too long (maximum is ${mostCharacters} characters)`)
  return body
}

function unprocessable(message: string) {
  return validationFailed({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message })
}

function showComment({ api, fullName, pulls }: Repository, comment: Comment): Schemas['issue-comment'] {
  const issueUrl = `${api}/repos/${fullName}/issues`
  const { user, app } = comment.author
  const isPullAuthor = pulls.get(comment.number)?.user.login === user.login
  return {
    url: `${issueUrl}/comments/${comment.id}`,
    html_url: `https://github.com/${fullName}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${issueUrl}/${comment.number}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: showUser(api, user),
    created_at: shownTime(comment.at),
    updated_at: shownTime(comment.updated),
    body: comment.body,
    author_association: app ? 'NONE' : isPullAuthor ? 'CONTRIBUTOR' : 'MEMBER',
    performed_via_github_app: showApp(api, comment.author),
  }
}
