/** The share that is taken off large orders. */
export function discountOf(quantity) {
  return quantity >= 5 ? 0.1 : 0
}
