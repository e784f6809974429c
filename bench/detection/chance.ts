/** Random numbers from a seed: the same seed gives the same worlds, whatever is measured in them. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1), by the mulberry32 generator. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** Exact for small means, by its normal limit for large ones. */
  poisson(mean: number): number {
    if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const limit = Math.exp(-Math.min(mean, 30))
    let count = 0
    for (let left = mean; left > 0; left -= 30) {
      const bound = left >= 30 ? limit : Math.exp(-left)
      for (let product = this.next(); product > bound; product *= this.next()) count++
    }
    return count
  }

  /** Exact for means below 50, by the waiting times between successes; by its normal limit beyond. */
  binomial(trials: number, chance: number): number {
    if (chance > 0.5) return trials - this.binomial(trials, 1 - chance)
    const mean = trials * chance
    if (mean >= 50) {
      return Math.min(trials, Math.max(0, Math.round(mean + Math.sqrt(mean * (1 - chance)) * this.normal())))
    }
    if (mean === 0) return 0
    const scale = Math.log1p(-chance)
    let count = 0
    for (let at = Math.floor(Math.log(1 - this.next()) / scale); at < trials; count++) {
      at += 1 + Math.floor(Math.log(1 - this.next()) / scale)
    }
    return count
  }
}
