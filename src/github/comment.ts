import type { PreviewNote } from '../ports.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import { table } from './markdown.ts'
import { block, code, inline, link } from './text.ts'
import { originOf } from './web.ts'

/** What the comment about a preview begins with, and is found again by; it does not show. */
export function markerOf(target: Target): string {
  return `<!-- lambda-rollout preview ${describeTarget(target)} ${target.region} -->`
}

/** The comment about a preview, in GitHub's markdown, as of `at` (epoch ms). */
export function commentOf(note: PreviewNote, serverUrl: string, at: number): string {
  const parts = note.kind === 'ready' ? ready(note, serverUrl) : removed(note, serverUrl, at)
  return `${[markerOf(note.target), ...parts].join('\n\n')}\n`
}

type Ready = Extract<PreviewNote, { kind: 'ready' }>

function ready(note: Ready, serverUrl: string): readonly string[] {
  const { target, url, version, aliasArn, codeSha256 } = note
  return [
    `### Preview of ${inline(describeTarget(target))}`,
    table(
      ['', ''],
      [
        ['URL', link(url, url)],
        ['Version', inline(version)],
        ...originOf(serverUrl, note.run, note.commit),
        ['Alias', code(aliasArn)],
        ['Code SHA-256', code(codeSha256)],
      ],
    ),
    ...calling(note),
  ]
}

function removed(note: PreviewNote, serverUrl: string, at: number): readonly string[] {
  return [
    `### Preview of ${inline(describeTarget(note.target))}: removed`,
    `Its URL and its alias were taken away on ${day(at)}.`,
    table(['', ''], originOf(serverUrl, note.run, note.commit)),
  ]
}

/** How to call it, ready to paste. */
function calling({ target: { functionName, alias, region }, url, auth }: Ready): readonly string[] {
  switch (auth) {
    case 'NONE':
      return ['Anybody may call it:', block(`curl ${shellSafe(url)}`, 'sh')]
    case 'AWS_IAM':
      return [
        'Calls must be signed with AWS credentials that may invoke it:',
        block(
          [
            `curl --aws-sigv4 "aws:amz:${region}:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\`,
            `  -H "x-amz-security-token: $AWS_SESSION_TOKEN" ${shellSafe(url)}`,
            '',
            `aws lambda invoke --region ${region} --function-name ${functionName} --qualifier ${alias} out.json`,
          ].join('\n'),
          'sh',
        ),
      ]
  }
}

/** A word that the shell takes as it is. */
function shellSafe(word: string): string {
  return /^[\w.:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** `2026-11-23 at 10:00 UTC`. */
function day(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T')
  return `${date} at ${time.slice(0, 5)} UTC`
}
