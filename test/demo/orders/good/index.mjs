import { discountOf } from './discount.mjs'

/** Prices an order, now with a discount. */
export async function handler({ quantity, price }) {
  return { statusCode: 200, body: JSON.stringify({ total: quantity * price * (1 - discountOf(quantity)) }) }
}
