/** A seeded stream of chance, so that a run can be had again. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Waiting time to the next event of a Poisson process, in the unit that `rate` is per. */
  exponential(rate: number): number
  /** Standard normal. */
  normal(): number
  uuid(): string
}

/** 32 hex digits at four draws, where there are many to be had. */
export function guid(random: Random): string {
  const part = () =>
    Math.floor(random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return part() + part() + part() + part()
}

/** Mulberry32: 32 bits of state, good enough for traffic and names, and the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  function hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('')
  }

  return {
    next,
    exponential: rate => -Math.log(1 - next()) / rate,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  }
}
