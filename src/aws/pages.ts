/**
 * The pages of a listing, `token` being the member that leads to the next one. A token that comes twice would be
 * followed for ever, and to stop there would take a part for the whole: both are worse than an answer that cannot be
 * read.
 */
export async function* pagesOf<K extends string, P extends { readonly [T in K]?: string | undefined }>(
  pages: AsyncIterable<P>,
  token: K,
): AsyncGenerator<P> {
  const seen = new Set<string>()
  for await (const page of pages) {
    yield page
    const next = page[token]
    if (next === undefined) continue
    if (seen.has(next)) throw new RangeError('its pages do not end')
    seen.add(next)
  }
}

/** What all pages of a listing hold. */
export async function all<P, T>(
  pages: AsyncIterable<P>,
  items: (page: P) => readonly T[] | undefined,
): Promise<readonly T[]> {
  const found: T[] = []
  for await (const page of pages) found.push(...(items(page) ?? []))
  return found
}
