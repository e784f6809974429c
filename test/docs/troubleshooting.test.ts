import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isPartOf, isProse, messagesOn, quotesIn, type Saying, sayings, sayingsIn, strangeWords } from './messages.ts'

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
const messages = messagesOn(page)
const all = sayings()

/** Prose that is no message of trouble: what is said of a run that does as it was asked, file by file. */
const untroubled: Readonly<Record<string, readonly string[]>> = {
  'beginning/announce.ts': [
    'whether the code is new shows only once Lambda has it',
    'the function … does not exist and is created',
    'the alias … does not exist and is created on the candidate, with all traffic at once',
    'version …, which … left with traffic, is dropped first',
    'carries on at …, where … left the candidate',
    'takes on version … at …, …',
    'of which it is not known since when it is there',
    'where … left it at …; all that time is judged',
  ],
  'aws/triggers.ts': ['… may invoke it…', 'event source mapping of …'],
  'previewing/closed.ts': ['Pull request #… is closed, and of its preview would go: …'],
  'deploy.ts': [
    '… already serve these artifacts and configurations',
    'version …, which is this artifact and configuration',
    '… would be rolled out: …; nothing was changed',
  ],
  'deployment.ts': ['waits for `promote` or `rollback`: …', 'superseded by a later deployment'],
  'rolling/ending.ts': [
    'the alias is new',
    'serve their candidates',
    'until `command: promote` takes it on or `command: rollback` takes it away',
    'even of the least busy',
    '; … … invocations beside stable would have shown an error rate of … or more',
  ],
  'beginning/found.ts': ['… serves version …, code sha256 …: the very version to be rolled out on …'],
  'previewing/loan.ts': ['Put back on …: …'],
  'main.ts': ['Traffic needed no mending'],
  'preview.ts': [
    'to requests that IAM lets in',
    '… serves version … at …, open …',
    'the version of …',
    'a version of this artifact',
    'would be created on',
    '… … …, at a function URL with …; nothing was changed',
  ],
  'promote.ts': ['… already serves version …', '… would be taken on: …; nothing was changed'],
  'prune.ts': [
    'there is nothing to prune: …; nothing was changed',
    '…… of … would be deleted; nothing was changed',
    'there was nothing to prune: …',
    '; code storage went from … to …',
  ],
  'releasing/release.ts': ['Creating the function …', 'Updating the configuration: …', 'Updating the code from …'],
  'rollback.ts': [
    '… already serves version … alone',
    '…: …; nothing was changed',
    'version … was taken away and … serves version … alone',
  ],
  'rollout/back.ts': [
    'the canary, version …, would be dropped and version … serve alone',
    'it would go back from version … to version …',
  ],
  'rollout/begin.ts': [', as this workflow run has left it', ' (its journal names …)'],
  'rollout/decide.ts': ['AWS is moving provisioned concurrency between the versions'],
  'rollout/health.ts': ['ignored until OK'],
  'rollout/outcome.ts': ['there was nothing to do'],
  'rollout/retention.ts': [
    'the alias … serves it',
    'the alias … gives it … of its traffic',
    'the alias … names it as its candidate',
    'the alias … served it before, so that a roll-back goes back to it',
    'it was served until now',
    'the function is durable, and its executions stay on the version that they began on',
    'it has provisioned concurrency of its own',
    'it is the newest',
    'it is one of the newest …',
  ],
  'releasing/settle.ts': ['Still waiting for … after …: …'],
  'beginning/traffic.ts': [
    'the least busy alias',
    '… served … invocations a minute in the last hour',
    '…, of which the candidate would get about … before the promotion: enough to show an error rate of … or more',
  ],
  'trial.ts': ['there was nothing to roll out'],
  'previewing/unpreview.ts': [
    'the preview of pull request #… on …',
    '… would be removed',
    'of … …; nothing was changed',
    'nothing was left of …',
    'version … unless something else refers to it',
  ],
}

/** What a mistake of our own would say, inside of “an error in this action (…)”. */
const ours: Readonly<Record<string, readonly string[]>> = {
  'artifact/deflate.ts': ['deflate ended with status …'],
  'artifact/pack.ts': ['there are no more parts'],
  'aws/versions.ts': ['“…” is no number of a version of … to delete'],
  'releasing/code.ts': ['there is no artifact to upload'],
}

/** Parts of what is being done, and of the permission for it, that are put together elsewhere; and the AWS CLI. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'aws/alarms.ts': ['the history of alarm …'],
  'aws/functions.ts': ['update the code of', 'publish a version of', ' (and … on arn:aws:s3:::…/…)'],
  'aws/logs.ts': ['?ERROR ?"Task timed out" ?timeout ?"Runtime.ExitError" ?errorMessage', 'Task timed out'],
  'aws/versions.ts': ['the event source mapping of …'],
  'aws/watchdog.ts': [
    'CreateSchedule and scheduler:UpdateSchedule',
    'lambda-rollout: takes a canary off … if the run that gave it traffic is gone',
  ],
  'rollout/outcome.ts': [
    'aws lambda update-alias --region … --function-name … --name … --function-version … --routing-config AdditionalVersionWeights={}',
    'aws lambda delete-alias --region … --function-name … --name …',
  ],
}

/** What only lays out what it is told by others: the headings and the frame around messages. */
const layouts = [...['chart', 'comment', 'evidence', 'markdown', 'overview', 'shelf', 'steps', 'summary', 'text']].map(
  name => `github/${name}.ts`,
)

/** The log lays out too, and says two things of its own that are trouble. */
const logged = /^(Beware|Could not)/

function isTrouble({ file, text, isDoing }: Saying): boolean {
  const isKnown = [untroubled, ours, parts].some(known => known[file]?.includes(text))
  const isLayout = layouts.includes(file) || (file === 'github/log.ts' && !logged.test(text))
  return !isKnown && !isDoing && !isLayout
}

/** What of a source is to be explained and is not, as a list to work off. */
function unexplained(said: readonly Saying[], explained: readonly string[]): readonly string[] {
  return said
    .filter(saying => isProse(saying) && isTrouble(saying) && !explained.some(message => isPartOf(saying, message)))
    .map(({ file, line, text }) => `src/${file}:${line} ${text}`)
}

describe('docs/troubleshooting.md', () => {
  test('explains every message of trouble that the source can print', () => {
    expect(all.filter(saying => isProse(saying) && isTrouble(saying)).length).toBeGreaterThan(250)
    expect(unexplained(all, [...messages, ...quotesIn(page)])).toEqual([])
  })

  test('explains none that is no longer printed', () => {
    expect(messages.length).toBeGreaterThan(200)
    expect(messages.flatMap(message => strangeWords(message, all).map(word => `${word}: ${message}`))).toEqual([])
  })

  test('explains each once, and says something to each', () => {
    expect(messages.filter((message, i) => messages.indexOf(message) < i)).toEqual([])
    const entries = page.split(/^(?=- `.* \\$)/m).slice(1)
    expect(entries.length).toBeGreaterThan(150)
    expect(entries.filter(entry => !/^ {2}[A-Z`(][^\n]*[^\\]$/m.test(entry))).toEqual([])
  })

  test('leaves out nothing that is no longer said', () => {
    const left = [untroubled, ours, parts].flatMap(known =>
      Object.entries(known).flatMap(([file, texts]) => texts.map(text => ({ file, text }))),
    )
    expect(left.filter(({ file, text }) => !all.some(saying => saying.file === file && saying.text === text))).toEqual(
      [],
    )
    expect(layouts.filter(file => !all.some(saying => saying.file === file))).toEqual([])
  })
})

describe('this judge', () => {
  const explained = ['could not …, because AWS denies it (…); allow … on …', 'there is no alias …']

  test.each<[source: string, missing: readonly string[]]>([
    [`const a = \`there is no alias \${name}\``, []],
    [`const a = \`there is no alarm \${name}\``, ['src/a.ts:1 there is no alarm …']],
    [`const a = \`could not \${what}, because AWS denies it (\${said})\``, []],
    [
      `const a = \`could not \${what}, because AWS forgets it (\${said})\``,
      ['src/a.ts:1 could not …, because AWS forgets it (…)'],
    ],
    [`\nwarn('the disk is full, so empty it')`, ['src/a.ts:2 the disk is full, so empty it']],
    [`throw new Failure(\`\${isBad ? 'this is very bad' : ''}\`)`, ['src/a.ts:1 this is very bad']],
    [`doing({ what: 'read the code storage', action: 'a' }, call)`, []],
    [`describe('list the versions of', 'ListVersions')`, []],
    [`import { a } from './some where else.ts'`, []],
    [`type A = 'the candidate only' | 'both of the versions'`, []],
    [`// it is not a message\nconst a = 'no message'`, []],
  ])('in %s', (source, missing) => {
    expect(unexplained(sayingsIn('a.ts', source), explained)).toEqual(missing)
  })

  test.each<[message: string, strange: readonly string[]]>([
    ['there is no alias …', []],
    ['there is no alias … today', ['today']],
    ['there is nothing', ['there', 'is', 'nothing']],
  ])('of the message %s', (message, strange) => {
    expect(strangeWords(message, sayingsIn('a.ts', `const a = \`there is no alias \${name}\``))).toEqual(strange)
  })

  test('a message stands alone on its line, alone or before others; a quotation does not', () => {
    const text = '- `` `a` is … `` \\\n  `it is b` \\\n  Say `c is d` or nothing.\n'
    expect(messagesOn(text)).toEqual(['`a` is …', 'it is b'])
    expect(quotesIn(text)).toEqual(['c is d'])
  })
})
