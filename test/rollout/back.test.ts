import { describe, expect, test } from 'vitest'
import { askForBack, type Back, backFrom, describeBack } from '../../src/rollout/back.ts'
import { formatJournal } from '../../src/rollout/journal.ts'
import { partWay, type Routing, whole } from '../../src/rollout/routing.ts'
import { journal, run } from '../support/builders.ts'

const says = formatJournal({ version: '7', after: '5', run: run() })

function back(routing: Routing, description = says, named?: string): Back {
  return backFrom({ routing, description }, named)
}

describe('a canary is dropped and no more than that', () => {
  test.each<[what: string, description: string, named: string | undefined, after: string | undefined]>([
    ['whose journal is ours', formatJournal(journal()), undefined, '5'],
    ['that no journal speaks of', 'by hand', undefined, undefined],
    ['whose journal speaks of another stable', formatJournal(journal({ version: '6' })), undefined, undefined],
    ['although a version is named', formatJournal(journal()), '5', '5'],
  ])('%s', (_, description, named, after) => {
    expect(back(partWay('7', '8', 0.1), description, named)).toEqual({ kind: 'drop', version: '7', canary: '8', after })
  })
})

describe('without a canary', () => {
  test.each<[what: string, routing: Routing, description: string, named: string | undefined, is: Back]>([
    ['to what was served before, however far', whole('7'), says, undefined, { kind: 'go', version: '5', from: '7' }],
    ['to what is named, whatever was before', whole('7'), says, '3', { kind: 'go', version: '3', from: '7' }],
    ['to what is named, without a journal', whole('7'), '', '3', { kind: 'go', version: '3', from: '7' }],
    ['to what is named, from $LATEST', whole('$LATEST'), '', '3', { kind: 'go', version: '3', from: '$LATEST' }],
    ['nowhere, where it is there already', whole('7'), says, '7', { kind: 'there', version: '7' }],
  ])('it goes %s', (_, routing, description, named, is) => {
    expect(back(routing, description, named)).toEqual(is)
  })

  test.each([
    ['no journal', whole('7'), 'Blue', 'its description says nothing of it (“Blue”)'],
    [
      'a stale journal',
      whole('9'),
      says,
      'its journal speaks of version 7, and it serves 9: somebody else moved it since',
    ],
    [
      'a journal without a past',
      whole('7'),
      formatJournal({ version: '7', run: run() }),
      'its journal knows of nothing that it served before version 7',
    ],
  ])('%s does not tell where to', (_, routing, description, because) => {
    expect(back(routing, description)).toEqual({ kind: 'unknown', because })
  })
})

test('what is asked for is that version alone; a canary’s stable keeps its past, one gone back to has none', () => {
  expect(askForBack({ kind: 'drop', version: '7', canary: '8', after: '5' }, run())).toEqual({
    routing: whole('7'),
    description: 'lambda-rollout 7 after 5; OWNER/REPO@abc1234 run 987.1',
  })
  expect(askForBack({ kind: 'go', version: '5', from: '7' }, run())).toEqual({
    routing: whole('5'),
    description: 'lambda-rollout 5; OWNER/REPO@abc1234 run 987.1',
  })
})

test('a plan says what would be done', () => {
  expect(describeBack({ kind: 'drop', version: '7', canary: '8', after: '5' })).toBe(
    'the canary, version 8, would be dropped and version 7 serve alone',
  )
  expect(describeBack({ kind: 'go', version: '5', from: '7' })).toBe('it would go back from version 7 to version 5')
})
