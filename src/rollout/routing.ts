/** What an alias points at. `weight` is the candidate's share of the traffic, over 0 and at most 1. */
export type Routing =
  | { readonly kind: 'whole'; readonly version: string }
  | { readonly kind: 'part-way'; readonly stable: string; readonly candidate: string; readonly weight: number }

/**
 * How far two weights may lie apart and still be the same. AWS documents no precision of a weight, so what is read
 * back may be a rounded form of what was sent; a tenth of a percentage point is more than rounding to three digits
 * moves it and less than anybody would set by hand.
 */
const weightPrecision = 0.001

/** All traffic on one version. */
export function whole(version: string): Routing {
  return { kind: 'whole', version }
}

/** Most traffic on `stable`, the share `weight` on `candidate`. */
export function partWay(stable: string, candidate: string, weight: number): Routing {
  return { kind: 'part-way', stable, candidate, weight }
}

/** The routing that an alias's version and `AdditionalVersionWeights` say; an entry of weight 0 carries no traffic. */
export function routingOf(version: string, weights: Readonly<Record<string, number>> = {}): Routing {
  const [entry] = Object.entries(weights).filter(([, weight]) => weight > 0)
  return entry === undefined ? whole(version) : partWay(version, entry[0], entry[1])
}

/** Whether both send the same traffic to the same versions. */
export function sameRouting(a: Routing, b: Routing): boolean {
  if (a.kind === 'whole' || b.kind === 'whole') {
    return a.kind === 'whole' && b.kind === 'whole' && a.version === b.version
  }
  return a.stable === b.stable && a.candidate === b.candidate && Math.abs(a.weight - b.weight) <= weightPrecision
}

/** The version that keeps the traffic when the weights are taken away. */
export function primary(routing: Routing): string {
  return routing.kind === 'whole' ? routing.version : routing.stable
}

/** `7` or `7 at 90 %, 8 at 10 %`. */
export function describeRouting(routing: Routing): string {
  if (routing.kind === 'whole') return routing.version
  const { stable, candidate, weight } = routing
  return `${stable} at ${percent(1 - weight)}, ${candidate} at ${percent(weight)}`
}

/** A fraction as people write it: `10 %`, `0.5 %`. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(2))} %`
}
