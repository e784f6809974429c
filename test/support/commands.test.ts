import { expect, test } from 'vitest'
import { StepLog } from './runner/log.ts'

test('an annotation has its title, its escapes undone and its place in the log', () => {
  const { log, step } = reading('::error title=Rolled back%3A 8%2C not 7,file=a.ts::50%25 failed%0Alike before%250A')
  expect(step.annotations).toEqual([
    { level: 'error', title: 'Rolled back: 8, not 7', message: '50% failed\nlike before%0A' },
  ])
  expect(log).toEqual(['##[error]50% failed\nlike before%0A'])
})

test('a command may be indented and in any case, but nothing may stand before it', () => {
  const { log } = reading('  ::NOTICE::yes', 'text ::notice::no', '::group::Details', '::endgroup::', '::unknown::text')
  expect(log).toEqual(['##[notice]yes', 'text ::notice::no', '##[group]Details', '##[endgroup]', '::unknown::text'])
})

test('the older form of a command counts anywhere in a line', () => {
  const { step } = reading('alarm says ##[error title=a%3Bb;x=1]oops%5D', '##[nonsense]text', 'no ##[error')
  expect(step.annotations).toEqual([{ level: 'error', title: 'a;b', message: 'oops]' }])
})

test('between stop-commands and its token commands are text', () => {
  const { log, step } = reading(
    '::stop-commands::pAssword-1',
    '::error::only text',
    '::add-mask::visible',
    'visible',
    '::password-1::',
    '::error::counts',
  )
  expect(step.annotations).toEqual([{ level: 'error', message: 'counts' }])
  expect(step.masks).toEqual([])
  expect(log).toEqual([
    '::stop-commands::***',
    '::error::only text',
    '::add-mask::visible',
    'visible',
    '::password-1::',
    '##[error]counts',
  ])
})

test('the name of a command cannot be the token that resumes', () => {
  const { step } = reading('::stop-commands::error', '::notice::still heard')
  expect(step.failed).toBe(true)
  expect(step.annotations.map(({ level }) => level)).toEqual(['error', 'error', 'notice'])
})

test('a masked secret is hidden from then on, each of its lines too, and overlapping ones become one', () => {
  const { log, step } = reading(
    'early abc',
    '::add-mask::abc',
    '::add-mask::cde',
    '::add-mask::one%0Atwo',
    'x abcde y two',
    '::error::abc',
    '::add-mask::',
  )
  expect(step.masks).toEqual(['abc', 'cde', 'one\ntwo'])
  expect(log.slice(0, 3)).toEqual(['early abc', 'x *** y ***', '##[error]***'])
  expect(step.annotations.at(-1)).toMatchObject({ level: 'warning' })
})

test('ten annotations of a level are kept, and 4096 characters of each', () => {
  const { log, step } = reading(...Array(11).fill('::warning::again'), `::notice::${'x'.repeat(5_000)}`)
  expect(step.annotations.filter(({ level }) => level === 'warning')).toHaveLength(10)
  expect(log.filter(line => line === '##[warning]again')).toHaveLength(11)
  expect(step.annotations.at(-1)?.message).toHaveLength(4_096)
})

test('debug lines show only in a run with debug logging', () => {
  expect(reading('::debug::detail').log).toEqual([])
  expect(reading({ debug: true }, '::debug::detail').log).toEqual(['##[debug]detail'])
})

test('the commands that files have replaced: some still work, set-env fails the step', () => {
  const { step } = reading('::set-output name=a::1', '::save-state name=b::2')
  expect(step).toMatchObject({ outputs: { a: '1' }, state: { b: '2' }, failed: false })
  expect(reading('::set-env name=a::1').step.failed).toBe(true)
})

function reading(...given: readonly (string | { readonly debug: boolean })[]): { log: string[]; step: StepLog } {
  const log: string[] = []
  const debug = given.some(part => typeof part === 'object' && part.debug)
  const step = new StepLog({ secrets: [], debug, show: line => log.push(line) })
  for (const line of given) if (typeof line === 'string') step.read(line)
  return { log, step }
}
