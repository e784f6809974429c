import { describe, expect, test } from 'vitest'
import { block, code, inline, link, logSafe, prose, timeOfDay } from '../../src/github/text.ts'
import { start } from '../support/builders.ts'
import { StepLog } from '../support/runner/log.ts'

describe('in a line of the log', () => {
  test.each([
    ['plain text, with :: in the middle', 'plain text, with :: in the middle'],
    ['::error::broken', ': :error::broken'],
    ['  ::error::broken', '  : :error::broken'],
    ['fine\n::error::broken', 'fine ::error::broken'],
    ['fine\r\n\r\n::error::broken', 'fine ::error::broken'],
    ['\n::error::broken', ' : :error::broken'],
    ['fine\u2028::error::broken\u2029', 'fine ::error::broken '],
    ['see ##[error]broken', 'see # #[error]broken'],
    ['see ###[error]broken', 'see ## #[error]broken'],
    ['see ##\n[error]broken', 'see ## [error]broken'],
    ['##[group]a ##[endgroup]', '# #[group]a # #[endgroup]'],
  ])('%j is written %j', (text, line) => {
    expect(logSafe(text)).toBe(line)
  })

  const forged = ['::add-mask::e', '::stop-commands::x', '::set-env name=A::b', '##[error]broken', '##[add-mask]e']
  const around = ['', ' ', '\t', 'fine\n', 'fine\r', 'a\r\n \n', '\u2028', '\ufeff', '\u00a0']

  test.each(forged)('%s is no command, whatever stands before it', command => {
    for (const before of around) {
      const shown: string[] = []
      const log = new StepLog({ secrets: [], debug: true, show: line => shown.push(line) })
      const line = logSafe(before + command)
      for (const part of line.split(/\r\n|\r|\n/)) log.read(part)
      expect({ shown, annotations: log.annotations, masks: log.masks, failed: log.failed }).toEqual({
        shown: [line],
        annotations: [],
        masks: [],
        failed: false,
      })
    }
  })
})

describe('inside a paragraph or a table cell', () => {
  test.each([
    ['as it is', 'as it is'],
    ['a|b', 'a\\|b'],
    ['a\\|b', 'a\\\\\\|b'],
    ['`a`', '\\`a\\`'],
    ['**a** _b_ ~~c~~', '\\*\\*a\\*\\* \\_b\\_ \\~\\~c\\~\\~'],
    ['[a](https://example.com)', '\\[a\\](https://example.com)'],
    ['![a](b)', '\\!\\[a\\](b)'],
    ['# a', '\\# a'],
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['&lt;', '&amp;lt;'],
    ['@octocat, a@b', '@\u200boctocat, a@\u200bb'],
    ['a @ b', 'a @ b'],
    ['a\nb\r\n\r\nc\u2028d', 'a b c d'],
  ])('%j is written %j', (text, markdown) => {
    expect(inline(text)).toBe(markdown)
  })
})

describe('in the type of code', () => {
  test.each([
    ['', ''],
    ['a', '`a`'],
    ['a<b> & *c*', '`a<b> & *c*`'],
    ['a`b', '``a`b``'],
    ['a``b`c', '```a``b`c```'],
    ['`a`', '`` `a` ``'],
    ['a|b', '`a\\|b`'],
    ['a\nb', '`a b`'],
  ])('%j is written %j', (text, markdown) => {
    expect(code(text)).toBe(markdown)
  })
})

test.each([
  ['run `aws lambda x` now', 'run `aws lambda x` now'],
  ['a *b* `c*d` @e', 'a \\*b\\* `c*d` @\u200be'],
  ['`a` and `b`', '`a` and `b`'],
  ['an open ` stays', 'an open \\` stays'],
])('the sentence %j is written %j', (text, markdown) => {
  expect(prose(text)).toBe(markdown)
})

test('a block cannot be ended by what stands in it', () => {
  expect(block('echo a\n```\n# b', 'sh')).toBe("```sh\necho a\n'''\n# b\n```")
})

test.each([
  ['orders', 'https://example.com/a', '[orders](https://example.com/a)'],
  ['a](b)', 'https://example.com/a', '[a\\](b)](https://example.com/a)'],
  ['p99', 'https://example.com/#alarm/p99)(', '[p99](https://example.com/#alarm/p99%29%28)'],
  ['a', 'https://example.com/a b<c>', '[a](https://example.com/a%20b%3Cc%3E)'],
])('a link from %s to %s cannot be left early', (label, url, markdown) => {
  expect(link(label, url)).toBe(markdown)
})

test('times of day are in UTC, to the second', () => {
  expect(timeOfDay(start + 15_999)).toBe('10:00:15Z')
})
