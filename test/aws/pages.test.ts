import { expect, test } from 'vitest'
import { all, pagesOf } from '../../src/aws/pages.ts'

async function* listing(...pages: readonly { items: readonly number[]; Next?: string }[]) {
  yield* pages
}

const items = (page: { items: readonly number[] }) => page.items

test('all pages are read, in their order', async () => {
  const pages = listing({ items: [1, 2], Next: 'a' }, { items: [], Next: 'b' }, { items: [3] })
  expect(await all(pagesOf(pages, 'Next'), items)).toEqual([1, 2, 3])
})

test('pages that lead back to one that was read are no listing: a part must not pass for the whole', async () => {
  const pages = listing({ items: [1], Next: 'a' }, { items: [2], Next: 'b' }, { items: [1], Next: 'a' })
  await expect(all(pagesOf(pages, 'Next'), items)).rejects.toThrow('its pages do not end')
})
