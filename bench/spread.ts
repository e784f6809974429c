/** The middle of many measurements, and how far the middle half of them lies apart. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number }

/** The median with the quartiles around it. Throws where nothing was measured. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => {
    const value = sorted[Math.round(share * (sorted.length - 1))]
    if (value === undefined) throw new Error('nothing was measured')
    return value
  }
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

/** `2.93 (2.80 to 3.10)`. */
export function describeSpread({ median, low, high }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}
