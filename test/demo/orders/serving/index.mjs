/** Prices an order. */
export async function handler({ quantity, price }) {
  return { statusCode: 200, body: JSON.stringify({ total: quantity * price }) }
}
