/** How often a version was invoked, and how often badly. */
export type Tally = { readonly served: number; readonly bad: number }

/** What both versions did while the candidate had the share `weight` of the traffic. */
export type Trial = { readonly weight: number; readonly stable: Tally; readonly candidate: Tally }

/** Ratios of the candidate's rate to stable's that the test bets on, for errors and, finer, for slowness. */
export const errorRatios = [1.5, 2, 3, 5, 10, 20, 50, 100, 300, 1000] as const
export const slownessRatios = [1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100] as const

/**
 * The evidence that the candidate is worse than stable, as an e-value: how many times a bet on it would have multiplied
 * its stake. The router flips a coin of known weight for each invocation, so that as long as the candidate is no worse,
 * a bad invocation falls on it with that chance, whatever makes invocations bad; the value then exceeds 1/α at any time
 * with a chance of at most α (Ville's inequality), under any number of looks and any late points.
 *
 * For each weight π = max(w, the share that was really served), and for each ratio θ:
 * E(θ) = Π θ^bad₁ · (1 + π(θ − 1))^−(bad₀ + bad₁); the value is the mean of E(θ) over the ratios.
 * A share above the weight only makes the value smaller.
 */
export function eValue(trials: readonly Trial[], ratios: readonly number[] = errorRatios): number {
  const total = ratios.reduce((sum, ratio) => sum + Math.exp(logBet(trials, ratio)), 0)
  return total / ratios.length
}

function logBet(trials: readonly Trial[], ratio: number): number {
  return trials.reduce((sum, { weight, stable, candidate }) => {
    const served = stable.served + candidate.served
    const share = Math.max(weight, served === 0 ? 0 : candidate.served / served)
    const bad = stable.bad + candidate.bad
    return sum + candidate.bad * Math.log(ratio) - bad * Math.log1p(share * (ratio - 1))
  }, 0)
}

/** All trials together. */
export function total(trials: readonly Trial[], side: 'stable' | 'candidate'): Tally {
  return trials.reduce((sum, trial) => ({ served: sum.served + trial[side].served, bad: sum.bad + trial[side].bad }), {
    served: 0,
    bad: 0,
  })
}

/** The bad share; 0 where nothing was served. */
export function rate({ served, bad }: Tally): number {
  return served === 0 ? 0 : bad / served
}

/** How much larger the candidate's bad share is than stable's, as seen; a fraction. */
export function difference(trials: readonly Trial[]): number {
  return rate(total(trials, 'candidate')) - rate(total(trials, 'stable'))
}

/**
 * The smallest error rate that so many invocations without an error would speak against, at the chance `alpha` of being
 * wrong: 1 − α^(1/n). Undefined where there were none, which speak against nothing.
 */
export function detectableRate(served: number, alpha: number): number | undefined {
  return served <= 0 ? undefined : 1 - alpha ** (1 / served)
}

/** The largest chance of a false alarm at which a split is called not as configured. */
const splitAlpha = 0.001

/** Shares that the split test bets on, as multiples of the odds that the weight gives. */
const splitOdds = [0.1, 0.25, 0.5, 0.67, 0.8, 1.25, 1.5, 2, 4, 10] as const

/** Whether the traffic was split otherwise than configured, by the same kind of bet on the invocations' coin flips. */
export function splitIsOff(trials: readonly Trial[]): boolean {
  const bets = splitOdds.map(odds => trials.reduce((sum, trial) => sum + logSplitBet(trial, odds), 0))
  const mean = bets.reduce((sum, bet) => sum + Math.exp(bet), 0) / bets.length
  return mean >= 1 / splitAlpha
}

function logSplitBet({ weight, stable, candidate }: Trial, factor: number): number {
  const odds = (factor * weight) / (1 - weight)
  const share = odds / (1 + odds)
  return candidate.served * Math.log(share / weight) + stable.served * Math.log((1 - share) / (1 - weight))
}
