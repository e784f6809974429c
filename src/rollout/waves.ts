/** Items in waves of these sizes, in their order; the last size may be `Infinity`. No size: all in one. */
export function wavesOf<T>(items: readonly T[], sizes: readonly number[]): readonly (readonly T[])[] {
  if (sizes.length === 0) return [items]
  let from = 0
  const waves = sizes.map(size => {
    const wave = items.slice(from, from + size)
    from += size
    return wave
  })
  return waves.filter(wave => wave.length > 0)
}

/** How many items no wave takes; a last size of `Infinity` takes all that are left. */
export function leftOut(count: number, sizes: readonly number[]): number {
  return sizes.length === 0 ? 0 : Math.max(0, count - sizes.reduce((sum, size) => sum + size, 0))
}
